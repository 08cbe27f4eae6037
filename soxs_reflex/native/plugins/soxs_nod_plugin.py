"""The recipe soxs_nod for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsNod"]

SoxsNod = adapter.recipe_class("soxs_nod", __name__)
