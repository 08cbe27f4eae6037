"""From expected electrons to a raw frame in ADU, and the detector's flaws.

Detector arrays here are in the detector's own orientation, trimmed: VIS 4096 rows by 808
columns, NIR 2040 by 2040.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

__all__ = ["Detector", "ReadMode", "cosmic_rays", "make_detector", "read_modes"]

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

PRESCAN_COLUMNS = 50
BORDER = 4
CHANNELS = 32


@dataclass(frozen=True)
class ReadMode:
    """One way to read a detector.

    Parameters
    ----------
    number, name
        ``DET READ CURID`` and ``CURNAME``.
    gain
        Electrons per ADU.
    read_noise
        Electrons.
    """

    number: int
    name: str
    gain: float
    read_noise: float


_MODES = {
    "VIS": {
        "SHG": ReadMode(1, "Slow High Gain", 1.1, 3.3),
        "FLG": ReadMode(2, "Fast Low Gain", 2.0, 7.5),
        "SLG": ReadMode(3, "Slow Low Gain", 2.0, 4.2),
        "FHG": ReadMode(4, "Fast High Gain", 1.1, 6.5),
    },
    "NIR": {
        "FOWLER": ReadMode(3, "Slow Up The Ramp", 2.3, 7.3),
        "CDS": ReadMode(1, "Double Correlated", 2.3, 16.0),
    },
}


def read_modes(arm: str) -> dict[str, ReadMode]:
    """Read modes of an arm by short name."""
    return dict(_MODES[arm])


#: Electrons at which the bend of a response is given.
FULL_WELL = 100000.0


@dataclass(frozen=True)
class Detector:
    """One detector with its flaws.

    Parameters
    ----------
    arm
        ``VIS`` or ``NIR``.
    mode
        How it is read.
    response
        Relative response of each pixel, dead pixels and bad columns included.
    dark
        Dark current, electrons/s.
    hot, dead
        Masks of hot and of dead (or bad-column) pixels.
    offset
        Fixed pattern of the bias in electrons, over the raw width: ``(rows, columns)``.
    bend
        Fraction by which the response has changed at ``FULL_WELL``.
    odd
        The same of single pixels, on top of it; None for none.
    """

    arm: str
    mode: ReadMode
    response: Image
    dark: Image
    hot: Mask
    dead: Mask
    offset: Image
    bend: float = 0.0
    odd: Image | None = None

    def expose(
        self,
        light: Image | None,
        seconds: float,
        rng: np.random.Generator,
        *,
        binning: tuple[int, int] = (1, 1),
        cosmics: Image | None = None,
    ) -> Image:
        """Collect and read: return the raw frame in ADU.

        Parameters
        ----------
        light
            Expected electrons in each pixel, before the pixels' response; None for none.
        seconds
            Exposure time.
        rng
            Source of chance.
        binning
            Columns and rows summed on the chip (VIS only).
        cosmics
            Electrons of cosmic rays.
        """
        expected = self.dark * np.float32(seconds)
        if light is not None:
            expected = expected + np.clip(light, 0, None) * self.response
        charge = rng.poisson(expected).astype(np.float32) if expected.any() else expected
        if cosmics is not None:
            charge = charge + cosmics
        charge = self._responding(charge)
        charge = _bin(charge, binning)
        return (
            self._read_ccd(charge, rng, binning)
            if self.arm == "VIS"
            else self._read_h2rg(charge, rng)
        )

    def _responding(self, charge: Image) -> Image:
        """Return what is read of a charge: less, or more, than in proportion."""
        if not self.bend and self.odd is None:
            return charge
        share = np.float32(self.bend) if self.odd is None else self.odd + np.float32(self.bend)
        return np.asarray(charge * (1.0 + share * charge / FULL_WELL), np.float32)

    def with_odd_pixels(self, seed: int, *, share: float = 0.01, bend: float = -0.03) -> Detector:
        """Return the detector with a bent response and a share of pixels that have their own."""
        rng = np.random.default_rng([seed, 97])
        odd = np.zeros(self.response.shape, np.float32)
        chosen = rng.random(odd.shape) < share
        number = int(chosen.sum())
        odd[chosen] = rng.choice([-1.0, 1.0], number) * rng.uniform(0.06, 0.2, number)
        return replace(self, bend=bend, odd=odd)

    def _read_ccd(
        self, charge: Image, rng: np.random.Generator, binning: tuple[int, int]
    ) -> Image:
        rows, columns = charge.shape
        prescan = PRESCAN_COLUMNS // binning[0]
        raw = np.zeros((rows, columns + prescan), dtype=np.float32)
        raw[:, prescan:] = charge
        raw += self.offset[:: binning[1], :: binning[0]][:rows, : columns + prescan]
        drift = rng.normal(0.0, 1.5)
        slow = np.asarray(gaussian_filter(rng.normal(0.0, 1.0, rows), 120, mode="nearest"))
        wander = np.asarray(drift + 0.4 * slow / max(float(slow.std()), 1e-9))
        raw += wander.astype(np.float32)[:, None]
        raw += np.float32(self.mode.read_noise) * rng.standard_normal(raw.shape, dtype=np.float32)
        return np.clip(np.rint(raw / self.mode.gain), 0, 65535).astype(np.float32)

    def _read_h2rg(self, charge: Image, rng: np.random.Generator) -> Image:
        raw = np.pad(charge, BORDER)
        channels = rng.normal(0.0, 2.5, CHANNELS) + rng.normal(0.0, 1.0)
        raw += np.repeat(channels, raw.shape[1] // CHANNELS).astype(np.float32)
        raw += self.offset
        raw += np.float32(self.mode.read_noise) * rng.standard_normal(raw.shape, dtype=np.float32)
        return np.minimum(raw / np.float32(self.mode.gain), np.float32(65535.0))


def _bin(image: Image, binning: tuple[int, int]) -> Image:
    bx, by = binning
    if bx == by == 1:
        return image
    rows, columns = image.shape
    return image.reshape(rows // by, by, columns // bx, bx).sum(axis=(1, 3))


def make_detector(
    arm: str, seed: int, *, mode: str = "", shape: tuple[int, int] | None = None
) -> Detector:
    """Make a detector; the same seed gives the same flaws.

    Parameters
    ----------
    arm
        ``VIS`` or ``NIR``.
    seed
        Of the flaws.
    mode
        Short name of the read mode; the usual one by default.
    shape
        Trimmed shape; the real one by default.
    """
    rng = np.random.default_rng([seed, 71, len(arm), ord(arm[0])])
    rows, columns = shape or {"VIS": (4096, 808), "NIR": (2040, 2040)}[arm]
    modes = read_modes(arm)
    chosen = modes[mode] if mode else modes[next(iter(modes))]
    response = 1 + np.float32(0.01) * rng.standard_normal((rows, columns), dtype=np.float32)
    slow = gaussian_filter(rng.normal(size=(rows // 8, columns // 8)), 8, mode="nearest")
    slow = np.kron(slow / slow.std() * 0.003, np.ones((8, 8)))
    response *= 1.0 + _pad_to(slow, (rows, columns)).astype(np.float32)
    dead = rng.random((rows, columns)) < 0.001
    response[dead] = rng.uniform(0.0, 0.25, int(dead.sum())).astype(np.float32)
    if arm == "VIS":
        column, start = int(rng.integers(20, columns - 20)), int(rng.integers(500, rows - 800))
        response[start:, column] *= 0.3
        dead[start:, column] = True
    hot = rng.random((rows, columns)) < {"VIS": 0.0003, "NIR": 0.003}[arm]
    dark = np.full((rows, columns), {"VIS": 1e-5, "NIR": 0.004}[arm], dtype=np.float32)
    strength = {"VIS": 0.2, "NIR": 4.0}[arm]
    n_hot = int(hot.sum())
    dark[hot] = (0.25 * strength + rng.exponential(strength, n_hot)).astype(np.float32)
    return Detector(arm, chosen, response, dark, hot, dead, _fixed_offset(arm, rng, rows, columns))


def _pad_to(image: NDArray, shape: tuple[int, int]) -> NDArray:
    short = [(0, want - have) for want, have in zip(shape, image.shape, strict=True)]
    return np.pad(image, short, mode="edge")


def _fixed_offset(arm: str, rng: np.random.Generator, rows: int, columns: int) -> Image:
    if arm == "NIR":
        full = (rows + 2 * BORDER, columns + 2 * BORDER)
        return gaussian_filter(rng.normal(size=full), 1.0).astype(np.float32)
    y = np.arange(rows)[:, None] / rows
    x = np.arange(columns + PRESCAN_COLUMNS)[None, :] / columns
    level = 640.0 + 1.5 * y + 1.2 * np.exp(-x / 0.05) + 0.5 * np.sin(9 * y)
    pattern = rng.normal(0.0, 0.3, (1, columns + PRESCAN_COLUMNS))
    return (level + pattern).astype(np.float32)


def cosmic_rays(
    shape: tuple[int, int], arm: str, seconds: float, rng: np.random.Generator
) -> Image:
    """Electrons left by cosmic rays: straight tracks, some of them long, a few blobs.

    Parameters
    ----------
    shape
        Of the trimmed detector.
    arm
        Sets rate, pixel size and thickness.
    seconds
        Exposure time.
    rng
        Source of chance.

    Notes
    -----
    About 3 (VIS) and 0.8 (NIR) tracks per square centimetre and minute at 2400 m; 75 electrons
    per micrometre of silicon, half of that in the infrared detector, whose ramps reject some.
    """
    pixel_um, thickness_um, rate, yield_e = {
        "VIS": (15.0, 40.0, 3.0, 75.0),
        "NIR": (18.0, 8.0, 0.8, 150.0),
    }[arm]
    area = shape[0] * shape[1] * (pixel_um * 1e-4) ** 2
    image = np.zeros(shape, dtype=np.float32)
    for _ in range(rng.poisson(rate * area * seconds / 60.0)):
        row, column = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        cosine = max(rng.random() ** (1 / 3), 0.03)
        along = thickness_um * np.sqrt(1 - cosine**2) / cosine / pixel_um
        angle = rng.uniform(0, 2 * np.pi)
        path = thickness_um / cosine
        charge = path * yield_e * (0.8 + 0.25 * rng.exponential())
        steps = max(int(along * 4), 4)
        t = np.linspace(0, along, steps)
        rows = (row + t * np.sin(angle) + rng.normal(0, 0.25, steps)).astype(int)
        columns = (column + t * np.cos(angle) + rng.normal(0, 0.25, steps)).astype(int)
        on = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
        np.add.at(image, (rows[on], columns[on]), np.float32(charge / steps))
    return image
