"""The recipe soxs_lingain for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsLingain"]

SoxsLingain = adapter.recipe_class("soxs_lingain", __name__)
