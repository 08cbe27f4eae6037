"""What ``soxspipe reduce`` and ``soxspipe plan`` do."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path

from soxs_pipeline.cascade import Cascade, load
from soxs_pipeline.cascade.associate import Association
from soxs_pipeline.cli.session import (
    INSTRUMENT,
    carry_out,
    exit_status,
    load_settings,
    print_failures,
)
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import SoxsError
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.io.fits_headers import read_header
from soxs_pipeline.runtime.configure import Settings, configure
from soxs_pipeline.runtime.executors import Filing
from soxs_pipeline.runtime.executors.processes import default_capacity
from soxs_pipeline.runtime.intake import read_folders, static_finder
from soxs_pipeline.runtime.jobs import Result
from soxs_pipeline.runtime.plan import Plan, make_plan
from soxs_pipeline.runtime.registry import ORGANISER, full_name, get
from soxs_pipeline.runtime.report import write_report
from soxs_pipeline.runtime.workspace import check_output_folder

__all__ = ["Hold", "organise", "reduce_folder", "show_plan"]

_INCOMPLETE = 2
#: Recipes whose products end a chain and are of one arm.
_BY_ARM = ("soxs_map", "soxs_astro_phot")

#: Says of which files nothing is to be made now, and why: from the paths of all files, and the
#: headers of those that could be read.
Hold = Callable[[Collection[str], Mapping[str, Header]], Mapping[str, str]]


def _nothing(_: Collection[str], __: Mapping[str, Header]) -> Mapping[str, str]:
    return {}


def organise(
    folder: Path,
    settings: Settings,
    cascade: Cascade,
    catalogue: Callable[[dict[str, Header]], tuple[Path, Header] | None] = lambda _: None,
    hold: Hold = _nothing,
) -> tuple[Association, list[str]]:
    """Read a folder and sort its files; return also the names of files that cannot be read.

    Parameters
    ----------
    folder, settings, cascade
        Where the files are, settings of the organiser, the map.
    catalogue
        Names the star catalogue of the camera's fields from the headers: its path and header.
    hold
        Names the files to be left for later.
    """
    headers, unreadable = read_folders([folder], settings.headers)
    held = hold([*headers, *unreadable], headers)
    headers = {path: header for path, header in headers.items() if path not in held}
    unreadable = {path: reason for path, reason in unreadable.items() if path not in held}
    stars = catalogue(headers)
    if stars is not None:
        headers[str(stars[0])] = stars[1]
    recipe = get(ORGANISER)
    chosen = configure(recipe, "", load_instrument(INSTRUMENT), settings)
    outcome = recipe.run(headers, cascade, static_finder, parameters=chosen.parameters)
    found: Association = outcome.products.association
    refused = {**found.unclassified, **unreadable, **held}
    return replace(found, unclassified=refused), list(unreadable)


def _make_plan(
    options: argparse.Namespace, settings: Settings, *, fetch: bool, hold: Hold = _nothing
) -> tuple[Plan, list[str]]:
    """Plan; ``fetch`` also writes the star catalogue that the plan counts on."""
    cascade = load(INSTRUMENT)
    stars = partial(
        _catalogue, cascade=cascade, place=options.catalogue, out=options.output, fetch=fetch
    )
    found, unreadable = organise(options.raw, settings, cascade, stars, hold)
    only = [full_name(name) for name in options.only]
    plan = make_plan(found, cascade, options.output, everything=options.everything, only=only)
    return plan, unreadable


def _catalogue(
    headers: dict[str, Header], *, cascade: Cascade, place: str, out: Path, fetch: bool
) -> tuple[Path, Header] | None:
    # Frames of the camera are rare enough that what reads catalogues is loaded for them alone.
    if not any(header.text("ESO SEQ ARM") in {"", "ACQ"} for header in headers.values()):
        return None
    from soxs_pipeline.runtime.catalogues import (  # noqa: PLC0415
        expected_catalogue,
        provide_catalogue,
    )

    if not fetch:
        return expected_catalogue(headers, cascade, place, out)
    path = provide_catalogue(headers, cascade, place, out)
    return None if path is None else (path, read_header(path))


def show_plan(options: argparse.Namespace) -> int:
    """Show what would be done; return the exit status."""
    plan, _ = _make_plan(options, load_settings(options.settings), fetch=False)
    print(json.dumps(plan.as_json(), indent=1) if options.json else plan.as_text())
    return 0


def reduce_folder(
    options: argparse.Namespace, *, hold: Hold = _nothing, retry: bool = True, refresh_s: int = 0
) -> int:
    """Reduce a folder, tell what became of it and return the exit status.

    Parameters
    ----------
    options
        As `soxs_pipeline.cli.reduce` declares them.
    hold
        Names the files to be left for later.
    retry
        Run again what failed before with the very same inputs and parameters.
    refresh_s
        After how many seconds a browser reads the report again; 0 for never.
    """
    settings = load_settings(options.settings)
    if options.raw.is_dir():
        check_output_folder(options.output, options.raw)
    plan, unreadable = _make_plan(options, settings, fetch=True, hold=hold)
    jobs = default_capacity() if options.jobs is None else max(1, options.jobs)
    archive = _Archive(plan, options.output)
    results = carry_out(
        plan, settings, options, jobs=jobs, fresh=options.fresh, retry=retry,
        afterwards=archive if options.archive else None,
    )  # fmt: skip
    page = write_report(plan, results, options.output, raw=options.raw, refresh_s=refresh_s)
    print_failures(plan, results)
    _print_unreduced(plan, unreadable)
    _print_where(plan, results, page)
    archive.tell()
    lost = bool(unreadable or plan.blocked_observations)
    incomplete = _INCOMPLETE if lost or not plan.wanted else 0
    return exit_status(results) or archive.exit_code or incomplete


class _Archive:
    """The archive's files of all that was merged, and what stood in their way."""

    def __init__(self, plan: Plan, out: Path) -> None:
        self._plan, self._folder = plan, out / "phase3"
        self._made, self.exit_code = False, 0
        self._problems: list[str] = []

    def begin(self, results: Mapping[str, Result]) -> list[Filing]:
        """Return what is to be made."""
        # Whoever only plans needs neither numpy nor astropy.
        from soxs_pipeline.runtime.archive import archive_sources, archive_units  # noqa: PLC0415

        good = [n for n in self._plan.targets if n in results and results[n].good]
        outputs = [output.path for name in good for output in self._plan.jobs[name].outputs]
        try:
            sources = archive_sources(path for path in outputs if path.is_file())
            return [Filing(unit, self._folder) for unit in archive_units(sources)]
        except SoxsError as error:
            self._problems.append(str(error))
            self.exit_code = error.exit_code
            return []

    def ended(self, _: Filing, result: Result) -> None:
        """Note whether files were made, or what was wrong."""
        self._made |= result.good
        if not result.good:
            self._problems.append(result.error)
            self.exit_code = self.exit_code or result.exit_code

    def tell(self) -> None:
        """Say where they are."""
        for problem in self._problems:
            print(f"\nNot made for the archive: {problem}", file=sys.stderr)
        if self._made:
            print(f"Files for the archive\n  {self._folder}")


