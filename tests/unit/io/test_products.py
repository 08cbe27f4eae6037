"""Writing and reading products."""

import errno
import os
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from soxs_pipeline.domain.frame import BadPixelMap, Frame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.lines import LineList
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.errors import InputError, OutputError
from soxs_pipeline.instruments import load
from soxs_pipeline.io.products import read_product, write_product
from soxs_pipeline.io.provenance import InputFile, ParameterValue, Provenance, product_header
from soxs_pipeline.io.signatures import data_md5, product_category
from soxs_pipeline.qc.definition import QcDefinition
from tests.support.raw_files import BIAS_CARDS, small_instrument

RAW = Header({**BIAS_CARDS, "ARCFILE": "SOXS.2025-08-31T02:10:35.123.fits", "OBJECT": "BIAS"})
LINES = LineList(
    np.array([500.0, 600.0]),
    np.array([1.0, 2.0]),
    np.array(["Ar I", "Th"]),
    np.array([True, False]),
)


def make_frame(arm="VIS", **changes):
    instrument = small_instrument() if arm == "VIS" else load("SOXS")
    header = RAW.merged({"ESO SEQ ARM": arm, **changes})
    shape = (12, 9) if arm == "VIS" else (2048, 2048)
    setup = instrument.detector_setup(header, shape)
    data = np.arange(np.prod(setup.shape), dtype=np.float32).reshape(setup.shape)
    quality = np.zeros(setup.shape, np.uint32)
    quality[0, 1] = 2049
    return Frame(data, data * 4 + 1, quality, "electron", header, setup)


def make_provenance(**changes):
    made = {
        "category": "MASTER_BIAS_VIS",
        "recipe": "soxs_mbias",
        "pipeline": "soxs-pipeline/0.1.0",
        "header": RAW,
        "raw": [InputFile("SOXS.a.fits", "BIAS_VIS"), InputFile("SOXS.b.fits", "BIAS_VIS")],
        "calibrations": [InputFile("bp.fits", "BP_MAP_REFERENCE_VIS", "0f" * 16)],
        "parameters": [
            ParameterValue("clip-sigma", 4.0, 5.0, "command line"),
            ParameterValue("weighted", value=True),
        ],
        "qc": [
            QcDefinition("RAW RON", "Read noise", "electron").value(3.25),
            QcDefinition("FWHM", "Width", "pixel", per_order=True).value(1.75, 16),
        ],
        "remarks": ["only one bias"],
        "software": {"numpy": "2.0"},
    }
    return Provenance(**{**made, **changes})


def test_the_header_tells_what_the_product_was_made_of(tmp_path):
    write_product(tmp_path / "a.fits", make_frame(), header=product_header(make_provenance()))
    header = fits.getheader(tmp_path / "a.fits")
    wanted = {
        "INSTRUME": "SOXS",
        "OBJECT": "BIAS",
        "ESO SEQ ARM": "VIS",
        "ESO DET READ CURID": 1,
        "PIPEFILE": "a.fits",
        "WAVEMED": "VACUUM",
        "ESO PRO CATG": "MASTER_BIAS_VIS",
        "ESO PRO TYPE": "REDUCED",
        "ESO PRO TECH": "IMAGE",
        "ESO PRO SCIENCE": False,
        "ESO PRO DID": "PRO-1.16",
        "ESO PRO DATANCOM": 2,
        "ESO PRO ANCESTOR": "SOXS.2025-08-31T02:10:35.123.fits",
        "ESO PRO REC1 ID": "soxs_mbias",
        "ESO PRO REC1 PIPE ID": "soxs-pipeline/0.1.0",
        "ESO PRO REC1 DRS ID": "numpy-2.0",
        "ESO PRO REC1 RAW1 NAME": "SOXS.a.fits",
        "ESO PRO REC1 RAW2 CATG": "BIAS_VIS",
        "ESO PRO REC1 CAL1 NAME": "bp.fits",
        "ESO PRO REC1 CAL1 DATAMD5": "0f" * 16,
        "ESO PRO REC1 PARAM1 NAME": "clip-sigma",
        "ESO PRO REC1 PARAM1 VALUE": "4.0",
        "ESO PRO REC1 PARAM2 VALUE": "true",
        "ESO PRO REMARK1": "only one bias",
        "ESO QC RAW RON": 3.25,
        "ESO QC FWHM O16": 1.75,
    }
    assert {key: header[key] for key in wanted} == wanted
    assert header.comments["ESO PRO REC1 PARAM1 VALUE"].startswith("set by command line")
    assert header.comments["ESO QC RAW RON"] == "[electron] Read noise"
    assert not [key for key in header if key.startswith("ESO DPR")]


