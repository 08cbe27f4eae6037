"""Run the recipes of the jobs that EDPS would make, each as EDPS calls it.

A job has a folder of its own, in which the recipe starts: a set of files there, the parameters of
its task in a file, and the products, which are known by their ``PRO CATG``.
"""

import importlib
import os
import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import yaml
from astropy.io import fits

from soxs_pipeline.io.fits_headers import read_header
from soxs_reflex.generate.write import PACKAGE
from tests.support.edps_standin import organise, workflow_modules

__all__ = ["FOLDER", "SOXS_ESOREX", "Run", "our_tasks", "run_all", "small"]

FOLDER = PACKAGE / "workflows" / "edps"
#: The command `soxs-esorex` of this very package, wherever its script is.
SOXS_ESOREX = (
    sys.executable, "-c", "import sys; from soxs_reflex.esorex.main import main; sys.exit(main())",
)  # fmt: skip


@dataclass
class Run:
    """A job that ran: products by tag, exit status, what the recipe printed."""

    task: str
    recipe: str
    main: tuple
    status: int
    seconds: float
    said: str
    products: dict = field(default_factory=dict)


@contextmanager
def our_tasks():
    """Import the workflow against the stand-in; its tasks by name."""
    before = dict(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        made = workflow_modules()
        importlib.import_module("soxs.soxs_wkf")
        yield dict(made)
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - set(before):
            if name.split(".")[0] in {"edps", "soxs"}:
                del sys.modules[name]


def small(header):
    """A header as EDPS sees it."""
    return {key.removeprefix("ESO ").replace(" ", ".").lower(): header[key] for key in header}


def run_all(raw, folder, command=SOXS_ESOREX):
    """Organise a folder of raw frames and run every complete job; yield each as it ends.

    Parameters
    ----------
    raw
        Folder of raw frames.
    folder
        For the jobs, made if missing.
    command
        What EDPS knows as ``esorex_path``.
    """
    paths = {path.name: path.resolve() for path in sorted(Path(raw).glob("*.fits*"))}
    headers = {}
    for name, path in paths.items():
        header = small(read_header(path))
        headers[name] = {**header, "arcfile": header.get("arcfile", name)}
    rules = yaml.safe_load((FOLDER / "soxs" / "soxs_parameters.yaml").read_text())
    chosen = next(one for one in rules.values() if one["is_default"])["recipe_parameters"]
    with our_tasks() as tasks:
        jobs = organise(tasks, headers)
        made = defaultdict(dict)
        for name, task in tasks.items():
            for number, job in enumerate(jobs[name]):
                if job.complete:
                    sof = _set_of_files(job, jobs, made, paths, headers)
                    run = _run(job, sof, Path(folder) / name / f"{number:03d}", command, chosen)
                    made[task.name][tuple(job.main)] = run.products
                    yield run


def _set_of_files(job, jobs, made, paths, headers):
    """Return the lines of the set: path and tag of the main input, then of what goes with it."""
    task = job.task
    lines = _of(task.main, task.classes, _groups_of_main(job, jobs), made, paths, headers)
    for choice, groups in job.choices:
        lines += _of(choice.source, choice.classes, groups, made, paths, headers)
    return list(dict.fromkeys(lines))


def _groups_of_main(job, jobs):
    if not hasattr(job.task.main, "recipe"):
        return [job.main]
    makers = jobs[job.task.main.name]
    return [one.main for one in makers if one.complete and set(one.main) <= set(job.main)]


def _of(source, classes, groups, made, paths, headers):
    if hasattr(source, "recipe"):
        tags = {one.tag for one in classes}
        return [
            f"{path} {tag}"
            for group in groups
            for tag, files in made[source.name].get(tuple(group), {}).items()
            if tag in tags
            for path in files
        ]
    return [
        f"{paths[name]} {next(r.tag for r in source.rules if r.fits(headers[name]))}"
        for group in groups
        for name in group
    ]


def _run(job, sof, folder, command, chosen):
    folder.mkdir(parents=True)
    (folder / "input.sof").write_text("\n".join(sof) + "\n")
    values = chosen.get(job.task.name, {})
    threads = str(values.get("OMP_NUM_THREADS", 1))
    rows = [f"{key}={value}" for key, value in values.items() if key != "OMP_NUM_THREADS"]
    (folder / "parameters.rc").write_text("\n".join(rows) + "\n")
    begun = perf_counter()
    done = subprocess.run(
        [*command, "--recipe-config=parameters.rc", job.task.recipe, "input.sof"], cwd=folder,
        capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": threads, "HOME": str(folder)},
    )  # fmt: skip
    run = Run(
        job.task.name, job.task.recipe, tuple(job.main), done.returncode,
        perf_counter() - begun, done.stdout + done.stderr,
    )  # fmt: skip
    for path in sorted(folder.glob("*.fits")):
        tag = fits.getheader(path).get("ESO PRO CATG", "")
        run.products.setdefault(tag, []).append(path)
    return run
