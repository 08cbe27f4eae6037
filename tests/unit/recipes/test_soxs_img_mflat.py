"""The camera's flat compared with the response that was put in."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.recipes.soxs_img_mflat import ImgMflatParameters, soxs_img_mflat
from soxs_pipeline.simulator.camera import Camera
from tests.support.camera_night import night


def run(flats):
    return soxs_img_mflat(flats, night().detector, parameters=ImgMflatParameters())


def test_response_is_true_but_for_a_gradient():
    true = Camera(np.random.default_rng([6, 31])).flat
    flat = night().flat
    good = ~flat.bad & (true > 0.5)
    ratio = np.where(good, flat.data / true, np.nan)
    y, x = np.mgrid[:1024, :1024] / 512.0 - 1.0
    design = np.column_stack([np.ones(good.sum()), x[good], y[good]])
    terms = np.linalg.lstsq(design, ratio[good], rcond=None)[0]
    left = ratio[good] - design @ terms
    # Three flats of 25 000 electrons: 0.4 per cent of photon noise.
    assert left.std() == pytest.approx(np.sqrt(flat.variance[good].mean()), rel=0.15)
    assert np.abs(terms[1:]).max() < 0.012


def test_dead_pixels_are_flagged():
    true = Camera(np.random.default_rng([6, 31])).flat
    flat = night().flat
    dead = true < 0.1
    assert dead.any()
    assert ((flat.quality[dead] & np.uint32(FATAL)) != 0).mean() > 0.95
    assert (flat.bad & ~dead).mean() < 1e-3


def test_filters_must_not_be_mixed():
    first, *others = night().flats
    odd = replace(first, header=first.header.merged({"ESO INS ACFW ID": "z_LSST"}))
    with pytest.raises(InputError, match="several filters"):
        run([odd, *others])


def test_faint_flats_are_refused():
    faint = [
        replace(raw, data=(480.0 + 0.01 * (raw.data - 480.0)).astype(np.float32))
        for raw in night().flats
    ]
    with pytest.raises(UnprocessableDataError, match="well exposed"):
        run(faint)
    outcome = run([*night().flats[:2], faint[2]])
    assert any("left out" in remark for remark in outcome.remarks)


def test_one_flat_keeps_its_stars():
    assert any("only one flat" in remark for remark in run(night().flats[:1]).remarks)
