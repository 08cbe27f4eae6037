"""Sources on the slit as a table, and the slit profile they were found in as another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.domain.objects import SlitProfile, Source, Sources
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units
from soxs_pipeline.io.codecs.tables import column, floats, integers, logicals, table
from soxs_pipeline.numerics.logspline import LogSpline
from soxs_pipeline.numerics.slitprofile import Wing

__all__ = ["SOURCES"]

_AIM = "ESO PRO SLIT AIM"


def _encode(found: Sources, _: Layout) -> tuple[dict[str, object], list[Any]]:
    sources, profile = found.sources, found.profile
    columns = [
        column("TRACE_COEF", _padded([s.trace_coef for s in sources]), "arcsec"),
        column("N_TRACE", np.array([s.trace_coef.size for s in sources], dtype=np.int32)),
        column("FWHM_COEF", _padded([s.fwhm_coef for s in sources]), "arcsec"),
        column("N_FWHM", np.array([s.fwhm_coef.size for s in sources], dtype=np.int32)),
        column("BETA", np.array([s.beta for s in sources], dtype=float)),
        column("WAVE_LOW", np.array([s.wave_domain_nm[0] for s in sources], dtype=float), "nm"),
        column("WAVE_HIGH", np.array([s.wave_domain_nm[1] for s in sources], dtype=float), "nm"),
        column("SIGNIFICANCE", np.array([s.significance for s in sources], dtype=float)),
        column("FORCED", np.array([s.forced for s in sources], dtype=bool)),
        column("BLUR", np.array([s.blur_px for s in sources], dtype=float), "pixel"),
        column("BLUR_TREND", _padded([s.blur_trend for s in sources])),
        column("N_TREND", np.array([s.blur_trend.size for s in sources], dtype=np.int32)),
        column("WING_SHARE", np.array([s.blur_wing.share for s in sources], float)),
        column("WING_STRETCH", np.array([s.blur_wing.stretch for s in sources], float)),
        column("SLIT_WIDTH", np.array([s.slit_width_arcsec for s in sources], float), "arcsec"),
        column("FLUX_ERR", np.array([s.flux_error for s in sources], float)),
        column("BLUR_SEEN", np.array([s.blur_seen_px for s in sources], float), "pixel"),
        column("BLUR_ERR", np.array([s.blur_seen_error_px for s in sources], float), "pixel"),
        column("DEPARTURE", _padded([s.departure for s in sources])),
        column("N_DEPARTURE", np.array([s.departure.size for s in sources], dtype=np.int32)),
        column("OUTLINE", _padded([_of_host(s)[2:] for s in sources])),
        column("N_OUTLINE", np.array([_of_host(s).size - 2 for s in sources], dtype=np.int32)),
        column("OUTLINE_LOW", np.array([_of_host(s)[0] for s in sources]), "arcsec"),
        column("OUTLINE_HIGH", np.array([_of_host(s)[1] for s in sources]), "arcsec"),
    ]
    along_slit = [
        column("SLIT", profile.slit_arcsec, "arcsec"),
        column("SIGNAL", profile.signal, "electron"),
        column("ERR", profile.error, "electron"),
        column("MODEL", profile.model, "electron"),
    ]
    cards: dict[str, object] = {}
    if math.isfinite(found.aim_arcsec):
        cards[_AIM] = found.aim_arcsec, "[arcsec] Where the telescope pointed on the slit"
    return cards, [fits.PrimaryHDU(), table("SOURCES", columns), table("PROFILE", along_slit)]


def _of_host(source: Source) -> NDArray[np.float64]:
    """Return range and coefficients of a host's profile; no coefficients for other sources."""
    outline = source.outline
    if outline is None:
        return np.array([np.nan, np.nan])
    return np.array([outline.low, outline.high, *outline.coef])


def _padded(series: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return series of different degree as rows of one matrix, filled up by NaN."""
    longest = max((len(coef) for coef in series), default=1)
    matrix = np.full((len(series), longest), np.nan)
    for row, coef in zip(matrix, series, strict=True):
        row[: len(coef)] = coef
    return matrix


def _decode(units: Units, _: Layout) -> Sources:
    rows, along_slit = units["SOURCES"], units["PROFILE"]
    one_by_one = zip(
        floats(rows, "TRACE_COEF"),
        integers(rows, "N_TRACE"),
        floats(rows, "FWHM_COEF"),
        integers(rows, "N_FWHM"),
        floats(rows, "BETA"),
        floats(rows, "WAVE_LOW"),
        floats(rows, "WAVE_HIGH"),
        floats(rows, "SIGNIFICANCE"),
        logicals(rows, "FORCED"),
        floats(rows, "BLUR"),
        floats(rows, "BLUR_TREND"),
        integers(rows, "N_TREND"),
        floats(rows, "WING_SHARE"),
        floats(rows, "WING_STRETCH"),
        floats(rows, "SLIT_WIDTH"),
        floats(rows, "FLUX_ERR"),
        floats(rows, "BLUR_SEEN"),
        floats(rows, "BLUR_ERR"),
        floats(rows, "DEPARTURE"),
        integers(rows, "N_DEPARTURE"),
        floats(rows, "OUTLINE"),
        integers(rows, "N_OUTLINE"),
        floats(rows, "OUTLINE_LOW"),
        floats(rows, "OUTLINE_HIGH"),
        strict=True,
    )
    sources = tuple(
        Source(
            # Cells of one coefficient come back as bare numbers.
            trace_coef=np.atleast_1d(trace)[:n_trace],
            fwhm_coef=np.atleast_1d(fwhm)[:n_fwhm],
            beta=float(beta),
            wave_domain_nm=(float(low), float(high)),
            significance=float(significance),
            forced=bool(forced),
            blur_px=float(blur),
            blur_trend=np.atleast_1d(trend)[:n_trend],
            blur_wing=Wing(float(share), float(stretch)),
            slit_width_arcsec=float(slit_width),
            flux_error=float(flux_error),
            blur_seen_px=float(blur_seen),
            blur_seen_error_px=float(blur_error),
            departure=np.atleast_1d(departure)[:n_departure],
            outline=LogSpline(float(first), float(last), np.atleast_1d(outline)[:n_outline])
            if n_outline
            else None,
        )
        for (
            trace,
            n_trace,
            fwhm,
            n_fwhm,
            beta,
            low,
            high,
            significance,
            forced,
            blur,
            trend,
            n_trend,
            share,
            stretch,
            slit_width,
            flux_error,
            blur_seen,
            blur_error,
            departure,
            n_departure,
            outline,
            n_outline,
            first,
            last,
        ) in one_by_one
    )
    profile = SlitProfile(
        *(floats(along_slit, name) for name in ("SLIT", "SIGNAL", "ERR", "MODEL"))
    )
    aim = units[0].header.get(_AIM, math.nan)
    return Sources(sources, profile, float(aim))


SOURCES = Codec(Sources, 7, _encode, _decode)
