"""All files of the Reflex workflows."""

from __future__ import annotations

from soxs_pipeline.cascade import Cascade
from soxs_reflex.generate.nodes import steps_of
from soxs_reflex.generate.reflex.oca import rules
from soxs_reflex.generate.reflex.workflow import workflow

__all__ = ["FOLDER", "files"]

FOLDER = "workflows/reflex"


def files(cascade: Cascade) -> dict[str, str]:
    """Return the text of each file by its path below ``soxs_reflex``.

    The imaging workflow is made of the camera's tasks, once the map holds any.
    """
    name = cascade.instrument.lower()
    oca = f"{name}.oca"
    made = {oca: rules(cascade, steps_of(cascade))}
    for kind, arms in (("spectroscopy", ("VIS", "NIR")), ("imaging", ("ACQ",))):
        if any(set(task.arms) & set(arms) for task in cascade.tasks):
            title = f"{name}_{kind}"
            made[f"{title}.xml"] = workflow(cascade, arms=arms, name=title, oca=oca)
    return {f"{FOLDER}/{file}": text for file, text in made.items()}
