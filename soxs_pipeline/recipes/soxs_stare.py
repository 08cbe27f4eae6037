"""Take the sky off a stare exposure and find the sources on the slit.

1. The frame is detrended and divided by the flat.
2. In each order a first sky is the median along the slit. It is refined by splines in
   wavelength fitted to the unrectified pixels, slit positions that stand out left aside.
3. What is left is collapsed along the dispersion; sources are peaks of a plausible width that
   stand out of the noise, in all orders together, in one order, or in single emission lines.
4. Sky and spectra of the sources are fitted together, pixel by pixel: the sky as a spline in
   wavelength, as smooth as its own data allow, times a low polynomial along the slit; each
   source as a spectrum times the profile of a Moffat disc, from which it may depart. Shifts of
   the wavelength scale and of the line width along the slit are refined on the sky lines
   themselves, trace and width of the sources between rounds.
5. Pixels are weighted by the variance of the model. What is sharper than the optics can draw
   is a cosmic ray.
6. Of several sources the one next to the expected position is the target. Without a source
   that position is taken, and flagged so.
"""

from __future__ import annotations

from dataclasses import dataclass

from soxs_pipeline.domain.calibrations import DetectorCalibration, Geometry
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.qc.sky import SKY_QC
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.recipes._sky import (
    SkyParameters,
    about_lines,
    about_sources,
    gathered,
    sky_options,
    sky_quality,
    source_options,
)
from soxs_pipeline.reduction.exposures.frames import make_sky_frames
from soxs_pipeline.reduction.sky.subtraction import model_exposure

__all__ = ["RECIPE", "StareParameters", "StareProducts", "soxs_stare"]


@dataclass(frozen=True, kw_only=True)
class StareParameters(SkyParameters):
    """Parameters of `soxs_stare`."""


@dataclass(frozen=True)
class StareProducts:
    """Products of `soxs_stare`."""

    sky_subtracted: Frame
    sky_model: Frame
    sources: Sources


def soxs_stare(
    raw: RawFrame,
    detector: DetectorCalibration,
    master_flat: Frame | None,
    geometry: Geometry,
    *,
    parameters: StareParameters,
) -> Outcome[StareProducts]:
    """Take the sky off a stare exposure and find the sources on the slit.

    Parameters
    ----------
    raw
        The exposure.
    detector
        Bias or dark.
    master_flat
        Pixel response, or None.
    geometry
        Order edges, dispersion solution and pixel map.
    parameters
        How sky and sources are modelled.

    Raises
    ------
    InputError
        If a calibration is of another detector setup.
    ParameterError
        If the sky regions cannot be read.
    UnprocessableDataError
        If the frame holds no data, or no order lies on it.
    """
    options = sky_options(parameters)
    seen = gathered(raw, detector, master_flat, geometry, parameters)
    modelled, sources = model_exposure(
        seen.pixels,
        seen.frame.shape,
        options,
        source_options(parameters),
    )
    products = StareProducts(*make_sky_frames(seen.frame, modelled), sources)
    told = about_sources(raw.name, sources, parameters.detection_sigma)
    told += about_lines(raw.name, modelled)
    qc = [*sky_quality(modelled, sources, seen.frame, parameters), *seen.quality()]
    return Outcome(products, qc, (*seen.remarks, *told))


RECIPE = Recipe(soxs_stare, StareParameters, StareProducts, SKY_QC)
