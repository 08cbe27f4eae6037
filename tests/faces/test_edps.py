"""The EDPS workflow: sound under a strict stand-in, and of one mind with our own planner."""

import pytest
import yaml

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.classify import DataFile
from soxs_pipeline.cascade.spec import Group
from soxs_pipeline.domain.filters import FILTER_KEYWORDS
from soxs_pipeline.domain.header import Header
from soxs_reflex.description import describe, recipe_names
from tests.support.edps_run import FOLDER, our_tasks, small
from tests.support.edps_standin import TARGETS, organise
from tests.support.night_headers import MJD, arm_frames, frame, night

CASCADE = load("SOXS")


@pytest.fixture(scope="module")
def tasks():
    with our_tasks() as made:
        yield made


def test_every_task_has_a_recipe_of_ours_and_targets(tasks):
    assert len(tasks) > 50
    for task in tasks.values():
        assert task.recipe in recipe_names()
        assert task.targets
        assert set(task.targets) <= set(TARGETS)
        assert task.description


def test_products_that_tasks_take_are_products_of_their_makers(tasks):
    for task in tasks.values():
        ends = [
            (task.main, task.classes),
            *((i.source, i.classes) for c in task.inputs for i in c),
        ]
        for source, classes in ends:
            if hasattr(source, "recipe"):
                made = set(describe(source.recipe).product_tags)
                assert classes
                assert {one.tag for one in classes} <= made
            else:
                assert not classes


def test_there_is_something_for_every_purpose(tasks):
    said = {target for task in tasks.values() for target in task.targets}
    assert {"QC0", "QC1_CALIB", "SCIENCE", "IDP", "CALCHECKER"} <= said


def test_parameter_sets_name_tasks_and_parameters_that_exist(tasks):
    sets = yaml.safe_load((FOLDER / "soxs" / "soxs_parameters.yaml").read_text())
    assert [name for name, one in sets.items() if one["is_default"]] == ["science_parameters"]
    for one in sets.values():
        for name, values in one["recipe_parameters"].items():
            assert name in tasks
            known = {p.name for p in describe(tasks[name].recipe).parameters}
            assert set(values) <= known | {"OMP_NUM_THREADS"}


# --- organisation -----------------------------------------------------------------------------
def static(item, arm, _mjd):
    return (
        None if item.tag == "BP_MAP_REFERENCE" else DataFile(f"static/{item.tag}", item, arm, {})
    )


def ours(headers):
    """Ready datasets of raw frames: task and arm, main files, raw files of what is associated."""
    found = CASCADE.associate(headers, static=static)
    by_name = {d.name: d for d in found.datasets}

    def roots(file):
        if not file.maker:
            return (file.name,)
        return tuple(name for one in by_name[file.maker].main for name in roots(one))

    told = {}
    for dataset in found.datasets:
        if dataset.ready and dataset.task.main.item.group is Group.RAW:
            main = frozenset(file.name for file in dataset.main)
            used = set()
            for choice in dataset.choices:
                same = choice.slot.item == dataset.task.main.item
                if choice.files and not same and choice.slot.item.group is not Group.CALIB:
                    used.add(frozenset(n for file in choice.files for n in roots(file)))
            told[f"{dataset.task.name}_{dataset.arm.lower()}", main] = used
    return told


def theirs(tasks, headers):
    jobs = organise(tasks, {name: small(header) for name, header in headers.items()})
    told = {}
    for name, found in jobs.items():
        for job in found:
            if job.complete and not hasattr(tasks[name].main, "recipe"):
                used = {
                    frozenset(one for group in groups for one in group)
                    for groups in job.associated.values()
                }
                told[name, frozenset(job.main)] = used
    return told


def without(headers, dpr_type, tech):
    return [
        h for h in headers
        if not (h["ESO DPR TYPE"] == dpr_type and h["ESO DPR TECH"] == tech)
    ]  # fmt: skip


def another_mode(headers):
    return [replace_mode(h) for h in headers]


def replace_mode(header):
    return Header({**header, "ESO DET READ CURID": 2, "MJD-OBS": header.number("MJD-OBS") + 0.001})


