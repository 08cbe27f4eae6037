"""The association map: which file goes where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from soxs_pipeline.cascade.associate import Association, StaticFinder, associate, no_static
from soxs_pipeline.cascade.classify import Classified, DataFile, Unclassified, classify
from soxs_pipeline.cascade.spec import CascadeMap
from soxs_pipeline.errors import CascadeError

__all__ = ["Cascade", "load"]


@dataclass(frozen=True)
class Cascade(CascadeMap):
    """An association map with the questions that are asked of it."""

    def classify(self, header: Mapping[str, object]) -> Classified | Unclassified:
        """Return item and arm of a file, or the reason why it has none."""
        return classify(header, self)

    def associate(
        self,
        headers: Mapping[str, Mapping[str, object]],
        *,
        smallest_set: int = 3,
        static: StaticFinder = no_static,
    ) -> Association:
        """Sort files by their headers into datasets with their calibrations.

        Parameters
        ----------
        headers
            Header of each file, by path.
        smallest_set
            Sets to be combined that have fewer members are joined with others of their setup.
        static
            Finds a static calibration.
        """
        files: list[DataFile] = []
        unclassified: dict[str, str] = {}
        for name, header in headers.items():
            found = self.classify(header)
            if isinstance(found, Unclassified):
                unclassified[name] = found.reason
            else:
                files.append(DataFile(name, found.item, found.arm, header))
        return associate(
            files, self, smallest_set=smallest_set, static=static, unclassified=unclassified
        )


def load(name: str = "SOXS") -> Cascade:
    """Return the association map of an instrument.

    Raises
    ------
    CascadeError
        If there is none of this name.
    """
    path = f"soxs_pipeline.cascade.{name.lower()}"
    try:
        module = import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise CascadeError(f"there is no association map for {name!r}") from error
    return Cascade(
        module.INSTRUMENT,
        module.ARMS,
        module.ITEMS,
        module.TASKS,
        module.ALIASES,
        module.REJECTED,
        module.NAMERS,
    )
