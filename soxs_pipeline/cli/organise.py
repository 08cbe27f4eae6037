"""``soxspipe data_organiser``: a table of frames, and a set of files for each dataset."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from soxs_pipeline.cascade import load
from soxs_pipeline.cli.reduce import organise
from soxs_pipeline.cli.session import INSTRUMENT, load_settings
from soxs_pipeline.io.sof import write_sof
from soxs_pipeline.runtime.jobs import Job
from soxs_pipeline.runtime.plan import make_plan
from soxs_pipeline.runtime.workspace import check_output_folder

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
    cascade = load(INSTRUMENT)
    found, _ = organise(options.folder, load_settings(options.settings), cascade)
    check_output_folder(options.output, options.folder)
    plan = make_plan(found, cascade, options.output, everything=True)
    folder = options.output / "sof"
    for job in plan.jobs.values():
        write_sof(folder / f"{job.stem}.sof", _entries(job))
    print(plan.as_text())
    print(f"\n{len(plan.jobs)} sets of files in {folder}")
    return 0


def _entries(job: Job) -> list[tuple[Path, str]]:
    """Return main inputs and best calibrations; products have the path they will get."""
    sources = [*job.main]
    sources += [s for slot in job.others if slot.options for s in slot.options[0].sources]
    return [(source.path.absolute(), source.tag) for source in sources]


COMMANDS = {"data_organiser": _add}
