"""The workflow that Reflex shows: from a folder of raw frames to products, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from soxs_pipeline.cascade import Cascade
from soxs_pipeline.cascade.graph import execution_order, producers
from soxs_pipeline.cascade.spec import DataItem, Group, Slot, Task
from soxs_reflex.description import describe
from soxs_reflex.generate.reflex.moml import COMPOSITE, Entity, text_of
from soxs_reflex.generate.reflex.step import step_entity

__all__ = ["workflow"]

_STRING, _FILE = "ptolemy.data.expr.StringParameter", "ptolemy.data.expr.FileParameter"
_ROWS = {"calibration": 0, "standard": 1, "telluric": 2, "science": 3}
#: Distance of steps on the canvas.
_ACROSS, _DOWN, _LEFT, _TOP = 260, 190, 520, 560

#: Python that Kepler runs (Jython): no package of ours can be imported there.
_RENAMER = """\
import json, os, shutil

class Main:
    def fire(self):
        token = self.in_sof.get(0)
        told = json.loads(token.stringValue())
        folder = self.FinalProductDirectory.getToken().stringValue()
        if not os.path.isdir(folder):
            os.makedirs(folder)
        for one in told.get("files", []):
            target = os.path.join(folder, os.path.basename(one["name"]))
            if os.path.exists(target):
                stem, suffix = os.path.splitext(target)
                number = 1
                while os.path.exists("%s_%d%s" % (stem, number, suffix)):
                    number = number + 1
                target = "%s_%d%s" % (stem, number, suffix)
            shutil.copy2(one["name"], target)
        self.out.broadcast(token)
