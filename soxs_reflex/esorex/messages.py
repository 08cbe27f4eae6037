"""Messages on the terminal and in the log, in the form of CPL."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TextIO

from soxs_reflex.esorex.errors import USAGE, EsorexError

__all__ = ["Messages"]

_TAGS = {"debug": "[ DEBUG ]", "info": "[ INFO  ]", "warning": "[WARNING]", "error": "[ ERROR ]"}
_ORDER = ("debug", "info", "warning", "error", "off")


class Messages:
    """Where messages go.

    Parameters
    ----------
    component
        Name before each message.
    level
        Least severity shown; information goes to the output, the rest to the error stream.
    """

    def __init__(self, component: str, level: str = "info") -> None:
        self.component = component
        self.level = level
        self._log: TextIO | None = None
        self._log_level = "off"

    def open_log(self, folder: Path, name: str, level: str) -> None:
        """Begin the log, which replaces an older one.

        Raises
        ------
        EsorexError
            If the folder does not exist or cannot be written.
        """
        if level == "off":
            return
        try:
            self._log = (folder / name).open("w", encoding="utf-8")
        except OSError as error:
            raise EsorexError(f"Unable to write the log into '{folder}'", USAGE) from error
        self._log_level = level
        now = datetime.now().astimezone()
        self._log.write(
            f"\nStart time     : {now:%Y-%m-%dT%H:%M:%S}\n"
            f"Program name   : {self.component}\n"
            f"Severity level : {_TAGS.get(level, level)}\n\n"
        )

    def close(self) -> None:
        """End the log."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def say(self, severity: str, text: str) -> None:
        """Show and log a text of one or several lines."""
        for line in text.splitlines():
            if _ORDER.index(severity) >= _ORDER.index(self.level):
                stream = sys.stdout if severity in {"info", "debug"} else sys.stderr
                stream.write(f"{_TAGS[severity]} {self.component}: {line}\n")
                stream.flush()
            if self._log is not None and _ORDER.index(severity) >= _ORDER.index(self._log_level):
                now = datetime.now().astimezone()
                self._log.write(
                    f"{now:%H:%M:%S} {_TAGS[severity]} {self.component}: [tid=000] {line}\n"
                )

    def at(self, severity: str) -> Callable[[str], None]:
        """Return a function that tells texts of one severity."""
        return lambda text: self.say(severity, text)
