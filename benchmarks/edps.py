"""Run every job that EDPS would make of a night, each recipe called as EDPS calls it.

    python -m benchmarks.edps RAW [--reduced REDUCED] [--esorex esorex]

EDPS itself is replaced by the stand-in of the tests, which organises files as its manual says.
Given what ``soxspipe reduce`` made of the same frames, the data of all products are compared.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.signature import signature
from tests.support.edps_run import Run, run_all

__all__ = ["compare", "main"]

#: Names of files and runs differ, and so do the tables that tell them.
_WITHOUT = ("EXPOSURES",)


def compare(runs: Sequence[Run], reduced: Path) -> dict[str, tuple[int, int]]:
    """Return for each tag how many products have their equal in a reduction, and of how many."""
    known = {
        signature(path, without=_WITHOUT)
        for path in reduced.rglob("*.fits")
        if "phase3" not in path.relative_to(reduced).parts
    }
    told: dict[str, list[bool]] = defaultdict(list)
    for run in runs:
        for tag, paths in run.products.items():
            told[tag] += [signature(path, without=_WITHOUT) in known for path in paths]
    return {tag: (sum(found), len(found)) for tag, found in sorted(told.items())}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print the tables; 1 if a recipe fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("raw", type=Path)
    parser.add_argument("--reduced", type=Path, help="what soxspipe reduce made of RAW")
    parser.add_argument("--esorex", default="", help="command instead of soxs-esorex")
    options = parser.parse_args(arguments)
    command = {"command": options.esorex.split()} if options.esorex else {}
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="soxs-edps-") as scratch:
        for run in run_all(options.raw, Path(scratch), **command):
            runs.append(run)
            number = sum(len(paths) for paths in run.products.values())
            told = f"{number} products" if not run.status else f"STATUS {run.status}"
            print(f"{run.task:34s}{run.recipe:24s}{run.seconds:7.1f} s  {told}", flush=True)
            if run.status:
                print(run.said[-800:])
        if options.reduced:
            print("\nproducts whose data equal those of soxspipe reduce")
            for tag, (same, count) in compare(runs, options.reduced).items():
                print(f"  {tag:34s}{same:4d} of {count}")
    failed = sum(run.status != 0 for run in runs)
    print(f"\n{len(runs)} jobs of {len({run.task for run in runs})} tasks, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
