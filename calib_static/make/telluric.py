"""Make TELLURIC_GRID.fits: optical depth of the molecules of the air at the zenith of La Silla.

Usage: python telluric.py WHEELS

WHEELS is a folder with these wheels of PyPI; only numbers are taken from them:

* ``pwv_kpno`` 1.3.0 (GPL-3): absorption cross sections of H2O and O2 at nine altitudes, a
  kilometre apart, 300 to 1200 nm.
* ``muler`` 0.5.6 (MIT): transmission by molecule from NASA's Planetary Spectrum Generator
  (Villanueva et al. 2018, JQSRT 217, 86), 1400 to 2500 nm, and of the whole air from TelFit
  (Gullikson et al. 2014, AJ 148, 53), 808 to 1279 nm.
* ``pyspextool`` 2.1 (BSD-3): ATRAN (Lord 1992, NASA TM 103957) at R = 4000, for 1279 to 1400 nm.
* ``scopesim`` 0.11.4 (GPL-3): ESO SkyCalc spectrum of known water column (2.5 mm). It sets one
  factor for each template, which makes columns of water comparable; no line shape comes from it.

The grid is uniform in velocity; wavelengths are in vacuum. H2O is for 1 mm of water, the others
for the whole air column.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from tables import column, write_table
from wheels import fits_array, fits_table, text

Floats = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
SKYCALC = "scopesim/tests/mocks/photometry/eso_skycalc_r_6000_wave_0.3_15nm_airmass_1_pwv_2.5.fits"
SKYCALC_WATER_MM = 2.5
RANGE_NM = (585.0, 2100.0)
STEP_KM_S = 3.0
SPEED_OF_LIGHT = 299792.458
#: Molecules of water on a square centimetre in one millimetre; of oxygen above 770 hPa.
WATER_PER_MM, OXYGEN = 3.3428e21, 3.42e24
#: Scale heights in km of water and of dry air, and height of the first cross section used.
WATER_HEIGHT, AIR_HEIGHT = 2.0, 8.0
#: Regions in which a template is brought to SkyCalc's column: lines of some depth, not saturated.
SCALE_AT = {
    "kpno_h2o": (890.0, 1000.0),
    "kpno_o2": (756.0, 775.0),
    "telfit_h2o": (1205.0, 1240.0),
    "telfit_o2": (1250.0, 1278.0),
    "atran": (1285.0, 1345.0),
    "psg_h2o": (1720.0, 1790.0),
    "psg_co2": (1565.0, 1625.0),
    "psg_ch4": (1640.0, 1690.0),
}
#: Pieces of the spectrum fitted one by one: absorption of some depth, with continuum about it.
BANDS_NM = (
    (620, 665), (684, 712), (705, 750), (752, 778), (780, 860), (875, 1010), (1060, 1110),
    (1085, 1225), (1230, 1290), (1285, 1345), (1430, 1530), (1510, 1570), (1560, 1640),
    (1620, 1710), (1690, 1800), (1940, 2055),
)  # fmt: skip
#: Optical depth below which an entry is not kept: a transmission within 1e-5 of one.
LEAST = 1e-5


def main(folder: Path) -> None:
    """Write the table."""
    low, high = np.log(RANGE_NM)
    wave = np.exp(np.arange(low, high, STEP_KM_S / SPEED_OF_LIGHT))
    sky = fits_table(folder, "scopesim", SKYCALC)
    truth = sky["lam"], np.clip(sky["trans_ma"], 1e-9, 1.0)
    depth = {name: np.zeros(wave.size) for name in ("H2O", "O2", "CO2", "CH4")}

    kpno = "pwv_kpno/default_atmosphere/{}cs.txt"
    for name, height, molecules in (
        ("h2o", WATER_HEIGHT, WATER_PER_MM),
        ("o2", AIR_HEIGHT, OXYGEN),
    ):
        table = _numbers(text(folder, "pwv_kpno", kpno.format(name)))
        weight = np.exp(-np.arange(table.shape[1] - 1) / height)
        tau = molecules * table[:, 1:] @ (weight / weight.sum())
        _put(depth[name.upper()], wave, _binned(wave, table[:, 0] * 1e3, tau), (0, 1200))
    _scale(depth["H2O"], wave, truth, "kpno_h2o", depth, (0, 1200), water=True)
    _scale(depth["O2"], wave, truth, "kpno_o2", depth, (0, 1200))

    telfit = _numbers(
        text(folder, "muler", "muler/templates/telfit_HPFtemplate_temp286_hum050.csv"), ","
    )
    tau = _binned(wave, telfit[:, 0] / 10, -np.log(np.clip(telfit[:, 1], 1e-9, 1.0)))
    _put(depth["H2O"], wave, tau, (1200, 1241))
    _put(depth["O2"], wave, tau, (1241, 1279))
    _scale(depth["H2O"], wave, truth, "telfit_h2o", depth, (1200, 1241), water=True)
    _scale(depth["O2"], wave, truth, "telfit_o2", depth, (1241, 1279))

    atran, _ = fits_array(folder, "pyspextool", "pyspextool/data/atran4000.fits")
    tau = np.interp(wave, atran[0] * 1e3, -np.log(np.clip(atran[1], 1e-9, 1.0)))
    _put(depth["H2O"], wave, tau, (1279, 1400))
    _scale(depth["H2O"], wave, truth, "atran", depth, (1279, 1400), water=True)

    psg = _numbers(text(folder, "muler", "muler/templates/psg_trn_r100000_1.4_2.5_um.txt"))
    # Columns: wavelength, total, H2O, CO2, O3, N2O, CO, CH4, ...
    for name, place in (("H2O", 2), ("CO2", 3), ("CH4", 7)):
        tau = np.interp(wave, psg[:, 0] * 1e3, -np.log(np.clip(psg[:, place], 1e-300, 1.0)))
        _put(depth[name], wave, tau, (1400, 9999))
    # Water first, where the others are weak; then each of them with the others in place.
    _scale(depth["H2O"], wave, truth, "psg_h2o", depth, (1400, 9999), water=True)
    _scale(depth["CO2"], wave, truth, "psg_co2", depth, (1400, 9999))
    _scale(depth["CH4"], wave, truth, "psg_ch4", depth, (1400, 9999))

    write_table(
        HERE.parent / "common" / "TELLURIC_GRID.fits",
        "TELLURIC_GRID",
        "ALL",
        {
            "GRID": [
                column(name, np.where(tau > LEAST, tau, 0.0).astype("f4"))
                for name, tau in depth.items()
            ],
            "BANDS": [
                column("WAVE_LOW", np.array([float(low) for low, _ in BANDS_NM]), "nm"),
                column("WAVE_HIGH", np.array([float(high) for _, high in BANDS_NM]), "nm"),
            ],
        },
        header={
            "HIERARCH ESO GRID FIRST": (float(wave[0]), "[nm] First wavelength, vacuum"),
            "HIERARCH ESO GRID STEP": (STEP_KM_S, "[km/s] Step in velocity"),
        },
    )
    print(f"{wave.size} wavelengths")


def _numbers(content: str, separator: str | None = None) -> Floats:
    lines = [line for line in content.splitlines() if line.strip()[:1].isdigit()]
    return np.loadtxt(io.StringIO("\n".join(lines)), delimiter=separator, ndmin=2)


def _binned(wave: Floats, fine_wave: Floats, tau: Floats) -> Floats:
    """Return means in the cells of the grid; interpolated where a cell holds no value."""
    edges = np.sqrt(wave[1:] * wave[:-1])
    cell = np.searchsorted(edges, fine_wave)
    inside = (fine_wave > wave[0]) & (fine_wave < wave[-1])
    count = np.bincount(cell[inside], minlength=wave.size)
    total = np.bincount(cell[inside], tau[inside], minlength=wave.size)
    between = np.interp(wave, fine_wave, tau, left=0.0, right=0.0)
    return np.where(count > 0, total / np.maximum(count, 1), between)


def _put(into: Floats, wave: Floats, tau: Floats, limits: tuple[float, float]) -> None:
    mine = (wave >= limits[0]) & (wave < limits[1])
    into[mine] = np.maximum(tau[mine], 0.0)


def _scale(
    tau: Floats,
    wave: Floats,
    truth: tuple[Floats, Floats],
    name: str,
    depth: dict[str, Floats],
    limits: tuple[float, float],
    *,
    water: bool = False,
) -> None:
    """Multiply a template so that its region absorbs as much light as in SkyCalc."""
    low, high = SCALE_AT[name]
    region = (wave > low) & (wave < high)
    wanted = truth[1][(truth[0] > low) & (truth[0] < high)].mean()
    fixed = np.zeros(region.sum())
    for molecule, other in depth.items():
        if other is not tau:
            fixed += (SKYCALC_WATER_MM if molecule == "H2O" else 1.0) * other[region]
    mine = tau[region]

    def excess(log_factor: float) -> float:
        return float(np.exp(-np.exp(log_factor) * mine - fixed).mean() - wanted)

    factor = np.exp(brentq(excess, -12.0, 5.0))
    factor /= SKYCALC_WATER_MM if water else 1.0
    tau[(wave >= limits[0]) & (wave < limits[1])] *= factor
    print(f"{name:10s} factor {factor:.4g}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
