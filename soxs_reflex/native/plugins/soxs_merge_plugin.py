"""The recipe soxs_merge for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsMerge"]

SoxsMerge = adapter.recipe_class("soxs_merge", __name__)
