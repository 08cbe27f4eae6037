"""The recipe soxs_mbias for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsMbias"]

SoxsMbias = adapter.recipe_class("soxs_mbias", __name__)
