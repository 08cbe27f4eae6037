"""Simulate and reduce several nights and summarise how far the results are from the truth.

    python -m benchmarks.campaign WORK --seeds 31 32 33 --scenes standard bright

Each night is a full observing block of both arms with its calibrations. For every quantity the
table gives, over all seeds and orders of a scene, the median and the worst value. WORK keeps one
JSON file a night and nothing else; ``--summarise`` prints the table of those already there.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.accuracy import assess, products
from soxs_pipeline.cli.main import main as soxspipe
from soxs_pipeline.simulator.night import simulate

__all__ = ["main", "told_scenes"]

#: Row of the table: quantity, how far a value is from perfect, and which way is worse.
ROWS = (
    ("map", "rms_px", "largest"),
    ("map", "along_slit_px", "largest"),
    ("centres", "", "largest"),
    ("sky", "chi2", "from one"),
    ("sky", "chi2_cores", "largest"),
    ("sky", "beyond_5_sigma", "largest"),
    ("extraction", "bias", "from zero"),
    ("extraction", "bias_error", "largest"),
    ("extraction", "sum_bias", "from zero"),
    ("extraction", "sum_error", "largest"),
    ("extraction", "pull_width", "from one"),
    ("extraction", "snr_to_ideal", "smallest"),
    ("extraction", "snr_to_local", "smallest"),
)


def run_night(work: Path, scene: str, seed: int, binning: tuple[int, int] = (1, 1)) -> None:
    """Simulate, reduce and assess one night; leave one JSON file."""
    label = scene if binning == (1, 1) else f"{scene}-{binning[0]}x{binning[1]}"
    target = work / f"{label}_{seed}.json"
    if target.exists():
        return
    raw, reduced = work / f"{label}_{seed}", work / f"{label}_{seed}_reduced"
    for folder in (raw, raw.with_name(raw.name + "_truth"), reduced):
        shutil.rmtree(folder, ignore_errors=True)
    simulate(raw, seed=seed, scene=scene, binning=binning)
    status = soxspipe(["reduce", str(raw), "-o", str(reduced), "--no-plots", "-q"])
    figures = {"status": status, "arms": assess(raw, reduced), "qc": quality(reduced)}
    target.write_text(json.dumps(figures, indent=1))
    for folder in (raw, raw.with_name(raw.name + "_truth"), reduced):
        shutil.rmtree(folder)


def quality(reduced: Path) -> dict[str, dict[str, float]]:
    """Return the global QC values of every product that has some."""
    found: dict[str, dict[str, float]] = {}
    for category, _, header in products(reduced):
        values = {k[7:]: header[k] for k in header if k.startswith("ESO QC ")}
        found[category] = {k: v for k, v in values.items() if isinstance(v, (int, float))}
    return found


def values(nights: list[dict], arm: str, quantity: str, field: str) -> Iterator[float]:
    """Yield one value an order and night."""
    for night in nights:
        for name, by_order in night["arms"].get(arm, {}).items():
            if name.partition(" ")[0] != quantity:
                continue
            for value in by_order.values():
                if not field or field in value:
                    yield float(value[field] if field else value)


def together(nights: list[dict], arm: str, quantity: str, field: str, error: str) -> str:
    """Return the mean of all orders by inverse variance, and its error, as text."""
    found = np.array(list(values(nights, arm, quantity, field)))
    sigma = np.array(list(values(nights, arm, quantity, error)))
    known = np.isfinite(found) & np.isfinite(sigma)
    if not known.any():
        return "none"
    weight = 1.0 / sigma[known] ** 2
    mean = (weight * found[known]).sum() / weight.sum()
    return f"{mean:.4f} +- {1 / np.sqrt(weight.sum()):.4f}"


def worst(found: np.ndarray, which: str) -> float:
    """Return the value furthest on the bad side."""
    badness = {
        "largest": found,
        "smallest": -found,
        "from one": np.abs(found - 1),
        "from zero": np.abs(found),
    }[which]
    return float(found[np.argmax(badness)])


def told_scenes(work: Path) -> Iterator[list[dict]]:
    """Yield what was found of the nights of each scene; print the name of the scene."""
    scenes: dict[str, list[dict]] = {}
    for path in sorted(work.glob("*.json")):
        scenes.setdefault(path.stem.rpartition("_")[0], []).append(json.loads(path.read_text()))
    for scene, nights in scenes.items():
        print(f"\n{scene}: {len(nights)} nights, status {[night['status'] for night in nights]}")
        yield nights


def summarise(work: Path) -> None:
    """Print the table of all nights in a folder."""
    for nights in told_scenes(work):
        for arm in ("VIS", "NIR"):
            for quantity, field, which in ROWS:
                found = np.array(list(values(nights, arm, quantity, field)))
                found = found[np.isfinite(found)]
                if found.size:
                    print(
                        f"  {arm} {quantity:10s} {field:15s} median {np.median(found):8.4f}  "
                        f"worst {worst(found, which):8.4f}  of {found.size}"
                    )
            cores = together(nights, arm, "sky", "chi2_cores", "cores_error")
            bias = together(nights, arm, "extraction", "bias", "bias_error")
            level = together(nights, arm, "extraction", "level", "level_error")
            print(f"  {arm} all line cores together {cores}, all biases together {bias}")
            print(f"  {arm} bias of all bins, however faint, together {level}")
            for night in nights:
                told = night["qc"].get(f"SCI_OBJECT_TAB_{arm}", {}) or night["qc"].get(
                    f"SCI_SKYSUB_2D_{arm}", {}
                )
                lines = night["qc"].get(f"DISP_TAB_{arm}", {})
                print(
                    f'  {arm} found {told.get("N SOURCES")} at {told.get("SOURCE POS", 0):.2f}" '
                    f"{told.get('SOURCE SIGMA', 0):.0f} sigma; "
                    f"good lines {lines.get('GOODLINES FRAC', 0):.3f}"
                )
        for night in nights:
            merged = night["qc"].get("SCI_MERGED_1D", {})
            joins = {k: round(v, 3) for k, v in merged.items() if "JOIN" in k or "ARM" in k}
            print(f"  merged {joins}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32, 33])
    parser.add_argument("--scenes", nargs="+", default=["standard"])
    parser.add_argument("--binning", default="1x1", help="of the VIS detector")
    parser.add_argument("--summarise", action="store_true", help="only print the table")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for scene in () if arguments.summarise else arguments.scenes:
        for seed in arguments.seeds:
            columns, rows = (int(part) for part in arguments.binning.split("x"))
            run_night(arguments.work, scene, seed, (columns, rows))
    summarise(arguments.work)


if __name__ == "__main__":
    main()