def test_a_frame_lies_on_disk_as_the_detector_saw_it(tmp_path):
    frame = make_frame()
    write_product(tmp_path / "a.fits", frame, header={})
    with fits.open(tmp_path / "a.fits") as units:
        assert [unit.name for unit in units] == ["FLUX", "QUAL", "ERRS"]
        assert [unit.data.shape for unit in units] == [(12, 6)] * 3
        np.testing.assert_array_equal(units["FLUX"].data, frame.data.T)
        np.testing.assert_array_equal(units["QUAL"].data, frame.quality.T)
        np.testing.assert_allclose(units["ERRS"].data ** 2, frame.variance.T, rtol=1e-6)
        assert units["FLUX"].header["BUNIT"] == "electron"
        assert units["ERRS"].header["HDUCLAS2"] == "ERROR"


def test_a_frame_keeps_how_far_the_image_of_the_slit_moved(tmp_path):
    frame = replace(make_frame(), slit_moved_px={11: -1.25, 12: 0.5})
    write_product(tmp_path / "a.fits", frame, header={})
    assert read_product(tmp_path / "a.fits", Frame).slit_moved_px == {11: -1.25, 12: 0.5}
    write_product(tmp_path / "b.fits", make_frame(), header={})
    assert read_product(tmp_path / "b.fits", Frame).slit_moved_px == {}


def test_a_map_is_turned_to_the_detector_on_disk(tmp_path):
    wave = np.arange(6.0).reshape(2, 3)
    pixels = PixelMap(wave, wave.astype("f4"), wave.astype("i2"))
    write_product(tmp_path / "a.fits", pixels, header={}, transposed=True)
    with fits.open(tmp_path / "a.fits") as units:
        np.testing.assert_array_equal(units["WAVELENGTH"].data, wave.T)
        assert units["WAVELENGTH"].header["BUNIT"] == "nm"
    np.testing.assert_array_equal(read_product(tmp_path / "a.fits", PixelMap).wavelength_nm, wave)


def test_the_file_verifies_and_its_checksums_hold(tmp_path):
    write_product(tmp_path / "a.fits", make_frame(), header=product_header(make_provenance()))
    with fits.open(tmp_path / "a.fits", checksum=True) as units:
        units.verify("exception")
        for unit in units:
            assert unit.verify_checksum() == 1
            assert unit.verify_datasum() == 1


def test_the_signature_follows_the_data_and_nothing_else(tmp_path):
    frame = make_frame()
    one, other, changed = (tmp_path / f"{name}.fits" for name in "abc")
    write_product(one, frame, header={})
    write_product(other, frame, header={"OBJECT": "renamed"})
    write_product(changed, frame.with_data(frame.data + 1, frame.variance), header={})
    assert data_md5(one) == data_md5(other) == fits.getheader(one)["DATAMD5"]
    assert data_md5(one) != data_md5(changed)


def test_a_file_without_signature_is_identified_by_its_content(tmp_path):
    fits.PrimaryHDU(np.ones(3)).writeto(tmp_path / "a.fits")
    fits.PrimaryHDU(np.zeros(3)).writeto(tmp_path / "b.fits")
    assert data_md5(tmp_path / "a.fits") != data_md5(tmp_path / "b.fits")


