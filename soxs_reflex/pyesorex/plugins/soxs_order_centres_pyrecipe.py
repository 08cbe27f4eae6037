"""The recipe soxs_order_centres for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsOrderCentres"]

SoxsOrderCentres = adapter.recipe_class("soxs_order_centres")
