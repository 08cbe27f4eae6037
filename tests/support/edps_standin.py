"""A strict stand-in of ``edps``: it knows the words a workflow may use, and organises files.

Every name, method and argument that EDPS does not have is an error here. What it organises is what
its manual says of grouping, classification and association; it schedules nothing.
"""

import sys
import types
from collections import defaultdict
from dataclasses import dataclass, field

__all__ = ["organise", "workflow_modules"]


class WorkflowError(Exception):
    """A workflow that EDPS would refuse."""


@dataclass(frozen=True)
class RelativeTimeRange:
    """Days before and after the reference."""

    before: float
    after: float

    def holds(self, reference, other):
        return self.before <= other - reference <= self.after


UNLIMITED = RelativeTimeRange(-1e9, 1e9)


@dataclass(frozen=True)
class _Rule:
    tag: str
    test: object

    def fits(self, header):
        if callable(self.test):
            return bool(self.test(header))
        return all(
            header.get(key) in (value if isinstance(value, list) else [value])
            for key, value in self.test.items()
        )


def classification_rule(tag, rule):
    if not tag or not (callable(rule) or isinstance(rule, dict)):
        raise WorkflowError(f"classification rule {tag!r}")
    return _Rule(tag, rule)


class _Matching:
    """What match rules and data sources have in common."""

    def __init__(self):
        self.matches = []

    def with_match_keywords(self, keywords, *, time_range, level):
        _check_keywords(keywords)
        self.matches.append((level, lambda a, b: all(a.get(k) == b.get(k) for k in keywords),
                             time_range))  # fmt: skip
        return self

    def with_match_function(self, function, *, time_range, level):
        self.matches.append((level, function, time_range))
        return self


def _check_keywords(keywords):
    if not isinstance(keywords, list) or not all(
        isinstance(key, str) and key == key.lower() for key in keywords
    ):
        raise WorkflowError(f"keywords {keywords!r}")


class _Source(_Matching):
    def __init__(self, name):
        super().__init__()
        self.name, self.rules, self.grouping, self.setup, self.least = name, [], [], [], 1
        self.built = False

    def with_classification_rule(self, rule):
        if not isinstance(rule, _Rule):
            raise WorkflowError(f"{self.name}: {rule!r} is no classification rule")
        self.rules.append(rule)
        return self

    def with_grouping_keywords(self, keywords):
        _check_keywords(keywords)
        self.grouping = keywords
        return self

    def with_setup_keywords(self, keywords):
        _check_keywords(keywords)
        self.setup = keywords
        return self

    def with_min_group_size(self, number):
        self.least = int(number)
        return self

    def build(self):
        if not self.rules:
            raise WorkflowError(f"data source {self.name} classifies nothing")
        self.built = True
        return self


class _MatchRules(_Matching):
    pass


@dataclass
class _Associated:
    source: object
    classes: list
    least: int
    most: int
    rules: _MatchRules | None


class _Alternatives:
    def __init__(self):
        self.choices = []

    def with_associated_input(
        self, source, classes=None, *, min_ret=1, max_ret=1, match_rules=None
    ):
        _check_source(source)
        self.choices.append(_Associated(source, classes or [], min_ret, max_ret, match_rules))
        return self


def _check_source(source):
    if not isinstance(source, (_Source, _Task)) or not source.built:
        raise WorkflowError(f"{source!r} is not built")


TARGETS = ("SCIENCE", "QC1_CALIB", "QC0", "CALCHECKER", "QC1_SCIENCE", "IDP", "ALL")
_TASKS = {}


class _Task:
    def __init__(self, name):
        if name in _TASKS:
            raise WorkflowError(f"two tasks are called {name}")
        self.name, self.recipe, self.main, self.classes = name, "", None, []
        self.inputs, self.targets, self.grouping, self.description = [], [], [], ""
        self.built, self.cluster = False, None

    def with_description(self, text):
        self.description = text
        return self

    def with_recipe(self, name):
        self.recipe = name
        return self

    def with_main_input(self, source, classes=None):
        if self.main is not None:
            raise WorkflowError(f"{self.name} has two main inputs")
        _check_source(source)
        self.main, self.classes = source, classes or []
        return self

    def with_associated_input(
        self, source, classes=None, *, min_ret=1, max_ret=1, match_rules=None
    ):
        _check_source(source)
        self.inputs.append([_Associated(source, classes or [], min_ret, max_ret, match_rules)])
        return self

    def with_alternatives(self, alternatives):
        if not isinstance(alternatives, _Alternatives) or len(alternatives.choices) < 2:
            raise WorkflowError(f"{self.name}: alternatives of one")
        self.inputs.append(alternatives.choices)
        return self

    def with_grouping_keywords(self, keywords):
        _check_keywords(keywords)
        self.grouping = keywords
        return self

    def with_cluster(self, key, *, max_separation=None, max_diameter=None):
        _check_keywords([key])
        if max_separation is None and max_diameter is None:
            raise WorkflowError(f"{self.name}: a cluster without a size")
        self.cluster = (key, max_separation or 1e9, max_diameter or 1e9)
        return self

    def with_meta_targets(self, targets):
        if not set(targets) <= set(TARGETS):
            raise WorkflowError(f"{self.name}: meta targets {targets}")
        self.targets = targets
        return self

    def build(self):
        if self.main is None or not self.recipe:
            raise WorkflowError(f"{self.name} has no main input or no recipe")
        self.built = True
        _TASKS[self.name] = self
        return self


