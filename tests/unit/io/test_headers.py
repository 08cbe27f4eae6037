"""Cards of products."""

import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from soxs_pipeline.domain.header import Header
from soxs_pipeline.io.cards import parse_cards
from soxs_pipeline.io.headers import inheritable, put_cards, to_ascii

keys = st.sampled_from(["OBJECT", "ESO PRO REC1 PARAM12 VALUE", "ESO QC MBIAS MEDIAN O16"])
values = st.one_of(st.text(max_size=200), st.floats(), st.integers(-(2**62), 2**62), st.booleans())


@given(st.dictionaries(keys, st.tuples(values, st.text(max_size=120))))
def test_whatever_is_put_there_the_header_stays_valid(cards):
    header = fits.Header()
    put_cards(header, cards)
    for card in header.cards:
        card.verify("exception")
    text = header.tostring()
    text.encode("ascii")
    assert "CONTINUE" not in text
    assert {key for key, _ in parse_cards(text.encode())} == set(cards)


def put(key, value, comment=""):
    header = fits.Header()
    put_cards(header, {key: (value, comment)})
    return header


def test_a_short_text_with_its_comment_is_kept_whole():
    header = put("ESO PRO CATG", "MASTER_BIAS_VIS", "Category")
    assert (header["ESO PRO CATG"], header.comments["ESO PRO CATG"]) == (
        "MASTER_BIAS_VIS",
        "Category",
    )


def test_a_long_text_is_cut_and_stands_whole_in_history():
    whole = "The read noise was not told by the header, so that of the instrument was used instead"
    header = put("ESO PRO REMARK1", whole)
    assert header["ESO PRO REMARK1"].endswith("...")
    joined = " ".join(str(line).strip() for line in header["HISTORY"])
    assert joined == f"ESO PRO REMARK1 = {whole}"


def test_a_long_comment_is_cut_between_words():
    header = put("ESO QC RAW RON", 3.3, "[electron] Read noise of one raw frame of the set")
    assert header.comments["ESO QC RAW RON"] == "[electron] Read noise of one raw frame of the"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_what_is_no_number_is_undefined(value):
    header = put("ESO QC RAW RON", value)
    assert dict(parse_cards(header.tostring().encode()))["ESO QC RAW RON"] is None


def test_letters_beyond_ascii_are_spelt():
    assert to_ascii("χ² of 5 µm ± 1σ, Å\u212b – Müller…\n") == (
        "chi^2 of 5 um +/- 1sigma, AngstromAngstrom - Muller..."
    )


def test_blanks_within_a_text_stay():
    assert to_ascii(" SN  2026abc\t") == "SN  2026abc"


def test_what_a_product_inherits():
    raw = Header(
        {
            "SIMPLE": True, "NAXIS": 2, "NAXIS1": 858, "BZERO": 32768, "INSTRUME": "SOXS",
            "EXPTIME": 3.0, "ESO DPR TYPE": "BIAS", "ESO PRO CATG": "X", "ESO QC A": 1,
            "ESO SEQ ARM": "VIS", "CRPIX1": 1.0, "CD1_1": 1.0, "CHECKSUM": "x", "RADECSYS": "FK5",
            "ZCMPTYPE": "RICE_1", "TTYPE1": "WAVE", "ARCFILE": "SOXS.fits", "ESO PROG ID": "1",
            "HISTORY": "of this file",
        }
    )  # fmt: skip
    assert dict(inheritable(raw)) == {
        "INSTRUME": "SOXS",
        "EXPTIME": 3.0,
        "ESO SEQ ARM": "VIS",
        "RADESYS": "FK5",
        "ARCFILE": "SOXS.fits",
        "ESO PROG ID": "1",
    }


def test_inheriting_twice_changes_nothing():
    once = inheritable(Header({"EXPTIME": 1.0, "ESO PRO CATG": "A", "RADESYS": "ICRS"}))
    assert dict(inheritable(once)) == dict(once)
