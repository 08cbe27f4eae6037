"""The recipe soxs_lingain for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsLingain"]

SoxsLingain = adapter.recipe_class("soxs_lingain")
