"""The command ``soxspipe simulate``: arguments and what is done with them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from soxs_pipeline.errors import ParameterError

__all__ = ["add_arguments", "run"]

BINNINGS = ("1x1", "2x1", "2x2")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments.

    Parameters
    ----------
    parser
        Of the subcommand.
    """
    parser.add_argument("out", type=Path, help="folder for the raw frames; made if missing")
    parser.add_argument("--seed", type=int, default=1, help="of all that is left to chance")
    parser.add_argument(
        "--arm",
        action="append",
        choices=("VIS", "NIR", "ACQ"),
        help="one arm only (may be repeated); with ACQ the camera sees the target, too",
    )
    parser.add_argument(
        "--scene", default="standard", help="what is on the sky; 'list' shows all scenes"
    )
    parser.add_argument("--block", default="stare", help="kind of observation after calibrations")
    parser.add_argument("--bias", type=int, default=5, metavar="N", help="number of biases")
    parser.add_argument("--flat", type=int, default=5, metavar="N", help="flats of each lamp")
    parser.add_argument("--dark", type=int, default=3, metavar="N", help="darks of each length")
    parser.add_argument(
        "--object",
        type=int,
        default=1,
        metavar="N",
        help="exposures of a target that is stared at",
    )
    parser.add_argument(
        "--compress",
        default="",
        choices=("", "gz", "Z", "fz"),
        help="compress the frames (Z is slow)",
    )
    parser.add_argument(
        "--quirk", action="append", default=[], metavar="NAME", help="flaw to put into headers"
    )
    parser.add_argument(
        "--frame", action="append", metavar="KIND", help="only this kind of frame (repeatable)"
    )
    parser.add_argument(
        "--no-truth", action="store_true", help="do not write what went into the frames"
    )
    parser.add_argument("--binning", default="1x1", choices=BINNINGS, help="of the VIS detector")


def run(args: argparse.Namespace, progress: Callable[[str], None] | None = None) -> int:
    """Simulate a night as the arguments say; return the exit status.

    Parameters
    ----------
    args
        Parsed arguments of :func:`add_arguments`.
    progress
        Called with one line of text for each frame written.

    Raises
    ------
    ParameterError
        If a name is unknown.
    OutputError
        If the folder cannot be written.
    """
    # Only the command itself pays for numpy and scipy.
    from soxs_pipeline.simulator.night import simulate  # noqa: PLC0415
    from soxs_pipeline.simulator.scenes import SCENES  # noqa: PLC0415

    say = progress or (lambda _line: None)
    if args.scene == "list":
        for name in SCENES:
            say(name)
        return 0
    if min(args.bias, args.flat, args.dark) < 0:
        raise ParameterError("the number of frames cannot be negative", wanted="0 or more")
    if args.object < 1:
        raise ParameterError("no exposure of the target is asked for", wanted="1 or more")
    across, along = (int(part) for part in args.binning.split("x"))
    written = simulate(
        args.out,
        seed=args.seed,
        arms=tuple(args.arm or (("ACQ",) if args.block == "camera" else ("VIS", "NIR"))),
        scene=args.scene,
        block=args.block,
        n_bias=args.bias,
        n_flat=args.flat,
        n_dark=args.dark,
        n_object=args.object,
        compress=args.compress,
        quirks=tuple(args.quirk),
        frames=args.frame,
        binning=(across, along),
        progress=progress,
        with_truth=not args.no_truth,
    )
    beside = "" if args.no_truth else f", the truth beside it in {args.out}_truth"
    say(f"{len(written)} frames in {args.out}{beside}")
    return 0
