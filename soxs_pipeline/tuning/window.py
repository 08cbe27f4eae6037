"""A window in which a recipe's parameters are turned: the figure beside them, before and after."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import SoxsError
from soxs_pipeline.parameters import ParameterInfo
from soxs_pipeline.plots import SPAN_GID, draw_onto, drawings
from soxs_pipeline.tuning.session import Trial, TuningSession

__all__ = ["TuningWindow"]

#: Quality-control values shown, at most, and characters of a line of text.
_MOST_QC, _LINE = 7, 46
_WARN, _CALM = "#cc3311", "#444444"


class TuningWindow:
    """The window; nothing of it knows which toolkit shows it.

    Parameters
    ----------
    session
        What is tried.
    figure
        An empty matplotlib figure with an interactive canvas.
    save_to
        Where accepted settings go.
    close
        Called when the astronomer is done.
    """

    def __init__(
        self,
        session: TuningSession,
        figure: Any,
        *,
        save_to: Path,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.session, self.figure, self.save_to = session, figure, save_to
        self._close = close
        self.accepted = False
        self.shown_before = False
        self.figure_name = (drawings(session.recipe.name) or ("",))[0]
        self.boxes: dict[str, Any] = {}
        self.buttons: dict[str, Any] = {}
        self.spans: dict[str, Any] = {}
        self._picture, self._desk = figure.subfigures(1, 2, width_ratios=(2.6, 1.0))
        self._build()

    # --- what is on the desk ---------------------------------------------------------------
    def _build(self) -> None:
        from matplotlib.widgets import Button, RadioButtons, TextBox  # noqa: PLC0415

        parameters = self.session.parameters
        names = drawings(self.session.recipe.name)
        top, row = 0.94, min(0.6 / max(len(parameters), 1), 0.045)
        self._desk.text(0.02, 0.97, self.session.recipe.name, fontsize=12, fontweight="bold")
        for k, info in enumerate(parameters):
            axes = self._desk.add_axes((0.52, top - (k + 1) * row, 0.44, 0.8 * row))
            box = TextBox(axes, f"{_label(info)}  ", initial=_text(self.session.start[info.name]))
            box.label.set_fontsize(8)
            box.text_disp.set_fontsize(8)
            box.on_submit(partial(self._changed, info))
            self.boxes[info.name] = box
        bottom = top - (len(parameters) + 1) * row
        if len(names) > 1:
            height = 0.026 * len(names)
            axes = self._desk.add_axes((0.02, bottom - height, 0.94, height))
            axes.set_axis_off()
            radio = RadioButtons(axes, names, active=0)
            radio.on_clicked(self.show_figure)
            self.buttons["figure"] = radio
        for k, (name, does) in enumerate(
            (("Run", self.run), ("Before / after", self.compare), ("Reset", self.reset),
             ("Accept", self.accept), ("Cancel", self.cancel))
        ):  # fmt: skip
            axes = self._desk.add_axes(
                (0.02 + 0.32 * (k % 3), 0.075 - 0.055 * (k // 3), 0.3, 0.045)
            )
            button = Button(axes, name)
            button.label.set_fontsize(9)
            button.on_clicked(_ignoring_event(does))
            self.buttons[name] = button
        self._told = self._desk.text(0.02, 0.14, "", fontsize=8, va="bottom", color=_CALM)

    def values(self) -> dict[str, object]:
        """Return what stands in the boxes, by parameter."""
        return {name: box.text.strip() for name, box in self.boxes.items()}

    # --- what the buttons do -----------------------------------------------------------------
    def run(self) -> Trial:
        """Run the recipe with what stands in the boxes, and show what comes out."""
        self._say("running ...")
        self._title("running")
        self.figure.canvas.draw_idle()
        self.figure.canvas.flush_events()
        trial = self.session.run(self.values())
        self.shown_before = False
        self._show(trial)
        return trial

    def compare(self) -> None:
        """Show the trial before the last, or the last again."""
        good = self._good()
        if len(good) < 2:
            self._say("there is one result only: change a parameter and run")
            self.figure.canvas.draw_idle()
            return
        self.shown_before = not self.shown_before
        self._show(good[-2] if self.shown_before else good[-1])

    def reset(self) -> None:
        """Put the values the window began with into the boxes."""
        for name, box in self.boxes.items():
            box.set_val(_text(self.session.start[name]))

    def accept(self) -> None:
        """Save the settings and close."""
        try:
            self.session.save(self.values(), self.save_to)
        except SoxsError as error:
            self._say(str(error), bad=True)
            self._title("not saved")
            self.figure.canvas.draw_idle()
            return
        self.accepted = True
        self._close()

    def cancel(self) -> None:
        """Close, and save nothing."""
        self._close()

    def show_figure(self, name: str | None) -> None:
        """Show another figure of the same result."""
        if name is None:
            return
        self.figure_name = name
        good = self._good()
        if good:
            self._show(good[-2] if self.shown_before and len(good) > 1 else good[-1])

    def set_range(self, name: str, low: float, high: float) -> None:
        """Put a range drawn with the mouse into a parameter's box; Run then tries it."""
        if high > low and name in self.boxes:
            self.boxes[name].set_val(f"{low:.2f}:{high:.2f}")
            self._say(f"{name} set to {low:.2f}:{high:.2f}; Run shows what comes of it")
            self.figure.canvas.draw_idle()

    # --- what is shown --------------------------------------------------------------------------
    def _good(self) -> list[Trial]:
        return [trial for trial in self.session.trials if not trial.error]

    def _show(self, trial: Trial) -> None:
        if trial.error:
            self._say(trial.error, bad=True)
            self._title("failed")
        else:
            if not draw_onto(
                self._picture, self.session.recipe.name, trial.products, self.figure_name
            ):
                self._picture.text(0.1, 0.5, "nothing to show of this result")
            self._offer_ranges()
            self._say(self._about(trial))
            self._title(f"trial {1 + self.session.trials.index(trial)}")
        self.figure.canvas.draw_idle()

    def _changed(self, info: ParameterInfo, _text: str) -> None:
        self._title(f"{info.alias} changed")

    def _title(self, state: str) -> None:
        # The title is what a task bar shows of a long trial, and all that another program sees.
        manager = self.figure.canvas.manager
        if manager is not None:
            manager.set_window_title(f"{self.session.recipe.name}: {state}")

    def _offer_ranges(self) -> None:
        """Let a range be drawn on each panel that stands for a parameter."""
        from matplotlib.widgets import SpanSelector  # noqa: PLC0415

        for span in self.spans.values():
            span.disconnect_events()
        self.spans = {}
        for axes in self._picture.axes:
            name = (axes.get_gid() or "").removeprefix(SPAN_GID)
            if (axes.get_gid() or "").startswith(SPAN_GID) and name in self.boxes:
                self.spans[name] = SpanSelector(
                    axes, partial(self.set_range, name), "horizontal", useblit=True,
                    props={"alpha": 0.2, "facecolor": _WARN},
                )  # fmt: skip

    def _about(self, trial: Trial) -> str:
        which = "before" if self.shown_before else "now"
        lines = [f"{which}: {trial.seconds:.1f} s"]
        good = self._good()
        other = good[-1] if self.shown_before else (good[-2] if len(good) > 1 else None)
        for key, value in list(trial.qc.items())[:_MOST_QC]:
            name = key.removeprefix("ESO QC ")
            told = f"{name} = {value:.5g}"
            if other is not None and key in other.qc and other.qc[key] != value:
                told += f"  ({'after' if self.shown_before else 'before'} {other.qc[key]:.5g})"
            lines.append(told)
        lines += [remark.split(": ", 1)[-1] for remark in trial.remarks[:2]]
        return "\n".join(line[: 2 * _LINE] for line in lines)

    def _say(self, text: str, *, bad: bool = False) -> None:
        import textwrap  # noqa: PLC0415

        lines = [part for line in text.splitlines() for part in textwrap.wrap(line, _LINE) or [""]]
        self._told.set_text("\n".join(lines[:14]))
        self._told.set_color(_WARN if bad else _CALM)


def _ignoring_event(does: Callable[[], object]) -> Callable[[object], None]:
    def called(_event: object) -> None:
        does()

    return called


def _label(info: ParameterInfo) -> str:
    return f"{info.alias} [{info.unit}]" if info.unit else info.alias


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
