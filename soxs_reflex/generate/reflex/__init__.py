"""The workflows and rules of ESO Reflex, from the association map."""

__all__: list[str] = []
