"""What must be known of an instrument."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError

__all__ = ["ArmFacts", "Instrument", "KeywordNames", "QcLimit", "ReadMode"]


@dataclass(frozen=True)
class QcLimit:
    """Lowest and highest value of a quality-control value that raise no alarm."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return True if the value is a number within the limits."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class ReadMode:
    """Gain and read noise of a readout mode, for frames that do not tell them."""

    id: int
    name: str
    gain_e_per_adu: float
    read_noise_e: float


@dataclass(frozen=True)
class KeywordNames:
    """Which header keywords tell what, in the order in which they are tried.

    Parameters
    ----------
    arm, camera
        The arm; the camera's name, which tells the arm where the first is missing.
    gain
        All are read and the largest holds.
    read_noise, read_mode
        The first that is present holds.
    binning
        Binning of the columns and of the rows.
    """

    arm: str
    camera: str
    gain: tuple[str, ...]
    read_noise: tuple[str, ...]
    read_mode: tuple[str, ...]
    binning: tuple[str, str]


@dataclass(frozen=True)
class ArmFacts:
    """One arm: its detector as the files show it.

    Parameters
    ----------
    arm, detector
        Label of the arm and name of the detector.
    raw_shape
        Rows and columns of the unbinned raw image.
    science, prescan
        Windows of the unbinned raw image that see light, and never do.
    reference_border, reference_channels
        Width of the border of reference pixels; readout channels side by side in columns.
    transposed
        True if dispersion runs along the rows.
    saturation_adu
        Level at and above which a pixel is saturated.
    offset_method
        ``bias`` or ``dark``.
    gain_e_per_adu, read_noise_e
        What holds if neither the header nor the readout mode tells.
    read_modes
        Known readout modes.
    placeholder_gains, placeholder_read_noises
        Header values that mean that the value is not known.
    binnings
        Allowed binnings of columns and rows.
    slit_keyword, temperature_keyword
        Keywords of the slit's name and the detector's temperature; empty if there are none.
    refused_shapes
        Shapes that are known but not supported, each with the reason.
    """

    arm: str
    detector: str
    raw_shape: tuple[int, int]
    science: Window
    saturation_adu: float
    offset_method: str
    gain_e_per_adu: float
    read_noise_e: float
    prescan: Window | None = None
    reference_border: int = 0
    reference_channels: int = 1
    transposed: bool = False
    read_modes: tuple[ReadMode, ...] = ()
    placeholder_gains: tuple[float, ...] = ()
    placeholder_read_noises: tuple[float, ...] = ()
    binnings: tuple[tuple[int, int], ...] = ((1, 1),)
    slit_keyword: str = ""
    temperature_keyword: str = ""
    refused_shapes: tuple[tuple[tuple[int, int], str], ...] = ()

    def read_mode(self, label: str) -> ReadMode | None:
        """Return the readout mode of this name or number, or None."""
        for mode in self.read_modes:
            if label.strip().lower() in {mode.name.lower(), str(mode.id)}:
                return mode
        return None

    def shapes(self, binning: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return rows and columns of the raw image and of its trimmed part when binned."""
        columns, rows = binning
        trimmed = self._binned(self.science, binning)
        return (
            (self.raw_shape[0] // rows, self.raw_shape[1] // columns),
            (trimmed.rows[1] - trimmed.rows[0], trimmed.columns[1] - trimmed.columns[0]),
        )

    def windows(
        self, raw_shape: tuple[int, int], binning: tuple[int, int]
    ) -> tuple[Window, Window | None, int]:
        """Return the science window, the prescan window and the reference border.

        An image that was trimmed before it reached us is taken whole.

        Raises
        ------
        InputError
            If an image of this shape cannot be of this arm and binning.
        """
        full, trimmed = self.shapes(binning)
        if raw_shape == full:
            prescan = self.prescan and self._binned(self.prescan, binning)
            return self._binned(self.science, binning), prescan, self.reference_border
        if raw_shape == trimmed:
            return Window((0, trimmed[0]), (0, trimmed[1])), None, 0
        for refused, why in self.refused_shapes:
            if raw_shape == refused:
                raise InputError(
                    f"the image of {_size(raw_shape)} is {why}",
                    wanted=f"{_size(full)} for arm {self.arm}",
                    remedy="leave the frame out",
                )
        raise InputError(
            f"the image of {_size(raw_shape)} does not fit arm {self.arm} "
            f"binned {binning[0]}x{binning[1]}",
            wanted=f"{_size(full)}, or {_size(trimmed)} if trimmed",
            remedy="leave the frame out, or correct its arm and binning keywords",
        )

    @staticmethod
    def _binned(window: Window, binning: tuple[int, int]) -> Window:
        columns, rows = binning
        return Window(
            (window.rows[0] // rows, window.rows[1] // rows),
            (window.columns[0] // columns, window.columns[1] // columns),
        )


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[1]} columns x {shape[0]} rows"


@dataclass(frozen=True)
class Instrument:
    """All facts of an instrument that recipes and readers need.

    Parameters
    ----------
    name
        As in the keyword INSTRUME.
    arms
        Facts of each arm by label.
    keywords
        Names of keywords.
    defaults
        ``recipe -> arm -> parameter -> value``; arm ``""`` holds for all.
    limits
        ``recipe -> arm -> QC key -> limit``; arm ``""`` holds for all.
    """

    name: str
    arms: Mapping[str, ArmFacts]
    keywords: KeywordNames
    defaults: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, Mapping[str, QcLimit]]] = field(default_factory=dict)

    def arm_of(self, header: Header) -> str:
        """Return the arm a frame was taken with.

        Raises
        ------
        InputError
            If the header names another instrument, an unknown arm or none.
        """
        instrument = header.text("INSTRUME").upper()
        if instrument not in {"", self.name}:
            raise InputError(
                f"the frame was taken with {instrument}", wanted=f"a frame of {self.name}",
                remedy="leave the frame out",
            )  # fmt: skip
        for keyword in (self.keywords.arm, self.keywords.camera):
            arm = header.text(keyword).upper()
            if arm in self.arms:
                return arm
            if arm and keyword == self.keywords.arm:
                raise InputError(
                    f"keyword {keyword} is {arm!r}", wanted="one of " + ", ".join(self.arms)
                )
        raise InputError(
            f"keyword {self.keywords.arm} is missing",
            wanted="one of " + ", ".join(self.arms),
            remedy="add the keyword to the header, or leave the frame out",
        )

    def detector_setup(self, header: Header, raw_shape: tuple[int, int]) -> DetectorSetup:
        """Return gain, noise, windows and orientation that hold for a raw frame.

        Parameters
        ----------
        header
            Primary header.
        raw_shape
            Rows and columns of the raw image.

        Raises
        ------
        InputError
            If the arm is unknown or the image does not fit it.
        """
        facts = self.arms[self.arm_of(header)]
        columns, rows = binning = self._binning(header, facts, raw_shape)
        science, prescan, border = facts.windows(raw_shape, binning)
        labels = [t for key in self.keywords.read_mode if (t := header.text(key))]
        mode = next((m for label in labels if (m := facts.read_mode(label))), None)
        gain, gain_source = self._gain(header, facts, mode)
        noise, noise_source = self._read_noise(header, facts, mode)
        return DetectorSetup(
            arm=facts.arm,
            gain_e_per_adu=gain,
            read_noise_e=noise,
            saturation_adu=facts.saturation_adu,
            science=science,
            prescan=prescan,
            reference_border=border,
            reference_channels=facts.reference_channels,
            transposed=facts.transposed,
            binning=(rows, columns) if facts.transposed else (columns, rows),
            offset_method="bias" if facts.offset_method == "bias" else "dark",
            read_mode=mode.name if mode else (labels[0] if labels else ""),
            gain_source=gain_source,
            read_noise_source=noise_source,
        )

    def parameter_defaults(self, recipe: str, arm: str) -> dict[str, Any]:
        """Return the parameters of a recipe whose default this arm changes."""
        changed = self.defaults.get(recipe, {})
        return {**changed.get("", {}), **changed.get(arm, {})}

    def qc_limits(self, recipe: str, arm: str) -> dict[str, QcLimit]:
        """Return the limits of a recipe's quality-control values by their key."""
        limits = self.limits.get(recipe, {})
        return {**limits.get("", {}), **limits.get(arm, {})}

    def slit_of(self, header: Header) -> str:
        """Return the name of the slit or mask, empty if unknown."""
        keyword = self.arms[self.arm_of(header)].slit_keyword
        return header.text(keyword) if keyword else ""

    def _binning(
        self, header: Header, facts: ArmFacts, raw_shape: tuple[int, int]
    ) -> tuple[int, int]:
        told = tuple(header.number(key) for key in self.keywords.binning)
        if all(math.isfinite(value) and value >= 1 for value in told):
            binning = (int(told[0]), int(told[1]))
            if binning not in facts.binnings:
                raise InputError(
                    f"arm {facts.arm} is not known to be binned {binning[0]}x{binning[1]}",
                    wanted="one of " + ", ".join(f"{c}x{r}" for c, r in facts.binnings),
                    remedy="leave the frame out",
                )
            return binning
        # Not told: the shape tells, where it is one of those that can be.
        for candidate in facts.binnings:
            if raw_shape in facts.shapes(candidate):
                return candidate
        return facts.binnings[0]

    def _gain(self, header: Header, facts: ArmFacts, mode: ReadMode | None) -> tuple[float, str]:
        told = [header.number(key) for key in self.keywords.gain]
        usable = [g for g in told if math.isfinite(g) and g > 0]
        if usable and max(usable) not in facts.placeholder_gains:
            return max(usable), "header"
        return (mode.gain_e_per_adu if mode else facts.gain_e_per_adu), "instrument"

    def _read_noise(
        self, header: Header, facts: ArmFacts, mode: ReadMode | None
    ) -> tuple[float, str]:
        for key in self.keywords.read_noise:
            noise = header.number(key)
            usable = math.isfinite(noise) and noise > 0
            if usable and noise not in facts.placeholder_read_noises:
                return noise, "header"
        return (mode.read_noise_e if mode else facts.read_noise_e), "instrument"
