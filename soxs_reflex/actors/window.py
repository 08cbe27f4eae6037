"""Run the window of a recipe as Reflex wants it, or pass its products through."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from soxs_reflex.actors.protocol import pass_through

__all__ = ["main"]


def main(recipe: str, arguments: Sequence[str] | None = None) -> int:
    """Run the window of a recipe and return the exit status.

    With Reflex's modules its own window opens, if it is enabled; without them products are passed
    through, so that the workflow goes on.

    Parameters
    ----------
    recipe
        Name of the recipe.
    arguments
        Those of the command line, for machines without Reflex.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app_module = import_module("reflex_interactive_app")
        reflex = import_module("reflex")
    except ImportError:
        return pass_through(f"{recipe}: interactive window", given)
    app = app_module.PipelineInteractiveApp(enable_init_sop=True)
    if app.isGUIEnabled():
        # Drawing loads much; who passes through need not wait for it.
        from soxs_reflex.actors.manager import DataPlotterManager  # noqa: PLC0415

        app.setPlotManager(DataPlotterManager(recipe, reflex.RecipeParameter, _radio_buttons()))
        app.showGUI()
    else:
        _continue(app)
    app.print_outputs()
    return 0


def _radio_buttons() -> Any:
    try:
        return import_module("reflex_plot_widgets").InteractiveRadioButtons
    except (ImportError, AttributeError):
        return None


def _continue(app: Any) -> None:
    # Older releases of Reflex know the second name only.
    for name in ("set_continue_mode", "passProductsThrough"):
        if hasattr(app, name):
            getattr(app, name)()
            return
