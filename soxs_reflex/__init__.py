"""The pipeline as a plugin workflow package for ESO Reflex and EDPS."""
