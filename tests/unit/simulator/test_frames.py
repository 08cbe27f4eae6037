"""Every frame type can be made."""

import numpy as np
import pytest

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.simulator.frames import KINDS, make_frame, make_state
from soxs_pipeline.simulator.scenes import Scene, Source

SCENE = Scene(sources=(Source("standard", None),), exptime=(30.0, 30.0))


@pytest.fixture(scope="module")
def visible():
    return make_state("VIS", 3, SCENE)


@pytest.fixture(scope="module")
def infrared():
    return make_state("NIR", 3, SCENE)


def signal(frame, arm):
    """Median of trimmed raw frame minus its expectation, in electrons."""
    detector_gain, window = (1.1, np.s_[:, 50:]) if arm == "VIS" else (2.3, np.s_[4:-4, 4:-4])
    offset = np.median(frame.adu[:, 5:45]) if arm == "VIS" else 0.0
    return (frame.adu[window] - offset) * detector_gain


def test_a_visible_flat_is_what_the_truth_says(visible):
    frame = make_frame("flat", "VIS", visible, seed=1)
    expected = frame.light.total * visible.detector.response
    quiet = frame.cosmics == 0
    pull = (signal(frame, "VIS") - expected)[quiet] / np.sqrt(expected[quiet] + 3.4**2)
    assert abs(np.mean(pull)) < 0.3
    assert pull.std() == pytest.approx(1.0, abs=0.1)
    assert np.percentile(expected, 99) > 10000


def test_an_infrared_arc_shows_lines_and_its_lamp_off_frame_does_not(infrared):
    on = make_frame("arc_pinhole", "NIR", infrared, seed=1)
    off = make_frame("arc_pinhole_off", "NIR", infrared, seed=2)
    bright = on.light.total > 500
    assert bright.sum() > 300
    assert np.median(signal(on, "NIR")[bright]) > 300
    assert abs(np.median(signal(off, "NIR")[bright])) < 10
    assert on.header["ESO DPR TYPE"] == off.header["ESO DPR TYPE"]
    assert off.header["ESO DPR TECH"] == "IMAGE"
    assert on.header["EXPTIME"] == off.header["EXPTIME"]


def test_repeats_share_the_light_but_not_the_noise(infrared):
    one = make_frame("arc_multi", "NIR", infrared, seed=5)
    two = make_frame("arc_multi", "NIR", infrared, seed=6)
    again = make_frame("arc_multi", "NIR", infrared, seed=5)
    assert one.light is two.light
    assert not np.array_equal(one.adu, two.adu)
    assert np.array_equal(one.adu, again.adu)


def test_nine_pinholes_are_seen(visible):
    light = make_frame("arc_multi", "VIS", visible).light.total
    column = light[1500:2500, 600:720].sum(axis=0)
    peaks = (column[1:-1] > column[:-2]) & (column[1:-1] > column[2:])
    assert (peaks & (column[1:-1] > 0.3 * column.max())).sum() == 9


def test_a_source_out_of_the_slit_leaves_only_sky(visible):
    frame = make_frame("object_offset", "VIS", visible, offset_arcsec=99.0)
    assert frame.light.sources.max() < 1e-3 * 30
    assert frame.light.extended.max() > 0


def test_the_classification_table_is_complete():
    triplets = {(kind.kind, kind.technique) for kind in KINDS.values()}
    for kind in ("OBJECT", "STD,FLUX", "STD,TELLURIC"):
        for technique in ("STARE", "NODDING", "OFFSET"):
            assert (kind, f"ECHELLE,SLIT,{technique}") in triplets
    for pair in (("BIAS", "IMAGE"), ("DARK", "IMAGE"), ("DOME,FLAT", "ECHELLE,SLIT"),
                 ("LAMP,WAVE", "ECHELLE,MULTI-PINHOLE"), ("LAMP,WAVE", "ECHELLE,SLIT"),
                 ("LAMP,FLAT", "ECHELLE,PINHOLE"), ("LAMP,FLAT", "IMAGE")):  # fmt: skip
        assert pair in triplets


@pytest.mark.parametrize(("kind", "arm"), [("bias", "NIR"), ("flat_off", "VIS"), ("bais", "VIS")])
def test_a_frame_that_does_not_exist_is_refused(kind, arm, visible, infrared):
    with pytest.raises(ParameterError, match=kind):
        make_frame(kind, arm, visible if arm == "VIS" else infrared)


def test_an_unknown_arm_is_refused():
    with pytest.raises(ParameterError, match="UVB"):
        make_state("UVB")
