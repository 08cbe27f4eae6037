"""``soxspipe history`` and ``soxspipe reproduce``: how a product was made, and making it again."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

__all__ = ["COMMANDS"]

_DIFFERENT = 1


def _add_history(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = (
        "Each run is told with its inputs, the parameters that were set and its remarks, back to\n"
        "the raw frames. All raw frames of a spectrum in one folder:\n"
        "  soxspipe history SPECTRUM.fits --raw | xargs -d '\\n' cp -t FOLDER"
    )
    _add_product(parser)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "--raw", action="store_true", help="print the raw frames alone, one path on a line"
    )
    shown.add_argument("--json", action="store_true", help="print JSON")
    return _history


def _add_reproduce(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = (
        "The run that made the product is repeated with the same inputs and parameters, if they\n"
        "are still there. The status is 0 if the data are the same to the last bit."
    )
    _add_product(parser)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("reproduced"), metavar="DIR",
        help="folder for the product made again (default: ./reproduced)",
    )  # fmt: skip
    return _reproduce


def _add_product(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "product", type=Path, metavar="PRODUCT",
        help="a product, its record (.json), or a spectrum for the archive",
    )  # fmt: skip
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")


def _history(options: argparse.Namespace) -> int:
    from soxs_pipeline.runtime.lineage import trace  # noqa: PLC0415

    found = trace(options.product)
    if options.raw:
        print("\n".join(map(str, found.raw)))
    else:
        print(json.dumps(found.as_json(), indent=1) if options.json else found.as_text())
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from soxs_pipeline.cli.session import INSTRUMENT  # noqa: PLC0415
    from soxs_pipeline.runtime.reproduction import reproduce  # noqa: PLC0415

    command = " ".join(["soxspipe", *sys.argv[1:]])
    found = reproduce(options.product, options.output, instrument=INSTRUMENT, command=command)
    for change in found.changes:
        print(f"note: {change}", file=sys.stderr)
    if not found.result.good:
        print(f"soxspipe: error: {found.result.error}", file=sys.stderr)
        return found.result.exit_code or _DIFFERENT
    for one in found.comparisons:
        print(f"{'same' if one.same else 'differs':<8}{one.new}")
        for difference in one.differences:
            print(f"        {difference}")
    return 0 if found.same else _DIFFERENT


COMMANDS = {"history": _add_history, "reproduce": _add_reproduce}
