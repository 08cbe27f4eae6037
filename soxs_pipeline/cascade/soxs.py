"""The association map of SOXS: figures 7 and 8 of the design paper, as data.

Everything that must know which file goes where reads it here: the classifier, the planner,
the command line's help, the documentation and the files generated for ESO's tools.
"""

from __future__ import annotations

from dataclasses import replace

from soxs_pipeline.cascade.spec import (
    DataItem,
    Group,
    Level,
    Rejection,
    Slot,
    Task,
    bundled,
    maybe,
    need,
    rule,
    static,
)

__all__ = ["ALIASES", "ARMS", "INSTRUMENT", "ITEMS", "REJECTED", "TASKS"]

INSTRUMENT = "SOXS"
ARMS = ("VIS", "NIR", "ACQ")

#: Keywords of the map that are spelt otherwise in each arm.
ALIASES = {
    "SLIT": {"VIS": "INS.VISE.NAME", "NIR": "INS.NISE.NAME"},
    "SLIT.SWSIM": {"VIS": "INS.VISE.SWSIM", "NIR": "INS.NISE.SWSIM"},
}

ARC_TYPES = ("LAMP,WAVE", "WAVE,LAMP")
FLAT_TYPES = ("LAMP,FLAT", "FLAT,LAMP", "LAMP,QFLAT")
TRACE_TYPES = (*FLAT_TYPES, "LAMP,DFLAT", "LAMP,ORDERDEF", "LAMP,QORDERDEF", "LAMP,DORDERDEF")
OBJECT_TYPES = ("OBJECT", "OBJECT,ASYNC")
FLUX_TYPES = ("STD,FLUX", "STD")
TELLURIC_TYPES = ("STD,TELLURIC", "STD,SKY")
SPECTRAL_ARMS = ("VIS", "NIR")


#: Calibrations that show nothing: put aside before they are given a tag.
REJECTED = (
    Rejection(
        rule(dpr_catg="CALIB", slit_swsim=("T", "TRUE")),
        "the slit unit was simulated by the control software (SWSIM = T)",
    ),
    Rejection(
        rule(dpr_type=TRACE_TYPES, dpr_tech="ECHELLE,SLIT", slit="BLANK"),
        "a flat taken with the slit wheel at BLANK shows no slit",
    ),
)


def _raw(tag: str, doc: str, **keywords: str | tuple[str, ...]) -> DataItem:
    return DataItem(tag, doc, Group.RAW, (rule(**keywords),))


def _static(tag: str, doc: str) -> DataItem:
    return DataItem(tag, doc, Group.CALIB)


def _product(tag: str, doc: str) -> DataItem:
    return DataItem(tag, doc, Group.PRODUCT)


