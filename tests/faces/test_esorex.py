"""``soxs-esorex``: options, files, messages and exit status of EsoRex."""

import json
import subprocess
import sys

import pytest
from astropy.io import fits

from soxs_reflex.description import describe, recipe_names, synopses
from soxs_reflex.esorex.main import main


@pytest.fixture(autouse=True)
def _no_system_file(monkeypatch, tmp_path):
    monkeypatch.setattr("soxs_reflex.esorex.options._SYSTEM_RC", tmp_path / "none.rc")


def product(folder):
    return next(folder.glob("*.fits"))


def test_lists_load_nothing_heavy():
    code = (
        "import sys; from soxs_reflex.esorex.main import main; main(['--recipes']); "
        "print(sorted(set(sys.modules) & {'numpy', 'scipy', 'astropy', 'matplotlib'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for name in recipe_names():
        assert f"  {name}" in done.stdout


def test_a_synopsis_read_from_the_source_is_that_of_the_recipe():
    assert synopses() == {name: describe(name).synopsis for name in recipe_names()}


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_has_a_manual_page_with_its_parameters(name, biases, capsys):
    assert main(["--man-page", name]) == 0
    page = capsys.readouterr().out
    for head in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "AUTHOR", "RELEASE", "LICENSE"):
        assert f"\n{head}\n" in page
    for parameter in describe(name).parameters:
        assert f"--{parameter.alias}" in page


@pytest.mark.parametrize("name", recipe_names())
def test_parameters_are_such_that_cpl_can_hold_them(name):
    description = describe(name)
    assert len({p.alias for p in description.parameters}) == len(description.parameters)
    for parameter in description.parameters:
        assert parameter.name == f"soxs.{name}.{parameter.alias}"
        # EsoRex writes values as they are: these it could not read back.
        assert str(parameter.default)
        assert '"' not in str(parameter.default)
        assert not parameter.choices or parameter.default in parameter.choices


def test_a_recipe_runs_and_lists_its_products(biases, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    status = main(
        ["--output-dir=out", "--suppress-prefix", "--products-sof=p.sof", "--time", "soxs_mbias",
         "--clip-sigma=6", str(biases)]
    )  # fmt: skip
    assert status == 0
    said = capsys.readouterr().out
    assert "[ INFO  ] esorex: 1 product created" in said
    assert "Recipe operation(s) took" in said
    path = product(out)
    assert path.name.startswith("2025")
    assert (tmp_path / "p.sof").read_text().split() == [f"out/{path.name}", "MASTER_BIAS_VIS"]
    header = fits.getheader(path)
    assert header["ESO PRO CATG"] == "MASTER_BIAS_VIS"
    assert header["PIPEFILE"] == path.name
    values = {header[f"ESO PRO REC1 PARAM{k} NAME"]: header[f"ESO PRO REC1 PARAM{k} VALUE"]
              for k in (1, 2, 3)}  # fmt: skip
    assert float(values["clip-sigma"]) == 6.0
    log = (tmp_path / "esorex.log").read_text()
    assert "Program name   : esorex" in log
    assert "[ INFO  ] esorex: [tid=000] 1 product created" in log
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_products_are_numbered_unless_the_prefix_is_suppressed(biases, tmp_path):
    assert main(["--output-prefix=mb", "--products-sof=p.json", "soxs_mbias", str(biases)]) == 0
    assert json.loads((tmp_path / "p.json").read_text()) == [
        {"name": "mb_0000.fits", "category": "MASTER_BIAS_VIS"}
    ]
    with fits.open(tmp_path / "mb_0000.fits", checksum=True) as units:
        assert units[0].header["PIPEFILE"] == "mb_0000.fits"
        units.verify("exception")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--nonsense", "soxs_mbias"], 255, "Unrecognised option '--nonsense'"),
        (["--re", "soxs_mbias"], 255, "ambiguous"),
        (["soxs_nothing", "bias.sof"], 13, "Unable to find recipe 'soxs_nothing'"),
        (["soxs_mbias", "none.sof"], 9, "Unable to open the SOF file 'none.sof'"),
        (["soxs_mbias", "--nonsense=1", "bias.sof"], 255, "Unrecognised option"),
        (["soxs_mbias", "--clip-sigma=1000", "bias.sof"], 255, "2 <= 50"),
        (["soxs_mbias", "--clip-sigma=much", "bias.sof"], 255, "much"),
        (["soxs_mbias", "--keep-noise=yes", "bias.sof"], 255, "neither TRUE nor FALSE"),
        (["--output-dir=none", "soxs_mbias", "bias.sof"], 255, "does not exist"),
        (["--log-dir=none", "soxs_mbias", "bias.sof"], 255, "does not exist"),
        (["--recipe-config=none.rc", "soxs_mbias", "bias.sof"], 255, "none.rc"),
        (["--config=none.rc", "soxs_mbias", "bias.sof"], 255, "none.rc"),
        (["--msg-level=loud", "soxs_mbias", "bias.sof"], 255, "loud"),
        (["soxs_mbias"], 2, "the set of frames is empty"),
    ],
)
def test_what_is_wrong_is_told_with_the_status_of_esorex(
    arguments, status, said, biases, tmp_path, capsys
):
    assert main(arguments) == status
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not list(tmp_path.glob("*.fits"))


