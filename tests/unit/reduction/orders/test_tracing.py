import numpy as np
import pytest

from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.reduction.orders.tracing import order_paths, trace_orders
from tests.support.optics import make_format
from tests.support.toy_slit import frame_of, trace_image

FORMAT = make_format()


def trace(frame, solution=FORMAT.solution, *, together=True):
    return trace_orders(
        frame,
        solution,
        search_px=12,
        detection_sigma=5.0,
        most_degree=6,
        moves_together=together,
    )


def shifted(by):
    """The format with its orders moved and a little bent."""
    moved = FORMAT.rebinned(1, 1).solution
    moved.y_coef[:, 0, 0] += by
    moved.y_coef[:, 2, 0] += 0.2
    return moved


@pytest.mark.parametrize("by", [-6.3, 0.4, 7.8])
def test_orders_are_traced_to_a_hundredth_of_a_pixel(by):
    rng = np.random.default_rng(3)
    image, truth = trace_image(shifted(by), FORMAT.shape, 3000.0)
    image *= rng.normal(1.0, 0.01, image.shape)
    frame = frame_of(image, rng)
    hit = rng.integers(0, image.size, 150)
    data = np.array(frame.data)
    data.ravel()[hit] += 4000.0
    table, traces = trace(frame.with_data(data, frame.variance))
    for order in (11, 12):
        low, high = table.x_range[table.index(order)]
        x = np.arange(int(low), int(high) + 1)
        apart = table.centre(order, x) - truth[order][x]
        assert np.sqrt(np.mean(apart**2)) < 0.015
        assert np.abs(apart).max() < 0.06
    assert all(one.found for one in traces)
    assert not table.has_edges


def test_faint_light_is_traced_in_wider_bins():
    rng = np.random.default_rng(4)
    image, truth = trace_image(shifted(1.0), FORMAT.shape, 60.0)
    table, traces = trace(frame_of(image, rng))
    x = np.arange(20, 380)
    for order in (11, 12):
        assert np.abs(table.centre(order, x) - truth[order][x]).max() < 0.4
    assert traces[0].tried < 30


def test_an_order_without_light_moves_with_the_others_if_it_may():
    rng = np.random.default_rng(5)
    image, truth = trace_image(shifted(3.0), FORMAT.shape, 3000.0, orders=(11,))
    frame = frame_of(image, rng)
    table, traces = trace(frame)
    assert [one.found for one in traces] == [True, False]
    assert np.abs(table.centre(12, np.arange(50, 350)) - truth[12][50:350]).max() < 0.5
    alone, _ = trace(frame, together=False)
    assert np.median(alone.centre(12, np.arange(50, 350)) - truth[12][50:350]) < -2.0


def test_no_light_at_all_is_an_error():
    frame = frame_of(np.zeros(FORMAT.shape), np.random.default_rng(6))
    with pytest.raises(UnprocessableDataError, match="no order"):
        trace(frame)


def test_paths_stay_on_the_detector_and_follow_the_solution():
    solution = FORMAT.solution
    for path in order_paths(solution, FORMAT.shape, 2.0):
        assert path.x[0] >= 0
        assert path.x[-1] <= 399
        x, y = solution.detector_position(path.order, path.wavelength_nm, 2.0)
        np.testing.assert_allclose(x, path.x, atol=1e-3)
        np.testing.assert_allclose(y, path.y, atol=1e-3)


def test_orders_off_the_detector_have_no_path():
    assert [path.order for path in order_paths(FORMAT.solution, (80, 400))] == [11]
