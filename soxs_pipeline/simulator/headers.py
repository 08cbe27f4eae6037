"""Headers of raw frames, quirks included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from astropy.io import fits

from soxs_pipeline.simulator.detector import ReadMode

__all__ = ["Exposure", "file_name", "raw_header"]

_EPOCH = datetime(1858, 11, 17)  # noqa: DTZ001 - FITS times carry no zone
_LAMP_KEYS = {
    "QTH": ("ESO INS QTH NAME", "Qth_Lamp"),
    "D2": ("ESO INS DEUT NAME", "Deut_Lamp"),
    "Ar": ("ESO INS ARGO NAME", "Argo_Lamp"),
    "Ne": ("ESO INS NEON NAME", "Neon_Lamp"),
    "Hg": ("ESO INS MERC NAME", "Merc_Lamp"),
    "Xe": ("ESO INS XENO NAME", "Xeno_Lamp"),
    "ThAr": ("ESO INS THAR NAME", "ThAr_Lamp"),
}
#: Right ascension and declination in degrees.
_POINTINGS = {"LTT3218": (130.3851, -32.9425)}


@dataclass(frozen=True)
class Exposure:
    """What a header says of one exposure.

    Parameters
    ----------
    arm, category, kind, technique
        Arm and the DPR triplet.
    start
        UTC of the start.
    seconds
        Exposure time.
    slit
        Slit name as in the header.
    lamps
        Lamps that are on.
    template, number, total, template_start
        Template name, exposure number, number of exposures, start of the template.
    block, block_id, target
        Observation block and target.
    binning, mode
        Readout.
    airmass, seeing
        Conditions.
    extra
        Further cards.
    quirks
        Names of header flaws to put in.
    """

    arm: str
    category: str
    kind: str
    technique: str
    start: datetime
    seconds: float
    mode: ReadMode
    slit: str = "BLANK"
    lamps: tuple[str, ...] = ()
    template: str = ""
    number: int = 1
    total: int = 1
    template_start: datetime | None = None
    block: str = "Maintenance"
    block_id: int = 200000
    target: str = ""
    binning: tuple[int, int] = (1, 1)
    airmass: float = 1.0
    seeing: float = 0.9
    extra: Mapping[str, object] = field(default_factory=dict)
    quirks: tuple[str, ...] = ()


def _iso(time: datetime, digits: int = 3) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond:06d}"[:digits]


def file_name(start: datetime) -> str:
    """Archive name of a raw frame."""
    return f"SOXS.{_iso(start)}.fits"


def raw_header(exposure: Exposure) -> fits.Header:
    """All keywords of one raw frame.

    Quirks: ``no_lamp_keys`` (lamp names missing), ``good_gain`` (true gain and noise in NIR
    headers instead of placeholders), ``no_read_mode``, ``old_types`` (``WAVE,LAMP``),
    ``sloppy_exptime`` (EXPTIME off by 1e-4 s), ``dflat_type`` (``LAMP,DFLAT`` for deuterium).

    Parameters
    ----------
    exposure
        What there is to say.
    """
    header = fits.Header()
    for key, value in _cards(exposure).items():
        header[f"HIERARCH {key}" if key.startswith("ESO ") else key] = value
    return header


def _cards(exposure: Exposure) -> dict[str, object]:
    cards: dict[str, object] = {"INSTRUME": "SOXS", "TELESCOP": "ESO-NTT", "ORIGIN": "ESO"}
    cards |= _observation_cards(exposure)
    cards |= _detector_cards(exposure)
    cards |= _instrument_cards(exposure)
    cards |= _telescope_cards(exposure)
    cards |= {k: v for k, v in exposure.extra.items() if v is not None}
    return cards


def _needs_type(quirks: tuple[str, ...]) -> bool:
    # Without lamp keywords only the type could tell deuterium from halogen flats.
    return "dflat_type" in quirks or "no_lamp_keys" in quirks


def _observation_cards(exposure: Exposure) -> dict[str, object]:
    seconds = exposure.seconds
    if "sloppy_exptime" in exposure.quirks and seconds:
        seconds += 1e-4
    kind = exposure.kind
    if kind == "LAMP,FLAT" and "D2" in exposure.lamps and _needs_type(exposure.quirks):
        kind = "LAMP,DFLAT"
    if "old_types" in exposure.quirks:
        kind = {"LAMP,WAVE": "WAVE,LAMP", "LAMP,FLAT": "FLAT,LAMP"}.get(kind, kind)
    name = file_name(exposure.start)
    started = exposure.template_start or exposure.start
    on_sky = exposure.category == "SCIENCE" or exposure.kind.startswith("STD")
    right_ascension, declination = _POINTINGS.get(exposure.target, (104.2417, -23.5122))
    if not on_sky:
        right_ascension, declination = 0.0, -30.0
    label = exposure.target if exposure.category == "SCIENCE" else exposure.kind
    return {
        "OBJECT": label or exposure.kind,
        "DATE-OBS": _iso(exposure.start, 4),
        "MJD-OBS": round((exposure.start - _EPOCH) / timedelta(days=1), 8),
        "EXPTIME": seconds,
        "RA": right_ascension,
        "DEC": declination,
        "ARCFILE": name,
        "ORIGFILE": f"SOXS_{exposure.arm}_{exposure.kind.replace(',', '_')}.fits",
        "ESO DPR CATG": exposure.category,
        "ESO DPR TYPE": kind,
        "ESO DPR TECH": exposure.technique,
        "ESO SEQ ARM": exposure.arm,
        "ESO OBS ID": exposure.block_id,
        "ESO OBS NAME": exposure.block,
        "ESO OBS START": _iso(started),
        "ESO OBS TPLNO": 1,
        "ESO OBS NTPL": 1,
        "ESO OBS PROG ID": "60.A-9800(A)",
        "ESO OBS TARG NAME": exposure.target or "CALIBRATION",
        "ESO TPL ID": exposure.template,
        "ESO TPL NAME": exposure.template.replace("_", " "),
        "ESO TPL START": _iso(started, 0)[:19],
        "ESO TPL EXPNO": exposure.number,
        "ESO TPL NEXP": exposure.total,
    }


def _detector_cards(exposure: Exposure) -> dict[str, object]:
    mode = exposure.mode
    cards: dict[str, object] = {}
    if "no_read_mode" not in exposure.quirks:
        cards |= {"ESO DET READ CURID": mode.number, "ESO DET READ CURNAME": mode.name}
    if exposure.arm == "VIS":
        return cards | {
            "ESO DET BINX": exposure.binning[0],
            "ESO DET BINY": exposure.binning[1],
            "ESO DET UIT1": exposure.seconds,
            "ESO DET OUT1 GAIN": round(1.0 / mode.gain, 3) if mode.gain > 1 else mode.gain,
            "ESO DET OUT1 CONAD": mode.gain,
            "ESO DET OUT1 RON": mode.read_noise,
            "ESO DET OUT1 PRSCX": 50 // exposure.binning[0],
            "ESO DET CHIP RON": mode.read_noise,
            "ESO DET CHIP PSZX": 15.0,
            "ESO DET CHIP PSZY": 15.0,
            "ESO DET EXP TYPE": "Bias" if exposure.kind == "BIAS" else "Normal",
        }
    good = "good_gain" in exposure.quirks
    return cards | {
        "ESO DET SEQ1 DIT": exposure.seconds,
        "ESO DET NDIT": 1,
        "ESO DET OUT1 GAIN": mode.gain if good else 1.0,
        "ESO DET OUT1 CONAD": mode.gain if good else 1.0,
        "ESO DET CHIP RON": mode.read_noise if good else 0.0,
        "ESO DET CHIP PSZX": 18.0,
        "ESO DET CHIP PSZY": 18.0,
    }


def _instrument_cards(exposure: Exposure) -> dict[str, object]:
    vis = exposure.slit if exposure.arm == "VIS" else "BLANK"
    nir = exposure.slit if exposure.arm == "NIR" else "BLANK"
    if exposure.category == "SCIENCE" or exposure.kind.startswith("STD"):
        vis = nir = exposure.slit
    cards: dict[str, object] = {
        "ESO INS VISE NAME": vis,
        "ESO INS VISE ID": vis,
        "ESO INS VISE SWSIM": False,
        "ESO INS NISE NAME": nir,
        "ESO INS NISE SWSIM": False,
        "ESO INS ACFW ID": "r_LSST",
        "ESO INS ACQS ID": "spec",
        "ESO INS COMB LAMPS": "",
        "ESO INS TEMP104 VAL": 153.1,
        "ESO INS TEMP217 VAL": 40.2,
        "ESO INS TEMP301 VAL": 11.7,
        "ESO INS AFC1 POS1": 1024.0,
        "ESO INS AFC1 POS2": 998.5,
        "ESO INS AFC2 POS1": 1011.3,
        "ESO INS AFC2 POS2": 1007.9,
    }
    if "no_lamp_keys" not in exposure.quirks:
        cards |= dict(_LAMP_KEYS[lamp] for lamp in exposure.lamps)
    return cards


def _telescope_cards(exposure: Exposure) -> dict[str, object]:
    return {
        "ESO TEL ALT": 60.4,
        "ESO TEL AZ": 121.9,
        "ESO TEL PARANG START": 12.1,
        "ESO TEL PARANG END": 14.8,
        "ESO ADA ABSROT END": 33.2,
        "ESO TEL AIRM START": exposure.airmass,
        "ESO TEL AIRM END": round(exposure.airmass * 1.01, 4),
        "ESO TEL AMBI FWHM START": exposure.seeing,
        "ESO TEL AMBI FWHM END": round(exposure.seeing * 1.03, 3),
        "ESO TEL GEOLAT": -29.2584,
        "ESO TEL GEOLON": -70.7345,
        "ESO TEL GEOELEV": 2375.0,
    }
