"""Sets of files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.sof import read_sof, write_sof


def read(tmp_path, text):
    (tmp_path / "a.sof").write_text(text)
    return [(str(path), tag) for path, tag in read_sof(tmp_path / "a.sof")]


def test_the_whole_grammar(tmp_path, monkeypatch):
    monkeypatch.setenv("CALIB", "/calib")
    text = """
    # a comment line

    /raw/a.fits   LAMP,WAVE_NIR
    /raw/b#1.fits\tBIAS_VIS  RAW   # and why
    "/raw/with blanks.fits" BIAS_VIS raw
    $CALIB/bp.fits BP_MAP_REFERENCE_VIS CALIB
    ${CALIB}/c.fits X
    """
    assert read(tmp_path, text) == [
        ("/raw/a.fits", "LAMP,WAVE_NIR"),
        ("/raw/b#1.fits", "BIAS_VIS"),
        ("/raw/with blanks.fits", "BIAS_VIS"),
        ("/calib/bp.fits", "BP_MAP_REFERENCE_VIS"),
        ("/calib/c.fits", "X"),
    ]


def test_a_relative_path_counts_from_the_set_and_then_from_here(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "both.fits").touch()
    (here / "only here.fits").touch()
    monkeypatch.chdir(here)
    text = 'both.fits A\n"only here.fits" B\nnowhere.fits C\n'
    assert read(there, text) == [
        (str(there / "both.fits"), "A"),
        ("only here.fits", "B"),
        (str(there / "nowhere.fits"), "C"),
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("a.fits", "line 2: 'a.fits' is not a path and a tag"),
        ("raw files/a.fits BIAS_VIS", "line 2"),
        ("a.fits BIAS_VIS RAW more", "line 2"),
        ("$NOT_SET_ANYWHERE/a.fits BIAS_VIS", r"line 2: variable \$NOT_SET_ANYWHERE"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, what):
    with pytest.raises(InputError, match=what):
        read(tmp_path, f"good.fits BIAS_VIS\n{line}\n")


def test_a_set_without_files_is_an_error(tmp_path):
    with pytest.raises(InputError, match="empty"):
        read(tmp_path, "# nothing\n")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_set_that_cannot_be_read_is_an_error(tmp_path, content):
    if content is not None:
        (tmp_path / "a.sof").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.sof cannot be read"):
        read_sof(tmp_path / "a.sof")


def test_a_mark_at_the_beginning_of_the_file_does_not_matter(tmp_path):
    (tmp_path / "a.sof").write_bytes(b"\xef\xbb\xbf/a.fits BIAS_VIS\r\n")
    assert read_sof(tmp_path / "a.sof") == ((Path("/a.fits"), "BIAS_VIS"),)


names = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Zl", "Zp", "Cc"]))
paths = names.filter(lambda name: not set(name) & set('"$/')).map(lambda name: f"/raw/{name}x")


@given(st.lists(st.tuples(paths, st.sampled_from(["BIAS_VIS", "LAMP,WAVE_NIR"])), min_size=1))
def test_reading_undoes_writing(tmp_path_factory, entries):
    sof = tmp_path_factory.mktemp("sof") / "a.sof"
    write_sof(sof, entries)
    assert [(str(path), tag) for path, tag in read_sof(sof)] == entries


@pytest.mark.parametrize("path", ['/raw/a"b.fits', "/raw/a\nb.fits", "/raw/$HOME.fits"])
def test_a_path_that_cannot_stand_on_a_line_is_refused(tmp_path, path):
    with pytest.raises(InputError, match="cannot stand"):
        write_sof(tmp_path / "a.sof", [(path, "BIAS_VIS")])
    assert not list(tmp_path.iterdir())
