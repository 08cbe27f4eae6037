"""The recipe soxs_telluric for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsTelluric"]

SoxsTelluric = adapter.recipe_class("soxs_telluric")
