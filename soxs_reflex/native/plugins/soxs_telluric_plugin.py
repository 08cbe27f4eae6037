"""The recipe soxs_telluric for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsTelluric"]

SoxsTelluric = adapter.recipe_class("soxs_telluric", __name__)
