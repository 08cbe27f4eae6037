"""A field of the camera through one filter, with what is known of it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from astropy.io import fits
from scipy.spatial import cKDTree

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.camera import Catalogue
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.instruments import load
from soxs_pipeline.io.catalogues import read_refcat2
from soxs_pipeline.io.raw import read_raw
from soxs_pipeline.recipes.soxs_img_mflat import ImgMflatParameters, soxs_img_mflat
from soxs_pipeline.recipes.soxs_mbias import MbiasParameters, soxs_mbias
from soxs_pipeline.simulator.camera import simulate_camera
from soxs_pipeline.simulator.starfield import make_sky

__all__ = ["MAGNITUDES", "Night", "matched", "night"]

#: Of the target in the middle of the field.
MAGNITUDES = {"u": 17.9, "g": 17.4, "r": 17.0, "i": 16.9, "z": 16.8, "y": 16.8, "V": 17.2}


@dataclass(frozen=True)
class Night:
    """Frames, calibrations, catalogue and truth."""

    objects: list[RawFrame]
    flats: list[RawFrame]
    detector: DetectorCalibration
    flat: Frame
    catalogue: Catalogue
    truth: list[fits.FITS_rec]
    zero_point: float
    colour_term: float


@cache
def night(seed=6, band="r", n_dither=1, n_known=60, seeing=0.9, elongation=1.0) -> Night:
    """Simulate a small night once for all tests that look at it."""
    with TemporaryDirectory(prefix="camera") as place:
        sky = make_sky(
            seed, n_known=n_known, n_faint=60, n_galaxies=6, target=MAGNITUDES,
            seeing_arcsec=seeing, elongation=elongation,
        )  # fmt: skip
        files = simulate_camera(
            Path(place) / "raw", seed=seed, sky=sky, filters=(band,), n_dither=n_dither, n_bias=3,
            n_flat=3, seconds=30.0,
        )  # fmt: skip
        raws = [read_raw(path, load("SOXS")) for path in files]
        paths = sorted((Path(place) / "raw_truth").glob("*.fits"))
        tables = [fits.getdata(path, 1, memmap=False) for path in paths]
        header = fits.getheader(paths[0], 1)
        catalogue = read_refcat2(sorted((Path(place) / "raw_catalogue").glob("*.rc2")))
    biases, flats, objects = raws[:3], raws[3:6], raws[6:]
    bias = soxs_mbias(biases, DetectorCalibration(), parameters=MbiasParameters())
    detector = DetectorCalibration(master_bias=bias.products.master_bias)
    flat = soxs_img_mflat(flats, detector, parameters=ImgMflatParameters()).products.master_flat
    return Night(objects, flats, detector, flat, catalogue, tables, header["ZP0"], header["CTERM"])


def matched(sources, truth):
    """Return for each source the row of the nearest true one, and its distance in pixels."""
    tree = cKDTree(np.column_stack([truth["X"], truth["Y"]]))
    distance, row = tree.query(np.column_stack([sources.x - 1, sources.y - 1]))
    return row, distance
