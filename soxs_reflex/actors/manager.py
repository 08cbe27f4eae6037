"""What Reflex's interactive window asks of a pipeline: parameters, figures, help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from soxs_pipeline.plots import draw_onto, drawings
from soxs_reflex.actors.products import read_shown
from soxs_reflex.description import describe

__all__ = ["DataPlotterManager"]


class DataPlotterManager:
    """The window of one recipe; Reflex calls its methods by these names.

    Parameters
    ----------
    recipe
        Name of the recipe.
    parameter_type
        ``reflex.RecipeParameter``, or a stand-in of it.
    radio_type
        ``reflex_plot_widgets.InteractiveRadioButtons``, or None where there is none.
    """

    def __init__(
        self,
        recipe: str,
        parameter_type: Callable[..., Any],
        radio_type: Callable[..., Any] | None = None,
    ) -> None:
        self.recipe, self._parameter_type, self._radio_type = recipe, parameter_type, radio_type
        self.described = describe(recipe)
        self.names = drawings(recipe)
        self.shown = self.names[0] if self.names else ""
        self.products: dict[str, Any] = {}
        self.problems: list[str] = []
        self._figure: Any = None
        self._radio_axes: Any = None

    def setWindowTitle(self) -> str:  # noqa: N802 - Reflex's name
        """Return the title of the window."""
        return f"{self.recipe}: {self.described.synopsis}"

    def setInteractiveParameters(self) -> list[Any]:  # noqa: N802 - Reflex's name
        """Return all parameters of the recipe; Reflex shows those that the step lets through."""
        return [
            self._parameter_type(
                recipe=self.recipe,
                displayName=one.alias,
                group=_group(one.alias),
                description=one.text,
            )
            for one in self.described.parameters
        ]

    def readFitsData(self, fitsFiles: Sequence[Any]) -> None:  # noqa: N802 - Reflex's names
        """Read what the figures show, of files with ``name`` and ``category``."""
        self.products, self.problems = read_shown(
            self.recipe, [(one.name, one.category) for one in fitsFiles]
        )

    def addSubplots(self, figure: Any) -> None:  # noqa: N802 - Reflex's name
        """Take the figure of the window; several figures are chosen from at its foot."""
        self._figure = figure
        if len(self.names) > 1 and self._radio_type is not None:
            self._picture, foot = figure.subfigures(2, 1, height_ratios=(12, 1))
            self._radio_axes = foot.add_axes((0.02, 0.05, 0.96, 0.9))
        else:
            self._picture = figure

    def plotProductsGraphics(self) -> None:  # noqa: N802 - Reflex's name
        """Draw the chosen figure, or say why there is none."""
        drawn = bool(self.shown) and draw_onto(
            self._picture, self.recipe, self.products, self.shown
        )
        if not drawn:
            self._picture.clear()
            why = "\n".join(self.problems) or "the products for this figure are missing"
            self._picture.text(0.05, 0.5, f"{self.recipe}: nothing to show\n{why}")

    def plotWidgets(self) -> list[Any]:  # noqa: N802 - Reflex's name
        """Return the widgets by which another figure is chosen."""
        if self._radio_axes is None or self._radio_type is None:
            return []
        return [
            self._radio_type(self._radio_axes, self._choose, list(self.names), 0, title="figure")
        ]

    def _choose(self, name: str) -> None:
        self.shown = name
        self.plotProductsGraphics()

    def setWindowHelp(self) -> str:  # noqa: N802 - Reflex's name
        """Return what the button Help shows."""
        return (
            f"{self.described.text}\n\n"
            "Change parameters on the right and press Repeat: the recipe runs again on the same "
            "frames. Continue takes the result. Initialise makes the parameters those with which "
            "the next data set begins."
        )


def _group(alias: str) -> str:
    """Return the tab of the notebook a parameter stands on."""
    words = alias.split("-")
    if {"position", "locate", "detection", "sources", "window", "aperture"} & set(words):
        return "object"
    if {"sky", "knots", "structure", "slit", "follow", "subtract", "throw"} & set(words):
        return "sky"
    return "general"
