"""Try parameters of a recipe, look, and try again."""

__all__: list[str] = []
