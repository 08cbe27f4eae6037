"""The recipe soxs_map for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsMap"]

SoxsMap = adapter.recipe_class("soxs_map")