# --- raw frames; the first item whose rule matches names the frame ---------------------
BIAS = _raw("BIAS", "Bias", dpr_type="BIAS")
DARK = _raw("DARK", "Dark", dpr_type="DARK")
LAMP_OFF = _raw(
    "LAMP_OFF",
    "Exposure with the lamp off",
    dpr_type=(*ARC_TYPES, *TRACE_TYPES),
    dpr_tech="IMAGE",
    seq_arm="NIR",
)
ARC_PINHOLE = _raw(
    "ARC_PINHOLE", "Arc through one pinhole", dpr_type=ARC_TYPES, dpr_tech="ECHELLE,PINHOLE"
)
FLAT_PINHOLE = _raw(
    "FLAT_PINHOLE",
    "Flat lamp through one pinhole",
    dpr_type=TRACE_TYPES,
    dpr_tech="ECHELLE,PINHOLE",
)
ARC_MULTI = _raw(
    "ARC_MULTI", "Arc through nine pinholes", dpr_type=ARC_TYPES, dpr_tech="ECHELLE,MULTI-PINHOLE"
)
ARC_SLIT = _raw("ARC_SLIT", "Arc through the slit", dpr_type=ARC_TYPES, dpr_tech="ECHELLE,SLIT")
FLAT_SLIT_D2 = DataItem(
    "FLAT_SLIT_D2",
    "Slit flat of the deuterium lamp",
    Group.RAW,
    (
        rule(dpr_type="LAMP,DFLAT", dpr_tech="ECHELLE,SLIT"),
        rule(dpr_type=FLAT_TYPES, dpr_tech="ECHELLE,SLIT", ins_deut_name="Deut_Lamp"),
    ),
)
FLAT_SLIT = _raw(
    "FLAT_SLIT", "Slit flat of the QTH lamp", dpr_type=FLAT_TYPES, dpr_tech="ECHELLE,SLIT"
)
FLAT_DOME = _raw("FLAT_DOME", "Dome flat", dpr_type="DOME,FLAT", dpr_tech="ECHELLE,SLIT")
OBJECT_STARE = _raw(
    "OBJECT_STARE", "Science, stare", dpr_type=OBJECT_TYPES, dpr_tech="ECHELLE,SLIT,STARE"
)
OBJECT_NOD = _raw(
    "OBJECT_NOD", "Science, nodding", dpr_type=OBJECT_TYPES, dpr_tech="ECHELLE,SLIT,NODDING"
)
OBJECT_OFFSET = _raw(
    "OBJECT_OFFSET", "Science, offset", dpr_type=OBJECT_TYPES, dpr_tech="ECHELLE,SLIT,OFFSET"
)
STD_FLUX_STARE = _raw(
    "STD_FLUX_STARE", "Flux standard, stare", dpr_type=FLUX_TYPES, dpr_tech="ECHELLE,SLIT,STARE"
)
STD_FLUX_NOD = _raw(
    "STD_FLUX_NOD", "Flux standard, nodding", dpr_type=FLUX_TYPES, dpr_tech="ECHELLE,SLIT,NODDING"
)
STD_FLUX_OFFSET = _raw(
    "STD_FLUX_OFFSET", "Flux standard, offset", dpr_type=FLUX_TYPES, dpr_tech="ECHELLE,SLIT,OFFSET"
)
STD_TELLURIC_STARE = _raw(
    "STD_TELLURIC_STARE",
    "Telluric standard, stare",
    dpr_type=TELLURIC_TYPES,
    dpr_tech="ECHELLE,SLIT,STARE",
)
STD_TELLURIC_NOD = _raw(
    "STD_TELLURIC_NOD",
    "Telluric standard, nodding",
    dpr_type=TELLURIC_TYPES,
    dpr_tech="ECHELLE,SLIT,NODDING",
)
STD_TELLURIC_OFFSET = _raw(
    "STD_TELLURIC_OFFSET",
    "Telluric standard, offset",
    dpr_type=TELLURIC_TYPES,
    dpr_tech="ECHELLE,SLIT,OFFSET",
)
IMG_FLAT = _raw("IMG_FLAT", "Camera sky flat", dpr_type=("FLAT,SKY", "SKY,FLAT"), dpr_tech="IMAGE")
IMG_OBJECT = _raw("IMG_OBJECT", "Camera exposure", dpr_type=OBJECT_TYPES, dpr_tech="IMAGE")

# --- static calibrations ------------------------------------------------------------------
BAD_PIXELS = _static("BP_MAP_REFERENCE", "Reference bad-pixel map")
FORMAT = _static("SPECTRAL_FORMAT", "Predicted position of every wavelength and slit position")
ARC_LINES = _static("ARC_LINE_LIST", "Arc lines, vacuum")
SKY_LINES = _static("SKY_LINE_LIST", "Night-sky emission lines, vacuum")

# --- products -------------------------------------------------------------------------------
MASTER_BIAS = _product("MASTER_BIAS", "Master bias")
MASTER_DARK = _product("MASTER_DARK", "Master dark")
DISP_FIRST = _product("DISP_TAB_FIRST", "First dispersion solution, at mid-slit")
DISP_FIRST_LINES = _product("DISP_LINES_FIRST", "Lines of the first dispersion solution")
CENTRES = _product("ORDER_TAB_CENTRES", "Order centres")
MASTER_FLAT = _product("MASTER_FLAT", "Master flat, pixel response")
EDGES = _product("ORDER_TAB", "Order centres and edges")
BLAZE = _product("BLAZE_TAB", "Signal of the flat lamp along each order")
SCATTERED = _product("FLAT_BACKGROUND", "Scattered light of the flat")
DISP = _product("DISP_TAB", "Dispersion and spatial solution")
DISP_LINES = _product("DISP_LINES", "Lines of the dispersion and spatial solution")
DISP_IMAGE = _product("DISP_IMAGE", "Wavelength, slit position and order of each pixel")
SCI_2D = _product("SCI_SKYSUB_2D", "Science frame without sky")
SCI_SKY = _product("SCI_SKYMODEL_2D", "Model of the sky of a science frame")
SCI_SOURCES = _product("SCI_OBJECT_TAB", "Sources found on the slit of a science frame")
SCI_ORDERS = _product("SCI_ORDERS_1D", "Science spectra, order by order")
SCI_MERGED = _product("SCI_MERGED_1D", "Science spectrum, all orders and arms")
STD_2D = _product("STD_SKYSUB_2D", "Flux standard frame without sky")
STD_SKY = _product("STD_SKYMODEL_2D", "Model of the sky of a flux standard frame")
STD_SOURCES = _product("STD_OBJECT_TAB", "Sources found on the slit of a flux standard frame")
STD_ORDERS = _product("STD_ORDERS_1D", "Flux standard spectra, order by order")
STD_MERGED = _product("STD_MERGED_1D", "Flux standard spectrum, all orders and arms")
TELL_2D = _product("TELL_SKYSUB_2D", "Telluric standard frame without sky")
TELL_SKY = _product("TELL_SKYMODEL_2D", "Model of the sky of a telluric standard frame")
TELL_SOURCES = _product("TELL_OBJECT_TAB", "Sources on the slit of a telluric standard frame")
TELL_ORDERS = _product("TELL_ORDERS_1D", "Telluric standard spectra, order by order")
TELL_MERGED = _product("TELL_MERGED_1D", "Telluric standard spectrum, all orders and arms")

