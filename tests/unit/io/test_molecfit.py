"""ESO's molecfit behind `esorex`: against a stand-in that checks what it is given."""

import stat
import sys

import numpy as np
import pytest

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.errors import NoSolutionError
from soxs_pipeline.io.molecfit import Molecfit, find_molecfit

#: Speaks as esorex does; the atmosphere of the night takes a tenth from 759 to 770 nm.
STAND_IN = """#!{python}
import sys
from pathlib import Path
import numpy as np
from astropy.io import fits

options = [w for w in sys.argv[1:] if w.startswith("--")]
words = [w for w in sys.argv[1:] if not w.startswith("--")]
given = dict(w[2:].partition("=")[::2] for w in options)
if "recipes" in given:
    print("molecfit_calctrans\\nmolecfit_correct\\nmolecfit_model")
    sys.exit(0)
recipe = words[0]
if "create-config" in given:
    names = ["LIST_MOLEC", "COLUMN_LAMBDA", "MAPPING_ATMOSPHERIC", "OTHER"]
    lines = ["# text"] + [f"{{name}}=NULL" for name in names]
    Path(given["create-config"]).write_text("\\n".join(lines) + "\\n")
    sys.exit(0)
rc = dict(
    line.partition("=")[::2] for line in Path(given["recipe-config"]).read_text().splitlines()
)
assert rc["OTHER"] == "NULL" and rc["COLUMN_LAMBDA"] == "lambda", rc
files = dict(line.split()[::-1] for line in Path(words[1]).read_text().splitlines())
folder = Path(given["output-dir"])
table = fits.getdata(files["SCIENCE"], 1)
header = fits.getheader(files["SCIENCE"])
assert header["ESO TEL GEOELEV"] > 2000
{trouble}
if recipe == "molecfit_model":
    limits = fits.getdata(files["WAVE_INCLUDE"], 1)
    assert (limits["LOWER_LIMIT"] > table["lambda"].min()).all()
    unit = fits.BinTableHDU.from_columns([
        fits.Column("parameter", "20A", array=np.array(["chi2", "h2o_col_mm"])),
        fits.Column("value", "D", array=[1.0, 3.5]),
        fits.Column("uncertainty", "D", array=[-1.0, 0.1]),
    ])
    for name in ("ATM_PARAMETERS", "MODEL_MOLECULES", "BEST_FIT_PARAMETERS"):
        unit.writeto(folder / f"{{name}}.fits")
else:
    assert {{"ATM_PARAMETERS", "MAPPING_CONVOLVE"}} <= set(files)
    um = table["lambda"]
    passed = np.where((um > 0.759) & (um < 0.770), 0.9, 1.0)
    units = [fits.PrimaryHDU(), fits.ImageHDU(passed[:{length}])]
    fits.HDUList(units).writeto(folder / "TELLURIC_CORR.fits")
"""


@pytest.fixture
def esorex(tmp_path):
    def make(trouble="", length="None"):
        path = tmp_path / "esorex"
        path.write_text(
            STAND_IN.format(python=sys.executable, trouble=trouble, length=length),
            encoding="utf-8",
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return Molecfit(str(path))

    return make


def spectrum(low=650.0, high=900.0, n=800):
    wave = np.geomspace(low, high, n)
    one, none = np.ones(n), np.zeros(n)
    return MergedSpectrum(
        wave, np.gradient(wave), 5.0 * one, 0.01 * one, none, none, 50.0 * one,
        np.zeros(n, np.uint32), np.ones(n, np.int16), np.ones(n, np.int16), ("VIS",),
        "erg/s/cm2/Angstrom", Header({"ESO TEL ALT": 60.0}),
    )  # fmt: skip


def test_the_transmission_and_the_water_come_back(esorex):
    found = esorex()(spectrum(), 0.0)
    wave = spectrum().wavelength_nm
    inside = (wave > 759.5) & (wave < 769.5)
    assert np.allclose(found.transmission[inside], 0.9)
    assert np.allclose(found.transmission[wave < 758], 1.0)
    assert (found.water_mm, found.water_error_mm) == (3.5, 0.1)
    assert found.program == "molecfit"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"trouble": "print('[ ERROR ] no GDAS'); sys.exit(3)"}, r"status 3: \[ ERROR \] no GDAS"),
        ({"trouble": "sys.exit(0)"}, "there is no ATM_PARAMETERS"),
        ({"length": "7"}, "left no transmission"),
    ],
)
def test_a_failure_says_what_failed(esorex, options, said):
    with pytest.raises(NoSolutionError, match=said):
        esorex(**options)(spectrum(), 0.0)


def test_a_spectrum_without_bands_is_not_sent_out(esorex):
    with pytest.raises(NoSolutionError, match="none of the windows"):
        esorex()(spectrum(400.0, 600.0), 0.0)


def test_it_is_found_in_the_path_or_not(esorex, tmp_path, monkeypatch):
    esorex()
    monkeypatch.setenv("PATH", str(tmp_path))
    find_molecfit.cache_clear()
    assert find_molecfit() == Molecfit(str(tmp_path / "esorex"))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    find_molecfit.cache_clear()
    assert find_molecfit() is None
    find_molecfit.cache_clear()