"""


def workflow(cascade: Cascade, *, arms: Sequence[str], name: str, oca: str) -> str:
    """Return the text of a workflow.

    Parameters
    ----------
    cascade
        The map.
    arms
        Arms whose tasks it holds.
    name
        Of the workflow.
    oca
        Name of the file of rules.
    """
    tasks = [t for t in execution_order(cascade.tasks) if _belongs(t, arms, cascade)]
    root = Entity(name, COMPOSITE)
    root.set("_createdBy", "11.1.devel", "ptolemy.kernel.attributes.VersionAttribute")
    root.set("DDF Director", "", "ptolemy.domains.ddf.kernel.DDFDirector")
    _annotations(root, cascade, name)
    _add_input(root)
    _add_steps(root, tasks, arms, cascade)
    _add_output(root, tasks)
    return text_of(root, _parameters(cascade, oca))


def _belongs(task: Task, arms: Sequence[str], cascade: Cascade) -> bool:
    """Return True if a task is done for one of the arms, or behind one that is."""
    if any(task.arms):
        return bool(set(task.arms) & set(arms))
    makers = producers(cascade.tasks).get(task.main.item.tag, ())
    return any(_belongs(maker, arms, cascade) for maker in makers)


def _parameters(cascade: Cascade, oca: str) -> dict[str, tuple[str, str]]:
    instrument = cascade.instrument.lower()
    folders = {
        "ROOT_DATA_DIR": "ROOT_DATA_PATH_TO_REPLACE",
        "RAW_DATA_DIR": f"$ROOT_DATA_DIR/reflex_input/{instrument}",
        "CALIB_DATA_DIR": "CALIB_DATA_PATH_TO_REPLACE",
        "ACTORS_DIR": "ACTORS_PATH_TO_REPLACE",
        "OCA_FILE": f"WORKFLOW_PATH_TO_REPLACE/{oca}",
        "BOOKKEEPING_DIR": "$ROOT_DATA_DIR/reflex_book_keeping",
        "LOGS_DIR": "$ROOT_DATA_DIR/reflex_logs",
        "TMP_PRODUCTS_DIR": "$ROOT_DATA_DIR/reflex_tmp_products",
        "END_PRODUCTS_DIR": "$ROOT_DATA_DIR/reflex_end_products",
        "BOOKKEEPING_DB": "$BOOKKEEPING_DIR/bookkeeping.db",
    }
    words = {
        "ESORexArgs": "--suppress-prefix=TRUE",
        "FITS_VIEWER": "fv",
        "RecipeFailureMode": "Ask",
        "SelectDatasetMethod": "Interactive",
        "ProductExplorerMode": "Enabled",
        "GlobalPlotInteractivity": "true",
        "ReusePreviousExecution": "true",
        "EraseDirs": "false",
        "DatasetName": "",
        "END_PRODUCTS_SUBDIR": "",
        "GLOBAL_TIMESTAMP": "",
        "N_SELECTED_DATASETS": "0",
    }
    return {
        **{key: (value, _FILE) for key, value in folders.items()},
        **{key: (value, _STRING) for key, value in words.items()},
        "enableBackwardTypeInference": ("false", "ptolemy.data.expr.Parameter"),
    }


def _annotations(root: Entity, cascade: Cascade, name: str) -> None:
    root.annotate("title", f"{cascade.instrument}: {name.replace('_', ' ')}", (40, 30), 24)
    root.annotate(
        "how",
        "1. Set ROOT_DATA_DIR and RAW_DATA_DIR.\n"
        "2. Press run; choose the data sets.\n"
        "3. A window opens at each step with an eye on its name: change a parameter and repeat,\n"
        "   or continue. GlobalPlotInteractivity = false runs through without windows.",
        (40, 90),
    )
    for kind, row in _ROWS.items():
        root.annotate(f"row {kind}", kind.capitalize(), (_LEFT, _TOP + row * _DOWN - 70), 18)


def _add_input(root: Entity) -> None:
    for number, (name, value) in enumerate(
        (("Raw data", "$RAW_DATA_DIR"), ("Calibrations", "$CALIB_DATA_DIR"))
    ):
        const = root.add(Entity(name, "ptolemy.actor.lib.StringConst", (60, 300 + 80 * number)))
        const.set("value", value)
    root.add(Entity("Folders", "ptolemy.actor.lib.ElementsToArray", (180, 340)))
    organiser = root.add(Entity("DataOrganizer", "org.eso.DataOrganizer", (300, 340)))
    organiser.set("OCA File", "$OCA_FILE", _FILE)
    for key, value in (
        ("Keywords to be displayed", "OBJECT,EXPTIME,DPR.TYPE,DPR.TECH,SEQ.ARM"),
        ("Lazy Mode", "true"),
        ("Use CalSelector associations", "false"),
        ("Association preference", "RAW CALIBRATIONS"),
        ("Bookkeeping Dir", "$BOOKKEEPING_DIR"),
    ):
        organiser.set(key, value)
    chooser = root.add(Entity("DataSetChooser", "org.eso.DataSetChooser", (300, 420)))
    chooser.set("Selection mode", "$SelectDatasetMethod")
    chooser.set("FITS Viewer", "$FITS_VIEWER")
    chooser.set("Bookkeeping DB", "$BOOKKEEPING_DB")
    root.add(Entity("FitsRouter", "org.eso.FitsRouter", (300, 560)))
    root.wire("Raw data.output", "Folders.input")
    root.wire("Calibrations.output", "Folders.input")
    root.wire("Folders.output", "DataOrganizer.input data")
    root.wire("DataOrganizer.datasets out", "DataSetChooser.datasets in")
    root.wire("DataSetChooser.dataset out", "FitsRouter.in")


def _tags(slot: Slot, arms: Sequence[str], cascade: Cascade) -> list[str]:
    item = slot.item
    if cascade.of_all_arms(item):
        return [item.tag]
    if item.group is Group.CALIB:
        return [item.tag, *(item.tag_for(arm) for arm in ("ALL", *arms))]
    return list(dict.fromkeys(slot.tag_for(arm) for arm in arms))


def _add_steps(root: Entity, tasks: Sequence[Task], arms: Sequence[str], cascade: Cascade) -> None:
    router = root.children["FitsRouter"]
    makers: dict[DataItem, list[str]] = {}
    uses: dict[str, int] = {}
    columns: dict[str, int] = {}
    routed: dict[str, list[str]] = {}
    for task in tasks:
        kind = _kind(task)
        uses[task.recipe] = uses.get(task.recipe, 0) + 1
        column = columns[kind] = columns.get(kind, -1) + 1
        at = (_LEFT + _ACROSS * column, _TOP + _DOWN * _ROWS[kind])
        slots = (task.main, *task.others)
        accepted = tuple(
            dict.fromkeys(tag for slot in slots for tag in _tags(slot, arms, cascade))
        )
        title = task.name.replace("_", " ")
        root.add(step_entity(task, title, describe(task.recipe), uses[task.recipe], accepted, at))
        ends = {task.main.item: "sof in"}
        for slot in task.others:
            ends.setdefault(slot.item, "calib in")
        for item, port in ends.items():
            # What another workflow makes comes in as a file.
            if item in makers:
                _feed(root, makers[item], title, port)
            else:
                routed.setdefault(item.tag, []).append(f"{title}.{port}")
        for _, made in task.products:
            makers.setdefault(made, []).append(title)
    tags: dict[str, list[str]] = {}
    for slot in (s for t in tasks for s in (t.main, *t.others)):
        tags.setdefault(slot.item.tag, []).extend(_tags(slot, arms, cascade))
    for tag in (tag for tag in tags if tag in routed):
        router.port(tag, "output")
        router.set(f"{tag}_config", ",".join(dict.fromkeys(tags[tag])))
        for end in routed[tag]:
            root.wire(f"FitsRouter.{tag}", end)


def _feed(root: Entity, makers: Sequence[str], title: str, port: str) -> None:
    """Wire the makers of a product to a step; several are brought together first."""
    if port == "calib in" or len(makers) < 2:
        for maker in makers:
            root.wire(f"{maker}.sof out", f"{title}.{port}")
        return
    at = root.children[title].at
    gather = root.add(Entity(f"{title} inputs", "org.eso.SofCombiner", (at[0] - 90, at[1] + 70)))
    for maker in makers:
        root.wire(f"{maker}.sof out", f"{gather.name}.sof in opt")
    root.wire(f"{gather.name}.sof out", f"{title}.{port}")


def _kind(task: Task) -> str:
    first = task.name.partition("_")[0]
    if task.recipe == "soxs_response":
        return "standard"
    return first if first in _ROWS else "calibration"


def _add_output(root: Entity, tasks: Sequence[Task]) -> None:
    """Bring what observers ask for into the folder of final products, and show its history."""
    taken = {slot.item for task in tasks for slot in (task.main, *task.others)}
    last = [
        task for task in tasks
        if task.wanted or (task.joins_arms and not {i for _, i in task.products} & taken)
    ]  # fmt: skip
    across = Counter(map(_kind, tasks))["science"]
    at = _LEFT + _ACROSS * across, _TOP + _DOWN * _ROWS["science"]
    root.add(Entity("Final products", "org.eso.SofCombiner", at))
    renamer = root.add(
        Entity("ProductRenamer", "ptolemy.actor.lib.python.PythonScript", (at[0] + 160, at[1]))
    )
    renamer.set("script", _RENAMER, "ptolemy.kernel.util.StringAttribute")
    renamer.set("FinalProductDirectory", "$END_PRODUCTS_DIR", _FILE)
    renamer.set("CopyMode", "copy")
    renamer.set("OutputExistsMode", "append_version")
    renamer.set("BookkeepingDB", "$BOOKKEEPING_DB", _FILE)
    renamer.port("in_sof", "input")
    renamer.port("out", "output")
    explorer = root.add(Entity("ProductExplorer", "org.eso.ProductExplorer", (at[0] + 320, at[1])))
    for key, value in (
        ("Mode", "$ProductExplorerMode"),
        ("Bookkeeping DB", "$BOOKKEEPING_DB"),
        ("FITS Viewer", "$FITS_VIEWER"),
    ):
        explorer.set(key, value)
    for task in last:
        root.wire(f"{task.name.replace('_', ' ')}.sof out", "Final products.sof in opt")
    root.wire("Final products.sof out", "ProductRenamer.in_sof")
    root.wire("ProductRenamer.out", "ProductExplorer.trigger")
