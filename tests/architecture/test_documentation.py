"""The documentation builds without a warning, and the readme points at what exists."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from soxs_pipeline.runtime import registry

ROOT = Path(__file__).parents[2]


def test_the_documentation_builds_without_a_warning(tmp_path):
    for needed in ("sphinx", "myst_parser", "numpydoc", "furo"):
        pytest.importorskip(needed)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", tmp_path / "doctrees", "docs", tmp_path / "html"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "html" / "index.html").is_file()


def test_the_readme_points_at_what_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in t]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_recipe_tells_its_algorithm():
    """Then its page, made from its docstrings, has numbered steps."""
    for name in registry.names():
        recipe = registry.get(name)
        told = (inspect.getdoc(inspect.getmodule(recipe.run)) or "") + "\n"
        told += inspect.getdoc(recipe.run) or ""
        assert "\n1. " in told, f"{name} tells no algorithm"
