"""Quality-control measures of a map."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.cube import SpectralCube
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["CUBE_QC", "measure_cube"]

POSITIONS = QcDefinition("N POSITIONS", "Exposures in the map")
FILLED = QcDefinition("FILLED FRAC", "Fraction of the map that was seen")
WIDTH = QcDefinition("MAP WIDTH", "Extent across the slit", "arcsec")
LENGTH = QcDefinition("MAP LENGTH", "Extent along the slit", "arcsec")
SNR = QcDefinition("SNR BEST", "Median signal to noise ratio of a bin at the brightest place")

CUBE_QC = (POSITIONS, FILLED, WIDTH, LENGTH, SNR)


def measure_cube(cube: SpectralCube, positions: int) -> tuple[QcValue, ...]:
    """Measure a map.

    Parameters
    ----------
    cube
        The map.
    positions
        Number of exposures in it.
    """
    known = np.isfinite(cube.data) & (cube.variance > 0)
    ratio = np.where(known, cube.data / np.sqrt(np.where(known, cube.variance, 1.0)), 0.0)
    at = np.median(ratio, axis=0)
    return (
        POSITIONS.value(positions),
        FILLED.value(float((cube.coverage > 0).mean())),
        WIDTH.value(cube.scan.step * cube.scan.size),
        LENGTH.value(cube.slit.step * cube.slit.size),
        SNR.value(float(at.max())),
    )
