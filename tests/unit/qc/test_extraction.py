import numpy as np
import pytest

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum
from soxs_pipeline.qc.extraction import measure_orders


def spectrum(order, flux, sigma, flags=0):
    n = 100
    quality = np.zeros(n, np.uint32)
    quality[:10] = flags
    wave = np.linspace(500.0, 510.0, n)
    ones = np.ones(n)
    return OrderSpectrum(
        order, wave, 0.1 * ones, flux * ones, sigma**2 * ones, 0 * ones, 0.98 * flux * ones,
        sigma**2 * ones, ones, quality, ones, np.arange(n), ones,
    )  # fmt: skip


def values_of(*spectra):
    orders = OrderSpectra(spectra, 600.0, "TOY", Header())
    return {(v.definition.key, v.order): v.value for v in measure_orders(orders)}


def test_signal_to_noise_of_each_order_and_of_all():
    values = values_of(spectrum(11, 100.0, 10.0), spectrum(12, 300.0, 10.0))
    assert values["SNR MEDIAN", 11] == pytest.approx(10.0)
    assert values["SNR MEDIAN", 12] == pytest.approx(30.0)
    assert values["SNR MEDIAN", None] == pytest.approx(20.0)
    assert values["N ORDERS", None] == 2
    assert values["OPT BOX RATIO", None] == pytest.approx(1.0 / 0.98)


def test_only_flags_that_forbid_use_count_as_bad():
    assert values_of(spectrum(11, 1.0, 1.0, Quality.SATURATED))["BADBIN FRAC", 11] == 0.1
    assert values_of(spectrum(11, 1.0, 1.0, Quality.INTERPOLATED))["BADBIN FRAC", 11] == 0.0
