"""Every job that EDPS would make of the night runs, and finds the same pixels as `reduce`."""

from benchmarks.edps import compare
from tests.support.edps_run import run_all

#: Called with one arm alone the recipe takes it for the whole observation as well; `reduce` knows
#: that there is another.
OF_ONE_ARM_TOO = {"SCI_MERGED_1D", "SCI_TELLURIC_1D", "SCI_TELLURIC_MODEL"}

CHAIN = {
    "soxs_mbias", "soxs_mdark", "soxs_disp_solution", "soxs_order_centres", "soxs_spec_mflat",
    "soxs_spatial_solution", "soxs_stare", "soxs_line_check", "soxs_extract", "soxs_straighten",
    "soxs_merge",
}  # fmt: skip


def test_recipes_called_as_edps_calls_them_give_the_same_pixels(night, tmp_path):
    runs = list(run_all(night.raw, tmp_path))
    assert [(run.task, run.said[-500:]) for run in runs if run.status] == []
    assert {run.recipe for run in runs} >= CHAIN
    told = compare(runs, night.reduced)
    assert told["SCI_MERGED_1D"][0] >= 1
    different = {tag for tag, (same, count) in told.items() if same < count}
    assert different <= OF_ONE_ARM_TOO
    assert min(same for same, _ in told.values()) >= 1
