"""Compare what `soxs_lingain` measured with the truth of simulated series.

soxspipe simulate RAW --block linearity --seed 5
soxspipe reduce RAW -o REDUCED --all
python -m benchmarks.lingain RAW REDUCED
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.frame import BadPixelMap
from soxs_pipeline.io.products import read_product


def main() -> None:
    """Print a line for each arm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path)
    parser.add_argument("reduced", type=Path)
    options = parser.parse_args()
    for path in sorted(options.reduced.rglob("soxs_lingain/*.fits")):
        header = fits.getheader(path)
        if not str(header["ESO PRO CATG"]).startswith("BP_MAP_NL"):
            continue
        arm = header["ESO SEQ ARM"]
        flags = read_product(path, BadPixelMap).quality
        truth = options.raw.with_name(options.raw.name + "_truth") / f"detector_{arm}.fits"
        with fits.open(truth) as units:
            gain, noise = units[0].header["GAIN"], units[0].header["RON"]
            odd = units["ODD"].data
            steady = (units["DEAD"].data == 0) & (units["HOT"].data == 0)
        light = _light(options.raw, arm)
        if flags.shape != odd.shape:
            flags = flags.T
        # Those the brightest exposures fill to half of full well: fainter ones cannot tell.
        judged = steady & (light > 50000.0)
        found, strange = (flags != 0) & judged, (odd != 0) & judged
        print(
            f"{arm}: gain {header['ESO QC GAIN']:.4f}, true {gain:.4f} "
            f"({100 * (header['ESO QC GAIN'] / gain - 1):+.2f} %); "
            f"read noise {header['ESO QC RON']:.3f}, true {noise:.3f} "
            f"({100 * (header['ESO QC RON'] / noise - 1):+.1f} %); "
            f"{judged.sum()} pixels, odd ones found {100 * found[strange].mean():.2f} %, "
            f"false {100 * np.mean(found[judged & ~strange]):.3f} %"
        )


def _light(raw: Path, arm: str) -> np.ndarray:
    """Return the expected electrons of the brightest exposure of the series."""
    folder = raw.with_name(raw.name + "_truth")
    lights = [
        fits.getdata(path, "TOTAL") for path in sorted(folder.glob(f"light_linearity_{arm}*.fits"))
    ]
    return np.max(lights, axis=0)


if __name__ == "__main__":
    main()
