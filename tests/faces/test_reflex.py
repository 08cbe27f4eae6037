"""The Reflex workflow and its rules agree with themselves, the recipes and the map."""

import shutil
from xml.etree import ElementTree as ET

import pytest

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.spec import Group
from soxs_reflex.description import describe, recipe_names
from soxs_reflex.generate.reflex.step import INTERACTIVE, init_name
from soxs_reflex.generate.write import PACKAGE
from tests.support.moml import faults_of, read_workflow
from tests.support.oca import parse

FOLDER = PACKAGE / "workflows" / "reflex"
CASCADE = load("SOXS")
ROOT = read_workflow(FOLDER / "soxs_spectroscopy.xml")
RULES = parse((FOLDER / "soxs.oca").read_text())
TAGS = {
    item.tag_for(arm) for item in CASCADE.items for arm in ("", "ALL", *CASCADE.arms)
}  # fmt: skip


def actors(kind):
    return [entity for entity in ROOT.iter("entity") if entity.get("class") == kind]


def properties(entity):
    return {p.get("name"): p.get("value") for p in entity.findall("property")}


def test_nothing_dangles():
    assert faults_of(ROOT) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: root.remove(root.findall("link")[3]),
        lambda root: root.findall("link")[3].set("port", "DataOrganizer.sof out"),
        lambda root: root.findall("link")[3].set("relation", "relation9999"),
        lambda root: root.find("entity").set("class", "org.eso.Nothing"),
    ],
)
def test_the_check_sees_what_is_wrong(damage, tmp_path):
    shutil.copy(FOLDER / "soxs_spectroscopy.xml", tmp_path / "w.xml")
    root = read_workflow(tmp_path / "w.xml")
    damage(root)
    assert faults_of(root)


def test_every_recipe_has_its_executer_and_each_a_name_of_its_own():
    names = [entity.get("name") for entity in actors("org.eso.RecipeExecuter")]
    assert len(set(names)) == len(names)
    recipes = {name.rpartition("_")[0] for name in names}
    assert recipes == {task.recipe for task in CASCADE.tasks if set(task.arms) != {"ACQ"}}
    assert recipes <= set(recipe_names())
    for entity in actors("org.eso.RecipeExecuter"):
        assert entity.find("display").get("name") == entity.get("name").rpartition("_")[0]


def test_the_imaging_workflow_holds_the_cameras_recipes():
    root = read_workflow(FOLDER / "soxs_imaging.xml")
    assert faults_of(root) == []
    executers = [e for e in root.iter("entity") if e.get("class") == "org.eso.RecipeExecuter"]
    recipes = {entity.get("name").rpartition("_")[0] for entity in executers}
    assert recipes == {task.recipe for task in CASCADE.tasks if "ACQ" in task.arms}
    routed = {
        tag
        for entity in root.iter("entity")
        if entity.get("class") == "org.eso.FitsRouter"
        for name, value in properties(entity).items()
        if name.endswith("_config")
        for tag in value.split(",")
    }
    assert routed <= TAGS


def test_every_parameter_of_an_executer_is_the_recipes_own():
    for entity in actors("org.eso.RecipeExecuter"):
        described = describe(entity.get("name").rpartition("_")[0])
        for name, value in properties(entity).items():
            if name.startswith("recipe_param_"):
                alias, _, given = value.partition("=")
                place = int(name.rpartition("_")[2]) - 1
                assert described.parameters[place].alias == alias
                assert given == "PORT"


def test_initial_parameters_are_the_recipes_defaults():
    for step in ROOT.findall("entity"):
        executers = [e for e in step.findall("entity") if e.get("class").endswith("Executer")]
        for executer in executers:
            recipe = executer.get("name").rpartition("_")[0]
            for alias in INTERACTIVE.get(recipe, ()):
                default = describe(recipe).parameter(alias).default
                told = properties(step)[init_name(alias)]
                assert told == (
                    str(default).lower() if isinstance(default, bool) else str(default)
                )


def test_every_window_runs_a_script_that_is_there():
    windows = actors("org.eso.PythonActor")
    assert len(windows) >= len(INTERACTIVE)
    for entity in windows:
        script = properties(entity)["Python script"].removeprefix("$ACTORS_DIR/")
        assert (PACKAGE / "actors" / script).is_file()


def test_what_the_router_sorts_are_tags_of_the_map():
    (router,) = actors("org.eso.FitsRouter")
    told = properties(router)
    ports = [port.get("name") for port in router.findall("port")]
    assert ports
    for port in ports:
        assert set(told[f"{port}_config"].split(",")) <= TAGS
    raw = {task.main.item.tag for task in CASCADE.tasks if task.main.item.group is Group.RAW}
    assert raw <= set(ports) | {"IMG_FLAT", "IMG_OBJECT"}


def test_executers_take_the_tags_of_their_recipes():
    for entity in actors("org.eso.RecipeExecuter"):
        described = describe(entity.get("name").rpartition("_")[0])
        accepted = set(properties(entity)["Input Files Category"].split(","))
        assert accepted <= TAGS
        assert accepted & set(described.main_tags)


def test_every_position_is_on_the_canvas_and_no_two_steps_lie_on_each_other():
    places = []
    for entity in ROOT.findall("entity"):
        x, y = properties(entity)["_location"].strip("[]").split(",")
        places.append((float(x), float(y)))
    assert len(set(places)) == len(places)
    assert all(x >= 0 and y >= 0 for x, y in places)


def test_the_workflow_has_the_parameters_that_reflex_wants():
    told = properties(ROOT)
    for name in ("ROOT_DATA_DIR", "RAW_DATA_DIR", "CALIB_DATA_DIR", "BOOKKEEPING_DIR", "LOGS_DIR",
                 "TMP_PRODUCTS_DIR", "END_PRODUCTS_DIR", "BOOKKEEPING_DB", "ESORexArgs",
                 "RecipeFailureMode", "SelectDatasetMethod", "ProductExplorerMode"):  # fmt: skip
        assert told[name]


def test_the_file_is_moml():
    text = (FOLDER / "soxs_spectroscopy.xml").read_text()
    assert text.startswith('<?xml version="1.0" standalone="no"?>\n<!DOCTYPE entity PUBLIC')
    ET.fromstring(text)


# --- rules ------------------------------------------------------------------------------------
def test_rules_name_tags_of_the_map_only():
    assert RULES.raw_types <= TAGS
    assert RULES.categories <= TAGS
    assert {tag for tag in RULES.raw_types if tag.startswith("OBJECT")} == RULES.targets


def test_every_group_has_its_action_and_back():
    assert set(RULES.groups) == set(RULES.actions)
    assert set(RULES.groups.values()) <= RULES.raw_types


def test_actions_associate_what_is_classified_or_made():
    made = {tag for _, products, _ in RULES.actions.values() for tag in products}
    known = RULES.categories | made
    for inputs, products, recipes in RULES.actions.values():
        assert set(inputs) <= known
        assert products
        assert set(recipes) <= set(recipe_names())


@pytest.mark.parametrize(
    "text",
    ["if A==1 { }", 'if A=="x" then { B="y" }', "action X { recipe y }", "select execute(X"],
)
def test_the_parser_refuses_what_it_cannot_read(text):
    with pytest.raises(SyntaxError):
        parse(text)
