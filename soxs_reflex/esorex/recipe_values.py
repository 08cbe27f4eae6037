"""Values of a recipe's parameters: default < rc files < command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from soxs_pipeline.errors import ParameterError
from soxs_reflex.description import Description, Parameter
from soxs_reflex.esorex.errors import BAD_CONFIG_KEY, BAD_CONFIG_VALUE, USAGE, EsorexError
from soxs_reflex.esorex.options import CommandLine, Values, as_bool, matching
from soxs_reflex.esorex.rcfile import read_rc

__all__ = ["RecipeValues", "settle_recipe"]


class RecipeValues:
    """Value of each parameter by full name, and who set it.

    Parameters
    ----------
    description
        The recipe; every value starts at its default.
    """

    def __init__(self, description: Description) -> None:
        self.description = description
        self.values: dict[str, Any] = {p.name: p.default for p in description.parameters}
        self.origin: dict[str, str] = {}

    def take(self, parameter: Parameter, text: str | None, who: str, code: int) -> None:
        """Set a value from text.

        Raises
        ------
        EsorexError
            If it is of another type or not allowed.
        """
        self.values[parameter.name] = _converted(parameter, text, code)
        self.origin[parameter.name] = who

    @property
    def changed(self) -> dict[str, Any]:
        """Values that somebody set, by alias."""
        return {
            p.alias.replace("-", "_"): self.values[p.name]
            for p in self.description.parameters
            if p.name in self.origin
        }


def settle_recipe(description: Description, line: CommandLine, own: Values) -> RecipeValues:
    """Return the values of all parameters.

    Raises
    ------
    EsorexError
        If a file, a name or a value is bad.
    """
    settled = RecipeValues(description)
    usual = Path.home() / ".esorex" / f"{description.name}.rc"
    files = [usual] if usual.is_file() else []
    if extra := own.text("recipe-config"):
        if not Path(extra).is_file():
            raise EsorexError(f"Unable to access recipe configuration file '{extra}'", USAGE)
        files.append(Path(extra))
    for path in files:
        for key, text in read_rc(path).items():
            parameter = description.parameter(key)
            # Aliases are for the command line alone.
            if parameter is None or key != parameter.name:
                raise EsorexError(f"Unknown parameter '{key}' in {path}", BAD_CONFIG_KEY)
            settled.take(parameter, text, f"configuration file {path}", BAD_CONFIG_VALUE)
    aliases = [parameter.alias for parameter in description.parameters]
    for name, given in line.options:
        parameter = description.parameter(matching(name, aliases))
        if parameter is not None:
            settled.take(parameter, given, "command line", USAGE)
    return settled


def _converted(parameter: Parameter, text: str | None, code: int) -> Any:
    if parameter.kind == "bool":
        return as_bool("TRUE" if text is None else text, parameter.alias, code)
    if text is None:
        raise EsorexError(f"Option '--{parameter.alias}' needs a value", code)
    value: object = text
    try:
        if parameter.kind == "int":
            # As C does, a fraction is cut off.
            value = int(float(text))
        return parameter.info.convert(value)
    except (ValueError, ParameterError) as error:
        raise EsorexError(
            f"Value '{text}' of '--{parameter.alias}' is not allowed: {parameter.info.domain}",
            code,
        ) from error
