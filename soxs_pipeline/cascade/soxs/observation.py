"""From exposures of the sky to merged spectra."""

from __future__ import annotations

from dataclasses import replace

from soxs_pipeline.cascade.soxs.items import (
    ARM_AIR,
    ARM_TELLURIC,
    EXTINCTION,
    FLUX_STANDARDS,
    IMG_TARGET,
    MAP_2D,
    MAP_CUBE,
    MAP_RECT,
    MAP_SKY,
    MAP_SOURCES,
    MASTER_RESPONSE,
    MOLECULAR_BANDS,
    OBJECT_MAP,
    OBJECT_NOD,
    OBJECT_OFFSET,
    OBJECT_STARE,
    PASSBANDS,
    RESPONSE,
    SCI_2D,
    SCI_AIR,
    SCI_ARM,
    SCI_LINES,
    SCI_MERGED,
    SCI_ORDERS,
    SCI_RECT,
    SCI_SKY,
    SCI_SOURCES,
    SCI_TELLURIC,
    SKY_LINES,
    STD_2D,
    STD_FLUX_NOD,
    STD_FLUX_OFFSET,
    STD_FLUX_STARE,
    STD_LINES,
    STD_MERGED,
    STD_ORDERS,
    STD_SKY,
    STD_SOURCES,
    STD_TELLURIC_NOD,
    STD_TELLURIC_OFFSET,
    STD_TELLURIC_STARE,
    TELL_2D,
    TELL_LINES,
    TELL_MERGED,
    TELL_ORDERS,
    TELL_SKY,
    TELL_SOURCES,
    TELLURIC_GRID,
)
from soxs_pipeline.cascade.soxs.slots import (
    AGES,
    ARM,
    BLAZE_SLOT,
    DETECTOR,
    GEOMETRY,
    MASTER_FLAT_SLOT,
    NIGHT,
    SAME_EXPOSURE,
    SAME_SEQUENCE,
    YEAR,
)
from soxs_pipeline.cascade.spec import DataItem, Slot, Task, bundled, maybe, need, static

__all__ = ["OBSERVATION_TASKS"]


#: What turns electrons into flux: not for flux standards, which would be judged by themselves.
FLUX = bundled(
    "flux",
    maybe("response", RESPONSE, *AGES, YEAR, match=ARM),
    replace(static("extinction", EXTINCTION), least=0),
    replace(static("master", MASTER_RESPONSE), least=0),
)
#: What tells of the air: the templates, and a telluric standard of the same night.
AIR = (
    replace(maybe("standard", TELL_MERGED, NIGHT, match=("INSTRUME",)), rare=True, of_arm=""),
    static("grid", TELLURIC_GRID),
)
#: Brightness of the target in the acquisition image of the same block: sets the absolute scale.
ABSOLUTE = (
    Slot(
        "photometry",
        IMG_TARGET,
        least=0,
        most=None,
        match=("INSTRUME", "OBS.ID", "OBS.TARG.NAME"),
        levels=(NIGHT,),
        rare=True,
        of_arm="ACQ",
    ),
    replace(static("passbands", PASSBANDS), least=0),
)
OBSERVATION = ("INSTRUME", "OBS.ID", "OBS.START", "OBS.TARG.NAME")


def _sequence(
    kind: str,
    mode: str,
    doc: str,
    raw: DataItem,
    made: tuple[DataItem, ...],
    recipe: str = "",
) -> Task:
    """Return the task that takes the sky off each exposure with the help of its sequence."""
    image, sky, sources, *_ = made
    return Task(
        f"{kind}_{mode}",
        recipe or f"soxs_{mode}",
        doc,
        Slot("raw", raw),
        (
            Slot("partners", raw, least=0, most=None, match=SAME_SEQUENCE, levels=(NIGHT,)),
            *DETECTOR,
            MASTER_FLAT_SLOT,
            *GEOMETRY,
        ),
        (("sky_subtracted", image), ("sky_model", sky), ("sources", sources)),
    )


def _of_other_arm(name: str, item: DataItem) -> Slot:
    """Return the slot for what the other arm has, next in time, of the same target."""
    found = maybe(name, item, NIGHT, match=OBSERVATION)
    return replace(found, rare=True, of_arm=(("VIS", "NIR"), ("NIR", "VIS")))


