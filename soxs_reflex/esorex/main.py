"""The command ``soxs-esorex``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from soxs_pipeline.errors import SoxsError
from soxs_pipeline.runtime.logs import one_thread_each
from soxs_pipeline.runtime.version import program_version
from soxs_reflex.description import describe, group_of, recipe_names
from soxs_reflex.esorex import texts
from soxs_reflex.esorex.errors import NO_SUCH_RECIPE, NOT_MOVED, USAGE, EsorexError
from soxs_reflex.esorex.messages import Messages
from soxs_reflex.esorex.options import OPTIONS, CommandLine, Values, settle, split
from soxs_reflex.esorex.rcfile import recipe_json, recipe_rc, shown, write_config
from soxs_reflex.esorex.recipe_values import RecipeValues, settle_recipe
from soxs_reflex.esorex.sets import check_folder, products_text, read_sets

if TYPE_CHECKING:
    from soxs_reflex.running import Made

__all__ = ["main"]

PROGRAM = "esorex"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit status; no exception leaves it."""
    # Before numpy is loaded, as for soxspipe: the same inputs give the same to the last bit.
    one_thread_each()
    given = list(sys.argv[1:] if arguments is None else arguments)
    messages = Messages(PROGRAM)
    try:
        return _dispatch(given, messages)
    except EsorexError as error:
        messages.say("error", str(error))
        return error.status
    except KeyboardInterrupt:
        messages.say("error", "stopped")
        return 130
    finally:
        messages.close()


def _dispatch(given: list[str], messages: Messages) -> int:
    line = split(given)
    values = settle(line)
    messages.level = values.text("msg-level")
    if values.flag("version"):
        sys.stdout.write(f"{texts.BANNER}\n\nsoxs-pipeline {program_version()}\n")
        return 0
    sys.stdout.write(f"\n{texts.BANNER}\n\n")
    if values.flag("recipes"):
        sys.stdout.write(texts.recipe_list())
        return 0
    if line.recipe and line.recipe not in recipe_names():
        raise EsorexError(
            f"Unable to find recipe '{line.recipe}'; see: soxs-esorex --recipes", NO_SUCH_RECIPE
        )
    if not line.recipe:
        return _without_recipe(values)
    return _with_recipe(line, values, messages, ["soxs-esorex", *given])


def _with_recipe(line: CommandLine, values: Values, messages: Messages, command: list[str]) -> int:
    description = describe(line.recipe)
    if values.flag("help") or values.flag("man-page"):
        page = texts.manual_page if values.flag("man-page") else texts.recipe_help
        sys.stdout.write(page(description))
        return 0
    settled = settle_recipe(description, line, values)
    if values.flag("params"):
        sys.stdout.write(texts.values_text(values, settled))
        return 0
    if (target := values.text("create-config")).upper() != "FALSE":
        return _configure_recipe(target, settled)
    return _run(line, values, settled, messages, command)


def _without_recipe(values: Values) -> int:
    if (target := values.text("create-config")).upper() != "FALSE":
        home = Path.home() / ".esorex" / "esorex.rc"
        path = home if target.upper() == "TRUE" else Path(target)
        lines = ["# Configuration of EsoRex.", ""]
        for option in OPTIONS:
            # An empty value cannot be read back.
            value = shown(values.values[option.name])
            if option.environment and value:
                lines += [f"# {option.text}", f"esorex.caller.{option.name}={value}", ""]
        write_config(path, "\n".join(lines))
    elif values.flag("params"):
        sys.stdout.write(texts.values_text(values, None))
    elif values.flag("help") or values.flag("man-page"):
        sys.stdout.write(texts.own_help())
    else:
        sys.stdout.write("Tell a recipe to run; see: soxs-esorex --help, soxs-esorex --recipes\n")
    return 0


def _configure_recipe(target: str, settled: RecipeValues) -> int:
    name = settled.description.name
    path = Path(target)
    if target.upper() == "TRUE":
        path = Path.home() / ".esorex" / f"{name}.rc"
    text = (
        recipe_json(settled.description, settled.values)
        if path.suffix == ".json"
        else recipe_rc(settled.description, settled.values)
    )
    write_config(path, text)
    return 0


