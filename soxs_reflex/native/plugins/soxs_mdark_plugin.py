"""The recipe soxs_mdark for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsMdark"]

SoxsMdark = adapter.recipe_class("soxs_mdark", __name__)
