"""The elements of MoML, the language in which Kepler and Reflex write workflows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

__all__ = ["COMPOSITE", "Entity", "text_of"]

COMPOSITE = "ptolemy.actor.TypedCompositeActor"
_HEAD = """<?xml version="1.0" standalone="no"?>
<!DOCTYPE entity PUBLIC "-//UC Berkeley//DTD MoML 1//EN"
    "http://ptolemy.eecs.berkeley.edu/xml/dtd/MoML_1.dtd">
"""
_PORT, _RELATION = "ptolemy.actor.TypedIOPort", "ptolemy.actor.TypedIORelation"
_LOCATION = "ptolemy.kernel.util.Location"
_STRING = "ptolemy.data.expr.StringParameter"


def _property(name: str, value: str, kind: str) -> ET.Element:
    return ET.Element("property", {"name": name, "class": kind, "value": value})


@dataclass
class Entity:
    """An actor, or a composite of actors.

    Parameters
    ----------
    name, kind
        Name within its composite, and class.
    at
        Place on the canvas.
    display
        Name shown, if it is another.
    """

    name: str
    kind: str
    at: tuple[int, int] = (0, 0)
    display: str = ""
    properties: list[ET.Element] = field(default_factory=list)
    ports: dict[str, ET.Element] = field(default_factory=dict)
    children: dict[str, Entity] = field(default_factory=dict)
    wires: list[tuple[bool, tuple[str, ...]]] = field(default_factory=list)

    def set(self, name: str, value: str, kind: str = _STRING) -> None:
        """Give the entity a property."""
        self.properties.append(_property(name, value, kind))

    def port(self, name: str, *roles: str) -> None:
        """Declare a port: ``input``, ``output``, ``multiport``."""
        element = ET.Element("port", {"name": name, "class": _PORT})
        for role in roles:
            ET.SubElement(element, "property", {"name": role})
        self.ports[name] = element

    def add(self, child: Entity) -> Entity:
        """Put an entity into the composite."""
        if child.name in self.children:
            raise ValueError(f"{self.name} holds two entities called {child.name}")
        self.children[child.name] = child
        return child

    def wire(self, *ends: str) -> None:
        """Join ports, ``Entity.port`` or a port of the composite itself, by one relation."""
        self.wires.append((True, ends))

    def bus(self, *ends: str) -> None:
        """Join multiports by a relation as wide as what feeds it."""
        self.wires.append((False, ends))

    def annotate(self, name: str, text: str, at: tuple[int, int], size: int = 14) -> None:
        """Write a text on the canvas."""
        note = ET.Element(
            "property", {"name": name, "class": "ptolemy.vergil.kernel.attributes.TextAttribute"}
        )
        for key, value, kind in (
            ("textSize", str(size), "ptolemy.data.expr.Parameter"),
            ("text", text, "ptolemy.kernel.util.StringAttribute"),
            ("_location", f"[{at[0]}.0, {at[1]}.0]", _LOCATION),
        ):
            ET.SubElement(note, "property", {"name": key, "class": kind, "value": value})
        self.properties.append(note)

    def element(self) -> ET.Element:
        """Return the entity as XML."""
        found = ET.Element("entity", {"name": self.name, "class": self.kind})
        if self.display:
            ET.SubElement(found, "display", {"name": self.display})
        found.extend(self.properties)
        found.append(_property("_location", f"[{self.at[0]}.0, {self.at[1]}.0]", _LOCATION))
        found.extend(self.ports.values())
        found.extend(child.element() for child in self.children.values())
        found.extend(_relations(self.wires))
        return found


def _relations(wires: Iterable[tuple[bool, tuple[str, ...]]]) -> list[ET.Element]:
    relations, links = [], []
    for number, (single, ends) in enumerate(wires, 1):
        name = f"relation{number}"
        relation = ET.Element("relation", {"name": name, "class": _RELATION})
        if single:
            width = {"name": "width", "class": "ptolemy.data.expr.Parameter", "value": "1"}
            ET.SubElement(relation, "property", width)
        relations.append(relation)
        links += [ET.Element("link", {"port": end, "relation": name}) for end in ends]
    return [*relations, *links]


def text_of(root: Entity, parameters: Mapping[str, tuple[str, str]]) -> str:
    """Return a workflow as text.

    Parameters
    ----------
    root
        The composite that holds all.
    parameters
        Name to value and class of the workflow's own parameters.
    """
    element = root.element()
    for number, (name, (value, kind)) in enumerate(parameters.items()):
        element.insert(number, _property(name, value, kind))
    ET.indent(element)
    return _HEAD + ET.tostring(element, encoding="unicode") + "\n"
