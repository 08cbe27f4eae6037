"""The recipe soxs_astro_phot for EsoRex; written by soxs_reflex.generate."""

from soxs_reflex.native import adapter

__all__ = ["SoxsAstroPhot"]

SoxsAstroPhot = adapter.recipe_class("soxs_astro_phot", __name__)
