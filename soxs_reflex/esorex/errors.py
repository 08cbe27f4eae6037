"""How ``soxs-esorex`` fails: with the exit status that EsoRex 3.13 has for the case."""

from __future__ import annotations

__all__ = [
    "BAD_CONFIG_KEY",
    "BAD_CONFIG_QUOTE",
    "BAD_CONFIG_SYNTAX",
    "BAD_CONFIG_VALUE",
    "NOT_MOVED",
    "NO_SUCH_FILE",
    "NO_SUCH_RECIPE",
    "USAGE",
    "EsorexError",
]

#: Unknown option, bad value, folder that does not exist.
USAGE = 255
NO_SUCH_RECIPE = 13
NO_SUCH_FILE = 9
NOT_MOVED = 61
BAD_CONFIG_KEY = 250
BAD_CONFIG_VALUE = 251
BAD_CONFIG_QUOTE = 252
BAD_CONFIG_SYNTAX = 254


class EsorexError(Exception):
    """A failure with its exit status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status
