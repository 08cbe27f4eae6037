"""Quality control over time."""

import pytest

from soxs_pipeline.qc.trends import measurements_of, trends


def record(
    recipe="soxs_mbias", arm="VIS", product="20260314T154000_VIS_1X1_MBIAS_SOXS.fits", **qc
):
    return {
        "recipe": recipe,
        "arm": arm,
        "products": {"master_bias": {"file": product}},
        "qc": [
            {
                "key": key.replace("_", " "), "order": order, "value": value, "unit": "electron",
                "doc": "Meaning", "low": 0.0, "high": 5.0,
                "grade": "bad" if isinstance(value, float) and value > 5 else "good",
            }
            for key, told in qc.items()
            for order, value in (told if isinstance(told, list) else [(None, told)])
        ],
    }  # fmt: skip


def test_only_numbers_are_measurements():
    found = measurements_of(record(RON=3.0, NAME="x", NONE=None, FLAG=True, COUNT=3), 61113.0)
    assert {one.key: one.value for one in found} == {"RON": 3.0, "COUNT": 3.0}
    assert {one.setup for one in found} == {"VIS_1X1_MBIAS"}
    assert {one.product for one in found} == {"20260314T154000_VIS_1X1_MBIAS_SOXS.fits"}


def test_values_of_one_kind_are_put_in_the_order_of_their_dates():
    values = [(61115.0, 3.0), (61113.0, 1.0), (61114.0, 2.0), (61116.0, 9.0)]
    found = [one for mjd, ron in values for one in measurements_of(record(RON=ron), mjd)]
    (trend,) = trends(found)
    assert [point.value for point in trend.points] == [1.0, 2.0, 3.0, 9.0]
    assert trend.middle == 2.5
    assert trend.scatter == pytest.approx(1.4826)
    assert trend.bad == 1


def test_recipes_arms_keys_and_orders_can_be_chosen():
    found = [
        *measurements_of(record(RAW_RON=3.0, LEVEL=1.0, FPN=[(10, 1.0), (11, 2.0)]), 61113.0),
        *measurements_of(record("soxs_mdark", "NIR", RAW_RON=7.0, LEVEL=float("nan")), 61113.0),
    ]

    def names(**chosen):
        return [(t.first.recipe, t.first.key, t.first.order) for t in trends(found, **chosen)]

    assert names(keys=["ron"]) == [
        ("soxs_mbias", "RAW RON", None), ("soxs_mdark", "RAW RON", None),
    ]  # fmt: skip
    assert names(arms=["NIR"]) == [("soxs_mdark", "RAW RON", None)]
    assert names(recipes=["soxs_mbias"], by_order=True)[2:] == [
        ("soxs_mbias", "FPN", 10), ("soxs_mbias", "FPN", 11),
    ]  # fmt: skip


def test_setups_are_kept_apart():
    names = ("20260314T154000_NIR_MDARK_15_SOXS.fits", "20260314T164000_NIR_MDARK_600_SOXS.fits")
    found = [one for name in names for one in measurements_of(record(product=name, RON=1.0), 1.0)]
    (trend,) = trends(found)
    assert list(trend.by_setup()) == ["NIR_MDARK_15", "NIR_MDARK_600"]
