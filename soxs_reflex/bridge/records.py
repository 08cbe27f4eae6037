"""Lines of fields: how the plugin library and Python talk to each other."""

from __future__ import annotations

__all__ = ["join", "split"]

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n"}
_MEANT = {"t": "\t", "n": "\n"}


def join(*fields: object) -> str:
    """Return a line of fields, its end included."""
    return "\t".join("".join(_ESCAPES.get(c, c) for c in str(field)) for field in fields) + "\n"


def split(line: str) -> list[str]:
    """Return the fields of a line."""
    fields, escaped = [""], False
    for sign in line.rstrip("\n"):
        if escaped:
            fields[-1] += _MEANT.get(sign, sign)
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == "\t":
            fields.append("")
        else:
            fields[-1] += sign
    return fields
