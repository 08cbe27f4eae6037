"""Actors of the Reflex workflows."""
