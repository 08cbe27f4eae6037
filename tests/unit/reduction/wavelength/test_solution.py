from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.lines import LineList
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import NoSolutionError, UnprocessableDataError
from soxs_pipeline.reduction.wavelength.lines import find_bright_spots
from soxs_pipeline.reduction.wavelength.pixelmap import make_pixel_map
from soxs_pipeline.reduction.wavelength.solution import (
    describe_gaps,
    describe_saturation,
    solve_dispersion,
)
from tests.support.optics import (
    PINHOLES,
    make_arc,
    make_format,
    make_frame,
    make_lines,
    make_open_order_table,
)

FIRST = {"degrees": (4, 0), "reach_px": (40.0, 15.0), "half_px": (4, 4)}
FULL = {"degrees": (4, 2), "reach_px": (8.0, 1.9), "half_px": (4, 2)}


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def flexed(solution, *, dx=7.3, dy=-3.1, rotation=2e-3):
    x_coef = solution.x_coef - rotation * solution.y_coef
    y_coef = solution.y_coef + rotation * solution.x_coef
    x_coef[:, 0, 0] += dx
    y_coef[:, 0, 0] += dy
    x_coef[:, 2, 0] += 0.2
    return replace(solution, x_coef=x_coef, y_coef=y_coef)


def solve(frame, start, spectral_format, lines, slits, options):
    return solve_dispersion(frame, start, spectral_format, lines, slits, detection_sigma=8.0,
                            moves_together=spectral_format.moves_together, **options)  # fmt: skip


@pytest.mark.parametrize("together", [True, False])
def test_the_map_agrees_with_the_truth(rng, together):
    spectral_format = make_format(together=together)
    truth = flexed(spectral_format.solution)
    lines = make_lines(rng)
    first, *_ = solve(make_arc(truth, lines, [0.0], rng), spectral_format.solution,
                      spectral_format, lines, (0.0,), FIRST)  # fmt: skip
    full, measured, _ = solve(make_arc(truth, lines, PINHOLES, rng), first, spectral_format,
                              lines, PINHOLES, FULL)  # fmt: skip
    maps = [
        make_pixel_map(s, make_open_order_table(s, 400), (160, 400), margin_px=0.0)
        for s in (full, truth)
    ]
    both = (maps[0].order == maps[1].order) & (maps[1].order > 0)
    nm_per_px = 100.0 / 380.0
    error = (maps[0].wavelength_nm - maps[1].wavelength_nm)[both] / nm_per_px
    assert np.sqrt(np.mean(error**2)) < 0.03
    slit = (maps[0].slit_arcsec - maps[1].slit_arcsec)[both]
    assert np.sqrt(np.mean(slit**2)) < 0.01
    assert measured.used.mean() > 0.9


def test_wrong_wavelengths_are_thrown_out(rng):
    spectral_format = make_format()
    lines = make_lines(rng)
    frame = make_arc(spectral_format.solution, lines, PINHOLES, rng)
    wrong = lines.wavelength_nm.copy()
    wrong[[5, 17, 30]] += 0.3
    bad_list = LineList(wrong, lines.intensity, lines.species, lines.clean)
    solution, measured, _ = solve(frame, spectral_format.solution, spectral_format, bad_list,
                                  PINHOLES, FULL)  # fmt: skip
    assert not measured.used[np.isin(measured.wavelength_nm, wrong[[5, 17, 30]])].any()
    x, _ = solution.detector_position(11, 1150.0, 2.0)
    assert x == pytest.approx(
        spectral_format.solution.detector_position(11, 1150.0, 2.0)[0], abs=0.03
    )


def test_clean_lines_decide_where_others_disagree(rng):
    spectral_format = make_format()
    truth = flexed(spectral_format.solution, dx=1.3, dy=0.4)
    lamp = make_lines(rng, 24)
    clean = np.arange(24) % 3 != 0
    wrong_nm = 0.2 * 100.0 / 380.0
    listed = replace(lamp, wavelength_nm=lamp.wavelength_nm + np.where(clean, 0.0, wrong_nm),
                     clean=clean)  # fmt: skip
    solution, *_ = solve(make_arc(truth, lamp, PINHOLES, rng), spectral_format.solution,
                         spectral_format, listed, PINHOLES, FULL)  # fmt: skip
    wavelength = np.linspace(1110.0, 1190.0, 50)
    error = solution.detector_position(11, wavelength, 0.0)[0]
    error -= truth.detector_position(11, wavelength, 0.0)[0]
    assert np.sqrt(np.mean(error**2)) < 0.005


