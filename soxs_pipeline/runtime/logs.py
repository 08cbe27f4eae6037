"""One configuration of logging."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["LOG_NAME", "logging_to", "one_thread_each"]

LOG_NAME = "soxspipe.log"

_FILE_FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(name)s: %(message)s"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def logging_to(path: Path, level: int) -> Iterator[None]:
    """Send the pipeline's messages at and above a level to the terminal, and all to a file.

    Warnings of libraries go to the file only. Several processes may append to one file: each
    message is one short write.
    """
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(level)
    console.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    file = logging.FileHandler(path, encoding="utf-8", delay=True)
    file.setLevel(logging.INFO)
    file.setFormatter(logging.Formatter(_FILE_FORMAT))
    ours, warnings = logging.getLogger("soxs_pipeline"), logging.getLogger("py.warnings")
    ours.setLevel(logging.DEBUG)
    attached = ((ours, console), (ours, file), (warnings, file))
    for logger, handler in attached:
        logger.addHandler(handler)
        logger.propagate = False
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        for logger, handler in attached:
            logger.removeHandler(handler)
            logger.propagate = True
        console.close()
        file.close()


def one_thread_each() -> None:
    """Keep libraries from starting threads of their own: tasks run side by side instead.

    Must be called before numpy is imported; what the user set is left alone.
    """
    for name in _THREADS:
        os.environ.setdefault(name, "1")
