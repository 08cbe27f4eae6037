"""Figures beside the products they show."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, get_type_hints

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.io.products import read_product
from soxs_pipeline.runtime.binding import kind_of
from soxs_pipeline.runtime.jobs import Job
from soxs_pipeline.runtime.registry import get
from soxs_pipeline.runtime.workspace import read_record, staged, write_json

__all__ = ["draw_figures", "shown_products"]

LOG = logging.getLogger(__name__)

_DOTS_PER_INCH = 150


def draw_figures(job: Job, *, pdf: bool = False) -> list[Path]:
    """Draw the figures of a job from its products on disk, and note them in its record.

    A figure that cannot be drawn is a warning: the products are good without it.

    Parameters
    ----------
    job
        The job.
    pdf
        Write PDF files as well.

    Returns
    -------
    list of Path
        The PNG files.
    """
    record = read_record(job.record)
    figures: list[dict[str, str]] = []
    try:
        _save_all(job, figures, pdf=pdf)
    except Exception as error:
        LOG.warning("%s: a figure could not be drawn: %s", job.label, error, exc_info=error)
        record["remarks"] = [*record.get("remarks", []), f"a figure could not be drawn: {error}"]
    write_json(job.record, record | {"figures": figures, "drawn": True})
    return [job.folder / figure["png"] for figure in figures]


def _save_all(job: Job, figures: list[dict[str, str]], *, pdf: bool) -> None:
    # matplotlib takes half a second to load; only who draws should wait for it.
    from soxs_pipeline.plots import draw  # noqa: PLC0415

    products = shown_products(job)
    with staged(job) as folder:
        for name, figure in draw(job.recipe, products):
            told = {"name": name}
            for kind in ("png", "pdf") if pdf else ("png",):
                told[kind] = f"{job.stem}__{name}.{kind}"
                figure.savefig(folder / told[kind], dpi=_DOTS_PER_INCH)
            figures.append(told)


def shown_products(job: Job) -> dict[str, Any]:
    """Return what the figures of a job show: its products, and what they need of its inputs."""
    record = read_record(job.record)
    hints = get_type_hints(get(job.recipe).products)
    products: dict[str, Any] = {
        name: read_product(job.folder / told["file"], kind_of(hints[name])[0])
        for name, told in record["products"].items()
    }
    # A product outranks an input of the same name: a flat takes an order table and makes one.
    return _shown_inputs(job.recipe, record) | products


def _shown_inputs(recipe: str, record: dict[str, Any]) -> dict[str, Any]:
    """Read what figures show of the inputs: geometry, and for some the frame itself."""
    from soxs_pipeline.plots import shown_slots  # noqa: PLC0415 - matplotlib is slow to load

    shown = shown_slots(recipe)
    asked = get_type_hints(get(recipe).run)
    hints = get_type_hints(Geometry) | {
        slot: kind for slot, kind in asked.items() if isinstance(kind, type)
    }
    hints = {slot: kind for slot, kind in hints.items() if slot in shown}
    return {
        slot: read_product(files[0]["path"], hints[slot])
        for slot, files in record["inputs"].items()
        if slot in hints and files and "problem" not in files[0]
    }
