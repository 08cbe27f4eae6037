"""A parser of OCA rules: what they name, and an error where they cannot be read."""

import re
from dataclasses import dataclass, field

__all__ = ["Rules", "parse"]

_TOKEN = re.compile(
    r"\s+|//[^\n]*"
    r'|(?P<text>"[^"]*")|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))'
    r"|(?P<sign>==|!=|<=|>=|[<>=+(){};,-])|(?P<word>[A-Za-z_][\w.\-]*)"
)
_COMPARISONS = {"==", "!=", "<=", ">=", "<", ">", "like"}


@dataclass
class Rules:
    """What a file of rules names."""

    raw_types: set = field(default_factory=set)
    categories: set = field(default_factory=set)
    targets: set = field(default_factory=set)
    groups: dict = field(default_factory=dict)
    actions: dict = field(default_factory=dict)


#: Keywords of headers that a rule may fill in where they are missing.
ASSIGNED = {"SEQ.ARM"}


class _Parser:
    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise SyntaxError(f"{text[at : at + 20]!r} cannot be read")
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match.group()))
            at = match.end()
        self.at = 0
        self.rules = Rules()

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted):
        if self.at >= len(self.tokens):
            raise SyntaxError(f"the end, wanted {wanted}")
        kind, value = self.tokens[self.at]
        if wanted and value not in wanted and kind not in wanted:
            raise SyntaxError(f"{value!r}, wanted {' or '.join(wanted)}")
        self.at += 1
        return value.strip('"')

    def file(self):
        while self.peek():
            {"if": self.classify, "action": self.action}.get(self.peek(), self.group)()
        return self.rules

    def classify(self):
        self.take("if")
        self.expression()
        self.take("then")
        self.take("{")
        said = {}
        while self.peek() != "}":
            key = self.take("word")
            self.take("=")
            said[key] = self.take("text")
            self.take(";")
        self.take("}")
        if "RAW.TYPE" in said:
            self.rules.raw_types.add(said["RAW.TYPE"])
        if said.get("REFLEX.TARGET") == "T":
            self.rules.targets.add(said["RAW.TYPE"])
        if set(said) <= ASSIGNED:
            return
        self.rules.categories.add(said["REFLEX.CATG"])

    def bounds(self):
        while self.peek() in {"minRet", "maxRet"}:
            self.take()
            self.take("=")
            self.take("number")
            self.take(";")

    def group(self):
        self.bounds()
        self.take("select")
        self.take("execute")
        self.take("(")
        name = self.take("word")
        self.take(")")
        self.take("from")
        self.take("inputFiles")
        self.take("where")
        start = self.at
        self.expression()
        raw = [value.strip('"') for kind, value in self.tokens[start : self.at] if kind == "text"]
        self.take("group")
        self.take("by")
        self.take("word")
        while self.peek() == ",":
            self.take(",")
            self.take("word")
        self.take("as")
        self.take("(")
        self.take("word")
        self.take(",")
        self.take("word")
        self.take(")")
        self.take(";")
        self.rules.groups[name] = raw[0]

    def action(self):
        self.take("action")
        name = self.take("word")
        self.take("{")
        inputs, products, recipes = [], [], []
        while self.peek() != "}":
            self.bounds()
            word = self.take("word")
            if word == "select":
                self.take("file")
                self.take("as")
                inputs.append(self.take("word"))
                self.take("from")
                self.take("calibFiles", "rawFiles")
                self.take("where")
                self.expression()
                self.take(";")
            elif word == "recipe":
                recipes.append(self.take("word"))
                self.take(";")
            elif word == "product":
                products.append(self.take("word"))
                self.take("{")
                while self.peek() != "}":
                    self.take("word")
                    self.take("=")
                    self.take("text")
                    self.take(";")
                self.take("}")
            else:
                raise SyntaxError(f"{word!r} in action {name}")
        self.take("}")
        self.rules.actions[name] = inputs, products, recipes

    def expression(self):
        self.conjunction()
        while self.peek() == "or":
            self.take("or")
            self.conjunction()

    def conjunction(self):
        self.comparison()
        while self.peek() == "and":
            self.take("and")
            self.comparison()

    def comparison(self):
        if self.peek() == "(":
            self.take("(")
            self.expression()
            self.take(")")
            return
        self.sum()
        if self.peek() == "is":
            self.take("is")
            self.take("undefined")
            return
        self.take(*_COMPARISONS)
        self.sum()

    def sum(self):
        self.take("word", "text", "number")
        while self.peek() in {"+", "-"}:
            self.take("+", "-")
            self.take("word", "text", "number")


def parse(text):
    """Return what the rules name; SyntaxError if they cannot be read."""
    return _Parser(text).file()
