"""The recipe soxs_response for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsResponse"]

SoxsResponse = adapter.recipe_class("soxs_response", __name__)
