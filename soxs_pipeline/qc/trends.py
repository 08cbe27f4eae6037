"""Quality control over time: the same value of many runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

__all__ = ["Measurement", "Trend", "measurements_of", "trends"]

#: From the median absolute deviation to the width of a normal distribution.
_NORMAL = 1.4826


@dataclass(frozen=True)
class Measurement:
    """One value of one run.

    Parameters
    ----------
    mjd
        Modified Julian date of the first raw frame.
    recipe, arm, setup
        What was run, and on which kind of frames.
    key, order
        Which value; order None for the whole frame.
    value, unit, doc
        The value, its unit and its meaning.
    low, high
        Limits, None if there are none.
    grade
        ``good``, ``bad`` or ``unjudged``.
    product
        Name of the first product of the run.
    """

    mjd: float
    recipe: str
    arm: str
    setup: str
    key: str
    order: int | None
    value: float
    unit: str
    doc: str
    low: float | None
    high: float | None
    grade: str
    product: str


def measurements_of(record: Mapping[str, Any], mjd: float) -> list[Measurement]:
    """Return the numbers among the quality control of a run's record.

    Parameters
    ----------
    record
        As it lies beside the products.
    mjd
        When the first raw frame was taken.
    """
    products = record.get("products", {})
    product = next((told["file"] for told in products.values()), "")
    return [
        Measurement(
            mjd, record["recipe"], record["arm"], _setup(product), one["key"], one["order"],
            float(one["value"]), one["unit"], one["doc"], one["low"], one["high"], one["grade"],
            product,
        )
        for one in record.get("qc", ())
        if isinstance(one["value"], int | float) and not isinstance(one["value"], bool)
    ]  # fmt: skip


def _setup(product: str) -> str:
    """Return what the name of a product says of the setup: all but time, recipe and target."""
    return product.partition("_")[2].partition("_SOXS")[0]


@dataclass(frozen=True)
class Trend:
    """One value over time, in the order of the dates.

    Parameters
    ----------
    points
        The measurements: of one recipe, arm, key and order.
    """

    points: tuple[Measurement, ...]

    @property
    def first(self) -> Measurement:
        """The earliest, which tells what it is."""
        return self.points[0]

    @property
    def middle(self) -> float:
        """Median of all values."""
        return median(point.value for point in self.points)

    @property
    def scatter(self) -> float:
        """Width of their distribution, from the median absolute deviation."""
        middle = self.middle
        return _NORMAL * median(abs(point.value - middle) for point in self.points)

    @property
    def bad(self) -> int:
        """How many lie outside of their limits."""
        return sum(point.grade == "bad" for point in self.points)

    def by_setup(self) -> dict[str, tuple[Measurement, ...]]:
        """Return the measurements of each setup."""
        found: dict[str, list[Measurement]] = defaultdict(list)
        for point in self.points:
            found[point.setup].append(point)
        return {setup: tuple(points) for setup, points in sorted(found.items())}


def trends(
    measurements: Iterable[Measurement],
    *,
    recipes: Sequence[str] = (),
    arms: Sequence[str] = (),
    keys: Sequence[str] = (),
    by_order: bool = False,
) -> list[Trend]:
    """Sort measurements into trends.

    Parameters
    ----------
    measurements
        Of any recipes.
    recipes, arms, keys
        Only these; all if empty. A key may be a part of its name.
    by_order
        Take the values of single orders as well as those of the whole frame.
    """
    found: dict[tuple[str, str, str, int], list[Measurement]] = defaultdict(list)
    for one in measurements:
        chosen = (
            (not recipes or one.recipe in recipes)
            and (not arms or one.arm in arms)
            and (not keys or any(key.upper() in one.key for key in keys))
            and (by_order or one.order is None)
            and math.isfinite(one.value)
        )
        if chosen:
            order = -1 if one.order is None else one.order
            found[one.recipe, one.arm, one.key, order].append(one)
    return [
        Trend(tuple(sorted(points, key=lambda p: (p.mjd, p.product)))) for points in found.values()
    ]
