"""The recipe soxs_disp_solution for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsDispSolution"]

SoxsDispSolution = adapter.recipe_class("soxs_disp_solution", __name__)
