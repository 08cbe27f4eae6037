"""Assemble a map from a scan of slit positions: a cube of scan, slit and wavelength.

1. Each exposure was rectified by itself (`soxs_straighten`).
2. Its place across and along the slit is that which its header tells (``SEQ.CUMOFF``).
3. An exposure fills as much of the map as its slit is wide; what several fill is their mean.
4. Between places that no exposure saw nothing is invented: cells stay empty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from soxs_pipeline.domain.cube import SpectralCube
from soxs_pipeline.domain.rectified import RectifiedSpectrum
from soxs_pipeline.domain.slit import slit_width_arcsec
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.cube import CUBE_QC, measure_cube
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.exposures.mapping import assemble

__all__ = ["RECIPE", "MapParameters", "MapProducts", "soxs_map"]


@dataclass(frozen=True, kw_only=True)
class MapParameters(ParameterSet):
    """Parameters of `soxs_map`."""

    slit_width: float = parameter(
        0.0, "Width of the slit; 0 takes that of the header.", unit="arcsec", ge=0, le=10
    )
    scan_step: float = parameter(
        0.0,
        "Cell across the slit; 0 is the slit's width, or the step of the scan where that is less.",
        unit="arcsec",
        ge=0,
        le=10,
    )


@dataclass(frozen=True)
class MapProducts:
    """Products of `soxs_map`."""

    cube: SpectralCube


def soxs_map(
    images: Sequence[RectifiedSpectrum], *, parameters: MapParameters
) -> Outcome[MapProducts]:
    """Assemble a map from rectified spectra of a scan.

    Parameters
    ----------
    images
        Rectified spectra, one for each slit position; all of one arm.
    parameters
        The grid across the slit.

    Raises
    ------
    InputError
        If the images do not belong together, or a header does not tell its place.
    """
    width, remarks = parameters.slit_width, []
    if not width and images:
        width = slit_width_arcsec(images[0].header)
        if not math.isfinite(width):
            width, remarks = 1.0, ["no header tells the width of the slit; 1.0 arcsec assumed"]
    cube = assemble(images, slit_width_arcsec=width, scan_step_arcsec=parameters.scan_step)
    if len(images) == 1:
        remarks.append("one exposure makes no map: a single column was filled")
    return Outcome(MapProducts(cube), measure_cube(cube, len(images)), remarks)


RECIPE = Recipe(soxs_map, MapParameters, MapProducts, CUBE_QC)
