"""The recipe soxs_img_mflat for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsImgMflat"]

SoxsImgMflat = adapter.recipe_class("soxs_img_mflat", __name__)
