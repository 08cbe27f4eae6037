"""Data organiser recipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.definition import QcDefinition
from soxs_pipeline.recipes._recipe import Outcome, Recipe

__all__ = [
    "RECIPE",
    "DataOrganiserParameters",
    "DataOrganiserProducts",
    "Organiser",
    "soxs_data_organiser",
]


class Organiser(Protocol):
    """An association map that can sort files: the recipe is handed it, and knows no other."""

    def associate(
        self, headers: Mapping[str, Mapping[str, object]], *, smallest_set: int, static: Any
    ) -> Any:
        """Sort files by their headers into datasets with their calibrations."""


@dataclass(frozen=True, kw_only=True)
class DataOrganiserParameters(ParameterSet):
    """Parameters of `soxs_data_organiser`."""

    smallest_set: int = parameter(
        3,
        "Sets of frames to be combined that have fewer members are joined with others of the "
        "same setup and night.",
        ge=1,
        le=100,
    )


@dataclass(frozen=True)
class DataOrganiserProducts:
    """Products of `soxs_data_organiser`.

    Parameters
    ----------
    association
        Files with a place in the map, datasets with their calibrations, and the reasons why
        other files have no place.
    """

    association: Any


N_FILES = QcDefinition("ORG FILES NUM", "Number of files.")
N_KNOWN = QcDefinition("ORG KNOWN NUM", "Number of files that have a place in the cascade.")
N_SETS = QcDefinition("ORG SETS NUM", "Number of datasets.")
N_READY = QcDefinition("ORG READY NUM", "Number of datasets that can be reduced.")


def soxs_data_organiser(
    headers: Mapping[str, Mapping[str, object]],
    cascade: Organiser,
    static: Any,
    *,
    parameters: DataOrganiserParameters,
) -> Outcome[DataOrganiserProducts]:
    """Sort a folder of files into datasets, each with its calibrations.

    1. Tell from its header what each file is: the first rule of the association map that holds
       names it; a product is named by its category.
    2. Gather frames of one template and setup into sets; join sets that are too small with
       others of the same setup and night.
    3. For each set choose the calibrations: all keywords must match, then the nearest in time
       within the best level of age wins. Products that do not exist yet take part as well.
    4. Say for every file that finds no use, and every set that cannot be reduced, what is
       missing and what came nearest.
    """
    found = cascade.associate(headers, smallest_set=parameters.smallest_set, static=static)
    ready = [dataset for dataset in found.datasets if dataset.ready]
    qc = (
        N_FILES.value(len(headers)),
        N_KNOWN.value(len(found.files)),
        N_SETS.value(len(found.datasets)),
        N_READY.value(len(ready)),
    )
    return Outcome(DataOrganiserProducts(found), qc, _remarks(found.unclassified))


def _remarks(unclassified: Mapping[str, str]) -> Sequence[str]:
    return [f"{number} file(s): {why}" for why, number in Counter(unclassified.values()).items()]


RECIPE = Recipe(
    soxs_data_organiser,
    DataOrganiserParameters,
    DataOrganiserProducts,
    (N_FILES, N_KNOWN, N_SETS, N_READY),
)
