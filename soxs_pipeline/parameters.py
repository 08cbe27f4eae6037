"""Recipe parameters: declared once as a frozen dataclass, read by every front end."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from soxs_pipeline.errors import ParameterError

__all__ = ["ParameterInfo", "ParameterSet", "parameter"]

_BOOLEAN_WORDS = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


@dataclass(frozen=True)
class ParameterInfo:
    """All that a front end needs to know about one parameter."""

    name: str
    type: type
    default: Any
    doc: str
    unit: str = ""
    ge: float | None = None
    le: float | None = None
    choices: tuple[Any, ...] = ()

    @property
    def alias(self) -> str:
        """The name as typed on a command line."""
        return self.name.replace("_", "-")

    def convert(self, value: object) -> Any:
        """Turn a value from a file, a flag or Python into one of the declared type.

        Raises
        ------
        ParameterError
            If the value is not of the type, not among the choices or out of bounds.
        """
        try:
            converted = _to_bool(value) if self.type is bool else self._cast(value)
        except (TypeError, ValueError) as error:
            raise ParameterError(
                f"parameter {self.alias}: {value!r} is not a {self.type.__name__}",
                wanted=self.domain,
            ) from error
        self._check(converted)
        return converted

    def _cast(self, value: object) -> Any:
        converted = self.type(value)
        if self.type is int and not isinstance(value, str) and converted != value:
            raise ValueError(value)
        return converted

    def _check(self, value: Any) -> None:
        inside = not self.choices or value in self.choices
        if isinstance(value, (int, float)):
            inside = inside and (self.ge is None or value >= self.ge)
            inside = inside and (self.le is None or value <= self.le)
            inside = inside and value == value  # noqa: PLR0124 - not a NaN
        if not inside:
            raise ParameterError(f"parameter {self.alias}: {value!r} is not allowed",
                                 wanted=self.domain)  # fmt: skip

    @property
    def domain(self) -> str:
        """The allowed values in words."""
        if self.choices:
            return "one of " + ", ".join(map(str, self.choices))
        parts = [self.type.__name__]
        if self.ge is not None:
            parts.append(f">= {self.ge:g}")
        if self.le is not None:
            parts.append(f"<= {self.le:g}")
        return " ".join(parts) + (f" [{self.unit}]" if self.unit else "")


def parameter(
    default: Any, doc: str, *, unit: str = "", ge: float | None = None, le: float | None = None
) -> Any:
    """Declare a parameter inside a `ParameterSet`."""
    return field(default=default, metadata={"doc": doc, "unit": unit, "ge": ge, "le": le})


@dataclass(frozen=True, kw_only=True)
class ParameterSet:
    """Base of every recipe's parameters."""

    def __post_init__(self) -> None:
        for info in self.describe():
            object.__setattr__(self, info.name, info.convert(getattr(self, info.name)))

    @classmethod
    def describe(cls) -> Iterator[ParameterInfo]:
        """Yield one description for each declared parameter."""
        hints = get_type_hints(cls)
        for item in fields(cls):
            hint = hints[item.name]
            choices = get_args(hint) if get_origin(hint) is Literal else ()
            kind = type(choices[0]) if choices else hint
            yield ParameterInfo(item.name, kind, item.default, choices=choices, **item.metadata)

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Build from names and values; an unknown name is an error, never a warning.

        Both spellings, ``clip-sigma`` and ``clip_sigma``, are understood.
        """
        known = {info.name for info in cls.describe()}
        named = {key.replace("-", "_"): value for key, value in values.items()}
        for key in named:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                raise ParameterError(
                    f"unknown parameter {key.replace('_', '-')}",
                    wanted=", ".join(sorted(name.replace("_", "-") for name in known)) or "none",
                    remedy=f"did you mean {close[0].replace('_', '-')}?" if close else "",
                )
        return cls(**named)


def _to_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    try:
        return _BOOLEAN_WORDS[str(value).strip().lower()]
    except KeyError as error:
        raise ValueError(value) from error
