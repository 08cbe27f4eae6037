"""Science data products as ESO's archive takes them (Phase 3)."""

__all__: list[str] = []
