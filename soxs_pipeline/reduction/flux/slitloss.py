"""Tell how much of a target's light the slit let through."""

from __future__ import annotations

from dataclasses import replace

from soxs_pipeline.domain.objects import Source
from soxs_pipeline.domain.slit import slit_width_arcsec
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.numerics.slitloss import slit_share

__all__ = ["with_slit_share"]

#: A wider target is no point source, and what is beside the slit is no loss of it.
_WIDEST_ARCSEC = 3.0


def with_slit_share(
    orders: OrderSpectra, target: Source, *, width_known: bool
) -> tuple[OrderSpectra, list[str]]:
    """Return spectra with the share of the target's light that passed the slit at each bin.

    The target is taken for a point source in the middle of the slit, seen as a round disc. One
    that was off-centre lost more, by the same factor at nearly all wavelengths.

    Parameters
    ----------
    orders
        Extracted orders.
    target
        With its width and profile along the slit.
    width_known
        False if the width was assumed: how much the slit cut off is then not known either.
    """
    width = slit_width_arcsec(orders.header)
    if not width > 0:
        return orders, ["the header tells no slit: light that it cut off stays lost"]
    middle = 0.5 * sum(target.wave_domain_nm)
    if (
        not target.slit_width_arcsec > 0
        or not width_known
        or float(target.fwhm(middle)) > _WIDEST_ARCSEC
    ):
        return orders, []
    spectra = tuple(
        replace(one, slit_share=slit_share(width, target.fwhm(one.wavelength_nm), target.beta))
        for one in orders.spectra
    )
    return replace(orders, spectra=spectra), []
