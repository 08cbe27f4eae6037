"""Rectify a frame without sky: all orders on one grid of wavelength and slit position.

1. Every pixel is a tilted parallelogram in the plane of wavelength and slit position. Its light
   goes to the cells of a regular grid that it covers, in proportion: all of it arrives.
2. Cells of bad pixels take the brightness of the good ones that share them; those covered too
   little are left empty.
3. Orders are divided by their own sensitivity, if a response is given; else the flat lamp's signal
   brings them to one scale.
4. Orders that overlap are averaged with smooth inverse-variance weights that fade in at their
   ends.
5. Cells share pixels: the noise of neighbours is correlated, and by how much is told. For spectra
   of point sources use `soxs_extract`, which does not rectify.
"""

from __future__ import annotations

from dataclasses import dataclass

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.flux import FluxCalibration
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.rectified import RectifiedSpectrum
from soxs_pipeline.domain.spectra import Blaze
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.rectified import RECTIFIED_QC, measure_rectified
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.merging.straighten import StraightenOptions, straighten

__all__ = ["RECIPE", "StraightenParameters", "StraightenProducts", "soxs_straighten"]


@dataclass(frozen=True, kw_only=True)
class StraightenParameters(ParameterSet):
    """Parameters of `soxs_straighten`."""

    wave_step: float = parameter(
        0.0, "Cell along the wavelength; 0 is the median pixel.", unit="nm", ge=0, le=10
    )
    slit_step: float = parameter(
        0.0, "Cell along the slit; 0 is the median pixel.", unit="arcsec", ge=0, le=3
    )


@dataclass(frozen=True)
class StraightenProducts:
    """Products of `soxs_straighten`."""

    rectified: RectifiedSpectrum


def soxs_straighten(
    frame: Frame,
    geometry: Geometry,
    blaze: Blaze | None,
    flux: FluxCalibration | None,
    *,
    parameters: StraightenParameters,
) -> Outcome[StraightenProducts]:
    """Rectify a frame without sky.

    Parameters
    ----------
    frame
        Exposure without sky.
    geometry
        Order edges, dispersion solution and pixel map.
    blaze
        Signal of the flat lamp along the orders, or None.
    flux
        Response, extinction of the site and usual efficiency, or None.
    parameters
        The grid.

    Raises
    ------
    InputError
        If the inputs are not of one shape, or the response is of another arm.
    UnprocessableDataError
        If no order holds usable pixels.
    """
    image, remarks = straighten(
        frame,
        geometry,
        blaze,
        flux,
        StraightenOptions(parameters.wave_step, parameters.slit_step),
    )
    return Outcome(StraightenProducts(image), measure_rectified(image), remarks)


RECIPE = Recipe(soxs_straighten, StraightenParameters, StraightenProducts, RECTIFIED_QC)