def workflow_modules():
    """Put the stand-in among the modules and return the tasks that workflows build."""
    _TASKS.clear()
    edps = types.ModuleType("edps")
    edps.classification_rule, edps.data_source, edps.task = classification_rule, _Source, _Task
    edps.match_rules, edps.alternative_associated_inputs = _MatchRules, _Alternatives
    edps.RelativeTimeRange = RelativeTimeRange
    for name in TARGETS:
        setattr(edps, name, name)
    generator = types.ModuleType("edps.generator")
    ranges = types.ModuleType("edps.generator.time_range")
    ranges.UNLIMITED, ranges.RelativeTimeRange = UNLIMITED, RelativeTimeRange
    sys.modules.update(
        {"edps": edps, "edps.generator": generator, "edps.generator.time_range": ranges}
    )
    return _TASKS


# --- organisation -----------------------------------------------------------------------------
@dataclass
class Dataset:
    """A job as EDPS would make it: main files, and by source the groups that go with them.

    ``choices`` are what was taken of the alternatives of each input, with the same groups.
    """

    task: _Task
    main: list
    associated: dict = field(default_factory=dict)
    choices: list = field(default_factory=list)
    missing: list = field(default_factory=list)

    @property
    def complete(self):
        return not self.missing


def organise(tasks, headers):
    """Return the jobs of raw files: main inputs, what is associated, what is missing.

    Parameters
    ----------
    tasks
        Of the workflow, in the order they were built.
    headers
        Name to header, keywords in small letters, of each file.
    """
    jobs = defaultdict(list)
    for task in tasks.values():
        for group in _groups(task, jobs, headers):
            job = Dataset(task, group)
            for choices in task.inputs:
                _associate(job, choices, jobs, headers)
            jobs[task.name].append(job)
    return jobs


def _groups(task, jobs, headers):
    if isinstance(task.main, _Source):
        files = _of_source(task.main, headers)
        keys = task.main.grouping
        found = defaultdict(list)
        for name in sorted(files, key=lambda n: headers[n].get("mjd-obs", 0.0)):
            found[tuple(headers[name].get(key) for key in keys)].append(name)
        return [group for group in found.values() if len(group) >= task.main.least]
    found = defaultdict(list)
    for job in jobs[task.main.name]:
        if job.complete:
            reference = headers[job.main[0]]
            keys = task.grouping or ["arcfile"]
            found[tuple(reference.get(key) for key in keys)] += job.main
    if task.cluster is None:
        return list(found.values())
    return [part for group in found.values() for part in _clusters(task.cluster, group, headers)]


def _clusters(cluster, group, headers):
    """Cut a group where a value jumps too far, or the part grows too wide."""
    key, separation, diameter = cluster
    parts = []
    for name in sorted(group, key=lambda n: headers[n].get(key, 0.0)):
        value = headers[name].get(key, 0.0)
        if parts:
            first, last = (headers[parts[-1][k]].get(key, 0.0) for k in (0, -1))
            if value - last <= separation and value - first <= diameter:
                parts[-1].append(name)
                continue
        parts.append([name])
    return parts


def _of_source(source, headers):
    return [
        name for name, header in headers.items() if any(rule.fits(header) for rule in source.rules)
    ]


def _associate(job, choices, jobs, headers):
    reference = headers[job.main[0]]
    for choice in choices:
        found = _matching(choice, reference, jobs, headers)
        most = len(found) if choice.most < 0 else choice.most
        if found and len(found) >= choice.least:
            job.associated[choice.source.name] = found[:most]
            job.choices.append((choice, found[:most]))
            return
    if choices[0].least > 0:
        job.missing.append(choices[0].source.name)


def _matching(choice, reference, jobs, headers):
    """Return main files of matching groups, or matching raw files, the best level first."""
    if isinstance(choice.source, _Task):
        candidates = [one.main for one in jobs[choice.source.name] if one.complete]
    else:
        candidates = [[name] for name in _of_source(choice.source, headers)]
    rules = choice.rules or choice.source
    for _level, test, span in sorted(rules.matches, key=lambda match: match[0]):
        fitting = [
            group for group in candidates
            if test(reference, headers[group[0]])
            and span.holds(reference.get("mjd-obs", 0.0), headers[group[0]].get("mjd-obs", 0.0))
        ]  # fmt: skip
        if fitting:
            mjd = reference.get("mjd-obs", 0.0)
            fitting.sort(key=lambda group: abs(headers[group[0]].get("mjd-obs", 0.0) - mjd))
            return fitting
    return []
