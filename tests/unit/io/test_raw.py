"""Reading raw frames, good and bad."""

import gzip

import numpy as np
import pytest
from astropy.io import fits

from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError
from soxs_pipeline.io.fits_headers import is_raw_candidate, read_header, scan
from soxs_pipeline.io.raw import read_raw
from tests.support.lzw import compress
from tests.support.raw_files import BIAS_CARDS, make_hdu, small_instrument, write_raw

SOXS = small_instrument()


def pack(plain, how):
    """Pack a file as the archive does; return the packed one."""
    packed = plain.with_name(plain.name + how)
    if how == ".gz":
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    elif how == ".Z":
        packed.write_bytes(compress(plain.read_bytes()))
    elif how == ".fz":
        with fits.open(plain) as units:
            image = fits.CompImageHDU(units[0].data, units[0].header, compression_type="RICE_1")
            fits.HDUList([fits.PrimaryHDU(), image]).writeto(packed)
    else:
        return plain
    plain.unlink()
    return packed


@pytest.mark.parametrize("how", ["", ".gz", ".Z", ".fz"])
def test_every_packing_gives_the_same_pixels_and_keywords(tmp_path, how):
    data = write_raw(tmp_path / "a b.fits")
    path = pack(tmp_path / "a b.fits", how)
    raw = read_raw(path, SOXS)
    assert raw.data.dtype == np.float32
    assert raw.name == path.name
    np.testing.assert_array_equal(raw.data, data)
    for header in (raw.header, read_header(path)):
        assert {key: header[key] for key in BIAS_CARDS} == BIAS_CARDS
        assert header["NAXIS1"] == 9
    assert raw.setup.gain_e_per_adu == 1.1


@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "i4", "f4", "f8"])
def test_every_pixel_type_is_read_as_astropy_reads_it(tmp_path, kind):
    rng = np.random.default_rng(3)
    data = (rng.random((12, 9)) * 200).astype(kind)
    write_raw(tmp_path / "a.fits", data)
    np.testing.assert_array_equal(read_raw(tmp_path / "a.fits", SOXS).data, data.astype("f4"))


def test_scaling_and_blank_pixels(tmp_path):
    unit = make_hdu(np.arange(108, dtype=np.int16).reshape(12, 9))
    unit.header["BLANK"] = 5
    unit.header["BSCALE"], unit.header["BZERO"] = 0.5, 10.0
    unit.header.tofile(tmp_path / "a.fits")
    with (tmp_path / "a.fits").open("ab") as stream:
        stream.write(np.arange(108, dtype=">i2").tobytes())
    data = read_raw(tmp_path / "a.fits", SOXS).data
    assert np.isnan(data[0, 5])
    assert data[0, 6] == 13.0
    assert np.isnan(data).sum() == 1


def test_pixels_that_are_not_finite_are_kept(tmp_path):
    data = np.ones((12, 9), np.float32)
    data[3, 4], data[5, 6] = np.nan, np.inf
    write_raw(tmp_path / "a.fits", data)
    np.testing.assert_array_equal(read_raw(tmp_path / "a.fits", SOXS).data, data)


def test_a_degenerate_third_axis_does_not_matter(tmp_path):
    data = np.ones((1, 12, 9), np.float32)
    write_raw(tmp_path / "a.fits", data)
    assert read_raw(tmp_path / "a.fits", SOXS).data.shape == (12, 9)


def test_an_image_in_the_first_extension_is_found(tmp_path):
    unit = make_hdu(None)
    fits.HDUList([unit, fits.ImageHDU(np.ones((12, 9), "f4"))]).writeto(tmp_path / "a.fits")
    assert read_raw(tmp_path / "a.fits", SOXS).data.sum() == 108


def broken(tmp_path, kind):
    """Make one bad file and return its path."""
    path = tmp_path / "bad.fits"
    without = {"no arm": ["ESO SEQ ARM"], "no type": ["ESO DPR TYPE"]}.get(kind, [])
    cards = dict(BIAS_CARDS)
    cards |= {
        "blank type": {"ESO DPR TYPE": " "},
        "other arm": {"ESO SEQ ARM": "UVB"},
        "other instrument": {"INSTRUME": "XSHOOTER"},
        "product": {"ESO PRO CATG": "MASTER_BIAS_VIS"},
        "wrong arm": {"ESO SEQ ARM": "NIR"},
        "odd binning": {"ESO DET BINX": 4},
        "not its binning": {"ESO DET BINX": 2},
    }.get(kind, {})
    data = {"cube": np.ones((2, 12, 9), "f4"), "spectrum": np.ones(9, "f4")}.get(kind)
    write_raw(path, data, cards, without=without)
    content = path.read_bytes()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "no fits":
        path.write_bytes(b"\0\5\x16\7" + b"x" * 9000)
    elif kind == "truncated header":
        path.write_bytes(content[:1000])
    elif kind == "truncated image":
        path.write_bytes(content[:2890])
    elif kind == "no image":
        make_hdu(None).writeto(path, overwrite=True)
    return path