def test_a_line_taken_for_another_does_not_move_the_order(rng):
    spectral_format = make_format()
    truth = flexed(spectral_format.solution, dx=1.3, dy=0.4)
    everything = make_lines(rng, 60)
    # The last line, alone where the order is steepest, is listed 1.5 px beside itself.
    shown = (everything.wavelength_nm < 1185.0) | (np.arange(60) == 59)
    lamp = LineList(*(getattr(everything, n)[shown] for n in ("wavelength_nm", "intensity",
                                                              "species", "clean")))  # fmt: skip
    wrong = np.arange(shown.sum()) == shown.sum() - 1
    listed = replace(lamp, wavelength_nm=lamp.wavelength_nm - np.where(wrong, 0.39, 0.0))
    solution, measured, _ = solve(make_arc(truth, lamp, PINHOLES, rng), spectral_format.solution,
                                  spectral_format, listed, PINHOLES, FULL)  # fmt: skip
    of_the_wrong = np.isin(measured.wavelength_nm, listed.wavelength_nm[wrong])
    assert of_the_wrong.any()
    assert not measured.used[of_the_wrong].any()
    wavelength = np.linspace(1185.0, 1198.0, 20)
    _, y = solution.detector_position(11, wavelength, 0.0)
    assert np.abs(y - truth.detector_position(11, wavelength, 0.0)[1]).max() < 0.05


def test_an_order_without_lines_follows_the_others(rng):
    spectral_format = make_format()
    truth = flexed(spectral_format.solution, rotation=0.0)
    lines = make_lines(rng)
    red = lines.wavelength_nm > 1100.0
    some = LineList(*(getattr(lines, n)[red] for n in ("wavelength_nm", "intensity", "species",
                                                       "clean")))  # fmt: skip
    solution, measured, _ = solve(make_arc(truth, some, [0.0], rng), spectral_format.solution,
                                  spectral_format, some, (0.0,), FIRST)  # fmt: skip
    x, y = solution.detector_position(12, 1050.0, 0.0)
    assert np.allclose((x, y), truth.detector_position(12, 1050.0, 0.0), atol=0.6)
    assert any("order 12" in said for said in describe_gaps(solution, measured))


def test_a_dark_frame_is_unprocessable(rng):
    spectral_format = make_format()
    frame = make_frame(np.zeros((160, 400)), rng)
    with pytest.raises(UnprocessableDataError, match="no arc lines"):
        solve(frame, spectral_format.solution, spectral_format, make_lines(rng), (0.0,), FIRST)


def test_another_lamp_has_no_solution(rng):
    spectral_format = make_format()
    frame = make_arc(spectral_format.solution, make_lines(rng, 25), [0.0], rng)
    other = make_lines(np.random.default_rng(99), 33)
    with pytest.raises(NoSolutionError):
        solve(frame, spectral_format.solution, spectral_format, other, (0.0,),
              {**FIRST, "reach_px": (3.0, 3.0)})  # fmt: skip


def overexposed(frame, percent):
    level = float(np.percentile(frame.data[frame.data > 300.0], percent))
    full = frame.data >= level
    return replace(
        frame,
        data=np.minimum(frame.data, level),
        quality=np.where(full, frame.quality | np.uint32(Quality.SATURATED), frame.quality),
    )


def test_an_overexposed_arc_is_solved_by_what_is_left_and_that_is_said(rng):
    spectral_format, lines = make_format(), make_lines(rng)
    truth = flexed(spectral_format.solution)
    frame = overexposed(make_arc(truth, lines, [0.0], rng), 40)
    solution, measured, expected = solve(
        frame, spectral_format.solution, spectral_format, lines, (0.0,), FIRST
    )
    x, _ = solution.detector_position(11, np.array([1080.0, 1150.0]), 0.0)
    true, _ = truth.detector_position(11, np.array([1080.0, 1150.0]), 0.0)
    assert np.allclose(x, true, atol=0.3)
    assert measured.used.sum() < 0.7 * expected.x.size
    assert "saturated" in describe_saturation(frame, expected)[0]


def test_saturated_lines_still_tell_the_pattern(rng):
    spectral_format, lines = make_format(), make_lines(rng)
    frame = overexposed(make_arc(spectral_format.solution, lines, [0.0], rng), 3)
    spots = find_bright_spots(frame, threshold_sigma=8.0)
    x, y = spectral_format.solution.detector_position(11, lines.wavelength_nm, 0.0)
    on = (x > 5) & (x < 395)
    apart = np.hypot(spots[:, 0] - x[on, None], spots[:, 1] - y[on, None]).min(axis=1)
    assert np.mean(apart < 0.8) > 0.7


def test_lines_that_do_not_agree_make_no_solution(rng):
    spectral_format, lines = make_format(), make_lines(rng)
    frame = make_arc(spectral_format.solution, lines, [0.0], rng)
    # Nanometres of about three pixels: the list puts every line a pixel or so beside its place.
    wrong = rng.choice([-1.0, 1.0], lines.wavelength_nm.size) * rng.uniform(0.2, 0.5)
    listed = replace(lines, wavelength_nm=np.sort(lines.wavelength_nm + wrong))
    with pytest.raises(NoSolutionError, match="half of them lie"):
        solve(frame, spectral_format.solution, spectral_format, listed, (0.0,), FIRST)
