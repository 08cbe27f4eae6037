"""Quality-control values: what each is called and means, apart from how it is computed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QcDefinition", "QcValue"]


@dataclass(frozen=True)
class QcDefinition:
    """One entry of the QC dictionary.

    ``per_order`` entries are written once for each order, under a keyword of their own
    (``ESO QC <KEY> O<order>``), so that no order can overwrite the value of the whole frame.
    """

    key: str
    doc: str
    unit: str = ""
    per_order: bool = False

    def keyword(self, order: int | None = None) -> str:
        """Return the header keyword that carries the value."""
        return f"ESO QC {self.key}" + ("" if order is None else f" O{order}")

    def value(self, value: float | str, order: int | None = None) -> QcValue:
        """Return a measured value of this entry."""
        return QcValue(self, value, order)


@dataclass(frozen=True)
class QcValue:
    """A measured quality-control value; ``order`` is None for the whole frame."""

    definition: QcDefinition
    value: float | str
    order: int | None = None

    @property
    def keyword(self) -> str:
        """The header keyword that carries the value."""
        return self.definition.keyword(self.order)
