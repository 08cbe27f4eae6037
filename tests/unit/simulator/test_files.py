"""Files as the archive delivers them."""

import shutil
import subprocess

import numpy as np
import pytest
from astropy.io import fits

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.simulator.files import lzw_compress, write_apple_double, write_raw

RNG = np.random.default_rng(8)
CONTENTS = {
    "empty": b"",
    "one": b"a",
    "repeats": b"hello " * 3000,
    "noise": RNG.integers(0, 256, 200_000).astype(np.uint8).tobytes(),
}


def header(arm):
    cards = fits.Header()
    cards["HIERARCH ESO SEQ ARM"] = arm
    cards["EXPTIME"] = 3.0
    return cards


@pytest.mark.skipif(shutil.which("gzip") is None, reason="no gzip to decode with")
@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("name", CONTENTS)
def test_gzip_decodes_what_the_encoder_wrote(name, bits, tmp_path):
    path = tmp_path / "x.Z"
    path.write_bytes(lzw_compress(CONTENTS[name], bits))
    run = subprocess.run(["gzip", "-dc", str(path)], capture_output=True, check=True)
    assert run.stdout == CONTENTS[name]


@pytest.mark.parametrize(("compress", "hdu"), [("", 0), ("gz", 0), ("fz", 1)])
@pytest.mark.parametrize(("arm", "kind"), [("VIS", "u"), ("NIR", "f")])
def test_frames_survive_the_disk(arm, kind, compress, hdu, tmp_path):
    image = RNG.normal(500, 20, (40, 60)).astype(np.float32)
    image = np.rint(image) if arm == "VIS" else image
    path = write_raw(tmp_path, "SOXS.x.fits", image, header(arm), compress)
    with fits.open(path) as hdus:
        assert hdus[hdu].data.dtype.kind == kind
        assert np.array_equal(hdus[hdu].data, image)
        assert hdus[hdu].header["ESO SEQ ARM"] == arm
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_frame_in_z_is_the_plain_frame(tmp_path):
    image = np.full((20, 20), 7.0, np.float32)
    plain = write_raw(tmp_path, "SOXS.a.fits", image, header("VIS"))
    packed = write_raw(tmp_path, "SOXS.b.fits", image, header("VIS"), "Z")
    assert packed.suffix == ".Z"
    assert packed.read_bytes() == lzw_compress(plain.read_bytes())


def test_an_unknown_compression_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="zip"):
        write_raw(tmp_path, "SOXS.a.fits", np.zeros((2, 2), np.float32), header("VIS"), "zip")


def test_apple_double_files_are_no_fits_files(tmp_path):
    path = write_apple_double(tmp_path, "SOXS.a.fits")
    assert path.name == "._SOXS.a.fits"
    assert not path.read_bytes().startswith(b"SIMPLE")
    assert path.stat().st_size > 4000
