"""The recipe soxs_merge for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsMerge"]

SoxsMerge = adapter.recipe_class("soxs_merge")
