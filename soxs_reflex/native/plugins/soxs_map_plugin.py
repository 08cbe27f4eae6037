"""The recipe soxs_map for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsMap"]

SoxsMap = adapter.recipe_class("soxs_map", __name__)
