"""The recipe soxs_extract for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsExtract"]

SoxsExtract = adapter.recipe_class("soxs_extract")
