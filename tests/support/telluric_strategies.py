"""Absorption by the air of any content, for tests that write and read it."""

import numpy as np
from hypothesis import strategies as st

from soxs_pipeline.domain.telluric import TelluricBand, TelluricCorrection, TelluricGrid
from tests.support.codec_strategies import headers, maybe_numbers, numbers, positive, vectors

__all__ = ["TELLURIC_STRATEGIES"]

names = st.lists(st.sampled_from(["H2O", "O2", "CO2", "CH4"]), min_size=1, unique=True).map(tuple)


@st.composite
def grids(draw):
    molecules, n, bands = draw(names), draw(st.integers(1, 6)), draw(st.integers(1, 4))
    depth = [
        draw(vectors(n, st.floats(0, 2.0**60, width=32, allow_subnormal=False))) for _ in molecules
    ]
    return TelluricGrid(
        molecules, draw(positive), draw(positive), np.array(depth),
        draw(vectors(bands, positive)), draw(vectors(bands, positive)),
    )  # fmt: skip


@st.composite
def corrections(draw):
    molecules, n = draw(names), draw(st.integers(1, 5))
    m = len(molecules)
    bands = tuple(
        TelluricBand(
            draw(positive), draw(positive), draw(vectors(m)), draw(vectors(m)),
            draw(positive), draw(numbers), draw(positive), draw(positive),
            draw(st.integers(0, 10**6)),
        )
        for _ in range(draw(st.integers(0, 3)))
    )  # fmt: skip
    return TelluricCorrection(
        *(draw(vectors(n)) for _ in range(3)), molecules, bands, draw(positive),
        draw(maybe_numbers), draw(positive), draw(st.sampled_from(["grid", "molecfit"])),
        tuple(draw(st.sampled_from([["VIS"], ["VIS", "NIR"]]))), draw(headers()),
    )  # fmt: skip


TELLURIC_STRATEGIES = {TelluricGrid: grids(), TelluricCorrection: corrections()}
