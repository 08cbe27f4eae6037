"""Standards, extinctions and responses of any content, for tests that write and read them."""

import numpy as np
from hypothesis import strategies as st

from soxs_pipeline.domain.flux import (
    Extinction,
    FluxStandards,
    MasterResponse,
    Response,
    ResponsePoints,
)
from soxs_pipeline.domain.objects import BlurFraction
from tests.support.codec_strategies import orders, positive, vectors

__all__ = ["FLUX_STRATEGIES"]


@st.composite
def flux_standards(draw):
    stars, n = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    return FluxStandards(
        names=tuple(f"STAR{k}" for k in range(stars)),
        synonyms=tuple(("Other 1", "HD 2") for _ in range(stars)),
        ra_deg=draw(vectors(stars)),
        dec_deg=draw(vectors(stars)),
        wavelength_nm=draw(vectors(n)),
        flux=draw(vectors((stars, n))),
    )


@st.composite
def extinctions(draw):
    n = draw(st.integers(1, 4))
    return Extinction(draw(vectors(n)), draw(vectors(n)))


@st.composite
def master_responses(draw):
    n = draw(st.integers(1, 4))
    return MasterResponse(*(draw(vectors(n)) for _ in range(3)), arm="NIR")


@st.composite
def response_points(draw):
    n = draw(st.integers(1, 4))
    return ResponsePoints(
        draw(vectors(n)), draw(vectors(n)), draw(vectors(n, st.integers(0, 1), np.int64))
    )


@st.composite
def responses(draw):
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    names = ["wavelength_nm", "sensitivity", "error", "efficiency"]
    return Response(
        orders=draw(vectors(shape[0], orders, np.int64)),
        arm=draw(st.sampled_from(["VIS", "NIR"])),
        standards=("GD71", "LTT 3218"),
        scatter=draw(positive | st.just(float("nan"))),
        spread=draw(positive | st.just(float("nan"))),
        step=draw(positive | st.just(float("nan"))),
        points=draw(st.none() | response_points()),
        blur=draw(st.none() | st.builds(BlurFraction, positive, positive)),
        **{name: draw(vectors(shape)) for name in names},
    )


FLUX_STRATEGIES = {
    FluxStandards: flux_standards(),
    Extinction: extinctions(),
    MasterResponse: master_responses(),
    Response: responses(),
}
