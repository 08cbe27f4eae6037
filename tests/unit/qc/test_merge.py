"""What quality control says of a merged spectrum."""

import numpy as np
import pytest

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.qc.merge import measure_merged


def merged(*exposures, arms=("VIS", "NIR")):
    n = 5
    one, none = np.ones(n), np.zeros(n)
    return MergedSpectrum(
        np.linspace(500.0, 900.0, n), 100.0 * one, one, one, none, none, 10.0 * one,
        np.zeros(n, np.uint32), np.ones(n, np.int16), np.ones(n, np.int16), arms,
        "electron/s/nm", Header(), exposures,
    )  # fmt: skip


def told(spectrum):
    return {value.definition.key: value.value for value in measure_merged(spectrum)}


def test_synchronised_arms_have_one_middle():
    vis = Exposure("a", "VIS", 61000.0, 900.0, 1.1)
    nir = Exposure("b", "NIR", 61000.0 + 300.0 / 86400, 300.0, 1.1)
    assert told(merged(vis, nir))["ARM MIDTIME DIFF"] == pytest.approx(0.0, abs=1e-3)


def test_middles_are_weighted_with_exposure_time():
    vis = Exposure("a", "VIS", 61000.0, 100.0, 1.1)
    nir = [
        Exposure("b", "NIR", 61000.0, 100.0, 1.1),
        Exposure("c", "NIR", 61000.0 + 100.0 / 86400, 300.0, 1.1),
    ]
    apart = told(merged(vis, *nir))["ARM MIDTIME DIFF"]
    assert apart == pytest.approx((50 * 100 + 250 * 300) / 400 - 50, abs=1e-2)


def test_one_arm_has_nothing_to_be_apart_from():
    vis = Exposure("a", "VIS", 61000.0, 100.0, 1.1)
    assert "ARM MIDTIME DIFF" not in told(merged(vis, arms=("VIS",)))
    unknown = Exposure("b", "NIR", float("nan"), 100.0, 1.1)
    assert "ARM MIDTIME DIFF" not in told(merged(vis, unknown))
