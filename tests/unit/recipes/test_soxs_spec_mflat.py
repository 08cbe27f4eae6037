from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.recipes.soxs_spec_mflat import SpecMflatParameters, soxs_spec_mflat
from soxs_pipeline.reduction.flat.flatfield import divide_flat
from soxs_pipeline.reduction.orders.scattered import inside_orders
from soxs_pipeline.reduction.orders.tracing import order_paths, trace_orders
from tests.support.optics import make_format
from tests.support.toy_slit import (
    frame_of,
    illumination,
    invert,
    raw_of,
    slit_image,
    trace_image,
)

FORMAT = make_format()
SOLUTION = FORMAT.solution
SHAPE = FORMAT.shape
X = np.arange(SHAPE[1])
DEAD = (48, 200)


def halogen(nm, order):
    """Rises with wavelength; the orders differ in efficiency; nearly dark below 1050 nm."""
    efficiency = {11: 1.0, 12: 0.6}[order] * (1.0 - 0.3 * ((nm - 1100.0) / 100.0) ** 2)
    return 120000.0 * efficiency * np.exp((nm - 1200.0) / 30.0)


def deuterium(nm, order):
    """Rises to short wavelengths, with a line."""
    efficiency = {11: 1.0, 12: 0.6}[order] * (1.0 - 0.3 * ((nm - 1100.0) / 100.0) ** 2)
    line = 40.0 * np.exp(-0.5 * ((nm - 1080.0) / 0.5) ** 2)
    return 15000.0 * efficiency * (np.exp(-(nm - 1000.0) / 60.0) + line)


def stray_light():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return 15.0 + 10.0 * np.exp(-(((y - 70) / 60.0) ** 2)) + x / 100.0


def response():
    truth = np.random.default_rng(99).normal(1.0, 0.01, SHAPE)
    truth[DEAD] = 0.02
    truth[110, 90] = 0.3
    return truth


def table_of_centres():
    image, _ = trace_image(SOLUTION, SHAPE, 5000.0)
    frame = frame_of(image, np.random.default_rng(1))
    table, _ = trace_orders(
        frame, SOLUTION, search_px=8, detection_sigma=5.0, most_degree=4, moves_together=True
    )
    return table


def raws(lamp, n=5, *, stray=True, seed=2):
    rng = np.random.default_rng(seed)
    expected = slit_image(SOLUTION, SHAPE, lamp) * response()
    expected = expected + (stray_light() if stray else 0.0)
    level = np.linspace(0.9, 1.1, n) if n > 1 else np.ones(1)
    return [raw_of(expected * level[k], rng, name=f"flat{k}.fits") for k in range(n)]


@pytest.fixture(scope="module")
def outcome():
    return soxs_spec_mflat(
        raws(halogen),
        DetectorCalibration(),
        table_of_centres(),
        SOLUTION,
        raws(deuterium, seed=3),
        parameters=SpecMflatParameters(),
    )


def value(outcome, key):
    return next(q.value for q in outcome.qc if q.keyword == f"ESO QC {key}")


def test_edges_lie_where_the_slit_ends(outcome):
    table = outcome.products.order_table
    for order in (11, 12):
        low, high = table.x_range[table.index(order)]
        x = np.arange(int(low) + 5, int(high) - 5)
        for slit, edge in ((-6.0, table.lower), (6.0, table.upper)):
            path = next(p for p in order_paths(SOLUTION, (400, 400), slit) if p.order == order)
            apart = edge(order, x) - np.interp(x, path.x, path.y)
            assert np.abs(apart).max() < 0.1


def test_scattered_light_is_found_under_the_orders(outcome):
    table = outcome.products.order_table
    apart = outcome.products.scattered_light.data - stray_light()
    inner = inside_orders(table, SHAPE, 0.0)
    assert np.std(apart[inner]) < 1.5
    assert abs(np.mean(apart[inner])) < 1.0


def test_the_response_is_that_of_the_pixels(outcome):
    """The error of the response is what its variance says, and less than pixels differ."""
    flat = outcome.products.master_flat
    truth = np.zeros(SHAPE)
    for order in (11, 12):
        _, slit, _ = invert(SOLUTION, order, X[None, :], np.arange(SHAPE[0])[:, None])
        truth = np.where(np.abs(slit) < 6.0, response() * illumination(slit), truth)
    inner = inside_orders(outcome.products.order_table, SHAPE, 3.0) & ~flat.bad & (truth > 0.5)
    inner[:, :12] = inner[:, -12:] = False
    apart = (flat.data - truth)[inner]
    assert abs(np.median(apart)) < 0.003
    assert 1.4826 * np.median(np.abs(apart - np.median(apart))) < 0.009
    pull = (apart - np.median(apart)) / np.sqrt(flat.variance[inner])
    assert 1.4826 * np.median(np.abs(pull)) == pytest.approx(1.0, abs=0.25)


