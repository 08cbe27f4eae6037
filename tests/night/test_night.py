"""From raw frames to a merged spectrum, against the truth the simulator put in."""

import numpy as np
import pytest
from astropy.io import fits

from soxs_pipeline.cli.main import main
from soxs_pipeline.runtime.lineage import trace

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("night")]
ARMS = ("VIS", "NIR")


def values(by_order, name):
    return np.array([one[name] for one in by_order.values()])


def test_the_night_ends_well_and_leaves_the_raw_frames_alone(night):
    assert night.status == 0
    assert night.checksum_before == night.checksum_after


@pytest.mark.parametrize("arm", ARMS)
def test_every_pixel_has_its_wavelength(night, arm):
    found = night.figures[arm]["map"]
    assert values(found, "rms_px").max() < 0.05
    assert values(found, "along_slit_px").max() < 0.01


@pytest.mark.parametrize("arm", ARMS)
def test_order_centres_are_true(night, arm):
    assert max(night.figures[arm]["centres"].values()) < 0.03


@pytest.mark.parametrize("arm", ARMS)
def test_the_sky_leaves_noise_only(night, arm):
    found = night.figures[arm]["sky 1"]
    assert np.abs(np.median(values(found, "chi2")) - 1) < 0.05
    assert values(found, "beyond_5_sigma").max() < 0.01
    cores = values(found, "chi2_cores")
    if np.isfinite(cores).any():
        assert np.nanmedian(cores) < 1.1


@pytest.mark.parametrize("arm", ARMS)
def test_the_spectrum_is_unbiased_and_its_errors_true(night, arm):
    found = night.figures[arm]["extraction 1"]
    assert len(found) == {"VIS": 4, "NIR": 15}[arm]
    bias, error = values(found, "bias"), values(found, "bias_error")
    assert (np.abs(bias) < 0.01 + 4 * error).all()
    assert 0.93 < np.median(values(found, "pull_width")) < 1.07
    assert np.median(values(found, "snr_to_ideal")) > 0.95


@pytest.mark.parametrize("arm", ARMS)
def test_the_wing_of_the_optics_is_found(night, arm):
    (path, header), *_ = night.products(f"DISP_IMAGE_{arm}")
    # The simulator's optics put 4 % of the light into a wing twice as wide as the core.
    assert header["ESO QC PIN WING FRAC"] == pytest.approx(0.04, abs=0.012), path
    assert header["ESO PRO SPOT WING STRETCH"] == pytest.approx(2.0, abs=0.3)


def test_one_spectrum_covers_both_arms(night):
    ((path, header),) = night.products("SCI_MERGED_1D")
    bins = fits.getdata(path, "MERGED")
    seen = np.isfinite(bins["FLUX"])
    assert bins["WAVE"][seen].min() < 360
    assert bins["WAVE"][seen].max() > 2000
    assert set(np.unique(bins["ARM"][seen])) == {1, 2, 3}
    assert header["ESO QC JOIN WORST SIGMA"] < 6


def test_products_say_where_they_come_from(night):
    ((path, header),) = night.products("SCI_MERGED_1D")
    assert header["ESO PRO REC1 ID"] == "soxs_merge"
    with fits.open(path, checksum=True) as units:
        assert units[0].header["CHECKSUM"]
    assert fits.getheader(path, "MERGED")["WAVEMED"] == "VACUUM"


def test_the_history_of_a_spectrum_leads_to_raw_frames(night):
    ((path, _),) = night.products("SCI_MERGED_1D")
    found = trace(path)
    recipes = [step.record["recipe"] for step in found.steps]
    assert recipes[0] == "soxs_merge"
    assert recipes.count("soxs_mbias") == 1
    assert len(set(found.raw)) == len(found.raw)
    assert all(one.parent == night.raw for one in found.raw)
    assert not [one for step in found.steps for one in step.ingredients if one.state]
    # The archive's file of both arms comes from the same product.
    names = {fits.getval(p, "PIPEFILE"): p for p in (night.reduced / "phase3").glob("*NIR.fits")}
    (archived,) = [p for name, p in names.items() if path.name.startswith(name[:-5])]
    assert trace(archived).steps[0].products == (path.absolute(),)


def test_the_page_shows_the_spectrum(night):
    (page,) = night.reduced.glob("*.html")
    text = page.read_text()
    assert "SCI_MERGED_1D" in text or "soxs_merge" in text
    assert "<img" in text


def test_a_second_run_has_nothing_to_do(night):
    before = {p: p.stat().st_mtime_ns for p in night.reduced.rglob("*.fits")}
    assert main(["reduce", str(night.raw), "-o", str(night.reduced)]) == 0
    after = {p: p.stat().st_mtime_ns for p in night.reduced.rglob("*.fits")}
    assert before == after
