"""Camera images compared with what was put into them."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.camera import Catalogue
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.recipes.soxs_astro_phot import AstroPhotParameters, soxs_astro_phot
from soxs_pipeline.reduction.camera.images import band_of
from soxs_pipeline.reduction.camera.sources import measure_sources
from tests.support.camera_night import MAGNITUDES, matched, night


def run(found, catalogue="own", objects=None, flat="own", **parameters):
    return soxs_astro_phot(
        found.objects if objects is None else objects,
        found.detector,
        found.flat if flat == "own" else flat,
        found.catalogue if catalogue == "own" else catalogue,
        parameters=AstroPhotParameters(**parameters),
    )


def told(outcome):
    return {value.definition.key: value.value for value in outcome.qc}


def some_stars(catalogue, rows):
    return Catalogue(
        catalogue.ra_deg[rows], catalogue.dec_deg[rows], catalogue.pm_ra[rows],
        catalogue.pm_dec[rows], catalogue.epoch,
        {band: m[rows] for band, m in catalogue.magnitudes.items()},
        {band: e[rows] for band, e in catalogue.errors.items()}, catalogue.name,
    )  # fmt: skip


def with_header(raw, **cards):
    kept = {k: v for k, v in raw.header.items() if k not in cards}
    new = {k.replace("__", " "): v for k, v in cards.items() if v is not None}
    return replace(raw, header=Header({**kept, **new}))


@pytest.fixture(scope="module")
def reduced():
    return run(night())


def test_places_and_magnitudes_are_true(reduced):
    image, sources = reduced.products.image, reduced.products.sources
    truth = night().truth[0]
    row, distance = matched(sources, truth)
    fine = (distance < 0.5) & (sources.quality == 0) & (truth["SIZE"][row] == 0)
    fine &= sources.flux > 100 * sources.flux_error
    east = (sources.ra_deg - truth["RA"][row]) * np.cos(np.deg2rad(truth["DEC"][row])) * 3.6e6
    north = (sources.dec_deg - truth["DEC"][row]) * 3.6e6
    assert fine.sum() > 15
    for offsets in (east[fine], north[fine]):
        assert abs(np.median(offsets)) < 5.0
        assert 1.4826 * np.median(np.abs(offsets)) < 15.0
    tie = image.photometry
    # The flat has a median of one, the response that was put in has not.
    level = np.median((sources.flux / truth["RATE"][row])[fine])
    true = night().zero_point + night().colour_term * tie.pivot + 2.5 * np.log10(level)
    assert abs(tie.zero_point - true) < 0.010
    assert abs(tie.zero_point - true) < 4 * tie.error
    assert tie.tied
    assert image.astrometry.tied


def test_pulls_of_fluxes(reduced):
    sources, truth = reduced.products.sources, night().truth[0]
    row, distance = matched(sources, truth)
    fine = (distance < 0.5) & (sources.quality == 0) & (truth["SIZE"][row] == 0)
    ratio = sources.flux / truth["RATE"][row]
    level = np.median(ratio[fine & (sources.flux > 100 * sources.flux_error)])
    pull = ((ratio / level - 1) * sources.flux / sources.flux_error)[fine]
    assert 0.8 < 1.4826 * np.median(np.abs(pull)) < 1.25


def test_stars_are_found(reduced):
    truth, sources = night().truth[0], reduced.products.sources
    inside = (truth["X"] > 10) & (truth["X"] < 1013) & (truth["Y"] > 10) & (truth["Y"] < 1013)
    bright = np.flatnonzero(inside & (truth["MAG"] < 20.0) & (truth["SIZE"] == 0))
    row, distance = matched(sources, truth)
    seen = set(row[distance < 1.0])
    assert np.mean([k in seen for k in bright]) > 0.95


def test_target_is_measured(reduced):
    target = reduced.products.target
    assert target.found
    # Its colour is not that of the mean star.
    colour = MAGNITUDES["g"] - MAGNITUDES["r"]
    assert target.at_colour(colour) == pytest.approx(MAGNITUDES["r"], abs=0.015)
    assert abs(target.magnitude - MAGNITUDES["r"]) < 4 * target.error


def test_quality_control_speaks_of_the_image(reduced):
    qc = told(reduced)
    assert qc["IMG FWHM"] == pytest.approx(0.9, abs=0.06)
    assert qc["AST SHIFT"] < 25.0
    assert 21.0 < qc["IMG LIMIT"] < 24.0
    assert 12.0 < qc["IMG SATUR"] < 16.0
    assert qc["IMG SKYMAG"] == pytest.approx(20.9, abs=0.1)


def test_a_sum_of_dithers_goes_deeper():
    three = night(seed=2, n_dither=3)
    one = run(three, objects=three.objects[:1])
    total = run(three)
    deeper = told(total)["IMG LIMIT"] - told(one)["IMG LIMIT"]
    assert deeper == pytest.approx(1.25 * np.log10(3.0), abs=0.12)
    assert any("3 exposures added" in remark for remark in total.remarks)
    assert len(total.products.image.frame.exposures) == 3
    sources, truth = total.products.sources, three.truth[0]
    row, distance = matched(sources, truth)
    fine = (distance < 0.5) & (sources.quality == 0) & (truth["SIZE"][row] == 0)
    ratio = sources.flux / truth["RATE"][row]
    bright = sources.flux > 100 * sources.flux_error
    level = np.median(ratio[fine & bright])
    # Of bright stars three flats tell no more than half a per cent.
    assert 1.4826 * np.median(np.abs(ratio[fine & bright] / level - 1)) < 0.008
    pull = ((ratio / level - 1) * sources.flux / sources.flux_error)[fine & ~bright]
    assert 0.75 < 1.4826 * np.median(np.abs(pull)) < 1.3


def test_without_a_catalogue_the_image_is_of_lower_grade():
    outcome = run(night(), catalogue=None)
    image = outcome.products.image
    assert not image.astrometry.tied
    assert not image.photometry.tied
    assert image.photometry.error >= 0.5
    assert outcome.products.stars is None
    assert any("no catalogue" in remark for remark in outcome.remarks)


def test_a_wrong_catalogue_is_not_believed():
    rng = np.random.default_rng(3)
    right = night().catalogue
    wrong = replace(
        right,
        ra_deg=right.ra_deg + rng.uniform(-0.02, 0.02, len(right)),
        dec_deg=right.dec_deg + rng.uniform(-0.02, 0.02, len(right)),
    )
    outcome = run(night(), catalogue=wrong)
    assert not outcome.products.image.astrometry.tied
    assert any("could be believed" in remark for remark in outcome.remarks)


def test_two_stars_do_not_tie_an_image():
    outcome = run(night(), catalogue=some_stars(night().catalogue, slice(0, 2)))
    assert not outcome.products.image.astrometry.tied


def test_parity_may_be_wrong():
    raw = night().objects[0]
    mirrored = with_header(raw, CD1_1=-raw.header.number("CD1_1"))
    assert run(night(), objects=[mirrored]).products.image.astrometry.tied


def as_pc(raw):
    steps = [raw.header[f"CD{k}_{k}"] for k in (1, 2)]
    gone = {f"CD{i}_{j}": None for i in (1, 2) for j in (1, 2)}
    return with_header(raw, **gone, CDELT1=steps[0], CDELT2=-steps[1], PC2_2=-1.0)


def test_world_coordinates_may_be_written_as_pc():
    image = run(night(), objects=[as_pc(night().objects[0])]).products.image
    assert image.astrometry.tied
    # A matrix that is wrong by its parity would be found all the same.
    nothing = run(night(), catalogue=None, objects=[as_pc(night().objects[0])]).products.image
    usual = run(night(), catalogue=None).products.image
    assert nothing.astrometry.cd == pytest.approx(usual.astrometry.cd)


@pytest.mark.parametrize("label", ["LSST.r", "SDSSr", "sdss-r", "r'", "Sloan r", "r_LSST"])
def test_names_of_filters(label):
    assert band_of(Header({"ESO INS ACFW ID": label})) == "r"
    assert band_of(Header({"ESO INS ACFW ID": label.replace("r", "V")})) == "V"


@pytest.mark.parametrize("label", ["FREE", "Halpha", "", "ND1"])
def test_what_is_no_band(label):
    assert band_of(Header({"ESO INS ACFW ID": label})) == ""


def test_no_world_coordinates_but_a_pointing():
    raw = night().objects[0]
    bare = with_header(raw, **dict.fromkeys(["CRVAL1", "CRVAL2", "CD1_1", "CD2_2"]))
    assert run(night(), objects=[bare]).products.image.astrometry.tied


@pytest.mark.parametrize(("quarters", "mirrored"), [(1, False), (2, True), (3, True)])
def test_nothing_says_how_the_camera_was_turned(quarters, mirrored):
    raw = night().objects[0]
    data = np.rot90(raw.data, quarters)[:, :: -1 if mirrored else 1]
    bare = with_header(raw, **dict.fromkeys(["CRVAL1", "CRVAL2", "CD1_1", "CD2_2"]))
    turned = replace(bare, data=np.ascontiguousarray(data))
    image = run(night(), objects=[turned], flat=None).products.image
    assert image.astrometry.tied
    assert image.astrometry.stars > 0.8 * run(night()).products.image.astrometry.stars


def test_an_oblique_camera_without_an_orientation_is_found():
    # Without world coordinates the header's north is up; here the stars are turned instead.
    raw, known = night().objects[0], night().catalogue
    bare = with_header(raw, **dict.fromkeys(["CRVAL1", "CRVAL2", "CD1_1", "CD2_2"]))
    ra0, dec0 = raw.header.number("RA"), raw.header.number("DEC")
    shrink = np.cos(np.deg2rad(dec0))
    east, north = (known.ra_deg - ra0) * shrink, known.dec_deg - dec0
    c, s = np.cos(np.deg2rad(34.0)), np.sin(np.deg2rad(34.0))
    oblique = replace(
        known,
        ra_deg=ra0 + (c * east - s * north) / shrink,
        dec_deg=dec0 + s * east + c * north,
        pm_ra=0.0 * known.pm_ra,
        pm_dec=0.0 * known.pm_dec,
    )
    assert run(night(), catalogue=oblique, objects=[bare]).products.image.astrometry.tied


def test_stars_too_bright_for_the_image_do_not_hide_the_others():
    known, rng = night().catalogue, np.random.default_rng(2)
    more = 90
    middle, dec0 = np.median(known.ra_deg), np.median(known.dec_deg)
    east, north = rng.uniform(-0.03, 0.03, (2, more))
    bright = Catalogue(
        np.append(known.ra_deg, middle + east / np.cos(np.deg2rad(dec0))),
        np.append(known.dec_deg, dec0 + north),
        np.append(known.pm_ra, np.zeros(more)), np.append(known.pm_dec, np.zeros(more)),
        known.epoch,
        {band: np.append(m, np.full(more, 9.0)) for band, m in known.magnitudes.items()},
        {band: np.append(e, np.full(more, 0.01)) for band, e in known.errors.items()}, known.name,
    )  # fmt: skip
    assert run(night(), catalogue=bright).products.image.astrometry.tied


def test_nothing_says_where_it_points():
    raw = night().objects[0]
    lost = with_header(raw, **dict.fromkeys(["CRVAL1", "CRVAL2", "RA", "DEC"]))
    with pytest.raises(UnprocessableDataError, match="RA and DEC"):
        run(night(), objects=[lost])


def test_the_exposure_time_must_be_known():
    raw = night().objects[0]
    with pytest.raises(InputError, match="exposure time"):
        run(night(), objects=[with_header(raw, EXPTIME=0.0)])


def test_an_unknown_filter_has_a_nominal_zero_point():
    raw = night().objects[0]
    odd = replace(raw, header=raw.header.merged({"ESO INS ACFW ID": "free"}))
    outcome = run(night(), objects=[odd])
    assert outcome.products.image.astrometry.tied
    assert not outcome.products.image.photometry.tied
    assert any("'free'" in remark for remark in outcome.remarks)


def test_an_empty_field_is_no_crash():
    raw = night().objects[0]
    rng = np.random.default_rng(4)
    empty = replace(raw, data=rng.normal(700.0, 15.0, raw.data.shape).astype(np.float32))
    outcome = run(night(), objects=[empty], flat=None)
    assert not outcome.products.image.astrometry.tied
    assert any("no flat" in remark for remark in outcome.remarks)


def test_a_saturated_frame_is_refused():
    raw = night().objects[0]
    full = replace(raw, data=np.full(raw.data.shape, 65535.0, np.float32))
    with pytest.raises(UnprocessableDataError, match="saturated"):
        run(night(), objects=[full])


def test_saturated_stars_are_flagged(reduced):
    sources, truth = reduced.products.sources, night().truth[0]
    row, distance = matched(sources, truth)
    brightest = truth["MAG"][row] < told(reduced)["IMG SATUR"] - 0.2
    near = (distance < 3.0) & brightest
    assert near.any()
    assert ((sources.quality[near] & np.uint32(FATAL)) != 0).all()


def test_trailed_and_blurred_stars_are_said():
    trailed = run(night(seed=4, elongation=2.2))
    assert any("trailed" in remark for remark in trailed.remarks)
    blurred = run(night(seed=5, seeing=5.0))
    assert any("out of focus" in remark for remark in blurred.remarks)


def test_a_crowded_field_is_as_good_as_any():
    crowded = night(seed=9, n_known=350)
    outcome = run(crowded)
    image, sources, truth = outcome.products.image, outcome.products.sources, crowded.truth[0]
    assert image.astrometry.stars > 200
    row, distance = matched(sources, truth)
    fine = (distance < 0.5) & (sources.quality == 0) & (truth["SIZE"][row] == 0)
    fine &= sources.flux > 100 * sources.flux_error
    assert fine.sum() > 150
    east = (sources.ra_deg - truth["RA"][row]) * np.cos(np.deg2rad(truth["DEC"][row])) * 3.6e6
    assert abs(np.median(east[fine])) < 2.0
    tie = image.photometry
    level = np.median((sources.flux / truth["RATE"][row])[fine])
    true = crowded.zero_point + crowded.colour_term * tie.pivot + 2.5 * np.log10(level)
    assert abs(tie.zero_point - true) < 0.005


def test_stars_cut_by_the_rim_are_no_crash_and_no_source_lies_beyond_it(reduced):
    """A fit to the half of a star that is on the image may end beyond it."""
    image, sources = reduced.products.image, reduced.products.sources
    bright = np.argsort(-sources.flux)[:6]
    for x in sources.x[bright]:
        cut = slice(None), slice(0, round(x) - 1)  # the sources count from one
        frame = replace(
            image.frame,
            data=image.frame.data[cut],
            variance=image.frame.variance[cut],
            quality=image.frame.quality[cut],
        )
        found = measure_sources(frame, 30.0, 5.0, 5.0)
        assert len(found.fits.x) > 0
        assert (found.fits.x < frame.shape[1] - 0.5).all()


def test_bright_galaxies_do_not_shape_the_profile_of_the_stars(reduced):
    raw, wide, light = night().objects[0], 5.0, 7e6
    y, x = np.mgrid[: raw.data.shape[0], : raw.data.shape[1]]
    data = raw.data.astype(float)
    for x0, y0 in np.random.default_rng(4).uniform(80, 940, (10, 2)):
        distance2 = (x - x0) ** 2 + (y - y0) ** 2
        data += light / (2.0 * np.pi * wide**2) * np.exp(-0.5 * distance2 / wide**2)
    image = run(night(), objects=[replace(raw, data=data)]).products.image
    assert image.fwhm_arcsec == pytest.approx(reduced.products.image.fwhm_arcsec, rel=0.02)


def test_another_star_in_the_place_of_one_does_not_bend_the_image(reduced):
    known = night().catalogue
    pairs = reduced.products.sources.catalogue
    first = pairs[(pairs >= 0) & (reduced.products.sources.quality == 0)][:7]
    few = some_stars(known, first)
    wrong = replace(
        few,
        dec_deg=few.dec_deg + np.where(np.arange(7) == 3, 0.5 / 3600.0, 0.0),
        magnitudes={
            band: m + np.where(np.arange(7) == 3, 4.0, 0.0) for band, m in few.magnitudes.items()
        },
    )
    image = run(night(), catalogue=wrong).products.image
    assert image.astrometry.stars == 6
    assert image.astrometry.rms_mas < 30.0
    assert image.photometry.zero_point == pytest.approx(
        reduced.products.image.photometry.zero_point, abs=0.05
    )


def test_fringes_are_no_sources(reduced):
    raw = night().objects[0]
    y, x = np.mgrid[: raw.data.shape[0], : raw.data.shape[1]]
    fringed = replace(raw, data=raw.data + 25.0 * np.sin(x / 4.0 + y / 9.0))
    found = run(night(), objects=[fringed]).products.sources
    _row, distance = matched(found, night().truth[0])
    assert (distance > 2.0).sum() < 0.1 * len(found.x)
    bright = reduced.products.sources.magnitude < 18.0
    assert len(found.x) > 0.8 * bright.sum()
