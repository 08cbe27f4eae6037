"""Window of soxs_astro_phot in Reflex. Written by soxs_reflex.generate."""

import sys

try:
    from soxs_reflex.actors.window import main
except ImportError as error:
    sys.exit(
        f"soxs_reflex cannot be imported by {sys.executable} ({error}): "
        "set esoreflex.python-command or esoreflex.python-path in esoreflex.rc"
    )

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main("soxs_astro_phot"))
