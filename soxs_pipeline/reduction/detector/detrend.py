"""Take the detector's offset out of a raw frame and give it its errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.numerics.robust import robust_level
from soxs_pipeline.reduction.detector.badpixels import flag_offset_outliers
from soxs_pipeline.reduction.detector.combine import combine_frames, measured_read_noise
from soxs_pipeline.reduction.detector.masters import pattern_of
from soxs_pipeline.reduction.detector.prepare import (
    PRESCAN_LEVEL,
    PRESCAN_NOISE,
    require_one_setup,
    require_same,
    to_electrons,
)

__all__ = ["detrend", "detrend_all", "equal_exposure"]

#: Exposure times that differ by less count as equal.
EXPOSURE_TOLERANCE = 0.01
#: Largest change of level, as a fraction of the bias level, that a prescan is believed.
LARGEST_SHIFT = 0.5
#: Change of level in electrons that is worth a remark.
NOTABLE_SHIFT = 5.0
#: Dark current, in read noises, that is scaled to a longer exposure.
EVIDENT_SIGMA = 2.5
#: Dark signal, in its own errors, from which a pixel's noise is that of its own dark.
CERTAIN_SIGMA = 4.0
#: One row in this many is enough for the level of a dark.
_ROWS_FOR_LEVEL = 4
#: Rejection limit when lamp-off frames are averaged.
CLIP_SIGMA = 6.0
#: Excess of a pixel over its surroundings, in read noises, that makes it hot.
HOT_SIGMA = 5.0


def detrend(raw: RawFrame, detector: DetectorCalibration) -> tuple[Frame, list[str]]:
    """Return a frame in electrons without bias or dark, with variance and flags.

    The variance is that of the *data*: read noise, Poisson noise of the signal as observed,
    and the variance of what was subtracted. A fit must rebuild it from its own model with
    `soxs_pipeline.numerics.noise.poisson_variance`.

    Parameters
    ----------
    raw
        Frame in ADU.
    detector
        What is known of the detector; the setup of the raw frame says what is subtracted.

    Returns
    -------
    tuple
        The frame and remarks on anything assumed. The read noise of the frame's setup is the
        measured one if there is one.

    Raises
    ------
    InputError
        If a calibration is of another detector setup, or the bias cannot be known.
    UnprocessableDataError
        If the frame holds no data.
    """
    frame = to_electrons(raw, detector.known_bad)
    if raw.setup.offset_method == "bias":
        return _without_bias(raw.name, frame, detector)
    return _without_dark(raw.name, frame, detector)


def detrend_all(
    raws: Sequence[RawFrame], detector: DetectorCalibration
) -> tuple[list[Frame], list[str]]:
    """Return several frames of one setup without bias or dark; lamp-off frames combined once.

    Frames that hold no data are left out with a remark.

    Parameters
    ----------
    raws
        Frames in ADU.
    detector
        What is known of the detector.

    Raises
    ------
    InputError
        If the frames are not of one setup, or as `detrend`.
    UnprocessableDataError
        If no frame holds data.
    """
    require_one_setup(raws)
    usable, remarks = [], []
    for raw in raws:
        try:
            usable.append((raw.name, to_electrons(raw, detector.known_bad)))
        except UnprocessableDataError as error:
            if len(raws) == 1:
                raise
            remarks.append(f"left out: {error.what}")
    if not usable:
        raise UnprocessableDataError(
            "none of the raw frames holds data: " + "; ".join(remarks),
            wanted="at least one good frame",
        )
    if raws[0].setup.offset_method == "dark":
        detector, more = _with_lamp_off_combined(*usable[0], detector)
        remarks += more
    frames, said = [], set()
    for name, frame in usable:
        bias = frame.setup.offset_method == "bias"
        done, more = (_without_bias if bias else _without_dark)(name, frame, detector)
        frames.append(done)
        # What holds of every frame is said of the first.
        remarks += [remark for remark in more if remark.removeprefix(name) not in said]
        said |= {remark.removeprefix(name) for remark in more}
    return frames, remarks


def _with_lamp_off_combined(
    name: str, frame: Frame, detector: DetectorCalibration
) -> tuple[DetectorCalibration, list[str]]:
    exposure = frame.exposure_s
    equal = [raw for raw in detector.lamp_off if equal_exposure(exposure, _exposure(raw))]
    chosen = equal or ([] if detector.master_dark is not None else detector.lamp_off)
    if not chosen:
        return detector, []
    off, remarks = _mean_lamp_off(name, frame, chosen, detector)
    return replace(detector, master_dark=off, lamp_off=()), remarks


def equal_exposure(first_s: float, second_s: float) -> bool:
    """Return True if two exposure times agree within a per cent, or one is unknown."""
    if not (np.isfinite(first_s) and np.isfinite(second_s)):
        return True
    return abs(first_s - second_s) <= EXPOSURE_TOLERANCE * max(abs(first_s), abs(second_s), 1e-3)


def _without_bias(
    name: str, frame: Frame, detector: DetectorCalibration
) -> tuple[Frame, list[str]]:
    master = detector.master_bias
    if master is None:
        level = frame.header.number(PRESCAN_LEVEL)
        if not np.isfinite(level):
            raise InputError(
                f"{name}: no master bias is given and the frame has no usable prescan",
                wanted="a master bias of the same readout mode and binning",
                remedy="reduce bias frames with soxs_mbias and add the product to the inputs",
            )
        remark = f"{name}: no master bias; the level of the prescan, {level:.1f} e-, was taken off"
        noise = frame.header.number(PRESCAN_NOISE)
        if np.isfinite(noise):
            frame = replace(frame, setup=frame.setup.with_read_noise(noise))
            remark += f", and its scatter, {noise:.2f} e-, for the read noise"
        flat = replace(frame, data=np.full_like(frame.data, level))
        return _subtracted(frame, flat, variance=0.0), [remark]
    require_same(name, frame.setup, _title(master, "the master bias"), master.setup)
    shift, remarks = _level_shift(name, frame, master)
    moved = master.with_data(master.data + np.float32(shift), master.variance)
    return _subtracted(_with_noise_of(frame, master), moved), remarks


def _level_shift(name: str, frame: Frame, master: Frame) -> tuple[float, list[str]]:
    """Return how much the bias level rose since the master bias, by the prescans of both."""
    now, then = frame.header.number(PRESCAN_LEVEL), master.header.number(PRESCAN_LEVEL)
    shift = now - then
    if not np.isfinite(shift):
        return 0.0, []
    if abs(shift) > LARGEST_SHIFT * max(abs(then), 1.0):
        remark = (
            f"{name}: the prescan level {now:.1f} e- is too far from that of the master bias, "
            f"{then:.1f} e-, to be believed; no shift was applied"
        )
        return 0.0, [remark]
    if abs(shift) > NOTABLE_SHIFT:
        return shift, [
            f"{name}: the bias level moved by {shift:+.1f} e-; corrected by the prescan"
        ]
    return shift, []


def _without_dark(
    name: str, frame: Frame, detector: DetectorCalibration
) -> tuple[Frame, list[str]]:
    exposure = frame.exposure_s
    lamp_off = [raw for raw in detector.lamp_off if equal_exposure(exposure, _exposure(raw))]
    if lamp_off:
        off, remarks = _mean_lamp_off(name, frame, lamp_off, detector)
        return _subtracted(_with_noise_of(frame, off), off), remarks
    master = detector.master_dark
    if master is not None:
        require_same(name, frame.setup, _title(master, "the master dark"), master.setup)
        dark, remarks = _scaled_to(master, exposure, f"{name}: the master dark")
        return _subtracted(_with_noise_of(frame, master), dark), remarks
    if detector.lamp_off:
        off, remarks = _mean_lamp_off(name, frame, detector.lamp_off, detector)
        scaled, more = _scaled_to(off, exposure, f"{name}: the lamp-off frame")
        return _subtracted(_with_noise_of(frame, off), scaled), [*remarks, *more]
    remark = f"{name}: neither a dark nor a lamp-off frame is given; no dark was subtracted"
    nothing = replace(frame, data=np.zeros_like(frame.data))
    return _subtracted(frame, nothing, variance=0.0), [remark]


def _exposure(raw: RawFrame) -> float:
    return raw.header.number("EXPTIME")


def _mean_lamp_off(
    name: str, frame: Frame, raws: Sequence[RawFrame], detector: DetectorCalibration
) -> tuple[Frame, list[str]]:
    for raw in raws:
        require_same(name, frame.setup, raw.name, raw.setup)
    frames = [to_electrons(raw, detector.known_bad) for raw in raws]
    master = detector.master_dark
    noise = master.setup if master is not None else None
    if noise is not None and noise.read_noise_source == "measured":
        setup = frames[0].setup.with_read_noise(noise.read_noise_e)
    else:
        measured = measured_read_noise(frames, photons=True)
        setup = frames[0].setup
        setup = setup if measured is None else setup.with_read_noise(measured)
    frames[0] = replace(frames[0], setup=setup)
    mean = combine_frames(frames, clip_sigma=CLIP_SIGMA).frame
    # Subtracting one frame as it is would double the variance of every pixel.
    off, pattern = pattern_of(mean)
    return flag_offset_outliers(off, pattern.residual, HOT_SIGMA * setup.read_noise_e), []


def _scaled_to(dark: Frame, exposure_s: float, what: str) -> tuple[Frame, list[str]]:
    """Bring a dark to another exposure time.

    Towards shorter times all of it scales. Towards longer ones only pixels of evident dark
    current do: in the others the error of the dark would grow with the factor and soon be
    more than the read noise of the frame, while their dark current stays a fraction of it.
    """
    if equal_exposure(exposure_s, dark.exposure_s):
        return dark, []
    if dark.exposure_s <= 0.0 or exposure_s < 0.0:
        return dark, [f"{what} has no valid exposure time; it was not scaled"]
    ratio = exposure_s / dark.exposure_s
    scaling = np.full(dark.shape, np.float32(ratio))
    if ratio > 1.0:
        level = robust_level(dark.data[~dark.bad])
        evident = dark.data - level > EVIDENT_SIGMA * dark.setup.read_noise_e
        scaling = np.where(evident, scaling, np.float32(1.0))
    remark = f"{what} of {dark.exposure_s:g} s was scaled by {ratio:.4g} to {exposure_s:g} s"
    return dark.with_data(dark.data * scaling, dark.variance * scaling**2), [remark]


def _with_noise_of(frame: Frame, calibration: Frame) -> Frame:
    """Give the frame the read noise measured when the calibration was made."""
    if calibration.setup.read_noise_source != "measured":
        return frame
    return replace(frame, setup=frame.setup.with_read_noise(calibration.setup.read_noise_e))


def _subtracted(frame: Frame, offset: Frame, variance: float | None = None) -> Frame:
    data = frame.data - offset.data
    # What was unreadable stays at zero; its flag says so.
    data = np.where(frame.bad & (frame.data == 0.0), np.float32(0.0), data)
    extra = offset.variance if variance is None else np.float32(variance)
    read_noise2 = np.float32(frame.setup.read_noise_e**2)
    total = read_noise2 + np.maximum(data, np.float32(0.0)) + extra
    if frame.setup.offset_method == "dark":
        # Dark current is light as far as its noise goes; a bias level is not.
        total = total + _expected_dark(offset)
    return replace(frame, data=data, variance=total, quality=frame.quality | offset.quality)


def _expected_dark(dark: Frame) -> NDArray[np.float32]:
    """Return the dark signal as far as it is more than noise.

    The noise of the dark stands in the data too, with the other sign. Were it in their variance,
    pixels that came out low would weigh otherwise than those that came out high, and every
    weighted mean would be off by a good part of an electron where there is little light.
    """
    # A part of the rows tells the level to a small fraction of its error.
    rows = slice(None, None, _ROWS_FOR_LEVEL)
    good = ~dark.bad[rows]
    level = robust_level(dark.data[rows][good]) if good.any() else 0.0
    evident = dark.data - level > CERTAIN_SIGMA * np.sqrt(dark.variance)
    return np.maximum(np.where(evident, dark.data, level), 0.0).astype(np.float32)


def _title(frame: Frame, what: str) -> str:
    name = frame.header.text("ARCFILE") or frame.header.text("ORIGFILE")
    return f"{what} ({name})" if name else what
