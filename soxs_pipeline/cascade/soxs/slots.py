"""What several tasks need, and how it is matched to their main input."""

from __future__ import annotations

from dataclasses import replace

from soxs_pipeline.cascade.soxs.items import (
    BAD_PIXELS,
    BLAZE,
    DISP,
    DISP_IMAGE,
    EDGES,
    LAMP_OFF,
    MASTER_BIAS,
    MASTER_DARK,
    MASTER_FLAT,
    NONLINEAR,
)
from soxs_pipeline.cascade.spec import Level, Slot, bundled, maybe, need, static

__all__ = [
    "AGES",
    "ARM",
    "BINNED",
    "BLAZE_SLOT",
    "DETECTOR",
    "FLAT_MATCH",
    "GEOMETRY",
    "LAMP",
    "MASTER_FLAT_SLOT",
    "MONTH",
    "NIGHT",
    "OFFSETS",
    "SAME_EXPOSURE",
    "SAME_SEQUENCE",
    "SETUP",
    "SETUP_SET",
    "WEEK",
    "YEAR",
]

# --- how long a calibration holds -----------------------------------------------------------
NIGHT, WEEK, MONTH = Level(0, 1), Level(1, 7), Level(2, 31)
YEAR = Level(3, 400)
AGES = (NIGHT, WEEK, MONTH)

# --- which keywords must agree --------------------------------------------------------------
ARM = ("INSTRUME", "SEQ.ARM")
BINNED = (*ARM, "DET.BINX", "DET.BINY")
SETUP = (*BINNED, "DET.READ.CURID")
SAME_EXPOSURE = ("SEQ.ARM", "MJD-OBS")
SAME_SEQUENCE = (*SETUP, "SLIT", "TPL.START")

# --- what several tasks need ----------------------------------------------------------------
OFFSETS = bundled(
    "detector",
    # Without a bias the prescan still gives the level; what structure it has stays in.
    maybe("master_bias", MASTER_BIAS, *AGES, match=SETUP, arms="VIS"),
    replace(maybe("master_dark", MASTER_DARK, *AGES, match=ARM, arms="NIR"), nearest=("EXPTIME",)),
    replace(static("bad_pixels", BAD_PIXELS), least=0),
)
DETECTOR = (
    *OFFSETS,
    *bundled(
        "detector",
        replace(maybe("nonlinear", NONLINEAR, NIGHT, MONTH, YEAR, match=BINNED), rare=True),
    ),
)
LAMP = (
    *DETECTOR,
    *bundled(
        "detector",
        Slot(
            "lamp_off",
            LAMP_OFF,
            least=0,
            most=None,
            match=(*ARM, "DPR.TYPE", "EXPTIME"),
            # The lamp is switched off within the template: the same slit glows on both.
            nearest=("TPL.START",),
            levels=(NIGHT,),
            arms=("NIR",),
        ),
    ),
)
FLAT_MATCH = (*BINNED, "SLIT")
GEOMETRY = bundled(
    "geometry",
    # Slits need not sit at the same height: the flat and the edges are to be of one.
    replace(need("order_table", EDGES, *AGES, match=FLAT_MATCH), relax=("SLIT",)),
    need("dispersion", DISP, *AGES, match=BINNED),
    need("pixel_map", DISP_IMAGE, *AGES, match=BINNED),
)
MASTER_FLAT_SLOT = replace(
    maybe("master_flat", MASTER_FLAT, *AGES, match=FLAT_MATCH), relax=("SLIT",)
)
BLAZE_SLOT = replace(maybe("blaze", BLAZE, *AGES, match=FLAT_MATCH), relax=("SLIT",))
SETUP_SET = (*SETUP, "TPL.START")
