"""Every rule is broken once, on purpose, and must be named."""

import numpy as np
import pytest
from astropy.io import fits

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.phase3.check import RULES, check_batch, check_file
from soxs_pipeline.io.phase3.observation import Release
from soxs_pipeline.io.phase3.spectrum import write_spectrum
from tests.unit.io.phase3.conftest import make_merged


def column(table, name, change):
    values = table.data[name].copy()
    change(values[0])
    table.data[name] = values


def put(key, value, unit=0):
    def change(units):
        units[unit].header[key] = value

    return change


def drop(key, unit=0):
    def change(units):
        del units[unit].header[key]

    return change


def filled(name, index, value):
    def change(units):
        column(units[1], name, lambda row: row.__setitem__(index, value))

    return change


def without_table(units):
    del units[1]


def second_table(units):
    units.append(fits.ImageHDU(np.zeros((2, 2)), name="MORE"))


def same_name(units):
    units.append(fits.ImageHDU(np.zeros((2, 2)), name="SPECTRUM"))


def reordered(units):
    table = units[1]
    names = ["FLUX", "WAVE", *table.columns.names[2:]]
    new = fits.BinTableHDU.from_columns([table.columns[name] for name in names])
    for key, value in table.header.items():
        if key not in new.header:
            new.header[key] = value
    units[1] = new


def two_rows(units):
    table = units[1]
    both = fits.BinTableHDU(np.concatenate([table.data, table.data]), table.header)
    units[1] = both


def long_text(units):
    units[0].header["OBJECT"] = "x" * 90


def twice(units):
    units[0].header.append(("SNR", 3.0), bottom=True)


def no_main_flux(units):
    units[1].header["VOCLASS"], units[1].header["TUCD2"] = "SPECTRUM v2.0", "phot.flux.density"


#: Rule, and a change to a good spectrum that breaks it.
BROKEN = {
    "CATEGORY": put("PRODCATG", "SCIENCE.SPECTRUMS"),
    "PRIMARY_ONLY": put("PRODCATG", "SCIENCE.SPECTRUM", 1),
    "EXTNAME": same_name,
    "NO_CONTINUE": long_text,
    "NO_EMPTY_TEXT": put("PROCSOFT", ""),
    "UNIQUE_KEYWORDS": twice,
    "DATE": put("DATE", "yesterday"),
    "INDEXED_LISTS": put("PROV9", "SOXS.x"),
    "MULTI": put("PROGID1", "117.ABCD.001"),
    "ASSOCIATED": put("ASSON1", "preview.png"),
    "ASSOCIATED_FILES": put("ASSON1", "a_2D.fits"),
    "FORBIDDEN": put("CDELT1", 1.0),
    "MJD": put("MJD-END", 61000.0),
    "EXPTIME": put("TEXPTIME", 1e5),
    "POSITION": put("RA", 400.0),
    "EQUINOX": put("RADESYS", "FK5"),
    "TIMESYS": put("TIMESYS", "TT"),
    "ORIGIN": put("ORIGIN", "NOAO"),
    "NCOMBINE": put("NCOMBINE", 0),
    "PROVENANCE": put("PROV1", "a b"),
    "OBID": put("OBID1", "none"),
    "REFERENC": put("REFERENC", "2026A"),
    "PROCSOFT": put("PROCSOFT", "pipeline"),
    "SPEC_PRIMARY": drop("SPECSYS"),
    "SPEC_TABLE": drop("TITLE", 1),
    "SPEC_UNITS": second_table,
    "SPEC_ONE_ROW": two_rows,
    "SPEC_NELEM": put("NELEM", 7, 1),
    "SPEC_COLUMNS": reordered,
    "SPEC_DESCRIBED": drop("TUCD4", 1),
    "SPEC_FLUX_UNIT": put("TUNIT3", "adu", 1),
    "SPEC_WAVE_UNIT": put("TUCD1", "em.freq", 1),
    "SPEC_UTYPES": put("TUTYP2", "flux", 1),
    "SPEC_VOCLASS": put("TTYPE5", "FLUX_TELLURIC", 1),
    "SPEC_MAIN": no_main_flux,
    "SPEC_RISING": filled("WAVE", 100, 1.0),
    "SPEC_FINITE": filled("FLUX", 100, np.inf),
    "SPEC_QUAL": filled("FLUX", 100, np.nan),
    "SPEC_ERRORS": filled("ERR", 100, -1.0),
    "SPEC_FLUXERR": put("FLUXERR", 300.0),
    "SPEC_UNCALIBRATED": put("FLUXCAL", "UNCALIBRATED"),
    "SPEC_TOT_FLUX": put("FLUXCAL", "UNCALIBRATED"),
    "SPEC_RANGE": put("WAVELMIN", 100.0),
    "SPEC_BIN": put("SPEC_BIN", 10.0),
    "SPEC_POSITIVE": put("SPEC_RES", -1.0),
    "SPEC_NO_WCS": put("BUNIT", "adu"),
    "SPEC_REPEATED": put("OBJECT", "another", 1),
    "SPEC_TITLE": put("TITLE", "a spectrum", 1),
    "SPEC_APERTURE": put("APERTURE", 1.0, 1),
    "SPEC_DERIVED": put("TMID", 61000.0, 1),
    "SPEC_LIMITS": put("TDMAX1", 1.0, 1),
}


