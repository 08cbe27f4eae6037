"""The recipe soxs_offset for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsOffset"]

SoxsOffset = adapter.recipe_class("soxs_offset", __name__)
