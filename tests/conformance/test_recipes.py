"""What holds of every recipe: new ones are checked unasked."""

import inspect
import re
from dataclasses import fields, is_dataclass
from typing import get_type_hints

import pytest

from soxs_pipeline.cascade import load
from soxs_pipeline.cli.text import manual
from soxs_pipeline.domain.beside import Beside
from soxs_pipeline.domain.calibrations import DetectorCalibration, Geometry
from soxs_pipeline.domain.flux import FluxCalibration
from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.instruments import names as instruments
from soxs_pipeline.io.codecs.registry import CODECS
from soxs_pipeline.runtime.binding import kind_of
from soxs_pipeline.runtime.registry import get, names

TASKS = load("SOXS").tasks
BUNDLES = {
    "beside": Beside,
    "detector": DetectorCalibration,
    "geometry": Geometry,
    "flux": FluxCalibration,
}
READABLE = {RawFrame, *(codec.kind for codec in CODECS)}
RECIPES = names()


def arguments_of(task):
    """Return the arguments of a recipe that the map fills."""
    return {slot.bundle or slot.name for slot in (task.main, *task.others)}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_slots_of_the_map_are_the_arguments_of_the_recipe(task):
    recipe = get(task.recipe)
    hints = get_type_hints(recipe.run)
    # A use of a recipe that has no such input passes None for it.
    spared = {name for name in recipe.input_slots if kind_of(hints[name])[2]}
    given = arguments_of(task)
    assert set(recipe.input_slots) - spared <= given <= set(recipe.input_slots)


@pytest.mark.parametrize("name", RECIPES)
def test_some_task_fills_every_argument(name):
    tasks = [task for task in TASKS if task.recipe == name]
    filled = {argument for task in tasks for argument in arguments_of(task)}
    assert not tasks or filled == set(get(name).input_slots)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_products_of_the_map_are_the_fields_of_the_products(task):
    assert {name for name, _ in task.products} == set(get(task.recipe).output_slots)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_bundled_slots_are_fields_of_the_bundle(task):
    hints = get_type_hints(get(task.recipe).run)
    for slot in task.others:
        if slot.bundle:
            assert kind_of(hints[slot.bundle])[0] is BUNDLES[slot.bundle]
            assert slot.name in {item.name for item in fields(BUNDLES[slot.bundle])}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_type_of_every_slot_can_be_read(task):
    recipe = get(task.recipe)
    for slot in (task.main, *task.others):
        hints = get_type_hints(BUNDLES[slot.bundle] if slot.bundle else recipe.run)
        kind, several, optional = kind_of(hints[slot.name])
        assert kind in READABLE
        assert several == (slot.most is None)
        if not slot.bundle and not several:
            # An arm or a use without such a slot passes None, as an empty optional slot does.
            spared = any(
                slot.name not in arguments_of(other)
                for other in TASKS
                if other.recipe == task.recipe
            )
            assert optional == (slot.least == 0 or bool(slot.arms) or spared)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_type_of_every_product_can_be_written(task):
    hints = get_type_hints(get(task.recipe).products)
    for name, _ in task.products:
        assert kind_of(hints[name])[0] in READABLE


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_named_as_its_module(name):
    assert get(name).name == name
    assert inspect.getmodule(get(name).run).__name__ == f"soxs_pipeline.recipes.{name}"


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_tells_its_algorithm_in_numbered_sentences(name):
    text = manual(get(name))
    assert re.match(r"[A-Z].*[.:]$", text.splitlines()[0])
    numbers = [int(n) for n in re.findall(r"^\s*(\d+)\. ", text, flags=re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 2


@pytest.mark.parametrize("name", RECIPES)
def test_parameters_come_last_and_by_keyword(name):
    last = list(inspect.signature(get(name).run).parameters.values())[-1]
    assert last.name == "parameters"
    assert last.kind is inspect.Parameter.KEYWORD_ONLY
    assert get_type_hints(get(name).run)["parameters"] is get(name).parameters


@pytest.mark.parametrize("name", RECIPES)
def test_every_parameter_is_documented_and_its_default_allowed(name):
    recipe = get(name)
    recipe.parameters()
    for info in recipe.parameters.describe():
        assert info.doc[0].isupper()
        assert info.doc.endswith(".")
        numeric = info.type in {int, float} and not info.choices
        assert not numeric or (info.ge is not None and info.le is not None)
        assert info.convert(str(info.default)) == info.default


@pytest.mark.parametrize("name", RECIPES)
def test_products_are_frozen(name):
    products = get(name).products
    assert is_dataclass(products)
    assert products.__dataclass_params__.frozen


@pytest.mark.parametrize("name", RECIPES)
def test_quality_control_is_defined_once_and_documented(name):
    definitions = get(name).qc
    assert definitions
    keywords = [(definition.key, definition.per_order) for definition in definitions]
    assert len(keywords) == len(set(keywords))
    for definition in definitions:
        assert not definition.doc[0].islower()
        # A HIERARCH card holds keyword, value and a little more in 80 characters.
        assert len(definition.keyword(24)) <= 45
        assert re.fullmatch(r"[A-Z0-9 ]+", definition.key)


@pytest.mark.parametrize("instrument", instruments())
def test_what_the_instrument_sets_and_limits_exists(instrument):
    facts = load_instrument(instrument)
    for name in {*facts.defaults, *facts.limits}:
        recipe = get(name)
        known = {definition.key for definition in recipe.qc}
        for arm in facts.arms:
            recipe.parameters.from_mapping(facts.parameter_defaults(name, arm))
            for key, limit in facts.qc_limits(name, arm).items():
                assert key in known
                assert limit.low <= limit.high