def check_changed(tmp_path, change, name="a.fits"):
    good = tmp_path / "good.fits"
    write_spectrum(good, make_merged(), Release("soxs-pipeline/1.2.3"))
    with fits.open(good, memmap=False) as units:
        if change is BROKEN["SPEC_TOT_FLUX"]:
            units[0].header["TOT_FLUX"] = True
        change(units)
        units.writeto(tmp_path / name, checksum=True, output_verify="ignore")
    return check_file(tmp_path / name)


@pytest.mark.parametrize("rule", BROKEN)
@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_a_broken_rule_is_named(tmp_path, rule):
    found = check_changed(tmp_path, BROKEN[rule])
    assert rule in {breach.rule for breach in found.breaches}
    assert all(breach.what for breach in found.breaches)


def test_lamrms(tmp_path):
    def change(units):
        units[0].header["LAMRMS"], units[0].header["LAMNLIN"] = 10.0, 4

    found = check_changed(tmp_path, change)
    assert [breach.rule for breach in found.breaches] == ["SPEC_LAMRMS"]


def test_lower_case_keywords(tmp_path):
    good = tmp_path / "good.fits"
    write_spectrum(good, make_merged(), Release("soxs-pipeline/1.2.3"))
    content = good.read_bytes().replace(b"PROCSOFT=", b"procsoft=", 1)
    (tmp_path / "b.fits").write_bytes(content)
    found = {breach.rule for breach in check_file(tmp_path / "b.fits").breaches}
    assert "UPPER_CASE" in found


def test_a_changed_byte_breaks_the_checksum(tmp_path):
    good = tmp_path / "good.fits"
    write_spectrum(good, make_merged(), Release("soxs-pipeline/1.2.3"))
    content = bytearray(good.read_bytes())
    content[-5000] ^= 1
    good.write_bytes(content)
    assert "CHECKSUM" in {breach.rule for breach in check_file(good).breaches}


def test_names_too_long(tmp_path):
    found = check_changed(tmp_path, lambda _units: None, name=f"{'x' * 70}.fits")
    assert [breach.rule for breach in found.breaches] == ["FILE_NAME"]


def test_two_files_of_one_title(tmp_path):
    paths = [tmp_path / name for name in ("a.fits", "b.fits")]
    for path in paths:
        write_spectrum(path, make_merged(), Release("soxs-pipeline/1.2.3"))
    first, second = check_batch(paths)
    assert first.breaches == ()
    assert [breach.rule for breach in second.breaches] == ["BATCH_TITLE"]


def test_what_is_no_fits_file(tmp_path):
    (tmp_path / "a.fits").write_text("nothing of the kind")
    with pytest.raises(InputError, match=r"a\.fits"):
        check_file(tmp_path / "a.fits")


def test_rules_have_names_of_their_own():
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)


def test_every_rule_for_spectra_was_broken():
    elsewhere = {"FILE_NAME", "CHECKSUM", "UPPER_CASE", "SPEC_LAMRMS"}
    rules = {rule.name for rule in RULES if rule.holds_for("SCIENCE.SPECTRUM")}
    assert rules - set(BROKEN) == elsewhere
