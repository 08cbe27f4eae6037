"""``soxspipe simulate``: hand over to the simulator."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from soxs_pipeline.simulator.command import add_arguments, run

__all__ = ["COMMANDS"]


def _add(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    add_arguments(parser)
    return lambda options: int(run(options, print) or 0)


COMMANDS = {"simulate": _add}
