"""How far off the flux of whole exposures is, over many exposures of one target.

    python -m benchmarks.repeats WORK --scenes standard bad_seeing --seeds 41 53 --exposures 12

Course, width and exponent of a source are fitted once for all orders of an exposure. What that
costs all of them alike does not average out over their bins, and two exposures tell little of it.
Each scene is a stare of many exposures, each with its own noise and its own place of the slit's
image. For each arm the table gives the mean of the flux over the true one and its error, the
scatter of single exposures, and what ``SOURCE FLUX ERR`` and the noise of the bins say of that.
WORK keeps one JSON file a night; ``--summarise`` prints the table of those already there.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np

from benchmarks.accuracy import Exposure, assess_extraction, science
from benchmarks.campaign import told_scenes
from soxs_pipeline.cli.main import main as soxspipe
from soxs_pipeline.simulator.night import simulate

__all__ = ["main"]

_TOLD = "ESO QC SOURCE FLUX ERR"


def run_night(work: Path, scene: str, seed: int, exposures: int) -> None:
    """Simulate, reduce and assess one night; leave one JSON file."""
    target = work / f"{scene}_{seed}.json"
    if target.exists():
        return
    raw = work / f"{scene}_{seed}"
    truth, reduced = (raw.with_name(f"{raw.name}_{kind}") for kind in ("truth", "reduced"))
    for folder in (raw, truth, reduced):
        shutil.rmtree(folder, ignore_errors=True)
    simulate(raw, seed=seed, scene=scene, n_object=exposures)
    asked = ["reduce", str(raw), "-o", str(reduced), "--no-plots", "--no-phase3", "-q"]
    status = soxspipe([*asked, "--only", "soxs_extract"])
    found = {
        arm: [one for one in map(level, science(reduced, truth, arm)) if one]
        for arm in ("VIS", "NIR")
    }
    target.write_text(json.dumps({"status": status, "arms": found}, indent=1))
    for folder in (raw, truth, reduced):
        shutil.rmtree(folder)


def level(exposure: Exposure) -> list[float]:
    """Return flux over truth less one of all orders, the error of the noise, and what is told."""
    orders = [one for one in assess_extraction(exposure).values() if "level" in one]
    found = np.array([(one["level"], one["level_error"]) for one in orders])
    if not found.size:
        return []
    weight = found[:, 1] ** -2.0
    told = 0.01 * float(exposure.header.get(_TOLD, float("nan")))
    return [float(weight @ found[:, 0] / weight.sum()), float(weight.sum() ** -0.5), told]


def summarise(work: Path) -> None:
    """Print the table of all nights in a folder."""
    for nights in told_scenes(work):
        for arm in ("VIS", "NIR"):
            found = 100.0 * np.array([one for night in nights for one in night["arms"][arm]])
            if len(found) < 2:
                print(f"  {arm} {len(found)} exposures")
                continue
            off, noise, told = found.T
            scatter = float(off.std(ddof=1))
            expected = np.sqrt(np.mean(noise**2 + told**2))
            means = [100 * np.mean([one[0] for one in night["arms"][arm]]) for night in nights]
            print(
                f"  {arm} {len(off)} exposures: flux {off.mean():+.2f} +- "
                f"{scatter / np.sqrt(len(off)):.2f} %, scatter {scatter:.2f} %, told "
                f"{expected:.2f} % ({np.mean(noise):.2f} of it noise of the bins); "
                f"nights {', '.join(f'{mean:.2f}' for mean in means)} %"
            )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[41, 53])
    parser.add_argument("--scenes", nargs="+", default=["standard"])
    parser.add_argument("--exposures", type=int, default=12, help="in one night")
    parser.add_argument("--summarise", action="store_true", help="only print the table")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for scene in () if arguments.summarise else arguments.scenes:
        for seed in arguments.seeds:
            run_night(arguments.work, scene, seed, arguments.exposures)
    summarise(arguments.work)


if __name__ == "__main__":
    main()
