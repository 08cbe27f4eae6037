"""Run one arm of a reduced night again through every face, and compare pixels and times.

    python -m benchmarks.faces REDUCED [--arm NIR] [--python-with-cpl PYTHON]

For each recipe the inputs are those of the record that ``soxspipe reduce`` left. Faces that this
machine does not have are named and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.signature import signature
from soxs_reflex.bridge.build import build
from soxs_reflex.generate.write import PACKAGE
from tests.support.edps_run import SOXS_ESOREX

_PYCPL = """
import importlib.util, sys
import cpl
plugin, sof = sys.argv[1:3]
spec = importlib.util.spec_from_file_location("plugin", plugin)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
kind = next(c for c in vars(module).values() if isinstance(c, type)
            and issubclass(c, cpl.ui.PyRecipe) and c is not cpl.ui.PyRecipe)
kind().run(cpl.ui.FrameSet(sof), {})
"""


def _records(folder: Path, arm: str) -> list[dict]:
    """Return the first record of each recipe of an arm, in the order in which they ran."""
    found: dict[str, dict] = {}
    for path in folder.rglob("*.json"):
        record = json.loads(path.read_text())
        if record.get("status") == "done" and record.get("arm") in {arm, ""}:
            known = found.get(record["recipe"])
            if known is None or record["started"] < known["started"]:
                found[record["recipe"]] = {**record, "folder": str(path.parent)}
    return sorted(found.values(), key=lambda record: record["started"])


def _write_sof(record: dict, path: Path) -> None:
    lines = [
        f"{one['path']} {one['tag']}"
        for files in record["inputs"].values()
        for one in files
        if "problem" not in one
    ]
    path.write_text("\n".join(dict.fromkeys(lines)) + "\n")


def _signatures(folder: Path) -> dict[str, str]:
    return dict(signature(path) for path in sorted(folder.rglob("*.fits")))


def _faces(scratch: Path, pycpl: str) -> dict[str, Callable[[str, Path, Path], list[str]]]:
    faces: dict[str, Callable[[str, Path, Path], list[str]]] = {
        "soxspipe": lambda recipe, sof, out: [
            sys.executable, "-m", "soxs_pipeline", recipe, str(sof), "-o", str(out), "--no-plots",
        ],
        "soxs-esorex": lambda recipe, sof, out: [
            *SOXS_ESOREX, f"--output-dir={out}", recipe, str(sof),
        ],
    }  # fmt: skip
    esorex = shutil.which("esorex")
    if esorex:
        plugins = scratch / "plugins"
        build(plugins)
        faces["esorex"] = lambda recipe, sof, out: [
            esorex, f"--recipe-dir={plugins}", f"--output-dir={out}", recipe, str(sof),
        ]  # fmt: skip
    else:
        print("esorex is not installed: left out")
    if pycpl:
        script = scratch / "run_pycpl.py"
        script.write_text(_PYCPL)
        plugins_py = PACKAGE / "pyesorex" / "plugins"
        faces["PyCPL"] = lambda recipe, sof, _out: [
            pycpl, str(script), str(plugins_py / f"{recipe}_pyrecipe.py"), str(sof),
        ]  # fmt: skip
    else:
        print("no Python with cpl was given: PyCPL left out")
    return faces


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print the table; 1 if pixels differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reduced", type=Path)
    parser.add_argument("--arm", default="NIR")
    parser.add_argument("--python-with-cpl", default="", metavar="PYTHON")
    options = parser.parse_args(arguments)
    different = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        faces = _faces(scratch, options.python_with_cpl)
        print(f"{'recipe':24s}" + "".join(f"{face:>14s}" for face in faces) + "   pixels")
        for record in _records(options.reduced, options.arm):
            recipe = record["recipe"]
            sof = scratch / f"{recipe}.sof"
            _write_sof(record, sof)
            seconds, signed = [], {}
            for face, command in faces.items():
                out = scratch / f"{recipe}_{face}"
                out.mkdir()
                begun = perf_counter()
                done = subprocess.run(
                    command(recipe, sof, out), cwd=out, capture_output=True, text=True,
                    check=False, env={**os.environ, "HOME": str(scratch)},
                )  # fmt: skip
                seconds.append(perf_counter() - begun)
                signed[face] = _signatures(out) if done.returncode == 0 else {"failed": face}
                if done.returncode:
                    print(done.stdout[-500:], done.stderr[-500:])
            alike = all(found == signed["soxspipe"] for found in signed.values())
            different += not alike
            told = "".join(f"{value:12.1f} s" for value in seconds)
            print(f"{recipe:24s}{told}   {'the same' if alike else 'DIFFERENT'}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
