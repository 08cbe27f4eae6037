"""Quality-control measures of extracted orders."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["EXTRACTION_QC", "measure_orders"]

SNR = QcDefinition("SNR MEDIAN", "Median signal-to-noise ratio per bin")
FLUX = QcDefinition("FLUX MEDIAN", "Median flux of a bin", "electron")
BAD = QcDefinition("BADBIN FRAC", "Fraction of bins that must not be used")
RATIO = QcDefinition("OPT BOX RATIO", "Optimal flux over boxcar flux, all bins together")
ORDERS = QcDefinition("N ORDERS", "Orders extracted")
ORDER_SNR = QcDefinition(
    "SNR MEDIAN", "Median signal-to-noise ratio per bin of an order", per_order=True
)
ORDER_FLUX = QcDefinition(
    "FLUX MEDIAN", "Median flux of a bin of an order", "electron", per_order=True
)
ORDER_BAD = QcDefinition(
    "BADBIN FRAC", "Fraction of an order's bins that must not be used", per_order=True
)

EXTRACTION_QC = (SNR, FLUX, BAD, RATIO, ORDERS, ORDER_SNR, ORDER_FLUX, ORDER_BAD)


def measure_orders(orders: OrderSpectra) -> list[QcValue]:
    """Measure signal, noise and losses of all orders and of each."""
    if not orders.spectra:
        return [ORDERS.value(0)]
    values = []
    for spectrum in orders.spectra:
        snr, flux, bad = _measures([spectrum])
        values += [
            ORDER_SNR.value(snr, spectrum.order),
            ORDER_FLUX.value(flux, spectrum.order),
            ORDER_BAD.value(bad, spectrum.order),
        ]
    snr, flux, bad = _measures(list(orders.spectra))
    values += [SNR.value(snr), FLUX.value(flux), BAD.value(bad)]
    values.append(ORDERS.value(len(orders.spectra)))
    good = [(s.flux[_usable(s)].sum(), s.boxcar[_usable(s)].sum()) for s in orders.spectra]
    optimal, boxcar = np.sum(good, axis=0)
    if boxcar > 0:
        values.append(RATIO.value(float(optimal / boxcar)))
    return values


def _usable(spectrum: OrderSpectrum) -> np.ndarray:
    return (spectrum.quality & np.uint32(FATAL)) == 0


def _measures(spectra: list[OrderSpectrum]) -> tuple[float, float, float]:
    usable = np.concatenate([_usable(s) for s in spectra])
    flux = np.concatenate([s.flux for s in spectra])[usable]
    sigma = np.sqrt(np.concatenate([s.variance for s in spectra]))[usable]
    if not flux.size:
        return 0.0, 0.0, 1.0
    return float(np.median(flux / sigma)), float(np.median(flux)), float(np.mean(~usable))
