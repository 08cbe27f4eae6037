"""Check the wavelength scale on the lines of an arc or of the night sky.

1. An arc is freed of its bias or dark; of an exposure of the sky the sky is put back that was
   taken off.
2. Each clean line of the list is fitted in all rows of the slit together, along the tilted
   image of the slit: place, width, strength, and one level in each row, so that a source on the
   slit does not matter. Bright neighbours bound the window.
3. The lines of an order give its shift against the solution; the orders help each other as far
   as they agree. Lines that do not fit are left out.
4. `soxs_extract` takes the shift of the sky lines off the wavelengths of the spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from soxs_pipeline.domain.calibrations import DetectorCalibration, Geometry
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.linecheck import LineCheck
from soxs_pipeline.domain.lines import LineList
from soxs_pipeline.errors import InputError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.linecheck import LINE_CHECK_QC, measure_line_check
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.detector.detrend import detrend
from soxs_pipeline.reduction.wavelength.linecheck import FEWEST_LINES, check_lines

__all__ = ["RECIPE", "LineCheckParameters", "LineCheckProducts", "soxs_line_check"]


@dataclass(frozen=True, kw_only=True)
class LineCheckParameters(ParameterSet):
    """Parameters of `soxs_line_check`."""

    search_px: float = parameter(
        3.0, "Largest shift that is looked for.", unit="pixel", ge=0.5, le=20
    )
    detection_sigma: float = parameter(
        8.0, "Least significance of a line.", unit="sigma", ge=3, le=100
    )


@dataclass(frozen=True)
class LineCheckProducts:
    """Products of `soxs_line_check`."""

    line_check: LineCheck


def soxs_line_check(
    raw: RawFrame | None,
    detector: DetectorCalibration | None,
    frame: Frame | None,
    sky_model: Frame | None,
    geometry: Geometry,
    lines: LineList,
    *,
    parameters: LineCheckParameters,
) -> Outcome[LineCheckProducts]:
    """Check the wavelength scale on the lines of an arc or of the night sky.

    Parameters
    ----------
    raw
        Arc through the slit, or None.
    detector
        Bias, or dark or lamp-off frames of the arc.
    frame, sky_model
        Exposure of the sky without its sky, and what was taken off; None for an arc.
    geometry
        The solution to be checked.
    lines
        Lines of the lamps or of the sky.
    parameters
        How lines are looked for.

    Raises
    ------
    InputError
        If there is neither an arc nor an exposure with its sky, or shapes differ.
    UnprocessableDataError
        If an arc holds no data.
    """
    seen, remarks = _light(raw, detector, frame, sky_model)
    if seen.shape != geometry.pixel_map.order.shape:
        raise InputError(
            f"the frame has shape {seen.shape}, the pixel map {geometry.pixel_map.order.shape}",
            wanted="a frame and a pixel map of one binning",
        )
    check = check_lines(
        seen,
        geometry.moved_across(seen.slit_moved_px),
        lines,
        reach_px=parameters.search_px,
        least_sigma=parameters.detection_sigma,
    )
    count, without = int(check.line_used.sum()), int((check.n_lines == 0).sum())
    if not count:
        remarks.append("no line was found: the wavelength scale is not checked")
    elif count < FEWEST_LINES:
        remarks.append(
            f"only {count} of the {FEWEST_LINES} lines that a zero point takes: spectra are left "
            "as calibrated"
        )
    elif without:
        remarks.append(
            f"{without} of {len(check.orders)} orders hold no line: the shift of the others is "
            "taken for them"
        )
    return Outcome(LineCheckProducts(check), measure_line_check(check), remarks)


def _light(
    raw: RawFrame | None,
    detector: DetectorCalibration | None,
    frame: Frame | None,
    sky_model: Frame | None,
) -> tuple[Frame, list[str]]:
    """Return the frame in which the lines shine."""
    if raw is not None:
        return detrend(raw, detector or DetectorCalibration())
    if frame is None or sky_model is None:
        raise InputError(
            "there is nothing to check",
            wanted="an arc through the slit, or an exposure with the model of its sky",
        )
    if frame.shape != sky_model.shape:
        raise InputError(
            f"the frame has shape {frame.shape}, the sky model {sky_model.shape}",
            wanted="products of one exposure",
        )
    return replace(frame, data=frame.data + sky_model.data), []


RECIPE = Recipe(soxs_line_check, LineCheckParameters, LineCheckProducts, LINE_CHECK_QC)