def test_the_given_header_outranks_that_of_the_object_but_not_the_layout(tmp_path):
    header = {"OBJECT": "given", "ESO PRO UNIT": "nonsense", "EXTNAME": "nonsense"}
    write_product(tmp_path / "a.fits", make_frame(), header=header)
    back = read_product(tmp_path / "a.fits", Frame)
    assert back.header["OBJECT"] == "given"
    assert back.unit == "electron"


def test_the_category_of_a_product(tmp_path):
    write_product(tmp_path / "a.fits", LINES, header={"ESO PRO CATG": "ARC_LINE_LIST_VIS"})
    assert product_category(tmp_path / "a.fits") == "ARC_LINE_LIST_VIS"


def test_a_table_without_the_codecs_keywords_is_read_by_its_columns(tmp_path):
    write_product(tmp_path / "a.fits", LINES, header={})
    with fits.open(tmp_path / "a.fits") as units:
        bare = fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(units[1].data, name="ANY")])
        bare.writeto(tmp_path / "bare.fits")
    assert read_product(tmp_path / "bare.fits", LineList).species.tolist() == ["Ar I", "Th"]


def truncate(path):
    path.write_bytes(path.read_bytes()[:-4000])


def raise_version(path):
    with fits.open(path, mode="update") as units:
        units[0].header["HIERARCH ESO PRO CODEC VERSION"] = 99


def lose_column(path):
    with fits.open(path) as units:
        table = fits.BinTableHDU.from_columns(units[1].columns[:2])
        fits.HDUList([units[0], table]).writeto(path.with_name("b.fits"))
    path.with_name("b.fits").replace(path)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (truncate, "damaged|truncated"),
        (raise_version, "layout 99"),
        (lose_column, "does not hold a LineList"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_text("no fits"), "not a FITS file"),
        (lambda path: path.unlink(), "cannot be read"),
    ],
)
def test_a_bad_product_ends_in_one_sentence_that_names_it(tmp_path, spoil, what):
    path = tmp_path / "a.fits"
    write_product(path, LINES, header={})
    spoil(path)
    with pytest.raises(InputError, match=what) as caught:
        read_product(path, LineList)
    assert "a.fits" in caught.value.what


def test_a_product_of_another_kind_is_refused(tmp_path):
    write_product(tmp_path / "a.fits", LINES, header={})
    with pytest.raises(InputError, match="holds a LineList") as caught:
        read_product(tmp_path / "a.fits", Frame)
    assert "Frame" in caught.value.wanted


def test_a_product_replaces_an_older_one_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new folder" / "a b.fits"
    for _ in range(2):
        write_product(path, BadPixelMap(np.ones((2, 3), np.uint32)), header={})
    assert [entry.name for entry in path.parent.iterdir()] == ["a b.fits"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EACCES, "may write to"),
        (errno.EROFS, "read-only"),
    ],
)
def test_a_failure_while_writing_leaves_the_old_file_and_no_other(
    tmp_path, monkeypatch, number, remedy
):
    path = tmp_path / "a.fits"
    write_product(path, LINES, header={})
    before = path.read_bytes()

    def fail(_handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=r"a\.fits cannot be written") as caught:
        write_product(path, make_frame(), header={})
    assert remedy in caught.value.remedy
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.fits"]


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_product(tmp_path / "file" / "a.fits", LINES, header={})
    assert "is not a file" in caught.value.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot be written"):
        write_product(tmp_path / "a.fits", LINES, header={})


def test_the_detector_setup_survives(tmp_path):
    frame = make_frame("NIR", **{"ESO DET OUT1 CONAD": 1.0, "ESO DET OUT1 GAIN": 1.0})
    measured = frame.setup.with_read_noise(9.123456789012)
    small = Frame(
        frame.data[:2, :3], frame.variance[:2, :3], frame.quality[:2, :3], "", RAW, measured
    )
    write_product(tmp_path / "a.fits", small, header={})
    back = read_product(tmp_path / "a.fits", Frame).setup
    assert back == measured
    assert (back.gain_source, back.read_noise_source) == ("instrument", "measured")
