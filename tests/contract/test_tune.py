"""The tuning window: run, compare, accept; with events of a real display where there is one."""

import os
import shutil
import subprocess
import sys
import time
import tomllib

import pytest
from matplotlib.backend_bases import MouseButton, MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from soxs_pipeline.cli.main import main
from soxs_pipeline.errors import InputError, ParameterError
from soxs_pipeline.tuning.session import TuningSession
from soxs_pipeline.tuning.window import TuningWindow
from tests.support.tiny_frames import write_biases

#: Shape of the window's figure, and where its desk begins.
ASPECT, DESK = 9.0 / 14.5, 2.6 / 3.6


@pytest.fixture
def frames(tmp_path):
    folder = tmp_path / "raw frames"
    write_biases(folder, 5)
    return folder


@pytest.fixture
def session(frames):
    opened = TuningSession("soxs_mbias", frames, instrument="SOXS")
    yield opened
    opened.close()


@pytest.fixture
def window(session, tmp_path):
    figure = Figure(figsize=(14.5, 9.0), layout="constrained")
    FigureCanvasAgg(figure)
    closed = []
    opened = TuningWindow(
        session, figure, save_to=tmp_path / "tuned.toml", close=lambda: closed.append(True)
    )
    opened.closed = closed
    return opened


def press(window, name):
    """A click in the middle of a button, as a toolkit reports it."""
    axes = window.buttons[name].ax
    window.figure.canvas.draw()
    x, y = axes.transAxes.transform((0.5, 0.5))
    for kind in ("button_press_event", "button_release_event"):
        event = MouseEvent(kind, window.figure.canvas, x, y, MouseButton.LEFT)
        window.figure.canvas.callbacks.process(kind, event)


def told(window):
    return window._told.get_text().replace("\n", " ")


def test_a_trial_gives_products_and_quality(session):
    trial = session.run({"clip_sigma": "4"})
    assert trial.error == ""
    assert trial.products["master_bias"].data.size > 100
    assert trial.qc


def test_a_wrong_value_is_told_and_the_next_trial_runs(session):
    assert "clip-sigma" in session.run({"clip_sigma": "-3"}).error
    assert session.run({}).error == ""


def test_saved_settings_are_what_the_command_line_reads(session, frames, tmp_path, capsys):
    session.save({"clip_sigma": "4.5"}, tmp_path / "t.toml")
    assert tomllib.loads((tmp_path / "t.toml").read_text()) == {"soxs_mbias": {"clip_sigma": 4.5}}
    out = tmp_path / "out"
    assert main(["mbias", str(frames), "-s", str(tmp_path / "t.toml"), "-o", str(out)]) == 0
    capsys.readouterr()


def test_run_shows_the_figure_and_the_quality(window):
    press(window, "Run")
    assert window._picture.axes
    assert "now:" in told(window)


def test_before_and_after(window):
    press(window, "Run")
    press(window, "Before / after")
    assert "one result only" in told(window)
    window.boxes["clip_sigma"].set_val("3.0")
    press(window, "Run")
    press(window, "Before / after")
    assert told(window).startswith("before:")
    press(window, "Before / after")
    assert told(window).startswith("now:")


def test_a_value_out_of_bounds_is_told_in_the_window(window):
    window.boxes["clip_sigma"].set_val("1e9")
    press(window, "Run")
    assert "clip-sigma" in told(window)
    press(window, "Reset")
    press(window, "Run")
    assert "now:" in told(window)


def test_accept_saves_and_closes(window, tmp_path):
    window.boxes["clip_sigma"].set_val("4.5")
    press(window, "Accept")
    assert window.accepted
    assert window.closed
    assert "clip_sigma = 4.5" in (tmp_path / "tuned.toml").read_text()


def test_cancel_saves_nothing(window, tmp_path):
    press(window, "Cancel")
    assert window.closed
    assert not window.accepted
    assert not (tmp_path / "tuned.toml").exists()


def test_what_cannot_run_is_one_clear_error(tmp_path, frames):
    with pytest.raises(InputError):
        TuningSession("soxs_mdark", frames, instrument="SOXS")
    with pytest.raises(ParameterError):
        TuningSession("soxs_nothing", frames, instrument="SOXS")


