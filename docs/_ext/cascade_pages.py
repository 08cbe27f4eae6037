"""Write the pages that follow from the association map and the recipes' declarations."""

import contextlib
import dataclasses
import inspect
import io
import os
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cascade_diagram

import soxs_pipeline
from soxs_pipeline import instruments
from soxs_pipeline.cascade import Cascade, load
from soxs_pipeline.cascade.graph import needs_of, producers, users
from soxs_pipeline.cascade.spec import DataItem, Group, Slot, Task
from soxs_pipeline.cli.main import COMMANDS
from soxs_pipeline.cli.main import main as run_command
from soxs_pipeline.domain.quality import DESCRIPTIONS, FATAL
from soxs_pipeline.runtime import registry
from soxs_pipeline.simulator.scenes import SCENES

INSTRUMENT = "SOXS"
#: Layers whose public names are documented, from the top downwards.
LAYERS = {
    "recipes": "Recipes as functions",
    "reduction": "Operations on domain objects",
    "domain": "Domain objects",
    "numerics": "Numerics",
    "cascade": "The association map",
    "qc": "Quality control",
    "instruments": "Instrument facts",
    "io": "Reading and writing",
    "runtime": "Running",
    "plots": "Figures",
    "simulator": "Simulator",
}


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", write_pages)
    return {"parallel_read_safe": True}


