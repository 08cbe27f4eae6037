"""Attach to extracted orders what turns their electrons into flux."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from soxs_pipeline.domain.flux import Extinction, FluxCalibration, Response
from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum
from soxs_pipeline.errors import InputError
from soxs_pipeline.reduction.flux.masterresponse import usual_response
from soxs_pipeline.reduction.flux.response import airmass_of

__all__ = ["all_calibrated", "with_sensitivity"]


def with_sensitivity(
    orders: OrderSpectra, flux: FluxCalibration | None
) -> tuple[OrderSpectra, list[str]]:
    """Return spectra with their sensitivity through the atmosphere of the exposure.

    Parameters
    ----------
    orders
        Extracted orders.
    flux
        Response of standard stars, extinction of the site, and the usual efficiency of the arm for
        want of a response; None, or nothing of these, leaves the spectra as they are.

    Returns
    -------
    orders, remarks
        Unchanged without any response.

    Raises
    ------
    InputError
        If the response is of another arm.
    """
    flux = flux or FluxCalibration()
    remarks: list[str] = []
    response, extinction = flux.response, flux.extinction
    if response is None and flux.master is not None:
        response = usual_response(orders, flux.master)
        if response is not None:
            error = 100 * float(np.nanmedian(response.error))
            remarks.append(
                "no response of a standard star was given: fluxes rest on the usual efficiency of "
                f"the instrument, good to {error:.0f} %"
            )
    if response is None:
        return orders, []
    if response.arm != orders.arm:
        raise InputError(
            f"the response is of arm {response.arm}, the spectra of {orders.arm}",
            wanted=f"a response of {orders.arm}",
            remedy="take the response made from standards of the same arm",
        )
    airmass = airmass_of(orders)
    if extinction is None:
        airmass = 0.0
        remarks.append("no extinction table was given: the atmosphere was not corrected")
    elif not np.isfinite(airmass):
        airmass = 1.0
        remarks.append("the header tells no airmass; 1.0 was assumed for the extinction")
    spectra = [_with(spectrum, response, extinction, airmass) for spectrum in orders.spectra]
    missing = [str(s.order) for s in spectra if not s.calibrated]
    if missing:
        remarks.append(f"the response does not hold order {', '.join(missing)}")
    return replace(orders, spectra=tuple(spectra)), remarks


def _with(
    spectrum: OrderSpectrum, response: Response, extinction: Extinction | None, airmass: float
) -> OrderSpectrum:
    wave = spectrum.wavelength_nm
    sensitivity, error = response.of_order(spectrum.order, wave)
    if extinction is not None:
        sensitivity = sensitivity * extinction.transmission(wave, airmass)
    if spectrum.slit_share is not None:
        sensitivity = sensitivity * spectrum.slit_share
    return replace(spectrum, sensitivity=sensitivity, sensitivity_error=error)


def all_calibrated(exposures: Sequence[OrderSpectra]) -> bool:
    """Return True if every exposure has at least one calibrated order, in every arm."""
    return bool(exposures) and all(any(s.calibrated for s in e.spectra) for e in exposures)
