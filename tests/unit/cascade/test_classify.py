import math

import pytest

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.classify import modified_julian_date, night_of, normalised
from soxs_pipeline.domain.header import Header
from tests.support.night_headers import MJD, frame

CASCADE = load("SOXS")


def tag(header):
    found = CASCADE.classify(header)
    return found.item.tag_for(found.arm) if hasattr(found, "item") else found.reason


@pytest.mark.parametrize(
    ("arm", "dpr_type", "tech", "expected"),
    [
        ("VIS", "BIAS", "IMAGE", "BIAS_VIS"),
        ("VIS", " bias ", "IMAGE", "BIAS_VIS"),
        ("NIR", "DARK", "IMAGE", "DARK_NIR"),
        ("NIR", "LAMP,WAVE", "IMAGE", "LAMP_OFF_NIR"),
        ("NIR", "LAMP, WAVE", "ECHELLE,PINHOLE", "ARC_PINHOLE_NIR"),
        ("VIS", "WAVE,LAMP", "ECHELLE,MULTI-PINHOLE", "ARC_MULTI_VIS"),
        ("VIS", "LAMP,ORDERDEF", "ECHELLE,PINHOLE", "FLAT_PINHOLE_VIS"),
        ("VIS", "LAMP,QFLAT", "ECHELLE,SLIT", "FLAT_SLIT_VIS"),
        ("VIS", "LAMP,DFLAT", "ECHELLE,SLIT", "FLAT_SLIT_D2_VIS"),
        ("NIR", "OBJECT,ASYNC", "ECHELLE,SLIT,STARE", "OBJECT_STARE_NIR"),
        ("NIR", "STD", "ECHELLE,SLIT,STARE", "STD_FLUX_STARE_NIR"),
        ("NIR", "STD,SKY", "ECHELLE,SLIT,NODDING", "STD_TELLURIC_NOD_NIR"),
    ],
)
def test_a_raw_frame_gets_the_tag_of_the_first_rule_that_holds(arm, dpr_type, tech, expected):
    assert tag(frame(arm, dpr_type, tech, MJD)) == expected


def test_the_deuterium_lamp_makes_a_flat_its_own_kind():
    header = frame("VIS", "LAMP,FLAT", "ECHELLE,SLIT", MJD, ins_deut_name="Deut_Lamp")
    assert tag(header) == "FLAT_SLIT_D2_VIS"


@pytest.mark.parametrize(
    ("arm", "dpr_type", "cards"),
    [
        ("VIS", "FLAT,LAMP,DETCHAR", {}),
        ("NIR", "LAMP,LINEARITY", {}),
        ("NIR", "LAMP,FLAT", {"ORIGFILE": "SOXS_SPEC_NIR_DETLIN_DIT2_0012.fits"}),
        ("NIR", "DARK", {"ORIGFILE": "SOXS_SPEC_NIR_DETLIN_DARK_DIT2_0012.fits"}),
        ("VIS", "BIAS", {"ESO TPL ID": "SOXS_gen_tec_VISDetlin"}),
    ],
)
def test_all_frames_of_a_linearity_series_are_told_by_type_name_or_template(arm, dpr_type, cards):
    header = frame(arm, dpr_type, "ECHELLE,SLIT", MJD).merged(cards)
    assert tag(header) == f"LINEARITY_{arm}"


def test_a_camera_frame_without_an_arm_is_told_by_its_camera():
    cards = {"ESO DET3 CAM NAME": "ACQ", "ESO DPR TYPE": "OBJECT", "ESO DPR TECH": "IMAGE"}
    assert tag(Header({"ESO DPR CATG": "ACQUISITION", **cards})) == "IMG_OBJECT_ACQ"