def nodding(arm):
    return [
        frame(
            arm, "OBJECT", "ECHELLE,SLIT,NODDING", MJD + 0.02 + 0.01 * k, catg="SCIENCE",
            tpl_start="T-nod", tpl_expno=k + 1, obs_id=43, obs_start="2025-08-31T03:00:00",
            obs_targ_name="X",
        )
        for k in range(4)
    ]  # fmt: skip


def standard(arm):
    return [
        frame(
            arm, "STD,FLUX", "ECHELLE,SLIT,STARE", MJD - 0.05, catg="CALIB", obs_id=44,
            obs_start="2025-08-31T01:00:00", obs_targ_name="LTT3218", slit="SLIT5.0",
        )
    ]  # fmt: skip


def lamp_off(arm):
    """Each arc and flat with the lamp off, in its template; the arcs have one exposure time."""
    day = MJD - 0.4
    return [
        frame(
            arm, kind, "IMAGE", day + at + 0.004, exptime=seconds,
            tpl_start=f"T{day + at:.5f}", tpl_expno=9, slit=slit,
        )
        for kind, at, seconds, slit in (
            ("LAMP,WAVE", 0.01, 10.0, "PINHOLE"), ("LAMP,FLAT", 0.02, 10.0, "PINHOLE"),
            ("LAMP,FLAT", 0.03, 2.5, "SLIT1.0"), ("LAMP,WAVE", 0.04, 10.0, "MULTPIN"),
        )
    ]  # fmt: skip


def short_darks(arm):
    """Sets of the exposure times of arcs, and like those of flats, but further from them."""
    return [
        frame(arm, "DARK", "IMAGE", MJD - 0.6 + 1e-3 * k, exptime=seconds,
              tpl_start=f"T-{seconds}", tpl_expno=k + 1)
        for seconds in (10.0, 3.0) for k in range(3)
    ]  # fmt: skip


def long_darks(arm):
    """None has the exposure time of any calibration; those that are least like it are the nearest
    in time, by less and less."""
    return [
        frame(arm, "DARK", "IMAGE", MJD - 0.45 - day + 1e-3 * k, exptime=seconds,
              tpl_start=f"T-{seconds}", tpl_expno=k + 1)
        for seconds, day in ((600.0, 0.0), (140.0, 0.2), (30.0, 0.4)) for k in range(3)
    ]  # fmt: skip


def telluric(arm):
    return [
        frame(
            arm, "STD,TELLURIC", "ECHELLE,SLIT,STARE", MJD - 0.04, obs_id=45,
            obs_start="2025-08-31T01:20:00", obs_targ_name="HD 38520",
        )
    ]  # fmt: skip


def another_target(arm):
    seconds = {"VIS": 0, "NIR": 7}[arm]
    return [
        frame(
            arm, "OBJECT", "ECHELLE,SLIT,STARE", MJD + 0.05, catg="SCIENCE", obs_id=46,
            obs_start=f"2025-08-31T03:20:{seconds:02d}", obs_targ_name="Y",
        )
    ]  # fmt: skip


def camera():
    day = MJD - 0.3

    def one(kind, mjd, catg="CALIB", **more):
        return Header({
            "INSTRUME": "SOXS", "MJD-OBS": mjd, "EXPTIME": more.pop("exptime", 5.0),
            "ESO SEQ ARM": "ACQ", "ESO DPR CATG": catg, "ESO DPR TYPE": kind,
            "ESO DPR TECH": "IMAGE", "ESO DET BINX": 1, "ESO DET BINY": 1, **more,
        })  # fmt: skip

    def in_filter(band, start, number=1):
        return {"ESO INS ACFW ID": f"{band}_LSST", "ESO TPL START": start,
                "ESO TPL EXPNO": number}  # fmt: skip

    frames = [
        one("BIAS", day + 1e-4 * k, exptime=0.0,
            **{"ESO TPL START": "T-bias", "ESO TPL EXPNO": k + 1})
        for k in range(5)
    ]  # fmt: skip
    for band, at in (("g", 0.02), ("r", 0.03)):
        frames += [
            one("FLAT,SKY", day + at + 1e-4 * k, **in_filter(band, f"T-{band}", k + 1))
            for k in range(3)
        ]
        frames.append(
            one("OBJECT", MJD - 0.01 + at, "ACQUISITION", OBJECT="Feige110",
                **in_filter(band, f"T-image-{band}"),
                **{"ESO OBS ID": 42, "ESO OBS START": "2025-08-31T02:00:00",
                   "ESO OBS TARG NAME": "Feige110"})
        )  # fmt: skip
    return frames


