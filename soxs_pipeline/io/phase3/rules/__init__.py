"""Rules of ESO's standard that a program can check, each with a name."""

__all__: list[str] = []
