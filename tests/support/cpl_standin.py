"""What PyCPL does with a recipe, as observed with version 1.0.3: names, types, checks."""

import enum
import sys
import types
from pathlib import Path

__all__ = ["install"]

_ATTRIBUTES = (
    "_name", "_version", "_author", "_email", "_copyright", "_synopsis", "_description"
)  # fmt: skip


class PyRecipe:
    def __new__(cls):
        for name in _ATTRIBUTES:
            if not isinstance(getattr(cls, name, None), str):
                raise TypeError(
                    f"Can't instantiate class {cls.__name__} with class variable {name} not set."
                )
        if not callable(getattr(cls, "run", None)):
            raise TypeError("abstract method run")
        return super().__new__(cls)

    def __init__(self):
        pass

    name = property(lambda self: self._name)
    version = property(lambda self: self._version)
    synopsis = property(lambda self: self._synopsis)
    description = property(lambda self: self._description)


class ParameterValue:
    def __init__(self, name, description, context, default):
        if type(default) not in {bool, int, float, str}:
            raise TypeError(f"{name}: {default!r}")
        self.name, self.description, self.context = name, description, context
        self.default, self._value, self.presence = default, default, False
        self.cli_alias = name

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        kind = type(self.default)
        wrong = isinstance(value, str) != (kind is str)
        if wrong or (kind is int and isinstance(value, bool)):
            raise RuntimeError("does not match the received type")
        self._value, self.presence = kind(value), True


class ParameterRange(ParameterValue):
    def __init__(self, name, description, context, default, low, high):
        super().__init__(name, description, context, default)
        assert type(low) is type(default) is type(high)
        self.min, self.max = low, high


class ParameterEnum(ParameterValue):
    def __init__(self, name, description, context, default, alternatives):
        super().__init__(name, description, context, default)
        self.alternatives = list(alternatives)
        assert default in self.alternatives


class ParameterList:
    def __init__(self, parameters):
        self._by_name = {p.name: p for p in parameters}

    def __getitem__(self, name):
        return self._by_name[name]

    def __iter__(self):
        return iter(self._by_name.values())


class Frame:
    FrameGroup = enum.Enum("FrameGroup", "NONE RAW CALIB PRODUCT")
    FrameLevel = enum.Enum("FrameLevel", "NONE TEMPORARY INTERMEDIATE FINAL")
    FrameType = enum.Enum("FrameType", "NONE MATRIX IMAGE PAF TABLE ANY")

    def __init__(self, file, tag=""):
        if not Path(file).exists():
            raise FileNotFoundError(file)
        self.file, self.tag = str(file), tag
        self.group, self.level, self.type = (
            kind.NONE for kind in (self.FrameGroup, self.FrameLevel, self.FrameType)
        )


class FrameSet(list):
    pass


class Msg:
    said: list = []  # noqa: RUF012 - as PyCPL, one log for all

    @classmethod
    def warning(cls, component, text):
        cls.said.append((component, text))


def install(monkeypatch):
    """Put the stand-in where ``import cpl`` finds it."""
    module = types.ModuleType("cpl")
    module.ui = types.SimpleNamespace(
        PyRecipe=PyRecipe, ParameterValue=ParameterValue, ParameterRange=ParameterRange,
        ParameterEnum=ParameterEnum, ParameterList=ParameterList, Frame=Frame, FrameSet=FrameSet,
    )  # fmt: skip
    module.core = types.SimpleNamespace(Msg=Msg)
    monkeypatch.setitem(sys.modules, "cpl", module)
    return module
