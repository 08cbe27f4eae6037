"""What a recipe is: a pure function and its declarations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from soxs_pipeline.parameters import ParameterSet
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["Outcome", "Recipe"]

Products = TypeVar("Products")


@dataclass(frozen=True)
class Outcome(Generic[Products]):
    """What a recipe returns: its products, the QC values it measured, and its remarks.

    Parameters
    ----------
    products
        Frozen dataclass; a field that is None was not made this time.
    qc
        Measured quality-control values.
    remarks
        Sentences for the user on anything degraded, flagged or assumed. They are logged,
        recorded in provenance and written as ``ESO PRO REMARKn``.
    """

    products: Products
    qc: Sequence[QcValue]
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Recipe(Generic[Products]):
    """A reduction step: the function that does it and what it declares."""

    run: Callable[..., Outcome[Products]]
    parameters: type[ParameterSet]
    products: type[Products]
    qc: tuple[QcDefinition, ...]

    @property
    def name(self) -> str:
        """The name under which users call it."""
        return self.run.__name__

    @property
    def synopsis(self) -> str:
        """First line of the function's docstring."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    @property
    def input_slots(self) -> tuple[str, ...]:
        """Names of the inputs: the function's positional arguments."""
        return tuple(n for n, one in self._arguments if one.kind is not one.KEYWORD_ONLY)

    @property
    def services(self) -> tuple[str, ...]:
        """Names of programs outside of the pipeline that the recipe can make use of."""
        named = (n for n, one in self._arguments if one.kind is one.KEYWORD_ONLY)
        return tuple(n for n in named if n != "parameters")

    @property
    def _arguments(self) -> tuple[tuple[str, inspect.Parameter], ...]:
        return tuple(inspect.signature(self.run).parameters.items())

    @property
    def output_slots(self) -> tuple[str, ...]:
        """Names of the products."""
        declared: Any = self.products
        return tuple(item.name for item in fields(declared))
