"""Read workflows as Kepler would: every link ends at a port that exists."""

from collections import Counter
from dataclasses import dataclass
from xml.etree import ElementTree as ET

__all__ = ["PORTS", "faults_of", "read_workflow"]

#: Ports that actors have by their class: inputs, outputs.
PORTS = {
    "org.eso.DataOrganizer": ({"input data"}, {"datasets out"}),
    "org.eso.DataSetChooser": ({"datasets in"}, {"dataset out", "#selected", "execution time"}),
    "org.eso.FitsRouter": ({"in"}, {"sof rejected"}),
    "org.eso.SofSplitter": ({"sof in"}, {"sof out", "#groups"}),
    "org.eso.SofAccumulator": ({"sof in", "#groups"}, {"sof out"}),
    "org.eso.SofCombiner": ({"sof in", "sof in opt"}, {"sof out", "logs"}),
    "org.eso.SopCreator": ({"param in"}, {"sop out"}),
    "org.eso.IsSofEmpty": ({"sof in"}, {"is empty", "is not empty"}),
    "org.eso.ProductExplorer": ({"start date", "end date", "trigger"}, set()),
    "org.eso.RecipeExecuter": (
        {"sof in", "sop in"},
        {"sof out", "sop out", "logs", "warnings", "errors"},
    ),
    "org.eso.RecipeLooper": (
        {"sof in", "sop in", "sof loop", "sop loop", "iteration complete"},
        {"sof out", "sop out"},
    ),
    "org.eso.PythonActor": (set(), set()),
    "ptolemy.actor.lib.StringConst": ({"trigger"}, {"output"}),
    "ptolemy.actor.lib.BooleanSwitch": ({"input", "control"}, {"trueOutput", "falseOutput"}),
    "ptolemy.actor.lib.SetVariable": ({"input"}, {"output"}),
    "ptolemy.actor.lib.ElementsToArray": ({"input"}, {"output"}),
    "ptolemy.actor.lib.python.PythonScript": (set(), set()),
    "ptolemy.domains.ddf.lib.DDFBooleanSelect": (
        {"trueInput", "falseInput", "control"},
        {"output"},
    ),
    "ptolemy.actor.TypedCompositeActor": (set(), set()),
}
#: Inputs that take several relations.
MULTIPORTS = {
    ("org.eso.SofCombiner", "sof in"), ("org.eso.SofCombiner", "sof in opt"),
    ("org.eso.IsSofEmpty", "sof in"), ("org.eso.SofSplitter", "sof in"),
    ("org.eso.SofAccumulator", "sof in"), ("org.eso.RecipeExecuter", "sof in"),
    ("org.eso.RecipeLooper", "sof in"), ("ptolemy.actor.lib.ElementsToArray", "input"),
    ("org.eso.DataSetChooser", "datasets in"),
}  # fmt: skip


@dataclass
class _End:
    name: str
    source: bool


def read_workflow(path):
    """Return the root element."""
    return ET.parse(path).getroot()


def _roles(port):
    return {p.get("name") for p in port.findall("property")} & {"input", "output", "multiport"}


def _actor_end(entity, port, fault):
    kind = entity.get("class")
    if kind not in PORTS:
        fault(f"{entity.get('name')} is of unknown class {kind}")
        return None
    declared = {p.get("name"): _roles(p) for p in entity.findall("port")}
    inputs, outputs = PORTS[kind]
    if port in declared:
        return _End(port, "output" in declared[port])
    if port in inputs | outputs:
        return _End(port, port in outputs)
    fault(f"{entity.get('name')} has no port {port}")
    return None


def faults_of(element, path=""):  # noqa: C901, PLR0912 - one walk over all that can be wrong
    """Return all that is wrong with the wiring of a composite and what is in it."""
    here = f"{path}/{element.get('name')}"
    faults = []

    def fault(text):
        faults.append(f"{here}: {text}")

    entities = {}
    for entity in element.findall("entity"):
        if entity.get("name") in entities:
            fault(f"two entities are called {entity.get('name')}")
        entities[entity.get("name")] = entity
    relations = {r.get("name") for r in element.findall("relation")}
    own = {p.get("name"): _roles(p) for p in element.findall("port")}
    ends = {name: [] for name in relations}
    fed = Counter()
    for link in element.findall("link"):
        port, relation = link.get("port"), link.get("relation")
        if relation not in relations:
            fault(f"{port} is linked to {relation}, which is not there")
            continue
        owners = [name for name in entities if port.startswith(f"{name}.")]
        if owners:
            owner = entities[max(owners, key=len)]
            name = port[len(owner.get("name")) + 1 :]
            end = _actor_end(owner, name, fault)
            multiple = (owner.get("class"), name) in MULTIPORTS or any(
                p.get("name") == name and "multiport" in _roles(p) for p in owner.findall("port")
            )
            if end and not end.source:
                fed[port] += 1
                if fed[port] > 1 and not multiple:
                    fault(f"{port} is fed by {fed[port]} relations")
        elif port in own:
            # From inside, what comes into the composite is a source.
            end = _End(port, "input" in own[port])
        else:
            fault(f"{port} does not exist")
            end = None
        if end:
            ends[relation].append(end)
    for relation, found in ends.items():
        if sum(end.source for end in found) != 1:
            fault(f"{relation} has {sum(end.source for end in found)} sources")
        if not any(not end.source for end in found):
            fault(f"{relation} leads nowhere")
    for entity in entities.values():
        faults += faults_of(entity, here)
    return faults
