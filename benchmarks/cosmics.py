"""Compare the pixels that a reduction flags as cosmic rays with those that were hit.

    soxspipe simulate RAW --block modes --seed 71
    soxspipe reduce RAW -o REDUCED
    python -m benchmarks.cosmics RAW REDUCED

For pixels of the slit in sky-subtracted science frames prints how many of the true hits were
flagged, by their strength over the noise and by where they fell (upon the target, in a sky line,
elsewhere), and how many pixels that were not hit, nor lie beside a hit, were flagged.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.accuracy import FATAL, Exposure, binned_to, canonical, science

__all__ = ["count", "main"]

_COSMIC = 1
#: Strengths over the noise between which hits are counted together.
_STRENGTHS = (5.0, 10.0, 30.0, np.inf)
#: The target is where it gives this part of what it gives to the brightest pixel of a column.
_TARGET_SHARE = 0.2
_PLACES = ("target", "sky line", "elsewhere")


def true_hits(exposure: Exposure) -> NDArray[np.floating]:
    """Return the electrons of cosmic rays in each pixel of the product."""
    with fits.open(exposure.truth / f"{exposure.stem}_truth.fits") as units:
        rows = units["COSMICS"].data
        light = fits.getdata(exposure.truth / units["COSMICS"].header["LIGHT"], "TOTAL")
    image = np.zeros(light.shape)
    image[rows["ROW"], rows["COLUMN"]] = rows["ELECTRONS"]
    return binned_to(canonical(image, exposure.arm), exposure.data.shape, summed=True)


def count(exposure: Exposure) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Return, for each place, hits and hits found by strength; pixels not hit and flagged ones."""
    light = np.maximum(exposure.object, 0.0) + exposure.sky
    noise = np.sqrt(exposure.read_noise**2 + light + exposure.dark * exposure.seconds)
    struck = true_hits(exposure)
    # A hot pixel that no calibration knew is flagged rightly, whatever as.
    known = (exposure.quality & (FATAL & ~_COSMIC)) != 0
    known |= exposure.dark * exposure.seconds > noise
    slit = (exposure.order > 0) & (np.abs(exposure.slit) < 5.5) & ~known
    flagged = (exposure.quality & _COSMIC) != 0
    peak = exposure.object.max(axis=0, keepdims=True)
    target = (exposure.object > _TARGET_SHARE * peak) & (exposure.object > 0.5 * noise)
    line = ~target & (exposure.sky > 3.0 * np.median(exposure.sky[slit]) + 50.0)
    places = dict(zip(_PLACES, (target, line, ~target & ~line), strict=True))
    beside = ndimage.binary_dilation(struck > 0, iterations=1, structure=np.ones((3, 3)))
    bins = np.digitize(struck / noise, _STRENGTHS) - 1
    hits, clean = {}, {}
    for name, here in places.items():
        mine = slit & here
        hits[name] = np.array(
            [
                [np.sum(mine & (bins == k)), np.sum(mine & (bins == k) & flagged)]
                for k in range(len(_STRENGTHS) - 1)
            ]
        )
        clean[name] = np.array([np.sum(mine & ~beside), np.sum(mine & ~beside & flagged)])
    return hits, clean


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", type=Path)
    parser.add_argument("reduced", type=Path)
    options = parser.parse_args(arguments)
    truth = options.raw.with_name(options.raw.name + "_truth")
    for arm in ("VIS", "NIR"):
        exposures = science(options.reduced, truth, arm)
        hits: dict[str, NDArray] = defaultdict(lambda: np.zeros((len(_STRENGTHS) - 1, 2), int))
        clean: dict[str, NDArray] = defaultdict(lambda: np.zeros(2, int))
        for exposure in exposures:
            found, false = count(exposure)
            for name in _PLACES:
                hits[name] = hits[name] + found[name]
                clean[name] = clean[name] + false[name]
        print(f"{arm}: {len(exposures)} exposures")
        for name in _PLACES:
            parts = [
                f"{low:g}-{high:g} sigma {seen} of {all_} ({seen / max(all_, 1):.1%})"
                for low, high, (all_, seen) in zip(
                    _STRENGTHS, _STRENGTHS[1:], hits[name].tolist(), strict=False
                )
            ]
            pixels, wrong = clean[name].tolist()
            print(f"  {name:<10} found {'; '.join(parts)}")
            print(f"  {'':<10} wrongly flagged {wrong} of {pixels} ({wrong / max(pixels, 1):.1e})")


if __name__ == "__main__":
    main()
