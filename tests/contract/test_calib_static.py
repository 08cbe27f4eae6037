"""The static calibrations: whole, declared, in vacuum, and fit for what they promise."""

import hashlib
import json
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from numpy.polynomial import chebyshev
from scipy.optimize import least_squares

from soxs_pipeline.domain.dispersion import SpectralFormat
from soxs_pipeline.domain.lines import LineList
from soxs_pipeline.io.products import read_product

ROOT = Path(__file__).resolve().parents[2] / "calib_static"
ENTRIES = tomllib.loads((ROOT / "MANIFEST.toml").read_text())["table"]
ARMS = ("VIS", "NIR")

# Check values of the published geometry: order, air nm, slit, detector x and y (trimmed pixels).
PUBLISHED = {
    "NIR": (
        (16, 1220.0, 0.0, 1026.24, 716.77),
        (16, 1220.0, 5.0, 1023.46, 731.67),
        (10, 1950.0, 0.0, 1030.03, 386.38),
        (24, 815.0, 0.0, 1020.27, 1419.04),
    ),
    "VIS": (
        (2, 400.0, 0.0, 314.13, 1992.65),
        (3, 480.0, -5.0, 490.81, 2407.30),
        (1, 600.0, 0.0, 170.42, 1805.80),
        (4, 760.0, 5.0, 664.67, 1951.73),
    ),
}
# NIST's vacuum wavelengths; in air each would be shorter by 0.1 to 0.5 nm.
KNOWN = {
    "ARC_LINE_LIST_VIS": (763.7208, 811.7542, 696.7352, 420.1857),  # Ar I
    "ARC_LINE_LIST_NIR": (912.5471, 823.3902, 1523.4877, 1694.521, 1530.000, 865.6760),
    "SKY_LINE_LIST_VIS": (557.8894, 630.2046),  # [O I]
    "SKY_LINE_LIST_NIR": (1583.3263,),  # OH 4-2 Q1: its Lambda doublet is not resolved
}


def index_of_air(vacuum_nm):
    """Edlen 1966: another formula than the one that made the tables."""
    sigma2 = (1e3 / vacuum_nm) ** 2
    return 1 + 1e-8 * (8342.13 + 2406030 / (130 - sigma2) + 15997 / (38.9 - sigma2))


def table_path(tag, arm):
    return ROOT / "soxs" / arm.lower() / f"{tag}_{arm}.fits"


def spectral_format(arm):
    return read_product(table_path("SPECTRAL_FORMAT", arm), SpectralFormat)


def line_list(tag, arm):
    return read_product(table_path(tag, arm), LineList)


def pixel_size(form, order, wavelength_nm):
    x, _ = form.solution.detector_position(order, wavelength_nm + np.array([-0.01, 0.01]), 0.0)
    return abs(0.02 / (x[1] - x[0]))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_manifest_entry_is_true(entry):
    path = ROOT / entry["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
    with fits.open(path) as hdus:
        header = hdus[0].header
        expected = entry["tag"] + ("" if entry["arm"] == "ALL" else f"_{entry['arm']}")
        assert header["ESO PRO CATG"] == expected
        assert header["ESO SEQ ARM"] == entry["arm"]
        assert header["INSTRUME"] == "SOXS"
        assert header["WAVEMED"] == entry["medium"] == "VACUUM"
        assert len(hdus[1].data) > 3
    assert isinstance(entry["valid_from"], date)
    assert entry["source"]
    assert entry["licence"]


def test_every_table_is_in_the_manifest_and_all_are_small():
    shipped = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.fits")
        if "simulator" not in path.parts
    }
    assert shipped == {entry["file"] for entry in ENTRIES}
    assert sum((ROOT / name).stat().st_size for name in shipped) < 6_000_000


def test_wavelength_columns_have_their_unit():
    for entry in ENTRIES:
        with fits.open(ROOT / entry["file"]) as hdus:
            for hdu in hdus[1:]:
                for column in hdu.columns:
                    if column.name.startswith("WAVE"):
                        assert column.unit == "nm", (entry["file"], column.name)


@pytest.mark.parametrize("arm", ARMS)
def test_format_gives_the_published_positions(arm):
    form = spectral_format(arm)
    for order, air, slit, x, y in PUBLISHED[arm]:
        vacuum = air * index_of_air(air)
        along, across = form.solution.detector_position(order, vacuum, slit)
        found = (across, along) if arm == "VIS" else (along, across)
        assert found == pytest.approx((x, y), abs=0.01)


