"""Which programme this is."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["program_key", "program_version"]

_KEY_CHARACTERS = 16
#: The layers that have a part in a product; faces and figures have none.
_LAYERS = ("recipes", "reduction", "numerics", "domain", "io", "instruments", "qc")


def program_version() -> str:
    """Return the version of the pipeline."""
    try:
        return version("soxs-pipeline")
    except PackageNotFoundError:
        return "0+unknown"


@cache
def program_key() -> str:
    """Return a short text that changes when what makes the numbers does, released or not."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(program_version().encode())
    for layer in _LAYERS:
        folder = package / layer
        for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.toml"))):
            digest.update(str(path.relative_to(package)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:_KEY_CHARACTERS]
