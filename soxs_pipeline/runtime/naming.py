"""Names of products, in the manner observers of the instrument know."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

from soxs_pipeline.cascade.associate import Dataset
from soxs_pipeline.cascade.classify import DataFile, lookup
from soxs_pipeline.cascade.spec import CascadeMap
from soxs_pipeline.domain.filters import filter_of

__all__ = ["stem_of", "title_of"]

_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_SHORT = {
    "soxs_mbias": "MBIAS",
    "soxs_mdark": "MDARK",
    "soxs_disp_solution": "DSOL",
    "soxs_order_centres": "OLOC",
    "soxs_spec_mflat": "MFLAT",
    "soxs_spatial_solution": "SSOL",
}
_KIND = {"science": "OBJ", "standard": "STD_FLUX", "telluric": "STD_TELL"}
#: Tasks of the camera that look at a target.
_IMAGES = ("camera_image",)
_LAMPS = (("QTH", "QTH"), ("DEUT", "D"), ("ARGO", "AR"), ("NEON", "NE"), ("MERC", "HG"),
          ("XENO", "XE"), ("THAR", "THAR"))  # fmt: skip


def stem_of(dataset: Dataset, cascade: CascadeMap) -> str:
    """Return the name that a dataset's products begin with.

    ``<time>_<arm>_[<binning>_]<read mode>_<recipe>_[<lamps>_][<slit>_]<exposure>S_SOXS
    [_<target>]``, for instance ``20250831T021035_VIS_1X1_1_MBIAS_0_0S_SOXS``.
    """
    first = dataset.main[0]
    parts = [_time(first), "".join(dict.fromkeys(file.arm for file in dataset.main))]
    if not dataset.task.joins_arms:
        parts += [_binning(first, cascade), _plain(lookup(first, "DET.READ.CURID", cascade))]
    parts.append(_recipe(dataset))
    if not dataset.task.joins_arms:
        parts += _optics(dataset, cascade)
    parts += [cascade.instrument, _target(first) if _observes(dataset) else ""]
    return "_".join(_clean(part) for part in parts if part)


def title_of(dataset: Dataset) -> str:
    """Return what a dataset is of: the target, or the number of frames."""
    if _observes(dataset):
        shown = [_target(dataset.main[0]) or dataset.main[0].origin]
        if dataset.task.name in _IMAGES:
            shown.append(filter_of(dataset.main[0].header))
        return " ".join(shown).strip()
    number = len(dataset.main)
    return f"{number} frames" if number > 1 else dataset.main[0].origin


def _observes(dataset: Dataset) -> bool:
    return dataset.task.name.partition("_")[0] in _KIND or dataset.task.name in _IMAGES


def _time(file: DataFile) -> str:
    if not math.isfinite(file.mjd):
        return re.sub(r"\.fits?(\.\w+)?$", "", file.origin, flags=re.IGNORECASE)
    moment = _EPOCH + timedelta(days=file.mjd)
    # The file name carries the time to the millisecond; MJD-OBS must not round it up.
    return (moment + timedelta(microseconds=500)).strftime("%Y%m%dT%H%M%S")


def _binning(file: DataFile, cascade: CascadeMap) -> str:
    x, y = (_plain(lookup(file, key, cascade)) for key in ("DET.BINX", "DET.BINY"))
    return f"{x}X{y}" if x and y else ""


def _recipe(dataset: Dataset) -> str:
    recipe, kind = dataset.task.recipe, dataset.task.name.partition("_")[0]
    short = _SHORT.get(recipe, recipe.removeprefix("soxs_").upper())
    return f"{short}_{_KIND[kind]}" if kind in _KIND else short


def _optics(dataset: Dataset, cascade: CascadeMap) -> list[str]:
    first = dataset.main[0]
    exposure = lookup(first, "EXPTIME", cascade)
    seconds = f"{exposure:.1f}S" if isinstance(exposure, float) else ""
    if first.arm == "ACQ" and dataset.task.name.startswith("camera"):
        return [filter_of(first.header), seconds if _observes(dataset) else ""]
    if dataset.task.main.item.tag in {"BIAS", "DARK"}:
        return [seconds if dataset.task.main.item.tag == "DARK" else ""]
    lamps = "".join(short for key, short in _LAMPS if first.header.get(f"INS.{key}.NAME"))
    slit = lookup(first, "SLIT", cascade)
    return ["" if _observes(dataset) else lamps, _plain(slit), seconds]


def _target(file: DataFile) -> str:
    name = str(file.header.get("OBJECT") or "").strip()
    if not name or name.upper().startswith(("STD,", "OBJECT")):
        name = str(file.header.get("OBS.TARG.NAME") or name).strip()
    return re.sub(r"\s+", "", name)


def _plain(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _clean(part: str) -> str:
    """Keep what is safe in a file name on any system."""
    return re.sub(r"[^A-Za-z0-9+-]+", "_", part.replace(".", "_")).strip("_")
