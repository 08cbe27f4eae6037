"""Exposures that belong together: nods, offsets and maps."""
