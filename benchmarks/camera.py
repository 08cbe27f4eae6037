"""Reduce many random fields of the acquisition camera and compare them with what was put in.

    python -m benchmarks.camera --fields 200 --filters griz

Every field has its own detector, flats, seeing, wrong pointing (up to 20 arcsec and two degrees)
and number of catalogue stars; those with fewer than eight on the detector do not count. Prints how
many were solved, and rightly; errors of places and zero points; pulls; seconds of one image,
without the disk. The true zero point is that of the light which the fits take in, measured on a
second exposure, so that it shares no noise with the first.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from astropy.io import fits
from scipy.spatial import cKDTree

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.camera import Catalogue
from soxs_pipeline.instruments import load
from soxs_pipeline.io.catalogues import read_refcat2
from soxs_pipeline.io.raw import read_raw
from soxs_pipeline.recipes.soxs_astro_phot import AstroPhotParameters, soxs_astro_phot
from soxs_pipeline.recipes.soxs_img_mflat import ImgMflatParameters, soxs_img_mflat
from soxs_pipeline.recipes.soxs_mbias import MbiasParameters, soxs_mbias
from soxs_pipeline.simulator.camera import simulate_camera
from soxs_pipeline.simulator.starfield import make_sky

__all__ = ["main", "measure"]

#: Catalogue stars to be expected on the detector.
_FEWEST, _MOST = 8, 90
#: Offset beyond which a solution that is called good is wrong, in arcsec.
_WRONG = 1.0
#: Fluxes over their errors between which a star counts as one of S/N 100.
_NEAR_100 = (70.0, 140.0)
#: Within this a star on the sky is that of the catalogue, which is of another epoch.
_SAME_DEG = 0.7 / 3600.0
#: Fields with fewer catalogue stars on the detector are left out.
_LEAST_STARS = 8
#: S/N of stars that tell how much light the fits take in, and by how much one may be off.
_LEVEL_SNR, _LEVEL_SCATTER = 30.0, 0.015


def measure(seed: int, band: str) -> dict[str, Any]:
    """Simulate and reduce one field; return what is off."""
    rng = np.random.default_rng([seed, 5])
    known = int(np.exp(rng.uniform(np.log(_FEWEST), np.log(_MOST))))
    sky = make_sky(
        seed, n_known=known, n_faint=int(2 * known), n_galaxies=8,
        seeing_arcsec=float(rng.uniform(0.6, 1.8)),
    )  # fmt: skip
    with TemporaryDirectory(prefix="camera") as place:
        folder = Path(place)
        files = simulate_camera(
            folder / "raw", seed=seed, sky=sky, filters=(band,), n_dither=2, n_bias=3, n_flat=5,
            seconds=30.0,
        )  # fmt: skip
        raws = [read_raw(path, load("SOXS")) for path in files]
        truths = [
            fits.open(path, memmap=False) for path in sorted((folder / "raw_truth").glob("*.fits"))
        ]
        catalogue = read_refcat2(sorted((folder / "raw_catalogue").glob("*.rc2")))
    bias = soxs_mbias(raws[:3], DetectorCalibration(), parameters=MbiasParameters())
    detector = DetectorCalibration(master_bias=bias.products.master_bias)
    flat = soxs_img_mflat(raws[3:8], detector, parameters=ImgMflatParameters())
    begun = perf_counter()
    first, second = (
        soxs_astro_phot(
            [raw], detector, flat.products.master_flat, catalogue,
            parameters=AstroPhotParameters(),
        ).products
        for raw in raws[8:]
    )  # fmt: skip
    seconds = 0.5 * (perf_counter() - begun)
    rows, header = truths[0][1].data, truths[0][1].header
    found = {"seed": seed, "band": band, "seconds": seconds, "stars": _known(catalogue, rows)}
    return found | _compare(first, rows, header, _level(second.sources, truths[1][1].data))


def _known(catalogue: Catalogue, rows: Any) -> int:
    """Return the number of catalogue stars on the detector."""
    inside = (np.abs(rows["X"] - 511.5) < 507) & (np.abs(rows["Y"] - 511.5) < 507)
    shrink = np.cos(np.deg2rad(np.mean(rows["DEC"])))
    tree = cKDTree(np.column_stack([catalogue.ra_deg * shrink, catalogue.dec_deg]))
    places = np.column_stack([rows["RA"] * shrink, rows["DEC"]])[inside]
    return int((tree.query(places)[0] < _SAME_DEG).sum())


def _stars(sources: Any, rows: Any) -> tuple[Any, Any]:
    """Return which sources are undisturbed stars, and the rows of the truth of all."""
    distance, row = cKDTree(np.column_stack([rows["X"], rows["Y"]])).query(
        np.column_stack([sources.x - 1, sources.y - 1])
    )
    return (distance < 0.5) & (sources.quality == 0) & (rows["SIZE"][row] == 0), row


def _level(sources: Any, rows: Any) -> tuple[float, float]:
    """Return which share of the stars' light the fits take in, and its error."""
    fine, row = _stars(sources, rows)
    fine &= sources.flux > _LEVEL_SNR * sources.flux_error
    if not fine.any():
        return float("nan"), float("nan")
    share, error = (v[fine] / rows["RATE"][row][fine] for v in (sources.flux, sources.flux_error))
    # A star that is blended or varies from flat to flat must not carry the mean.
    middle = np.median(share)
    near = np.abs(share - middle) < np.hypot(5.0 * error, _LEVEL_SCATTER * middle)
    weight = 1.0 / (error[near] ** 2 + (_LEVEL_SCATTER * middle / 5.0) ** 2)
    return float((weight * share[near]).sum() / weight.sum()), float(weight.sum() ** -0.5)


