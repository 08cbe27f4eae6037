"""Settings: recipe parameters that a user keeps in a file.

Two forms are read. TOML, as `settings_template` writes it::

    [soxs_mbias]
    clip_sigma = 4

    [soxs_mbias.VIS]      # for one arm only
    clip_sigma = 5

and the lines of EsoRex, ``soxs.soxs_mbias.clip-sigma=4``.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import InputError, ParameterError
from soxs_pipeline.parameters import ParameterInfo

__all__ = ["read_settings", "settings_template"]

_RC_LINE = re.compile(r"(?:([\w-]+)\.)?([\w-]+)\.([\w-]+)\s*=\s*(.*)")


def read_settings(
    path: Path | str, *, recipes: Collection[str] = ()
) -> dict[str, dict[str, object]]:
    """Read a settings file.

    Parameters
    ----------
    path
        TOML, or EsoRex lines if its name ends in ``.rc``.
    recipes
        Known recipes; if given, others are refused.

    Returns
    -------
    dict
        ``recipe -> parameter -> value``, with underscores in parameter names; a value that is
        itself a mapping holds for one arm.

    Raises
    ------
    InputError
        If the file cannot be read.
    ParameterError
        If it is not of one of the two forms, or sets something for an unknown recipe.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"settings file {path} cannot be read: {getattr(error, 'strerror', error)}",
            wanted="a text file",
            remedy="check the path",
        ) from error
    tables = _parse_rc(text, path) if path.suffix == ".rc" else _parse_toml(text, path)
    for recipe in tables:
        if recipes and recipe not in recipes:
            close = difflib.get_close_matches(recipe, recipes, n=1)
            raise ParameterError(
                f"{path}: [{recipe}] is no recipe",
                wanted="one of " + ", ".join(sorted(recipes)),
                remedy=f"did you mean [{close[0]}]?" if close else "",
            )
    return tables


def _parse_toml(text: str, path: Path) -> dict[str, dict[str, object]]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(
            f"{path}: {error}",
            wanted="lines such as clip_sigma = 4 below [soxs_mbias]",
            remedy="texts need quotes, logical values are true or false",
        ) from error
    for recipe, table in content.items():
        if not isinstance(table, dict):
            raise ParameterError(
                f"{path}: {recipe} stands outside of a section",
                wanted="parameters below the name of their recipe, such as [soxs_mbias]",
            )
    return {recipe: _underscored(table) for recipe, table in content.items()}


def _underscored(table: Mapping[str, Any]) -> dict[str, object]:
    return {
        key if isinstance(value, dict) else key.replace("-", "_"): (
            _underscored(value) if isinstance(value, dict) else value
        )
        for key, value in table.items()
    }


def _parse_rc(text: str, path: Path) -> dict[str, dict[str, object]]:
    tables: dict[str, dict[str, object]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        statement = line.strip()
        if not statement or statement.startswith("#"):
            continue
        match = _RC_LINE.fullmatch(statement)
        if match is None:
            raise ParameterError(
                f"{path}, line {number}: {statement!r} sets no parameter",
                wanted="soxs.<recipe>.<parameter>=<value>",
            )
        package, recipe, name, value = match.groups()
        if package != "esorex":  # EsoRex keeps options of its own in the same form
            table = tables.setdefault(recipe, {})
            table[name.replace("-", "_")] = value.strip().strip("\"'")
    return tables


def settings_template(
    recipes: Mapping[str, Iterable[ParameterInfo]],
    by_arm: Mapping[str, Mapping[str, Mapping[str, object]]] | None = None,
) -> str:
    """Return a settings file with every parameter at its default, all commented out.

    Parameters
    ----------
    recipes
        Name of each recipe and its parameters.
    by_arm
        ``recipe -> arm -> parameter -> default`` where an arm has another.
    """
    lines = [
        "# Settings of the SOXS pipeline. Take the # off a line to change its value.",
        "# A section such as [soxs_mbias.VIS] holds for one arm only.",
    ]
    for recipe, parameters in recipes.items():
        lines += ["", f"[{recipe}]"]
        for info in parameters:
            lines += _described(info)
        for arm, defaults in (by_arm or {}).get(recipe, {}).items():
            lines += ["", f"[{recipe}.{arm}]"]
            lines += [f"# {key} = {_toml(value)}" for key, value in defaults.items()]
    return "\n".join(lines) + "\n"


def _described(info: ParameterInfo) -> list[str]:
    return [
        "",
        f"# {info.doc.rstrip('.')} ({info.domain})",
        f"# {info.name} = {_toml(info.default)}",
    ]


def _toml(value: object) -> str:
    # Numbers, logical values and texts are spelt in TOML as in JSON.
    return json.dumps(value, ensure_ascii=False)
