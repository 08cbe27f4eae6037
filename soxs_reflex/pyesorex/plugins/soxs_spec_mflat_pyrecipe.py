"""The recipe soxs_spec_mflat for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsSpecMflat"]

SoxsSpecMflat = adapter.recipe_class("soxs_spec_mflat")
