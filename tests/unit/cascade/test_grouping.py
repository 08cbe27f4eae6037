import pytest

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.classify import DataFile
from soxs_pipeline.cascade.grouping import make_sets
from tests.support.night_headers import MJD, frame

CASCADE = load("SOXS")
TASKS = {task.name: task for task in CASCADE.tasks}


def sets_of(task, headers):
    item = TASKS[task].main.item
    files = [DataFile(f"{i}", item, str(h["SEQ.ARM"]), h) for i, h in enumerate(headers)]
    found = make_sets(files, TASKS[task], CASCADE, 3)
    return [[int(file.name) for file in files] for files, _ in found]


def biases(number, start, mjd=MJD, **more):
    return [
        frame("VIS", "BIAS", "IMAGE", mjd + i * 1e-3, tpl_start=start, **more)
        for i in range(number)
    ]


def test_templates_are_separate_sets():
    assert sets_of("bias", biases(3, "A") + biases(4, "B", MJD + 0.1)) == [
        [0, 1, 2],
        [3, 4, 5, 6],
    ]


def test_a_small_set_joins_the_nearest_full_one_of_its_night():
    headers = biases(3, "A") + biases(1, "B", MJD + 0.01) + biases(3, "C", MJD + 0.3)
    assert sets_of("bias", headers) == [[0, 1, 2, 3], [4, 5, 6]]


def test_small_sets_join_one_another():
    headers = biases(1, "A") + biases(2, "B", MJD + 0.1)
    assert sets_of("bias", headers) == [[0, 1, 2]]


def test_small_sets_of_other_nights_stay_apart():
    assert sets_of("bias", biases(1, "A") + biases(2, "B", MJD + 3)) == [[0], [1, 2]]


def test_frames_without_a_template_are_a_set_of_their_night():
    assert sets_of("bias", biases(3, None) + biases(3, None, MJD + 3)) == [[0, 1, 2], [3, 4, 5]]


def test_mixed_binning_is_never_combined():
    headers = biases(2, "A") + biases(2, "A", MJD + 0.01, det_binx=2)
    assert sets_of("bias", headers) == [[0, 1], [2, 3]]


def test_exposure_times_that_differ_in_the_fourth_decimal_are_equal():
    headers = [
        frame("NIR", "DARK", "IMAGE", MJD + i / 1e3, exptime=15 + i * 1e-4, tpl_start="A")
        for i in range(3)
    ]
    assert sets_of("dark", headers) == [[0, 1, 2]]


def exposure(arm, mjd, **more):
    return frame(arm, "OBJECT", "ECHELLE,SLIT,STARE", mjd, catg="SCIENCE", **more)


def observed(arm, start, mjd=MJD, **more):
    named = {"obs_id": 7, "obs_targ_name": "SN", **more}
    return exposure(arm, mjd, obs_start=start, **named)


def test_arms_whose_start_differs_by_seconds_are_one_observation():
    headers = [
        observed("VIS", "2025-08-31T02:09:00"),
        observed("NIR", "2025-08-31T02:09:04.5"),
    ]
    assert sets_of("science_merge", headers) == [[0, 1]]


def test_arms_meet_even_if_one_start_is_hours_off_but_nothing_else_fits():
    headers = [observed("VIS", "2025-08-31T02:09:00"), observed("NIR", "2025-08-31T05:00:00")]
    assert sets_of("science_merge", headers) == [[0, 1]]


def test_a_block_repeated_in_the_night_is_two_observations():
    headers = [
        observed(arm, f"2025-08-31T0{hour}:00:00", MJD + hour / 24)
        for hour in (1, 4)
        for arm in ("VIS", "NIR")
    ]
    assert sets_of("science_merge", headers) == [[0, 1], [2, 3]]


def test_several_exposures_of_a_block_are_one_observation():
    headers = [observed("VIS", "2025-08-31T02:09:00", MJD + i / 50) for i in range(3)]
    assert sets_of("science_merge", headers) == [[0, 1, 2]]


def test_other_targets_and_nights_stay_apart():
    headers = [
        observed("VIS", None),
        observed("VIS", None, MJD + 0.01, obs_targ_name="OTHER"),
        observed("VIS", None, MJD + 1),
    ]
    assert sets_of("science_merge", headers) == [[0], [1], [2]]


@pytest.mark.parametrize("named", [{"obs_targ_name": "SN"}, {}])
def test_without_a_block_number_the_target_and_the_night_decide(named):
    headers = [exposure(arm, MJD, **named).merged({"OBJECT": "SN"}) for arm in ("VIS", "NIR")]
    assert sets_of("science_merge", headers) == [[0, 1]]


def test_exposures_that_tell_nothing_are_not_thrown_together():
    assert sets_of("science_merge", [exposure("VIS", MJD), exposure("VIS", MJD + 0.01)]) == [
        [0],
        [1],
    ]