def test_without_a_display_it_says_so(frames, monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main(["tune", "mbias", str(frames)]) == 2
    said = capsys.readouterr().err
    assert "no display" in said
    assert "Traceback" not in said


def _missing():
    try:
        import tkinter as tk  # noqa: F401, PLC0415
    except ImportError:
        return "tkinter"
    return next((name for name in ("Xvfb", "xdotool") if shutil.which(name) is None), "")


@pytest.fixture
def display():
    number = 60 + os.getpid() % 40
    with subprocess.Popen(
        ["Xvfb", f":{number}", "-screen", "0", "1600x1000x24"], stderr=subprocess.DEVNULL
    ) as server:
        time.sleep(1.5)
        yield f":{number}"
        server.terminate()


@pytest.mark.skipif(bool(_missing()), reason=f"{_missing()} is not installed")
def test_mouse_and_keys_on_a_real_display(frames, tmp_path, display):
    saved = tmp_path / "tuned.toml"
    command = [sys.executable, "-m", "soxs_pipeline", "tune", "mbias", str(frames)]
    with (
        (tmp_path / "said").open("w") as said,
        subprocess.Popen(
            [*command, "-o", str(saved), "--backend", "TkAgg"],
            env={**os.environ, "DISPLAY": display}, stdout=said, stderr=said,
        ) as running,
    ):  # fmt: skip
        try:
            _drive(Desk(display, running, tmp_path / "said"))
            status = running.wait(timeout=60)
        finally:
            running.kill()
    assert status == 0, (tmp_path / "said").read_text()
    assert "4.25" in saved.read_text()
    assert "settings saved" in (tmp_path / "said").read_text()


def _drive(desk):
    """Change a parameter, run, accept, all by mouse and keys; the title tells what happened."""
    assert desk.shows("trial 1", patience=90), desk.complaint()
    column = DESK + (1 - DESK) * 0.17
    # The box of the first parameter, as the window lays its desk out.
    box = DESK + (1 - DESK) * 0.74, 0.94 - 0.045 * 0.6
    assert desk.until("changed", lambda: desk.type_into(*box, "4.25")), desk.complaint()
    assert desk.until("trial [2-9]", lambda: desk.click(column, 0.0975)), desk.complaint()
    assert desk.until("", lambda: desk.click(column, 0.0425)), desk.complaint()


class Desk:
    """The window on the display, as another program sees and moves it."""

    def __init__(self, display, running, said):
        self.environment = {**os.environ, "DISPLAY": display}
        self.running, self.said = running, said
        self.seen = ""

    def xdo(self, *words):
        return subprocess.run(
            ["xdotool", *map(str, words)], env=self.environment, capture_output=True, text=True,
            check=False,
        ).stdout.split()  # fmt: skip

    def shows(self, state, patience):
        """Wait for a window whose title ends so, or, for no state, until there is none."""
        deadline = time.time() + patience
        while time.time() < deadline:
            if state == "" and self.running.poll() is not None:
                return True
            if state and (ids := self.xdo("search", "--onlyvisible", "--name", f"{state}$")):
                self.seen = ids[-1]
                return True
            time.sleep(0.2)
        return False

    def until(self, state, act):
        """Act until the title says that it was done: a window told before it is drawn is deaf."""
        for patience in (4.0, 8.0, 16.0, 32.0):
            act()
            if self.shows(state, patience):
                return True
        return False

    def click(self, across, up):
        # The toolkit may scale the figure to the dots of the display.
        self.xdo("windowmove", self.seen, 0, 0)
        geometry = self.xdo("getwindowgeometry", self.seen)
        if not geometry:
            # The window has gone; on a busy machine the program ends some seconds later.
            return
        width = int(geometry[-1].partition("x")[0])
        x, y = int(across * width), int((1 - up) * width * ASPECT)
        self.xdo("mousemove", "--window", self.seen, x, y)
        time.sleep(0.3)
        self.xdo("click", 1)
        time.sleep(0.3)

    def type_into(self, across, up, text):
        self.click(across, up)
        self.xdo("key", "End")
        self.xdo("key", *["BackSpace"] * 8)
        self.xdo("type", text)
        self.xdo("key", "Return")

    def complaint(self):
        return self.said.read_text() or "the window did not answer"
