import numpy as np

from soxs_pipeline.reduction.wavelength.pixelmap import invert, make_pixel_map
from tests.support.optics import make_format, make_open_order_table


def test_inverse_after_forward_is_the_identity():
    solution = make_format().solution
    wave, slit = np.meshgrid(np.linspace(1101, 1199, 23), np.linspace(-6, 6, 9))
    found = invert(solution, 11, *solution.detector_position(11, wave, slit))
    assert np.abs(found[0] - wave).max() < 1e-9
    assert np.abs(found[1] - slit).max() < 1e-9


def test_every_mapped_pixel_maps_back_to_itself():
    solution = make_format().solution
    table = make_open_order_table(solution, 400)
    found = make_pixel_map(solution, table, (160, 400), margin_px=1.0)
    for order in (11, 12):
        rows, columns = np.nonzero(found.order == order)
        x, y = solution.detector_position(
            order, found.wavelength_nm[rows, columns], found.slit_arcsec[rows, columns]
        )
        assert np.abs(x - columns).max() < 1e-3
        assert np.abs(y - rows).max() < 1e-3


def test_outside_the_orders_there_is_nothing():
    solution = make_format().solution
    found = make_pixel_map(solution, make_open_order_table(solution, 400), (160, 400),
                           margin_px=0.0)  # fmt: skip
    outside = found.order == 0
    assert np.isnan(found.wavelength_nm[outside]).all()
    assert np.abs(found.slit_arcsec[~outside]).max() < 6.5
    assert outside[80, 50:350].all()


def test_binned_maps_agree_with_unbinned_ones():
    spectral_format = make_format()
    binned = spectral_format.rebinned(2, 2)
    fine = make_pixel_map(spectral_format.solution,
                          make_open_order_table(spectral_format.solution, 400), (160, 400),
                          margin_px=1.0)  # fmt: skip
    coarse = make_pixel_map(binned.solution, make_open_order_table(binned.solution, 200),
                            (80, 200), margin_px=1.0)  # fmt: skip
    mean = fine.wavelength_nm.reshape(80, 2, 200, 2).mean(axis=(1, 3))
    both = np.isfinite(mean) & np.isfinite(coarse.wavelength_nm)
    assert np.abs(mean - coarse.wavelength_nm)[both].max() < 2e-3
