"""One configuration of logging."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

__all__ = ["LOG_NAME", "configure_logging", "log_to_file"]

LOG_NAME = "soxspipe.log"

_FILE_FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(name)s: %(message)s"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def configure_logging(level: int) -> None:
    """Send messages of the pipeline at and above a level to the terminal's error stream."""
    root = logging.getLogger("soxs_pipeline")
    root.setLevel(logging.DEBUG)
    root.propagate = False
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(level)
    console.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    root.addHandler(console)


def log_to_file(path: Path) -> None:
    """Append messages to a file as well, warnings of libraries included.

    Several processes may append to one file: each message is one short write.
    """
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setLevel(logging.INFO)
    handler.setFormatter(logging.Formatter(_FILE_FORMAT))
    logging.getLogger("soxs_pipeline").addHandler(handler)
    logging.captureWarnings(capture=True)
    warnings = logging.getLogger("py.warnings")
    warnings.addHandler(handler)
    warnings.propagate = False


def one_thread_each() -> None:
    """Keep libraries from starting threads of their own: tasks run side by side instead.

    Must be called before numpy is imported; what the user set is left alone.
    """
    for name in _THREADS:
        os.environ.setdefault(name, "1")
