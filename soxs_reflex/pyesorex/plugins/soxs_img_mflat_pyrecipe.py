"""The recipe soxs_img_mflat for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsImgMflat"]

SoxsImgMflat = adapter.recipe_class("soxs_img_mflat")
