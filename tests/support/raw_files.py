"""Small raw frames on disk, and small facts of an instrument to read them with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.detector import Window
from soxs_pipeline.instruments import load
from soxs_pipeline.instruments.schema import Instrument

__all__ = ["BIAS_CARDS", "make_hdu", "small_instrument", "write_raw"]

BIAS_CARDS = {
    "INSTRUME": "SOXS",
    "MJD-OBS": 60900.0,
    "EXPTIME": 0.0,
    "ESO SEQ ARM": "VIS",
    "ESO DPR CATG": "CALIB",
    "ESO DPR TYPE": "BIAS",
    "ESO DPR TECH": "IMAGE",
    "ESO DET OUT1 GAIN": 0.909,
    "ESO DET OUT1 CONAD": 1.1,
    "ESO DET CHIP RON": 3.3,
    "ESO DET BINX": 1,
    "ESO DET BINY": 1,
    "ESO DET READ CURID": 1,
}


def small_instrument() -> Instrument:
    """Return SOXS with a VIS detector of 12 rows, 3 columns of prescan and 6 of light."""
    instrument = load("SOXS")
    arm = replace(
        instrument.arms["VIS"],
        raw_shape=(12, 9),
        science=Window((0, 12), (3, 9)),
        prescan=Window((0, 12), (0, 3)),
    )
    return replace(instrument, arms={**instrument.arms, "VIS": arm})


def make_hdu(data, cards=BIAS_CARDS, *, without=()):
    """Return a primary unit with an image and cards."""
    unit = fits.PrimaryHDU(data)
    for key, value in cards.items():
        if key not in without:
            unit.header[key if len(key) <= 8 else f"HIERARCH {key}"] = value
    return unit


def write_raw(path: Path, data=None, cards=BIAS_CARDS, *, without=()) -> np.ndarray:
    """Write a raw frame, by default 16-bit unsigned noise of the small detector."""
    if data is None:
        rng = np.random.default_rng(1)
        data = rng.integers(0, 65536, (12, 9), dtype=np.uint16)
    make_hdu(data, cards, without=without).writeto(path)
    return data
