"""EsoRex's own options and where their values come from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from soxs_reflex.esorex.errors import BAD_CONFIG_KEY, BAD_CONFIG_VALUE, USAGE, EsorexError
from soxs_reflex.esorex.rcfile import read_rc

__all__ = ["OPTIONS", "CommandLine", "Option", "Values", "as_bool", "matching", "settle", "split"]

_SYSTEM_RC = Path("/etc/esorex.rc")
_LEVELS = ("debug", "info", "warning", "error", "off")


@dataclass(frozen=True)
class Option:
    """One option of the program itself.

    Parameters
    ----------
    name, kind, default, text
        Name, ``bool``, ``string`` or ``level``, compiled default, one line of help.
    variable
        Environment variable; empty for the usual ``ESOREX_<NAME>``, ``-`` for none.
    """

    name: str
    kind: str
    default: Any
    text: str
    variable: str = ""

    @property
    def environment(self) -> str:
        """Name of the environment variable, empty if there is none."""
        if self.variable == "-":
            return ""
        return self.variable or "ESOREX_" + self.name.upper().replace("-", "_")


OPTIONS: tuple[Option, ...] = (
    Option("help", "bool", default=False, text="Show this text, or a recipe's.", variable="-"),
    Option("version", "bool", default=False, text="Show the version.", variable="-"),
    Option("recipes", "bool", default=False, text="List the recipes.", variable="-"),
    Option("man-page", "bool", default=False, text="Show the manual page of a recipe.",
           variable="-"),
    Option("params", "bool", default=False, text="Show the values of all parameters.",
           variable="-"),
    Option("create-config", "string", "FALSE",
           "Write a configuration file: TRUE for the usual place, else its name; a name that ends "
           "in .json is written for machines.", variable="-"),
    Option("config", "string", "", "Configuration file of this program."),
    Option("recipe-config", "string", "", "Configuration file of the recipe."),
    Option("recipe-dir", "string", ".", "Accepted and not used: the recipes are part of the "
           "package.", variable="ESOREX_PLUGIN_DIR"),
    Option("check-sof-exist", "bool", default=False,
           text="Check that all files of the set exist before the recipe starts."),
    Option("output-dir", "string", ".", "Folder for the products; it must exist."),
    Option("output-prefix", "string", "out", "First part of the products' names."),
    Option("suppress-prefix", "bool", default=False, text="Keep the names that the recipe gives."),
    Option("output-readonly", "bool", default=False, text="Make products read-only."),
    Option("suppress-link", "bool", default=True, text="Make no link to each product."),
    Option("link-dir", "string", "/tmp", "Folder for the links."),  # noqa: S108 - as EsoRex
    Option("products-sof", "string", "", "File that lists the products; a name that ends in .json "
           "is written for machines."),
    Option("log-dir", "string", ".", "Folder of the log."),
    Option("log-file", "string", "esorex.log", "Name of the log."),
    Option("log-level", "level", "info", "Least severity that is logged."),
    Option("msg-level", "level", "info", "Least severity that is shown."),
    Option("no-checksum", "bool", default=False,
           text="Accepted and not used: products are always signed."),
    Option("no-datamd5", "bool", default=False,
           text="Accepted and not used: products are always signed."),
    Option("time", "bool", default=False, text="Tell how long the recipe took."),
    Option("mem-check", "bool", default=False, text="Accepted and not used."),
    Option("unload-plugin", "bool", default=True, text="Accepted and not used."),
    Option("show-hidden", "bool", default=False, text="Accepted and not used."),
    Option("paf-config", "string", "", "Accepted and not used."),
)  # fmt: skip

_BY_NAME = {option.name: option for option in OPTIONS}


@dataclass(frozen=True)
class Values:
    """Values of all options, and who set those that are not at their default."""

    values: Mapping[str, Any]
    origin: Mapping[str, str]

    def flag(self, name: str) -> bool:
        """Return the value of a boolean option."""
        return bool(self.values[name])

    def text(self, name: str) -> str:
        """Return the value of a text option."""
        return str(self.values[name])


@dataclass(frozen=True)
class CommandLine:
    """What the user typed, sorted by its place.

    Parameters
    ----------
    own
        Options before the recipe, by full name; None where no value was given.
    recipe
        Its name, empty if there is none.
    options
        Options after the recipe, as typed; None where no value was given.
    sofs
        Sets of files.
    """

    own: Mapping[str, str | None] = field(default_factory=dict)
    recipe: str = ""
    options: tuple[tuple[str, str | None], ...] = ()
    sofs: tuple[Path, ...] = ()


def split(arguments: Sequence[str]) -> CommandLine:
    """Sort the arguments: own options, recipe, its options, sets of files.

    Raises
    ------
    EsorexError
        If an option of the program is unknown or ambiguous.
    """
    found = CommandLine()
    for argument in arguments:
        if argument.startswith("-") and len(argument) > 1:
            name, equals, value = argument.lstrip("-").partition("=")
            given = value if equals else None
            if found.recipe:
                found = replace(found, options=(*found.options, (name, given)))
            else:
                own = {**found.own, matching(name, list(_BY_NAME)): given}
                found = replace(found, own=own)
        elif not found.recipe:
            found = replace(found, recipe=argument)
        else:
            found = replace(found, sofs=(*found.sofs, Path(argument)))
    return found


def matching(name: str, known: Sequence[str]) -> str:
    """Return the one known name that a word stands for, in full or abbreviated.

    Raises
    ------
    EsorexError
        If there is none, or several.
    """
    if name in known:
        return name
    begun = [full for full in known if full.startswith(name)]
    if len(begun) == 1 and name:
        return begun[0]
    if begun:
        raise EsorexError(f"Option '--{name}' is ambiguous: {', '.join(begun)}", USAGE)
    raise EsorexError(f"Unrecognised option '--{name}'", USAGE)


def settle(line: CommandLine) -> Values:
    """Return all values: compiled < rc file < ``--config`` < environment < command line.

    Raises
    ------
    EsorexError
        If a file or a value is bad.
    """
    values = {option.name: option.default for option in OPTIONS}
    origin: dict[str, str] = {}

    def take(name: str, text: str | None, who: str, code: int) -> None:
        values[name] = _converted(_BY_NAME[name], text, code)
        origin[name] = who

    home = Path.home() / ".esorex" / "esorex.rc"
    usual = home if home.is_file() else _SYSTEM_RC
    extra = line.own.get("config") or os.environ.get("ESOREX_CONFIG", "")
    files = [usual] if usual.is_file() else []
    if extra:
        if not Path(extra).is_file():
            raise EsorexError(f"Unable to access configuration file '{extra}'", USAGE)
        files.append(Path(extra))
    for path in files:
        for name, value in _of_file(path).items():
            take(name, value, f"configuration file {path}", BAD_CONFIG_VALUE)
    for option in OPTIONS:
        if option.environment and (text := os.environ.get(option.environment)):
            take(option.name, text, f"environment variable {option.environment}", USAGE)
    for name, given in line.own.items():
        take(name, given, "command line", USAGE)
    return Values(values, origin)


def _of_file(path: Path) -> dict[str, str]:
    """Return the values of a configuration file by the name of the option."""
    found = {}
    for key, value in read_rc(path).items():
        name = key.removeprefix("esorex.caller.")
        if name == key or name not in _BY_NAME:
            raise EsorexError(f"Unknown parameter '{key}' in {path}", BAD_CONFIG_KEY)
        found[name] = value
    return found


def _converted(option: Option, text: str | None, code: int) -> Any:
    if option.kind == "bool":
        return as_bool("TRUE" if text is None else text, option.name, code)
    if text is None:
        if option.name == "create-config":
            return "TRUE"
        raise EsorexError(f"Option '--{option.name}' needs a value", USAGE)
    if option.kind == "level" and text not in _LEVELS:
        raise EsorexError(
            f"Value '{text}' of '--{option.name}' is none of {', '.join(_LEVELS)}", code
        )
    return os.path.expandvars(text)


def as_bool(text: str, name: str, code: int = USAGE) -> bool:
    """Return a boolean as EsoRex reads it: TRUE, true, FALSE or false.

    Raises
    ------
    EsorexError
        If it is anything else.
    """
    if text in {"TRUE", "true"}:
        return True
    if text in {"FALSE", "false"}:
        return False
    raise EsorexError(f"Value '{text}' of '--{name}' is neither TRUE nor FALSE", code)
