"""The recipe says what it assumed."""

import numpy as np
import pytest

from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.recipes.soxs_telluric import TelluricParameters, soxs_telluric
from tests.support.air import seen_through_air, telluric_grid


def run(spectrum, standard=None, **parameters):
    return soxs_telluric(
        spectrum, standard, telluric_grid(), parameters=TelluricParameters(**parameters)
    )


def told(outcome):
    return {value.definition.key: value.value for value in outcome.qc}


def test_quality_tells_water_and_bands():
    spectrum, above = seen_through_air(limits=(860.0, 1240.0))
    outcome = run(spectrum)
    qc = told(outcome)
    assert qc["WATER"] == pytest.approx(2.5, rel=0.15)
    assert qc["BANDS FIT"] == len(outcome.products.telluric.bands)
    assert not outcome.remarks
    keep = outcome.products.corrected.quality == 0
    ratio = outcome.products.corrected.flux[keep] / above[keep]
    before = spectrum.flux[keep] / above[keep]
    assert ratio.std() < 0.6 * before.std()


def test_noise_is_said_to_tell_nothing():
    spectrum, _ = seen_through_air(limits=(860.0, 1240.0), snr=0.01)
    outcome = run(spectrum)
    assert any("could not be measured" in remark for remark in outcome.remarks)
    assert "WATER ERR" not in told(outcome)


def test_a_standard_of_noise_is_left_out():
    spectrum, _ = seen_through_air(limits=(860.0, 1240.0))
    nothing, _ = seen_through_air(limits=(600.0, 615.0))
    outcome = run(spectrum, nothing)
    assert any("telluric standard" in remark for remark in outcome.remarks)
    np.testing.assert_array_equal(
        outcome.products.corrected.flux, run(spectrum).products.corrected.flux
    )


def test_blue_of_all_bands_there_is_nothing_to_do():
    spectrum, _ = seen_through_air(limits=(561.0, 580.0))
    with pytest.raises(UnprocessableDataError, match="no band"):
        run(spectrum)
