"""The recipe soxs_offset for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsOffset"]

SoxsOffset = adapter.recipe_class("soxs_offset")
