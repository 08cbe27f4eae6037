"""One step of the workflow: a recipe, repeated at will where a window judges it."""

from __future__ import annotations

from soxs_pipeline.cascade.spec import Task
from soxs_reflex.description import Description, Parameter
from soxs_reflex.generate.reflex.moml import COMPOSITE, Entity

__all__ = ["INTERACTIVE", "init_name", "step_entity"]

#: Recipes that have a window, and the parameters that an astronomer turns there first.
INTERACTIVE: dict[str, tuple[str, ...]] = {
    "soxs_disp_solution": (),
    "soxs_order_centres": (),
    "soxs_spec_mflat": (),
    "soxs_spatial_solution": (),
    "soxs_stare": ("locate", "position", "sky-regions", "detection-sigma"),
    "soxs_nod": ("locate", "position", "subtract", "detection-sigma"),
    "soxs_offset": ("locate", "position", "subtract", "least-throw"),
    "soxs_extract": ("method", "window", "aperture", "clip-sigma", "slit-loss"),
    "soxs_response": (),
    "soxs_merge": ("velocity-step", "match-arms", "magnitudes"),
    "soxs_telluric": ("fit", "water", "use-standard", "opaque"),
    "soxs_astro_phot": ("detection-sigma", "colour-term", "target-radius", "least-stars"),
}

_STRING = "ptolemy.data.expr.StringParameter"
_PARAMETER = "ptolemy.data.expr.Parameter"
_FILE = "ptolemy.data.expr.FileParameter"
_FOLDERS = (
    ("Products Dir", "$TMP_PRODUCTS_DIR"),
    ("Logs Dir", "$LOGS_DIR"),
    ("Bookkeeping Dir", "$BOOKKEEPING_DIR"),
    ("Bookkeeping DB", "$BOOKKEEPING_DB"),
)
_OUTPUTS = ("out_sof", "out_sop", "out_sof_loop", "out_sop_loop", "iteration_complete",
            "set_enable", "set_init_sop")  # fmt: skip
_INPUTS = ("in_sof", "in_sop", "in_sof_rec_orig", "enable")


def init_name(alias: str) -> str:
    """Return the name of the workflow parameter that a recipe parameter begins with."""
    return "INIT_" + "".join(c if c.isalnum() else "_" for c in alias).upper()


def step_entity(task: Task, title: str, described: Description, number: int,
                accepted: tuple[str, ...], at: tuple[int, int]) -> Entity:  # fmt: skip
    """Return the composite of one task.

    Parameters
    ----------
    task
        Of the map.
    title
        Shown on the canvas.
    described
        The recipe.
    number
        Of this use of the recipe: names must differ within a workflow.
    accepted
        Tags the recipe takes; others in a set of files pass it by.
    at
        Place on the canvas.
    """
    box = Entity(title, COMPOSITE, at)
    box.port("sof in", "input")
    box.port("calib in", "input", "multiport")
    box.port("sof out", "output")
    box.set("DDF Director", "", "ptolemy.domains.ddf.kernel.DDFDirector")
    box.annotate("about", task.doc, (60, 40))
    _add_gate(box)
    executer = _executer(task, number, accepted)
    box.add(executer)
    if task.recipe in INTERACTIVE:
        _add_loop(box, task, described, executer)
    else:
        box.add(Entity("SofSplitter", "org.eso.SofSplitter", (420, 160)))
        box.add(Entity("SofAccumulator", "org.eso.SofAccumulator", (820, 160)))
        box.wire("Empty.falseOutput", "SofSplitter.sof in")
        box.wire("SofSplitter.sof out", f"{executer.name}.sof in")
        box.wire(f"{executer.name}.sof out", "SofAccumulator.sof in")
        box.wire("SofSplitter.#groups", "SofAccumulator.#groups")
        box.wire("SofAccumulator.sof out", "Result.falseInput")
    return box


def _add_gate(box: Entity) -> None:
    """Let a set of files without main input pass the recipe by."""
    box.add(Entity("SofCombiner", "org.eso.SofCombiner", (160, 160)))
    box.add(Entity("IsSofEmpty", "org.eso.IsSofEmpty", (160, 280)))
    box.add(Entity("Empty", "ptolemy.actor.lib.BooleanSwitch", (300, 160)))
    box.add(Entity("Result", "ptolemy.domains.ddf.lib.DDFBooleanSelect", (940, 160)))
    box.wire("sof in", "SofCombiner.sof in", "IsSofEmpty.sof in")
    box.bus("calib in", "SofCombiner.sof in opt")
    box.wire("SofCombiner.sof out", "Empty.input")
    box.wire("IsSofEmpty.is empty", "Empty.control", "Result.control")
    box.wire("Empty.trueOutput", "Result.trueInput")
    box.wire("Result.output", "sof out")