def test_dead_and_insensitive_pixels_are_flagged(outcome):
    quality = outcome.products.master_flat.quality
    assert quality[DEAD] & Quality.DEAD
    assert quality[110, 90] & Quality.LOW_SENSITIVITY
    assert np.count_nonzero(quality & np.uint32(Quality.LOW_SENSITIVITY | Quality.DEAD)) < 5


def test_off_the_slit_the_flat_is_one_and_says_so(outcome):
    flat = outcome.products.master_flat
    assert flat.data[80, 200] == 1.0
    assert flat.quality[80, 200] == Quality.OFF_SLIT | Quality.NO_CALIBRATION
    assert not flat.bad[80, 200]


def test_the_blaze_is_the_lamp_and_orders_join(outcome):
    blaze = outcome.products.blaze
    for row, order in enumerate(blaze.orders.tolist()):
        nm, signal = blaze.wavelength_nm[row], blaze.signal[row]
        true = halogen(nm, order) / 2.0 * np.mean(illumination(np.linspace(-5.1, 5.1, 101)))
        # Where the halogen lamp shines, the blaze is its own.
        bright = np.isfinite(signal) & (nm > 1075.0)
        ratio = signal[bright] / true[bright]
        assert np.std(ratio) < 0.006
        assert np.median(ratio) == pytest.approx(1.0, abs=0.006)


def test_where_the_first_lamp_fails_the_second_carries_on_without_a_step(outcome):
    blaze = outcome.products.blaze
    row = int(np.flatnonzero(blaze.orders == 12)[0])
    good = np.isfinite(blaze.signal[row])
    nm, signal = blaze.wavelength_nm[row][good], blaze.signal[row][good]
    assert any("order 12" in remark and "deuterium" in remark for remark in outcome.remarks)
    assert nm.min() < 1003.0
    assert np.abs(np.diff(np.log(signal))).max() < 0.03
    # The ratio of the lamps is exponential, so for a while it goes on as it was.
    near = nm > 1045.0
    np.testing.assert_allclose((signal / (halogen(nm, 12) / 2.0))[near], 1.0, atol=0.15)


def test_quality_control_speaks_of_the_light(outcome):
    assert value(outcome, "INNER ORDER PIX MEAN") == pytest.approx(1.0, abs=0.01)
    low, middle, high = (value(outcome, f"ORDEXP{k}") for k in (10, 50, 90))
    assert 0 < low < middle < high
    assert value(outcome, "RAW NUM") == 5
    assert value(outcome, "RES SD") < 0.1


def test_a_flat_divided_by_the_flat_is_smooth(outcome):
    flat = outcome.products.master_flat
    rng = np.random.default_rng(8)
    science = frame_of(slit_image(SOLUTION, SHAPE, halogen) * response(), rng)
    divided = divide_flat(science, flat)
    inner = inside_orders(outcome.products.order_table, SHAPE, 3.0) & ~divided.bad
    inner[:, :250] = inner[:, -12:] = False
    _, _, area = invert(SOLUTION, 11, X[None, :], np.arange(SHAPE[0])[:, None])
    nm, _, _ = invert(SOLUTION, 11, X[None, :], np.arange(SHAPE[0])[:, None])
    inner[80:] = False
    ratio = divided.data[inner] / (halogen(nm, 11) * area)[inner]
    noise = np.sqrt(divided.variance[inner]) / (halogen(nm, 11) * area)[inner]
    assert np.std((ratio - ratio.mean()) / noise) == pytest.approx(1.0, abs=0.1)


def test_flats_without_light_are_refused():
    rng = np.random.default_rng(4)
    dark = [raw_of(np.zeros(SHAPE), rng) for _ in range(3)]
    with pytest.raises(UnprocessableDataError, match="no light"):
        soxs_spec_mflat(
            dark,
            DetectorCalibration(),
            table_of_centres(),
            SOLUTION,
            parameters=SpecMflatParameters(),
        )


def test_one_flat_is_enough():
    result = soxs_spec_mflat(
        raws(halogen, n=1),
        DetectorCalibration(),
        table_of_centres(),
        SOLUTION,
        parameters=SpecMflatParameters(subtract_scattered=False),
    )
    assert isinstance(result.products.order_table, OrderTable)
    assert value(result, "RAW NUM") == 1
    np.testing.assert_array_equal(result.products.scattered_light.data, 0.0)


def test_a_saturated_order_is_left_out_with_a_remark():
    given = raws(halogen, n=2)
    spoiled = []
    for raw in given:
        data = raw.data.copy()
        data[80:] = 70000.0
        data[:80] = np.where(data[:80] > 60000.0, 50000.0, data[:80])
        spoiled.append(replace(raw, data=data, setup=replace(raw.setup, saturation_adu=65535.0)))
    result = soxs_spec_mflat(
        spoiled,
        DetectorCalibration(),
        table_of_centres(),
        SOLUTION,
        parameters=SpecMflatParameters(),
    )
    assert any("order 12" in remark for remark in result.remarks)
    assert np.isnan(result.products.blaze.signal[1]).all()
    assert result.products.master_flat.data[115, 200] == 1.0
