"""``soxspipe tune``: a window in which a recipe's parameters are turned."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import InputError
from soxs_pipeline.runtime.display import BACKENDS, has_display

__all__ = ["COMMANDS", "open_figure"]

_CANCELLED = 1


def _add_tune(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.description = (
        "Open a window on one recipe: change a parameter, run it again, compare before and "
        "after, accept. Accepted settings are saved as a file for -s."
    )
    parser.add_argument("recipe", help="name of the recipe, with or without soxs_")
    parser.add_argument(
        "inputFrames", type=Path, help="folder of frames, or set of files: lines of 'path tag'"
    )
    parser.add_argument("-s", "--settings", type=Path, help="settings to begin with")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("tuned.toml"), metavar="SETTINGS",
        help="where accepted settings go (default: tuned.toml)",
    )  # fmt: skip
    parser.add_argument(
        "--backend", default="", help=f"what shows the window ({', '.join(BACKENDS)})"
    )
    return _tune


def _tune(options: argparse.Namespace) -> int:
    from soxs_pipeline.cli.session import INSTRUMENT, load_settings  # noqa: PLC0415
    from soxs_pipeline.runtime.registry import full_name  # noqa: PLC0415
    from soxs_pipeline.tuning.session import TuningSession  # noqa: PLC0415
    from soxs_pipeline.tuning.window import TuningWindow  # noqa: PLC0415

    name = full_name(options.recipe)
    settings = load_settings(options.settings)
    session = TuningSession(
        name, options.inputFrames, instrument=INSTRUMENT,
        settings=settings.from_file.get(name, {}), rules=settings.headers,
    )  # fmt: skip
    if session.others:
        print(f"{session.others} more data sets are there; this is {session.job.title}")
    try:
        figure, show, close = open_figure(options.backend)
        window = TuningWindow(session, figure, save_to=options.output, close=close)
        window.run()
        show()
    finally:
        session.close()
    if not window.accepted:
        print("nothing was saved", file=sys.stderr)
        return _CANCELLED
    print(f"settings saved: soxspipe {name} {options.inputFrames} -s {options.output}")
    return 0


def open_figure(backend: str = "") -> tuple[Any, Callable[[], None], Callable[[], None]]:
    """Return an empty figure in a window, what shows it until it is closed, and what closes it.

    Raises
    ------
    InputError
        If there is no display, or nothing that could show a window.
    """
    if not has_display():
        raise InputError(
            "there is no display to open a window on",
            wanted="DISPLAY in the environment",
            remedy="log in with ssh -X, or set parameters with -s and look at the figures",
        )
    import matplotlib as mpl  # noqa: PLC0415

    why = []
    for name in (backend,) if backend else BACKENDS:
        try:
            mpl.use(name, force=True)
            return _open()
        except Exception as error:  # noqa: BLE001 - toolkits fail in ways of their own
            why.append(f"{name}: {error}")
    raise InputError(
        f"no window could be opened ({'; '.join(why)})",
        wanted="PySide6, PyQt6 or tkinter",
        remedy="pip install PySide6, or the system's package python3-tk",
    )


def _open() -> tuple[Any, Callable[[], None], Callable[[], None]]:
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure = plt.figure(figsize=(14.5, 9.0), layout="constrained")
    return figure, lambda: plt.show(block=True), lambda: plt.close(figure)


COMMANDS = {"tune": _add_tune}
