"""Which programme this is."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["program_key", "program_version"]

_KEY_CHARACTERS = 16


def program_version() -> str:
    """Return the version of the pipeline."""
    try:
        return version("soxs-pipeline")
    except PackageNotFoundError:
        return "0+unknown"


@cache
def program_key() -> str:
    """Return a short text that changes when the programme does, released or not."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(program_version().encode())
    for path in sorted((*package.rglob("*.py"), *package.rglob("*.toml"))):
        digest.update(str(path.relative_to(package)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:_KEY_CHARACTERS]
