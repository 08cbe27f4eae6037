"""The recipe soxs_line_check for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsLineCheck"]

SoxsLineCheck = adapter.recipe_class("soxs_line_check")
