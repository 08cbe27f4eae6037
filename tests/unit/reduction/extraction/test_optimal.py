from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.objects import SlitProfile, Source, Sources
from soxs_pipeline.domain.quality import FATAL, Quality
from soxs_pipeline.domain.spectra import Blaze
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.reduction.extraction.optimal import ExtractionOptions, extract_orders
from tests.support.sky_scene import BLUR_PX, READ_NOISE, Star, make_geometry, make_scene

GEOMETRY = make_geometry()
NOTHING = SlitProfile(*(np.zeros(1) for _ in range(4)))


def known(*stars):
    """The sources as they are: these tests are about the extraction alone."""
    return Sources(
        tuple(
            Source(
                np.array([star.position, star.drift]), np.array([star.fwhm]), star.beta,
                (1000.0, 1200.0), 50.0, False, BLUR_PX,
            )
            for star in stars
        ),
        NOTHING,
    )  # fmt: skip


def without_sky(scene, sky_sigma=0.0):
    """The frame less a sky that is known but for an error common to a wavelength."""
    data = (scene.frame.data - scene.sky).astype(np.float32)
    frame = scene.frame.with_data(data, scene.variance)
    sky = scene.frame.with_data(scene.sky, np.full(frame.shape, sky_sigma**2))
    return frame, sky


def extracted(scene, *stars, options=None, blaze=None):
    frame, sky = without_sky(scene)
    options = options or ExtractionOptions()
    return extract_orders(frame, sky, known(*stars), GEOMETRY, blaze, options)


def inner(spectrum, scene):
    """Bins off the ends of the order, and the true flux there."""
    keep = slice(20, -20)
    truth = scene.spectra[spectrum.order][spectrum.x.astype(int)]
    return spectrum.flux[keep], spectrum.variance[keep], truth[keep]


@pytest.mark.parametrize("flux", [20.0, 300.0, 20000.0])
def test_flux_is_unbiased_and_errors_are_right(flux):
    star, pulls, ratios = Star(flux), [], []
    for seed in range(6):
        scene = make_scene(GEOMETRY, seed, (star,))
        for spectrum in extracted(scene, star):
            value, variance, truth = inner(spectrum, scene)
            pulls.append((value - truth) / np.sqrt(variance))
            ratios.append(np.mean(value) / flux)
    pulls = np.concatenate(pulls)
    assert np.mean(ratios) == pytest.approx(1.0, abs=max(0.003, 0.6 / flux))
    assert np.std(pulls) == pytest.approx(1.0, abs=0.05)


def test_the_signal_to_noise_is_that_of_the_ideal():
    star = Star()
    scene = make_scene(GEOMETRY, 1, (star,))
    for spectrum in extracted(scene, star):
        columns = scene.stars * (GEOMETRY.pixel_map.order == spectrum.order)
        columns = columns[:, spectrum.x.astype(int)]
        share = columns / columns.sum(axis=0)
        noise2 = (READ_NOISE**2 + scene.sky + scene.stars)[:, spectrum.x.astype(int)]
        ideal = star.flux * np.sqrt((share**2 / noise2).sum(axis=0))
        ours = spectrum.flux / np.sqrt(spectrum.variance)
        assert np.median(ours / ideal) > 0.97


def test_the_correlation_of_neighbours_is_as_told():
    star, measured, told = Star(), [], []
    for seed in range(8):
        scene = make_scene(GEOMETRY, seed, (star,))
        for spectrum in extracted(scene, star):
            value, variance, truth = inner(spectrum, scene)
            pull = (value - truth) / np.sqrt(variance)
            measured.append(np.mean(pull[1:] * pull[:-1]))
            told.append(np.mean(spectrum.correlation[20:-20]))
    assert np.mean(measured) == pytest.approx(np.mean(told), abs=0.04)


def test_emission_lines_without_continuum_survive_in_shape():
    star = Star(flux=0.0, lines=((150.0, 50000.0), (250.0, 5000.0)), fwhm=0.6)
    scene = make_scene(GEOMETRY, 2, (star,))
    for spectrum in extracted(scene, star):
        truth = scene.spectra[spectrum.order][spectrum.x.astype(int)]
        near = np.abs(spectrum.x - 150.0) < 8
        assert spectrum.flux[near].sum() == pytest.approx(truth[near].sum(), rel=0.02)

        def width(values, x):
            centre = (values * x).sum() / values.sum()
            return np.sqrt((values * (x - centre) ** 2).sum() / values.sum())

        broadening = width(spectrum.flux[near], spectrum.x[near]) / width(
            truth[near], spectrum.x[near]
        )
        assert broadening == pytest.approx(1.0, abs=0.03)
        assert (spectrum.quality[near] & np.uint32(FATAL) == 0).all()


def test_cosmic_rays_do_not_reach_the_spectrum():
    star = Star(800.0)
    scene = make_scene(GEOMETRY, 3, (star,), hits=150)
    for spectrum in extracted(scene, star):
        value, variance, truth = inner(spectrum, scene)
        good = (spectrum.quality[20:-20] & np.uint32(FATAL)) == 0
        assert good.mean() > 0.97
        # Two hits in the few rows of one column cannot always be told from light.
        assert np.mean(np.abs((value - truth) / np.sqrt(variance))[good] > 5.0) < 0.01


