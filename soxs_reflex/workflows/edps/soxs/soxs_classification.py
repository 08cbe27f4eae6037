"""What a file is. Written by soxs_reflex.generate from the association map."""

from edps import classification_rule

from . import soxs_keywords as kwd
from .soxs_rules import has_tag

# --- raw files
bias_vis_class = classification_rule("BIAS_VIS", has_tag("BIAS_VIS"))  # Bias, VIS
dark_nir_class = classification_rule("DARK_NIR", has_tag("DARK_NIR"))  # Dark, NIR
lamp_off_nir_class = classification_rule("LAMP_OFF_NIR", has_tag("LAMP_OFF_NIR"))  # Exposure with the lamp off, NIR
arc_pinhole_vis_class = classification_rule("ARC_PINHOLE_VIS", has_tag("ARC_PINHOLE_VIS"))  # Arc through one pinhole, VIS
arc_pinhole_nir_class = classification_rule("ARC_PINHOLE_NIR", has_tag("ARC_PINHOLE_NIR"))  # Arc through one pinhole, NIR
flat_pinhole_vis_class = classification_rule("FLAT_PINHOLE_VIS", has_tag("FLAT_PINHOLE_VIS"))  # Flat lamp through one pinhole, VIS
flat_pinhole_nir_class = classification_rule("FLAT_PINHOLE_NIR", has_tag("FLAT_PINHOLE_NIR"))  # Flat lamp through one pinhole, NIR
arc_multi_vis_class = classification_rule("ARC_MULTI_VIS", has_tag("ARC_MULTI_VIS"))  # Arc through nine pinholes, VIS
arc_multi_nir_class = classification_rule("ARC_MULTI_NIR", has_tag("ARC_MULTI_NIR"))  # Arc through nine pinholes, NIR
arc_slit_vis_class = classification_rule("ARC_SLIT_VIS", has_tag("ARC_SLIT_VIS"))  # Arc through the slit, VIS
arc_slit_nir_class = classification_rule("ARC_SLIT_NIR", has_tag("ARC_SLIT_NIR"))  # Arc through the slit, NIR
flat_slit_d2_vis_class = classification_rule("FLAT_SLIT_D2_VIS", has_tag("FLAT_SLIT_D2_VIS"))  # Slit flat of the deuterium lamp, VIS
flat_slit_vis_class = classification_rule("FLAT_SLIT_VIS", has_tag("FLAT_SLIT_VIS"))  # Slit flat of the QTH lamp, VIS
flat_slit_nir_class = classification_rule("FLAT_SLIT_NIR", has_tag("FLAT_SLIT_NIR"))  # Slit flat of the QTH lamp, NIR
object_stare_vis_class = classification_rule("OBJECT_STARE_VIS", has_tag("OBJECT_STARE_VIS"))  # Science, stare, VIS
object_stare_nir_class = classification_rule("OBJECT_STARE_NIR", has_tag("OBJECT_STARE_NIR"))  # Science, stare, NIR
object_nod_vis_class = classification_rule("OBJECT_NOD_VIS", has_tag("OBJECT_NOD_VIS"))  # Science, nodding, VIS
object_nod_nir_class = classification_rule("OBJECT_NOD_NIR", has_tag("OBJECT_NOD_NIR"))  # Science, nodding, NIR
object_offset_vis_class = classification_rule("OBJECT_OFFSET_VIS", has_tag("OBJECT_OFFSET_VIS"))  # Science, offset, VIS
object_offset_nir_class = classification_rule("OBJECT_OFFSET_NIR", has_tag("OBJECT_OFFSET_NIR"))  # Science, offset, NIR
std_flux_stare_vis_class = classification_rule("STD_FLUX_STARE_VIS", has_tag("STD_FLUX_STARE_VIS"))  # Flux standard, stare, VIS
std_flux_stare_nir_class = classification_rule("STD_FLUX_STARE_NIR", has_tag("STD_FLUX_STARE_NIR"))  # Flux standard, stare, NIR
std_flux_nod_vis_class = classification_rule("STD_FLUX_NOD_VIS", has_tag("STD_FLUX_NOD_VIS"))  # Flux standard, nodding, VIS
std_flux_nod_nir_class = classification_rule("STD_FLUX_NOD_NIR", has_tag("STD_FLUX_NOD_NIR"))  # Flux standard, nodding, NIR
std_flux_offset_vis_class = classification_rule("STD_FLUX_OFFSET_VIS", has_tag("STD_FLUX_OFFSET_VIS"))  # Flux standard, offset, VIS
std_flux_offset_nir_class = classification_rule("STD_FLUX_OFFSET_NIR", has_tag("STD_FLUX_OFFSET_NIR"))  # Flux standard, offset, NIR
std_telluric_stare_vis_class = classification_rule("STD_TELLURIC_STARE_VIS", has_tag("STD_TELLURIC_STARE_VIS"))  # Telluric standard, stare, VIS
std_telluric_stare_nir_class = classification_rule("STD_TELLURIC_STARE_NIR", has_tag("STD_TELLURIC_STARE_NIR"))  # Telluric standard, stare, NIR
std_telluric_nod_vis_class = classification_rule("STD_TELLURIC_NOD_VIS", has_tag("STD_TELLURIC_NOD_VIS"))  # Telluric standard, nodding, VIS
std_telluric_nod_nir_class = classification_rule("STD_TELLURIC_NOD_NIR", has_tag("STD_TELLURIC_NOD_NIR"))  # Telluric standard, nodding, NIR
std_telluric_offset_vis_class = classification_rule("STD_TELLURIC_OFFSET_VIS", has_tag("STD_TELLURIC_OFFSET_VIS"))  # Telluric standard, offset, VIS
std_telluric_offset_nir_class = classification_rule("STD_TELLURIC_OFFSET_NIR", has_tag("STD_TELLURIC_OFFSET_NIR"))  # Telluric standard, offset, NIR

