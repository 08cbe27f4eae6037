"""The recipes for an EsoRex that loads Python itself; ``plugins`` is its ``--recipe-dir``."""