@pytest.mark.parametrize(
    ("catg", "dpr_type", "tech", "expected"),
    [
        ("ACQUISITION", "OBJECT", "IMAGE", "IMG_OBJECT_ACQ"),
        ("SCIENCE", "OBJECT", "IMAGE,DITHER", "IMG_OBJECT_ACQ"),
        ("ACQUISITION", "SLIT", "IMAGE", "IMG_OBJECT_ACQ"),
        ("ACQUISITION", "OBJECT", "IMAGE,ACQ", "IMG_OBJECT_ACQ"),
        ("SCIENCE", "SKY", "IMAGE,JITTER", "IMG_OBJECT_ACQ"),
        ("SCIENCE", "TARGET", "IMAGE", "IMG_OBJECT_ACQ"),
        ("CALIB", "TWILIGHT,FLAT", "IMAGE,SKY", "IMG_FLAT_ACQ"),
        ("CALIB", "FLAT,SKY", "IMAGE", "IMG_FLAT_ACQ"),
        ("CALIB", "FLAT,DOME", "IMAGE", "IMG_FLAT_ACQ"),
        ("CALIB", "LAMP,FLAT", "IMAGE", "IMG_FLAT_ACQ"),
        ("CALIB", "BIAS", "IMAGE", "BIAS_ACQ"),
    ],
)
def test_frames_of_the_camera(catg, dpr_type, tech, expected):
    cards = {"ESO DPR CATG": catg, "ESO DPR TYPE": dpr_type, "ESO DPR TECH": tech}
    assert tag(Header({"ESO SEQ ARM": "ACQ", **cards})) == expected


@pytest.mark.parametrize(
    ("cards", "reason"),
    [
        ({}, "lacks ESO DPR CATG, ESO DPR TYPE, ESO DPR TECH"),
        ({"ESO DPR TYPE": "BIAS", "ESO SEQ ARM": "UVB"}, "ESO SEQ ARM is UVB"),
        ({"INSTRUME": "XSHOOTER"}, "INSTRUME is XSHOOTER"),
        (
            {
                "ESO SEQ ARM": "ACQ",
                "ESO DPR CATG": "CALIB",
                "ESO DPR TYPE": "FLAT,LINEARITY",
                "ESO DPR TECH": "IMAGE",
            },
            "no kind of ACQ frame",
        ),
        ({"ESO PRO CATG": "MASTER_PIE_VIS"}, "MASTER_PIE_VIS is unknown"),
        (
            dict.fromkeys(["ESO DPR CATG", "ESO DPR TYPE", "ESO DPR TECH"], "MIRROR"),
            "DPR TECH 'MIRROR'",
        ),
    ],
)
def test_a_frame_without_a_place_says_why(cards, reason):
    assert reason in tag(Header({"ESO SEQ ARM": "VIS", **cards}))


def test_a_frame_without_an_arm_says_so():
    assert "SEQ ARM is missing" in tag(Header({"ESO DPR TYPE": "BIAS"}))


@pytest.mark.parametrize(
    ("more", "reason"), [({"slit": "BLANK"}, "BLANK"), ({"ins_vise_swsim": True}, "simulated")]
)
def test_a_useless_calibration_is_put_aside(more, reason):
    assert reason in tag(frame("VIS", "LAMP,FLAT", "ECHELLE,SLIT", MJD, **more))


def test_a_science_frame_is_kept_though_the_slit_was_simulated():
    header = frame("VIS", "OBJECT", "ECHELLE,SLIT,STARE", MJD, catg="SCIENCE", ins_vise_swsim=True)
    assert tag(header) == "OBJECT_STARE_VIS"


@pytest.mark.parametrize("name", ["MASTER_BIAS_VIS", "DISP_TAB_NIR", "SCI_MERGED_1D"])
def test_a_product_is_told_by_its_category(name):
    assert tag(Header({"ESO PRO CATG": name})) == name


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, "1"), (2.5001, 2.4999), (" slit1.0 ", "SLIT1.0"), ("", None), (math.nan, None)],
)
def test_values_that_mean_the_same_are_equal(left, right):
    assert normalised(left) == normalised(right)


def test_the_date_stands_in_for_a_missing_julian_date():
    assert modified_julian_date({"DATE-OBS": "2025-08-31T02:10:35.1234"}) == pytest.approx(
        MJD, abs=1e-4
    )
    assert math.isnan(modified_julian_date({"DATE-OBS": "last night"}))


def test_the_night_changes_in_the_morning():
    assert night_of(MJD) == "2025-08-30"
    assert night_of(60918.62) == "2025-08-30"
    assert night_of(60918.63) == "2025-08-31"
    assert night_of(math.nan) == "unknown-night"
