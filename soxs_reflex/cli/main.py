"""``soxs-reflex``: install workflows and plugins, build the bridge, say where things are."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from soxs_pipeline.errors import SoxsError
from soxs_reflex.cli.install import KINDS, install, installed_hint

__all__ = ["main"]

_DESCRIPTION = """\
Put the pipeline into ESO's tools.

  soxs-reflex install reflex DIR     workflow, rules and windows for ESO Reflex
  soxs-reflex install edps DIR       workflow for EDPS
  soxs-reflex install pyesorex DIR   recipes for PyEsoRex
  soxs-reflex install esorex DIR     recipes for an EsoRex that runs Python recipes
  soxs-reflex build-bridge DIR       recipes for any other EsoRex (needs gcc and CPL's headers)
  soxs-reflex paths                  where all of it lies in this installation
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="soxs-reflex",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    does = parser.add_subparsers(dest="what", metavar="COMMAND", required=True)
    put = does.add_parser("install", help="copy what a tool needs, paths filled in")
    put.add_argument("tool", choices=sorted(KINDS))
    put.add_argument("folder", type=Path, metavar="DIR")
    put.add_argument("--force", action="store_true", help="replace files that are there")
    put.add_argument(
        "--data", type=Path, default=Path.home() / "reflex_data", metavar="DIR",
        help="root of Reflex's data (default: ~/reflex_data)",
    )  # fmt: skip
    bridge = does.add_parser("build-bridge", help="compile recipes for EsoRex in C")
    bridge.add_argument("folder", type=Path, metavar="DIR")
    does.add_parser("paths", help="print where things are")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        return {"install": _install, "build-bridge": _build, "paths": _paths}[options.what](
            options
        )
    except SoxsError as error:
        print(f"soxs-reflex: error: {error}", file=sys.stderr)
        return error.exit_code


def _install(options: argparse.Namespace) -> int:
    written = install(
        options.tool, options.folder.resolve(), data=options.data.resolve(), force=options.force
    )
    print(f"{len(written)} files in {options.folder}\n")
    print(installed_hint(options.tool, options.folder.resolve()))
    return 0


def _build(options: argparse.Namespace) -> int:
    from soxs_reflex.bridge.build import build  # noqa: PLC0415

    made = build(options.folder)
    print(f"{len(made)} recipes in {options.folder}\n\nTry\n  esorex --recipe-dir="
          f"{options.folder.resolve()} --recipes")  # fmt: skip
    return 0


def _paths(_options: argparse.Namespace) -> int:
    for tool, kind in sorted(KINDS.items()):
        print(f"{tool:10s} {kind.source}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
