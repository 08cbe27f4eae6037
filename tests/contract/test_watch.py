"""Frames that come one by one are reduced as they allow it."""

import os
import time

import pytest
from astropy.io import fits

from soxs_pipeline.cli import watching
from soxs_pipeline.cli.main import main
from soxs_pipeline.cli.watching import Clock
from tests.support.tiny_frames import write_bias


class Script:
    """A clock whose sleep lets the next thing happen."""

    def __init__(self, *events):
        self.events, self.time = list(events), time.time() + 1e4

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds
        if self.events:
            self.events.pop(0)()


@pytest.fixture
def watch(tmp_path, monkeypatch, capsys):
    """Watch while things happen; returns status, what was said, and the times of reductions."""
    raw = tmp_path / "raw"
    raw.mkdir()

    def run(script, *more):
        real, rounds = watching.reduce_folder, []

        def counted(options, **rest):
            rounds.append(len(list(raw.iterdir())))
            return real(options, **rest)

        monkeypatch.setattr(watching, "reduce_folder", counted)
        monkeypatch.setattr(watching, "Clock", lambda: Clock(script.now, script.sleep))
        command = ["watch", str(raw), "-o", str(tmp_path / "out"), "--no-plots", "-j", "1"]
        status = main([*command, "--until-quiet", "2", *more])
        return status, capsys.readouterr(), rounds

    return run


def coming(tmp_path, script_time, number, **cards):
    def write():
        path = write_bias(tmp_path / "raw" / f"SOXS.{number}.fits", number, **cards)
        os.utime(path, (script_time(), script_time()))

    return write


def test_a_template_is_reduced_once_when_it_is_over(tmp_path, watch):
    script = Script()
    script.events = [
        coming(tmp_path, script.now, k, tpl_expno=k + 1, tpl_nexp=4) for k in range(4)
    ]
    status, said, rounds = watch(script)
    assert status == 0
    assert rounds[-1] == 4
    (product,) = (tmp_path / "out").rglob("*MBIAS*.fits")
    assert said.err.count("done    soxs_mbias") == 1
    assert "no frame came for 2 minutes" in said.err
    assert product.is_file()
    assert 'http-equiv="refresh"' in (tmp_path / "out" / "index.html").read_text()


def test_a_template_that_was_broken_off_is_reduced_when_patience_ends(tmp_path, watch):
    script = Script()
    script.events = [
        coming(tmp_path, script.now, k, tpl_expno=k + 1, tpl_nexp=9) for k in range(3)
    ]
    _, said, rounds = watch(script, "--patience", "1")
    assert "3 frame(s) of templates that go on" in said.err
    assert "no more came of a template" in said.err
    assert rounds == [2, 3, 3, 3]
    assert said.err.count("done    soxs_mbias") == 1


def test_what_failed_is_not_tried_again_until_its_frames_change(tmp_path, watch):
    raw = tmp_path / "raw"
    for k in range(3):
        write_bias(raw / f"bad{k}.fits", k, det_binx=1)  # smaller than such a frame is
    script = Script()
    script.events = [coming(tmp_path, script.now, k, tpl_start="later") for k in range(3, 5)]
    status, said, rounds = watch(script, "--all")
    assert status != 0
    assert len(rounds) >= 2
    log = (tmp_path / "out" / "soxspipe.log").read_text()
    assert log.count("ERROR") == 1
    assert said.err.count("FAILED") == len(rounds)


def test_an_empty_folder_is_waited_for_and_an_absent_one_refused(tmp_path, watch, capsys):
    status, said, rounds = watch(Script())
    assert (status, rounds) == (0, [])
    assert "watching" in said.err
    assert main(["watch", str(tmp_path / "none")]) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert main(["watch", str(tmp_path / "raw"), "--every", "0"]) == 3
    assert "--every" in capsys.readouterr().err


def test_settings_spoilt_on_the_way_do_not_end_the_watch(tmp_path, watch):
    settings = tmp_path / "my.toml"
    settings.write_text("[soxs_mbias]\n")
    script = Script()
    script.events = [
        coming(tmp_path, script.now, 0),
        lambda: settings.write_text("[soxs_mbais]\n"),
        lambda: None,
        lambda: settings.write_text("[soxs_mbias]\n"),
    ]
    status, said, _ = watch(script, "-s", str(settings))
    assert "soxs_mbais" in said.err
    assert said.err.count("the settings changed") == 1
    assert said.err.count("done    soxs_mbias") == 1
    assert status == 0


def test_a_frame_still_being_written_is_left_alone_and_others_need_not_wait(tmp_path, watch):
    raw = tmp_path / "raw"
    whole = write_bias(tmp_path / "whole.fits", 9).read_bytes()
    half = raw / "SOXS.late.fits"
    script = Script()
    script.events = [
        *(coming(tmp_path, script.now, k) for k in range(2)),
        lambda: half.write_bytes(whole[: len(whole) // 2]),
        lambda: half.write_bytes(whole),
    ]
    status, said, rounds = watch(script)
    assert status == 0
    assert rounds[0] < 4
    assert "truncated" not in said.err
    (product,) = (tmp_path / "out").rglob("*MBIAS*.fits")
    assert fits.getval(product, "ESO PRO DATANCOM") == 3
