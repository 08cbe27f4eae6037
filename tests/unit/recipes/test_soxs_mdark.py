import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError
from soxs_pipeline.recipes.soxs_mdark import MdarkParameters, soxs_mdark

SETUP = DetectorSetup(
    "B",
    2.3,
    16.0,
    65000.0,
    Window((4, 204), (4, 204)),
    reference_border=4,
    reference_channels=8,
    offset_method="dark",
)
TRUE_NOISE = 7.3
HOT = (30, 40)


def raw(number, exposure_s=300.0):
    rng = np.random.default_rng(number)
    electrons = np.zeros((208, 208))
    electrons[4:-4, 4:-4] = 0.005 * exposure_s
    electrons[HOT[0] + 4, HOT[1] + 4] = 5.0 * exposure_s
    dark = rng.poisson(electrons) + rng.normal(0.0, TRUE_NOISE, electrons.shape)
    dark += np.repeat(rng.normal(0.0, 20.0, 8), 26)
    for k in rng.integers(10, 190, 20):
        dark[k, 100 + number * 3] += 800.0
    header = Header({"EXPTIME": exposure_s})
    return RawFrame((dark / 2.3).astype(np.float32), header, SETUP, f"dark{number}.fits")


def run(raws, **parameters):
    return soxs_mdark(raws, DetectorCalibration(), parameters=MdarkParameters(**parameters))


def value(outcome, key):
    return next(q.value for q in outcome.qc if q.keyword == f"ESO QC {key}")


def test_the_master_is_the_dark_current_without_cosmic_rays_or_stripes():
    outcome = run([raw(k) for k in range(3)])
    master = outcome.products.master_dark
    good = ~master.bad
    assert np.median(master.data[good]) == pytest.approx(1.5, abs=0.7)
    assert np.std(master.data[good]) < 2.5
    assert master.data[HOT] == pytest.approx(1500.0, abs=100.0)
    assert master.quality[HOT] == Quality.HOT
    assert value(outcome, "HOTPIX NUM") < 5
    assert value(outcome, "RAW RON") == pytest.approx(TRUE_NOISE, rel=0.03)
    assert value(outcome, "MDARK MEDIAN") == pytest.approx(1.5, abs=0.7)
    assert master.setup.read_noise_source == "measured"


def test_one_dark_is_enough_and_its_cosmic_rays_are_flagged():
    outcome = run([raw(1)])
    assert any("only one raw frame" in remark for remark in outcome.remarks)
    assert value(outcome, "HOTPIX NUM") >= 15


def test_darks_of_several_exposure_times_are_refused():
    with pytest.raises(InputError, match="300 s and 10 s"):
        run([raw(1), raw(2, 10.0)])