BAD = {
    "empty": "empty",
    "no fits": "not a FITS file",
    "truncated header": "truncated",
    "truncated image": "truncated: 10 of 216 bytes",
    "no image": "no two-dimensional image",
    "cube": "no two-dimensional image",
    "spectrum": "no two-dimensional image",
    "no arm": "ESO SEQ ARM is missing",
    "no type": "ESO DPR TYPE missing",
    "blank type": "ESO DPR TYPE missing",
    "other arm": "'UVB'",
    "wrong arm": r"9 columns x 12 rows does not fit arm NIR",
    "other instrument": "XSHOOTER",
    "product": "product of kind MASTER_BIAS_VIS",
    "odd binning": "4x1",
    "not its binning": "binned 2x1",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_frame_ends_in_one_sentence_that_names_it(tmp_path, kind):
    with pytest.raises(InputError, match=BAD[kind]) as caught:
        read_raw(broken(tmp_path, kind), SOXS)
    assert "bad.fits" in caught.value.what
    assert "\n" not in caught.value.what
    assert caught.value.wanted or caught.value.remedy


@pytest.mark.parametrize("how", [".gz", ".Z", ".fz"])
@pytest.mark.parametrize("part", [0.02, 0.5])
def test_a_truncated_packed_frame_is_told(tmp_path, how, part):
    rng = np.random.default_rng(1)
    write_raw(tmp_path / "a.fits", rng.integers(0, 65536, (12, 9), dtype=np.uint16))
    path = pack(tmp_path / "a.fits", how)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(InputError, match=r"truncated|damaged|not a"):
        read_raw(path, SOXS)


@pytest.mark.parametrize("name", ["missing.fits", "folder.fits"])
def test_what_is_no_file_is_told(tmp_path, name):
    (tmp_path / "folder.fits").mkdir()
    for read in (read_header, lambda path: read_raw(path, SOXS)):
        with pytest.raises(InputError, match=name):
            read(tmp_path / name)


def test_a_header_longer_than_the_beginning_of_a_packed_file_is_read(tmp_path):
    rng = np.random.default_rng(5)
    unit = make_hdu(np.ones((12, 9), "f4"))
    for k in range(6000):
        unit.header[f"HIERARCH ESO INS TEMP{k} VAL"] = rng.random()
    unit.writeto(tmp_path / "a.fits")
    path = pack(tmp_path / "a.fits", ".Z")
    assert path.stat().st_size > 1 << 16
    assert "ESO INS TEMP5999 VAL" in read_header(path)


def test_the_header_reveals_a_truncated_plain_file(tmp_path):
    with pytest.raises(InputError, match="truncated"):
        read_header(broken(tmp_path, "truncated image"))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("SOXS.2025-08-31T02:10:35.123.fits", True),
        ("a.FITS", True),
        ("a.fits.Z", True),
        ("a.fits.gz", True),
        ("a.fits.fz", True),
        ("a.fit", True),
        ("with blanks.fits", True),
        ("._SOXS.2025-08-31T02:10:35.123.fits", False),
        (".a.fits.1a2b.part", False),
        ("a.fits.txt", False),
        ("a.sof", False),
    ],
)
def test_which_names_are_those_of_frames(tmp_path, name, is_one):
    assert is_raw_candidate(tmp_path / name) is is_one


def test_scan_gives_every_frame_and_every_problem(tmp_path):
    write_raw(tmp_path / "good one.fits")
    (tmp_path / "._good one.fits").write_bytes(b"\0\5\x16\7")
    (tmp_path / "empty.fits").touch()
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "below").mkdir()
    (tmp_path / ".hidden").mkdir()
    write_raw(tmp_path / "below" / "deep.fits")
    write_raw(tmp_path / ".hidden" / "unseen.fits")
    flat = {path.name: type(header) for path, header in scan(tmp_path)}
    assert flat == {"good one.fits": Header, "empty.fits": InputError}
    deep = {path.name: type(header) for path, header in scan(tmp_path, recursive=True)}
    assert deep == flat | {"deep.fits": Header}


def test_scan_takes_one_of_a_plain_and_a_packed_twin(tmp_path):
    write_raw(tmp_path / "a.fits")
    (tmp_path / "a.fits.gz").write_bytes(gzip.compress((tmp_path / "a.fits").read_bytes()))
    assert [path.name for path, _ in scan(tmp_path)] == ["a.fits"]


def test_scan_of_no_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        list(scan(tmp_path / "nowhere"))


@pytest.mark.parametrize("seconds", ["???", -999.5, 0.0, None])
def test_a_frame_of_light_without_an_exposure_time_is_an_error(tmp_path, seconds):
    cards = BIAS_CARDS | {"ESO DPR TYPE": "OBJECT", "EXPTIME": seconds}
    write_raw(tmp_path / "a.fits", cards=cards, without=() if seconds else ("EXPTIME",))
    with pytest.raises(InputError, match=r"a\.fits does not tell how long it was exposed"):
        read_raw(tmp_path / "a.fits", SOXS)
    assert read_raw(tmp_path / "a.fits", SOXS, {"EXPTIME": 5.0}).header["EXPTIME"] == 5.0


def test_the_detectors_own_exposure_time_and_the_date_fill_in(tmp_path):
    cards = {"ESO DPR TYPE": "OBJECT", "ESO DET UIT1": 30.0, "DATE-OBS": "2026-03-11T06:00:00"}
    write_raw(tmp_path / "a.fits", cards=BIAS_CARDS | cards, without=("MJD-OBS", "EXPTIME"))
    for header in (read_raw(tmp_path / "a.fits", SOXS).header, read_header(tmp_path / "a.fits")):
        assert header["EXPTIME"] == 30.0
        assert header["MJD-OBS"] == pytest.approx(61110.25)
