import json
from pathlib import Path

import pytest

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.classify import DataFile
from soxs_pipeline.runtime.plan import make_plan
from tests.support.night_headers import MJD, arm_frames, frame, night

CASCADE = load("SOXS")
OUT = Path("out")


def static(item, arm, _mjd):
    if item.tag == "BP_MAP_REFERENCE":
        return None
    return DataFile(f"static/{item.tag}_{arm}.fits", item, arm, {})


def plan_of(headers, **more):
    return make_plan(CASCADE.associate(headers, static=static), CASCADE, OUT, **more)


def job(plan, task, arm):
    (found,) = (j for j in plan.jobs.values() if j.task == task and j.arm == arm)
    return found


def test_products_are_named_by_time_setup_recipe_and_target():
    plan = plan_of(night())
    names = {(j.task, j.arm): str(j.outputs[0].path) for j in plan.jobs.values()}
    folder = "out/2025-08-30"
    assert names["bias", "VIS"] == f"{folder}/soxs_mbias/20250830T163436_VIS_1X1_1_MBIAS_SOXS.fits"
    assert names["dark", "NIR"].endswith("/20250830T163436_NIR_3_MDARK_15_0S_SOXS.fits")
    assert names["science_stare", "VIS"] == (
        f"{folder}/soxs_stare/20250831T021036_VIS_1X1_1_STARE_OBJ_SLIT1_0_10_0S_SOXS_Feige110.fits"
    )
    assert names["science_merge", ""].endswith("_MERGE_OBJ_SOXS_Feige110.fits")


def test_no_two_products_have_one_path():
    header = arm_frames("VIS")[-1]
    plan = plan_of({**night(), "x/a.fits": header, "y/a.fits": header})
    paths = [output.path for j in plan.jobs.values() for output in j.outputs]
    assert len(set(paths)) == len(paths)


def test_inputs_name_the_products_of_other_jobs():
    plan = plan_of(night())
    stare = job(plan, "science_stare", "NIR")
    dispersion = next(o for o in stare.others if o.slot == "dispersion").options[0].sources[0]
    assert dispersion.maker in plan.jobs
    maker = plan.jobs[dispersion.maker]
    assert dispersion.path in [output.path for output in maker.outputs]


def test_only_a_recipe_and_what_it_needs():
    plan = plan_of(night(), only=["soxs_order_centres"])
    recipes = {plan.jobs[name].recipe for name in plan.wanted}
    assert recipes == {
        "soxs_mbias", "soxs_mdark", "soxs_disp_solution", "soxs_order_centres",
    }  # fmt: skip


def test_calibrations_that_nobody_needs_are_done_if_asked_for():
    extra = [h.merged({"ESO DET READ CURID": 2}) for h in arm_frames("VIS")[:5]]
    headers = night(arm_frames("VIS"), extra)
    assert len(plan_of(headers, everything=True).wanted) == len(plan_of(headers).wanted) + 1


def test_what_is_missing_is_told():
    headers = night(arm_frames("VIS"), arm_frames("NIR")[-1:])
    plan = plan_of(headers)
    text = plan.as_text()
    science = list(headers)[-1]
    assert science in text
    assert "no ORDER_TAB_NIR (order centres and edges)" in text
    assert plan.blocked_observations == (f"science_stare:NIR:{science}",)
    assert plan.targets


@pytest.mark.parametrize("target", ["a b/c", "STD,FLUX", ""])
def test_odd_targets_make_safe_names(target):
    header = arm_frames("VIS", obs_targ_name=target)[-1].merged({"OBJECT": target})
    plan = plan_of({**night(arm_frames("VIS")[:-1]), "o.fits": header})
    for output in (o for j in plan.jobs.values() for o in j.outputs):
        assert "," not in output.path.name
        assert " " not in output.path.name
        assert output.path.parent.parent.parent == OUT


def test_a_plan_is_plain_json():
    headers = {**night(), "a.fits": frame("VIS", "FOCUS", "IMAGE", MJD)}
    told = json.loads(json.dumps(plan_of(headers).as_json()))
    assert told["unused"] == {"a.fits": told["unused"]["a.fits"]}
    assert len(told["jobs"]) == len(plan_of(headers).wanted)
