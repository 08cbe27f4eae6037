"""From an association to jobs; and the plan as people and programmes read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from soxs_pipeline.cascade.associate import Association, Dataset
from soxs_pipeline.cascade.classify import DataFile, night_of
from soxs_pipeline.cascade.spec import CascadeMap, Group
from soxs_pipeline.domain.header import Header
from soxs_pipeline.runtime.jobs import Job, Options, Output, SlotOptions, Source
from soxs_pipeline.runtime.naming import stem_of, title_of

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True)
class Plan:
    """What would be done with a folder of files.

    Parameters
    ----------
    jobs
        All that can be done, by name, each after those it takes from.
    wanted
        Names of the jobs to be done; the others stand by in case one of these fails.
    targets
        Names of the jobs that end a chain.
    blocked
        What a dataset lacks that cannot be reduced for itself, by its name.
    unused
        Reason why a raw file is not used, by path.
    frames
        Number of files of each tag.
    blocked_observations
        Names of datasets of the sky that cannot be reduced.
    """

    jobs: Mapping[str, Job]
    wanted: tuple[str, ...]
    targets: tuple[str, ...] = ()
    blocked: Mapping[str, str] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)
    blocked_observations: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the plan as plain values."""
        return {
            "frames": dict(self.frames),
            "jobs": [_job_as_json(self.jobs[name]) for name in self.wanted],
            "targets": list(self.targets),
            "blocked": dict(self.blocked),
            "unused": dict(self.unused),
        }

    def as_text(self) -> str:
        """Return the plan as text for a terminal."""
        lines = ["Frames"]
        lines += [f"  {number:4d}  {tag}" for tag, number in sorted(self.frames.items())]
        lines.append(f"\nTo do ({len(self.wanted)} runs)")
        for name in self.wanted:
            lines += _job_as_text(self.jobs[name])
        if self.unused:
            lines.append(f"\nNot used ({len(self.unused)} files)")
            lines += _unused_as_text(self.unused)
        return "\n".join(lines)


def make_plan(
    association: Association,
    cascade: CascadeMap,
    out: Path,
    *,
    everything: bool = False,
    only: Sequence[str] = (),
) -> Plan:
    """Turn datasets into jobs whose products lie below ``out``.

    Parameters
    ----------
    association, cascade
        What was found, and the map.
    out
        ``out/<night>/<recipe>/<stem>.fits`` is the first product of each job.
    everything
        Do also what no observation needs.
    only
        Recipes or tasks to be done, with what they need; all if empty.
    """
    ready = [dataset for dataset in association.datasets if dataset.ready]
    outputs = _outputs(ready, cascade, out)
    jobs = {dataset.name: _job(dataset, outputs) for dataset in ready}
    chosen = association.datasets if everything else association.needed()
    wanted = {dataset.name for dataset in chosen} & set(jobs)
    if only:
        roots = [n for n in wanted if {jobs[n].task, jobs[n].recipe} & set(only)]
        wanted = _with_makers(roots, {dataset.name: dataset for dataset in ready})
    return Plan(
        jobs,
        tuple(name for name in jobs if name in wanted),
        tuple(d.name for d in association.observations if d.name in wanted),
        {d.name: d.blocked for d in association.datasets if d.unmet},
        association.unused(cascade),
        Counter(f.tag for f in association.files if f.item.group is not Group.CALIB),
        _blocked_observations(association),
    )


def _blocked_observations(association: Association) -> tuple[str, ...]:
    """Return the datasets of raw frames of the sky that end blocked."""
    by_name = {dataset.name: dataset for dataset in association.datasets}
    chains: set[str] = set()
    pending = [dataset.name for dataset in association.datasets if dataset.task.joins_arms]
    while pending:
        dataset = by_name[pending.pop()]
        chains.add(dataset.name)
        pending += [f.maker for f in (*dataset.main, *dataset.left_out) if f.maker]
    return tuple(
        name for name in by_name
        if name in chains and by_name[name].unmet
        and by_name[name].task.main.item.group is Group.RAW
    )  # fmt: skip


def _with_makers(roots: Sequence[str], datasets: Mapping[str, Dataset]) -> set[str]:
    found: set[str] = set()
    pending = list(roots)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += datasets[name].makers
    return found


