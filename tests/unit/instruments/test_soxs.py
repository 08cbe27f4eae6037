"""The facts of SOXS."""

import math

import pytest

from soxs_pipeline.domain.detector import Window
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError
from soxs_pipeline.instruments import load, names

SOXS = load("SOXS")
FULL = {"VIS": (4096, 858), "NIR": (2048, 2048), "ACQ": (1024, 1024)}


def setup(arm, shape=None, **cards):
    named = {"ESO " + key.replace("_", " "): value for key, value in cards.items()}
    return SOXS.detector_setup(Header({"ESO SEQ ARM": arm, **named}), shape or FULL[arm])


@pytest.mark.parametrize(
    ("arm", "shape", "cards", "trimmed", "binning"),
    [
        ("VIS", (4096, 858), {}, (808, 4096), (1, 1)),
        ("VIS", (4096, 429), {"DET_BINX": 2, "DET_BINY": 1}, (404, 4096), (1, 2)),
        ("VIS", (2048, 429), {"DET_BINX": 2, "DET_BINY": 2}, (404, 2048), (2, 2)),
        ("VIS", (2048, 858), {"DET_BINX": 1, "DET_BINY": 2}, (808, 2048), (2, 1)),
        ("VIS", (2048, 429), {}, (404, 2048), (2, 2)),
        ("NIR", (2048, 2048), {}, (2040, 2040), (1, 1)),
    ],
)
def test_windows_follow_the_binning(arm, shape, cards, trimmed, binning):
    found = setup(arm, shape, **cards)
    assert found.shape == trimmed
    assert found.binning == binning
    assert found.science.rows[1] <= shape[0]
    assert found.science.columns[1] <= shape[1]


@pytest.mark.parametrize(
    ("arm", "shape"), [("VIS", (4096, 808)), ("NIR", (2040, 2040)), ("VIS", (4096, 404))]
)
def test_an_image_that_was_trimmed_before_is_taken_whole(arm, shape):
    found = setup(arm, shape)
    assert found.science == Window((0, shape[0]), (0, shape[1]))
    assert found.prescan is None
    assert found.reference_border == 0


def test_the_arms_differ_by_what_they_can_do():
    vis, nir = setup("VIS"), setup("NIR")
    assert (vis.transposed, nir.transposed) == (True, False)
    assert (vis.offset_method, nir.offset_method) == ("bias", "dark")
    assert vis.prescan == Window((0, 4096), (0, 50))
    assert (nir.reference_border, nir.reference_channels) == (4, 32)


@pytest.mark.parametrize(
    ("arm", "cards", "gain", "source"),
    [
        ("VIS", {"DET_OUT1_GAIN": 0.909, "DET_OUT1_CONAD": 1.1}, 1.1, "header"),
        ("VIS", {"DET_OUT1_GAIN": 1.1, "DET_OUT1_CONAD": 0.909}, 1.1, "header"),
        ("VIS", {"DET_OUT1_GAIN": 2.5}, 2.5, "header"),
        ("VIS", {"DET_OUT1_GAIN": "2.5"}, 2.5, "header"),
        ("VIS", {}, 1.1, "instrument"),
        ("VIS", {"DET_READ_CURID": 2}, 2.0, "instrument"),
        ("VIS", {"DET_READ_CURNAME": "fast low gain"}, 2.0, "instrument"),
        ("VIS", {"DET_OUT1_GAIN": 0.0, "DET_OUT1_CONAD": -1.0}, 1.1, "instrument"),
        ("VIS", {"DET_OUT1_GAIN": math.nan, "DET_OUT1_CONAD": "none"}, 1.1, "instrument"),
        ("NIR", {"DET_OUT1_GAIN": 1.0}, 2.3, "instrument"),
        ("NIR", {"DET_OUT1_GAIN": 1.0, "DET_OUT1_CONAD": 1.0}, 2.3, "instrument"),
        ("NIR", {"DET_OUT1_GAIN": 0.5, "DET_OUT1_CONAD": 2.0}, 2.0, "header"),
    ],
)
def test_the_gain_and_where_it_comes_from(arm, cards, gain, source):
    found = setup(arm, **cards)
    assert (found.gain_e_per_adu, found.gain_source) == (gain, source)


