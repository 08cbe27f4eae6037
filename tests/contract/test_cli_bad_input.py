"""Whatever is wrong with the input: one clear error or a flagged product, never a traceback."""

import gzip
import json
import shutil
from types import SimpleNamespace

import pytest

from soxs_pipeline.cli.main import main
from soxs_pipeline.cli.session import print_failures
from soxs_pipeline.runtime.jobs import Result
from tests.support.tiny_frames import write_bias, write_biases


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def _run(*arguments):
        status = main([str(a) for a in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return status, said.out, said.err

    return _run


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw frames"
    write_biases(folder)
    return folder


def products(folder):
    return sorted(path.name for path in folder.rglob("*.fits"))


def one_error(err):
    assert err.startswith("soxspipe: error: ")
    return err


def write_set(folder, *lines):
    path = folder / "my set.sof"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_a_folder_of_biases_becomes_a_master_bias(run, raw, tmp_path):
    status, out, err = run("mbias", raw, "-o", tmp_path / "out", "--no-plots")
    assert status == 0
    assert "[1/1] done" in err
    (path,) = (tmp_path / "out").rglob("*_MBIAS_SOXS.fits")
    assert out.strip() == str(path)
    assert path.parent.parts[-2:] == ("2025-08-30", "soxs_mbias")
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["status"] == "done"
    assert len(record["inputs"]["raw"]) == 3
    assert all(len(file["sha256"]) == 64 for file in record["inputs"]["raw"])


def test_a_set_of_files_with_blanks_in_their_names(run, raw, tmp_path):
    lines = [f'"{path}" BIAS_VIS' for path in sorted(raw.iterdir())]
    status, out, _ = run("soxs_mbias", write_set(tmp_path, *lines), "--no-plots")
    assert status == 0
    assert "reduced" in out


@pytest.mark.parametrize("damage", ["truncated", "empty", "no fits"])
def test_a_damaged_file_is_named_and_the_others_are_reduced(run, raw, tmp_path, damage):
    victim = raw / "SOXS.9.fits"
    content = (raw / "SOXS.0.fits").read_bytes()
    victim.write_bytes(
        {"truncated": content[:40000], "empty": b"", "no fits": b"hello" * 1000}[damage]
    )
    status, _, err = run("reduce", raw, "-o", tmp_path / "out", "--no-plots", "-j", 1)
    assert status == 2
    assert "Not usable: SOXS.9.fits" in err
    assert len(products(tmp_path / "out")) == 1
    assert "SOXS.9.fits" in (tmp_path / "out" / "index.html").read_text()


def test_a_frame_that_is_damaged_within_is_left_out_with_a_remark(run, raw, tmp_path):
    # A packed file shows that it is truncated only when its pixels are read.
    packed = gzip.compress((raw / "SOXS.0.fits").read_bytes())
    (raw / "SOXS.8.fits.gz").write_bytes(packed[: len(packed) // 2])
    status, _, _ = run("reduce", raw, "-o", tmp_path / "out", "--no-plots", "-j", 1)
    assert status == 0
    (record,) = (tmp_path / "out").rglob("*.json")
    remarks = json.loads(record.read_text())["remarks"]
    assert any("left out: SOXS.8.fits.gz" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("missing", "said"),
    [("dpr_type", "lacks ESO DPR TYPE"), ("seq_arm", "SEQ ARM is missing")],
)
def test_a_frame_that_does_not_tell_what_it_is_is_reported(run, raw, tmp_path, missing, said):
    write_bias(raw / "odd.fits", 7, **{missing: None})
    status, out, _ = run("plan", raw)
    assert status == 0
    assert "odd.fits" in out
    assert said in out


def test_apple_double_files_are_passed_over(run, raw, tmp_path):
    (raw / "._SOXS.0.fits").write_bytes(b"\x00\x05\x16\x07junk")
    status, out, err = run("reduce", raw, "-o", tmp_path / "out", "--no-plots", "-j", 1)
    assert status == 0
    assert "._SOXS" not in out + err


def test_one_bias_only_is_reduced_and_flagged(run, raw, tmp_path):
    for path in sorted(raw.iterdir())[1:]:
        path.unlink()
    status, _, _ = run("mbias", raw, "-o", tmp_path / "out", "--no-plots")
    assert status == 0
    (record,) = (tmp_path / "out").rglob("*.json")
    assert json.loads(record.read_text())["remarks"]


def test_the_wrong_arm_in_a_set_is_refused(run, raw, tmp_path):
    lines = [f'"{path}" BIAS_NIR' for path in raw.iterdir()]
    status, _, err = run("mbias", write_set(tmp_path, *lines))
    assert status == 2
    assert "says arm NIR, its header says VIS" in one_error(err)
    assert "to do:" in err


def test_mixed_setups_in_a_set_are_refused(run, raw, tmp_path):
    write_bias(raw / "other.fits", 5, det_read_curid=2)
    lines = [f'"{path}" BIAS_VIS' for path in raw.iterdir()]
    status, _, err = run("mbias", write_set(tmp_path, *lines))
    assert status == 2
    assert "differ in DET.READ.CURID: 1.0, 2.0" in one_error(err)


def test_tags_of_another_pipeline_are_replaced_by_what_the_header_says(run, raw, tmp_path):
    lines = [f'"{path}" SOMETHING_ELSE' for path in raw.iterdir()]
    status, _, _ = run("mbias", write_set(tmp_path, *lines), "--no-plots")
    assert status == 0


def test_an_unknown_tag_of_an_unknown_frame_is_refused(run, tmp_path):
    path = write_bias(tmp_path / "a.fits", dpr_type="NONSENSE")
    status, _, err = run("mbias", write_set(tmp_path, f"{path} PIE_VIS"))
    assert status == 2
    assert "its tag PIE_VIS is unknown" in one_error(err)


def test_a_recipe_without_its_frames_says_what_it_wants(run, raw):
    status, _, err = run("mdark", raw)
    assert status == 2
    assert "no frame to work on; found BIAS_VIS" in one_error(err)
    assert "wanted: DARK_NIR" in err


def test_a_missing_calibration_is_named(run, tmp_path):
    path = write_bias(tmp_path / "a.fits", dpr_type="LAMP,FLAT", dpr_tech="ECHELLE,PINHOLE")
    status, _, err = run("order_centres", write_set(tmp_path, f"{path} FLAT_PINHOLE_VIS"))
    assert status == 2
    assert "no DISP_TAB_FIRST_VIS" in one_error(err)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["mbias", "nowhere.sof"], 2, "there is no nowhere.sof"),
        (["reduce", "nowhere"], 2, "nowhere"),
        (["mpie", "x"], 3, "there is no recipe 'mpie'"),
        (["mbias", "raw frames", "--clip-sgima", "3"], 3, "unknown parameter clip-sgima"),
        (["mbias", "raw frames", "extra"], 3, "one argument too many"),
        (["mbias", "raw frames", "-s", "none.toml"], 2, "none.toml"),
        (["explain", "clip-sgima"], 3, "no recipe has a parameter clip-sgima"),
        (["--frobnicate"], 3, "unknown option --frobnicate"),
    ],
)
def test_a_wrong_command_is_one_error_with_a_status(run, raw, arguments, status, said):
    got, _, err = run(*arguments)
    assert got == status
    assert said in one_error(err)


def test_a_missing_argument_is_a_usage_error(run):
    status, _, err = run("mbias")
    assert status == 2
    assert "inputFrames" in err


def test_an_empty_folder_is_an_error(run, tmp_path):
    (tmp_path / "empty").mkdir()
    status, _, err = run("reduce", tmp_path / "empty")
    assert status == 2
    assert "there is no FITS file" in one_error(err)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[soxs_mpie]\nx = 1\n", "section [soxs_mpie] is no recipe"),
        ("[soxs_mbias]\nfrob = 1\n", "unknown parameter frob (set by file my.toml)"),
        ("[soxs_mbias.UVB]\nx = 1\n", "[soxs_mbias.UVB] is no arm"),
        ("[soxs_mbias\n", "my.toml"),
    ],
)
def test_a_wrong_settings_file_is_refused_before_anything_runs(run, raw, tmp_path, text, said):
    (tmp_path / "my.toml").write_text(text)
    status, _, err = run("mbias", raw, "-s", "my.toml", "-o", "out")
    assert status == 3
    assert said in one_error(err)
    assert not list(tmp_path.rglob("*MBIAS*"))


