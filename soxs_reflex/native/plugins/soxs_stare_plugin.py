"""The recipe soxs_stare for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsStare"]

SoxsStare = adapter.recipe_class("soxs_stare", __name__)
