"""The recipe soxs_stare for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsStare"]

SoxsStare = adapter.recipe_class("soxs_stare")
