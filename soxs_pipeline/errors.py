"""Every error the pipeline raises on purpose, each with its exit code.

A message answers four questions: what went wrong, where (file, tag, slot), what was
wanted instead, and what the user can do about it.
"""

from __future__ import annotations

__all__ = [
    "CascadeError",
    "InputError",
    "NoSolutionError",
    "OutputError",
    "ParameterError",
    "SoxsError",
    "UnprocessableDataError",
]


class SoxsError(Exception):
    """Base of the pipeline's own errors.

    Parameters
    ----------
    what
        One sentence: what went wrong, and where.
    wanted
        What would have been right.
    remedy
        What the user can do.
    """

    exit_code = 1

    def __init__(self, what: str, *, wanted: str = "", remedy: str = "") -> None:
        self.what = what
        self.wanted = wanted
        self.remedy = remedy
        super().__init__(what, wanted, remedy)

    def __str__(self) -> str:
        lines = [self.what]
        if self.wanted:
            lines.append(f"wanted: {self.wanted}")
        if self.remedy:
            lines.append(f"to do: {self.remedy}")
        return "\n  ".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments would be lost on the way back from a worker process.
        return _rebuild, (type(self), self.what, self.wanted, self.remedy)


def _rebuild(kind: type[SoxsError], what: str, wanted: str, remedy: str) -> SoxsError:
    return kind(what, wanted=wanted, remedy=remedy)


class InputError(SoxsError):
    """The files do not satisfy the recipe's declared inputs, or cannot be read."""

    exit_code = 2


class ParameterError(SoxsError):
    """A parameter is unknown, of the wrong type or out of bounds."""

    exit_code = 3


class UnprocessableDataError(SoxsError):
    """The data were read correctly but no trustworthy result can come from them."""

    exit_code = 4


class CascadeError(SoxsError):
    """The association map contradicts itself."""

    exit_code = 5


class NoSolutionError(SoxsError):
    """A fit did not converge; the message carries the numbers."""

    exit_code = 6


class OutputError(SoxsError):
    """A product could not be written; nothing half-written is left behind."""

    exit_code = 7
