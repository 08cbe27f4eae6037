"""All files of the EDPS workflow."""

from __future__ import annotations

from soxs_pipeline.cascade import Cascade
from soxs_reflex.generate.edps import sources, workflow
from soxs_reflex.generate.edps.words import HEAD
from soxs_reflex.generate.nodes import steps_of

__all__ = ["FOLDER", "files"]

FOLDER = "workflows/edps"


def files(cascade: Cascade) -> dict[str, str]:
    """Return the text of each file by its path below ``soxs_reflex``."""
    steps = steps_of(cascade)
    name = cascade.instrument.lower()
    made = {
        "__init__.py": HEAD.format(text="The EDPS workflow.").strip() + "\n",
        f"{name}_keywords.py": sources.keywords(cascade),
        f"{name}_rules.py": sources.rules(cascade),
        f"{name}_classification.py": sources.classification(cascade, steps),
        f"{name}_datasources.py": sources.datasources(cascade, steps),
        f"{name}_task_functions.py": workflow.task_functions(),
        f"{name}_wkf.py": workflow.workflow(cascade, steps),
        f"{name}_parameters.yaml": workflow.parameters(cascade, steps),
    }
    return {f"{FOLDER}/{name}/{file}": text for file, text in made.items()}
