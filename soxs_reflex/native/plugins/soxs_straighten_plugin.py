"""The recipe soxs_straighten for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsStraighten"]

SoxsStraighten = adapter.recipe_class("soxs_straighten", __name__)
