"""``soxspipe reduce`` and ``soxspipe plan``: their options.

What they do is loaded once it is asked for, so that help comes at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from soxs_pipeline.cli.options import add_common_options

__all__ = ["COMMANDS"]


def _add_reduce(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    _add_folder(parser)
    add_common_options(parser)
    parser.add_argument(
        "-j", "--jobs", type=int, metavar="N",
        help="processes at a time (default: one a core, as far as the memory allows)",
    )  # fmt: skip
    parser.add_argument("--fresh", action="store_true", help="do also what is up to date")
    parser.add_argument(
        "--no-phase3", action="store_false", dest="archive",
        help="do not make the files for the archive",
    )  # fmt: skip
    _add_choice(parser)
    return _reduce


def _add_plan(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    _add_folder(parser)
    add_common_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_choice(parser)
    return _plan


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("raw", metavar="RAW_FOLDER", type=Path, help="folder of raw frames")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--catalogue", default="", metavar="PLACE",
        help="stars that tie the camera's images to the sky: a folder of ATLAS Refcat2 files, a "
        "table (ECSV, FITS, CSV), 'online' or 'none' (default: $SOXS_CATALOGUE, else online if "
        "astroquery is installed)",
    )  # fmt: skip
    parser.add_argument(
        "--only", action="append", default=[], metavar="RECIPE",
        help="do this recipe and what it needs; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--all", action="store_true", dest="everything",
        help="reduce also calibrations that no observation needs",
    )  # fmt: skip


def _reduce(options: argparse.Namespace) -> int:
    from soxs_pipeline.cli.reducing import reduce_folder  # noqa: PLC0415

    return reduce_folder(options)


def _plan(options: argparse.Namespace) -> int:
    from soxs_pipeline.cli.reducing import show_plan  # noqa: PLC0415

    return show_plan(options)


COMMANDS = {"reduce": _add_reduce, "plan": _add_plan}
