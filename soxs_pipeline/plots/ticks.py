"""Labels of ticks without mathematical typesetting, which takes half the time of a figure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from matplotlib.ticker import Formatter, LogFormatter, ScalarFormatter

__all__ = ["plain", "write_plainly"]

_SUPERSCRIPTS = str.maketrans("0123456789-−+.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺·")
_POWER = re.compile(r"\^\{([^{}]*)\}")
_UPRIGHT = re.compile(r"\\mathdefault\{([^{}]*)\}")


def plain(text: str) -> str:
    r"""Return a label of matplotlib's in letters alone.

    Parameters
    ----------
    text
        As ``$\mathdefault{2\times10^{-17}}$``; any other text stays as it is.

    Returns
    -------
    str
        As ``2×10⁻¹⁷``.
    """
    if not (text.startswith("$") and text.endswith("$")):
        return text
    text = _POWER.sub(lambda found: found[1].translate(_SUPERSCRIPTS), text.strip("$"))
    text = _UPRIGHT.sub(r"\1", text)
    return text.replace(r"\times", "×").replace(" ", "").replace("-", "−")


class _Plainly(Formatter):
    """Another formatter's labels, in letters alone."""

    def __init__(self, inner: Formatter) -> None:
        self._inner = inner

    def __call__(self, x: float, pos: int | None = None) -> str:
        return plain(self._inner(x, pos))

    def format_ticks(self, values: Any) -> list[str]:
        return [plain(text) for text in self._inner.format_ticks(values)]

    def format_data(self, value: float) -> str:
        return plain(self._inner.format_data(value))

    def format_data_short(self, value: float) -> str:
        return plain(self._inner.format_data_short(value))

    def get_offset(self) -> str:
        return plain(self._inner.get_offset())

    def set_axis(self, axis: Any) -> None:
        super().set_axis(axis)
        self._inner.set_axis(axis)

    def set_locs(self, locs: Any) -> None:
        super().set_locs(locs)
        self._inner.set_locs(locs)


def write_plainly(panels: Iterable[Any]) -> None:
    """Let the numbers beside the axes of panels be written in letters alone.

    Parameters
    ----------
    panels
        Axes of a figure, those of colour bars among them.
    """
    for panel in panels:
        for axis in (panel.xaxis, panel.yaxis):
            for get, put in (
                (axis.get_major_formatter, axis.set_major_formatter),
                (axis.get_minor_formatter, axis.set_minor_formatter),
            ):
                if isinstance(get(), ScalarFormatter | LogFormatter):
                    put(_Plainly(get()))