def _executer(task: Task, number: int, accepted: tuple[str, ...]) -> Entity:
    found = Entity(
        f"{task.recipe}_{number}", "org.eso.RecipeExecuter", (620, 160), display=task.recipe
    )
    found.set("recipe", "")
    for name, value in (
        ("mode", "Run"),
        ("Lazy Mode", "true"),
        ("Recipe Failure Mode", "$RecipeFailureMode"),
        ("Input Files Category", ",".join(accepted)),
        ("Output Files Category", ""),
        ("File Purpose Processing", "Strip last"),
        ("Allow empty inputs", "false"),
        ("Clean Temporary Directories", "true"),
        *_FOLDERS,
        ("EsoRex default args", "$ESORexArgs"),
    ):
        found.set(name, value)
    return found


def _add_loop(box: Entity, task: Task, described: Description, executer: Entity) -> None:
    """Wire looper, recipe and window: a run is repeated until the astronomer continues."""
    chosen = [_parameter(described, alias) for alias in INTERACTIVE[task.recipe]]
    box.set("EnableInteractivity", "$GlobalPlotInteractivity")
    for one in chosen:
        box.set(init_name(one.alias), _plain(one.default))
        place = [p.alias for p in described.parameters].index(one.alias) + 1
        executer.set(f"recipe_param_{place}", f"{one.alias}=PORT", _PARAMETER)
    told = ",".join(f"{one.alias}=${init_name(one.alias)}" for one in chosen)
    window = Entity(f"{task.recipe}_window", "org.eso.PythonActor", (780, 160))
    window.set("Python script", f"$ACTORS_DIR/{task.recipe}_interactive.py", _FILE)
    for name, value in (("Run in terminal", "false"), ("Lazy Mode", "false"), *_FOLDERS):
        window.set(name, value)
    for port in _INPUTS:
        window.port(port, "input")
    for port in _OUTPUTS:
        window.port(port, "output")
    for port in (*_INPUTS[:3], *_OUTPUTS[:4], "set_init_sop"):
        kind = "SoP" if "sop" in port else "SoF"
        window.set(f"{port}_conversion_mode", kind)
    box.add(window)
    _add_partners(box, window.name, f"{task.recipe}:{told}" if told else "")
    name, actor = executer.name, window.name
    box.wire("Empty.falseOutput", "SofSplitter.sof in")
    box.wire("SofSplitter.sof out", "RecipeLooper.sof in", "Initial parameters.trigger")
    box.wire("Initial parameters.output", "SopCreator.param in")
    box.wire("SopCreator.sop out", "RecipeLooper.sop in")
    box.wire("RecipeLooper.sof out", f"{name}.sof in", f"{actor}.in_sof_rec_orig")
    box.wire("RecipeLooper.sop out", f"{name}.sop in")
    box.wire(f"{name}.sof out", f"{actor}.in_sof", "Enable.trigger")
    box.wire(f"{name}.sop out", f"{actor}.in_sop")
    box.wire("Enable.output", f"{actor}.enable")
    box.wire(f"{actor}.out_sof_loop", "RecipeLooper.sof loop")
    box.wire(f"{actor}.out_sop_loop", "RecipeLooper.sop loop")
    box.wire(f"{actor}.iteration_complete", "RecipeLooper.iteration complete")
    box.wire(f"{actor}.set_enable", "Remember.input")
    box.wire(f"{actor}.out_sof", "SofAccumulator.sof in")
    box.wire("SofSplitter.#groups", "SofAccumulator.#groups")
    box.wire("SofAccumulator.sof out", "Result.falseInput")


def _add_partners(box: Entity, window: str, told: str) -> None:
    """Add what goes with a window: the looper, its first parameters, and what is remembered."""
    looper = Entity("RecipeLooper", "org.eso.RecipeLooper", (520, 160))
    looper.set("Actor name", window)
    looper.set("Get initial params from DB", "$ReusePreviousExecution")
    box.add(Entity("SofSplitter", "org.eso.SofSplitter", (420, 160)))
    box.add(Entity("SofAccumulator", "org.eso.SofAccumulator", (860, 160)))
    box.add(looper)
    initial = box.add(Entity("Initial parameters", "ptolemy.actor.lib.StringConst", (420, 300)))
    initial.set("value", told)
    box.add(Entity("SopCreator", "org.eso.SopCreator", (520, 300)))
    enable = box.add(Entity("Enable", "ptolemy.actor.lib.StringConst", (640, 300)))
    enable.set("value", "$EnableInteractivity")
    remember = box.add(Entity("Remember", "ptolemy.actor.lib.SetVariable", (860, 300)))
    remember.set("variableName", "EnableInteractivity")
    remember.set("delayed", "false", _PARAMETER)


def _parameter(described: Description, alias: str) -> Parameter:
    return next(one for one in described.parameters if one.alias == alias)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
