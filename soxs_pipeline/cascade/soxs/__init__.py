"""The association map of SOXS: figures 7 and 8 of the design paper, as data.

Everything that must know which file goes where reads it here: the classifier, the planner,
the command line's help, the documentation and the files generated for ESO's tools.
"""

from __future__ import annotations

from soxs_pipeline.cascade.soxs.calibration import CALIBRATION_TASKS
from soxs_pipeline.cascade.soxs.camera import CAMERA_TASKS
from soxs_pipeline.cascade.soxs.items import ITEMS, REJECTED
from soxs_pipeline.cascade.soxs.observation import OBSERVATION_TASKS

__all__ = ["ALIASES", "ARMS", "INSTRUMENT", "ITEMS", "NAMERS", "REJECTED", "TASKS"]

INSTRUMENT = "SOXS"
ARMS = ("VIS", "NIR", "ACQ")

#: The camera's frames may lack SEQ.ARM but name the camera.
NAMERS = {"ACQ": "DET3.CAM.NAME"}

#: Keywords of the map that are spelt otherwise in each arm.
ALIASES = {
    "SLIT": {"VIS": "INS.VISE.NAME", "NIR": "INS.NISE.NAME"},
    "SLIT.SWSIM": {"VIS": "INS.VISE.SWSIM", "NIR": "INS.NISE.SWSIM"},
}

TASKS = (*CALIBRATION_TASKS, *CAMERA_TASKS, *OBSERVATION_TASKS)