def _compare(
    products: Any, rows: Any, header: fits.Header, level: tuple[float, float]
) -> dict[str, Any]:
    image, sources = products.image, products.sources
    fine, row = _stars(sources, rows)
    snr = sources.flux / sources.flux_error
    # Where all bright stars are disturbed fainter ones must tell whether the places are right.
    bright = next((b for b in (fine & (snr > least) for least in (100, 30, 10)) if b.any()), fine)
    east = (sources.ra_deg - rows["RA"][row]) * np.cos(np.deg2rad(rows["DEC"][row])) * 3.6e6
    north = (sources.dec_deg - rows["DEC"][row]) * 3.6e6
    zero = np.array([np.median(v[bright]) if bright.any() else np.nan for v in (east, north)])
    near = fine & (snr > _NEAR_100[0]) & (snr < _NEAR_100[1])
    tie, place = image.photometry, image.astrometry
    true = header["ZP0"] + header["CTERM"] * tie.pivot + 2.5 * np.log10(level[0])
    error = np.hypot(tie.error, 1.0857 * level[1] / level[0])
    return {
        "tied": bool(place.tied),
        "right": bool(np.hypot(*zero) < 1e3 * _WRONG),
        "east_mas": float(zero[0]),
        "north_mas": float(zero[1]),
        "scatter_mas": [*(east[near] - zero[0]), *(north[near] - zero[1])],
        "zero_tied": bool(tie.tied),
        "zero_stars": int(tie.stars),
        "zero_mmag": float(1e3 * (tie.zero_point - true)),
        "zero_pull": float((tie.zero_point - true) / error),
    }


def _summary(found: Sequence[dict[str, Any]]) -> None:
    few = sum(f["stars"] < _LEAST_STARS for f in found)
    print(f"{few} of {len(found)} fields left out: fewer than {_LEAST_STARS} catalogue stars")
    found = [f for f in found if f["stars"] >= _LEAST_STARS]
    solved = [f for f in found if f["tied"]]
    wrong = [f["seed"] for f in solved if not f["right"]]
    unsolved = [f["seed"] for f in found if not f["tied"]]
    share = 100 * (len(solved) - len(wrong)) / len(found)
    print(f"{len(found)} fields, solved rightly {share:.1f} %")
    print(f"  called good and wrong: seeds {wrong or 'none'}; not solved: {unsolved or 'none'}")
    good = [f for f in solved if f["right"]]
    if not good:
        return
    zero = np.array([[f["east_mas"], f["north_mas"]] for f in good])
    scatter = np.concatenate([f["scatter_mas"] for f in good])
    star = 1.4826 * np.median(np.abs(scatter)) if scatter.size else float("nan")
    print(
        f"places: zero points rms {np.sqrt((zero**2).mean()):.1f} mas (median |x| "
        f"{np.median(np.abs(zero)):.1f}); a star of S/N 100 {star:.1f} mas from "
        f"{scatter.size // 2} stars"
    )
    for band in sorted({f["band"] for f in good}):
        mine = [f for f in good if f["band"] == band and f["zero_tied"] and f["zero_stars"] >= 10]
        if len(mine) < 2:
            continue
        error, pull = (np.array([f[k] for f in mine]) for k in ("zero_mmag", "zero_pull"))
        print(
            f"zero point {band}: {len(mine)} fields of 10 stars or more, mean "
            f"{error.mean():+.1f} mmag, rms {np.sqrt((error**2).mean()):.1f}, worst "
            f"{np.abs(error).max():.1f}; pull mean {pull.mean():+.2f}, width {pull.std():.2f}"
        )
    seconds = np.array([f["seconds"] for f in found])
    print(f"seconds of an image: median {np.median(seconds):.1f}, longest {seconds.max():.1f}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fields", type=int, default=200)
    parser.add_argument("--filters", default="griz", help="letters of ugrizyV")
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    seeds = range(options.first_seed, options.first_seed + options.fields)
    bands = [options.filters[k % len(options.filters)] for k in range(options.fields)]
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        _summary(list(pool.map(measure, seeds, bands)))


if __name__ == "__main__":
    main()
