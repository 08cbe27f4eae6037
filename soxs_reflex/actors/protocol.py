"""The way Reflex talks to a script: options, JSON in, JSON out.

Only for machines without Reflex's own modules: what comes in is passed through, so that a workflow
goes on without windows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["INPUTS", "OUTPUTS", "pass_through"]

INPUTS = {
    "in_sof": "Products of the recipe",
    "in_sop": "Parameters it ran with",
    "in_sof_rec_orig": "What the recipe was given",
    "enable": "Whether the window opens: true or false",
}
OUTPUTS = {
    "out_sof": "Products, when the result is taken",
    "out_sop": "Parameters of the result",
    "out_sof_loop": "What the recipe is given again",
    "out_sop_loop": "Parameters to be tried next",
    "iteration_complete": "true when the result is taken",
    "set_enable": "Whether the window opens next time",
    "set_init_sop": "Parameters to begin the next data set with",
}
_FILES = ("input-parameters-file", "output-parameters-file", "stdout-file", "stderr-file",
          "products-dir")  # fmt: skip


def pass_through(title: str, arguments: Sequence[str] | None = None) -> int:
    """Answer as if the astronomer had pressed Continue; return the exit status.

    Parameters
    ----------
    title
        Shown by ``--help``.
    arguments
        Those of the command line.
    """
    parser = argparse.ArgumentParser(description=title, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    for name in _FILES:
        parser.add_argument(f"--{name}")
    for name, text in INPUTS.items():
        parser.add_argument(f"--{name}", help=text)
    options = parser.parse_args(arguments)
    if options.help:
        sys.stdout.write(_help(title) + "\n")
        return 0
    given: dict[str, Any] = {
        name: value for name in INPUTS if (value := getattr(options, name)) is not None
    }
    try:
        given |= _read(options.input_parameters_file)
    except (OSError, ValueError, TypeError) as error:
        sys.stderr.write(f"{title}: {options.input_parameters_file}: {error}\n")
        return 1
    unknown = sorted(set(given) - set(INPUTS))
    if unknown or "in_sof" not in given:
        wrong = f"no such option: {unknown[0]}" if unknown else "in_sof is missing"
        sys.stderr.write(f"{title}: error: {wrong}\n")
        return 1
    _write(options.output_parameters_file, _answer(given))
    return 0


def _answer(given: Mapping[str, Any]) -> dict[str, Any]:
    answer = {
        "out_sof": given["in_sof"],
        "out_sop": given.get("in_sop"),
        "iteration_complete": "true",
        "set_enable": given.get("enable"),
    }
    return {name: value for name, value in answer.items() if value is not None}


def _read(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    told = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(told, dict):
        raise TypeError("not a JSON object")
    return told


def _write(path: str | None, answer: Mapping[str, Any]) -> None:
    text = json.dumps(answer, indent=1)
    if path:
        Path(path).write_text(text + "\n", encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")


def _help(title: str) -> str:
    lines = [title, "", "Options:"]
    lines += [f"  --{name}=VALUE  {text}" for name, text in INPUTS.items()]
    lines += [f"  --{name}=PATH" for name in _FILES]
    lines += ["", "Outputs:", *(f"  {name}  {text}" for name, text in OUTPUTS.items())]
    return "\n".join(lines)
