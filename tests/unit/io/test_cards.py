"""The fast header parser, against astropy's."""

import io

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.cards import parse_cards, read_header_block

values = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(-1e90, 1e90).map(lambda v: float(f"{v:.10g}")),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60).map(str.rstrip),
)
keys = st.sampled_from(["OBJECT", "EXPTIME", "ESO OBS NAME", "ESO DET OUT1 GAIN", "MJD-OBS"])


@given(st.dictionaries(keys, values))
def test_it_reads_what_astropy_writes(cards):
    header = fits.PrimaryHDU().header
    for key, value in cards.items():
        # astropy warns of a comment that it cuts.
        comment = "a comment / with 'marks'" if len(str(value)) < 20 else ""
        header[key if len(key) <= 8 else f"HIERARCH {key}"] = (value, comment)
    parsed = dict(parse_cards(header.tostring().encode("ascii")))
    assert {key: parsed[key] for key in cards} == cards
    assert all(type(parsed[key]) is type(value) for key, value in cards.items())


def card(text):
    return text.ljust(80).encode("latin-1")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("EXPTIME =               1.5D+02 / old exponent", 150.0),
        ("EXPTIME =", None),
        ("EXPTIME =                      / undefined", None),
        ("EXPTIME = 'it''s / quoted' / comment", "it's / quoted"),
        ("EXPTIME = 'never closed", "never closed"),
        ("EXPTIME =                  NAN", "nan"),
        ("HIERARCH ESO DET DIT = 3 / no blanks wanted", 3),
    ],
)
def test_a_single_card(written, value):
    ((_, parsed),) = parse_cards(card(written) + card("END"))
    assert parsed == value or (value == "nan" and np.isnan(parsed))


def test_long_texts_are_joined():
    header = fits.Header()
    header["OBJECT"] = "A very long name " * 9
    parsed = dict(parse_cards(header.tostring().encode("ascii")))
    assert parsed == {"OBJECT": ("A very long name " * 9).rstrip()}


def test_a_text_that_ends_in_an_ampersand_is_kept():
    assert dict(parse_cards(card("OBJECT  = 'A & B &'") + card("X       = 1"))) == {
        "OBJECT": "A & B &",
        "X": 1,
    }


def test_bytes_that_are_not_ascii_do_no_harm():
    parsed = dict(parse_cards(card("OBJECT  = 'caf\xe9'") + card("END")))
    assert parsed == {"OBJECT": "caf\xe9"}


def test_end_within_a_value_is_not_the_end():
    block = card("SIMPLE  =                    T") + card("OBJECT  = 'x'") + card("END")
    tricky = card("COMMENT   " + "END" + " " * 60)
    assert read_header_block(io.BytesIO((tricky + block).ljust(2880)[80:].ljust(2880)), "a")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"\0\5\x16\7\0\2\0\0Mac OS X", "not a FITS file"),
        (b"<html>not found</html>", "not a FITS file"),
        (card("SIMPLE  =                    T"), "truncated"),
        (card("SIMPLE  =                    T").ljust(2880), "truncated"),
    ],
)
def test_what_is_no_header_is_told_in_one_sentence(content, what):
    with pytest.raises(InputError, match=f"frame.fits.*{what}"):
        read_header_block(io.BytesIO(content), "frame.fits")
