"""First dispersion solution recipe."""

from __future__ import annotations

from dataclasses import dataclass

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.lines import LineList, LineMeasurements
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.wavelength import SOLUTION_QC, measure_solution
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.detector.detrend import detrend
from soxs_pipeline.reduction.wavelength.solution import (
    describe_gaps,
    describe_saturation,
    solve_dispersion,
)

__all__ = ["RECIPE", "DispSolutionParameters", "DispSolutionProducts", "soxs_disp_solution"]


@dataclass(frozen=True, kw_only=True)
class DispSolutionParameters(ParameterSet):
    """Parameters of `soxs_disp_solution`."""

    reach: float = parameter(
        40.0, "Largest shift of the format along the dispersion.", unit="pixel", ge=1, le=200
    )
    reach_slit: float = parameter(
        15.0, "Largest shift of the format along the slit.", unit="pixel", ge=1, le=60
    )
    detection_sigma: float = parameter(
        8.0, "Least significance of a line.", unit="sigma", ge=3, le=100
    )
    degree: int = parameter(
        5, "Highest degree in wavelength of the correction to the predicted format.", ge=1, le=8
    )


@dataclass(frozen=True)
class DispSolutionProducts:
    """Products of `soxs_disp_solution`."""

    dispersion: DispersionSolution
    lines: LineMeasurements


def soxs_disp_solution(
    raw: RawFrame,
    detector: DetectorCalibration,
    arc_lines: LineList,
    spectral_format: SpectralFormat,
    *,
    parameters: DispSolutionParameters,
) -> Outcome[DispSolutionProducts]:
    """Find where the arc lines fall at mid-slit: the first dispersion solution.

    1. Remove the detector's offset; find all spots brighter than ``detection-sigma``.
    2. Find the flexure that brings the predicted format onto the spots by voting: one shift,
       rotation and scale where all orders move together, one shift per order where not.
    3. Centre the lines of the list with a pixel-integrated Gaussian; what fainter neighbours pull
       is predicted from the list, taken off, and its uncertainty joins the line's error.
    4. Fit for each order a Chebyshev correction to the predicted format, robustly and with
       priors: many lines free high terms, few lines leave the predicted shape in place.
    5. Predict, centre and fit again, three times in all.
    """
    frame, remarks = detrend(raw, detector)
    binned = spectral_format.rebinned(*frame.setup.binning)
    solution, lines, expected = solve_dispersion(
        frame,
        binned.solution,
        binned,
        arc_lines,
        (0.0,),
        degrees=(parameters.degree, 0),
        reach_px=(parameters.reach, parameters.reach_slit),
        detection_sigma=parameters.detection_sigma,
        half_px=(4, 4),
        moves_together=spectral_format.moves_together,
    )
    qc = measure_solution(solution, lines, expected.wavelength_nm[expected.clean], binned.solution)
    said = (*describe_saturation(frame, expected), *describe_gaps(solution, lines))
    return Outcome(DispSolutionProducts(solution, lines), qc, (*remarks, *said))


RECIPE = Recipe(soxs_disp_solution, DispSolutionParameters, DispSolutionProducts, SOLUTION_QC)
