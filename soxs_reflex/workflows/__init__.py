"""Workflows of ESO's tools; everything below is written by soxs_reflex.generate."""
