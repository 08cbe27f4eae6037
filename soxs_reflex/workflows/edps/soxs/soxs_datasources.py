"""Raw files in groups, and static calibrations. Written by soxs_reflex.generate from the association map."""

from edps import data_source
from edps.generator.time_range import UNLIMITED

from . import soxs_classification as classes
from . import soxs_keywords as kwd
from .soxs_task_functions import always

raw_arc_multi_nir = (
    data_source("ARC_MULTI_NIR")
    .with_classification_rule(classes.arc_multi_nir_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_arc_multi_vis = (
    data_source("ARC_MULTI_VIS")
    .with_classification_rule(classes.arc_multi_vis_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_arc_pinhole_nir = (
    data_source("ARC_PINHOLE_NIR")
    .with_classification_rule(classes.arc_pinhole_nir_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_arc_pinhole_vis = (
    data_source("ARC_PINHOLE_VIS")
    .with_classification_rule(classes.arc_pinhole_vis_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_arc_slit_nir = (
    data_source("ARC_SLIT_NIR")
    .with_classification_rule(classes.arc_slit_nir_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_arc_slit_vis = (
    data_source("ARC_SLIT_VIS")
    .with_classification_rule(classes.arc_slit_vis_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_bias_acq = (
    data_source("BIAS_ACQ")
    .with_classification_rule(classes.bias_acq_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_bias_vis = (
    data_source("BIAS_VIS")
    .with_classification_rule(classes.bias_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_dark_acq = (
    data_source("DARK_ACQ")
    .with_classification_rule(classes.dark_acq_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.tpl_start, kwd.exptime])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.exptime])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_dark_nir = (
    data_source("DARK_NIR")
    .with_classification_rule(classes.dark_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.tpl_start, kwd.exptime])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.exptime])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_flat_pinhole_nir = (
    data_source("FLAT_PINHOLE_NIR")
    .with_classification_rule(classes.flat_pinhole_nir_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_flat_pinhole_vis = (
    data_source("FLAT_PINHOLE_VIS")
    .with_classification_rule(classes.flat_pinhole_vis_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_flat_slit_d2_vis = (
    data_source("FLAT_SLIT_D2_VIS")
    .with_classification_rule(classes.flat_slit_d2_vis_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_flat_slit_nir = (
    data_source("FLAT_SLIT_NIR")
    .with_classification_rule(classes.flat_slit_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.tpl_start, kwd.ins_nise_name, kwd.exptime])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name, kwd.exptime])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_flat_slit_vis = (
    data_source("FLAT_SLIT_VIS")
    .with_classification_rule(classes.flat_slit_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.tpl_start, kwd.ins_vise_name, kwd.exptime])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name, kwd.exptime])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_img_flat_acq = (
    data_source("IMG_FLAT_ACQ")
    .with_classification_rule(classes.img_flat_acq_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.ins_acfw_id, kwd.ins_acfw_name, kwd.filter_, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.ins_acfw_id, kwd.ins_acfw_name, kwd.filter_])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_img_object_acq = (
    data_source("IMG_OBJECT_ACQ")
    .with_classification_rule(classes.img_object_acq_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.ins_acfw_id, kwd.ins_acfw_name, kwd.filter_, kwd.obs_id, kwd.obs_start, kwd.object_, kwd.exptime])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.ins_acfw_id, kwd.ins_acfw_name, kwd.filter_, kwd.obs_id, kwd.object_, kwd.exptime])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_lamp_off_nir = (
    data_source("LAMP_OFF_NIR")
    .with_classification_rule(classes.lamp_off_nir_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_linearity_nir = (
    data_source("LINEARITY_NIR")
    .with_classification_rule(classes.linearity_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_linearity_vis = (
    data_source("LINEARITY_VIS")
    .with_classification_rule(classes.linearity_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_object_map_nir = (
    data_source("OBJECT_MAP_NIR")
    .with_classification_rule(classes.object_map_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_object_map_vis = (
    data_source("OBJECT_MAP_VIS")
    .with_classification_rule(classes.object_map_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_object_nod_nir = (
    data_source("OBJECT_NOD_NIR")
    .with_classification_rule(classes.object_nod_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_object_nod_vis = (
    data_source("OBJECT_NOD_VIS")
    .with_classification_rule(classes.object_nod_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_object_offset_nir = (
    data_source("OBJECT_OFFSET_NIR")
    .with_classification_rule(classes.object_offset_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_object_offset_vis = (
    data_source("OBJECT_OFFSET_VIS")
    .with_classification_rule(classes.object_offset_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_object_stare_nir = (
    data_source("OBJECT_STARE_NIR")
    .with_classification_rule(classes.object_stare_nir_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_object_stare_vis = (
    data_source("OBJECT_STARE_VIS")
    .with_classification_rule(classes.object_stare_vis_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_flux_nod_nir = (
    data_source("STD_FLUX_NOD_NIR")
    .with_classification_rule(classes.std_flux_nod_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_flux_nod_vis = (
    data_source("STD_FLUX_NOD_VIS")
    .with_classification_rule(classes.std_flux_nod_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_flux_offset_nir = (
    data_source("STD_FLUX_OFFSET_NIR")
    .with_classification_rule(classes.std_flux_offset_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_flux_offset_vis = (
    data_source("STD_FLUX_OFFSET_VIS")
    .with_classification_rule(classes.std_flux_offset_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_flux_stare_nir = (
    data_source("STD_FLUX_STARE_NIR")
    .with_classification_rule(classes.std_flux_stare_nir_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_flux_stare_vis = (
    data_source("STD_FLUX_STARE_VIS")
    .with_classification_rule(classes.std_flux_stare_vis_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_telluric_nod_nir = (
    data_source("STD_TELLURIC_NOD_NIR")
    .with_classification_rule(classes.std_telluric_nod_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_telluric_nod_vis = (
    data_source("STD_TELLURIC_NOD_VIS")
    .with_classification_rule(classes.std_telluric_nod_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_telluric_offset_nir = (
    data_source("STD_TELLURIC_OFFSET_NIR")
    .with_classification_rule(classes.std_telluric_offset_nir_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_nise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_telluric_offset_vis = (
    data_source("STD_TELLURIC_OFFSET_VIS")
    .with_classification_rule(classes.std_telluric_offset_vis_class)
    .with_grouping_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name, kwd.tpl_start])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm, kwd.det_binx, kwd.det_biny, kwd.det_read_curid, kwd.ins_vise_name])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_telluric_stare_nir = (
    data_source("STD_TELLURIC_STARE_NIR")
    .with_classification_rule(classes.std_telluric_stare_nir_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

raw_std_telluric_stare_vis = (
    data_source("STD_TELLURIC_STARE_VIS")
    .with_classification_rule(classes.std_telluric_stare_vis_class)
    .with_grouping_keywords([kwd.arcfile])
    .with_setup_keywords([kwd.instrume, kwd.seq_arm])
    .with_match_keywords([kwd.instrume, kwd.seq_arm], time_range=UNLIMITED, level=3)
    .build()
)

static_bp_map_reference_vis = (
    data_source("BP_MAP_REFERENCE_VIS")
    .with_classification_rule(classes.BP_MAP_REFERENCE_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_bp_map_reference_nir = (
    data_source("BP_MAP_REFERENCE_NIR")
    .with_classification_rule(classes.BP_MAP_REFERENCE_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_bp_map_reference_acq = (
    data_source("BP_MAP_REFERENCE_ACQ")
    .with_classification_rule(classes.BP_MAP_REFERENCE_ACQ)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_spectral_format_vis = (
    data_source("SPECTRAL_FORMAT_VIS")
    .with_classification_rule(classes.SPECTRAL_FORMAT_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_spectral_format_nir = (
    data_source("SPECTRAL_FORMAT_NIR")
    .with_classification_rule(classes.SPECTRAL_FORMAT_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_arc_line_list_vis = (
    data_source("ARC_LINE_LIST_VIS")
    .with_classification_rule(classes.ARC_LINE_LIST_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_arc_line_list_nir = (
    data_source("ARC_LINE_LIST_NIR")
    .with_classification_rule(classes.ARC_LINE_LIST_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_sky_line_list_vis = (
    data_source("SKY_LINE_LIST_VIS")
    .with_classification_rule(classes.SKY_LINE_LIST_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_sky_line_list_nir = (
    data_source("SKY_LINE_LIST_NIR")
    .with_classification_rule(classes.SKY_LINE_LIST_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_flux_standards_vis = (
    data_source("FLUX_STANDARDS_VIS")
    .with_classification_rule(classes.FLUX_STANDARDS_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_flux_standards_nir = (
    data_source("FLUX_STANDARDS_NIR")
    .with_classification_rule(classes.FLUX_STANDARDS_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_extinction_vis = (
    data_source("EXTINCTION_VIS")
    .with_classification_rule(classes.EXTINCTION_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_extinction_nir = (
    data_source("EXTINCTION_NIR")
    .with_classification_rule(classes.EXTINCTION_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_master_response_vis = (
    data_source("MASTER_RESPONSE_VIS")
    .with_classification_rule(classes.MASTER_RESPONSE_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_master_response_nir = (
    data_source("MASTER_RESPONSE_NIR")
    .with_classification_rule(classes.MASTER_RESPONSE_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_molecular_bands_vis = (
    data_source("MOLECULAR_BANDS_VIS")
    .with_classification_rule(classes.MOLECULAR_BANDS_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_molecular_bands_nir = (
    data_source("MOLECULAR_BANDS_NIR")
    .with_classification_rule(classes.MOLECULAR_BANDS_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_reference_catalogue_acq = (
    data_source("REFERENCE_CATALOGUE_ACQ")
    .with_classification_rule(classes.REFERENCE_CATALOGUE_ACQ)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_passbands_vis = (
    data_source("PASSBANDS_VIS")
    .with_classification_rule(classes.PASSBANDS_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_passbands_nir = (
    data_source("PASSBANDS_NIR")
    .with_classification_rule(classes.PASSBANDS_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_telluric_grid_vis = (
    data_source("TELLURIC_GRID_VIS")
    .with_classification_rule(classes.TELLURIC_GRID_VIS)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_telluric_grid_nir = (
    data_source("TELLURIC_GRID_NIR")
    .with_classification_rule(classes.TELLURIC_GRID_NIR)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)

static_telluric_grid = (
    data_source("TELLURIC_GRID")
    .with_classification_rule(classes.TELLURIC_GRID)
    .with_setup_keywords([kwd.seq_arm])
    .with_match_function(always, time_range=UNLIMITED, level=0)
    .build()
)
