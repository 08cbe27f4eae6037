"""Spectra as text, for programs that do not read FITS."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.io.codecs.tables import unit_on_disk
from soxs_pipeline.io.headers import to_ascii
from soxs_pipeline.numerics.binning import bin_coarsely

__all__ = ["write_binned_spectrum", "write_text_spectrum"]

#: Header values worth having beside a bare spectrum.
_TOLD = ("OBJECT", "RA", "DEC", "DATE-OBS", "MJD-OBS", "EXPTIME")


def write_text_spectrum(path: Path | str, merged: MergedSpectrum) -> None:
    """Write a merged spectrum as a text table in astropy's ECSV form.

    Lines that begin with ``#`` carry names, types, units and the target; what follows are
    blank-separated columns that any program reads. ``ERR`` is one sigma.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    flux_unit = unit_on_disk(merged.unit)
    columns = (
        ("WAVE", "nm", "float64", "%.6f", merged.wavelength_nm),
        ("FLUX", flux_unit, "float64", "%.7e", merged.flux),
        ("ERR", flux_unit, "float64", "%.7e", np.sqrt(merged.variance)),
        ("SKY", flux_unit, "float64", "%.7e", merged.sky),
        ("SNR", "", "float64", "%.3f", merged.snr),
        ("QUAL", "", "int32", "%d", merged.quality),
    )
    lines = ["# %ECSV 1.0", "# ---", "# datatype:"]
    for name, unit, kind, _form, _values in columns:
        of_unit = f"unit: {unit}, " if unit else ""
        lines.append(f"# - {{name: {name}, {of_unit}datatype: {kind}}}")
    lines += ["# meta:", "#   WAVEMED: VACUUM"]
    lines += [
        f"#   {key}: {_yaml_text(merged.header.text(key))}"
        for key in _TOLD
        if key in merged.header
    ]
    lines.append(" ".join(name for name, *_ in columns))
    form = " ".join(form for *_, form, _values in columns)
    rows = zip(*(values.tolist() for *_, values in columns), strict=True)
    lines += [form % row for row in rows]
    write_whole(Path(path), "\n".join(lines) + "\n")


def write_binned_spectrum(path: Path | str, merged: MergedSpectrum, step_nm: float = 1.0) -> None:
    """Write a merged spectrum in coarse bins, as programs that classify transients read it.

    Three columns: vacuum wavelength in Angstrom, flux and one sigma; what begins with ``#`` is a
    comment.

    Parameters
    ----------
    path
        The file.
    merged
        The spectrum.
    step_nm
        Width of the bins.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    valid = (merged.quality & np.uint32(FATAL)) == 0
    binned = bin_coarsely(
        merged.wavelength_nm, merged.flux, merged.variance, merged.correlation, valid, step_nm
    )
    told = f"flux and one sigma [{merged.unit}], bins of {10.0 * step_nm:g} Angstrom"
    lines = [
        f"# {to_ascii(merged.header.text('OBJECT'))} {merged.header.text('DATE-OBS')}",
        f"# vacuum wavelength [Angstrom], {told}",
    ]
    lines += [
        f"{10.0 * wave:.2f} {flux:.5e} {error:.5e}"
        for wave, flux, error in zip(*(part.tolist() for part in binned), strict=True)
    ]
    write_whole(Path(path), "\n".join(lines) + "\n")


def _yaml_text(text: str) -> str:
    return "'" + to_ascii(text).replace("'", "''") + "'"