def write_pages(app: Any, _config: Any) -> None:
    """Write all pages into ``reference/generated``."""
    folder = Path(app.srcdir) / "reference" / "generated"
    cascade = load(INSTRUMENT)
    pages = {
        "tasks.md": _tasks_page(cascade),
        "tags.md": _tags_page(cascade),
        "quality.md": _quality_page(),
        "cli.md": _cli_page(),
        "scenes.md": _scenes_page(),
        "cascade.svg": cascade_diagram.draw(_one_chain(cascade)),
        "recipes/index.md": _recipes_index(),
        "api/index.md": _api_index(),
    }
    pages |= {f"recipes/{name}.md": _recipe_page(name, cascade) for name in registry.names()}
    pages |= {f"api/{layer}.md": _api_page(layer) for layer in LAYERS}
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # An unchanged page keeps its time, so that Sphinx need not read it again.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _one_chain(cascade: Cascade) -> list[Task]:
    """Return calibrations, the science chain, and of the standards what the response needs."""
    made = producers(cascade.tasks)
    chain = [
        task for task in cascade.tasks if not task.name.startswith(("standard_", "telluric_"))
    ]
    for task in chain:
        # The list grows while it is walked: makers bring in their own makers.
        makers = (made[slot.item.tag][0] for slot in needs_of(task))
        chain += [maker for maker in makers if maker not in chain]
    return chain


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(cell.replace("|", "\\|") or " " for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# --- the map ---------------------------------------------------------------------------


def _how_many(slot: Slot) -> str:
    if slot.most is None:
        return f"{slot.least} or more" if slot.least else "any number"
    return "1" if slot.least else "0 or 1"


def _how_old(slot: Slot) -> str:
    return " / ".join(f"{level.days:g}" for level in slot.levels)


def _tasks_page(cascade: Cascade) -> str:
    parts = ["# Tasks of the cascade\n"]
    for task in cascade.tasks:
        rows = [
            (
                f"`{slot.name}`",
                f"`{slot.item.tag}`",
                _how_many(slot),
                ", ".join(slot.arms) or "all",
                _codes(slot.match),
                _codes(slot.relax),
                _how_old(slot),
            )
            for slot in (task.main, *task.others)
        ]
        parts.append(
            f"## {task.name}\n\n{task.doc}, by [{task.recipe}](recipes/{task.recipe}.md)"
            f" for {' and '.join(filter(None, task.arms)) or 'all arms together'}."
            + (f" One run takes all frames {'of a night ' if task.nightly else ''}with equal"
               f" {_codes(task.setup_keys)}." if task.group_by else "")
            + "\n\n"
            + _table(
                ("input", "tag", "files", "arms", "must agree in", "may differ, flagged",
                 "within days, best first"),
                rows,
            )
            + "\nMakes " + ", ".join(f"`{item.tag}`" for _, item in task.products) + ".\n"
        )  # fmt: skip
    return "\n".join(parts)


def _tags_page(cascade: Cascade) -> str:
    made, taken = producers(cascade.tasks), users(cascade.tasks)

    def tasks_of(table: dict[str, tuple[Task, ...]], item: DataItem) -> str:
        return ", ".join(task.name for task in table.get(item.tag, ()))

    raw = [item for item in cascade.items if item.group is Group.RAW]
    static = [item for item in cascade.items if item.group is Group.CALIB]
    product = [item for item in cascade.items if item.group is Group.PRODUCT]
    return "\n".join(
        [
            "# Tags\n",
            "A tag names a kind of file. In files and sets of files the arm is appended:",
            "`MASTER_BIAS` is written `MASTER_BIAS_VIS`. Products of both arms carry no arm.\n",
            "## Raw frames\n",
            "The first rule that holds gives the tag. Keywords are below `ESO`.\n",
            _table(
                ("tag", "what", "rule", "taken by"),
                [(f"`{i.tag}`", i.doc, _rules(i), tasks_of(taken, i)) for i in raw],
            ),
            "## Static calibrations\n",
            _table(
                ("tag", "what", "taken by"),
                [(f"`{i.tag}`", i.doc, tasks_of(taken, i)) for i in static],
            ),
            "## Products\n",
            _table(
                ("tag", "what", "made by", "taken by"),
                [(f"`{i.tag}`", i.doc, tasks_of(made, i), tasks_of(taken, i)) for i in product],
            ),
        ]
    )


def _rules(item: DataItem) -> str:
    return " **or** ".join(
        " and ".join(f"{key} = {' / '.join(values)}" for key, values in rule.keywords)
        for rule in item.rules
    )


def _quality_page() -> str:
    rows = [
        (str(int(flag)), flag.name or "", text, "yes" if flag & FATAL else "no")
        for flag, text in DESCRIPTIONS.items()
    ]
    return "# Quality flags\n\n" + _table(
        ("value", "name", "meaning", "pixel or bin not to be used"), rows
    )


def _scenes_page() -> str:
    standard = SCENES["standard"]
    rows = [
        (
            f"`{name}`",
            "; ".join(_setting(scene, field.name) for field in dataclasses.fields(scene)
                      if scene is standard
                      or getattr(scene, field.name) != getattr(standard, field.name)),
        )
        for name, scene in SCENES.items()
    ]  # fmt: skip
    return (
        "# Scenes of the simulator\n\nThe others differ from `standard` in what is told.\n\n"
        + _table(("scene", "settings"), rows)
    )


def _setting(scene: Any, name: str) -> str:
    value = getattr(scene, name)
    if name != "sources":
        return f"{name} {value}"
    told = [
        f"{source.kind} {'' if source.magnitude is None else source.magnitude} at "
        f"{source.position_arcsec:+g}″"
        for source in value
    ]
    return "sources: " + (", ".join(told) or "none")


def _cli_page() -> str:
    texts = ["# Command line\n", _help_of(), "## Commands\n"]
    for command, _, _ in COMMANDS:
        texts += [f"### {command}\n", _help_of(command)]
    return "\n".join(texts)


def _help_of(*command: str) -> str:
    spoken = io.StringIO()
    width = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "96"
    try:
        with contextlib.redirect_stdout(spoken):
            run_command([*command, "--help"])
    finally:
        os.environ.pop("COLUMNS")
        if width is not None:
            os.environ["COLUMNS"] = width
    return f"```text\n{spoken.getvalue().strip()}\n```\n"


# --- recipes ---------------------------------------------------------------------------


def _recipes_index() -> str:
    names = registry.names()
    rows = [(f"[{name}]({name}.md)", registry.get(name).synopsis) for name in names]
    toc = "\n".join(names)
    return (
        "# Recipes\n\nOn the command line the prefix may be left out: `soxspipe mbias`.\n\n"
        + _table(("recipe", "what it does"), rows)
        + f"\n```{{toctree}}\n:hidden:\n\n{toc}\n```\n"
    )


def _recipe_page(name: str, cascade: Cascade) -> str:
    recipe = registry.get(name)
    tasks = [task for task in cascade.tasks if task.recipe == name]
    sections = [
        f"# {name}\n\n{recipe.synopsis}\n",
        f"{_algorithm(recipe.run)}\n",
        *(["## Inputs\n", _inputs(tasks)] if tasks else []),
        "## Products\n",
        _products(recipe, tasks),
        "## Parameters\n",
        _parameters(recipe),
        "## Quality control\n",
        _quality_control(recipe),
    ]
    return "\n".join(sections)


def _algorithm(function: Any) -> str:
    """Return what module and function say of the algorithm, without numpydoc sections."""
    texts = []
    for told in (inspect.getmodule(function), function):
        text = (inspect.getdoc(told) or "").partition("\n")[2].strip()
        text = re.split(r"^\w[\w ]*\n-{3,}$", text, maxsplit=1, flags=re.MULTILINE)[0]
        texts.append(text.replace("``", "`").strip())
    return "\n\n".join(dict.fromkeys(text for text in texts if text))


def _inputs(tasks: Sequence[Task]) -> str:
    rows: dict[str, tuple[str, ...]] = {}
    for slot in (slot for task in tasks for slot in (task.main, *task.others)):
        tags = dict.fromkeys(
            other.item.tag
            for task in tasks
            for other in (task.main, *task.others)
            if other.name == slot.name
        )
        rows.setdefault(
            slot.name,
            (f"`{slot.name}`", _codes(tags), _how_many(slot), ", ".join(slot.arms) or "all"),
        )
    return _table(("input", "tag", "files", "arms"), rows.values())


def _products(recipe: Any, tasks: Sequence[Task]) -> str:
    rows = []
    for slot in recipe.output_slots:
        items = [item for task in tasks for field, item in task.products if field == slot]
        rows.append((f"`{slot}`", _codes(i.tag for i in items), items[0].doc if items else ""))
    return _table(("product", "tag", "what"), rows)


def _parameters(recipe: Any) -> str:
    instrument = instruments.load(INSTRUMENT)
    described = list(recipe.parameters.describe())
    if not described:
        return "None.\n"
    rows = []
    for info in described:
        own = [
            f"{arm}: {values[info.name]}"
            for arm in instrument.arms
            if info.name in (values := instrument.parameter_defaults(recipe.name, arm))
        ]
        default = "; ".join([str(info.default), *own])
        rows.append((f"`{info.alias}`", default, info.domain, info.doc))
    return _table(("name", "default", "allowed", "meaning"), rows)


def _quality_control(recipe: Any) -> str:
    if not recipe.qc:
        return "None.\n"
    rows = [
        (f"`{qc.keyword()}`" + (" and each order" if qc.per_order else ""), qc.unit, qc.doc)
        for qc in recipe.qc
    ]
    return _table(("keyword", "unit", "meaning"), rows)


# --- programming interface -------------------------------------------------------------


def _api_index() -> str:
    rows = [(f"[{layer}]({layer}.md)", title) for layer, title in LAYERS.items()]
    return (
        "# Programming interface\n\n"
        + _table(("package", "what"), rows)
        + "\n```{toctree}\n:hidden:\n\n"
        + "\n".join(LAYERS)
        + "\n```\n"
    )


def _api_page(layer: str) -> str:
    blocks = [
        f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n```\n"
        for module in _modules(layer)
    ]
    return f"# {LAYERS[layer]}\n\n" + "\n".join(blocks)


def _modules(layer: str) -> Iterator[str]:
    package = f"soxs_pipeline.{layer}"
    yield package
    root = Path(soxs_pipeline.__file__).parent / layer
    for found in pkgutil.walk_packages([str(root)], f"{package}."):
        yield found.name
