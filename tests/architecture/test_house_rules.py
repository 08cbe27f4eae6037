"""What an import linter cannot see: sizes, names, and what algorithms may not say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 400
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "toolkit", "base"}
#: The layers that must not know which instrument or arm they work for.
ALGORITHMS = ("recipes", "reduction", "numerics")
#: The layers that may read and write FITS files.
OPEN_FITS_FILES = {"io", "simulator"}
OWN_NAMES = re.compile(r"\b(VIS|NIR|ACQ|UVB|UVVIS|SOXS|XSHOOTER|X-SHOOTER)\b", re.IGNORECASE)
#: Written in capitals on purpose, so that this file does not find itself.
OPEN_ENDS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")

#: Generated in the shape of ESO's tools; a test of their own proves them fresh.
GENERATED = ROOT / "soxs_reflex" / "workflows" / "edps"

MODULES = sorted(
    path
    for package in ("soxs_pipeline", "soxs_reflex")
    for path in (ROOT / package).rglob("*.py")
    if GENERATED not in path.parents
)
SCRIPTS = sorted(
    path
    for folder in ("tests", "benchmarks", "docs", "calib_static/make")
    for path in (ROOT / folder).rglob("*.py")
)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _docstrings(tree: ast.Module) -> set[int]:
    """Identify the constants that are docstrings or remarks standing by themselves."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield every string constant that the program can act upon."""
    documentation = _docstrings(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
        ):
            yield node.value


def _defines(tree: ast.Module, name: str) -> bool:
    return any(
        isinstance(node, (ast.Assign, ast.AnnAssign))
        and any(
            isinstance(target, ast.Name) and target.id == name
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        )
        for node in tree.body
    )


def _calls(tree: ast.Module, function: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function
    ]


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_there_is_something_to_check():
    assert len(MODULES) > 20
    assert SCRIPTS


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=_name)
def test_a_module_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=_name)
def test_a_module_has_a_telling_name(path):
    assert path.stem.strip("_") not in VAGUE_NAMES


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=_name)
def test_a_module_leaves_no_open_end(path):
    found = OPEN_ENDS.findall(path.read_text(encoding="utf-8"))
    assert not found


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.name not in {"__init__.py", "__main__.py"}], ids=_name
)
def test_a_module_declares_its_public_names(path):
    assert _defines(_tree(path), "__all__")


@pytest.mark.parametrize(
    "path", [p for p in MODULES if "cli" not in p.relative_to(ROOT).parts], ids=_name
)
def test_only_the_command_line_prints(path):
    assert not _calls(_tree(path), "print")


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.relative_to(ROOT).parts[1] not in OPEN_FITS_FILES],
    ids=_name,
)
def test_only_the_edges_open_fits_files(path):
    assert not [name for name in _imports(_tree(path)) if name.startswith("astropy.io")]


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.relative_to(ROOT).parts[1] in ALGORITHMS],
    ids=_name,
)
def test_an_algorithm_knows_no_instrument(path):
    named = [text for text in _texts(_tree(path)) if OWN_NAMES.search(text)]
    assert not named


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.parent.name == "numerics" and p.name != "__init__.py"],
    ids=_name,
)
def test_numerics_have_a_unit_test_of_the_same_name(path):
    twin = ROOT / "tests" / "unit" / "numerics" / f"test_{path.stem.strip('_')}.py"
    assert twin.is_file()


def test_what_the_wheel_carries_is_small():
    """Uncompressed it must stay below what a wheel may have compressed."""
    folders = ("soxs_pipeline", "soxs_reflex", "calib_static")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if path.suffix != ".pyc")
    assert size < 20e6
