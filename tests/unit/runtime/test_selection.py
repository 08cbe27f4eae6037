"""Which runs of a recipe a set of files allows."""

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.classify import DataFile
from soxs_pipeline.runtime.intake import Intake
from soxs_pipeline.runtime.selection import plan_recipe

CASCADE = load("SOXS")
ORDERS = next(item for item in CASCADE.items if item.tag == "SCI_ORDERS_1D")


def spectra(*arms):
    files = tuple(
        DataFile(
            f"{arm}{k}.fits", ORDERS, arm,
            {"SEQ.ARM": arm, "MJD-OBS": 61000.0 + k, "INSTRUME": "SOXS", "OBS.ID": 1},
        )
        for k, arm in enumerate(arms)
    )  # fmt: skip
    return Intake(files, {})


def tags(intake, tmp_path):
    plan = plan_recipe("soxs_merge", intake, CASCADE, tmp_path, as_given=True)
    return sorted(output.tag for job in plan.jobs.values() for output in job.outputs)


def test_a_set_of_both_arms_is_joined(tmp_path):
    assert tags(spectra("VIS", "NIR"), tmp_path) == ["SCI_MERGED_1D"]


def test_a_set_of_one_arm_gives_the_spectrum_of_the_arm_and_of_the_observation(tmp_path):
    assert tags(spectra("NIR", "NIR"), tmp_path) == ["SCI_ARM_1D_NIR", "SCI_MERGED_1D"]
