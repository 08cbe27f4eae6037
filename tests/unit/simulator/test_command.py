"""The command line of the simulator."""

import argparse

import pytest

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.simulator.command import add_arguments, run


def parse(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_one_frame_is_written_and_reported(tmp_path):
    said = []
    out = tmp_path / "n"
    args = parse(str(out), "--arm", "VIS", "--frame", "bias", "--bias", "1", "--compress", "gz")
    assert run(args, said.append) == 0
    assert len(list(out.glob("SOXS.*.fits.gz"))) == 1
    assert "1 frames" in said[-1]


def test_the_truth_can_be_left_out(tmp_path):
    out = tmp_path / "n"
    words = ("--arm", "NIR", "--frame", "arc_pinhole_off", "--no-truth")
    assert run(parse(str(out), *words)) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["n"]


def test_scenes_are_listed(tmp_path):
    said = []
    assert run(parse(str(tmp_path), "--scene", "list"), said.append) == 0
    assert "two_objects" in said


@pytest.mark.parametrize(
    "words",
    [
        ("--scene", "rainy"),
        ("--bias", "-1"),
        ("--object", "0"),
        ("--quirk", "odd"),
        ("--block", "tea"),
    ],
)
def test_wrong_words_are_one_clear_error(words, tmp_path):
    with pytest.raises(ParameterError):
        run(parse(str(tmp_path / "n"), *words))