def _observe(
    kind: str,
    raws: tuple[DataItem, ...],
    made: tuple[DataItem, ...],
    calibration: tuple[Slot, ...] = (),
) -> tuple[Task, ...]:
    """Return the tasks from one kind of exposure, in any mode, to its merged spectrum."""
    raw, nod, offset = raws
    image, sky, sources, lines, orders, merged = made
    return (
        Task(
            f"{kind}_stare",
            "soxs_stare",
            "Model the sky, find the sources",
            Slot("raw", raw),
            (*DETECTOR, MASTER_FLAT_SLOT, *GEOMETRY),
            (("sky_subtracted", image), ("sky_model", sky), ("sources", sources)),
        ),
        _sequence(kind, "nod", "Take the sky off a nodded exposure", nod, made),
        _sequence(kind, "offset", "Take off the sky seen beside the object", offset, made),
        Task(
            f"{kind}_sky_lines",
            "soxs_line_check",
            "Check the wavelength scale on sky lines",
            Slot("frame", image),
            (
                need("sky_model", sky, NIGHT, match=SAME_EXPOSURE),
                *GEOMETRY,
                static("lines", SKY_LINES),
            ),
            (("line_check", lines),),
        ),
        Task(
            f"{kind}_extract",
            "soxs_extract",
            "Extract the target order by order",
            Slot("frame", image),
            (
                need("sky_model", sky, NIGHT, match=SAME_EXPOSURE),
                need("sources", sources, NIGHT, match=SAME_EXPOSURE),
                *bundled(
                    "beside",
                    maybe("line_check", lines, NIGHT, match=SAME_EXPOSURE),
                    _of_other_arm("other_arm", sources),
                ),
                *GEOMETRY,
                BLAZE_SLOT,
                *calibration,
            ),
            (("orders", orders),),
        ),
        Task(
            f"{kind}_merge",
            "soxs_merge",
            "Merge orders, exposures and arms into one spectrum",
            Slot("orders", orders, most=None),
            ABSOLUTE if kind == "science" else (),
            (("merged", merged),),
            group_by=OBSERVATION,
            joins_arms=True,
            wanted=True,
        ),
    )


OBSERVATION_TASKS = (
    *_observe(
        "science",
        (OBJECT_STARE, OBJECT_NOD, OBJECT_OFFSET),
        (SCI_2D, SCI_SKY, SCI_SOURCES, SCI_LINES, SCI_ORDERS, SCI_MERGED),
        FLUX,
    ),
    *_observe(
        "standard",
        (STD_FLUX_STARE, STD_FLUX_NOD, STD_FLUX_OFFSET),
        (STD_2D, STD_SKY, STD_SOURCES, STD_LINES, STD_ORDERS, STD_MERGED),
    ),
    *_observe(
        "telluric",
        (STD_TELLURIC_STARE, STD_TELLURIC_NOD, STD_TELLURIC_OFFSET),
        (TELL_2D, TELL_SKY, TELL_SOURCES, TELL_LINES, TELL_ORDERS, TELL_MERGED),
        FLUX,
    ),
    Task(
        "science_straighten",
        "soxs_straighten",
        "Rectify a science frame",
        Slot("frame", SCI_2D),
        (*GEOMETRY, BLAZE_SLOT, *FLUX),
        (("rectified", SCI_RECT),),
        wanted=True,
    ),
    _sequence(
        "science",
        "mapping",
        "Take the sky off one slit position of a map",
        OBJECT_MAP,
        (MAP_2D, MAP_SKY, MAP_SOURCES),
        "soxs_offset",
    ),
    Task(
        "science_mapping_straighten",
        "soxs_straighten",
        "Rectify one slit position of a map",
        Slot("frame", MAP_2D),
        (*GEOMETRY, BLAZE_SLOT, *FLUX),
        (("rectified", MAP_RECT),),
    ),
    Task(
        "science_map",
        "soxs_map",
        "Assemble a map from a scan of slit positions",
        Slot("images", MAP_RECT, most=None),
        (),
        (("cube", MAP_CUBE),),
        group_by=OBSERVATION,
        wanted=True,
    ),
    Task(
        "science_arm",
        "soxs_merge",
        "Merge orders and exposures of one arm",
        Slot("orders", SCI_ORDERS, most=None),
        ABSOLUTE,
        (("merged", SCI_ARM),),
        group_by=OBSERVATION,
        wanted=True,
    ),
    Task(
        "science_telluric",
        "soxs_telluric",
        "Take out the absorption by the air",
        Slot("merged", SCI_MERGED),
        AIR,
        (("corrected", SCI_TELLURIC), ("telluric", SCI_AIR)),
        arms=("",),
        wanted=True,
    ),
    Task(
        "science_arm_telluric",
        "soxs_telluric",
        "Take out the absorption by the air in one arm",
        Slot("merged", SCI_ARM),
        AIR,
        (("corrected", ARM_TELLURIC), ("telluric", ARM_AIR)),
        wanted=True,
    ),
    Task(
        "response",
        "soxs_response",
        "Find the response from a standard star",
        Slot("orders", STD_ORDERS, most=None),
        (
            static("standards", FLUX_STANDARDS),
            static("extinction", EXTINCTION),
            static("bands", MOLECULAR_BANDS),
            replace(static("grid", TELLURIC_GRID), least=0),
        ),
        (("response", RESPONSE),),
        group_by=OBSERVATION,
        nightly=True,
    ),
)
