"""What a product was made of, back to the raw frames, as the records of the runs tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.fits_headers import read_header
from soxs_pipeline.runtime.record import SCHEMA
from soxs_pipeline.runtime.workspace import read_record, sha256

__all__ = ["Ingredient", "Lineage", "Step", "find_record", "ingredients_of", "trace"]


@dataclass(frozen=True)
class Ingredient:
    """A file that went into a run.

    Parameters
    ----------
    slot
        What it was used as.
    path, tag, raw
        Where it was, and what.
    state
        ``""`` if it is still the same file, ``gone``, or ``another file since``.
    """

    slot: str
    path: Path
    tag: str
    raw: bool
    state: str = ""


@dataclass(frozen=True)
class Step:
    """One run, with what went into it.

    Parameters
    ----------
    products
        What it made, the first giving it its name.
    record
        The record of the run.
    ingredients
        Its inputs.
    """

    products: tuple[Path, ...]
    record: Mapping[str, Any]
    ingredients: tuple[Ingredient, ...]


@dataclass(frozen=True)
class Lineage:
    """The runs behind a product: its own first, each after one that used it, none twice."""

    steps: tuple[Step, ...]

    @property
    def raw(self) -> tuple[Path, ...]:
        """The raw frames, in the order of their names."""
        found = {one.path for step in self.steps for one in step.ingredients if one.raw}
        return tuple(sorted(found, key=lambda path: (path.name, path)))

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        runs = [dict(step.record) for step in self.steps]
        return {"runs": runs, "raw": [str(path) for path in self.raw]}

    def as_text(self) -> str:
        """Return it as text: a numbered entry for each run, which others refer to."""
        numbers = {path: k for k, step in enumerate(self.steps, 1) for path in step.products}
        made_with = {_versions(step.record) for step in self.steps}
        lines = [f"made with {next(iter(made_with))}", ""] if len(made_with) == 1 else []
        for number, step in enumerate(self.steps, 1):
            record = step.record
            lines.append(f"[{number}] {record['recipe']}, {record['finished']}")
            lines += [f"    {path.name}" for path in step.products[:1]]
            lines += [f"    with {_versions(record)}"] if len(made_with) > 1 else []
            lines += [*_told(step, numbers), ""]
        return "\n".join(lines).rstrip()


def _versions(record: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in record.get("versions", {}).items())


def _told(step: Step, numbers: Mapping[Path, int]) -> Iterator[str]:
    width = max((len(one.slot) for one in step.ingredients), default=0)
    last = ""
    for one in step.ingredients:
        number = numbers.get(one.path)
        told = f"[{number}]" if number else one.path.name
        state = f"  ({one.state})" if one.state else ""
        yield f"    {'' if one.slot == last else one.slot:<{width}}  {told} {one.tag}{state}"
        last = one.slot
    for name, told in step.record.get("parameters", {}).items():
        if told["set_by"] != "default":
            yield f"    {name} = {told['value']}, set by {told['set_by']}"
    for remark in step.record.get("remarks", ()):
        yield f"    note: {remark}"


def trace(product: Path) -> Lineage:
    """Follow the records of runs from a product back to raw frames.

    Parameters
    ----------
    product
        A product, its record, or a spectrum for the archive that lies where it was made.

    Raises
    ------
    InputError
        If there is no such file, or no record of its making.
    """
    steps: list[Step] = []
    seen: set[Path] = set()
    pending = [find_record(product)]
    while pending:
        path, record = pending.pop(0)
        folder = path.absolute().parent
        products = tuple(folder / told["file"] for told in record["products"].values())
        if products[0] in seen:
            continue
        seen.add(products[0])
        ingredients = tuple(ingredients_of(record))
        steps.append(Step(products, record, ingredients))
        for one in ingredients:
            made_by = _record_of(one.path) if not one.raw else {}
            if made_by:
                pending.append((one.path, _understood(made_by, one.path)))
    return Lineage(tuple(steps))


def find_record(product: Path) -> tuple[Path, dict[str, Any]]:
    """Return a product and the record of the run that made it; see `trace`.

    Raises
    ------
    InputError
        If there is no such file, or no record of its making.
    """
    if not product.is_file():
        raise InputError(
            f"there is no file {product}", wanted="a product", remedy="check the path"
        )
    if product.suffix == ".json":
        record = read_record(product)
        made = [product.with_name(p["file"]) for p in record.get("products", {}).values()]
        if made:
            return made[0], _understood(record, product)
    else:
        for path in (product, *_originals(product)):
            record = _record_of(path)
            if record:
                return path, _understood(record, path)
    raise InputError(
        f"there is no record of how {product.name} was made",
        wanted="a product in the folder in which it was made, with the record (.json) beside it",
        remedy="give the product in the output folder of soxspipe reduce",
    )


def _understood(record: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return a record that tells raw frames from others, as those of old versions do not."""
    if record.get("schema") == SCHEMA:
        return record
    raise InputError(
        f"the record of {path.name} is of another version of the pipeline",
        wanted=f"records of form {SCHEMA}",
        remedy="give the command of the reduction once more: soxspipe reduce",
    )


def _record_of(path: Path) -> dict[str, Any]:
    """Return the record beside a product that names it, empty if there is none."""
    # The first product of a run gives its name to the record; names of others begin like it.
    beside = [path.with_suffix(".json"), *sorted(path.parent.glob(f"{path.stem[:15]}*.json"))]
    for candidate in beside:
        record = read_record(candidate)
        if path.name in {one["file"] for one in record.get("products", {}).values()}:
            return record
    return {}


def _originals(product: Path) -> list[Path]:
    """Return the products from which a file for the archive was made."""
    header = read_header(product)
    name = header.text("PIPEFILE")
    if not header.text("PRODCATG") or not name:
        return []
    # A keyword of the archive's files holds no more than the beginning of a long name.
    return sorted(product.absolute().parents[1].rglob(f"{name.removesuffix('.fits')}*.fits"))


def ingredients_of(record: Mapping[str, Any]) -> Iterator[Ingredient]:
    """Yield the inputs of a run, each with what became of it since."""
    for slot, files in record.get("inputs", {}).items():
        for told in files:
            path = Path(told["path"])
            yield Ingredient(slot, path, told["tag"], told["raw"], _state(path, told))


def _state(path: Path, told: Mapping[str, Any]) -> str:
    """Compare a file with what it was; its bytes are read only if the size is the same."""
    if not path.is_file():
        return "gone"
    same = path.stat().st_size == told.get("bytes") and sha256(path) == told.get("sha256")
    return "" if same else "another file since"
