from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.reduction.merging.merge import merge_spectra


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def source(wave):
    return 40.0 * (wave / 900.0) ** -1.5


def make_order(rng, order, low, high, *, blazed=True, noise=20.0, level=1.0, exposure=600.0):
    """One order: a source and a flat lamp through the same blaze."""
    wave = np.linspace(low, high, 1000)
    width = np.gradient(wave)
    blaze = np.sinc((wave - 0.5 * (low + high)) / (high - low) * 0.9) ** 2 * level
    lamp = 1e4 * (wave / 1000.0) ** 3 * blaze
    flux = source(wave) * blaze * width * exposure
    variance = noise**2 + flux
    return OrderSpectrum(
        order=order,
        wavelength_nm=wave,
        width_nm=width,
        flux=flux + rng.normal(0, np.sqrt(variance)),
        variance=variance,
        correlation=np.zeros(1000),
        boxcar=flux,
        boxcar_variance=variance,
        sky=0.1 * flux,
        quality=np.zeros(1000, dtype=np.uint32),
        blaze=lamp if blazed else np.full(1000, np.nan),
        x=np.arange(1000.0),
        y=np.zeros(1000),
    )


def make_exposure(arm, spectra, exposure=600.0):
    return OrderSpectra(tuple(spectra), exposure, arm, Header({"MJD-OBS": 61000.0}))


def two_arms(rng, **options):
    blue = make_exposure("BLUE", [make_order(rng, 2, 500, 660, **options),
                                  make_order(rng, 1, 640, 850, **options)])  # fmt: skip
    red = make_exposure("RED", [make_order(rng, 12, 800, 930, **options),
                                make_order(rng, 11, 905, 1040, **options)])  # fmt: skip
    return [blue, red]


def test_orders_and_arms_join_without_a_step(rng):
    merged, joins, _ = merge_spectra(two_arms(rng), velocity_step_km_s=30.0, match_arms=True)
    ratio = merged.flux / source(merged.wavelength_nm)
    seen = np.isfinite(ratio)
    # The reference lamp is smooth: what is left of it must not change over a join.
    for at in (650.0, 825.0, 917.0):
        left = seen & (merged.wavelength_nm > at - 20) & (merged.wavelength_nm < at)
        right = seen & (merged.wavelength_nm > at) & (merged.wavelength_nm < at + 20)
        assert abs(np.nanmedian(ratio[right]) / np.nanmedian(ratio[left]) - 1) < 0.04
    for join in joins:
        assert abs(join.ratio - 1) < 4 * join.error


def test_errors_are_true(rng):
    pulls = []
    clean = merge_spectra(two_arms(_Silent()), velocity_step_km_s=20.0, match_arms=False)[0].flux
    for _ in range(5):
        merged, *_ = merge_spectra(two_arms(rng), velocity_step_km_s=20.0, match_arms=False)
        pulls.append((merged.flux - clean) / np.sqrt(merged.variance))
    pull = np.concatenate(pulls)
    pull = pull[np.isfinite(pull)]
    assert abs(pull.mean()) < 0.05
    assert 0.95 < pull.std() < 1.05


class _Silent:
    """A generator without noise."""

    def normal(self, mean, spread):
        return mean + 0 * np.asarray(spread)


def test_a_dimmer_arm_is_scaled_to_the_bluer_one(rng):
    blue, red = two_arms(rng)
    dim = make_exposure("RED", [make_order(rng, 12, 800, 930, level=0.7),
                                make_order(rng, 11, 905, 1040, level=0.7)])  # fmt: skip
    dim = OrderSpectra(
        tuple(_with_lamp(s, o) for s, o in zip(dim.spectra, red.spectra, strict=True)),
        600.0, "RED", dim.header,
    )  # fmt: skip
    merged, joins, remarks = merge_spectra([blue, dim], velocity_step_km_s=30.0, match_arms=True)
    arm = next(j for j in joins if j.left == "BLUE")
    assert arm.ratio == pytest.approx(0.7, abs=4 * arm.error)
    assert any("flat lamp of RED raised by 0.7" in said for said in remarks)
    ratio = merged.flux / source(merged.wavelength_nm)
    # Where one arm begins and the other ends the curve may bend, but it must not jump.
    for edge in (800.0, 850.0):
        near = np.abs(merged.wavelength_nm - edge) < 6
        x = merged.wavelength_nm[near] - edge
        step = np.polynomial.Polynomial.fit(x[x < 0], ratio[near][x < 0], 1)(0.0)
        assert np.polynomial.Polynomial.fit(x[x > 0], ratio[near][x > 0], 1)(0.0) == pytest.approx(
            step, rel=0.03
        )


