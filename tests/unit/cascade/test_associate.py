from collections import Counter
from dataclasses import replace

import pytest

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.classify import DataFile
from tests.support.night_headers import MJD, arm_frames, frame, night

CASCADE = load("SOXS")


def static(item, arm, _mjd):
    if item.tag == "BP_MAP_REFERENCE":
        return None
    return DataFile(f"static/{item.tag}_{arm}.fits", item, arm, {})


def associated(headers, **more):
    return CASCADE.associate(headers, static=static, **more)


def only(association, task, arm=None):
    found = [d for d in association.datasets if d.task.name == task and arm in {None, d.arm}]
    assert len(found) == 1
    return found[0]


def without(headers, *types):
    return [h for h in headers if (h["DPR.TYPE"], h["DPR.TECH"]) not in types]


def test_a_complete_night_can_be_reduced_to_one_merged_spectrum():
    found = associated(night())
    assert all(dataset.ready for dataset in found.datasets)
    wanted = Counter(d.task.name for d in found.observations)
    assert wanted == {
        "science_arm": 2, "science_straighten": 2, "science_merge": 1,
        "science_arm_telluric": 2, "science_telluric": 1,
    }  # fmt: skip
    merged = next(d for d in found.observations if d.task.name == "science_merge")
    assert {file.arm for file in merged.main} == {"VIS", "NIR"}
    assert found.needed() == found.datasets
    assert found.unused(CASCADE) == {}


def test_every_dataset_follows_those_it_takes_from():
    found = associated(night())
    seen = set()
    for dataset in found.datasets:
        assert set(dataset.makers) <= seen
        seen.add(dataset.name)


def test_a_frame_takes_the_nearest_calibration_also_a_later_one():
    headers = night(arm_frames("VIS", MJD), arm_frames("VIS", MJD + 0.9)[:5])
    found = associated(headers)
    bias = next(c for c in only(found, "science_stare").choices if c.slot.name == "master_bias")
    assert len(bias.candidates) == 2
    assert bias.files[0].mjd == pytest.approx(MJD - 0.4)


def test_a_calibration_of_another_readout_is_refused_with_both_values():
    frames = [h.merged({"ESO DET READ CURID": 2}) for h in arm_frames("VIS")[:5]]
    found = associated(night([*frames, *arm_frames("VIS")[5:]]))
    arc = only(found, "first_dispersion")
    assert arc.ready
    said = " ".join(arc.notes)
    assert "DET READ CURID is 2, wanted 1" in said
    assert "MASTER_BIAS_VIS" in said


def test_a_calibration_too_old_is_refused_with_its_age():
    found = associated(night(arm_frames("VIS", MJD - 50)[:5], arm_frames("VIS")[5:]))
    said = " ".join(only(found, "first_dispersion").notes)
    assert "days away, at most 31 are allowed" in said


def test_an_older_calibration_is_used_and_remarked():
    found = associated(night(arm_frames("VIS", MJD - 5)[:5], arm_frames("VIS")[5:]))
    stare = only(found, "science_stare")
    assert stare.ready
    assert any("master_bias: taken 5.4 days" in note for note in stare.notes)


def test_a_missing_keyword_counts_as_equal_but_ranks_below_a_true_match():
    strange = [h.merged({"ESO DET BINX": None}) for h in arm_frames("VIS", MJD + 0.3)[:5]]
    found = associated(night(strange, arm_frames("VIS")))
    bias = next(c for c in only(found, "science_stare").choices if c.slot.name == "master_bias")
    assert bias.files[0].mjd == pytest.approx(MJD - 0.4)
    assert "DET BINX is not in both headers" in bias.candidates[1].remarks[0]


def test_a_flat_of_another_slit_serves_as_a_last_resort_with_a_remark():
    found = associated(night(arm_frames("NIR", slit="SLIT5.0")))
    stare = only(found, "science_stare")
    assert stare.ready
    assert any("INS NISE NAME is SLIT1.0, wanted SLIT5.0" in note for note in stare.notes)


def test_the_nearest_exposure_time_is_preferred_before_the_nearest_in_time():
    darks = [h.merged({"EXPTIME": 300.0}) for h in arm_frames("NIR", MJD - 2)[:3]]
    found = associated(night(darks, arm_frames("NIR", exptime=310.0)))
    dark = next(c for c in only(found, "science_stare").choices if c.slot.name == "master_dark")
    assert dark.files[0].header["EXPTIME"] == 300.0


def test_the_nearest_exposure_time_is_so_in_factors():
    darks = [
        frame("NIR", "DARK", "IMAGE", MJD - 1 + i / 1e3 + t / 1e5, exptime=t, tpl_start=f"D{t}")
        for t in (15.0, 600.0)
        for i in (1, 2, 3)
    ]
    found = associated(night(darks, arm_frames("NIR", exptime=150.0)))
    dark = next(c for c in only(found, "science_stare").choices if c.slot.name == "master_dark")
    assert dark.files[0].header["EXPTIME"] == 600.0


