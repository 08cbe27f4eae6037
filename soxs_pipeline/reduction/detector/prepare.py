"""From the raw readout in ADU to a trimmed, oriented frame in electrons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.detector import DetectorSetup
from soxs_pipeline.domain.exposure import exposure_of
from soxs_pipeline.domain.frame import BadPixelMap, Frame, RawFrame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.reduction.detector.levels import (
    prescan_level,
    reference_drift,
    reference_offsets,
)

__all__ = ["PRESCAN_LEVEL", "PRESCAN_NOISE", "require_one_setup", "require_same", "to_electrons"]

#: Cards that carry the level and scatter of the prescan, in electrons, from frame to frame:
#: not among ESO PRO, whose cards are not handed on.
PRESCAN_LEVEL = "ESO DRS PRESCAN LEVEL"
PRESCAN_NOISE = "ESO DRS PRESCAN RON"

#: Fractions of a frame beyond which nothing can be done with it.
MOST_SATURATED = 0.5
MOST_NOT_FINITE = 0.5


def to_electrons(raw: RawFrame, bad_pixels: BadPixelMap | None) -> Frame:
    """Return a raw frame trimmed, oriented, in electrons, with variance and flags.

    Offsets of the readout channels are removed if the detector has reference pixels that look
    alive. Of the prescan the slow drift during readout is removed; its level is *not* but is
    noted in the header (`PRESCAN_LEVEL`), so that a master bias keeps its level.

    Parameters
    ----------
    raw
        Frame in ADU.
    bad_pixels
        Flags known beforehand, or None.

    Returns
    -------
    Frame
        In electrons; the variance is that of the read noise alone.

    Raises
    ------
    InputError
        If the windows of the setup do not fit the frame, or the flags are of another shape.
    UnprocessableDataError
        If the frame holds no data: not finite, constant or saturated.
    """
    setup = raw.setup
    adu = _science_pixels(raw)
    finite = np.isfinite(adu)
    saturated = finite & (adu >= setup.saturation_adu)
    _require_data(raw.name, adu, finite, saturated)

    quality = np.zeros(adu.shape, dtype=np.uint32)
    quality[~finite] |= np.uint32(Quality.NOT_FINITE)
    quality[_bled(saturated, setup)] |= np.uint32(Quality.SATURATED)

    offsets = reference_offsets(raw)
    if offsets is not None:
        adu = adu - offsets[slice(*setup.science.columns)]
        drift = reference_drift(raw, offsets)
        if drift is not None:
            adu -= drift[slice(*setup.science.rows), None].astype(np.float32)
    level = prescan_level(raw)
    header = raw.header
    electrons = adu * np.float32(setup.gain_e_per_adu)
    if level is not None:
        header = header.merged({PRESCAN_LEVEL: level.level, PRESCAN_NOISE: level.scatter})
        if setup.prescan is not None and setup.prescan.rows == setup.science.rows:
            electrons -= level.drift[:, None]
    data = np.where(finite, electrons, np.float32(0.0))
    frame = Frame(
        data=_oriented(data, setup),
        variance=np.broadcast_to(np.float32(setup.read_noise_e**2), setup.shape),
        quality=_oriented(quality, setup),
        unit="electron",
        header=header,
        setup=setup,
        exposures=(exposure_of(raw.header, raw.name, setup.arm),),
    )
    return frame if bad_pixels is None else _with_known_flags(raw.name, frame, bad_pixels)


def _science_pixels(raw: RawFrame) -> NDArray[np.float32]:
    rows, columns = raw.setup.science.rows, raw.setup.science.columns
    if raw.data.ndim != 2 or rows[1] > raw.data.shape[0] or columns[1] > raw.data.shape[1]:
        raise InputError(
            f"{raw.name}: the image has shape {raw.data.shape}",
            wanted=f"at least {rows[1]} rows and {columns[1]} columns for "
            f"{raw.setup.arm} with binning {raw.setup.binning}",
            remedy="check that the file is a full raw frame of this arm and binning",
        )
    return np.asarray(raw.data[slice(*rows), slice(*columns)], dtype=np.float32)


def _require_data(
    name: str,
    adu: NDArray[np.float32],
    finite: NDArray[np.bool_],
    saturated: NDArray[np.bool_],
) -> None:
    fraction_finite, fraction_saturated = float(finite.mean()), float(saturated.mean())
    what = ""
    if 1.0 - fraction_finite > MOST_NOT_FINITE:
        what = f"{100 * (1 - fraction_finite):.0f} % of the pixels are not finite numbers"
    elif fraction_saturated > MOST_SATURATED:
        what = f"{100 * fraction_saturated:.0f} % of the pixels are saturated"
    else:
        sample = adu.ravel()[::7]
        low, high = np.percentile(sample[np.isfinite(sample)], [0.5, 99.5])
        if low == high:
            what = f"the frame is constant at {low:g} ADU"
    if what:
        raise UnprocessableDataError(
            f"{name}: {what}",
            wanted="an exposed, read-out frame",
            remedy="leave this frame out",
        )


def _bled(saturated: NDArray[np.bool_], setup: DetectorSetup) -> NDArray[np.bool_]:
    """Add the neighbours into which a saturated pixel of a CCD spills, along its columns."""
    if setup.offset_method != "bias" or not saturated.any():
        return saturated
    grown = saturated.copy()
    grown[1:] |= saturated[:-1]
    grown[:-1] |= saturated[1:]
    return grown


def _oriented(image: NDArray, setup: DetectorSetup) -> NDArray:
    return np.ascontiguousarray(image.T) if setup.transposed else np.ascontiguousarray(image)


def _with_known_flags(name: str, frame: Frame, bad_pixels: BadPixelMap) -> Frame:
    if bad_pixels.quality.shape != frame.shape:
        raise InputError(
            f"{name} has shape {frame.shape}, the bad-pixel map {bad_pixels.quality.shape}",
            wanted="a bad-pixel map of the same arm and binning",
        )
    return bad_pixels.applied_to(frame)


def require_same(name: str, setup: DetectorSetup, other_name: str, other: DetectorSetup) -> None:
    """Raise an error unless two frames are of one detector, binning and readout mode.

    A readout mode that one of the two does not tell is not compared.

    Raises
    ------
    InputError
        Naming both frames and what differs.
    """
    pairs = {
        "arm": (setup.arm, other.arm),
        "binning": (setup.binning, other.binning),
        "shape": (setup.shape, other.shape),
    }
    if setup.read_mode and other.read_mode:
        pairs["readout mode"] = (setup.read_mode, other.read_mode)
    for what, (one, two) in pairs.items():
        if one != two:
            raise InputError(
                f"{name} and {other_name} differ in {what}: {one} and {two}",
                wanted=f"frames of one {what}",
                remedy="take the other frame out of the inputs, or give one that matches",
            )


def require_one_setup(raws: Sequence[RawFrame]) -> None:
    """Raise an error unless all raw frames are of one detector, binning and readout mode.

    Raises
    ------
    InputError
        If there is no frame, or two frames differ.
    """
    if not raws:
        raise InputError("there is no raw frame", wanted="at least one")
    for raw in raws[1:]:
        require_same(raws[0].name, raws[0].setup, raw.name, raw.setup)