def told_by_the_camera_alone(headers):
    # Frames of the camera may lack the arm.
    cards = {"ESO DET3 CAM NAME": "ACQ"}
    return [
        Header({**{k: v for k, v in header.items() if k != "ESO SEQ ARM"}, **cards})
        for header in headers
    ]


def filters_told_as(key, headers):
    name = "ESO " + key.replace(".", " ") if "." in key else key
    return [
        Header({name if k == "ESO INS ACFW ID" else k: v for k, v in header.items()})
        for header in headers
    ]


SCENARIOS = {
    "a night of both arms": night,
    "one arm alone": lambda: night(arm_frames("NIR")),
    "two read modes": lambda: night(arm_frames("VIS"), another_mode(arm_frames("VIS"))),
    "a flat is missing": lambda: night(without(arm_frames("VIS"), "LAMP,FLAT", "ECHELLE,SLIT")),
    "no solution": lambda: night(
        without(arm_frames("NIR"), "LAMP,WAVE", "ECHELLE,MULTI-PINHOLE"), arm_frames("VIS")
    ),
    "calibrations of two nights": lambda: night(
        arm_frames("VIS", MJD - 3.0)[:-1], arm_frames("VIS")
    ),
    "a standard star": lambda: night(arm_frames("VIS"), standard("VIS")),
    "lamps off in each template": lambda: night(arm_frames("NIR"), lamp_off("NIR")),
    "darks of several lengths": lambda: night(arm_frames("NIR"), short_darks("NIR")),
    "only darks much longer than flats": lambda: night(
        without(arm_frames("NIR"), "DARK", "IMAGE"), long_darks("NIR")
    ),
    "a telluric standard": lambda: night(
        arm_frames("NIR"), telluric("NIR"), arm_frames("VIS"), telluric("VIS")
    ),
    "the camera in two filters": lambda: night(arm_frames("VIS"), camera()),
    "a camera whose frames lack the arm": lambda: night(told_by_the_camera_alone(camera())),
    "filters told by their name": lambda: night(filters_told_as("INS.ACFW.NAME", camera())),
    "filters told by FITS's own keyword": lambda: night(filters_told_as("FILTER", camera())),
    "a nodding sequence": lambda: night(arm_frames("NIR"), nodding("NIR")),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_edps_organises_as_our_planner_does(tasks, scenario):
    headers = {
        name: Header({**header, "ARCFILE": name}) for name, header in SCENARIOS[scenario]().items()
    }
    mine, edps = ours(headers), theirs(tasks, headers)
    assert mine
    assert {key[0] for key in mine} == {key[0] for key in edps}
    if scenario != "a nodding sequence":
        assert edps == mine
    else:
        # EDPS runs a sequence as one job; for us each exposure has its own, the others beside it.
        for name, main in edps:
            parts = [files for other, files in mine if other == name]
            assert frozenset().union(*parts) == main or main in parts


@pytest.mark.parametrize("key", FILTER_KEYWORDS)
def test_a_camera_image_takes_the_flat_of_its_filter(key):
    headers = night(filters_told_as(key, camera()))
    images = {main: used for (name, main), used in ours(headers).items() if "image" in name}
    assert len(images) == 2
    for (image,), used in images.items():
        flats = [one for files in used for one in files if headers[one]["DPR.TYPE"] == "FLAT,SKY"]
        assert len(flats) == 3
        assert {headers[one][key] for one in flats} == {headers[image][key]}


def test_arms_find_each_other_and_no_other_target(tasks):
    headers = {
        name: small(Header({**header, "ARCFILE": name}))
        for name, header in night(
            *(part(arm) for arm in ("VIS", "NIR") for part in (arm_frames, another_target))
        ).items()
    }
    merges = organise(tasks, headers)["science_merge_stare_vis"]
    assert len(merges) == 2
    for job in merges:
        (main,) = job.main
        ((partner,),) = job.associated["science_extract_stare_nir"]
        assert headers[partner]["obs.id"] == headers[main]["obs.id"]
        assert headers[partner]["seq.arm"] == "NIR"
