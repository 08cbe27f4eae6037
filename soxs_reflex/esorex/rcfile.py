"""Configuration files of EsoRex and of recipes: ``full.name=value`` lines, or JSON to write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from soxs_reflex.description import Description, Parameter
from soxs_reflex.esorex.errors import BAD_CONFIG_QUOTE, BAD_CONFIG_SYNTAX, USAGE, EsorexError

__all__ = ["read_rc", "recipe_json", "recipe_rc", "shown", "write_config"]


def read_rc(path: Path) -> dict[str, str]:
    """Read a configuration file.

    Raises
    ------
    EsorexError
        If it cannot be read, or a line is no ``name=value``.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EsorexError(f"Unable to access configuration file '{path}'", USAGE) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = _without_remark(line).strip()
        if not text:
            continue
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            raise EsorexError(
                f"{path}, line {number}: '{text}' is not of the form name=value",
                BAD_CONFIG_SYNTAX,
            )
        if value.count('"') % 2:
            raise EsorexError(f"{path}, line {number}: unbalanced quote", BAD_CONFIG_QUOTE)
        found[name] = value.strip('"')
    return found


def _without_remark(line: str) -> str:
    """Cut a remark off, unless the sign stands within quotes."""
    quoted = False
    for place, sign in enumerate(line):
        quoted ^= sign == '"'
        if sign == "#" and not quoted:
            return line[:place]
    return line


def shown(value: Any) -> str:
    """Return a value as EsoRex writes it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return repr(value) if isinstance(value, float) else str(value)


def recipe_rc(description: Description, values: Mapping[str, Any]) -> str:
    """Return the configuration file of a recipe with these values, by full name."""
    lines = [f"# Configuration of the recipe {description.name}.", ""]
    for parameter in description.parameters:
        lines += [
            f"# --{parameter.alias}",
            f"# {parameter.text}",
            *_limits(parameter),
            f"{parameter.name}={shown(values[parameter.name])}",
            "",
        ]
    return "\n".join(lines)


def _limits(parameter: Parameter) -> Iterable[str]:
    if parameter.form == "enum":
        yield "# One of: " + ", ".join(map(str, parameter.choices))
    elif parameter.low is not None or parameter.high is not None:
        yield f"# Allowed: {parameter.info.domain}"


def recipe_json(description: Description, values: Mapping[str, Any]) -> str:
    """Return what Reflex reads to know the parameters of a recipe."""
    return json.dumps(
        [_entry(p, description.name, values[p.name]) for p in description.parameters], indent=2
    )


def _entry(parameter: Parameter, recipe: str, value: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": parameter.name,
        "value": value,
        "valtype": parameter.kind,
        "partype": parameter.form,
        "display_name": parameter.alias,
        "description": parameter.text,
        "recipe": recipe,
    }
    if parameter.form == "range":
        entry |= {"valmin": parameter.low, "valmax": parameter.high}
    if parameter.form == "enum":
        entry["valenum"] = list(parameter.choices)
    return entry


def write_config(path: Path, text: str) -> None:
    """Write a configuration file; one that is there is kept with the suffix ``.bak``.

    Raises
    ------
    EsorexError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.replace(path.with_name(path.name + ".bak"))
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EsorexError(f"Unable to write '{path}': {error.strerror}", USAGE) from error
