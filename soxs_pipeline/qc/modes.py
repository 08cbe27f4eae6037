"""Quality-control measures of exposures that belong to a sequence."""

from __future__ import annotations

from soxs_pipeline.qc.definition import QcDefinition

__all__ = ["COMPARED", "OFFSET", "SEQUENCE_QC"]

OFFSET = QcDefinition("OFFSET ALONG", "Offset along the slit as the header tells it", "arcsec")
COMPARED = QcDefinition(
    "COSMIC COMPARED", "Pixels told cosmic rays by the partner exposure alone", "pixel"
)

SEQUENCE_QC = (OFFSET, COMPARED)
