"""The acquisition camera: figure 8 of the design paper."""

from __future__ import annotations

from dataclasses import replace

from soxs_pipeline.cascade.soxs.items import (
    BAD_PIXELS,
    CATALOGUE,
    IMG_FLAT,
    IMG_OBJECT,
    IMG_SCI,
    IMG_SOURCES,
    IMG_STARS,
    IMG_TARGET,
    MASTER_BIAS,
    MASTER_DARK,
    MASTER_IMG_FLAT,
)
from soxs_pipeline.cascade.soxs.slots import AGES, BINNED
from soxs_pipeline.cascade.spec import Slot, Task, bundled, maybe, need, static

__all__ = ["CAMERA_TASKS"]

#: Headers tell the filter by one of these; those that a header lacks are alike in all.
_FILTER = (*BINNED, "INS.ACFW.ID", "INS.ACFW.NAME", "FILTER")
_DETECTOR = bundled(
    "detector",
    need("master_bias", MASTER_BIAS, *AGES, match=BINNED),
    replace(maybe("master_dark", MASTER_DARK, *AGES, match=BINNED), rare=True),
    replace(static("bad_pixels", BAD_PIXELS), least=0),
)

CAMERA_TASKS = (
    Task(
        "camera_flat",
        "soxs_img_mflat",
        "Combine sky flats of the camera",
        Slot("raw", IMG_FLAT, least=1, most=None),
        _DETECTOR,
        (("master_flat", MASTER_IMG_FLAT),),
        arms=("ACQ",),
        group_by=(*_FILTER, "TPL.START"),
    ),
    Task(
        "camera_image",
        "soxs_astro_phot",
        "Calibrate camera images in place and brightness",
        Slot("raw", IMG_OBJECT, least=1, most=None),
        (
            *_DETECTOR,
            maybe("flat", MASTER_IMG_FLAT, *AGES, match=_FILTER),
            replace(static("catalogue", CATALOGUE), least=0),
        ),
        (
            ("image", IMG_SCI),
            ("sources", IMG_SOURCES),
            ("stars", IMG_STARS),
            ("target", IMG_TARGET),
        ),
        arms=("ACQ",),
        group_by=(*_FILTER, "OBS.ID", "OBS.START", "OBJECT", "EXPTIME"),
        wanted=True,
    ),
)
