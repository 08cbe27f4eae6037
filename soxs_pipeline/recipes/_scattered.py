"""What the recipes that take scattered light off have in common."""

from __future__ import annotations

from dataclasses import dataclass

from soxs_pipeline.parameters import ParameterSet, parameter

__all__ = ["ScatteredParameters"]


@dataclass(frozen=True, kw_only=True)
class ScatteredParameters(ParameterSet):
    """The parameters that say how scattered light is told and whether it is taken off."""

    subtract_scattered: bool = parameter(
        True, "Subtract scattered light, as told by the pixels between the orders."
    )
    gap_margin: float = parameter(
        4.0,
        "Pixels this far from the edge of an order tell the scattered light.",
        unit="pixel",
        ge=1,
        le=20,
    )
