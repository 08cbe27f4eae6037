"""What ``soxspipe data_organiser`` does: a table of frames, a set of files for each dataset."""

from __future__ import annotations

import argparse
from pathlib import Path

from soxs_pipeline.cascade import load
from soxs_pipeline.cli.reducing import organise
from soxs_pipeline.cli.session import INSTRUMENT, load_settings
from soxs_pipeline.io.sof import write_sof
from soxs_pipeline.runtime.jobs import Job
from soxs_pipeline.runtime.plan import make_plan
from soxs_pipeline.runtime.workspace import check_output_folder

__all__ = ["organise_folder"]


def organise_folder(options: argparse.Namespace) -> int:
    """Write the sets of files of a folder, show the plan and return the exit status."""
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