def _run(
    line: CommandLine,
    values: Values,
    settled: RecipeValues,
    messages: Messages,
    command: list[str],
) -> int:
    out = check_folder(values.text("output-dir"), "output-dir")
    log_folder = check_folder(values.text("log-dir"), "log-dir")
    if not values.flag("suppress-link"):
        check_folder(values.text("link-dir"), "link-dir")
    frames = read_sets(line.sofs, must_exist=values.flag("check-sof-exist"))
    messages.open_log(log_folder, values.text("log-file"), values.text("log-level"))
    name = settled.description.name
    begun = perf_counter()
    messages.component = name
    try:
        made = _carry_out(settled, frames, out, messages, " ".join(command))
    except SoxsError as error:
        messages.say("error", str(error))
        messages.component = PROGRAM
        messages.say("error", f"Execution of recipe '{name}' failed, status = {error.exit_code}")
        return error.exit_code
    for text in made.failures:
        messages.say("error", text)
    messages.component = PROGRAM
    seconds = perf_counter() - begun
    if made.exit_code:
        messages.say("error", f"Execution of recipe '{name}' failed, status = {made.exit_code}")
    products = _place(made, values, out, messages)
    if values.flag("time"):
        _tell_time(messages, seconds, settled, frames)
    if products and (target := values.text("products-sof")):
        machine = target.endswith(".json")
        write_config(Path(target), products_text(products, machine=machine))
    return made.exit_code


def _tell_time(
    messages: Messages, seconds: float, settled: RecipeValues, frames: list[tuple[Path, str]]
) -> None:
    raw = [path for path, tag in frames if group_of(tag, settled.description) == "RAW"]
    size = sum(path.stat().st_size for path in raw if path.exists()) / 1024.0**2
    messages.say("info", f"Recipe operation(s) took {seconds:14.3g} seconds to complete.")
    messages.say("info", f"Total size of {len(raw)} raw input frames  = {size:8.2f} MB")
    messages.say("info", f"=> processing rate of {size / max(seconds, 1e-3):8.2f} MB/sec ")


def _carry_out(
    settled: RecipeValues,
    frames: list[tuple[Path, str]],
    out: Path,
    messages: Messages,
    command: str,
) -> Made:
    # numpy and the rest are for runs alone: lists and help must come at once.
    from soxs_reflex.running import run_recipe  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix=".soxs_", dir=_writable(out)) as staging:
        made = run_recipe(
            settled.description,
            frames,
            settled.changed,
            Path(staging),
            command=command,
            say=messages.at("warning"),
        )
        moved = []
        for path, tag in made.products:
            target = out / path.name
            path.replace(target)
            moved.append((target, tag))
        return type(made)(tuple(moved), made.remarks, made.failures, made.exit_code)


def _writable(folder: Path) -> Path:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise EsorexError(f"Unable to write into '{folder}': {error.strerror}", USAGE) from error


def _place(made: Made, values: Values, out: Path, messages: Messages) -> list[tuple[Path, str]]:
    """Name the products as the options say; tell each of them."""
    # astropy is for runs alone.
    from soxs_pipeline.io.products import rename_product  # noqa: PLC0415

    products = []
    for number, (path, tag) in enumerate(made.products):
        target = path
        try:
            if not values.flag("suppress-prefix"):
                target = out / f"{values.text('output-prefix')}_{number:04d}{path.suffix}"
                rename_product(path, target)
            if values.flag("output-readonly"):
                target.chmod(0o444)
            if not values.flag("suppress-link"):
                link = Path(values.text("link-dir")) / target.name
                link.unlink(missing_ok=True)
                link.symlink_to(target.absolute())
        except (OSError, SoxsError) as error:
            raise EsorexError(f"Unable to place product '{target}': {error}", NOT_MOVED) from error
        messages.say("info", f"Created product {target}")
        products.append((target, tag))
    count = len(products)
    messages.say("info", f"{count} product{'' if count == 1 else 's'} created")
    return products
