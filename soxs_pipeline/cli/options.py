"""Options that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_common_options", "add_running_options"]


def add_common_options(parser: argparse.ArgumentParser, *, out: str = "reduced") -> None:
    """Add the options of every command that reduces or plans to."""
    parser.add_argument(
        "-s", "--settings", metavar="FILE", type=Path, help="settings file (see soxspipe init)"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=Path(out),
        help=f"folder for products (default: ./{out})",
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")


def add_running_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that reduces."""
    drawn = parser.add_mutually_exclusive_group()
    drawn.add_argument("--no-plots", action="store_true", help="draw no figures")
    drawn.add_argument("--pdf", action="store_true", help="write figures as PDF as well")
    loud = parser.add_mutually_exclusive_group()
    loud.add_argument("-q", "--quiet", action="store_true", help="tell failures only")
    loud.add_argument("-v", "--verbose", action="store_true", help="tell every remark")