def test_an_output_folder_that_cannot_be_made_is_refused(run, raw, tmp_path):
    (tmp_path / "file").write_text("")
    for command in ("mbias", "reduce"):
        status, _, err = run(command, raw, "-o", tmp_path / "file" / "out")
        assert status == 7
        assert "cannot write to" in one_error(err)


def test_the_raw_folder_is_never_written_to(run, raw):
    before = sorted(raw.iterdir())
    status, _, err = run("reduce", raw, "-o", raw / "out")
    assert status == 7
    assert "lies within the raw folder" in one_error(err)
    assert sorted(raw.iterdir()) == before


def test_a_failure_is_recorded_and_the_other_set_is_reduced(run, raw, tmp_path):
    # The header promises another binning than the image has.
    for i in (4, 5, 6):
        write_bias(raw / f"bad{i}.fits", i, det_binx=1, det_biny=1)
    out = tmp_path / "out"
    status, _, err = run("reduce", raw, "-o", out, "--no-plots", "-j", 1)
    assert status != 0
    assert "\nFailed\n  soxs_mbias VIS" in err
    assert len(products(out)) == 1
    told = [json.loads(path.read_text()) for path in out.rglob("*.json")]
    assert sorted(record["status"] for record in told) == ["done", "failed"]
    failed = next(record for record in told if record["status"] == "failed")
    assert failed["error"]["what"]
    assert failed["inputs"]["raw"]


