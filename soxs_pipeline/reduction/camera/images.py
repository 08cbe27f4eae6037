"""From raw camera frames to images in electrons without the detector's signature."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from photutils.background import Background2D, MMMBackground, SExtractorBackground

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.filters import filter_of
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import FATAL, Quality
from soxs_pipeline.errors import InputError
from soxs_pipeline.numerics.sharpness import sharp_pixels
from soxs_pipeline.reduction.detector.detrend import detrend
from soxs_pipeline.reduction.detector.prepare import require_same

__all__ = ["CleanImage", "band_of", "clean_image"]

_BANDS = {**{letter: letter for letter in "ugrizy"}, "v": "V"}
#: Words beside the letter in names of filters.
_SYSTEMS = re.compile("lsst|sdss|sloan|johnson|bessell?|cousins|prime|filter|band")
#: Side of the cells of the background, unbinned pixels.
_CELL = 64
#: Least pull of a cosmic ray and of its neighbours.
_HIT, _BESIDE = 8.0, 4.0


@dataclass(frozen=True, eq=False)
class CleanImage:
    """An image of the sky in electrons per second without background.

    Parameters
    ----------
    frame
        In electrons per second; the variance is that of sky and detector, without sources.
    sky
        Background that was taken off, shape ``(ny, nx)``.
    seconds
        Exposure time.
    """

    frame: Frame
    sky: NDArray[np.float32]
    seconds: float


def band_of(header: Header) -> str:
    """Return the photometric band of the filter, empty if it is none of the camera's.

    Names such as ``r_LSST``, ``LSST.r``, ``SDSSr``, ``r'`` or ``V_Johnson`` are understood.
    Johnson's V is told from others by its letter.
    """
    words = re.findall("[a-z]+", _SYSTEMS.sub(" ", filter_of(header).lower()))
    letters = [word for word in words if len(word) == 1]
    return _BANDS.get(letters[0], "") if letters else ""


def clean_image(
    raw: RawFrame, detector: DetectorCalibration, flat: Frame | None
) -> tuple[CleanImage, list[str]]:
    """Return a camera frame without bias, pixel response, cosmic rays and sky.

    Parameters
    ----------
    raw
        Frame in ADU.
    detector
        Master bias, master dark for its hot pixels, bad pixels.
    flat
        Master flat of the filter, or None.

    Raises
    ------
    InputError
        If the exposure time is unknown, or a calibration is of another setup.
    """
    seconds = raw.header.number("EXPTIME")
    if not seconds > 0:
        raise InputError(
            f"{raw.name}: no keyword tells a positive exposure time",
            wanted="EXPTIME in seconds",
            remedy="correct the header, or leave the frame out",
        )
    frame, remarks = detrend(raw, detector)
    if detector.master_dark is not None:
        # The dark current of a deep-cooled CCD is far below the sky's; its hot pixels are not.
        hot = detector.master_dark.quality & np.uint32(Quality.HOT | Quality.DEAD)
        frame = replace(frame, quality=frame.quality | hot)
    if flat is None:
        remarks.append("no flat of this filter: the response of the pixels stays in the image")
    else:
        require_same(raw.name, frame.setup, "the master flat", flat.setup)
        response = np.where(flat.data > 0, flat.data, np.float32(1.0))
        frame = replace(
            frame.with_data(frame.data / response, frame.variance / response**2),
            quality=frame.quality | flat.quality,
        )
    sky, noise = _background(frame)
    pull = np.where(frame.bad, 0.0, (frame.data - sky) / np.sqrt(frame.variance))
    hit = sharp_pixels(pull, seed_sigma=_HIT, grow_sigma=_BESIDE)
    frame = frame.flagged(hit, Quality.COSMIC_RAY)
    scale = np.float32(1.0 / seconds)
    variance = np.maximum(noise, 1e-3).astype(np.float32) ** 2 * scale**2
    done = replace(
        frame.with_data((frame.data - sky) * scale, variance),
        unit="electron/s",
        header=frame.header.merged({"EXPTIME": seconds}),
    )
    return CleanImage(done, (sky * scale).astype(np.float32), seconds), remarks


def _background(frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return background and its noise in a pixel; sources are clipped cell by cell."""
    cell = max(8, min(_CELL // max(frame.setup.binning), min(frame.shape) // 4))
    bad = (frame.quality & np.uint32(FATAL)) != 0
    found = Background2D(
        frame.data.astype(float),
        (cell, cell),
        mask=bad,
        filter_size=(3, 3),
        exclude_percentile=80.0,
        bkg_estimator=SExtractorBackground() if not bad.all() else MMMBackground(),
    )
    return (
        np.asarray(found.background, dtype=np.float32),
        np.asarray(found.background_rms, dtype=np.float32),
    )
