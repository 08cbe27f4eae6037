"""``soxspipe qc``: quality control of one or many reductions, over time."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["COMMANDS"]


def _add_qc(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = (
        "Without -o a table is printed: median and scatter over all runs, limits, and how many\n"
        "lie outside of them. A page (.html) shows every value over time."
    )
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="OUT", help="output folders of soxspipe reduce"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="write a page (.html), a table (.csv) or JSON (.json)",
    )  # fmt: skip
    parser.add_argument(
        "--recipe", action="append", default=[], metavar="NAME",
        help="only this recipe; may be given several times",
    )  # fmt: skip
    parser.add_argument("--arm", action="append", default=[], help="only this arm")
    parser.add_argument(
        "--key", action="append", default=[], metavar="TEXT",
        help="only values with this in their name, such as 'RAW RON'",
    )  # fmt: skip
    parser.add_argument(
        "--orders", action="store_true", help="values of single orders as well as of whole frames"
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")
    return _qc


def _qc(options: argparse.Namespace) -> int:
    from soxs_pipeline.errors import InputError  # noqa: PLC0415
    from soxs_pipeline.qc.trends import trends  # noqa: PLC0415
    from soxs_pipeline.runtime.registry import full_name  # noqa: PLC0415
    from soxs_pipeline.runtime.trends import gather, write_trends  # noqa: PLC0415

    found = trends(
        gather(options.folders),
        recipes=[full_name(name) for name in options.recipe],
        arms=[arm.upper() for arm in options.arm],
        keys=options.key,
        by_order=options.orders,
    )
    if not found:
        raise InputError(
            "no value is of this kind",
            wanted="recipe, arm and key of a value that was measured",
            remedy="leave --recipe, --arm and --key out to see all",
        )
    if options.output:
        write_trends(options.output, found)
        print(options.output)
    else:
        print("\n".join(_table(found)))
    return 0


def _table(found: Sequence[Any]) -> list[str]:
    from soxs_pipeline.cli.text import table  # noqa: PLC0415

    rows = [("recipe", "arm", "key", "runs", "median", "scatter", "unit", "limits", "outside")]
    for trend in found:
        first = trend.first
        order = "" if first.order is None else f" O{first.order}"
        limits = "" if first.low is None else f"{first.low:g} to {first.high:g}"
        rows.append(
            (first.recipe, first.arm, f"{first.key}{order}", f"{len(trend.points)}",
             f"{trend.middle:.5g}", f"{trend.scatter:.2g}", first.unit, limits,
             f"{trend.bad}" if trend.bad else "")
        )  # fmt: skip
    return table(rows)


COMMANDS = {"qc": _add_qc}
