"""``soxspipe data_organiser``: its options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["COMMANDS"]


def _add(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="folder of frames")
    parser.add_argument("-s", "--settings", metavar="FILE", type=Path, help="settings file")
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, default=Path("reduced"),
        help="folder for products, as for reduce; sets of files go to DIR/sof "
        "(default: ./reduced)",
    )  # fmt: skip
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")
    return _run


def _run(options: argparse.Namespace) -> int:
    from soxs_pipeline.cli.organising import organise_folder  # noqa: PLC0415

    return organise_folder(options)


COMMANDS = {"data_organiser": _add}
