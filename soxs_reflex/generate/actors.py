"""The scripts that Reflex runs for its windows, one for each recipe that has one."""

from __future__ import annotations

from soxs_reflex.generate.reflex.step import INTERACTIVE

__all__ = ["files"]

_SCRIPT = '''\
"""Window of {recipe} in Reflex. Written by soxs_reflex.generate."""

import sys

try:
    from soxs_reflex.actors.window import main
except ImportError as error:
    sys.exit(
        f"soxs_reflex cannot be imported by {{sys.executable}} ({{error}}): "
        "set esoreflex.python-command or esoreflex.python-path in esoreflex.rc"
    )

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main("{recipe}"))
'''


def files() -> dict[str, str]:
    """Return the text of each script by its path below ``soxs_reflex``."""
    return {
        f"actors/{recipe}_interactive.py": _SCRIPT.format(recipe=recipe) for recipe in INTERACTIVE
    }