def _with_lamp(spectrum, other):
    fields = {name: getattr(spectrum, name) for name in spectrum.__dataclass_fields__}
    return OrderSpectrum(**{**fields, "blaze": other.blaze})


def test_flagged_bins_leave_no_trace(rng):
    spectra = two_arms(rng)
    order = spectra[0].spectra[0]
    flux, quality = order.flux.copy(), order.quality.copy()
    flux[300:303], quality[300:303] = 1e9, int(Quality.COSMIC_RAY)
    fields = {name: getattr(order, name) for name in order.__dataclass_fields__}
    hit = OrderSpectrum(**{**fields, "flux": flux, "quality": quality})
    spectra[0] = make_exposure("BLUE", [hit, spectra[0].spectra[1]])
    merged, *_ = merge_spectra(spectra, velocity_step_km_s=30.0, match_arms=False)
    assert np.nanmax(merged.flux) < 1e3


def calibrated(exposure, **changes):
    spectra = tuple(
        replace(s, sensitivity=1e16 * s.blaze, sensitivity_error=np.full(1000, 0.01))
        for s in exposure.spectra
    )
    return replace(exposure, spectra=spectra, **changes)


def test_errors_of_the_flux_scale_add_up_and_those_of_single_exposures_average_out(rng):
    blue, red = two_arms(rng)

    def error(*exposures):
        merged, *_ = merge_spectra(exposures, velocity_step_km_s=30.0, match_arms=True)
        return merged.flux_error

    one = calibrated(blue, flux_error=0.04)
    assert error(calibrated(blue)) == pytest.approx(0.01)
    assert error(one) == pytest.approx(np.hypot(0.01, 0.04))
    assert error(*[one] * 4) == pytest.approx(np.hypot(0.01, 0.02))
    # Of two arms the worse one counts.
    assert error(one, calibrated(red, flux_error=0.02)) == pytest.approx(np.hypot(0.01, 0.04))


def test_a_calibrated_spectrum_keeps_what_was_counted(rng):
    blue, _ = two_arms(rng)
    counted, *_ = merge_spectra([blue], velocity_step_km_s=30.0, match_arms=True)
    known = calibrated(blue)
    merged, *_ = merge_spectra([known], velocity_step_km_s=30.0, match_arms=True)
    assert counted.reduced is None
    assert merged.unit == "erg/s/cm2/Angstrom"
    np.testing.assert_allclose(merged.reduced, counted.flux)
    np.testing.assert_allclose(merged.reduced_error, np.sqrt(counted.variance))


def test_wavelengths_without_light_are_flagged(rng):
    exposure = make_exposure("RED", [make_order(rng, 12, 800, 900),
                                     make_order(rng, 11, 910, 1010)])  # fmt: skip
    merged, *_ = merge_spectra([exposure], velocity_step_km_s=30.0, match_arms=True)
    gap = (merged.wavelength_nm > 901) & (merged.wavelength_nm < 909)
    assert np.isnan(merged.flux[gap]).all()
    assert (merged.quality[gap] & int(Quality.NO_DATA)).all()


def test_without_a_lamp_the_user_is_told(rng):
    exposure = make_exposure("RED", [make_order(rng, 12, 800, 930, blazed=False)])
    _, _, remarks = merge_spectra([exposure], velocity_step_km_s=30.0, match_arms=True)
    assert any("no flat-lamp signal" in said for said in remarks)


def test_nothing_usable_is_an_error(rng):
    order = make_order(rng, 12, 800, 930)
    fields = {name: getattr(order, name) for name in order.__dataclass_fields__}
    lost = OrderSpectrum(**{**fields, "quality": np.full(1000, 16, dtype=np.uint32)})
    with pytest.raises(UnprocessableDataError, match="no order"):
        merge_spectra([make_exposure("RED", [lost])], velocity_step_km_s=30.0, match_arms=True)
