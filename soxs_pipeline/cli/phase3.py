"""``soxspipe phase3``: files for the archive, and whether they keep its rules."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["COMMANDS"]

_BROKEN = 1


def _add_phase3(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.description = (
        "Files as ESO's archive takes them (Science Data Products Standard, version 8)."
    )
    does = parser.add_subparsers(dest="what", metavar="make | check | rules", required=True)
    make = does.add_parser("make", help="make science files of merged spectra")
    make.add_argument(
        "products", nargs="+", type=Path, metavar="PRODUCT",
        help="merged spectra, or folders that are searched for them",
    )  # fmt: skip
    make.add_argument(
        "-o", "--output", type=Path, default=Path("phase3"), metavar="FOLDER",
        help="where the files go (default: phase3)",
    )  # fmt: skip
    make.add_argument("--extended", action="store_true", help="the target is extended")
    make.add_argument(
        "--reference", default="", metavar="BIBCODE",
        help="publication: 19 characters, or doi:10...",
    )  # fmt: skip
    check = does.add_parser("check", help="hold files against every rule a program can check")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument("-q", "--quiet", action="store_true", help="name only what is wrong")
    does.add_parser("rules", help="list the rules")
    return _run


def _run(options: argparse.Namespace) -> int:
    return {"make": _make, "check": _check, "rules": _rules}[options.what](options)


def _make(options: argparse.Namespace) -> int:
    from soxs_pipeline.errors import InputError  # noqa: PLC0415
    from soxs_pipeline.runtime.archive import (  # noqa: PLC0415
        ArchiveRequest,
        archive_sources,
        make_archive_files,
    )

    sources = archive_sources(options.products)
    if not sources:
        raise InputError(
            "there is no merged spectrum",
            wanted="products SCI_MERGED_1D or SCI_ARM_1D",
            remedy="reduce a science observation first",
        )
    request = ArchiveRequest(options.output, options.extended, options.reference)
    written = make_archive_files(sources, request)
    for path in written:
        print(path)
    return _report(written, quiet=True)


def _check(options: argparse.Namespace) -> int:
    return _report(options.files, quiet=options.quiet)


def _report(files: list[Path], *, quiet: bool) -> int:
    from soxs_pipeline.io.phase3.check import check_batch  # noqa: PLC0415

    broken = 0
    for found in check_batch(files):
        broken += bool(found.breaches)
        if not found.breaches and not quiet:
            print(f"{found.path}: {found.category}, keeps all {found.rules} rules")
        for breach in found.breaches:
            print(f"{found.path}: {breach.rule}: {breach.what}")
    return _BROKEN if broken else 0


def _rules(_options: argparse.Namespace) -> int:
    from soxs_pipeline.io.phase3.check import RULES  # noqa: PLC0415

    for rule in RULES:
        where = " ".join(rule.categories).strip() or "all files"
        print(f"{rule.name:17s} {where:24s} {rule.text}")
    return 0


COMMANDS = {"phase3": _add_phase3}
