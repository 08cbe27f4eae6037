"""Take tellurics out of spectra seen through ESO SkyCalc's air, and compare with the truth.

    python -m benchmarks.telluric --seeds 3

The pipeline's templates come from other models than SkyCalc. Spectra of both arms, resolving
powers of 3500 to 6500, airmasses of 1 to 1.8, and S/N of 20 to 300 in a bin of 15 km/s. Scattering
and ozone, which are extinction and not lines, are taken off the truth as one polynomial of each
arm, fitted where the air is clear. Prints for each S/N the rms of corrected over true flux, noise
taken off, in all bins and in stretches of 10 nm, where the transmission is above 0.8 and where it
is 0.2 to 0.8; the water found (2.5 mm are true) and how its pulls scatter; and the width of the
pulls of the flux in bins that the air absorbs.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.recipes.soxs_telluric import TelluricParameters, soxs_telluric
from tests.support.air import WATER_MM, seen_through_air, telluric_grid, true_transmission

__all__ = ["main"]

Floats = NDArray[np.float64]

_LIMITS = {"VIS": (600.0, 850.0), "NIR": (800.0, 2040.0)}
_CASES = ((1.0, 3500.0), (1.3, 4500.0), (1.8, 6500.0))
_CLASSES = {"T > 0.8": (0.8, 0.98), "0.2 < T < 0.8": (0.2, 0.8)}
_STRETCH_NM, _FEWEST = 10.0, 20
#: Transmission of clear air, and degree of the polynomial through it.
_CLEAR, _DEGREE = 0.993, 5


def _residuals(ratio: Floats, noise: Floats, wave: Floats, chosen: NDArray[np.bool_]) -> list:
    """Return the rms of each stretch that holds enough bins, noise taken off."""
    found = []
    place = (wave / _STRETCH_NM).astype(int)
    for one in np.unique(place[chosen]):
        mine = chosen & (place == one)
        if mine.sum() >= _FEWEST:
            excess = np.mean(ratio[mine] ** 2) - np.mean(noise[mine] ** 2)
            found.append(100.0 * np.sqrt(max(excess, 0.0)))
    return found


def _measure(snr: float, seeds: int) -> None:
    rms: dict[str, list[float]] = {name: [] for name in _CLASSES}
    everything: dict[str, list[float]] = {name: [] for name in _CLASSES}
    water, pulls, widths = [], [], []
    for arm, limits in _LIMITS.items():
        for airmass, power in _CASES:
            for seed in range(seeds):
                spectrum, above = seen_through_air(snr, airmass, power, limits, seed=seed)
                outcome = soxs_telluric(
                    spectrum, None, telluric_grid(), parameters=TelluricParameters()
                )
                corrected, told = outcome.products.corrected, outcome.products.telluric
                wave = spectrum.wavelength_nm
                seen = true_transmission(wave, airmass, power)
                clear = told.transmission > _CLEAR
                bulk = np.polynomial.Polynomial.fit(wave[clear], seen[clear], _DEGREE)(wave)
                true = seen / bulk
                good = (corrected.quality == 0) & np.isfinite(corrected.flux)
                ratio = np.where(good, corrected.flux / (above * bulk) - 1.0, 0.0)
                noise = 1.0 / snr / np.maximum(seen, 0.02)
                for name, (low, high) in _CLASSES.items():
                    chosen = good & (true > low) & (true < high)
                    rms[name] += _residuals(ratio, noise, wave, chosen)
                    excess = np.mean(ratio[chosen] ** 2) - np.mean(noise[chosen] ** 2)
                    everything[name].append(100.0 * np.sqrt(max(excess, 0.0)))
                pull = ratio * above * bulk / np.sqrt(corrected.variance)
                absorbed = good & (true < _CLASSES["T > 0.8"][1])
                widths.append(1.4826 * float(np.median(np.abs(pull[absorbed]))))
                if arm == "NIR" and np.isfinite(told.water_error_mm):
                    water.append(told.water_mm)
                    pulls.append((told.water_mm - WATER_MM) / told.water_error_mm)
    print(f"S/N {snr:g}")
    for name, values in rms.items():
        print(
            f"  {name}: {np.mean(everything[name]):.2f} % rms; stretches: median "
            f"{np.median(values):.2f} %, 90 % below {np.percentile(values, 90):.1f} %, worst "
            f"{np.max(values):.1f} %"
        )
    print(
        f"  water {np.mean(water):.2f} mm, scatter {np.std(water):.2f}; pulls "
        f"{np.mean(pulls):+.1f} with width {np.std(pulls):.1f}; width of the "
        f"flux's pulls {np.mean(widths):.2f}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    for snr in (20.0, 100.0, 300.0):
        _measure(snr, options.seeds)


if __name__ == "__main__":
    main()
