"""The recipe soxs_line_check for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsLineCheck"]

SoxsLineCheck = adapter.recipe_class("soxs_line_check", __name__)
