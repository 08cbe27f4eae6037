"""Dispersion and spatial solution recipe."""

from __future__ import annotations

from dataclasses import dataclass, replace

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.lines import LineList, LineMeasurements
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.wavelength import SOLUTION_QC, WING, measure_solution
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.detector.detrend import detrend
from soxs_pipeline.reduction.wavelength.pinholeimages import core_and_wing
from soxs_pipeline.reduction.wavelength.pixelmap import make_pixel_map
from soxs_pipeline.reduction.wavelength.solution import (
    describe_gaps,
    describe_saturation,
    solve_dispersion,
)

__all__ = [
    "RECIPE",
    "SpatialSolutionParameters",
    "SpatialSolutionProducts",
    "soxs_spatial_solution",
]


@dataclass(frozen=True, kw_only=True)
class SpatialSolutionParameters(ParameterSet):
    """Parameters of `soxs_spatial_solution`."""

    reach: float = parameter(
        8.0,
        "Largest shift against the first solution along the dispersion.",
        unit="pixel",
        ge=1,
        le=50,
    )
    reach_slit: float = parameter(
        1.9,
        "Largest shift against the first solution along the slit; above half the distance of two "
        "pinholes one can be taken for its neighbour.",
        unit="pixel",
        ge=0.5,
        le=10,
    )
    detection_sigma: float = parameter(
        8.0, "Least significance of a line.", unit="sigma", ge=3, le=100
    )
    degree: int = parameter(
        5, "Highest degree in wavelength of the correction to the first solution.", ge=1, le=8
    )
    degree_slit: int = parameter(
        2, "Highest degree in slit position of the correction.", ge=1, le=4
    )
    map_margin: float = parameter(
        1.0, "How far beyond the order edges the pixel map reaches.", unit="pixel", ge=0, le=6
    )


@dataclass(frozen=True)
class SpatialSolutionProducts:
    """Products of `soxs_spatial_solution`."""

    dispersion: DispersionSolution
    pixel_map: PixelMap
    lines: LineMeasurements


def soxs_spatial_solution(
    raw: RawFrame,
    detector: DetectorCalibration,
    order_table: OrderTable,
    first_dispersion: DispersionSolution,
    arc_lines: LineList,
    spectral_format: SpectralFormat,
    *,
    parameters: SpatialSolutionParameters,
) -> Outcome[SpatialSolutionProducts]:
    """Fit wavelength and slit position over the detector, and map every pixel.

    1. Remove the detector's offset; find all spots.
    2. Shift the first solution onto them, within less than half the distance of two pinholes.
    3. Centre every line in every pinhole; neighbours are fitted in turns, so that their wings do
       not pull one another.
    4. Fit for each order a Chebyshev correction in wavelength and slit position, robustly and
       with priors. Along the dispersion all pinholes of a line share one more offset: an error
       of its wavelength moves them alike and must not bend the slit.
    5. Invert the solution by Newton's method: wavelength, slit position and order of each pixel.
    6. Fit core and wing of the pinholes' images along the slit: the blur of what is seen on the
       sky.

    Fewer than nine pinholes are enough; a remark says how many were seen.
    """
    frame, remarks = detrend(raw, detector)
    binned = spectral_format.rebinned(*frame.setup.binning)
    solution, lines, expected = solve_dispersion(
        frame,
        first_dispersion,
        binned,
        arc_lines,
        tuple(spectral_format.pinholes_arcsec),
        degrees=(parameters.degree, parameters.degree_slit),
        reach_px=(parameters.reach, parameters.reach_slit),
        detection_sigma=parameters.detection_sigma,
        half_px=(4, 2),
        moves_together=spectral_format.moves_together,
    )
    pixel_map = make_pixel_map(solution, order_table, frame.shape, margin_px=parameters.map_margin)
    core, wing = core_and_wing(frame, lines)
    widths = {order: core * width for order, width in lines.widths_along_slit_px().items()}
    pixel_map = replace(pixel_map, spot_fwhm_px=widths, spot_wing=wing)
    qc = measure_solution(
        solution, lines, expected.wavelength_nm[expected.clean], first_dispersion
    )
    gaps = describe_gaps(solution, lines, tuple(spectral_format.pinholes_arcsec))
    said = (*remarks, *describe_saturation(frame, expected), *gaps)
    qc = (*qc, WING.value(wing.share))
    return Outcome(SpatialSolutionProducts(solution, pixel_map, lines), qc, said)


RECIPE = Recipe(
    soxs_spatial_solution,
    SpatialSolutionParameters,
    SpatialSolutionProducts,
    (*SOLUTION_QC, WING),
)
