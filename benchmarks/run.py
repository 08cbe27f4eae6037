"""Time and peak memory of every step, on a simulated observing block of both arms.

    python benchmarks/run.py [--raw FOLDER] [--keep FOLDER]

The block is reduced twice: one run at a time without figures, which gives the times of the
steps, and as a user does it. Speed depends on the machine; beside it stands that of a fixed
piece of numpy work, timed between the steps, so that ratios can be compared between machines.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main() -> int:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=Path, help="folder of raw frames (default: simulate one)")
    parser.add_argument("--keep", type=Path, help="folder for products, which then stay")
    parser.add_argument("--seed", type=int, default=1, help="of the simulation")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soxs-benchmark-") as scratch:
        folder = options.keep or Path(scratch)
        return _measure(options.raw, folder, options.seed)


def _measure(raw: Path | None, folder: Path, seed: int) -> int:
    reference = [reference_work()]
    whole = [("soxspipe --help", *_timed("--help"))]
    if raw is None:
        raw = folder / "raw"
        whole.append(("soxspipe simulate", *_timed("simulate", raw, "--seed", seed)))
    alone = folder / "one_by_one"
    whole.append(
        ("reduce, one run at a time, no figures",
         *_timed("reduce", raw, "-o", alone, "-j", 1, "--no-plots", "--quiet", "--fresh"))
    )  # fmt: skip
    reference.append(reference_work())
    together = folder / "together"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    whole.append(
        (f"reduce, {cores} runs at a time, with figures and page",
         *_timed("reduce", raw, "-o", together, "--quiet", "--fresh"))
    )  # fmt: skip
    reference.append(reference_work())
    unit = min(reference)
    _print_steps(alone, together, unit)
    _print_whole(whole, unit)
    print(f"\nreference work: {unit:.2f} s ({', '.join(f'{t:.2f}' for t in reference)})")
    return max(status for *_, status in whole)


def reference_work() -> float:
    """Return the seconds that a fixed piece of numpy work takes, one thread.

    Sorting, transforms, sums by index and dense least squares on arrays of a frame's size: what
    the pipeline spends its time on.
    """
    rng = np.random.default_rng(1)
    image = rng.normal(size=(1024, 2048)).astype(np.float32)
    index = rng.integers(0, 5000, image.size)
    design = rng.normal(size=(20000, 60))
    start = perf_counter()
    for _ in range(2):
        np.median(image, axis=0)
        np.fft.rfft2(image)
        np.bincount(index, image.ravel(), 5000)
        np.linalg.lstsq(design, design[:, 0], rcond=None)
        np.exp(-0.5 * image**2).cumsum(axis=1)
    return perf_counter() - start


def _timed(*arguments: object) -> tuple[float, int]:
    """Return wall time in s and status of a command of the pipeline."""
    command = [sys.executable, "-m", "soxs_pipeline", *map(str, arguments)]
    start = perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **ONE_THREAD}, stdout=subprocess.DEVNULL, check=False
    )
    return perf_counter() - start, done.returncode


def _records(folder: Path) -> dict[str, dict]:
    """Return the records of all runs by their name."""
    told = [json.loads(path.read_text("utf-8")) for path in sorted(folder.rglob("*.json"))]
    return {record["name"]: record for record in told if "recipe" in record}


def _print_steps(alone: Path, together: Path, unit: float) -> None:
    # Alone, all runs share one process; only in one of its own is a run's memory its own.
    memory = {name: told["peak_memory_mb"] for name, told in _records(together).items()}
    runs = sorted(_records(alone).items(), key=lambda item: (item[1]["arm"], item[1]["started"]))
    print("\nEach run by itself: seconds, and peak memory of its process")
    print(
        f"{'recipe':<24}{'arm':<5}{'read':>8}{'run':>8}{'write':>8}{'total':>8}"
        f"{'memory':>12}{'/ reference':>13}"
    )
    arms: dict[str, float] = {}
    for name, told in runs:
        spent = told["seconds"]
        total = spent.get("total", 0.0)
        arms[told["arm"]] = arms.get(told["arm"], 0.0) + total
        parts = "".join(f"{spent.get(part, 0.0):8.2f}" for part in ("read", "run", "write"))
        print(
            f"{told['recipe']:<24}{told['arm']:<5}{parts}{total:8.2f}"
            f"{memory.get(name, float('nan')):8.0f} MiB{total / unit:13.2f}"
            + ("" if told["status"] == "done" else f"  {told['status']}")
        )
    for arm, total in arms.items():
        print(f"{'all of ' + (arm or 'both arms'):<53}{total:8.2f}{'':12}{total / unit:13.2f}")


def _print_whole(whole: list[tuple[str, float, int]], unit: float) -> None:
    print("\nWhole commands")
    print(f"{'command':<53}{'wall':>8}{'':12}{'/ reference':>13}")
    for name, seconds, status in whole:
        failed = f"  status {status}" if status else ""
        print(f"{name:<53}{seconds:8.2f}{'':12}{seconds / unit:13.2f}{failed}")


if __name__ == "__main__":
    sys.exit(main())