@pytest.mark.parametrize(
    ("arm", "cards", "noise", "source"),
    [
        ("VIS", {"DET_CHIP_RON": 3.3}, 3.3, "header"),
        ("VIS", {"DET_OUT1_RON": 3.4}, 3.4, "header"),
        ("VIS", {"DET_CHIP_RON": 0.0, "DET_OUT1_RON": 3.4}, 3.4, "header"),
        ("VIS", {}, 3.8, "instrument"),
        ("VIS", {"DET_READ_CURID": 2}, 8.0, "instrument"),
        ("NIR", {"DET_CHIP_RON": 0.0}, 7.3, "instrument"),
        ("NIR", {"DET_CHIP_RON": math.inf}, 7.3, "instrument"),
        ("NIR", {"DET_CHIP_RON": 16.3}, 16.3, "header"),
    ],
)
def test_the_read_noise_and_where_it_comes_from(arm, cards, noise, source):
    found = setup(arm, **cards)
    assert (found.read_noise_e, found.read_noise_source) == (noise, source)


@pytest.mark.parametrize(
    ("cards", "name"),
    [
        ({"DET_READ_CURID": 1}, "Slow High Gain"),
        ({"DET_READ_CURNAME": "Slow High Gain", "DET_READ_CURID": 7}, "Slow High Gain"),
        ({"DET_READ_CURNAME": "brand new"}, "brand new"),
        ({}, ""),
    ],
)
def test_the_readout_mode(cards, name):
    assert setup("VIS", **cards).read_mode == name


@pytest.mark.parametrize(
    ("header", "arm"),
    [
        ({"ESO SEQ ARM": "VIS"}, "VIS"),
        ({"ESO SEQ ARM": " nir "}, "NIR"),
        ({"ESO DET3 CAM NAME": "ACQ"}, "ACQ"),
        ({"INSTRUME": "SOXS", "ESO SEQ ARM": "NIR"}, "NIR"),
    ],
)
def test_the_arm_of_a_header(header, arm):
    assert SOXS.arm_of(Header(header)) == arm


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ({}, "ESO SEQ ARM is missing"),
        ({"ESO SEQ ARM": ""}, "ESO SEQ ARM is missing"),
        ({"ESO SEQ ARM": "UVB"}, "'UVB'"),
        ({"INSTRUME": "XSHOOTER", "ESO SEQ ARM": "VIS"}, "XSHOOTER"),
    ],
)
def test_no_arm_is_an_error(header, what):
    with pytest.raises(InputError, match=what):
        SOXS.arm_of(Header(header))


@pytest.mark.parametrize(
    ("arm", "shape", "cards", "what"),
    [
        (
            "VIS",
            (4096, 2048),
            {},
            "2048 columns x 4096 rows is a full-chip frame from before 2024",
        ),
        ("VIS", (2048, 2048), {}, "2048 columns x 2048 rows does not fit arm VIS"),
        ("NIR", (4096, 858), {}, "858 columns x 4096 rows does not fit arm NIR"),
        ("VIS", (4096, 858), {"DET_BINX": 2, "DET_BINY": 1}, "does not fit arm VIS binned 2x1"),
        ("VIS", (4096, 858), {"DET_BINX": 3, "DET_BINY": 3}, "not known to be binned 3x3"),
        ("NIR", (1024, 1024), {"DET_BINX": 2, "DET_BINY": 2}, "not known to be binned 2x2"),
    ],
)
def test_an_image_that_does_not_fit_is_an_error(arm, shape, cards, what):
    with pytest.raises(InputError, match=what) as caught:
        setup(arm, shape, **cards)
    assert caught.value.wanted


def test_the_slit():
    assert (
        SOXS.slit_of(Header({"ESO SEQ ARM": "VIS", "ESO INS VISE NAME": "SLIT1.0"})) == "SLIT1.0"
    )
    assert SOXS.slit_of(Header({"ESO SEQ ARM": "NIR", "ESO INS VISE NAME": "SLIT1.0"})) == ""
    assert SOXS.slit_of(Header({"ESO SEQ ARM": "ACQ"})) == ""


def test_limits_are_ordered_and_judge_numbers():
    for recipe in SOXS.limits:
        for arm in SOXS.arms:
            for limit in SOXS.qc_limits(recipe, arm).values():
                assert limit.low <= limit.high
    limit = SOXS.qc_limits("soxs_mbias", "VIS")["RAW RON"]
    assert limit.holds(3.3)
    assert not limit.holds(99.0)
    assert not limit.holds(math.nan)


def test_what_an_arm_sets_outranks_what_holds_for_all():
    instrument = type(SOXS)(
        SOXS.name,
        SOXS.arms,
        SOXS.keywords,
        defaults={"r": {"": {"a": 1, "b": 2}, "VIS": {"b": 3}}},
    )
    assert instrument.parameter_defaults("r", "VIS") == {"a": 1, "b": 3}
    assert instrument.parameter_defaults("r", "NIR") == {"a": 1, "b": 2}
    assert instrument.parameter_defaults("other", "NIR") == {}


def test_unknown_instruments_are_refused():
    assert "SOXS" in names()
    with pytest.raises(InputError, match="'FORS'"):
        load("FORS")
