"""Both arms extract the same object."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.objects import SlitProfile, Source, Sources
from soxs_pipeline.reduction.sources.onetarget import as_seen_beside

NOTHING = SlitProfile(*(np.zeros(1) for _ in range(4)))
VIS, NIR = (350.0, 850.0), (800.0, 2050.0)
LIT = (-5.4, 5.4)


def at(place, sigma, domain, fwhm=0.8, drift=0.0, *, forced=False):
    return Source(
        np.array([place, drift]), np.array([fwhm, -0.05]), 3.0, domain, sigma, forced, 1.6, 1.0
    )


def seen(*sources, aim=0.0):
    return Sources(sources, NOTHING, aim)


def places(sources):
    """Where the sources are, without those that stand for light taken for sky."""
    return [round(float(s.position(sum(s.wave_domain_nm) / 2)), 3) for s in sources.sources
            if float(np.mean(s.fwhm_coef[0])) < 5.0]  # fmt: skip


def test_a_target_that_was_not_found_is_where_the_other_arm_saw_it():
    nir = seen(at(0.0, 0.0, NIR, 1.0, forced=True))
    vis = seen(at(-2.0, 40.0, VIS, 0.7))
    found, said = as_seen_beside(nir, vis, LIT)
    target = found.sources[0]
    assert places(found) == [-2.0]
    assert target.forced
    assert target.wave_domain_nm == NIR
    # The seeing of 800 nm, taken to the middle of the arm by the law of Kolmogorov.
    wave = 850.0 - 50.0
    wide = float(vis.sources[0].fwhm(wave)) * (1425.0 / wave) ** -0.2
    assert float(target.fwhm(1425.0)) == pytest.approx(wide)
    assert "-2.00 arcsec" in said[0]
    assert "40 sigma" in said[0]


def test_what_the_sky_took_of_it_is_fitted_with_it_unless_it_was_modelled_there():
    vis = seen(at(-2.0, 40.0, VIS))
    elsewhere, _ = as_seen_beside(seen(at(0.0, 0.0, NIR, forced=True)), vis, LIT)
    wide = elsewhere.sources[1:]
    assert [float(s.position(1425.0)) for s in wide] == [-5.4, 0.0, 5.4]
    assert all(float(s.fwhm(1425.0)) > 10.0 for s in wide)
    there, said = as_seen_beside(seen(at(-1.8, 0.0, NIR, forced=True)), vis, LIT)
    assert len(there.sources) == 1
    assert said
    # A bump of the noise there was modelled as well.
    assert len(as_seen_beside(seen(at(-2.3, 4.8, NIR)), vis, LIT)[0].sources) == 1


def test_the_offsets_of_a_nod_are_taken_into_account():
    nir = seen(at(-3.0, 0.0, NIR, forced=True), aim=-3.0)
    vis = seen(at(3.4, 40.0, VIS), aim=3.0)
    assert places(as_seen_beside(nir, vis, LIT)[0]) == [-2.6]


def test_its_course_is_taken_where_it_is_trusted_next_to_the_other_arm():
    nir = seen(at(0.0, 0.0, NIR, forced=True))
    vis = seen(at(1.0, 40.0, VIS, drift=0.5))
    assert places(as_seen_beside(nir, vis, LIT)[0]) == [1.4]
    assert places(as_seen_beside(seen(at(0, 0, VIS, forced=True)), seen(at(1, 9, NIR, drift=0.5)),
                                 LIT)[0]) == [0.6]  # fmt: skip


@pytest.mark.parametrize(
    ("own", "other"),
    [
        pytest.param(at(0.3, 30.0, NIR), at(0.0, 90.0, VIS), id="the same place"),
        pytest.param(at(0.9, 30.0, NIR), at(2.0, 90.0, VIS), id="nearer to the aim"),
        pytest.param(at(2.0, 30.0, NIR), at(0.0, 8.0, VIS), id="not sure"),
        pytest.param(at(2.0, 900.0, NIR), at(0.0, 30.0, VIS), id="a faint neighbour"),
        pytest.param(at(2.0, 30.0, NIR), at(0.0, 0.0, VIS, forced=True), id="not found"),
        pytest.param(at(0.0, 0.0, NIR, forced=True), at(1.0, 4.0, VIS), id="marginal"),
        pytest.param(at(0.0, 0.0, NIR, forced=True), at(7.0, 40.0, VIS), id="off the slit"),
    ],
)
def test_a_target_stays_where_the_other_arm_tells_nothing_better(own, other):
    sources = seen(own)
    found, said = as_seen_beside(sources, seen(other), LIT)
    assert found is sources
    assert said == []


def test_of_several_the_one_that_both_see_and_that_is_next_to_the_aim_is_the_target():
    nir = seen(at(-1.6, 300.0, NIR), at(1.1, 20.0, NIR))
    vis = seen(at(1.0, 50.0, VIS), at(-1.6, 60.0, VIS))
    found, said = as_seen_beside(nir, vis, LIT)
    assert places(found) == [1.1, -1.6]
    assert not found.sources[0].forced
    assert "+1.10 arcsec" in said[0]
    # The other arm comes to the same conclusion.
    assert as_seen_beside(vis, nir, LIT)[0] is vis


def test_a_target_that_was_found_is_not_given_up_for_an_empty_place():
    sources = seen(at(-2.0, 30.0, NIR))
    found, said = as_seen_beside(sources, seen(at(0.5, 60.0, VIS)), LIT)
    assert found is sources
    assert "-2.00 arcsec is not that of the other arm" in said[0]
    assert "+0.50 arcsec" in said[0]


def test_a_bump_of_the_noise_is_neither_target_nor_neighbour():
    found, _ = as_seen_beside(seen(at(-2.0, 4.0, NIR)), seen(at(0.5, 60.0, VIS)), LIT)
    assert places(found) == [0.5]


@pytest.mark.parametrize("told", ["own", "other"])
def test_a_place_that_the_user_told_stands(told):
    nir, vis = seen(at(0.0, 0.0, NIR, forced=True)), seen(at(-2.0, 40.0, VIS))
    if told == "own":
        nir = replace(nir, aim_arcsec=float("nan"))
    else:
        vis = replace(vis, aim_arcsec=float("nan"))
    assert as_seen_beside(nir, vis, LIT) == (nir, [])


def test_without_another_arm_or_without_sources_nothing_changes():
    nir = seen(at(0.0, 0.0, NIR, forced=True))
    assert as_seen_beside(nir, None, LIT) == (nir, [])
    assert as_seen_beside(nir, seen(), LIT) == (nir, [])


def test_what_was_fitted_beside_a_target_that_was_not_found_stays():
    galaxy = at(2.2, 60.0, NIR, 2.6)
    nir = seen(replace(at(0.0, 0.0, NIR, forced=True), flux_error=0.2), galaxy)
    found, _ = as_seen_beside(nir, seen(at(0.2, 30.0, VIS)), LIT)
    assert found.sources[0].flux_error == 0.2
    assert places(found) == [0.2, 2.2]


@pytest.mark.parametrize(
    ("sigma", "theirs", "taken"), [(6.0, 40.0, 0.2), (6.0, 15.0, 3.0), (12.0, 90.0, 3.0)]
)
def test_a_doubtful_find_is_given_up_for_a_sure_one_of_the_other_arm(sigma, theirs, taken):
    found, said = as_seen_beside(seen(at(3.0, sigma, NIR)), seen(at(0.2, theirs, VIS)), LIT)
    assert places(found)[0] == taken
    assert said
    assert found.sources[0].forced == (taken == 0.2)
