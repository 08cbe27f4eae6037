"""From raw calibrations to what they teach of the detectors and the format."""

from __future__ import annotations

from dataclasses import replace

from soxs_pipeline.cascade.soxs.items import (
    ARC_CHECK,
    ARC_LINES,
    ARC_MULTI,
    ARC_PINHOLE,
    ARC_SLIT,
    BAD_PIXELS,
    BIAS,
    BLAZE,
    CENTRES,
    DARK,
    DISP,
    DISP_FIRST,
    DISP_FIRST_LINES,
    DISP_IMAGE,
    DISP_LINES,
    EDGES,
    FLAT_PINHOLE,
    FLAT_SLIT,
    FLAT_SLIT_D2,
    FORMAT,
    LINEARITY,
    MASTER_BIAS,
    MASTER_DARK,
    MASTER_FLAT,
    NONLINEAR,
    SCATTERED,
)
from soxs_pipeline.cascade.soxs.slots import (
    AGES,
    BINNED,
    GEOMETRY,
    LAMP,
    NIGHT,
    OFFSETS,
    SETUP,
    SETUP_SET,
    WEEK,
)
from soxs_pipeline.cascade.spec import Slot, Task, bundled, need, static

__all__ = ["CALIBRATION_TASKS"]

CALIBRATION_TASKS = (
    Task(
        "bias",
        "soxs_mbias",
        "Combine biases",
        Slot("raw", BIAS, least=1, most=None),
        bundled("detector", replace(static("bad_pixels", BAD_PIXELS), least=0)),
        (("master_bias", MASTER_BIAS),),
        arms=("VIS",),
        group_by=SETUP_SET,
    ),
    Task(
        "dark",
        "soxs_mdark",
        "Combine darks",
        Slot("raw", DARK, least=1, most=None),
        bundled("detector", replace(static("bad_pixels", BAD_PIXELS), least=0)),
        (("master_dark", MASTER_DARK),),
        arms=("NIR",),
        group_by=(*SETUP_SET, "EXPTIME"),
    ),
    Task(
        "linearity",
        "soxs_lingain",
        "Measure gain, read noise and linearity",
        Slot("raw", LINEARITY, least=6, most=None),
        OFFSETS,
        (("nonlinear", NONLINEAR),),
        group_by=SETUP_SET,
    ),
    Task(
        "first_dispersion",
        "soxs_disp_solution",
        "Find the spectral format from arc lines at mid-slit",
        Slot("raw", ARC_PINHOLE),
        (*LAMP, static("arc_lines", ARC_LINES), static("spectral_format", FORMAT)),
        (("dispersion", DISP_FIRST), ("lines", DISP_FIRST_LINES)),
    ),
    Task(
        "order_centres",
        "soxs_order_centres",
        "Trace the orders",
        Slot("raw", FLAT_PINHOLE),
        (
            *LAMP,
            need("dispersion", DISP_FIRST, *AGES, match=BINNED),
            static("spectral_format", FORMAT),
        ),
        (("order_table", CENTRES),),
    ),
    Task(
        "flat",
        "soxs_spec_mflat",
        "Combine slit flats; find edges, pixel response and blaze",
        Slot("raw", FLAT_SLIT, least=1, most=None),
        (
            *LAMP,
            Slot(
                "deuterium",
                FLAT_SLIT_D2,
                least=0,
                most=None,
                match=(*SETUP, "SLIT"),
                levels=(NIGHT, WEEK),
                arms=("VIS",),
            ),
            need("order_table", CENTRES, *AGES, match=BINNED),
            need("dispersion", DISP_FIRST, *AGES, match=BINNED),
        ),
        (
            ("master_flat", MASTER_FLAT),
            ("order_table", EDGES),
            ("blaze", BLAZE),
            ("scattered_light", SCATTERED),
        ),
        group_by=(*SETUP_SET, "SLIT", "EXPTIME"),
    ),
    Task(
        "spatial_solution",
        "soxs_spatial_solution",
        "Fit wavelength and slit position over the detector",
        Slot("raw", ARC_MULTI),
        (
            *LAMP,
            need("order_table", EDGES, *AGES, match=BINNED),
            need("first_dispersion", DISP_FIRST, *AGES, match=BINNED),
            static("arc_lines", ARC_LINES),
            static("spectral_format", FORMAT),
        ),
        (("dispersion", DISP), ("pixel_map", DISP_IMAGE), ("lines", DISP_LINES)),
    ),
    Task(
        "arc_check",
        "soxs_line_check",
        "Check the solution on arc lines through the slit",
        Slot("raw", ARC_SLIT),
        (*LAMP, *GEOMETRY, static("lines", ARC_LINES)),
        (("line_check", ARC_CHECK),),
    ),
)
