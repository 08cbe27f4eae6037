"""A response where no standard star was observed: what the instrument usually does."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.flux import MasterResponse, Response
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.reduction.flux.response import electrons_per_flux

__all__ = ["usual_response"]

#: Collecting area the efficiencies hold for.
_AREA_CM2 = 89000.0


def usual_response(orders: OrderSpectra, master: MasterResponse) -> Response | None:
    """Return the response of orders from the usual efficiency of their arm.

    Where orders share a wavelength, the flat lamp tells how they divide the light: the lamp is
    the same for all of them. Orders so calibrated join as well as with a measured response.

    Parameters
    ----------
    orders
        With the lamp's signal.
    master
        Efficiency of all orders together.

    Returns
    -------
    response
        None if no order has the lamp's signal.
    """
    spectra = [s for s in orders.spectra if np.any(s.blaze > 0)]
    if not spectra:
        return None
    spectra.sort(key=lambda s: float(s.wavelength_nm[0]))
    shape = (len(spectra), max(s.wavelength_nm.size for s in spectra))
    wave, sensitivity, error, efficiency = (np.full(shape, np.nan) for _ in range(4))
    for row, spectrum in enumerate(spectra):
        here, n = spectrum.wavelength_nm, spectrum.wavelength_nm.size
        lamps = [
            np.interp(here, s.wavelength_nm, np.nan_to_num(s.blaze), left=0.0, right=0.0)
            for s in spectra
        ]
        total = np.sum(np.maximum(lamps, 0.0), axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(spectrum.blaze > 0, spectrum.blaze / total, np.nan)
        wave[row, :n] = here
        efficiency[row, :n] = share * np.interp(here, master.wavelength_nm, master.efficiency)
        error[row, :n] = np.interp(here, master.wavelength_nm, master.error)
        sensitivity[row, :n] = efficiency[row, :n] * electrons_per_flux(here, _AREA_CM2)
    return Response(
        orders=np.array([s.order for s in spectra], dtype=np.int64),
        wavelength_nm=wave,
        sensitivity=sensitivity,
        error=error,
        efficiency=efficiency,
        arm=orders.arm,
        standards=(),
        scatter=float("nan"),
    )
