"""The header of a product: what it was made from, by what, and how good it is.

Keywords follow the data-flow system of ESO (`cpl_dfs_setup_product_header`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from soxs_pipeline.domain.header import Header
from soxs_pipeline.io.headers import inheritable
from soxs_pipeline.qc.definition import QcValue

__all__ = ["InputFile", "ParameterValue", "Provenance", "product_header"]

_DICTIONARY = "PRO-1.16"
_REC = "ESO PRO REC1"


@dataclass(frozen=True)
class InputFile:
    """A file that went into a product: its name without folder, tag and checksum."""

    name: str
    category: str
    md5: str = ""


@dataclass(frozen=True)
class ParameterValue:
    """A recipe parameter as it was used.

    Parameters
    ----------
    name
        As typed on the command line.
    value, default
        What was used, and what would have been.
    source
        Who set it: ``default``, ``instrument``, a settings file, ``command line``.
    """

    name: str
    value: object
    default: object = None
    source: str = "default"


@dataclass(frozen=True)
class Provenance:
    """All that the header of a product tells of its making.

    Parameters
    ----------
    category
        Tag of the product with the arm.
    recipe
        Name of the recipe.
    pipeline
        Package and version, ``package/version``.
    software
        What else had a part: name and version of libraries.
    raw, calibrations
        What it was made from; the first raw frame lends its header.
    header
        Header of the first raw frame.
    parameters
        Recipe parameters.
    qc
        Quality-control values.
    remarks
        Sentences on anything degraded, flagged or assumed.
    science
        True if the product is of science exposures.
    technique
        Observing technique; that of the first raw frame if empty.
    """

    category: str
    recipe: str
    pipeline: str
    header: Header
    raw: Sequence[InputFile] = ()
    calibrations: Sequence[InputFile] = ()
    parameters: Sequence[ParameterValue] = ()
    qc: Sequence[QcValue] = ()
    remarks: Sequence[str] = ()
    science: bool = False
    technique: str = ""
    software: Mapping[str, str] = field(default_factory=dict)


def product_header(made: Provenance) -> dict[str, object]:
    """Return the cards of a product: keyword to value, or to value and comment."""
    ancestor = made.header.text("ARCFILE")
    cards: dict[str, object] = {
        **inheritable(made.header),
        "DATE": (_now(), "Creation of this file (UTC)"),
        "WAVEMED": ("VACUUM", "Medium of every wavelength in this file"),
        "ESO PRO DID": (_DICTIONARY, "Data dictionary"),
        "ESO PRO CATG": (made.category, "Category of this product"),
        "ESO PRO TYPE": ("REDUCED", "Type of product"),
        "ESO PRO TECH": (made.technique or made.header.text("ESO DPR TECH"), "Technique"),
        "ESO PRO SCIENCE": (made.science, "Made of science exposures"),
        "ESO PRO DATANCOM": (len(made.raw), "Number of raw frames"),
        f"{_REC} ID": (made.recipe, "Recipe"),
        f"{_REC} PIPE ID": (made.pipeline, "Pipeline and version"),
        f"{_REC} DRS ID": (_drs(made), "Libraries and versions"),
    }
    if ancestor:
        cards["ESO PRO ANCESTOR"] = (ancestor, "Archive name of the first raw frame")
    cards |= _files("RAW", made.raw) | _files("CAL", made.calibrations)
    cards |= _parameters(made.parameters) | _remarks(made.remarks)
    for value in made.qc:
        cards[value.keyword] = (value.value, _qc_comment(value))
    return cards


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _drs(made: Provenance) -> str:
    return " ".join(f"{name}-{version}" for name, version in made.software.items()) or "none"


def _files(kind: str, files: Sequence[InputFile]) -> dict[str, object]:
    cards: dict[str, object] = {}
    for number, file in enumerate(files, 1):
        prefix = f"{_REC} {kind}{number}"
        cards[f"{prefix} NAME"] = (file.name, "File name")
        cards[f"{prefix} CATG"] = (file.category, "Category")
        if file.md5:
            cards[f"{prefix} DATAMD5"] = (file.md5, "MD5")
    return cards


def _parameters(parameters: Sequence[ParameterValue]) -> dict[str, object]:
    cards: dict[str, object] = {}
    for number, item in enumerate(parameters, 1):
        prefix = f"{_REC} PARAM{number}"
        who = f"set by {item.source}" if item.source != "default" else "default"
        default = "" if item.source == "default" else f", default {_spelt(item.default)}"
        cards[f"{prefix} NAME"] = item.name
        cards[f"{prefix} VALUE"] = (_spelt(item.value), who + default)
    return cards


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _remarks(remarks: Sequence[str]) -> dict[str, object]:
    return {f"ESO PRO REMARK{number}": text for number, text in enumerate(remarks, 1)}


def _qc_comment(value: QcValue) -> str:
    unit = f"[{value.definition.unit}] " if value.definition.unit else ""
    return unit + value.definition.doc
