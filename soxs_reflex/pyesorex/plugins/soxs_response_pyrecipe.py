"""The recipe soxs_response for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsResponse"]

SoxsResponse = adapter.recipe_class("soxs_response")
