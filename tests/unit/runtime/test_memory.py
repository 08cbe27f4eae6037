import subprocess
import sys

import pytest

from soxs_pipeline.runtime import memory

_WORK = """
import resource
import numpy as np
from soxs_pipeline.runtime.memory import keep_freed_memory

if {keep}:
    print(keep_freed_memory())
else:
    print(None)
for _ in range(50):
    held = [np.ones(700_000) for _ in range(5)]
    del held
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(keep):
    """Return whether the allocator took it, and how often the system had to hand out a page."""
    done = subprocess.run(
        [sys.executable, "-c", _WORK.format(keep=keep)], capture_output=True, text=True, check=True
    )
    taken, number = done.stdout.split()
    return taken, int(number)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is of Linux")
def test_pages_of_arrays_that_come_and_go_are_handed_out_once():
    taken, kept = faults(keep=True)
    if taken != "True":
        pytest.skip("the C library is not glibc")
    _, given_back = faults(keep=False)
    pages = 5 * 700_000 * 8 // 4096
    assert kept < given_back - 10 * pages


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not memory.keep_freed_memory()
