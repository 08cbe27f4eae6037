"""An immutable FITS header as the pipeline's inside sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Self

__all__ = ["Header"]


class Header(Mapping[str, object]):
    """Keyword to value, names as in FITS without ``HIERARCH`` (``ESO DPR TYPE``).

    The short name of the association map (``DPR.TYPE``) works as well.

    Parameters
    ----------
    cards
        Keyword to value.
    corrections
        Those of the cards that the user set in place of what the file says.
    """

    def __init__(
        self,
        cards: Mapping[str, object] | None = None,
        corrections: Mapping[str, object] | None = None,
    ) -> None:
        self._cards = MappingProxyType(dict(cards or {}))
        self.corrections = MappingProxyType(dict(corrections or {}))

    def __getitem__(self, key: str) -> object:
        if key in self._cards:
            return self._cards[key]
        return self._cards["ESO " + key.replace(".", " ")]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cards)

    def __len__(self) -> int:
        return len(self._cards)

    def __repr__(self) -> str:
        return f"Header({len(self)} cards)"

    def __reduce__(self) -> tuple[object, ...]:
        return Header, (dict(self._cards), dict(self.corrections))

    def text(self, key: str, default: str = "") -> str:
        """Return the value as stripped text, or ``default`` if there is none."""
        value = self.get(key)
        return default if value is None else str(value).strip()

    def number(self, key: str, default: float = float("nan")) -> float:
        """Return the value as a number, or ``default`` if there is none that can be read."""
        try:
            return float(str(self[key]))
        except (KeyError, ValueError):
            return default

    def updated(self, **cards: object) -> Self:
        """Return a copy with cards given by keyword (``EXPTIME=3.0``)."""
        return self.merged(cards)

    def merged(self, cards: Mapping[str, object]) -> Self:
        """Return a copy with these cards added or replaced."""
        return type(self)({**self._cards, **cards}, self.corrections)

    def corrected(self, cards: Mapping[str, object]) -> Self:
        """Return a copy with cards that the user set; those that change nothing do not count."""
        other = {key: value for key, value in cards.items() if self._cards.get(key) != value}
        return type(self)({**self._cards, **other}, {**self.corrections, **other})
