"""Time of one observing block, raw frames to files for the archive, on calibrations at hand.

    python -m benchmarks.warm [--raw FOLDER] [--technique NODDING] [--jobs 2]

All frames of a simulated night but those of the block are reduced first; then the block's are put
beside them and ``soxspipe reduce`` is timed: until the last file for the archive is there, and
until figures and page are done. Speed depends on the machine: times are given also in units of
`run.reference_work`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter, time

from astropy.io import fits

from benchmarks.run import reference_work

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--raw", type=Path, help="raw frames of a night (default: simulate one)")
    parser.add_argument("--technique", default="NODDING", help="word in DPR.TECH of the block")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="soxs-warm-") as scratch:
        _measure(options.raw, Path(scratch), options.technique, options.jobs)


def _measure(raw: Path | None, scratch: Path, technique: str, jobs: int) -> None:
    if raw is None:
        raw = scratch / "night"
        _soxspipe("simulate", raw, "--block", "night", "--seed", 101)
    linked, out = scratch / "raw", scratch / "reduced"
    linked.mkdir()
    block = [path for path in sorted(raw.glob("*.fits*")) if _is_of(path, technique)]
    if not block:
        raise SystemExit(f"no frame of {raw} has {technique} in ESO DPR TECH")
    for path in sorted(raw.glob("*.fits*")):
        if path not in block:
            (linked / path.name).symlink_to(path.resolve())
    _soxspipe("reduce", linked, "-o", out, "-j", jobs, "--all", "--quiet")
    before = set(out.rglob("*.json"))
    for path in block:
        (linked / path.name).symlink_to(path.resolve())
    unit, begun = reference_work(), time()
    seconds = _soxspipe("reduce", linked, "-o", out, "-j", jobs, "--quiet")
    unit = min(unit, reference_work())
    files = [path for path in (out / "phase3").iterdir() if path.stat().st_mtime > begun]
    archived = max(path.stat().st_mtime for path in files) - begun
    records = set(out.rglob("*.json")) - before
    runs = len(records)
    print(
        f"{len(block)} frames of {technique}, {jobs} jobs at a time, reference work {unit:.2f} s"
    )
    print(
        f"  {runs} runs and {len(files)} archive files: {archived:.0f} s, {archived / unit:.0f} x"
    )
    print(f"  with all figures and the page: {seconds:.0f} s, {seconds / unit:.0f} x")
    _print_shares(records)


def _print_shares(records: Iterable[Path]) -> None:
    """Print where the time of the runs went, recipe by recipe."""
    shares: dict[str, Counter[str]] = {}
    for path in records:
        record = json.loads(path.read_text(encoding="utf-8"))
        shares.setdefault(record["recipe"], Counter()).update({"runs": 1, **record["seconds"]})
    print(f"  {'recipe':20s} {'runs':>4s} {'read':>6s} {'run':>6s} {'write':>6s} {'total':>6s}  s")
    for recipe, share in sorted(shares.items(), key=lambda item: -item[1]["total"]):
        told = " ".join(f"{share[part]:6.1f}" for part in ("read", "run", "write", "total"))
        print(f"  {recipe:20s} {share['runs']:4d} {told}")


def _is_of(path: Path, technique: str) -> bool:
    # Compressed frames keep their cards in another unit.
    with fits.open(path) as units:
        told = next((u.header["ESO DPR TECH"] for u in units if "ESO DPR TECH" in u.header), "")
    return technique in str(told)


def _soxspipe(*arguments: object) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-m", "soxs_pipeline", *map(str, arguments)], check=True)
    return perf_counter() - start


if __name__ == "__main__":
    main()
