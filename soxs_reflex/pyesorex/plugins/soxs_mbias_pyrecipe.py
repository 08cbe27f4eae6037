"""The recipe soxs_mbias for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsMbias"]

SoxsMbias = adapter.recipe_class("soxs_mbias")