# --- static calibrations
BP_MAP_REFERENCE_VIS = classification_rule("BP_MAP_REFERENCE_VIS", {kwd.pro_catg: "BP_MAP_REFERENCE_VIS"})  # Reference bad-pixel map, VIS
BP_MAP_REFERENCE_NIR = classification_rule("BP_MAP_REFERENCE_NIR", {kwd.pro_catg: "BP_MAP_REFERENCE_NIR"})  # Reference bad-pixel map, NIR
SPECTRAL_FORMAT_VIS = classification_rule("SPECTRAL_FORMAT_VIS", {kwd.pro_catg: "SPECTRAL_FORMAT_VIS"})  # Predicted position of every wavelength and slit position, VIS
SPECTRAL_FORMAT_NIR = classification_rule("SPECTRAL_FORMAT_NIR", {kwd.pro_catg: "SPECTRAL_FORMAT_NIR"})  # Predicted position of every wavelength and slit position, NIR
ARC_LINE_LIST_VIS = classification_rule("ARC_LINE_LIST_VIS", {kwd.pro_catg: "ARC_LINE_LIST_VIS"})  # Arc lines, vacuum, VIS
ARC_LINE_LIST_NIR = classification_rule("ARC_LINE_LIST_NIR", {kwd.pro_catg: "ARC_LINE_LIST_NIR"})  # Arc lines, vacuum, NIR
SKY_LINE_LIST_VIS = classification_rule("SKY_LINE_LIST_VIS", {kwd.pro_catg: "SKY_LINE_LIST_VIS"})  # Night-sky emission lines, vacuum, VIS
SKY_LINE_LIST_NIR = classification_rule("SKY_LINE_LIST_NIR", {kwd.pro_catg: "SKY_LINE_LIST_NIR"})  # Night-sky emission lines, vacuum, NIR
FLUX_STANDARDS_VIS = classification_rule("FLUX_STANDARDS_VIS", {kwd.pro_catg: "FLUX_STANDARDS_VIS"})  # Fluxes of spectrophotometric standard stars, VIS
FLUX_STANDARDS_NIR = classification_rule("FLUX_STANDARDS_NIR", {kwd.pro_catg: "FLUX_STANDARDS_NIR"})  # Fluxes of spectrophotometric standard stars, NIR
EXTINCTION_VIS = classification_rule("EXTINCTION_VIS", {kwd.pro_catg: "EXTINCTION_VIS"})  # Extinction of the site against wavelength, VIS
EXTINCTION_NIR = classification_rule("EXTINCTION_NIR", {kwd.pro_catg: "EXTINCTION_NIR"})  # Extinction of the site against wavelength, NIR
MOLECULAR_BANDS_VIS = classification_rule("MOLECULAR_BANDS_VIS", {kwd.pro_catg: "MOLECULAR_BANDS_VIS"})  # Where molecules of the air absorb, VIS
MOLECULAR_BANDS_NIR = classification_rule("MOLECULAR_BANDS_NIR", {kwd.pro_catg: "MOLECULAR_BANDS_NIR"})  # Where molecules of the air absorb, NIR

