"""The recipe soxs_extract for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsExtract"]

SoxsExtract = adapter.recipe_class("soxs_extract", __name__)
