"""The decoder of .Z files."""

import shutil
import subprocess
import time

import numpy as np
import pytest

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.lzw import decode_lzw
from tests.support.lzw import compress

RNG = np.random.default_rng(7)
SAMPLES = {
    "empty": b"",
    "one byte": b"a",
    "repeated": b"\0" * 70_000,
    "code of itself": b"abababababab" * 9,
    "text": b"SIMPLE  =                    T / standard" * 900,
    "noise": RNG.integers(0, 256, 120_000, dtype=np.uint8).tobytes(),
    "counts": RNG.poisson(600, 60_000).astype(">u2").tobytes(),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("max_bits", [10, 12, 16])
@pytest.mark.parametrize("clear_every", [0, 300, 5000])
def test_decoding_undoes_encoding(name, max_bits, clear_every):
    packed = compress(SAMPLES[name], max_bits, clear_every)
    assert decode_lzw(packed, "x.Z") == SAMPLES[name]


@pytest.mark.skipif(shutil.which("gzip") is None, reason="gzip, which reads .Z, is missing")
@pytest.mark.parametrize("name", ["text", "noise", "counts", "repeated"])
@pytest.mark.parametrize(("max_bits", "clear_every"), [(16, 0), (16, 700), (12, 0)])
def test_the_encoder_of_these_tests_speaks_the_true_format(name, max_bits, clear_every):
    packed = compress(SAMPLES[name], max_bits, clear_every)
    done = subprocess.run(["gzip", "-dc"], input=packed, capture_output=True, check=True)
    assert done.stdout == SAMPLES[name]


@pytest.mark.skipif(shutil.which("compress") is None, reason="the program compress is missing")
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("max_bits", [10, 12, 16])
def test_decoding_undoes_the_program_compress(name, max_bits):
    done = subprocess.run(
        ["compress", "-f", "-c", "-b", str(max_bits)],
        input=SAMPLES[name],
        capture_output=True,
        check=False,
    )
    assert decode_lzw(done.stdout, "x.Z") == SAMPLES[name]


@pytest.mark.skipif(shutil.which("compress") is None, reason="the program compress is missing")
def test_a_frame_is_decoded_within_three_seconds():
    content = RNG.normal(600, 4, (4096, 1024)).astype(">u2").tobytes()
    packed = subprocess.run(["compress", "-c"], input=content, capture_output=True, check=False)
    start = time.process_time()
    assert decode_lzw(packed.stdout, "x.Z") == content
    assert time.process_time() - start < 3


def test_the_beginning_of_a_file_gives_the_beginning_of_its_content():
    content = SAMPLES["counts"]
    beginning = decode_lzw(compress(content)[:20_000], "x.Z")
    assert len(beginning) > 10_000
    assert content.startswith(beginning)


def test_what_is_not_compressed_is_refused():
    with pytest.raises(InputError, match=r"x\.Z is not a compressed"):
        decode_lzw(b"SIMPLE  = T", "x.Z")


def test_a_code_that_cannot_be_there_is_refused():
    # 9-bit codes 'a', then 400 while the table ends at 257.
    codes = ord("a") | 400 << 9
    with pytest.raises(InputError, match="damaged"):
        decode_lzw(b"\x1f\x9d\x90" + codes.to_bytes(3, "little"), "x.Z")


def test_codes_of_impossible_width_are_refused():
    with pytest.raises(InputError, match="31 bits"):
        decode_lzw(b"\x1f\x9d\x9f" + b"\0" * 20, "x.Z")


def test_noise_behind_the_magic_is_refused_or_decoded_but_never_crashes():
    for seed in range(40):
        noise = np.random.default_rng(seed).integers(0, 256, 3000, dtype=np.uint8).tobytes()
        try:
            decode_lzw(b"\x1f\x9d\x90" + noise, "x.Z")
        except InputError as error:
            assert "damaged" in error.what  # noqa: PT017 - both ways are right
