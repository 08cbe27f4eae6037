"""What is known of an exposure besides its frames."""

from __future__ import annotations

from dataclasses import dataclass

from soxs_pipeline.domain.linecheck import LineCheck
from soxs_pipeline.domain.objects import Sources

__all__ = ["Beside"]


@dataclass(frozen=True, eq=False)
class Beside:
    """What helps to extract an exposure; each may be missing.

    Parameters
    ----------
    line_check
        Shift of its sky lines.
    other_arm
        Sources of the exposure of the other arm that is next in time.
    """

    line_check: LineCheck | None = None
    other_arm: Sources | None = None
