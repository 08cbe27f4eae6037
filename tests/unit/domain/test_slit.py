"""The slit in a header."""

import math

import pytest

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.slit import slit_width_arcsec


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("SLIT1.0", 1.0), ("SLIT0.5", 0.5), ("SLIT5.0", 5.0), ("SLIT1_5", 1.5), ("SLIT_1.0", 1.0),
        ("Slit 1.5x12", 1.5), ("1.0", 1.0), ("PINHOLE", None), ("MULTPIN9", None), ("BLANK", None),
        ("SLIT", None), ("SLIT99", None), ("4", None), ("SLIT1", 1.0), ("", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["ESO INS VISE NAME", "ESO INS NISE NAME", "ESO INS NISE ID"])
def test_the_width_is_in_the_name(key, name, width):
    found = slit_width_arcsec(Header({key: name}))
    assert math.isnan(found) if width is None else found == width


def test_without_a_name_there_is_no_width():
    assert math.isnan(slit_width_arcsec(Header({})))