def test_no_half_product_is_left_when_writing_fails(run, raw, tmp_path, monkeypatch):
    def full_disk(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("soxs_pipeline.runtime.runner.write_product", full_disk)
    out = tmp_path / "out"
    status, _, err = run("mbias", raw, "-o", out, "--no-plots")
    assert status == 7
    assert "No space left on device" in err
    assert not products(out)
    assert not list(out.rglob("*.part"))


def test_an_unexpected_exception_is_one_message(run, raw, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("by design")

    monkeypatch.setattr("soxs_pipeline.cli.recipe.take_folders", broken)
    status, _, err = run("mbias", raw)
    assert status == 1
    assert "unexpected ZeroDivisionError: by design" in err
    assert "--debug" in err


def test_an_interrupt_has_its_own_status(run, raw, monkeypatch):
    def stop(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("soxs_pipeline.cli.recipe.take_folders", stop)
    assert run("mbias", raw)[0] == 130


def test_a_rerun_keeps_what_is_done_and_redoes_what_was_damaged(run, raw, tmp_path):
    out = tmp_path / "out"
    command = ("reduce", raw, "-o", out, "--no-plots", "-j", 1)
    run(*command)
    assert "1 of 1 were up to date" in run(*command)[2]
    (path,) = out.rglob("*.fits")
    path.write_bytes(b"damaged")
    assert "[1/1] done" in run(*command)[2]
    shutil.rmtree(out / "2025-08-30")
    assert "[1/1] done" in run(*command)[2]
    write_bias(raw / "new.fits", 9)
    assert "[1/1] done" in run(*command)[2]
    assert "[1/1] done" in run(*command, "--fresh")[2]


def test_what_a_failure_took_with_it_is_told_by_its_ends(capsys):
    jobs = {
        name: SimpleNamespace(name=name, label=f"soxs_{name} VIS", record=f"{name}.json")
        for name in ("mflat", "stare", "extract", "merge")
    }
    plan = SimpleNamespace(jobs=jobs, targets=("merge",))
    results = {"mflat": Result("mflat", "failed", error="no light\nto do: look", exit_code=4)}
    results |= {
        name: Result(name, "skipped", error="soxs_mflat VIS failed", exit_code=4)
        for name in ("stare", "extract", "merge")
    }
    print_failures(plan, results)
    assert capsys.readouterr().err.splitlines() == [
        "",
        "Failed",
        "  soxs_mflat VIS",
        "      no light",
        "      to do: look",
        "      record: mflat.json",
        "",
        "Skipped for want of these: 3 run(s), among them",
        "  soxs_merge VIS: soxs_mflat VIS failed",
    ]
    # Where nothing ends with a target, all are named.
    print_failures(SimpleNamespace(jobs=jobs, targets=()), results)
    assert capsys.readouterr().err.count("soxs_mflat VIS failed") == 3


def test_light_without_an_exposure_time_is_left_out_with_the_reason(run, raw, tmp_path):
    arc = {"dpr_type": "LAMP,WAVE", "dpr_tech": "ECHELLE,PINHOLE"}
    path = write_bias(raw / "arc.fits", **arc)
    status, out, _ = run("plan", raw)
    assert status == 0
    assert "its EXPTIME is 0.0, not a time in seconds" in out
    # The detector's own time will do.
    path.unlink()
    write_bias(raw / "arc.fits", **arc, det_uit1=20.0)
    _, out, _ = run("plan", raw)
    assert "EXPTIME" not in out


def test_a_set_with_light_without_an_exposure_time_is_an_error(run, raw, tmp_path):
    arc = {"dpr_type": "LAMP,WAVE", "dpr_tech": "ECHELLE,PINHOLE"}
    path = write_bias(tmp_path / "arc.fits", **arc)
    bias = write_bias(tmp_path / "bias.fits")
    sof = write_set(tmp_path, f"{path} ARC_PINHOLE_VIS", f"{bias} BIAS_VIS")
    status, _, err = run("disp_solution", sof, "-o", tmp_path / "out", "--no-plots")
    assert status != 0
    assert not products(tmp_path / "out")
    assert "arc.fits does not tell how long it was exposed: its EXPTIME is 0.0" in err
