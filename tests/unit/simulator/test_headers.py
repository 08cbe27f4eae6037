"""Headers carry what real frames carry, flaws included."""

from datetime import datetime

import pytest

from soxs_pipeline.simulator.detector import read_modes
from soxs_pipeline.simulator.headers import Exposure, file_name, raw_header

START = datetime(2026, 3, 14, 15, 1, 2, 345000)  # noqa: DTZ001 - as in FITS headers


def make(arm="NIR", kind="LAMP,WAVE", technique="ECHELLE,PINHOLE", **fields):
    mode = next(iter(read_modes(arm).values()))
    return Exposure(arm, "CALIB", kind, technique, START, 15.0, mode, **fields)


def test_names_follow_the_archive():
    assert file_name(START) == "SOXS.2026-03-14T15:01:02.345.fits"


def test_what_the_classification_needs_is_there():
    cards = raw_header(make(slit="PINHOLE", lamps=("Ar", "Hg"), template="T"))
    for key in ("DPR CATG", "DPR TYPE", "DPR TECH", "SEQ ARM", "TPL START", "TPL EXPNO",
                "TPL NEXP", "OBS ID", "DET READ CURID", "INS TEMP217 VAL", "INS TEMP104 VAL",
                "INS TEMP301 VAL"):  # fmt: skip
        assert f"ESO {key}" in cards
    assert cards["INSTRUME"] == "SOXS"
    assert cards["MJD-OBS"] == pytest.approx(61113.62572, abs=1e-5)
    assert cards["ESO INS NISE NAME"] == "PINHOLE"
    assert cards["ESO INS ARGO NAME"] == "Argo_Lamp"
    assert "ESO INS XENO NAME" not in cards
    assert isinstance(cards["ESO INS ACFW ID"], str)


def test_infrared_gain_and_noise_are_placeholders():
    cards = raw_header(make())
    assert cards["ESO DET OUT1 GAIN"] == 1.0
    assert cards["ESO DET CHIP RON"] == 0.0
    assert "ESO DET BINX" not in cards
    good = raw_header(make(quirks=("good_gain",)))
    assert good["ESO DET OUT1 GAIN"] == 2.3


@pytest.mark.parametrize("name", ["SHG", "FLG"])
def test_the_larger_of_gain_and_conad_is_electrons_per_adu(name):
    mode = read_modes("VIS")[name]
    cards = raw_header(Exposure("VIS", "CALIB", "BIAS", "IMAGE", START, 0.0, mode))
    found = max(cards["ESO DET OUT1 GAIN"], cards["ESO DET OUT1 CONAD"])
    assert found == pytest.approx(mode.gain)
    assert cards["ESO DET READ CURID"] == mode.number


@pytest.mark.parametrize(
    ("quirk", "key"),
    [("no_lamp_keys", "ESO INS QTH NAME"), ("no_read_mode", "ESO DET READ CURID")],
)
def test_keys_can_be_missing(quirk, key):
    exposure = make(kind="LAMP,FLAT", lamps=("QTH",))
    assert key in raw_header(exposure)
    assert key not in raw_header(make(kind="LAMP,FLAT", lamps=("QTH",), quirks=(quirk,)))


def test_old_names_and_sloppy_times():
    cards = raw_header(make(quirks=("old_types", "sloppy_exptime")))
    assert cards["ESO DPR TYPE"] == "WAVE,LAMP"
    assert cards["EXPTIME"] == pytest.approx(15.0001)
    flat = make(arm="VIS", kind="LAMP,FLAT", lamps=("D2",), quirks=("dflat_type",))
    assert raw_header(flat)["ESO DPR TYPE"] == "LAMP,DFLAT"
