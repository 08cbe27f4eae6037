"""Sky flats of the camera: the response of every pixel through one filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.numerics.robust import robust_level
from soxs_pipeline.numerics.stack import combine_stack
from soxs_pipeline.reduction.detector.detrend import detrend_all

__all__ = ["CameraFlat", "make_camera_flat"]

Floats = NDArray[np.floating]

#: Least level of a flat in electrons, and the largest share of the range that is linear.
_FAINTEST, _BRIGHTEST = 1500.0, 0.9
#: Response below which a pixel is dead, and departure from its surroundings that makes it odd.
_DEAD, _ODD = 0.3, 0.12


@dataclass(frozen=True, eq=False)
class CameraFlat:
    """A master flat and what was learnt on the way.

    Parameters
    ----------
    flat
        Response, median one.
    used
        Number of flats combined.
    gradient
        Largest departure of a single flat's smooth shape from the mean.
    """

    flat: Frame
    used: int
    gradient: float


def make_camera_flat(
    raws: Sequence[RawFrame], detector: DetectorCalibration, clip_sigma: float
) -> tuple[CameraFlat, list[str]]:
    """Combine sky flats of one filter.

    Each flat is divided by its level and by the plane in which it departs from the others: the
    twilight sky has a gradient, and another one in every flat; what they have in common cannot be
    told from the response. Stars and hits are left out where the others do not show them.

    Parameters
    ----------
    raws
        Frames of one filter.
    detector
        Master bias.
    clip_sigma
        Rejection limit.

    Raises
    ------
    UnprocessableDataError
        If no flat is well exposed.
    """
    frames, remarks = detrend_all(raws, detector)
    levels = [robust_level(frame.data[~frame.bad]) for frame in frames]
    setup = frames[0].setup
    full = setup.saturation_adu * setup.gain_e_per_adu
    good = [_FAINTEST < level < _BRIGHTEST * full for level in levels]
    if not any(good):
        shown = ", ".join(f"{level:.0f}" for level in levels)
        raise UnprocessableDataError(
            f"no flat is well exposed: their levels are {shown} electrons",
            wanted=f"levels between {_FAINTEST:.0f} and {_BRIGHTEST * full:.0f} electrons",
            remedy="take flats of another twilight or filter",
        )
    if not all(good):
        remarks.append(f"{len(good) - sum(good)} flats too faint or too bright were left out")
    frames = [frame for frame, fine in zip(frames, good, strict=True) if fine]
    levels = [level for level, fine in zip(levels, good, strict=True) if fine]
    data, variance, bad = _normalised(frames, levels)
    gradient = 0.0
    if len(frames) > 1:
        data, variance, gradient = _one_shape(data, variance, bad)
    else:
        remarks.append("only one flat: stars on it stay in the response")
    found = None
    if len(frames) > 1:
        found = combine_stack(
            data,
            bad,
            read_noise=frames[0].setup.read_noise_e,
            gain_factor=np.array([1.0 / level for level in levels]),
            clip_sigma=clip_sigma,
        )
    response = data[0] if found is None else found.mean
    error2 = variance[0] if found is None else found.variance
    empty = bad[0] if found is None else found.count == 0
    scale = np.float32(np.median(response[~empty]))
    flat = replace(
        frames[0].with_data(
            np.where(empty, 1.0, response / scale), np.where(empty, 1.0, error2 / scale**2)
        ),
        unit="",
        quality=np.bitwise_and.reduce([frame.quality for frame in frames]),
        exposures=(),
    )
    return CameraFlat(_flagged(flat, empty), len(frames), gradient), remarks


def _normalised(
    frames: Sequence[Frame], levels: Sequence[float]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    data = np.array([f.data / np.float32(level) for f, level in zip(frames, levels, strict=True)])
    variance = np.array(
        [f.variance / np.float32(level) ** 2 for f, level in zip(frames, levels, strict=True)]
    )
    return data, variance, np.array([frame.bad for frame in frames])


def _one_shape(
    data: NDArray[np.float32], variance: NDArray[np.float32], bad: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Divide each flat by the plane in which it departs from the median of all."""
    middle = np.median(data, axis=0)
    ny, nx = middle.shape
    cell = max(min(ny, nx) // 16, 1)
    rows, columns = np.arange(ny // cell), np.arange(nx // cell)
    x, y = np.meshgrid((columns + 0.5) * cell / nx - 0.5, (rows + 0.5) * cell / ny - 0.5)
    design = np.column_stack([np.ones(x.size), x.ravel(), y.ravel()])
    full_y, full_x = np.mgrid[:ny, :nx]
    planes = []
    for image, flagged in zip(data, bad, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(flagged | (middle <= 0), np.nan, image / middle)
        cut = ratio[: rows.size * cell, : columns.size * cell]
        blocks = cut.reshape(rows.size, cell, columns.size, cell).swapaxes(1, 2)
        medians = np.nanmedian(blocks.reshape(rows.size, columns.size, -1), axis=2).ravel()
        known = np.isfinite(medians)
        terms = np.linalg.lstsq(design[known], medians[known], rcond=None)[0]
        planes.append(terms[0] + terms[1] * (full_x / nx - 0.5) + terms[2] * (full_y / ny - 0.5))
    cube = np.array(planes, dtype=np.float32)
    largest = float(np.abs(cube / cube.mean(axis=(1, 2), keepdims=True) - 1.0).max())
    return data / cube, variance / cube**2, largest


def _flagged(flat: Frame, empty: NDArray[np.bool_]) -> Frame:
    smooth = ndimage.median_filter(flat.data, size=15)
    relative = flat.data / np.where(smooth > 0, smooth, 1.0)
    flat = flat.flagged(empty, Quality.NO_DATA)
    flat = flat.flagged(relative < _DEAD, Quality.DEAD)
    odd = np.abs(relative - 1.0) > _ODD + 6.0 * np.sqrt(flat.variance)
    return flat.flagged(odd & (relative >= _DEAD), Quality.LOW_SENSITIVITY)
