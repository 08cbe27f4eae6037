"""Read an instrument's facts from its TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any

from soxs_pipeline.domain.detector import Window
from soxs_pipeline.instruments.schema import (
    ArmFacts,
    Instrument,
    KeywordNames,
    QcLimit,
    ReadMode,
)

__all__ = ["parse_instrument"]

Table = Mapping[str, Any]


def parse_instrument(folder: Traversable) -> Instrument:
    """Return the instrument whose TOML files lie in a folder.

    Parameters
    ----------
    folder
        Holds ``instrument.toml``, ``defaults.toml`` and ``qc_limits.toml``.
    """
    facts = _read(folder / "instrument.toml")
    arms = {label: _arm(label, table) for label, table in facts["arms"].items()}
    limits = {
        recipe: {
            arm: {key: QcLimit(float(low), float(high)) for key, (low, high) in entries.items()}
            for arm, entries in by_arm.items()
        }
        for recipe, by_arm in _by_arm(_read(folder / "qc_limits.toml"), arms).items()
    }
    return Instrument(
        name=facts["name"],
        arms=arms,
        keywords=_keywords(facts),
        defaults=_by_arm(_read(folder / "defaults.toml"), arms),
        limits=limits,
    )


def _read(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _keywords(facts: Table) -> KeywordNames:
    columns, rows = facts["binning_keywords"]
    return KeywordNames(
        arm=facts["arm_keyword"],
        camera=facts["camera_keyword"],
        gain=tuple(facts["gain_keywords"]),
        read_noise=tuple(facts["read_noise_keywords"]),
        read_mode=tuple(facts["read_mode_keywords"]),
        binning=(columns, rows),
    )


def _arm(label: str, table: Table) -> ArmFacts:
    plain = dict(table)
    return ArmFacts(
        arm=label,
        raw_shape=_pair(plain.pop("raw_shape")),
        science=_window(plain.pop("science")),
        prescan=_window(plain.pop("prescan")) if "prescan" in plain else None,
        read_modes=tuple(ReadMode(**mode) for mode in plain.pop("read_modes", ())),
        placeholder_gains=tuple(plain.pop("placeholder_gains", ())),
        placeholder_read_noises=tuple(plain.pop("placeholder_read_noises", ())),
        binnings=tuple(_pair(pair) for pair in plain.pop("binnings")),
        refused_shapes=tuple(
            (_pair(item["shape"]), item["why"]) for item in plain.pop("refused_shapes", ())
        ),
        **plain,
    )


def _window(table: Table) -> Window:
    return Window(_pair(table["rows"]), _pair(table["columns"]))


def _pair(values: Any) -> tuple[int, int]:
    first, second = values
    return int(first), int(second)


def _by_arm(tables: Table, arms: Mapping[str, ArmFacts]) -> dict[str, dict[str, dict[str, Any]]]:
    """Split each recipe's table into what holds for all arms (``""``) and for one."""
    return {
        recipe: {
            "": {key: value for key, value in table.items() if key not in arms},
            **{arm: table[arm] for arm in arms if arm in table},
        }
        for recipe, table in tables.items()
    }
