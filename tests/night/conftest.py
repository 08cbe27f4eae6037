"""One simulated night of full-size frames, reduced once for all tests of this folder."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.accuracy import assess, find
from soxs_pipeline.cli.main import main
from soxs_pipeline.simulator.night import simulate

SEED = 5


@dataclass(frozen=True)
class Night:
    raw: Path
    reduced: Path
    status: int
    checksum_before: str
    checksum_after: str
    figures: dict

    def products(self, category):
        return find(self.reduced, category)

    def records(self):
        return [json.loads(p.read_text()) for p in sorted(self.reduced.rglob("*.json"))]


def checksum(folder):
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@pytest.fixture(scope="session")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    raw, reduced = folder / "raw", folder / "reduced"
    simulate(raw, seed=SEED, n_bias=5, n_flat=5, n_dark=3)
    before = checksum(raw)
    status = main(["reduce", str(raw), "-o", str(reduced), "-j", "2"])
    return Night(raw, reduced, status, before, checksum(raw), assess(raw, reduced))
