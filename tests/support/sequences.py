"""Sequences of exposures of the toy spectrograph: nods, and offsets to the sky."""

from dataclasses import replace

from tests.support.sky_scene import Star, make_scene

__all__ = ["member", "nodded"]


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
