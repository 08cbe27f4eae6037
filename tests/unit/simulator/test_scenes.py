"""Named scenes."""

import pytest

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.simulator.scenes import SCENES, Scene, get_scene, standard_scene

WANTED = {
    "standard", "faint19", "faint20", "bright", "no_object", "two_objects", "emission_lines",
    "moonlit", "bad_seeing", "superb_seeing", "few_lines", "flexed",
}  # fmt: skip


def test_the_extreme_scenes_exist():
    assert set(SCENES) >= WANTED
    assert not SCENES["no_object"].sources
    assert len(SCENES["two_objects"].sources) == 2


def test_an_unknown_scene_is_refused():
    with pytest.raises(ParameterError, match="one of"):
        get_scene("rainy")


def test_a_scene_of_ones_own_is_taken_as_it_is():
    own = Scene(airmass=1.9)
    assert get_scene(own) is own


def test_standards_are_seen_through_the_widest_slit():
    scene = standard_scene(Scene(seeing_arcsec=0.7))
    assert scene.slit_arcsec == 5.0
    assert scene.seeing_arcsec == 0.7
    assert scene.sources[0].kind == "standard"
