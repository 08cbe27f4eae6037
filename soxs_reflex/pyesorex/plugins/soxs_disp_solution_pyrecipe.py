"""The recipe soxs_disp_solution for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsDispSolution"]

SoxsDispSolution = adapter.recipe_class("soxs_disp_solution")
