"""Every job that EDPS would make of the night runs, and finds the same pixels as `reduce`."""

from benchmarks.edps import compare
from tests.support.edps_run import run_all

#: EDPS merges the redder arm by itself as well, as if the other had seen nothing.
OF_THE_WORKFLOW_ALONE = {"SCI_MERGED_1D": 1}

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
    assert "SCI_MERGED_1D" in told
    different = {tag: count - same for tag, (same, count) in told.items() if same < count}
    assert different in ({}, OF_THE_WORKFLOW_ALONE)
