"""What the atmosphere's lines left of the light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Transmission"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Transmission:
    """Molecular transmission at the bins of a merged spectrum; arrays of shape ``(n,)``.

    Parameters
    ----------
    wavelength_nm
        Centres of the bins (vacuum, topocentric): those of the spectrum it was made for, and so
        of every spectrum on the common grid.
    transmission, error
        Share of the light that molecular lines let through, as the spectrograph resolves it,
        and its one-sigma error.
    source
        ``molecfit``, ``templates`` or what else made it, with the version.
    fitted_to
        ``science`` or the name of the telluric standard.
    parameters
        Fitted quantities by name: columns relative to the reference (``H2O``, ``O2``, …),
        ``PWV`` in mm, ``VELOCITY`` in km/s, ``RESOLUTION``, ``CHI2``.
    converged
        False if the fit failed and a mean atmosphere was taken instead.
    """

    wavelength_nm: Floats
    transmission: Floats
    error: Floats
    source: str
    fitted_to: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    converged: bool = True
