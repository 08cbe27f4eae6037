"""The recipe soxs_spatial_solution for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsSpatialSolution"]

SoxsSpatialSolution = adapter.recipe_class("soxs_spatial_solution", __name__)
