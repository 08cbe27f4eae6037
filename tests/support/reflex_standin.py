"""Just enough of Reflex's own modules to run an actor: the application, parameters, frames."""

import json
import sys
import types
from dataclasses import dataclass
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["modules"]


@dataclass
class RecipeParameter:
    """As reflex.RecipeParameter."""

    recipe: str
    displayName: str  # noqa: N815 - Reflex's name
    name: str = ""
    group: str = ""
    description: str = ""
    value: str = ""


@dataclass
class FitsFile:
    """As reflex.FitsFile."""

    name: str
    category: str


class PipelineInteractiveApp:
    """As Reflex's, with a script instead of an astronomer: continue, or repeat:alias=value."""

    def __init__(self, *, enable_init_sop=False):
        self.enable_init_sop = enable_init_sop
        options = dict(word[2:].split("=", 1) for word in sys.argv[1:] if "=" in word)
        self.inputs = json.loads(Path(options["input-parameters-file"]).read_text())
        self.target = Path(options["output-parameters-file"])
        self.outputs = {}
        self.log = self.inputs.get("log")
        self.act = self.inputs.get("act", "continue")

    def isGUIEnabled(self):  # noqa: N802
        return self.inputs.get("enable") == "true"

    def setPlotManager(self, manager):  # noqa: N802
        self.manager = manager

    def showGUI(self):  # noqa: N802
        manager = self.manager
        title = manager.setWindowTitle()
        offered = manager.setInteractiveParameters()
        files = [
            FitsFile(one["name"], one["category"])
            for key in ("in_sof", "in_sof_rec_orig")
            for one in self.inputs[key]["files"]
        ]
        manager.readFitsData(files)
        figure = Figure(figsize=(9, 8), layout="constrained")
        FigureCanvasAgg(figure)
        manager.addSubplots(figure)
        manager.plotProductsGraphics()
        widgets = manager.plotWidgets()
        figure.savefig(self.target.with_suffix(".png"))
        help_text = manager.setWindowHelp()
        told = {
            "title": title, "parameters": [one.displayName for one in offered],
            "groups": sorted({one.group for one in offered}), "widgets": len(widgets),
            "help": help_text,
            "panels": len(figure.axes) + sum(len(s.axes) for s in figure.subfigs),
        }  # fmt: skip
        self.target.with_suffix(".told.json").write_text(json.dumps(told))
        if self.act == "continue":
            self.set_continue_mode()
        else:
            alias, value = self.act.removeprefix("repeat:").split("=")
            changed = [
                {**one, "value": value} if one["display_name"] == alias else one
                for one in self.inputs["in_sop"]
            ]
            self.outputs = {
                "iteration_complete": "false", "out_sop_loop": changed,
                "out_sof_loop": self.inputs["in_sof_rec_orig"],
            }  # fmt: skip

    def set_continue_mode(self):
        self.outputs = {
            "iteration_complete": "true", "out_sof": self.inputs["in_sof"],
            "out_sop": self.inputs["in_sop"], "set_enable": self.inputs.get("enable"),
        }  # fmt: skip

    def print_outputs(self):
        self.target.write_text(json.dumps(self.outputs))


class InteractiveRadioButtons:
    """As reflex_plot_widgets.InteractiveRadioButtons."""

    def __init__(self, axes, callback, labels, active, **others):  # noqa: ARG002
        self.axes, self.callback, self.labels = axes, callback, labels
        callback(labels[-1])


def modules():
    """The modules by name, for sys.modules."""
    reflex = types.ModuleType("reflex")
    reflex.RecipeParameter, reflex.FitsFile = RecipeParameter, FitsFile
    app = types.ModuleType("reflex_interactive_app")
    app.PipelineInteractiveApp = PipelineInteractiveApp
    widgets = types.ModuleType("reflex_plot_widgets")
    widgets.InteractiveRadioButtons = InteractiveRadioButtons
    return {"reflex": reflex, "reflex_interactive_app": app, "reflex_plot_widgets": widgets}
