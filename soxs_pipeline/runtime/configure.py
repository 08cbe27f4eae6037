"""Values of a recipe's parameters, and who set each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from soxs_pipeline.domain.corrections import HeaderRule
from soxs_pipeline.errors import ParameterError, SoxsError
from soxs_pipeline.instruments.schema import Instrument
from soxs_pipeline.parameters import ParameterSet
from soxs_pipeline.recipes._recipe import Recipe
from soxs_pipeline.runtime.registry import full_name

__all__ = ["Configured", "Settings", "configure"]

Values = Mapping[str, object]


@dataclass(frozen=True)
class Settings:
    """What the user set, by recipe.

    Parameters
    ----------
    from_file
        ``recipe -> parameter -> value``; a value that is itself a table holds for one arm.
    file_name
        Where it was read.
    command_line
        ``recipe -> parameter -> value``, which outranks the file.
    headers
        What raw frames should have said in their headers.
    """

    from_file: Mapping[str, Values] = field(default_factory=dict)
    file_name: str = ""
    command_line: Mapping[str, Values] = field(default_factory=dict)
    headers: tuple[HeaderRule, ...] = ()

    def check_names(self, arms: tuple[str, ...]) -> None:
        """Raise if the file names a recipe, or sets something for an arm, that is unknown.

        Raises
        ------
        ParameterError
            For an unknown recipe, or a table within a recipe that is no arm.
        """
        for section, values in self.from_file.items():
            try:
                full_name(section)
            except SoxsError as error:
                raise ParameterError(
                    f"{self.file_name}: section [{section}] is no recipe", wanted=error.wanted,
                    remedy=error.remedy,
                ) from error  # fmt: skip
            if not isinstance(values, Mapping):
                raise ParameterError(
                    f"{self.file_name}: {section} stands outside of a section",
                    wanted="parameters below the name of their recipe, [soxs_mbias]",
                )
            for key, value in values.items():
                if isinstance(value, Mapping) and key not in arms:
                    raise ParameterError(
                        f"{self.file_name}: [{section}.{key}] is no arm",
                        wanted="one of " + ", ".join(arms),
                    )


@dataclass(frozen=True)
class Configured:
    """A recipe's parameters for one arm, and who set each: by name."""

    parameters: ParameterSet
    origins: Mapping[str, str]


def configure(
    recipe: Recipe[Any], arm: str, instrument: Instrument, settings: Settings
) -> Configured:
    """Settle the parameters: recipe, then instrument, then file, then command line.

    Raises
    ------
    ParameterError
        If a parameter is unknown, of the wrong type or out of bounds; it says who set it.
    """
    layers: tuple[tuple[str, Values], ...] = (
        ("instrument", instrument.parameter_defaults(recipe.name, arm)),
        (f"file {settings.file_name}", _of_arm(settings.from_file, recipe.name, arm)),
        ("command line", _of_arm(settings.command_line, recipe.name, arm)),
    )
    values: dict[str, object] = {}
    origins = {info.name: "default" for info in recipe.parameters.describe()}
    for who, layer in layers:
        named = {key.replace("-", "_"): value for key, value in layer.items()}
        try:
            recipe.parameters.from_mapping(named)
        except ParameterError as error:
            raise ParameterError(
                f"{recipe.name}: {error.what} (set by {who})",
                wanted=error.wanted,
                remedy=error.remedy,
            ) from error
        values |= named
        origins |= dict.fromkeys(named, who)
    return Configured(recipe.parameters.from_mapping(values), origins)


def _of_arm(table: Mapping[str, Values], recipe: str, arm: str) -> dict[str, object]:
    """Return what holds for an arm: the recipe's own values, then those of the arm."""
    chosen: dict[str, object] = {}
    for section, values in table.items():
        if full_name(section) == recipe:
            chosen |= {k: v for k, v in values.items() if not isinstance(v, Mapping)}
            own = values.get(arm)
            chosen |= own if isinstance(own, Mapping) else {}
    return chosen
