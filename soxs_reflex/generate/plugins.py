"""One thin file for each recipe, as PyEsoRex and EsoRex want them."""

from __future__ import annotations

from soxs_reflex.description import recipe_names

__all__ = ["files"]

_HEAD = '"""The recipe {recipe} for {tool}; written by soxs_reflex.generate."""\n\n'
_PYESOREX = (
    _HEAD + "from soxs_reflex.pyesorex import adapter\n\n"
    '__all__ = ["{name}"]\n\n'
    '{name} = adapter.recipe_class("{recipe}")\n'
)
_NATIVE = (
    _HEAD + "from soxs_reflex.native import adapter\n\n"
    '__all__ = ["{name}"]\n\n'
    '{name} = adapter.recipe_class("{recipe}", __name__)\n'
)


def files() -> dict[str, str]:
    """Return the text of each file by its path below ``soxs_reflex``."""
    made = {}
    for recipe in recipe_names():
        name = "".join(part.capitalize() for part in recipe.split("_"))
        words = {"name": name, "recipe": recipe}
        # EsoRex imports by base name: it must be unlike any module that is installed.
        made[f"pyesorex/plugins/{recipe}_pyrecipe.py"] = _PYESOREX.format(**words, tool="PyEsoRex")
        made[f"native/plugins/{recipe}_plugin.py"] = _NATIVE.format(**words, tool="EsoRex")
    return made
