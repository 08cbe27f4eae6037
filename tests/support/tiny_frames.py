"""Small raw files on disk: binned bias frames are the smallest the instrument makes."""

from pathlib import Path

import numpy as np
from astropy.io import fits

__all__ = ["write_bias", "write_biases"]

#: Rows and columns of the raw image binned by two.
SHAPE = (2048, 429)


def write_bias(path: Path, number: int = 0, **cards: object) -> Path:
    """Write one bias; ``cards`` replace keywords, None removes one (``dpr_type=None``)."""
    rng = np.random.default_rng(number)
    level = 1000.0 + rng.normal(0.0, 3.0, SHAPE)
    unit = fits.PrimaryHDU(np.round(level).astype(np.uint16))
    header = {
        "INSTRUME": "SOXS",
        "MJD-OBS": 60918.1 + number * 1e-3,
        "DATE-OBS": f"2025-08-31T02:2{number % 10}:00.000",
        "EXPTIME": 0.0,
        "OBJECT": "BIAS",
        "ESO SEQ ARM": "VIS",
        "ESO DPR CATG": "CALIB",
        "ESO DPR TYPE": "BIAS",
        "ESO DPR TECH": "IMAGE",
        "ESO DET BINX": 2,
        "ESO DET BINY": 2,
        "ESO DET READ CURID": 1,
        "ESO TPL START": "2025-08-31T02:20:00",
    }
    header |= {"ESO " + key.upper().replace("_", " "): value for key, value in cards.items()}
    for key, value in header.items():
        if value is not None:
            unit.header[key if len(key) <= 8 else f"HIERARCH {key}"] = value
    unit.writeto(path)
    return path


def write_biases(folder: Path, number: int = 3) -> list[Path]:
    """Write a set of biases of one template."""
    folder.mkdir(parents=True, exist_ok=True)
    return [write_bias(folder / f"SOXS.{i}.fits", i) for i in range(number)]
