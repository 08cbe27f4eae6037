"""The recipe soxs_straighten for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsStraighten"]

SoxsStraighten = adapter.recipe_class("soxs_straighten")
