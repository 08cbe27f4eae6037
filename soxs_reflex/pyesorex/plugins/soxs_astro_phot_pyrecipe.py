"""The recipe soxs_astro_phot for PyEsoRex; written by soxs_reflex.generate."""

from soxs_reflex.pyesorex import adapter

__all__ = ["SoxsAstroPhot"]

SoxsAstroPhot = adapter.recipe_class("soxs_astro_phot")