# --- how long a calibration holds -----------------------------------------------------------
NIGHT, WEEK, MONTH = Level(0, 1), Level(1, 7), Level(2, 31)
AGES = (NIGHT, WEEK, MONTH)

# --- which keywords must agree --------------------------------------------------------------
ARM = ("INSTRUME", "SEQ.ARM")
BINNED = (*ARM, "DET.BINX", "DET.BINY")
SETUP = (*BINNED, "DET.READ.CURID")
SAME_EXPOSURE = ("SEQ.ARM", "MJD-OBS")

# --- what several tasks need ----------------------------------------------------------------
DETECTOR = bundled(
    "detector",
    # Without a bias the prescan still gives the level; what structure it has stays in.
    maybe("master_bias", MASTER_BIAS, *AGES, match=SETUP, arms="VIS"),
    replace(maybe("master_dark", MASTER_DARK, *AGES, match=ARM, arms="NIR"), nearest=("EXPTIME",)),
    replace(static("bad_pixels", BAD_PIXELS), least=0),
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
            levels=(NIGHT,),
            arms=("NIR",),
        ),
    ),
)
GEOMETRY = bundled(
    "geometry",
    need("order_table", EDGES, *AGES, match=BINNED),
    need("dispersion", DISP, *AGES, match=BINNED),
    need("pixel_map", DISP_IMAGE, *AGES, match=BINNED),
)
FLAT_MATCH = (*BINNED, "SLIT")
MASTER_FLAT_SLOT = replace(
    maybe("master_flat", MASTER_FLAT, *AGES, match=FLAT_MATCH), relax=("SLIT",)
)
BLAZE_SLOT = replace(maybe("blaze", BLAZE, *AGES, match=FLAT_MATCH), relax=("SLIT",))
SETUP_SET = (*SETUP, "TPL.START")


def _observe(kind: str, raw: DataItem, made: tuple[DataItem, ...]) -> tuple[Task, ...]:
    """Return the tasks from one kind of stare exposure to its merged spectrum."""
    image, sky, sources, orders, merged = made
    return (
        Task(
            f"{kind}_stare",
            "soxs_stare",
            "Model the sky, find the sources",
            Slot("raw", raw),
            (*DETECTOR, MASTER_FLAT_SLOT, *GEOMETRY),
            (("sky_subtracted", image), ("sky_model", sky), ("sources", sources)),
        ),
        Task(
            f"{kind}_extract",
            "soxs_extract",
            "Extract the target order by order",
            Slot("frame", image),
            (
                need("sky_model", sky, NIGHT, match=SAME_EXPOSURE),
                need("sources", sources, NIGHT, match=SAME_EXPOSURE),
                *GEOMETRY,
                BLAZE_SLOT,
            ),
            (("orders", orders),),
        ),
        Task(
            f"{kind}_merge",
            "soxs_merge",
            "Merge orders, exposures and arms into one spectrum",
            Slot("orders", orders, most=None),
            (),
            (("merged", merged),),
            group_by=("INSTRUME", "OBS.ID", "OBS.START", "OBS.TARG.NAME"),
            joins_arms=True,
        ),
    )


# --- the cascade ----------------------------------------------------------------------------
TASKS = (
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
    *_observe("science", OBJECT_STARE, (SCI_2D, SCI_SKY, SCI_SOURCES, SCI_ORDERS, SCI_MERGED)),
    *_observe("standard", STD_FLUX_STARE, (STD_2D, STD_SKY, STD_SOURCES, STD_ORDERS, STD_MERGED)),
    *_observe(
        "telluric",
        STD_TELLURIC_STARE,
        (TELL_2D, TELL_SKY, TELL_SOURCES, TELL_ORDERS, TELL_MERGED),
    ),
)

ITEMS = tuple(value for value in list(globals().values()) if isinstance(value, DataItem))