def test_an_error_of_the_sky_adds_up_over_the_rows():
    star = Star()
    scene = make_scene(GEOMETRY, 4, (star,))
    frame, sky = without_sky(scene)
    unsure = sky.with_data(sky.data, np.full(frame.shape, 1.0))
    options = ExtractionOptions()
    for sure, other in zip(
        extract_orders(frame, sky, known(star), GEOMETRY, None, options),
        extract_orders(frame, unsure, known(star), GEOMETRY, None, options),
        strict=True,
    ):
        # About four rows carry the weight: sixteen times the variance of one, not four.
        added = np.median(other.variance - sure.variance)
        assert added == pytest.approx(np.median(sure.sky / scene.sky.mean()) ** 2, rel=0.5)


def test_a_column_without_pixels_is_flagged_not_filled():
    star = Star()
    scene = make_scene(GEOMETRY, 5, (star,))
    frame, sky = without_sky(scene)
    dead = np.zeros(frame.shape, bool)
    dead[:, 195:206] = True
    frame = frame.flagged(dead, Quality.DEAD)
    for spectrum in extract_orders(frame, sky, known(star), GEOMETRY, None, ExtractionOptions()):
        lost = np.abs(spectrum.x - 200.0) < 2
        assert (spectrum.quality[lost] & np.uint32(FATAL) != 0).all()
        assert np.isfinite(spectrum.flux).all()
        assert (spectrum.variance[lost] > 100.0 * np.median(spectrum.variance)).all()


def test_bins_whose_core_is_lost_tell_their_neighbours_nothing():
    star = Star(80.0)
    scene = make_scene(GEOMETRY, 5, (star,))
    frame, sky = without_sky(scene)
    # All rows that hold light of the star, but not the wings in which there is none.
    core = scene.stars > 0.02 * scene.stars.max(axis=0)
    columns = np.isin(np.arange(frame.shape[1]), np.arange(60, 360, 15))
    lost = columns & core
    frame = frame.flagged(lost, Quality.COSMIC_RAY)
    pulls = []
    for spectrum in extract_orders(frame, sky, known(star), GEOMETRY, None, ExtractionOptions()):
        at = spectrum.x.astype(int)
        assert (spectrum.quality[columns[at]] & np.uint32(FATAL) != 0).mean() > 0.9
        beside = columns[at - 1] | columns[at + 1] | columns[at - 2] | columns[at + 2]
        beside &= (spectrum.quality & np.uint32(FATAL)) == 0
        truth = scene.spectra[spectrum.order][at]
        pulls.append(((spectrum.flux - truth) / np.sqrt(spectrum.variance))[beside])
    pulls = np.concatenate(pulls)
    assert pulls.size > 100
    assert np.abs(pulls).max() < 5.0


def test_a_neighbour_does_not_leak_in():
    star, neighbour = Star(100.0, 0.0, 0.0), Star(2000.0, 2.2, 0.0)
    scene = make_scene(GEOMETRY, 6, (star, neighbour))
    for spectrum in extracted(scene, star, neighbour):
        value, variance, truth = inner(spectrum, scene)
        assert np.mean(value) == pytest.approx(100.0, rel=0.03)
        assert np.std((value - truth) / np.sqrt(variance)) == pytest.approx(1.0, abs=0.1)


def test_the_boxcar_holds_nearly_all_the_light():
    star = Star(3000.0, beta=6.0)
    scene = make_scene(GEOMETRY, 7, (star,))
    options = ExtractionOptions(method="boxcar", aperture_arcsec=9.0)
    for spectrum in extracted(scene, star, options=options):
        assert np.mean(spectrum.flux[20:-20]) == pytest.approx(3000.0, rel=0.01)
        assert (spectrum.flux == spectrum.boxcar).all()
        optimal = extracted(scene, star)
        assert np.median(spectrum.variance) > 1.3 * np.median(optimal[0].variance)


def test_a_wrong_width_of_a_bright_source_is_mended_by_the_data():
    star = Star(20000.0)
    scene = make_scene(GEOMETRY, 8, (star,))
    for spectrum in extracted(scene, replace(star, fwhm=1.3)):
        assert np.mean(spectrum.flux[20:-20]) == pytest.approx(20000.0, rel=0.01)


def test_bins_rise_in_wavelength_and_carry_the_blaze():
    star = Star()
    scene = make_scene(GEOMETRY, 9, (star,))
    wave = np.linspace(1200.0, 1090.0, 500)
    blaze = Blaze(np.array([11]), wave[None], 2.0 * wave[None])
    first, second = extracted(scene, star, blaze=blaze)
    assert (first.order, second.order) == (12, 11)
    assert (np.diff(second.wavelength_nm) > 0).all()
    assert np.nanmax(np.abs(second.blaze - 2.0 * second.wavelength_nm)) < 1e-6
    assert np.isnan(first.blaze).all()
    assert second.width_nm == pytest.approx(np.gradient(second.wavelength_nm), rel=0.01)


def test_inputs_of_different_shape_are_refused():
    frame, sky = without_sky(make_scene(GEOMETRY))
    small = replace(sky, data=sky.data[1:], variance=sky.variance[1:], quality=sky.quality[1:])
    with pytest.raises(InputError, match="shapes differ"):
        extract_orders(frame, small, known(Star()), GEOMETRY, None, ExtractionOptions())


def test_a_source_beyond_the_slit_is_an_error():
    frame, sky = without_sky(make_scene(GEOMETRY))
    with pytest.raises(UnprocessableDataError, match="crosses no order"):
        extract_orders(frame, sky, known(Star(position=9.5)), GEOMETRY, None, ExtractionOptions())