@pytest.mark.parametrize("arm", ARMS)
def test_format_is_the_air_format_to_a_thousandth_of_a_pixel(arm):
    form = spectral_format(arm)
    published = json.loads((ROOT / "make" / "spectral_format_air.json").read_text())[arm]
    for row, order in enumerate(form.orders):
        entry = published["orders"][str(order)]
        wavelength = np.linspace(*form.solution.wave_domain_nm[row], 201)
        low, high = entry["wave_domain_nm"]
        t = (2 * wavelength / index_of_air(wavelength) - low - high) / (high - low)
        for slit in (-6.0, 0.0, 6.0):
            u = np.full_like(t, slit / 6)
            expected = [chebyshev.chebval2d(t, u, entry[f"{axis}_coef"]) for axis in "xy"]
            if arm == "VIS":
                expected.reverse()
            found = form.solution.detector_position(int(order), wavelength, slit)
            np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("arm", ARMS)
def test_format_runs_one_way_along_each_order(arm):
    form = spectral_format(arm)
    falls = {"u", "g"}
    for row, order in enumerate(form.orders):
        wavelength = np.linspace(*form.solution.wave_domain_nm[row], 400)
        x, y = form.solution.detector_position(int(order), wavelength, 0.0)
        direction = -1 if form.names[row] in falls else 1
        assert np.all(direction * np.diff(x) > 0)
        useful = (wavelength > form.wave_range_nm[row, 0]) & (
            wavelength < form.wave_range_nm[row, 1]
        )
        assert np.all((y[useful] > 0) & (y[useful] < form.shape[0]))
    assert form.shape == {"VIS": (808, 4096), "NIR": (2040, 2040)}[arm]
    assert form.moves_together == (arm == "NIR")
    assert len(form.pinholes_arcsec) == 9


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_known_lines_stand_at_their_vacuum_wavelengths(name):
    tag, arm = name[:-4], name[-3:]
    wavelength = line_list(tag, arm).wavelength_nm
    for known in KNOWN[name]:
        assert np.abs(wavelength - known).min() < 0.002, known


@pytest.mark.parametrize("tag", ["ARC_LINE_LIST", "SKY_LINE_LIST"])
@pytest.mark.parametrize("arm", ARMS)
def test_line_lists_are_sorted_finite_and_span_the_arm(tag, arm):
    lines, form = line_list(tag, arm), spectral_format(arm)
    assert np.all(np.diff(lines.wavelength_nm) >= 0)
    assert np.all(np.isfinite(lines.intensity))
    assert np.all(lines.intensity > 0)
    assert lines.wavelength_nm[0] < form.wave_range_nm.min() + 5
    assert lines.wavelength_nm[-1] > form.wave_range_nm.max() - 10
    assert np.all(np.diff(lines.wavelength_nm[lines.clean]) > 0.01)


@pytest.mark.parametrize(("arm", "least"), [("VIS", 35), ("NIR", 20)])
def test_every_order_has_clean_lines_without_wide_gaps(arm, least):
    lines, form = line_list("ARC_LINE_LIST", arm), spectral_format(arm)
    for row, order in enumerate(form.orders):
        low, high = form.wave_range_nm[row]
        clean = lines.wavelength_nm[lines.clean]
        inside = clean[(clean > low) & (clean < high)]
        x = np.sort(form.solution.detector_position(int(order), inside, 0.0)[0])
        assert len(x) >= least, form.names[row]
        assert np.diff(x).max() < 0.25 * form.shape[1], form.names[row]


def fitted_offset(lines, wavelength_nm, step_nm):
    """Centre of a Gaussian fitted to a line and its neighbours, 1.7 px wide, in pixels."""
    distance = (lines.wavelength_nm - wavelength_nm) / step_nm
    near = np.abs(distance) < 10
    pixels = np.arange(-3.0, 4.0)
    sigma = 1.7 / 2.3548
    blend = lines.intensity[near] * np.exp(
        -(((pixels[:, None] - distance[near]) / sigma) ** 2) / 2
    )
    seen = blend.sum(axis=1)

    seen /= seen.max()

    def residual(p):
        return p[0] * np.exp(-(((pixels - p[1]) / p[2]) ** 2) / 2) - seen

    return least_squares(residual, [1.0, 0.0, sigma]).x[1]


