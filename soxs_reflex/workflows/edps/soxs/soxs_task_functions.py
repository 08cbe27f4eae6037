"""Functions of the tasks. Written by soxs_reflex.generate from the association map."""

from datetime import datetime


def always(_reference, _file):
    """Match every file: a static calibration holds for all data of its arm."""
    return True


def same_observation(reference, file):
    """Match exposures of one observation in two arms, which tell its start alone."""
    for key in ("instrume", "obs.id", "obs.targ.name"):
        if _value(reference, key) != _value(file, key):
            return False
    if all(_value(file, key) is None for key in ("obs.id", "obs.targ.name")):
        return False
    starts = [_value(one, "obs.start") for one in (reference, file)]
    try:
        first, second = (datetime.fromisoformat(str(start)) for start in starts)
    except ValueError:
        # Without a start the block tells.
        return True
    return abs((second - first).total_seconds()) < 120


def alike(keywords, number, factor):
    """Return the rule: keywords are equal, a number is so within a factor."""

    def fits(reference, file):
        if any(_value(reference, key) != _value(file, key) for key in keywords):
            return False
        values = [float(_value(one, number) or 0) for one in (reference, file)]
        return min(values) * factor >= max(values)

    return fits


def _value(file, key):
    try:
        return file[key]
    except KeyError:
        return None
