"""Reading back what was written gives the same object, for every domain type."""

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from soxs_pipeline.io.codecs.registry import CODECS
from soxs_pipeline.io.products import read_product, write_product
from tests.support.camera_strategies import CAMERA_STRATEGIES
from tests.support.codec_strategies import STRATEGIES as MOST
from tests.support.flux_strategies import FLUX_STRATEGIES
from tests.support.telluric_strategies import TELLURIC_STRATEGIES

STRATEGIES = MOST | FLUX_STRATEGIES | TELLURIC_STRATEGIES | CAMERA_STRATEGIES


def assert_equal(got, wanted, where):
    assert type(got) is type(wanted), where
    if dataclasses.is_dataclass(wanted):
        for field in dataclasses.fields(wanted):
            assert_equal(
                getattr(got, field.name), getattr(wanted, field.name), f"{where}.{field.name}"
            )
    elif isinstance(wanted, tuple):
        assert len(got) == len(wanted), where
        for k, (one, other) in enumerate(zip(got, wanted, strict=True)):
            assert_equal(one, other, f"{where}[{k}]")
    elif isinstance(wanted, np.ndarray):
        assert got.shape == wanted.shape, where
        if wanted.dtype.kind == "U":
            assert got.tolist() == wanted.tolist(), where
            return
        assert got.dtype == wanted.dtype, where
        assert got.dtype.isnative
        # Variances pass through sigma, where a float32 loses its last bit or two.
        tolerance = 3e-7 if wanted.dtype == np.float32 else 1e-15
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=0, err_msg=where)
    elif isinstance(wanted, Mapping):
        assert set(got) == set(wanted), where
        for key in wanted:
            assert_equal(got[key], wanted[key], f"{where}[{key}]")
    elif isinstance(wanted, float):
        # A number in a header has twenty columns.
        np.testing.assert_allclose(got, wanted, rtol=1e-11, err_msg=where)
    else:
        assert got == wanted, where


def test_every_codec_is_tested():
    assert {codec.kind for codec in CODECS} == set(STRATEGIES)


@pytest.mark.parametrize("kind", STRATEGIES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("transposed", [False, True])
def test_read_is_the_inverse_of_write(kind, transposed):
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STRATEGIES[kind])
    def check(made):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "product.fits"
            write_product(path, made, header={}, transposed=transposed)
            assert_equal(read_product(path, kind), made, kind.__name__)

    check()
