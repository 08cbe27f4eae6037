"""The raw exposures of the sky that a product was made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from soxs_pipeline.domain.header import Header

__all__ = ["Exposure", "all_exposures", "exposure_of"]


@dataclass(frozen=True)
class Exposure:
    """One raw exposure on the target; what its header does not tell is NaN, 0 or empty.

    Parameters
    ----------
    name
        Name in the archive (``ARCFILE``), or that of the file.
    arm
        Label of the arm.
    mjd_start
        Modified Julian date of the start, UTC.
    seconds
        Exposure time on the detector.
    airmass
        Mean of start and end.
    ob_id
        Number of the observing block.
    prog_id
        Identifier of the programme.
    technique
        Technique of observation, as ``ECHELLE,SLIT,STARE``.
    """

    name: str
    arm: str
    mjd_start: float
    seconds: float
    airmass: float = float("nan")
    ob_id: int = 0
    prog_id: str = ""
    technique: str = ""

    @property
    def mjd_end(self) -> float:
        """Modified Julian date of the end, UTC."""
        return self.mjd_start + self.seconds / 86400.0

    @property
    def mjd_middle(self) -> float:
        """Modified Julian date of the middle, UTC."""
        return self.mjd_start + 0.5 * self.seconds / 86400.0


def exposure_of(header: Header, name: str, arm: str) -> Exposure:
    """Return what a raw frame's header tells of its exposure."""
    ends = [header.number(f"ESO TEL AIRM {end}") for end in ("START", "END")]
    known = [value for value in ends if value >= 1.0]
    block = header.number("ESO OBS ID", 0.0)
    return Exposure(
        name=header.text("ARCFILE") or name,
        arm=arm,
        mjd_start=header.number("MJD-OBS"),
        seconds=header.number("EXPTIME"),
        airmass=sum(known) / len(known) if known else float("nan"),
        ob_id=int(block) if block == block else 0,  # noqa: PLR0124 - NaN is not itself
        prog_id=header.text("ESO OBS PROG ID"),
        technique=header.text("ESO DPR TECH"),
    )


def all_exposures(parts: Iterable[tuple[Exposure, ...]]) -> tuple[Exposure, ...]:
    """Return the exposures of several products, each once, earliest first."""
    found = {exposure: None for part in parts for exposure in part}
    return tuple(sorted(found, key=lambda e: (e.mjd_start, e.arm, e.name)))
