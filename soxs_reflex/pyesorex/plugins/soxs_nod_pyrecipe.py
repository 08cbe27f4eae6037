"""The recipe soxs_nod for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsNod"]

SoxsNod = adapter.recipe_class("soxs_nod")
