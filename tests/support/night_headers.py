"""Headers of a night as the templates write them, without any pixels."""

from collections.abc import Iterator, Mapping

from soxs_pipeline.domain.header import Header

__all__ = ["MJD", "arm_frames", "frame", "night"]

#: 2025-08-31T02:10:35 UTC.
MJD = 60918.0907

_SLIT = {"VIS": "VISE", "NIR": "NISE"}


def frame(arm: str, dpr_type: str, tech: str, mjd: float, **more: object) -> Header:
    """Return the header of one frame; keywords as ``exptime=``, ``tpl_start=``, ``slit=``."""
    cards: dict[str, object] = {
        "INSTRUME": "SOXS",
        "MJD-OBS": mjd,
        "EXPTIME": more.pop("exptime", 10.0),
        "ESO SEQ ARM": arm,
        "ESO DPR CATG": more.pop("catg", "CALIB"),
        "ESO DPR TYPE": dpr_type,
        "ESO DPR TECH": tech,
        "ESO DET READ CURID": 1 if arm == "VIS" else 3,
        f"ESO INS {_SLIT[arm]} NAME": more.pop("slit", "SLIT1.0"),
    }
    if arm == "VIS":
        cards |= {"ESO DET BINX": 1, "ESO DET BINY": 1}
    cards |= {"ESO " + key.upper().replace("_", " "): value for key, value in more.items()}
    return Header({key: value for key, value in cards.items() if value is not None})


def _several(number: int, *setup: str, mjd: float, **more: object) -> Iterator[Header]:
    for i in range(number):
        yield frame(*setup, mjd + i * 1e-3, tpl_start=f"T{mjd:.5f}", tpl_expno=i + 1, **more)


def arm_frames(arm: str, mjd: float = MJD, **of_object: object) -> list[Header]:
    """Return one arm's calibrations and one science exposure taken ``mjd``."""
    day = mjd - 0.4
    first = (
        _several(5, arm, "BIAS", "IMAGE", mjd=day, exptime=0.0)
        if arm == "VIS"
        else _several(3, arm, "DARK", "IMAGE", mjd=day, exptime=15.0)
    )
    block = {
        "catg": "SCIENCE",
        "obs_id": 42,
        "obs_start": "2025-08-31T02:09:00",
        "obs_targ_name": "Feige110",
    }
    return [
        *first,
        *_several(1, arm, "LAMP,WAVE", "ECHELLE,PINHOLE", mjd=day + 0.01, slit="PINHOLE"),
        *_several(1, arm, "LAMP,FLAT", "ECHELLE,PINHOLE", mjd=day + 0.02, slit="PINHOLE"),
        *_several(5, arm, "LAMP,FLAT", "ECHELLE,SLIT", mjd=day + 0.03, exptime=2.5),
        *_several(1, arm, "LAMP,WAVE", "ECHELLE,MULTI-PINHOLE", mjd=day + 0.04, slit="MULTPIN"),
        frame(
            arm, "OBJECT", "ECHELLE,SLIT,STARE", mjd, **{"catg": "SCIENCE", **block, **of_object}
        ),
    ]


def night(*lists: list[Header]) -> Mapping[str, Header]:
    """Give every header a file name; both arms of a whole night if no headers are given."""
    headers = [h for group in (lists or (arm_frames("VIS"), arm_frames("NIR"))) for h in group]
    return {f"SOXS.{number:03d}.fits": header for number, header in enumerate(headers)}
