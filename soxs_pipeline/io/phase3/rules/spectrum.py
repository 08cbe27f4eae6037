"""Rules for SCIENCE.SPECTRUM."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from soxs_pipeline.io.phase3.rules.rule import Look, Rules
from soxs_pipeline.io.phase3.rules.science import schema_breaches
from soxs_pipeline.io.phase3.standard import SPECTRUM, SPECTRUM_TABLE

__all__ = ["RULES"]

RULES = Rules()
_OF = "SCIENCE.SPECTRUM"
_FORBIDDEN = re.compile(r"BUNIT|CD\d+_\d+|CTYPE\d|CRVAL\d|CRPIX\d")
_PREFIXES = ("Spectrum.", "spec:", "eso:")
_UTYPES = (
    "Data.SpectralAxis.Value",
    "Data.FluxAxis.Value",
    "Data.FluxAxis.Accuracy.StatError",
)


def _table(look: Look) -> Any:
    """Return the table, None if the file has none."""
    found = len(look.units) > 1 and look.units[1].header.get("XTENSION") == "BINTABLE"
    return look.units[1] if found else None


def _names(look: Look) -> list[str]:
    table = _table(look)
    return [] if table is None else [str(name) for name in table.columns.names]


def _values(look: Look, name: str) -> Any:
    table = _table(look)
    if table is None or name not in table.columns.names or len(table.data) != 1:
        return None
    return np.asarray(table.data[name][0])


@RULES.enter("SPEC_PRIMARY", "The primary header has all keywords of a spectrum.", _OF)
def _(look: Look) -> Iterator[str]:
    yield from schema_breaches(look.primary, SPECTRUM)


@RULES.enter("SPEC_TABLE", "The table's header has all keywords of a spectrum.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is not None:
        yield from schema_breaches(table.header, SPECTRUM_TABLE)


@RULES.enter("SPEC_UNITS", "An empty primary unit and one binary table, nothing else.", _OF)
def _(look: Look) -> Iterator[str]:
    if look.primary.get("NAXIS") != 0:
        yield "the primary unit holds data"
    names = [str(unit.header.get("EXTNAME")) for unit in look.units[1:]]
    others = [name for name in names[1:] if name != "PHASE3PROVENANCE"]
    if _table(look) is None or others:
        yield f"extensions are {', '.join(names) or 'missing'}"


@RULES.enter("SPEC_ONE_ROW", "The table has one row, and TFIELDS is its eighth keyword.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None:
        return
    for key, wanted in (("NAXIS", 2), ("NAXIS2", 1), ("PCOUNT", 0), ("GCOUNT", 1)):
        if table.header.get(key) != wanted:
            yield f"{key} is {table.header.get(key)}, wanted {wanted}"
    if list(table.header)[7:8] != ["TFIELDS"]:
        yield "TFIELDS is not the eighth keyword"


@RULES.enter("SPEC_NELEM", "All cells are vectors of NELEM elements of fixed length.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None:
        return
    size = table.header.get("NELEM")
    for k in range(1, int(table.header.get("TFIELDS", 0)) + 1):
        form = str(table.header.get(f"TFORM{k}", ""))
        count = re.match(r"(\d+)[A-Z]$", form)
        if count is None or int(count[1]) != size:
            yield f"TFORM{k} is {form!r}, NELEM {size}"


@RULES.enter("SPEC_COLUMNS", "Wavelength, flux and error are the first three columns.", _OF)
def _(look: Look) -> Iterator[str]:
    names = _names(look)
    for name, allowed in zip(
        [*names, "", "", ""][:3], (("WAVE", "FREQ", "ENER"), ("FLUX",), ("ERR",)), strict=True
    ):
        if not name.startswith(allowed):
            yield f"{name or 'no column'} stands where {' or '.join(allowed)} is wanted"
    if "SKYBACK" in names:
        yield "SKYBACK is refused; the sky's column is BGFLUX"


@RULES.enter("SPEC_DESCRIBED", "Every column has TTYPE, TFORM, TUNIT, TUTYP and TUCD.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None:
        return
    for k in range(1, int(table.header.get("TFIELDS", 0)) + 1):
        for key in ("TTYPE", "TFORM", "TUNIT", "TUTYP", "TUCD"):
            if f"{key}{k}" not in table.header:
                yield f"{key}{k} is missing"


@RULES.enter("SPEC_FLUX_UNIT", "Flux and error have one unit, the error is no variance.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is not None and table.header.get("TUNIT2") != table.header.get("TUNIT3"):
        yield f"TUNIT2 {table.header.get('TUNIT2')!r}, TUNIT3 {table.header.get('TUNIT3')!r}"


@RULES.enter("SPEC_WAVE_UNIT", "Wavelengths are in nm, angstrom or um; their UCD is em.wl.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None:
        return
    if table.header.get("TUNIT1") not in {"nm", "angstrom", "um"}:
        yield f"TUNIT1 is {table.header.get('TUNIT1')!r}"
    if table.header.get("TUCD1") not in {"em.wl", "em.wl;obs.atmos"}:
        yield f"TUCD1 is {table.header.get('TUCD1')!r}"


@RULES.enter("SPEC_UTYPES", "The utypes of the first three columns are those of the model.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None:
        return
    for k, wanted in enumerate(_UTYPES, 1):
        told = str(table.header.get(f"TUTYP{k}", ""))
        if not told.startswith(_PREFIXES) or not told.endswith(wanted):
            yield f"TUTYP{k} is {told!r}, wanted one that ends in {wanted}"


@RULES.enter("SPEC_VOCLASS", "Several fluxes need SPECTRUM v2.0 and its utypes.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None:
        return
    fluxes = [name for name in _names(look) if name.startswith("FLUX")]
    if len(fluxes) > 1 and table.header.get("VOCLASS") != "SPECTRUM v2.0":
        yield f"{', '.join(fluxes)} in {table.header.get('VOCLASS')}"
    if len(fluxes) > 1 and not str(table.header.get("TUTYP2", "")).startswith("spec:"):
        yield f"TUTYP2 is {table.header.get('TUTYP2')!r}, wanted spec:..."


@RULES.enter("SPEC_MAIN", "Main flux and error carry meta.main if there are several.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None or table.header.get("VOCLASS") != "SPECTRUM v2.0":
        return
    for k in (2, 3):
        if "meta.main" not in str(table.header.get(f"TUCD{k}", "")):
            yield f"TUCD{k} is {table.header.get(f'TUCD{k}')!r}"


@RULES.enter("SPEC_RISING", "Wavelengths rise strictly.", _OF)
def _(look: Look) -> Iterator[str]:
    wave = _values(look, "WAVE")
    if wave is not None and not (np.diff(wave) > 0).all():
        yield "wavelengths do not rise everywhere"


@RULES.enter("SPEC_FINITE", "No value is infinite.", _OF)
def _(look: Look) -> Iterator[str]:
    for name in _names(look):
        values = _values(look, name)
        if values is not None and values.dtype.kind == "f" and np.isinf(values).any():
            yield f"{int(np.isinf(values).sum())} values of {name} are infinite"


@RULES.enter("SPEC_QUAL", "QUAL holds integers, and bins without flux are not good.", _OF)
def _(look: Look) -> Iterator[str]:
    quality, flux = _values(look, "QUAL"), _values(look, "FLUX")
    if quality is None:
        return
    if quality.dtype.kind not in "iu":
        yield f"QUAL is of type {quality.dtype}"
    elif flux is not None and (~np.isfinite(flux) & (quality == 0)).any():
        yield "bins without flux have QUAL 0"


@RULES.enter("SPEC_ERRORS", "Errors are not negative.", _OF)
def _(look: Look) -> Iterator[str]:
    error = _values(look, "ERR")
    if error is not None and (error < 0).any():
        yield f"{int((error < 0).sum())} errors are negative"


@RULES.enter("SPEC_FLUXERR", "FLUXERR is 0 to 100 %, -1 if uncalibrated, -2 if unknown.", _OF)
def _(look: Look) -> Iterator[str]:
    error, calibrated = look.number("FLUXERR"), look.primary.get("FLUXCAL") == "ABSOLUTE"
    if error is None:
        return
    if not calibrated and error != -1.0:
        yield f"FLUXERR is {error} though the flux is not calibrated"
    if calibrated and not (0.0 <= error <= 100.0 or error == -2.0):
        yield f"FLUXERR is {error}"


@RULES.enter("SPEC_UNCALIBRATED", "Uncalibrated flux is in adu and its UCD says so.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None:
        return
    unit, ucd = table.header.get("TUNIT2"), str(table.header.get("TUCD2", ""))
    if look.primary.get("FLUXCAL") == "UNCALIBRATED":
        if unit != "adu" or "stat.uncalib" not in ucd:
            yield f"TUNIT2 is {unit!r}, TUCD2 {ucd!r}"
    elif unit == "adu":
        yield "TUNIT2 is adu though FLUXCAL is ABSOLUTE"


@RULES.enter("SPEC_TOT_FLUX", "TOT_FLUX is true only for a calibrated flux.", _OF)
def _(look: Look) -> Iterator[str]:
    if look.primary.get("TOT_FLUX") is True and look.primary.get("FLUXCAL") != "ABSOLUTE":
        yield f"FLUXCAL is {look.primary.get('FLUXCAL')!r}"


@RULES.enter("SPEC_RANGE", "WAVELMIN < WAVELMAX, both within the wavelengths (nm).", _OF)
def _(look: Look) -> Iterator[str]:
    low, high, wave = look.number("WAVELMIN"), look.number("WAVELMAX"), _nm(look)
    if low is None or high is None or wave is None:
        return
    if not low < high:
        yield f"WAVELMIN {low}, WAVELMAX {high}"
    if low < wave[0] - 1e-6 or high > wave[-1] + 1e-6:
        yield f"{low} to {high} nm, but wavelengths run from {wave[0]} to {wave[-1]} nm"


@RULES.enter("SPEC_BIN", "SPEC_BIN is 0.5 to 1.5 times the median step (nm).", _OF)
def _(look: Look) -> Iterator[str]:
    told, wave = look.number("SPEC_BIN"), _nm(look)
    if told is None or wave is None:
        return
    step = float(np.median(np.diff(wave)))
    if not 0.5 * step <= told <= 1.5 * step:
        yield f"SPEC_BIN is {told}, the median step {step}"


@RULES.enter("SPEC_POSITIVE", "SPEC_RES is positive, SPEC_ERR and SPEC_SYE not negative.", _OF)
def _(look: Look) -> Iterator[str]:
    power = look.number("SPEC_RES")
    if power is not None and power <= 0.0:
        yield f"SPEC_RES is {power}"
    for key in ("SPEC_ERR", "SPEC_SYE", "LAMRMS"):
        error = look.number(key)
        if error is not None and error < 0.0:
            yield f"{key} is {error}"


@RULES.enter("SPEC_LAMRMS", "SPEC_ERR is no smaller than LAMRMS over the root of LAMNLIN.", _OF)
def _(look: Look) -> Iterator[str]:
    error, rms, count = (look.number(key) for key in ("SPEC_ERR", "LAMRMS", "LAMNLIN"))
    if error is not None and rms is not None and count and error < rms / np.sqrt(count):
        yield f"SPEC_ERR is {error}, LAMRMS / sqrt(LAMNLIN) {rms / np.sqrt(count)}"


@RULES.enter("SPEC_NO_WCS", "BUNIT and world coordinates of images do not occur.", _OF)
def _(look: Look) -> Iterator[str]:
    for k, unit in enumerate(look.units):
        for key in unit.header:
            if _FORBIDDEN.fullmatch(key):
                yield f"{key} in unit {k}"


@RULES.enter("SPEC_REPEATED", "OBJECT, RA and DEC of table and primary header agree.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is None:
        return
    if table.header.get("OBJECT") != look.primary.get("OBJECT"):
        yield f"OBJECT is {table.header.get('OBJECT')!r} and {look.primary.get('OBJECT')!r}"
    for key in ("RA", "DEC"):
        first, second = look.number(key), look.number(key, 1)
        if first is not None and second is not None and abs(first - second) > 1e-7:
            yield f"{key} is {first} and {second}"


@RULES.enter("SPEC_TITLE", "TITLE contains OBJECT.", _OF)
def _(look: Look) -> Iterator[str]:
    table = _table(look)
    if table is not None and str(look.primary.get("OBJECT")) not in str(table.header.get("TITLE")):
        yield f"TITLE is {table.header.get('TITLE')!r}"


@RULES.enter("SPEC_APERTURE", "APERTURE is positive and below 0.1 degrees.", _OF)
def _(look: Look) -> Iterator[str]:
    width = look.number("APERTURE", 1)
    if width is not None and not 0.0 < width < 0.1:
        yield f"APERTURE is {width}"


@RULES.enter("SPEC_DERIVED", "TELAPSE, TMID, SPEC_VAL and SPEC_BW follow from others.", _OF)
def _(look: Look) -> Iterator[str]:
    start, end = look.number("MJD-OBS"), look.number("MJD-END")
    low, high = look.number("WAVELMIN"), look.number("WAVELMAX")
    expected: list[tuple[str, float, float]] = []
    if start is not None and end is not None:
        expected += [
            ("TELAPSE", (end - start) * 86400.0, 0.1),
            ("TMID", 0.5 * (start + end), 1e-4),
        ]
    if low is not None and high is not None:
        expected += [("SPEC_VAL", 0.5 * (low + high), 1e-3), ("SPEC_BW", high - low, 1e-3)]
    for key, wanted, tolerance in expected:
        told = look.number(key, 1)
        if told is not None and abs(told - wanted) > tolerance:
            yield f"{key} is {told}, wanted {wanted:.8g}"


@RULES.enter("SPEC_LIMITS", "TDMIN1 and TDMAX1 are the first and last wavelength.", _OF)
def _(look: Look) -> Iterator[str]:
    wave = _values(look, "WAVE")
    if wave is None or wave.size < 2:
        return
    for key, at, half in (
        ("TDMIN1", wave[0], 0.5 * (wave[1] - wave[0])),
        ("TDMAX1", wave[-1], 0.5 * (wave[-1] - wave[-2])),
    ):
        told = look.number(key, 1)
        if told is not None and abs(told - at) > half:
            yield f"{key} is {told}, the wavelength {at}"


def _nm(look: Look) -> Any:
    wave = _values(look, "WAVE")
    table = _table(look)
    if wave is None or wave.size < 2 or table is None:
        return None
    return wave * {"angstrom": 0.1, "um": 1000.0}.get(str(table.header.get("TUNIT1")), 1.0)