def _outputs(
    datasets: Sequence[Dataset], cascade: CascadeMap, out: Path
) -> dict[tuple[str, str], Output]:
    """Return the product of each dataset and field, no two of one path."""
    outputs: dict[tuple[str, str], Output] = {}
    taken: Counter[Path] = Counter()
    for dataset in datasets:
        folder = out / night_of(dataset.main[0].mjd) / dataset.task.recipe
        stem = stem_of(dataset, cascade)
        taken[folder / stem] += 1
        if taken[folder / stem] > 1:
            stem += f"_{taken[folder / stem]}"
        for number, (name, item) in enumerate(dataset.task.products):
            file = f"{stem}.fits" if number == 0 else f"{stem}_{name.upper()}.fits"
            outputs[dataset.name, name] = Output(name, item.tag_for(dataset.arm), folder / file)
    return outputs


def _job(dataset: Dataset, outputs: Mapping[tuple[str, str], Output]) -> Job:
    def source(file: DataFile) -> Source:
        path = outputs[file.maker, file.field].path if file.maker else Path(file.name)
        raw = file.item.group is Group.RAW
        return Source(path, file.tag, file.maker, raw=raw, corrections=_corrections(file))

    task = dataset.task
    return Job(
        name=dataset.name,
        task=task.name,
        recipe=task.recipe,
        arm=dataset.arm,
        night=night_of(dataset.main[0].mjd),
        title=title_of(dataset),
        main_slot=task.main.name,
        main=tuple(source(file) for file in dataset.main),
        may_shrink=task.main.most is None,
        others=tuple(
            SlotOptions(
                choice.slot.name,
                tuple(
                    Options(tuple(source(file) for file in found.files), found.remarks)
                    for found in choice.candidates
                ),
                optional=choice.slot.least == 0,
            )
            for choice in dataset.choices
            # That no static calibration ships for an optional slot is no news to anyone.
            if choice.candidates or choice.slot.item.group is not Group.CALIB
        ),
        outputs=tuple(outputs[dataset.name, name] for name, _ in task.products),
        remarks=(*dataset.remarks, *_told_of_headers(dataset)),
    )


def _corrections(file: DataFile) -> tuple[tuple[str, object], ...]:
    """Return what the user set in the header of a file that is there already."""
    header = file.header
    if file.maker or not isinstance(header, Header):
        return ()
    return tuple(sorted(header.corrections.items()))


def _told_of_headers(dataset: Dataset) -> tuple[str, ...]:
    """Return a remark for each correction, with the number of frames it was made in."""
    changed = Counter(card for file in dataset.main for card in _corrections(file))
    return tuple(
        f"header corrected in {number} of {len(dataset.main)} frame(s): {key} = {value}"
        for (key, value), number in changed.items()
    )


def _job_as_json(job: Job) -> dict[str, object]:
    return {
        "name": job.name,
        "recipe": job.recipe,
        "arm": job.arm,
        "night": job.night,
        "title": job.title,
        "inputs": {
            job.main_slot: [str(source.path) for source in job.main],
            **{
                o.slot: [str(s.path) for s in o.options[0].sources]
                for o in job.others
                if o.options
            },
        },
        "products": {output.field: str(output.path) for output in job.outputs},
        "remarks": [*job.remarks, *_remarks_of_best(job)],
    }


def _job_as_text(job: Job) -> list[str]:
    lines = [f"  {job.recipe:<22} {job.arm or 'all':<4} {job.title}"]
    for slot in job.others:
        if slot.options:
            names = [source.path.name for source in slot.options[0].sources]
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            lines.append(f"      {slot.slot}: {names[0]}{more}")
    notes = [*job.remarks, *_remarks_of_best(job)]
    return lines + [f"      note: {note}" for note in notes]


def _remarks_of_best(job: Job) -> list[str]:
    return [remark for o in job.others if o.options for remark in o.options[0].remarks]


def _unused_as_text(unused: Mapping[str, str]) -> list[str]:
    """Gather files of one reason; a reason may hold several parts."""
    by_reason: dict[str, list[str]] = {}
    for path, reason in unused.items():
        by_reason.setdefault(reason, []).append(Path(path).name)
    lines: list[str] = []
    for reason, names in by_reason.items():
        lines += [f"  {name}" for name in names]
        lines += [f"      {part}" for part in reason.split(" | ")]
    return lines
