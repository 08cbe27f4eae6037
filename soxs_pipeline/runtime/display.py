"""What may show a window here."""

from __future__ import annotations

import os
import sys

__all__ = ["BACKENDS", "TOOLKITS", "has_display"]

#: Toolkits by the module to be imported, with matplotlib's name of each, the best first.
TOOLKITS = {"PySide6": "QtAgg", "PyQt6": "QtAgg", "tkinter": "TkAgg"}
BACKENDS = tuple(dict.fromkeys(TOOLKITS.values()))


def has_display() -> bool:
    """Return False if no window can be opened, whatever the toolkit."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
