"""The Python side of a plugin: one recipe, asked for on descriptor 3, answered on 4."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from soxs_reflex.bridge.records import join, split

__all__ = ["main", "serve"]

_UNEXPECTED = 1


def serve(asked: TextIO, answer: TextIO) -> int:
    """Run the recipe that is asked for; every failure is an answer.

    Parameters
    ----------
    asked, answer
        Streams of records.
    """

    def tell(*fields: object) -> None:
        answer.write(join(*fields))
        answer.flush()

    try:
        _run(asked, tell)
    except Exception as error:  # noqa: BLE001 - the other side is C and must hear of it
        status = getattr(error, "exit_code", _UNEXPECTED)
        known = hasattr(error, "exit_code")
        what = str(error) if known else f"unexpected {type(error).__name__}: {error}"
        tell("fail", status, what)
    return 0


def _run(asked: TextIO, tell: object) -> None:
    from soxs_reflex.description import describe, group_of  # noqa: PLC0415
    from soxs_reflex.running import run_recipe  # noqa: PLC0415

    assert callable(tell)
    name, values, frames = "", {}, []
    for line in asked:
        kind, *fields = split(line)
        if kind == "recipe":
            name = fields[0]
        elif kind == "param" and fields[2] == "1":
            values[fields[0]] = fields[1]
        elif kind == "frame":
            frames.append((Path(fields[0]), fields[1]))
    description = describe(name)
    for index, (_, tag) in enumerate(frames):
        tell("group", index, group_of(tag, description))
    changed = {
        parameter.alias: values[parameter.name]
        for parameter in description.parameters
        if parameter.name in values
    }
    made = run_recipe(
        description,
        frames,
        changed,
        Path.cwd(),
        command=f"esorex {name}",
        say=lambda text: tell("say", "warning", text),
    )
    for path, tag in made.products:
        tell("product", path.name, tag)
    if made.exit_code:
        tell("fail", made.exit_code, "\n".join(made.failures))
    else:
        tell("done")


def main() -> int:
    """Serve the plugin library that started this process."""
    asked, answer = os.fdopen(3, "r"), os.fdopen(4, "w")
    # What anything prints belongs on the terminal's error stream, not among products' names.
    sys.stdout = sys.stderr
    return serve(asked, answer)


if __name__ == "__main__":
    sys.exit(main())
