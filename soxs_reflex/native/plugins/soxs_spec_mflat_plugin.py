"""The recipe soxs_spec_mflat for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsSpecMflat"]

SoxsSpecMflat = adapter.recipe_class("soxs_spec_mflat", __name__)
