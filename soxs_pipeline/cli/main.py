"""``soxspipe``: the grammar of the design paper.

Nothing heavy is imported before it is known to be needed: help must come at once.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module

from soxs_pipeline.cascade import load
from soxs_pipeline.errors import ParameterError, SoxsError
from soxs_pipeline.runtime.logs import one_thread_each

__all__ = ["COMMANDS", "main"]

PROGRAM = "soxspipe"
_INTERRUPTED = 130
_UNEXPECTED = 1

#: Command, module below ``soxs_pipeline.cli`` that does it, one line of help.
COMMANDS = (
    ("reduce", "reduce", "reduce a folder of raw frames to merged spectra"),
    ("watch", "reduce", "reduce frames as they come into a folder"),
    ("plan", "reduce", "show what reduce would do, and why a frame would not be used"),
    ("init", "declarations", "write a settings file with every parameter and its default"),
    ("data_organiser", "organise", "sort a folder into sets of files, one for each dataset"),
    ("recipes", "declarations", "list the recipes"),
    ("explain", "declarations", "explain a parameter"),
    ("history", "lineage", "tell what a product was made of, back to the raw frames"),
    ("reproduce", "lineage", "make a product again and compare"),
    ("simulate", "simulate", "make a night of simulated raw frames"),
    ("tune", "tune", "turn the parameters of a recipe in a window"),
    ("qc", "quality", "show quality control of one or many reductions, over time"),
    ("doctor", "doctor", "see whether the installation works"),
    ("phase3", "phase3", "make and check files for ESO's archive"),
)

#: What the commands of the official pipeline are called here.
_ELSEWHERE = {
    "prep": "soxspipe plan RAW_FOLDER shows what is there; nothing need be prepared",
    "list": "soxspipe plan RAW_FOLDER lists observations and what they need",
    "raw": "soxspipe history PRODUCT --raw lists the raw frames behind a product",
    "session": "each output folder (-o) with its settings (-s) is a session",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status.

    This is the one place where an unexpected exception of the programme itself ends: as a
    message, with the traceback only if ``--debug`` is given.
    """
    # Before numpy is loaded: with several threads sums round otherwise, and a run that is done
    # again, or with another -j, would not give the same to the last bit. They gain no time.
    one_thread_each()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        return _dispatch(given)
    except SoxsError as error:
        if debug:
            traceback.print_exc()
        return _complain(error)
    except KeyboardInterrupt:
        print(f"\n{PROGRAM}: stopped; the same command takes it up again", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`soxspipe plan | head`): no fault of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        logging.getLogger("soxs_pipeline").debug("unexpected", exc_info=error)
        if debug:
            traceback.print_exc()
        print(
            f"{PROGRAM}: unexpected {type(error).__name__}: {error}\n"
            f"  in: {PROGRAM} {' '.join(given)}\n"
            "  to do: run it again with --debug and report what it prints",
            file=sys.stderr,
        )
        return _UNEXPECTED


def _complain(error: SoxsError) -> int:
    print(f"{PROGRAM}: error: {error}", file=sys.stderr)
    return error.exit_code


def _dispatch(given: list[str]) -> int:
    if not given or given[0] in {"-h", "--help", "help"}:
        print(_overview())
        return 0 if given else 2
    if given[0] == "--version":
        from soxs_pipeline.runtime.version import program_version  # noqa: PLC0415

        print(f"{PROGRAM} {program_version()}")
        return 0
    name, rest = given[0], given[1:]
    for command, module, _ in COMMANDS:
        if name in {command, command.replace("_", "-")}:
            return _run(module, command, rest)
    if name.removeprefix("soxs_").replace("organizer", "organiser") == "data_organiser":
        return _run("organise", "data_organiser", rest)
    if name in _ELSEWHERE:
        raise ParameterError(f"there is no command {name!r}", remedy=_ELSEWHERE[name])
    if name.startswith("-"):
        raise ParameterError(
            f"unknown option {name}", wanted="a command first", remedy=f"see {PROGRAM} --help"
        )
    if {"-h", "--help"} & set(rest) and _print_manual(name):
        return 0
    runner: Callable[[str, list[str]], int] = import_module(
        "soxs_pipeline.cli.recipe"
    ).run_recipe_command
    return runner(name, rest)


def _print_manual(name: str) -> bool:
    """Print the manual page of a recipe if it was written beforehand."""
    from soxs_pipeline.cli.manuals import written_manual  # noqa: PLC0415

    text = written_manual(name)
    if text is not None:
        print(text)
    return text is not None


def _run(module: str, command: str, rest: list[str]) -> int:
    faces = import_module(f"soxs_pipeline.cli.{module}")
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {command}",
        description=next(text for name, _, text in COMMANDS if name == command),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run: Callable[[argparse.Namespace], int] = faces.COMMANDS[command](parser)
    try:
        options = parser.parse_args(rest)
    except SystemExit as stop:
        # argparse has said what is wrong; 2 is its status and that of an InputError.
        return int(stop.code or 0)
    return run(options)


def _overview() -> str:
    """Return the top of the help, from the map alone."""
    lines = [
        f"usage: {PROGRAM} <command> ...",
        f"       {PROGRAM} <recipe> <inputFrames> [-s settings] [-o outputDirectory]",
        "",
        "Reduce spectra of SOXS, from raw frames to merged spectra.",
        "inputFrames is a folder, or a set of files: a text file with one 'path tag' on a line.",
        "",
        "commands:",
    ]
    lines += [f"  {name:<22}{text}" for name, _, text in COMMANDS]
    lines += ["", "recipes:"]
    told: set[str] = set()
    for task in load("SOXS").tasks:
        if task.recipe not in told:
            told.add(task.recipe)
            lines.append(f"  {task.recipe:<22}{task.doc[0].lower()}{task.doc[1:]}")
    lines += [
        "",
        f"{PROGRAM} <command> --help and {PROGRAM} <recipe> --help tell more.",
        f"The whole way in one command: {PROGRAM} reduce RAW_FOLDER -o OUT",
    ]
    return "\n".join(lines)