# --- products
MASTER_BIAS_VIS = classification_rule("MASTER_BIAS_VIS", {kwd.pro_catg: "MASTER_BIAS_VIS"})  # Master bias, VIS
MASTER_DARK_NIR = classification_rule("MASTER_DARK_NIR", {kwd.pro_catg: "MASTER_DARK_NIR"})  # Master dark, NIR
DISP_TAB_FIRST_VIS = classification_rule("DISP_TAB_FIRST_VIS", {kwd.pro_catg: "DISP_TAB_FIRST_VIS"})  # First dispersion solution, at mid-slit, VIS
DISP_TAB_FIRST_NIR = classification_rule("DISP_TAB_FIRST_NIR", {kwd.pro_catg: "DISP_TAB_FIRST_NIR"})  # First dispersion solution, at mid-slit, NIR
DISP_LINES_FIRST_VIS = classification_rule("DISP_LINES_FIRST_VIS", {kwd.pro_catg: "DISP_LINES_FIRST_VIS"})  # Lines of the first dispersion solution, VIS
DISP_LINES_FIRST_NIR = classification_rule("DISP_LINES_FIRST_NIR", {kwd.pro_catg: "DISP_LINES_FIRST_NIR"})  # Lines of the first dispersion solution, NIR
ORDER_TAB_CENTRES_VIS = classification_rule("ORDER_TAB_CENTRES_VIS", {kwd.pro_catg: "ORDER_TAB_CENTRES_VIS"})  # Order centres, VIS
ORDER_TAB_CENTRES_NIR = classification_rule("ORDER_TAB_CENTRES_NIR", {kwd.pro_catg: "ORDER_TAB_CENTRES_NIR"})  # Order centres, NIR
MASTER_FLAT_VIS = classification_rule("MASTER_FLAT_VIS", {kwd.pro_catg: "MASTER_FLAT_VIS"})  # Master flat, pixel response, VIS
MASTER_FLAT_NIR = classification_rule("MASTER_FLAT_NIR", {kwd.pro_catg: "MASTER_FLAT_NIR"})  # Master flat, pixel response, NIR
ORDER_TAB_VIS = classification_rule("ORDER_TAB_VIS", {kwd.pro_catg: "ORDER_TAB_VIS"})  # Order centres and edges, VIS
ORDER_TAB_NIR = classification_rule("ORDER_TAB_NIR", {kwd.pro_catg: "ORDER_TAB_NIR"})  # Order centres and edges, NIR
BLAZE_TAB_VIS = classification_rule("BLAZE_TAB_VIS", {kwd.pro_catg: "BLAZE_TAB_VIS"})  # Signal of the flat lamp along each order, VIS
BLAZE_TAB_NIR = classification_rule("BLAZE_TAB_NIR", {kwd.pro_catg: "BLAZE_TAB_NIR"})  # Signal of the flat lamp along each order, NIR
FLAT_BACKGROUND_VIS = classification_rule("FLAT_BACKGROUND_VIS", {kwd.pro_catg: "FLAT_BACKGROUND_VIS"})  # Scattered light of the flat, VIS
FLAT_BACKGROUND_NIR = classification_rule("FLAT_BACKGROUND_NIR", {kwd.pro_catg: "FLAT_BACKGROUND_NIR"})  # Scattered light of the flat, NIR
DISP_TAB_VIS = classification_rule("DISP_TAB_VIS", {kwd.pro_catg: "DISP_TAB_VIS"})  # Dispersion and spatial solution, VIS
DISP_TAB_NIR = classification_rule("DISP_TAB_NIR", {kwd.pro_catg: "DISP_TAB_NIR"})  # Dispersion and spatial solution, NIR
DISP_LINES_VIS = classification_rule("DISP_LINES_VIS", {kwd.pro_catg: "DISP_LINES_VIS"})  # Lines of the dispersion and spatial solution, VIS
DISP_LINES_NIR = classification_rule("DISP_LINES_NIR", {kwd.pro_catg: "DISP_LINES_NIR"})  # Lines of the dispersion and spatial solution, NIR
ARC_CHECK_VIS = classification_rule("ARC_CHECK_VIS", {kwd.pro_catg: "ARC_CHECK_VIS"})  # Arc lines against the dispersion solution, VIS
ARC_CHECK_NIR = classification_rule("ARC_CHECK_NIR", {kwd.pro_catg: "ARC_CHECK_NIR"})  # Arc lines against the dispersion solution, NIR
DISP_IMAGE_VIS = classification_rule("DISP_IMAGE_VIS", {kwd.pro_catg: "DISP_IMAGE_VIS"})  # Wavelength, slit position and order of each pixel, VIS
DISP_IMAGE_NIR = classification_rule("DISP_IMAGE_NIR", {kwd.pro_catg: "DISP_IMAGE_NIR"})  # Wavelength, slit position and order of each pixel, NIR
SCI_SKYSUB_2D_VIS = classification_rule("SCI_SKYSUB_2D_VIS", {kwd.pro_catg: "SCI_SKYSUB_2D_VIS"})  # Science frame without sky, VIS
SCI_SKYSUB_2D_NIR = classification_rule("SCI_SKYSUB_2D_NIR", {kwd.pro_catg: "SCI_SKYSUB_2D_NIR"})  # Science frame without sky, NIR
SCI_SKYMODEL_2D_VIS = classification_rule("SCI_SKYMODEL_2D_VIS", {kwd.pro_catg: "SCI_SKYMODEL_2D_VIS"})  # Model of the sky of a science frame, VIS
SCI_SKYMODEL_2D_NIR = classification_rule("SCI_SKYMODEL_2D_NIR", {kwd.pro_catg: "SCI_SKYMODEL_2D_NIR"})  # Model of the sky of a science frame, NIR
SCI_OBJECT_TAB_VIS = classification_rule("SCI_OBJECT_TAB_VIS", {kwd.pro_catg: "SCI_OBJECT_TAB_VIS"})  # Sources found on the slit of a science frame, VIS
SCI_OBJECT_TAB_NIR = classification_rule("SCI_OBJECT_TAB_NIR", {kwd.pro_catg: "SCI_OBJECT_TAB_NIR"})  # Sources found on the slit of a science frame, NIR
SCI_SKY_LINES_VIS = classification_rule("SCI_SKY_LINES_VIS", {kwd.pro_catg: "SCI_SKY_LINES_VIS"})  # Sky lines of a science frame against the solution, VIS
SCI_SKY_LINES_NIR = classification_rule("SCI_SKY_LINES_NIR", {kwd.pro_catg: "SCI_SKY_LINES_NIR"})  # Sky lines of a science frame against the solution, NIR
SCI_ORDERS_1D_VIS = classification_rule("SCI_ORDERS_1D_VIS", {kwd.pro_catg: "SCI_ORDERS_1D_VIS"})  # Science spectra, order by order, VIS
SCI_ORDERS_1D_NIR = classification_rule("SCI_ORDERS_1D_NIR", {kwd.pro_catg: "SCI_ORDERS_1D_NIR"})  # Science spectra, order by order, NIR
SCI_RECT_2D_VIS = classification_rule("SCI_RECT_2D_VIS", {kwd.pro_catg: "SCI_RECT_2D_VIS"})  # Rectified spectrum of a science frame, all orders, VIS
SCI_RECT_2D_NIR = classification_rule("SCI_RECT_2D_NIR", {kwd.pro_catg: "SCI_RECT_2D_NIR"})  # Rectified spectrum of a science frame, all orders, NIR
SCI_ARM_1D_VIS = classification_rule("SCI_ARM_1D_VIS", {kwd.pro_catg: "SCI_ARM_1D_VIS"})  # Science spectrum of one arm, all orders, VIS
SCI_ARM_1D_NIR = classification_rule("SCI_ARM_1D_NIR", {kwd.pro_catg: "SCI_ARM_1D_NIR"})  # Science spectrum of one arm, all orders, NIR
SCI_MERGED_1D = classification_rule("SCI_MERGED_1D", {kwd.pro_catg: "SCI_MERGED_1D"})  # Science spectrum, all orders and arms
STD_SKYSUB_2D_VIS = classification_rule("STD_SKYSUB_2D_VIS", {kwd.pro_catg: "STD_SKYSUB_2D_VIS"})  # Flux standard frame without sky, VIS
STD_SKYSUB_2D_NIR = classification_rule("STD_SKYSUB_2D_NIR", {kwd.pro_catg: "STD_SKYSUB_2D_NIR"})  # Flux standard frame without sky, NIR
STD_SKYMODEL_2D_VIS = classification_rule("STD_SKYMODEL_2D_VIS", {kwd.pro_catg: "STD_SKYMODEL_2D_VIS"})  # Model of the sky of a flux standard frame, VIS
STD_SKYMODEL_2D_NIR = classification_rule("STD_SKYMODEL_2D_NIR", {kwd.pro_catg: "STD_SKYMODEL_2D_NIR"})  # Model of the sky of a flux standard frame, NIR
STD_OBJECT_TAB_VIS = classification_rule("STD_OBJECT_TAB_VIS", {kwd.pro_catg: "STD_OBJECT_TAB_VIS"})  # Sources found on the slit of a flux standard frame, VIS
STD_OBJECT_TAB_NIR = classification_rule("STD_OBJECT_TAB_NIR", {kwd.pro_catg: "STD_OBJECT_TAB_NIR"})  # Sources found on the slit of a flux standard frame, NIR
STD_SKY_LINES_VIS = classification_rule("STD_SKY_LINES_VIS", {kwd.pro_catg: "STD_SKY_LINES_VIS"})  # Sky lines of a flux standard frame against the solution, VIS
STD_SKY_LINES_NIR = classification_rule("STD_SKY_LINES_NIR", {kwd.pro_catg: "STD_SKY_LINES_NIR"})  # Sky lines of a flux standard frame against the solution, NIR
STD_ORDERS_1D_VIS = classification_rule("STD_ORDERS_1D_VIS", {kwd.pro_catg: "STD_ORDERS_1D_VIS"})  # Flux standard spectra, order by order, VIS
STD_ORDERS_1D_NIR = classification_rule("STD_ORDERS_1D_NIR", {kwd.pro_catg: "STD_ORDERS_1D_NIR"})  # Flux standard spectra, order by order, NIR
RESPONSE_VIS = classification_rule("RESPONSE_VIS", {kwd.pro_catg: "RESPONSE_VIS"})  # Sensitivity of every order, from standard stars, VIS
RESPONSE_NIR = classification_rule("RESPONSE_NIR", {kwd.pro_catg: "RESPONSE_NIR"})  # Sensitivity of every order, from standard stars, NIR
STD_MERGED_1D = classification_rule("STD_MERGED_1D", {kwd.pro_catg: "STD_MERGED_1D"})  # Flux standard spectrum, all orders and arms
TELL_SKYSUB_2D_VIS = classification_rule("TELL_SKYSUB_2D_VIS", {kwd.pro_catg: "TELL_SKYSUB_2D_VIS"})  # Telluric standard frame without sky, VIS
TELL_SKYSUB_2D_NIR = classification_rule("TELL_SKYSUB_2D_NIR", {kwd.pro_catg: "TELL_SKYSUB_2D_NIR"})  # Telluric standard frame without sky, NIR
TELL_SKYMODEL_2D_VIS = classification_rule("TELL_SKYMODEL_2D_VIS", {kwd.pro_catg: "TELL_SKYMODEL_2D_VIS"})  # Model of the sky of a telluric standard frame, VIS
TELL_SKYMODEL_2D_NIR = classification_rule("TELL_SKYMODEL_2D_NIR", {kwd.pro_catg: "TELL_SKYMODEL_2D_NIR"})  # Model of the sky of a telluric standard frame, NIR
TELL_OBJECT_TAB_VIS = classification_rule("TELL_OBJECT_TAB_VIS", {kwd.pro_catg: "TELL_OBJECT_TAB_VIS"})  # Sources on the slit of a telluric standard frame, VIS
TELL_OBJECT_TAB_NIR = classification_rule("TELL_OBJECT_TAB_NIR", {kwd.pro_catg: "TELL_OBJECT_TAB_NIR"})  # Sources on the slit of a telluric standard frame, NIR
TELL_SKY_LINES_VIS = classification_rule("TELL_SKY_LINES_VIS", {kwd.pro_catg: "TELL_SKY_LINES_VIS"})  # Sky lines of a telluric standard frame against the solution, VIS
TELL_SKY_LINES_NIR = classification_rule("TELL_SKY_LINES_NIR", {kwd.pro_catg: "TELL_SKY_LINES_NIR"})  # Sky lines of a telluric standard frame against the solution, NIR
TELL_ORDERS_1D_VIS = classification_rule("TELL_ORDERS_1D_VIS", {kwd.pro_catg: "TELL_ORDERS_1D_VIS"})  # Telluric standard spectra, order by order, VIS
TELL_ORDERS_1D_NIR = classification_rule("TELL_ORDERS_1D_NIR", {kwd.pro_catg: "TELL_ORDERS_1D_NIR"})  # Telluric standard spectra, order by order, NIR
TELL_MERGED_1D = classification_rule("TELL_MERGED_1D", {kwd.pro_catg: "TELL_MERGED_1D"})  # Telluric standard spectrum, all orders and arms
