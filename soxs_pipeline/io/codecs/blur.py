"""The instrument's blur in a header."""

from __future__ import annotations

from collections.abc import Mapping

from soxs_pipeline.domain.objects import BlurFraction

__all__ = ["blur_cards", "blur_from"]

_FRACTION, _ERROR = "ESO PRO BLUR FRAC", "ESO PRO BLUR ERR"


def blur_cards(blur: BlurFraction | None) -> dict[str, object]:
    """Return the cards that tell it; none if it is not known."""
    if blur is None:
        return {}
    return {
        _FRACTION: (blur.fraction, "Blur over the width of a pinhole's image"),
        _ERROR: (blur.error, "Its error"),
    }


def blur_from(header: Mapping[str, object]) -> BlurFraction | None:
    """Return what cards of `blur_cards` tell."""
    fraction, error = header.get(_FRACTION), header.get(_ERROR)
    if isinstance(fraction, (int, float)) and isinstance(error, (int, float)):
        return BlurFraction(float(fraction), float(error))
    return None
