"""How a raw file gets its tag. Written by soxs_reflex.generate from the association map."""

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.classify import Classified

from . import soxs_keywords as kwd

_CASCADE = load("SOXS")
_KEYWORDS = (
    kwd.arcfile,
    kwd.det_binx,
    kwd.det_biny,
    kwd.det_read_curid,
    kwd.det3_cam_name,
    kwd.dpr_catg,
    kwd.dpr_tech,
    kwd.dpr_type,
    kwd.exptime,
    kwd.filter_,
    kwd.ins_acfw_id,
    kwd.ins_acfw_name,
    kwd.ins_deut_name,
    kwd.ins_nise_name,
    kwd.ins_nise_swsim,
    kwd.ins_vise_name,
    kwd.ins_vise_swsim,
    kwd.instrume,
    kwd.mjd_obs,
    kwd.object_,
    kwd.obs_id,
    kwd.obs_start,
    kwd.obs_targ_name,
    kwd.origfile,
    kwd.pro_catg,
    kwd.seq_arm,
    kwd.tpl_id,
    kwd.tpl_start,
)


def tag_of(file):
    """Return the tag of a raw file, empty if the map has no place for it."""
    header = {}
    for key in _KEYWORDS:
        try:
            value = file[key]
        except KeyError:
            value = None
        if value is not None:
            header[key.upper()] = value
    if header.get(kwd.pro_catg.upper()):
        return ""
    found = _CASCADE.classify(header)
    if not isinstance(found, Classified):
        return ""
    return found.item.tag_for(found.arm)


def has_tag(tag):
    """Return the rule that a raw file has this tag."""
    return lambda file: tag_of(file) == tag
