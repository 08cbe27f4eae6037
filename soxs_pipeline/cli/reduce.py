"""``soxspipe reduce``, ``soxspipe watch`` and ``soxspipe plan``: their options.

What they do is loaded once it is asked for, so that help comes at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from soxs_pipeline.cli.options import add_common_options, add_running_options

__all__ = ["COMMANDS"]

_WATCH = """\
Whenever frames have come, what they allow is reduced, as soxspipe reduce would do it. Single
exposures on the slit are reduced at once, other sets when their template is over. What lacks a
calibration waits until there is one. The folder is only read; the command may be stopped and given
again."""


def _add_reduce(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    _add_folder(parser)
    add_common_options(parser)
    _add_running(parser)
    _add_choice(parser)
    return _reduce


def _add_watch(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _WATCH
    _add_folder(parser)
    add_common_options(parser)
    _add_running(parser)
    _add_choice(parser)
    parser.add_argument(
        "--every", type=float, default=20.0, metavar="SECONDS",
        help="how often to look for new frames (default: 20)",
    )  # fmt: skip
    parser.add_argument(
        "--settle", type=float, default=10.0, metavar="SECONDS",
        help="a frame that changed less than this ago is still being written (default: 10)",
    )  # fmt: skip
    parser.add_argument(
        "--patience", type=float, default=60.0, metavar="MINUTES",
        help="how long to wait for the next frame of a template that has begun before what is "
        "there of it is reduced (default: 60)",
    )  # fmt: skip
    parser.add_argument(
        "--until-quiet", type=float, metavar="MINUTES",
        help="end when no new frame came for this long (default: go on until stopped by Ctrl-C)",
    )  # fmt: skip
    return _watch


def _add_running(parser: argparse.ArgumentParser) -> None:
    add_running_options(parser)
    parser.add_argument(
        "-j", "--jobs", type=int, metavar="N",
        help="processes at a time (default: one a core, as far as the memory allows)",
    )  # fmt: skip
    parser.add_argument("--fresh", action="store_true", help="do also what is up to date")
    parser.add_argument(
        "--no-phase3", action="store_false", dest="archive",
        help="do not make the files for the archive",
    )  # fmt: skip


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


def _watch(options: argparse.Namespace) -> int:
    from soxs_pipeline.cli.watching import watch_folder  # noqa: PLC0415

    return watch_folder(options)


def _plan(options: argparse.Namespace) -> int:
    from soxs_pipeline.cli.reducing import show_plan  # noqa: PLC0415

    return show_plan(options)


COMMANDS = {"reduce": _add_reduce, "watch": _add_watch, "plan": _add_plan}
