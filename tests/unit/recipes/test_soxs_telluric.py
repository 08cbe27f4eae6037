"""The recipe says what it assumed."""

import numpy as np
import pytest

from soxs_pipeline.domain.telluric import ForeignTransmission
from soxs_pipeline.errors import NoSolutionError, ParameterError, UnprocessableDataError
from soxs_pipeline.recipes.soxs_telluric import TelluricParameters, soxs_telluric
from tests.support.air import seen_through_air, telluric_grid


def run(spectrum, standard=None, molecfit=None, **parameters):
    return soxs_telluric(
        spectrum,
        standard,
        telluric_grid(),
        molecfit=molecfit,
        parameters=TelluricParameters(**parameters),
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


def failing(_spectrum, _power):
    raise NoSolutionError("molecfit_model ended with status 1: no GDAS profile")


def test_molecfit_goes_first_where_it_is_installed():
    spectrum, above = seen_through_air(limits=(860.0, 1240.0))
    true = np.clip(spectrum.flux / above, 0.05, 1.0)

    def molecfit(_spectrum, _power):
        return ForeignTransmission(true, 2.4, 0.1, "molecfit")

    outcome = run(spectrum, molecfit=molecfit)
    assert outcome.products.telluric.corrector == "molecfit"
    assert told(outcome)["WATER"] == 2.4
    assert "LINES VEL" not in told(outcome)
    keep = (outcome.products.corrected.quality == 0) & (true > 0.3)
    assert np.allclose(outcome.products.corrected.flux[keep], above[keep], rtol=1e-6)
    assert run(spectrum, molecfit=molecfit, corrector="grid").products.telluric.corrector == "grid"


def test_where_molecfit_fails_the_templates_serve_and_it_is_said():
    spectrum, _ = seen_through_air(limits=(860.0, 1240.0))
    outcome = run(spectrum, molecfit=failing)
    assert outcome.products.telluric.corrector == "grid"
    assert any("molecfit failed" in r and "no GDAS profile" in r for r in outcome.remarks)


@pytest.mark.parametrize(
    ("molecfit", "error", "said"),
    [(failing, NoSolutionError, "no GDAS"), (None, ParameterError, "no esorex in the path")],
)
def test_who_insists_on_molecfit_gets_an_error(molecfit, error, said):
    spectrum, _ = seen_through_air(limits=(860.0, 1240.0))
    with pytest.raises(error, match=said):
        run(spectrum, molecfit=molecfit, corrector="molecfit")
