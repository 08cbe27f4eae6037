"""What ``soxspipe watch`` does: reduce whatever has come, again and again."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from soxs_pipeline.cli.reducing import reduce_folder
from soxs_pipeline.cli.session import load_settings
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError, ParameterError, SoxsError
from soxs_pipeline.runtime.arrivals import Arrivals, Stamp, stamps, unfinished
from soxs_pipeline.runtime.workspace import check_output_folder

__all__ = ["Clock", "watch_folder"]

_MINUTE = 60.0
#: How often a browser reads the report again while it grows.
_REFRESH_S = 60


@dataclass(frozen=True)
class Clock:
    """What tells the time in seconds, and what lets it pass."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def watch_folder(options: argparse.Namespace, clock: Clock | None = None) -> int:
    """Reduce frames as they come; return the exit status of the last reduction.

    Parameters
    ----------
    options
        As `soxs_pipeline.cli.reduce` declares them.
    clock
        The computer's own if None.

    Raises
    ------
    SoxsError
        If the folders, options or settings are wrong from the start. What goes wrong later is
        told, and the watch goes on.
    """
    if not options.raw.is_dir():
        raise InputError(
            f"there is no folder {options.raw}",
            wanted="a folder into which raw frames come, empty or not",
            remedy="make it, or check the path",
        )
    for name in ("every", "patience"):
        if getattr(options, name) <= 0:
            raise ParameterError(f"--{name} is {getattr(options, name):g}", wanted="more than 0")
    check_output_folder(options.output, options.raw)
    load_settings(options.settings)
    watch = _Watch(options, clock or Clock())
    # Whoever ends us politely gets the same orderly end as with Ctrl-C.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return watch.go_on()
    finally:
        signal.signal(signal.SIGTERM, before)


@dataclass
class _Watch:
    options: argparse.Namespace
    clock: Clock
    status: int = 0
    arrivals: Arrivals = field(default_factory=Arrivals)
    #: The files that took part in the last reduction.
    reduced: dict[str, Stamp] = field(default_factory=dict)
    #: When the settings were changed that it was done with.
    settings_ns: int = 0
    #: When the first template that goes on will be given up, and how many frames wait.
    due_s: float = float("inf")
    waiting: int = 0

    def go_on(self) -> int:
        """Look, reduce and sleep until it has been quiet for long enough."""
        quiet_since = self.clock.now()
        self._say(f"watching {self.options.raw}")
        self.arrivals.look(stamps(self.options.raw), quiet_since, first=True)
        while True:
            now = self.clock.now()
            if self.arrivals.look(stamps(self.options.raw), now):
                quiet_since = now
            settled = self.arrivals.settled(now, self.options.settle)
            if settled and self._changed_settings_ns() != self.settings_ns:
                self._reduce(settled, "the settings changed")
            elif settled != self.reduced or now >= self.due_s:
                self._reduce(settled)
            quiet = (self.clock.now() - quiet_since) / _MINUTE
            if self.options.until_quiet is not None and quiet >= self.options.until_quiet:
                self._say(f"no frame came for {quiet:.0f} minutes: done")
                return self.status
            self.clock.sleep(self.options.every)

    def _changed_settings_ns(self) -> int:
        path = self.options.settings
        return path.stat().st_mtime_ns if path is not None and path.is_file() else 0

    def _reduce(self, settled: dict[str, Stamp], why: str = "") -> None:
        new = sum(self.reduced.get(path) != stamp for path, stamp in settled.items())
        given_up = "no more came of a template: reduced as it is"
        self._say(f"{new} new frame(s)" if new else why or given_up)
        self.reduced, self.due_s, self.waiting = settled, float("inf"), 0
        self.settings_ns = self._changed_settings_ns()
        try:
            self.status = reduce_folder(
                self.options, hold=self._hold, retry=False, refresh_s=_REFRESH_S
            )
        except SoxsError as error:
            print(f"soxspipe: error: {error}", file=sys.stderr)
            self.status = error.exit_code
        # What was up to date once is not done again because of the next frame.
        self.options.fresh = False
        wait = f", {self.waiting} frame(s) of templates that go on" if self.waiting else ""
        self._say(f"waiting for more frames{wait}; Ctrl-C ends this")

    def _hold(self, paths: Collection[str], headers: Mapping[str, Header]) -> Mapping[str, str]:
        written = {path: "it is still being written" for path in paths if path not in self.reduced}
        patience_s = self.options.patience * _MINUTE
        whole = {path: header for path, header in headers.items() if path not in written}
        reasons, newest_s = unfinished(whole, self.arrivals.came_s, self.clock.now() - patience_s)
        self.due_s, self.waiting = newest_s + patience_s, len(reasons)
        return {**written, **reasons}

    def _say(self, text: str) -> None:
        if not self.options.quiet:
            told = datetime.fromtimestamp(self.clock.now()).astimezone().strftime("%H:%M:%S")
            print(f"[{told}] {text}", file=sys.stderr, flush=True)
