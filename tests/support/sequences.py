"""Sequences of exposures of the toy spectrograph: nods, and offsets to the sky."""

from dataclasses import replace

from tests.support.sky_scene import Star, make_scene

__all__ = ["member", "nodded", "offset"]


def member(geometry, seed, stars, name, cards, **scene):
    """An exposure of a sequence, with its scene; cards are what the header says of the offset."""
    made = make_scene(geometry, seed, stars, **scene)
    header = made.raw.header.merged({"MJD-OBS": 60000.0 + 0.01 * seed, **cards})
    return replace(made, raw=replace(made.raw, header=header, name=name))


def nodded(geometry, pattern, *, seed=1, flux=300.0, **scene):
    """A sequence with the target at the given slit positions; the sky changes in between."""
    return [
        member(
            geometry,
            seed + k,
            (Star(flux, position=place),),
            f"nod{k}",
            {"ESO SEQ CUMOFF X": 0.0, "ESO SEQ CUMOFF Y": place},
            **{"line": 3000.0 * (1.0 + 0.06 * k), **scene},
        )
        for k, place in enumerate(pattern)
    ]


def offset(geometry, pattern, *, seed=1, star=None, **scene):
    """A sequence of the object (O) and of the sky (S); lines of the sky change in between."""
    object_star = star or Star(300.0)
    return [
        member(
            geometry,
            seed + k,
            (object_star,) if letter == "O" else (),
            f"off{k}",
            {"ESO SEQ FIXOFF RA": 0.0 if letter == "O" else -45.0, "ESO SEQ FIXOFF DEC": 0.0},
            **{"line": 3000.0 * (1.0 + 0.06 * k), "lines_seed": seed, **scene},
        )
        for k, letter in enumerate(pattern)
    ]
