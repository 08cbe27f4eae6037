"""Images, sources and catalogues of any content, for tests that write and read them."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from soxs_pipeline.domain.camera import (
    BANDS,
    Astrometry,
    Catalogue,
    Passbands,
    PhotometricTie,
    SkyImage,
    SourceTable,
    StarField,
    TargetPhotometry,
)
from soxs_pipeline.domain.frame import Frame
from tests.support.codec_strategies import (
    STRATEGIES,
    flags,
    headers,
    maybe_numbers,
    numbers,
    positive,
    vectors,
)

__all__ = ["CAMERA_STRATEGIES"]

bands = st.lists(st.sampled_from(BANDS), min_size=1, unique=True)
angles = st.floats(-90, 90, allow_subnormal=False)
counts = st.integers(0, 10**6)


@st.composite
def catalogues(draw):
    n, names = draw(st.integers(1, 5)), draw(bands)
    return Catalogue(
        *(draw(vectors(n)) for _ in range(4)), draw(st.floats(1900, 2100)),
        {name: draw(vectors(n)) for name in names}, {name: draw(vectors(n)) for name in names},
        draw(st.sampled_from(["a catalogue", "Refcat2"])),
    )  # fmt: skip


@st.composite
def passbands(draw):
    names = tuple(draw(bands))
    sizes = [draw(st.integers(1, 4)) for _ in names]
    return Passbands(
        names, tuple(draw(vectors(n)) for n in sizes), tuple(draw(vectors(n)) for n in sizes),
        draw(vectors(len(names))),
    )  # fmt: skip


@st.composite
def astrometries(draw):
    degree = draw(st.sampled_from([0, 2, 3]))
    # Numbers in a header have twenty columns.
    some = st.integers(-(10**6), 10**6).map(lambda k: float(f"{k}e-9"))
    terms = []
    for _ in range(2):
        matrix = np.zeros((degree + 1, degree + 1)) if degree else np.zeros((0, 0))
        for p in range(degree + 1 if degree else 0):
            for q in range(degree + 1 - p):
                if p + q >= 2:
                    matrix[p, q] = draw(some)
        terms.append(matrix)
    return Astrometry(
        draw(vectors(2, some)), draw(vectors(2, some)),
        draw(hnp.arrays(np.float64, (2, 2), elements=some)), *terms, draw(st.booleans()),
        draw(counts), draw(maybe_numbers), draw(maybe_numbers),
    )  # fmt: skip


@st.composite
def photometries(draw):
    return PhotometricTie(
        draw(st.sampled_from(BANDS)), draw(st.sampled_from(["AB", "VEGA"])),
        *(draw(numbers) for _ in range(2)), draw(st.booleans()),
        draw(st.sampled_from(["g-r", "r-i"])), *(draw(numbers) for _ in range(3)), draw(counts),
        *(draw(maybe_numbers) for _ in range(3)),
    )  # fmt: skip


@st.composite
def images(draw):
    frame = draw(STRATEGIES[Frame].filter(lambda one: not one.setup.transposed))
    weight = hnp.arrays(np.float32, frame.data.shape, elements=st.floats(0, 2.0**60, width=32))
    return SkyImage(
        frame, draw(weight), draw(astrometries()), draw(photometries()),
        draw(st.sampled_from(BANDS)), *(draw(maybe_numbers) for _ in range(3)),
    )  # fmt: skip


@st.composite
def source_tables(draw):
    n = draw(st.integers(0, 4))
    return SourceTable(
        *(draw(vectors(n)) for _ in range(13)), draw(flags(n)),
        draw(hnp.arrays(np.int64, n, elements=st.integers(-1, 10**6))),
        draw(st.sampled_from(BANDS)), draw(positive), draw(headers()),
    )  # fmt: skip


@st.composite
def star_fields(draw):
    n = draw(st.integers(0, 4))
    logical = hnp.arrays(np.bool_, n)
    return StarField(
        *(draw(vectors(n)) for _ in range(4)), draw(logical),
        *(draw(vectors(n)) for _ in range(4)), draw(logical),
    )  # fmt: skip


@st.composite
def targets(draw):
    return TargetPhotometry(
        draw(st.sampled_from(BANDS)), *(draw(maybe_numbers) for _ in range(5)),
        draw(st.booleans()), draw(headers()), (), draw(st.sampled_from(["", "g-r", "r-i"])),
        draw(numbers), draw(numbers),
    )  # fmt: skip


CAMERA_STRATEGIES = {
    Catalogue: catalogues(),
    Passbands: passbands(),
    SkyImage: images(),
    SourceTable: source_tables(),
    StarField: star_fields(),
    TargetPhotometry: targets(),
}
