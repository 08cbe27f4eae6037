"""Frames that arrive."""

from soxs_pipeline.domain.header import Header
from soxs_pipeline.runtime.arrivals import Arrivals, Stamp, stamps, unfinished

NS = 10**9


def test_stamps_are_of_fits_files_in_and_below_the_folder(tmp_path):
    (tmp_path / "night").mkdir()
    for name in ("a.fits", "night/b.fits.gz", "c.txt", "._a.fits"):
        (tmp_path / name).write_text("x" * 3)
    found = stamps(tmp_path)
    assert set(found) == {str(tmp_path / "a.fits"), str(tmp_path / "night/b.fits.gz")}
    assert {size for size, _ in found.values()} == {3}


def test_a_file_has_settled_when_it_did_not_change_for_long_enough():
    arrivals = Arrivals()
    assert arrivals.look({"a": Stamp(10, 5 * NS), "b": Stamp(10, 98 * NS)}, 100.0, first=True)
    assert set(arrivals.settled(100.0, 10.0)) == {"a"}
    # Copies keep the time of the original; what counts is when we saw them first.
    assert arrivals.look(
        {"a": Stamp(10, 5 * NS), "b": Stamp(10, 98 * NS), "c": Stamp(3, 5 * NS)}, 105.0
    )
    assert set(arrivals.settled(110.0, 10.0)) == {"a", "b"}
    assert arrivals.look({"a": Stamp(10, 5 * NS), "c": Stamp(6, 5 * NS)}, 112.0)
    assert set(arrivals.settled(116.0, 10.0)) == {"a"}
    assert not arrivals.look({"a": Stamp(10, 5 * NS), "c": Stamp(6, 5 * NS)}, 122.0)
    assert set(arrivals.settled(122.0, 10.0)) == {"a", "c"}


def test_the_clock_of_another_computer_may_be_ahead():
    arrivals = Arrivals()
    arrivals.look({"a": Stamp(10, 5000 * NS)}, 100.0, first=True)
    assert set(arrivals.settled(110.0, 10.0)) == {"a"}


def template(number, wanted, tech="ECHELLE,SLIT,NOD", start="T1"):
    return {
        f"{start}_{k}.fits": Header(
            {
                "ESO TPL START": start,
                "ESO TPL EXPNO": k,
                "ESO TPL NEXP": wanted,
                "ESO DPR TECH": tech,
            }
        )
        for k in range(1, number + 1)
    }


def arrived(headers, at_s):
    return dict.fromkeys(headers, at_s)


def test_half_a_template_waits_until_its_last_frame_is_there():
    half, whole = template(2, 4), template(4, 4)
    reasons, first = unfinished(half, arrived(half, 70.0), 50.0)
    assert set(reasons) == set(half)
    assert "2 of 4" in reasons["T1_1.fits"]
    assert first == 70.0
    assert unfinished(whole, arrived(whole, 70.0), 50.0) == ({}, float("inf"))


def test_a_template_that_was_broken_off_is_given_up():
    half = template(2, 4)
    assert unfinished(half, arrived(half, 50.0), 50.0)[0] == {}


def test_exposures_on_the_slit_wait_for_nothing_nor_do_products():
    stares = template(1, 3, "ECHELLE,SLIT,STARE")
    products = {p: h.merged({"ESO PRO CATG": "X"}) for p, h in template(1, 3, start="T2").items()}
    lone = {"x.fits": Header({"ESO TPL EXPNO": 1, "ESO TPL NEXP": 9})}
    headers = {**stares, **products, **lone}
    assert unfinished(headers, arrived(headers, 70.0), 50.0)[0] == {}


def test_the_first_template_to_be_given_up_is_told():
    first, second = template(2, 4), template(1, 5, start="T2")
    came_s = {**arrived(first, 60.0), **arrived(second, 70.0)}
    reasons, newest = unfinished({**first, **second}, came_s, 50.0)
    assert len(reasons) == 3
    assert newest == 60.0
