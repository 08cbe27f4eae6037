"""The command ``soxs-reflex``: put the pipeline into ESO's tools."""

__all__: list[str] = []
