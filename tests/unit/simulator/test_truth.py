"""The truth on disk is the truth that went in."""

import numpy as np
from astropy.io import fits

from soxs_pipeline.simulator.geometry import Geometry, random_flexure, vacuum_to_air
from soxs_pipeline.simulator.truth import pixel_maps, write_cosmics, write_map


def test_pixel_maps_invert_the_geometry():
    geometry = Geometry("NIR", random_flexure("NIR", np.random.default_rng(2)))
    maps = pixel_maps(geometry)
    for order in (10, 16, 24):
        rows, columns = np.nonzero(maps["ORDER"] == order)
        pick = slice(None, None, 997)
        wave, slit = (maps[key][rows, columns][pick] for key in ("WAVELENGTH", "SLIT"))
        x, y = geometry.orders[order].position(wave, slit)
        assert np.abs(x - columns[pick]).max() < 1e-3
        assert np.abs(y - rows[pick]).max() < 1e-3
        assert np.allclose(maps["WAVE_AIR"][rows, columns][pick], vacuum_to_air(wave))
    off = maps["ORDER"] == 0
    assert np.isnan(maps["SLIT"][off]).all()
    assert np.nanmax(np.abs(maps["SLIT"])) <= 6.0


def test_maps_are_written_in_the_detectors_orientation(tmp_path):
    geometry = Geometry("VIS")
    write_map(tmp_path / "map.fits", geometry)
    with fits.open(tmp_path / "map.fits") as hdus:
        assert hdus["WAVELENGTH"].data.shape == (4096, 808)
        traces = hdus["TRACES"].data
        at = traces[(traces["ORDER"] == 4) & (traces["X"] == 2000)][0]
        assert hdus["ORDER"].data[2000, round(at["Y"])] == 4
        assert abs(hdus["SLIT"].data[2000, round(at["Y"])]) < 0.2
        assert abs(hdus["WAVELENGTH"].data[2000, round(at["Y"])] - at["WAVELENGTH"]) < 0.03


def test_cosmics_are_listed(tmp_path):
    image = np.zeros((30, 40), np.float32)
    image[7, 11] = 900.0
    write_cosmics(tmp_path / "c.fits", image, "light.fits")
    with fits.open(tmp_path / "c.fits") as hdus:
        assert [tuple(row) for row in hdus[1].data] == [(7, 11, 900.0)]
        assert hdus[1].header["LIGHT"] == "light.fits"
