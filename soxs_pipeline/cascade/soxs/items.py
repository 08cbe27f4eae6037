"""Every kind of file of SOXS: raw frames, static calibrations, products."""

from __future__ import annotations

from soxs_pipeline.cascade.spec import DataItem, Group, Rejection, rule

__all__ = ["ITEMS", "REJECTED"]

ARC_TYPES = ("LAMP,WAVE", "WAVE,LAMP")
FLAT_TYPES = ("LAMP,FLAT", "FLAT,LAMP", "LAMP,QFLAT")
DOME_FLAT_TYPES = ("DOME,FLAT", "FLAT,DOME")
IMAGE_TECHS = ("IMAGE", "IMAGE,*")
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
# Its lamp frames, biases and darks may be called what such frames are called elsewhere.
LINEARITY = DataItem(
    "LINEARITY",
    "Exposure of a linearity series",
    Group.RAW,
    (
        rule(dpr_type=("*LINEARITY*", "*DETLIN*", "*DETCHAR*"), seq_arm=SPECTRAL_ARMS),
        rule(origfile="*DETLIN*", seq_arm=SPECTRAL_ARMS),
        rule(tpl_id="*DETLIN*", seq_arm=SPECTRAL_ARMS),
    ),
)
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
FLAT_DOME = _raw("FLAT_DOME", "Dome flat", dpr_type=DOME_FLAT_TYPES, dpr_tech="ECHELLE,SLIT")
OBJECT_STARE = _raw(
    "OBJECT_STARE", "Science, stare", dpr_type=OBJECT_TYPES, dpr_tech="ECHELLE,SLIT,STARE"
)
OBJECT_NOD = _raw(
    "OBJECT_NOD", "Science, nodding", dpr_type=OBJECT_TYPES, dpr_tech="ECHELLE,SLIT,NODDING"
)
OBJECT_OFFSET = _raw(
    "OBJECT_OFFSET", "Science, offset", dpr_type=OBJECT_TYPES, dpr_tech="ECHELLE,SLIT,OFFSET"
)
OBJECT_MAP = _raw(
    "OBJECT_MAP",
    "Science, mapping",
    dpr_type=OBJECT_TYPES,
    dpr_tech=("ECHELLE,SLIT,MAPPING", "ECHELLE,SLIT,MAP"),
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
IMG_FLAT = _raw(
    "IMG_FLAT",
    "Camera flat",
    # Not any type with the word in it: a linearity series holds flats of its own.
    dpr_type=("*FLAT", "FLAT,SKY", "FLAT,TWILIGHT", "FLAT,DOME", "FLAT,LAMP"),
    dpr_tech=IMAGE_TECHS,
    seq_arm="ACQ",
)
IMG_OBJECT = DataItem(
    "IMG_OBJECT",
    "Camera exposure",
    Group.RAW,
    (
        rule(
            dpr_type=(*OBJECT_TYPES, *FLUX_TYPES, *TELLURIC_TYPES, "STD,PHOT", "SKY"),
            dpr_tech=IMAGE_TECHS,
            seq_arm="ACQ",
        ),
        # Whatever they call what they look at.
        rule(dpr_catg=("ACQUISITION", "SCIENCE"), dpr_tech=IMAGE_TECHS, seq_arm="ACQ"),
    ),
)

# --- static calibrations ------------------------------------------------------------------
BAD_PIXELS = _static("BP_MAP_REFERENCE", "Reference bad-pixel map")
FORMAT = _static("SPECTRAL_FORMAT", "Predicted position of every wavelength and slit position")
ARC_LINES = _static("ARC_LINE_LIST", "Arc lines, vacuum")
SKY_LINES = _static("SKY_LINE_LIST", "Night-sky emission lines, vacuum")
FLUX_STANDARDS = _static("FLUX_STANDARDS", "Fluxes of spectrophotometric standard stars")
EXTINCTION = _static("EXTINCTION", "Extinction of the site against wavelength")
MASTER_RESPONSE = _static(
    "MASTER_RESPONSE", "Usual efficiency of the instrument, where no standard star was observed"
)
MOLECULAR_BANDS = _static("MOLECULAR_BANDS", "Where molecules of the air absorb")
CATALOGUE = _static("REFERENCE_CATALOGUE", "Stars of known place and brightness")
PASSBANDS = _static("PASSBANDS", "Responses of photometric bands")
TELLURIC_GRID = _static("TELLURIC_GRID", "Optical depths of the molecules of the air")

# --- products -------------------------------------------------------------------------------
NONLINEAR = _product("BP_MAP_NL", "Pixels that respond otherwise than most")
TRANSFER = _product("PTC_TAB", "Photon-transfer curve")
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
ARC_CHECK = _product("ARC_CHECK", "Arc lines against the dispersion solution")
DISP_IMAGE = _product("DISP_IMAGE", "Wavelength, slit position and order of each pixel")
SCI_2D = _product("SCI_SKYSUB_2D", "Science frame without sky")
SCI_SKY = _product("SCI_SKYMODEL_2D", "Model of the sky of a science frame")
SCI_SOURCES = _product("SCI_OBJECT_TAB", "Sources found on the slit of a science frame")
SCI_LINES = _product("SCI_SKY_LINES", "Sky lines of a science frame against the solution")
SCI_ORDERS = _product("SCI_ORDERS_1D", "Science spectra, order by order")
SCI_RECT = _product("SCI_RECT_2D", "Rectified spectrum of a science frame, all orders")
SCI_ARM = _product("SCI_ARM_1D", "Science spectrum of one arm, all orders")
MAP_2D = _product("MAP_SKYSUB_2D", "Frame of a map without sky")
MAP_SKY = _product("MAP_SKYMODEL_2D", "Model of the sky of a frame of a map")
MAP_SOURCES = _product("MAP_OBJECT_TAB", "Sources found on the slit of a frame of a map")
MAP_RECT = _product("MAP_RECT_2D", "Rectified spectrum of a frame of a map")
MAP_CUBE = _product("MAP_CUBE", "Map: scan, slit and wavelength")
SCI_MERGED = _product("SCI_MERGED_1D", "Science spectrum, all orders and arms")
SCI_AIR = _product("SCI_TELLURIC_MODEL", "Transmission of the air in a science spectrum")
SCI_TELLURIC = _product("SCI_TELLURIC_1D", "Science spectrum without the absorption by the air")
ARM_AIR = _product("SCI_ARM_TELLURIC_MODEL", "Transmission of the air in the spectrum of one arm")
ARM_TELLURIC = _product(
    "SCI_ARM_TELLURIC_1D", "Science spectrum of one arm without the absorption by the air"
)
MASTER_IMG_FLAT = _product("MASTER_IMG_FLAT", "Response of the camera through one filter")
IMG_SCI = _product("IMG_SCI", "Camera image, places and magnitudes calibrated")
IMG_SOURCES = _product("IMG_SOURCES", "Sources of a camera image")
IMG_STARS = _product("IMG_STARS", "Catalogue stars found in a camera image")
IMG_TARGET = _product("IMG_TARGET", "Brightness of the target in a camera image")
STD_2D = _product("STD_SKYSUB_2D", "Flux standard frame without sky")
STD_SKY = _product("STD_SKYMODEL_2D", "Model of the sky of a flux standard frame")
STD_SOURCES = _product("STD_OBJECT_TAB", "Sources found on the slit of a flux standard frame")
STD_LINES = _product("STD_SKY_LINES", "Sky lines of a flux standard frame against the solution")
STD_ORDERS = _product("STD_ORDERS_1D", "Flux standard spectra, order by order")
RESPONSE = _product("RESPONSE", "Sensitivity of every order, from standard stars")
STD_MERGED = _product("STD_MERGED_1D", "Flux standard spectrum, all orders and arms")
TELL_2D = _product("TELL_SKYSUB_2D", "Telluric standard frame without sky")
TELL_SKY = _product("TELL_SKYMODEL_2D", "Model of the sky of a telluric standard frame")
TELL_SOURCES = _product("TELL_OBJECT_TAB", "Sources on the slit of a telluric standard frame")
TELL_LINES = _product(
    "TELL_SKY_LINES", "Sky lines of a telluric standard frame against the solution"
)
TELL_ORDERS = _product("TELL_ORDERS_1D", "Telluric standard spectra, order by order")
TELL_MERGED = _product("TELL_MERGED_1D", "Telluric standard spectrum, all orders and arms")

ITEMS = tuple(value for value in list(globals().values()) if isinstance(value, DataItem))
