"""A folder of mixed frames, with the truth beside it."""

from collections import Counter

import numpy as np
import pytest
from astropy.io import fits

from soxs_pipeline.errors import OutputError, ParameterError
from soxs_pipeline.simulator import blocks
from soxs_pipeline.simulator.night import BLOCKS, simulate
from soxs_pipeline.simulator.scenes import Scene, Source

SCENE = Scene(sources=(Source("standard", None),), exptime=(20.0, 20.0))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    out = tmp_path_factory.mktemp("small") / "raw frames"
    said = []
    frames = simulate(
        out,
        seed=5,
        arms=("VIS",),
        scene=SCENE,
        frames=("bias", "arc_pinhole", "object"),
        n_bias=2,
        quirks=("apple_double",),
        progress=said.append,
    )
    return out, frames, said


def test_frames_are_one_hdu_with_archive_names(small):
    out, frames, said = small
    assert len(frames) == len(said) == 4
    for path in frames:
        with fits.open(path) as hdus:
            assert len(hdus) == 1
            assert hdus[0].data.shape == (4096, 858)
            assert hdus[0].header["ARCFILE"] == path.name
        assert (out / f"._{path.name}").exists()


def test_the_truth_adds_up_to_the_frame(small):
    out, frames, _ = small
    beside = out.with_name(out.name + "_truth")
    stem = frames[-1].name.removesuffix(".fits")
    cosmics = fits.open(beside / f"{stem}_truth.fits")
    hit = np.zeros((4096, 808))
    table = cosmics[1].data
    hit[table["ROW"], table["COLUMN"]] = table["ELECTRONS"]
    with fits.open(beside / cosmics[1].header["LIGHT"]) as light:
        assert np.allclose(
            light["TOTAL"].data,
            light["OBJECT"].data + light["SKY"].data + light["SCATTERED"].data,
        )
        response = fits.getdata(beside / "detector_VIS.fits", "RESPONSE")
        expected = light["TOTAL"].data * response + hit
    cosmics.close()
    raw = fits.getdata(frames[-1]).astype(float)
    signal = (raw[:, 50:] - np.median(raw[:, 5:45])) * 1.1
    pull = (signal - expected) / np.sqrt(expected + 3.4**2)
    dark_pixels = fits.getdata(beside / "detector_VIS.fits", "HOT") > 0
    good = ~dark_pixels & (raw[:, 50:] < 65535)
    assert pull[good].std() == pytest.approx(1.0, abs=0.1)


def test_science_has_moved_a_little_against_the_day(small):
    out, _, _ = small
    beside = out.with_name(out.name + "_truth")
    day = fits.getdata(beside / "map_VIS_day.fits", "TRACES")
    sky = fits.getdata(next(beside.glob("map_object_VIS_*.fits")), "TRACES")
    pick = (day["ORDER"] == 4) & (day["X"] == 2000)
    other = (sky["ORDER"] == 4) & (sky["X"] == 2000)
    along = (sky["WAVELENGTH"][other] - day["WAVELENGTH"][pick]) / 0.048
    across = sky["Y"][other] - day["Y"][pick]
    assert 0.05 < np.hypot(along, across)[0] < 0.5


def test_spectra_tell_what_the_source_gave(small):
    out, _, _ = small
    beside = out.with_name(out.name + "_truth")
    with fits.open(next(beside.glob("spectra_object_VIS_*.fits"))) as hdus:
        source = hdus["SOURCE1"].data
        assert set(source["ORDER"]) == {1, 2, 3, 4}
        assert (source["ELECTRONS"] >= 0).all()
        assert hdus["SKYLINES"].data["ELECTRONS"].max() > 0
        assert (hdus["ORDERS"].data["EFFICIENCY"] > 0).all()


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("arm", ["VIS", "NIR"])
def test_plans_hold_complete_sets(arm, block):
    shots = blocks.plan_shots(arm, Scene(), block, {"bias": 5, "flat": 5, "dark": 3})
    kinds = Counter(shot.kind for shot in shots)
    if block == "nod":
        assert kinds["object_nod"] == 4
        assert sum(shot.nod_arcsec > 0 for shot in shots if shot.nod_arcsec is not None) == 2
    if block == "night":
        assert kinds["std_flux"] == kinds["object"] == 1
        assert {shot.standard for shot in shots if shot.kind == "flat"} == {True, False}
    if block != "bare" and arm == "NIR":
        assert kinds["flat"] == kinds["flat_off"]
        # The series of flats needs the short darks only.
        assert kinds["dark"] == (3 if block == "linearity" else 6)


def test_a_stare_may_have_many_exposures():
    shots = blocks.plan_shots(
        "VIS", Scene(), "flux", {"bias": 5, "flat": 5, "dark": 3, "object": 3}
    )
    seen = [shot for shot in shots if shot.kind == "object"]
    assert [(shot.number, shot.total, shot.on_sky) for shot in seen] == [
        (1, 3, True), (2, 3, True), (3, 3, True)
    ]  # fmt: skip
    assert sum(shot.kind == "std_flux" for shot in shots) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"block": "tea"}, {"quirks": ("odd",)}, {"arms": ("UVB",)}, {"arms": ()}, {"frames": ("x",)}],
)
def test_unknown_names_are_refused(wrong, tmp_path):
    with pytest.raises(ParameterError):
        simulate(tmp_path / "n", **wrong)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"):
        simulate(tmp_path / "file" / "n", frames=())
