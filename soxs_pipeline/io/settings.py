"""Settings: recipe parameters that a user keeps in a file.

Two forms are read. TOML, as `settings_template` writes it::

    [soxs_mbias]
    clip_sigma = 4

    [soxs_mbias.VIS]      # for one arm only
    clip_sigma = 5

and the lines of EsoRex, ``soxs.soxs_mbias.clip-sigma=4``. TOML may also put right what headers of
raw frames say::

    [[headers]]
    files = "SOXS.2026-03-14T*.fits"
    where = { "ESO INS SLIT1 NAME" = "" }
    set = { "ESO INS SLIT1 NAME" = "SLIT_1.0" }
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from soxs_pipeline.domain.corrections import HeaderRule
from soxs_pipeline.errors import InputError, ParameterError
from soxs_pipeline.parameters import ParameterInfo

__all__ = ["read_header_rules", "read_settings", "settings_template"]

_HEADERS = "headers"
_RULE = {"files", "where", "set"}

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
    text = _text_of(path)
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


def read_header_rules(path: Path | str) -> tuple[HeaderRule, ...]:
    """Read what a settings file says of headers that are wrong, in its ``[[headers]]`` tables.

    Raises
    ------
    InputError
        If the file cannot be read.
    ParameterError
        If a table lacks ``set``, or has what is not known there.
    """
    path = Path(path)
    if path.suffix == ".rc":
        return ()
    tables = _load_toml(_text_of(path), path).get(_HEADERS, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ParameterError(
            f"{path}: {_HEADERS} is no list of tables", wanted=f"[[{_HEADERS}]], in two brackets"
        )
    return tuple(_rule(table, f"{path}: rule {k}") for k, table in enumerate(tables, 1))


def _rule(table: Mapping[str, Any], name: str) -> HeaderRule:
    unknown = sorted(set(table) - _RULE)
    if unknown:
        raise ParameterError(
            f"{name} has {', '.join(unknown)}", wanted="files, where and set, nothing else"
        )
    files = table.get("files", [])
    files = [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise ParameterError(f"{name}: files is {files!r}", wanted="one name or a list of them")
    cards = {key: table.get(key, {}) for key in ("set", "where")}
    for key, told in cards.items():
        plain = isinstance(told, dict) and all(
            isinstance(value, str | int | float | bool) for value in told.values()
        )
        if not plain:
            raise ParameterError(
                f"{name}: {key} is {told!r}", wanted=f'{key} = {{ "ESO SEQ ARM" = "VIS" }}',
                remedy="keywords with dots or blanks need quotes",
            )  # fmt: skip
    return HeaderRule(cards["set"], tuple(files), cards["where"], name)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"settings file {path} cannot be read: {getattr(error, 'strerror', error)}",
            wanted="a text file",
            remedy="check the path",
        ) from error


def _load_toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(
            f"{path}: {error}",
            wanted="lines such as clip_sigma = 4 below [soxs_mbias]",
            remedy="texts need quotes, logical values are true or false",
        ) from error


def _parse_toml(text: str, path: Path) -> dict[str, dict[str, object]]:
    content = _load_toml(text, path)
    content.pop(_HEADERS, None)
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
        "",
        "# Raw frames whose headers are wrong: which (files and where may be left out), and what",
        "# they should have said. The files are not changed. As many of these as it takes:",
        "#     [[headers]]",
        '#     files = "SOXS.2026-03-14T*.fits"',
        '#     where = { "ESO INS SLIT1 NAME" = "" }',
        '#     set = { "ESO INS SLIT1 NAME" = "SLIT_1.0" }',
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
