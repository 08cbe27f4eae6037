"""The recipe soxs_mdark for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsMdark"]

SoxsMdark = adapter.recipe_class("soxs_mdark")