def _print_unreduced(plan: Plan, unreadable: list[str]) -> None:
    for name in plan.blocked_observations:
        parts = plan.blocked[name].split(" | ")
        print(f"\nNot reduced: {name.partition(':')[2]}", file=sys.stderr)
        print("\n".join(f"    {part}" for part in parts), file=sys.stderr)
    if plan.blocked_observations:
        print(
            "  to do: add the missing frames, or products of theirs, to the folder; then give the "
            "same command again",
            file=sys.stderr,
        )
    for name in unreadable:
        print(f"\nNot usable: {plan.unused[name]}", file=sys.stderr)
    others = len(plan.unused) - len(unreadable)
    if others:
        print(f"\n{others} file(s) were not used; the report says why", file=sys.stderr)


def _print_where(plan: Plan, results: dict[str, Result], page: Path) -> None:
    made = [plan.jobs[n] for n in plan.targets if n in results and results[n].good]
    # An observer looks for one spectrum of all arms; what goes into it is told by the report.
    shown = [job for job in made if not job.arm or job.recipe in _BY_ARM] or made
    if shown:
        print("Results")
    for title, jobs in groupby(sorted(shown, key=lambda job: job.title), lambda job: job.title):
        print(f"  {title or 'unnamed'}")
        print("\n".join(f"    {job.outputs[0].path}" for job in jobs))
    if len(made) > len(shown):
        print(f"  {len(made) - len(shown)} more of single arms and exposures are in the report")
    print(f"Report\n  {page}")