def test_lamp_off_frames_of_the_same_lamp_and_time_are_taken_together():
    off = [frame("NIR", "LAMP,WAVE", "IMAGE", MJD - 0.39 + i / 1e3, tpl_start="X") for i in (1, 2)]
    other = [frame("NIR", "LAMP,FLAT", "IMAGE", MJD - 0.39, exptime=99.0)]
    headers = night(arm_frames("NIR"), off, other)
    found = associated(headers)
    lamp_off = next(
        c for c in only(found, "first_dispersion").choices if c.slot.name == "lamp_off"
    )
    assert [file.header for file in lamp_off.files] == off
    assert found.unused(CASCADE) == {list(headers)[-1]: "no other frame needs it"}


def test_a_missing_calibration_blocks_all_that_follows_and_says_why():
    headers = night(without(arm_frames("NIR"), ("LAMP,FLAT", "ECHELLE,PINHOLE")))
    found = associated(headers)
    assert not found.observations[0].ready
    reasons = found.unused(CASCADE)
    science = list(headers)[-1]
    # The science frame names what is missing in the end, not the chain in between.
    assert reasons[science] == (
        "no ORDER_TAB_CENTRES_NIR (order centres) within 31 days: there is no FLAT_PINHOLE_NIR "
        "(flat lamp through one pinhole) for soxs_order_centres to make it from"
    )


def test_one_arm_without_calibrations_does_not_stop_the_other():
    headers = night(arm_frames("VIS"), arm_frames("NIR")[-1:])
    merge = only(associated(headers), "science_merge")
    assert merge.ready
    assert [file.arm for file in merge.main] == ["VIS"]
    assert any("without NIR" in note and "no FLAT_SLIT_NIR" in note for note in merge.notes)


def test_optional_slots_that_stay_empty_are_noted():
    arc = only(associated(night(arm_frames("NIR")[3:])), "first_dispersion")
    assert arc.ready
    assert "master_dark: none found, done without" in arc.notes


def test_calibrations_that_no_observation_needs_are_told():
    extra = [h.merged({"ESO DET READ CURID": 2}) for h in arm_frames("VIS")[:5]]
    headers = night(arm_frames("VIS"), extra)
    found = associated(headers)
    assert len(found.datasets) == len(found.needed()) + 1
    assert set(found.unused(CASCADE)) == set(list(headers)[-5:])


def test_a_night_of_calibrations_only_is_reduced_entirely():
    found = associated(night(arm_frames("VIS")[:-1]))
    assert found.needed() == found.datasets
    assert all(dataset.ready for dataset in found.datasets)


def test_frames_without_a_place_are_kept_with_their_reason():
    headers = {
        **night(),
        "a.fits": frame("VIS", "FOCUS", "IMAGE", MJD),
        "b.fits": frame("VIS", "DOME,FLAT", "ECHELLE,SLIT", MJD),
    }
    reasons = associated(headers).unused(CASCADE)
    assert "DPR TYPE 'FOCUS'" in reasons["a.fits"]
    assert reasons["b.fits"] == "no recipe takes FLAT_DOME_VIS"


def test_files_of_one_name_in_two_folders_are_two_datasets():
    header = arm_frames("VIS")[-1]
    found = associated({"x/SOXS.fits": header, "y/SOXS.fits": header})
    names = [dataset.name for dataset in found.datasets]
    assert len(set(names)) == len(names)


def test_a_required_static_calibration_that_is_missing_is_named():
    found = replace(CASCADE).associate(night())
    assert "ARC_LINE_LIST_VIS" in only(found, "first_dispersion", "VIS").blocked


def test_the_partners_of_a_nodded_exposure_are_those_of_its_template():
    def nodded(count, start, mjd):
        return {
            f"{start}{k}.fits": frame(
                "VIS",
                "OBJECT",
                "ECHELLE,SLIT,NODDING",
                mjd + 0.01 * k,
                catg="SCIENCE",
                obs_id=7,
                obs_targ_name="SN",
                tpl_start=start,
            )
            for k in range(count)
        }

    headers = {**night(), **nodded(4, "A", MJD + 0.05), **nodded(2, "B", MJD + 0.2)}
    found = [d for d in associated(headers).datasets if d.task.name == "science_nod"]
    assert len(found) == 6
    for dataset in found:
        (choice,) = [c for c in dataset.choices if c.slot.name == "partners"]
        names = {file.name for file in choice.files}
        template = dataset.main[0].name[0]
        assert names == {n for n in headers if n.startswith(template) and n != "A"}
