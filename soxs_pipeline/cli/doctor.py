"""``soxspipe doctor``: see whether everything is there, and works."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

__all__ = ["COMMANDS"]

_WRONG = 1
_MARKS = {"ok": "ok", "absent": "-", "wrong": "WRONG"}


def _add_doctor(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = (
        "Looks at the installation and reduces a few simulated frames, which takes some seconds.\n"
        "The status is 0 if the pipeline can be used; what is marked with - is not needed."
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("reduced"), metavar="DIR",
        help="folder for products, to be looked at as well (default: ./reduced)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="reduce nothing")
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")
    return _look


def _look(options: argparse.Namespace) -> int:
    from soxs_pipeline.runtime import checkup  # noqa: PLC0415

    there = options.output.exists()
    wrong = _tell("Program", checkup.look_at_program())
    wrong += _tell("Computer", checkup.look_at_computer(options.output))
    wrong += _tell("Static calibrations", checkup.look_at_tables())
    wrong += _tell("Not needed, but of use", checkup.look_at_extras())
    if not there and options.output.is_dir():
        options.output.rmdir()
    if not options.quick and not wrong:
        from soxs_pipeline.runtime.trial import make_trial  # noqa: PLC0415

        wrong += _tell("A trial on simulated frames", make_trial())
    print(f"\n{wrong} thing(s) to be put right" if wrong else "\nAll is well")
    return _WRONG if wrong else 0


def _tell(title: str, findings: Iterable[Any]) -> int:
    print(f"{title}", flush=True)
    wrong = 0
    for finding in findings:
        wrong += finding.grade == "wrong"
        print(f"  {_MARKS[finding.grade]:<6}{finding.what}", flush=True)
        if finding.remedy:
            print(f"          to do: {finding.remedy}")
    return wrong


COMMANDS = {"doctor": _add_doctor}
