"""The recipe soxs_order_centres for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsOrderCentres"]

SoxsOrderCentres = adapter.recipe_class("soxs_order_centres", __name__)