@pytest.mark.parametrize(
    ("line", "status"),
    [("soxs.soxs_mbias.nothing=3", 250), ("clip-sigma=3", 250),
     ("soxs.soxs_mbias.clip-sigma=x", 251), ('soxs.soxs_mbias.clip-sigma="3', 252),
     ("soxs.soxs_mbias.clip-sigma", 254), ("soxs.soxs_mbias.clip-sigma=", 254)],
)  # fmt: skip
def test_a_bad_configuration_file_has_its_own_status(line, status, biases, tmp_path):
    (tmp_path / "r.rc").write_text(line + "\n")
    assert main(["--recipe-config=r.rc", "soxs_mbias", str(biases)]) == status


def test_a_file_missing_in_the_set_is_found_before_the_recipe_starts(biases, tmp_path, capsys):
    biases.write_text(biases.read_text() + "gone.fits BIAS_VIS\n")
    assert main(["--check-sof-exist=TRUE", "soxs_mbias", str(biases)]) == 9
    assert "gone.fits" in capsys.readouterr().err
    assert main(["soxs_mbias", str(biases)]) == 2


def test_values_come_from_default_file_and_command_line_in_turn(biases, tmp_path, capsys):
    def values():
        out = capsys.readouterr().out
        return {
            line.split(":")[0].strip(): line.partition(":")[2].split()[0]
            for line in out.splitlines()
            if line.startswith("  ") and line.partition(":")[2].split()
        }

    main(["--params", "soxs_mbias"])
    assert values()["clip-sigma"] == "5.0"
    rc = tmp_path / "home" / ".esorex" / "soxs_mbias.rc"
    assert main(["--create-config", "soxs_mbias"]) == 0
    rc.write_text(rc.read_text().replace("clip-sigma=5.0", "clip-sigma = 6.5  # mine"))
    main(["--params", "soxs_mbias"])
    assert values()["clip-sigma"] == "6.5"
    (tmp_path / "r.rc").write_text("soxs.soxs_mbias.clip-sigma=7.5\n")
    main(["--params", "--recipe-config=r.rc", "soxs_mbias"])
    assert values()["clip-sigma"] == "7.5"
    main(["--params", "--recipe-config=r.rc", "soxs_mbias", "--clip-sigma=8.5"])
    assert values()["clip-sigma"] == "8.5"


def test_own_options_come_from_file_environment_and_command_line_in_turn(
    biases, tmp_path, capsys, monkeypatch
):
    def prefix(*arguments):
        main(["--params", *arguments])
        out = capsys.readouterr().out
        return next(line.split(":")[1].split()[0] for line in out.splitlines()
                    if line.strip().startswith("output-prefix"))  # fmt: skip

    assert prefix() == "out"
    (tmp_path / "e.rc").write_text("esorex.caller.output-prefix=file\n")
    assert prefix("--config=e.rc") == "file"
    monkeypatch.setenv("ESOREX_OUTPUT_PREFIX", "environment")
    assert prefix("--config=e.rc") == "environment"
    assert prefix("--config=e.rc", "--output-prefix=line") == "line"


def test_the_configuration_for_machines_tells_all_of_a_parameter(biases, tmp_path):
    assert main(["--create-config=x.json", "soxs_extract"]) == 0
    told = {
        entry["display_name"]: entry for entry in json.loads((tmp_path / "x.json").read_text())
    }
    assert told["method"] == {
        "name": "soxs.soxs_extract.method", "value": "optimal", "valtype": "string",
        "partype": "enum", "valenum": ["optimal", "boxcar"], "display_name": "method",
        "recipe": "soxs_extract", "description": told["method"]["description"],
    }  # fmt: skip
    assert (told["aperture"]["valmin"], told["aperture"]["valmax"]) == (0, 15)


def test_a_recipe_that_fails_gives_its_own_status(biases, tmp_path, capsys):
    for path in (tmp_path / "raw").glob("*.fits"):
        path.write_bytes(path.read_bytes()[:5760])
    status = main(["soxs_mbias", str(biases)])
    assert status not in {0, 255}
    told = capsys.readouterr().err
    assert "Execution of recipe 'soxs_mbias' failed" in told
    assert not list(tmp_path.glob("*.fits"))