@pytest.mark.parametrize("arm", ARMS)
def test_clean_arc_lines_are_not_pulled_by_their_neighbours(arm):
    """Blur the list itself to the resolution of the pinholes and measure its clean lines."""
    lines, form = line_list("ARC_LINE_LIST", arm), spectral_format(arm)
    offsets = []
    for row, order in enumerate(form.orders):
        low, high = form.wave_range_nm[row]
        for wavelength in lines.wavelength_nm[lines.clean]:
            if low < wavelength < high:
                step = pixel_size(form, int(order), wavelength)
                offsets.append(fitted_offset(lines, wavelength, step))
    assert np.std(offsets) < 0.03
    assert np.max(np.abs(offsets)) < 0.15


def test_blended_pair_is_not_clean():
    lines = line_list("ARC_LINE_LIST", "VIS")
    close = np.diff(lines.wavelength_nm) < 0.03
    similar = np.abs(np.diff(np.log(lines.intensity))) < np.log(2)
    apart = np.diff(lines.wavelength_nm) > 0.01
    pairs = np.flatnonzero(close & similar & apart)
    assert len(pairs) > 20
    assert not np.any(lines.clean[pairs] | lines.clean[pairs + 1])


def test_extinction_follows_the_table_of_la_silla():
    with fits.open(ROOT / "common" / "EXTINCTION.fits") as hdus:
        table = np.array(hdus[1].data["WAVELENGTH"]), np.array(hdus[1].data["EXTINCTION"])
    assert table[0][0] <= 300
    assert table[0][-1] >= 2100
    assert np.all(table[1] > 0)
    for air, magnitude in ((320, 0.94), (340, 0.60), (400, 0.30), (500, 0.13), (600, 0.09)):
        assert np.interp(air, *table) == pytest.approx(magnitude, abs=0.02)
    assert np.interp(1600, *table) < 0.01


def test_standards_have_the_brightness_of_their_stars():
    with fits.open(ROOT / "common" / "FLUX_STANDARDS.fits") as hdus:
        spectra, stars = hdus["SPECTRA"].data, hdus["STARS"].data
        wavelength = np.array(spectra["WAVELENGTH"])
        band = (wavelength > 540) & (wavelength < 560)
        for star in stars:
            flux = np.array(spectra[star["NAME"]])
            assert np.all(flux > 0)
            magnitude = -2.5 * np.log10(flux[band].mean() / 3.63e-9)
            assert magnitude == pytest.approx(star["VMAG"], abs=0.06)
        names = {name.replace(" ", "").upper() for s in stars for name in s["SYNONYMS"].split(";")}
    assert {"CD-3810980", "CPD-69177", "FEIGE110", "GD71"} <= names


def test_hydrogen_lines_of_a_standard_are_in_vacuum():
    with fits.open(ROOT / "common" / "FLUX_STANDARDS.fits") as hdus:
        spectra = hdus["SPECTRA"].data
        wavelength, flux = np.array(spectra["WAVELENGTH"]), np.array(spectra["GD153"])
    core = (wavelength > 484) & (wavelength < 489)
    depth = 1.0 - flux[core] / np.percentile(flux[core], 95)
    centre = np.sum(wavelength[core] * depth**4) / np.sum(depth**4)
    assert centre == pytest.approx(486.269, abs=0.06)  # H beta: 486.133 in air


def test_molecular_bands_cover_the_strong_ones():
    with fits.open(ROOT / "common" / "MOLECULAR_BANDS.fits") as hdus:
        bands = hdus[1].data
        low, high = np.array(bands["WAVE_LOW"]), np.array(bands["WAVE_HIGH"])
        names = [str(name) for name in bands["ABSORBER"]]
    assert np.all(low < high)
    assert np.all(low[1:] > high[:-1])
    for wavelength, absorber in ((761.0, "O2"), (688.5, "O2"), (940.0, "H2O"), (1400.0, "H2O")):
        inside = np.flatnonzero((low < wavelength) & (wavelength < high))
        assert len(inside) == 1
        assert names[inside[0]] == absorber
    for clear in (500.0, 870.0, 1050.0, 1640.0):
        assert not np.any((low < clear) & (clear < high))
