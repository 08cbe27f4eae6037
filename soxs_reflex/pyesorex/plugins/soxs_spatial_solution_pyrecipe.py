"""The recipe soxs_spatial_solution for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsSpatialSolution"]

SoxsSpatialSolution = adapter.recipe_class("soxs_spatial_solution")
