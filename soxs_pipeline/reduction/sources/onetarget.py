"""Let both arms extract the same object.

Each arm finds its sources by itself. A target too faint or too red for one of them is then taken
there where the telescope pointed, or a bump of the noise is; and of several objects each arm may
take another for the target. Both arms look through slits on the same piece of sky, so that what
one of them saw tells the other.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from soxs_pipeline.domain.objects import Source, Sources
from soxs_pipeline.reduction.sources.shapes import WIDTH_POWER

__all__ = ["as_seen_beside"]

#: Significance from which a source is there.
_FOUND = 5.0
#: The same, of the other arm, to outweigh a target that was found.
_SURE = 10.0
#: The same over that of the target that was found: a faint neighbour is none.
_MINOR = 0.05
#: A find less significant than this, and than the other arm's by this factor, is given up for the
#: place of that: residuals of bright sky lines reach so far.
_DOUBTFUL, _MUCH_SURER = 10.0, 3.0
#: Two places are the same if this near, in arcsec and in widths of the source.
_SAME_ARCSEC, _SAME_WIDTHS = 0.6, 0.5
#: Share of its range, at either end, in which a source's course is not trusted.
_ENDS = 0.1
#: Least distance from the ends of the slit, in arcsec.
_MARGIN_ARCSEC = 0.3


def as_seen_beside(
    own: Sources, other: Sources | None, lit: tuple[float, float]
) -> tuple[Sources, list[str]]:
    """Return the sources of an exposure with the target that both arms have.

    Of sources that both arms see it is the one next to where the telescope pointed. An arm that
    found none takes it for where the other one did, and as wide; so does one whose find is
    doubtful. A target that was surely found is never given up for a place where nothing was: that
    the arms differ is said.

    Parameters
    ----------
    own
        Sources of the exposure.
    other
        Those of an exposure of the other arm in the same block, or None.
    lit
        Slit positions that hold data, in arcsec.

    Returns
    -------
    sources, remarks
        The sources, the target first, and what the user should know.
    """
    if other is None or not _tells(own, other):
        return own, []
    mine, theirs = own.sources[0], other.sources[0]
    wave = _trusted(theirs, _middle(mine))
    away = float(theirs.position(wave)) - other.aim_arcsec
    place = own.aim_arcsec + away
    apart = max(_SAME_ARCSEC, _SAME_WIDTHS * float(theirs.fwhm(wave)))
    if not lit[0] + _MARGIN_ARCSEC < place < lit[1] - _MARGIN_ARCSEC:
        return own, []
    if not _is_found(mine):
        target = _transferred(mine, theirs, wave, place)
        modelled_there = abs(_place(mine) - place) < apart
        wide = [] if modelled_there else _taken_for_sky(target, lit)
        said = (
            f"the target was not found; it was taken to be at {place:+.2f} arcsec, where the "
            f"other arm saw it with {theirs.significance:.0f} sigma"
        )
        return replace(own, sources=(target, *own.sources[1:], *wide)), [said]
    if _is_preferred(mine, own.aim_arcsec, theirs, away, apart):
        return own, []
    same = [one for one in own.sources if _is_found(one) and abs(_place(one) - place) < apart]
    if same:
        others = [one for one in own.sources if one is not same[0]]
        said = f"the source at {_place(same[0]):+.2f} arcsec is the target, as in the other arm"
        return replace(own, sources=(same[0], *others)), [said]
    if mine.significance < min(_DOUBTFUL, theirs.significance / _MUCH_SURER):
        own = replace(own, sources=(_transferred(mine, theirs, wave, place), *own.sources))
        said = (
            f"what was found at {_place(mine):+.2f} arcsec with {mine.significance:.1f} sigma is "
            f"not the target; it was taken to be at {place:+.2f} arcsec, where the other arm saw "
            f"it with {theirs.significance:.0f} sigma"
        )
    else:
        said = (
            f"the target at {_place(mine):+.2f} arcsec is not that of the other arm, whose place "
            f"is {place:+.2f} arcsec here; 'position' of the sky subtraction tells which to take"
        )
    return own, [said]


def _taken_for_sky(target: Source, lit: tuple[float, float]) -> list[Source]:
    """Return wide sources that stand for what the sky took of a target it did not know of.

    Where no source was modelled, part of its light is taken for sky or for the illumination of the
    slit, which are smooth along it. To fit them beside the target costs signal to noise ratio, and
    leaves it unbiased.
    """
    width = lit[1] - lit[0]
    return [
        replace(
            target,
            trace_coef=np.array([place]),
            fwhm_coef=np.array([width]),
            slit_width_arcsec=0.0,
        )
        for place in (lit[0], 0.5 * (lit[0] + lit[1]), lit[1])
    ]


def _tells(own: Sources, other: Sources) -> bool:
    """Return True if the other arm found a target, and nobody told where it is."""
    aimed = math.isfinite(own.aim_arcsec) and math.isfinite(other.aim_arcsec)
    return aimed and bool(own.sources and other.sources) and _is_found(other.sources[0])


def _is_found(source: Source) -> bool:
    return not source.forced and source.significance >= _FOUND


def _is_preferred(
    mine: Source, aim_arcsec: float, theirs: Source, away_arcsec: float, apart_arcsec: float
) -> bool:
    """Return True if a target that was found is that of the other arm, or the better choice."""
    off = _place(mine) - aim_arcsec
    sure = theirs.significance >= max(_SURE, _MINOR * mine.significance)
    return abs(off - away_arcsec) < apart_arcsec or not sure or abs(off) <= abs(away_arcsec)


def _transferred(mine: Source, theirs: Source, wave_nm: float, place_arcsec: float) -> Source:
    """Return a source where the other arm saw it, and as wide as the seeing makes it here."""
    middle = _middle(mine)
    usual, seen = float(mine.fwhm(middle)), float(theirs.fwhm(wave_nm))
    wide = seen * (middle / wave_nm) ** WIDTH_POWER[0]
    return replace(
        mine,
        trace_coef=np.array([place_arcsec]),
        fwhm_coef=mine.fwhm_coef * (wide / usual if usual > 0 and wide > 0 else 1.0),
        beta=theirs.beta,
        significance=0.0,
        forced=True,
        # Upon a galaxy it was fitted, and what it may have of the galaxy's light is known.
        flux_error=mine.flux_error if mine.forced else math.nan,
        blur_seen_px=math.nan,
        blur_seen_error_px=math.nan,
    )


def _middle(source: Source) -> float:
    return 0.5 * sum(source.wave_domain_nm)


def _place(source: Source) -> float:
    return float(source.position(_middle(source)))


def _trusted(source: Source, wave_nm: float) -> float:
    """Return the wavelength next to another one at which a source's course is trusted."""
    low, high = source.wave_domain_nm
    margin = _ENDS * (high - low)
    return float(np.clip(wave_nm, low + margin, high - margin))
