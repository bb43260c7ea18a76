"""The polynomials in single precision against the functions they stand for."""

from __future__ import annotations

import numpy as np

from geo.kernels.p1812 import bullington
from geo.kernels.p1812_tail import diffracted, exp2, least_angle, log2


def test_powers_and_logarithms_of_two() -> None:
    values = np.float32(10.0) ** np.linspace(-9.0, 9.0, 5_001, dtype=np.float32)
    found = np.array([log2(np.float32(value)) for value in values])
    np.testing.assert_allclose(found, np.log2(values.astype(np.float64)), rtol=3e-7, atol=3e-7)
    powers = np.linspace(-99.0, 99.0, 5_001, dtype=np.float32)
    found = np.array([exp2(np.float32(power)) for power in powers])
    np.testing.assert_allclose(found, np.exp2(powers.astype(np.float64)), rtol=5e-7)


def test_the_least_angle_lies_under_the_angle_and_near_it() -> None:
    slopes = np.linspace(-2.0, 2.0, 4_001, dtype=np.float32)
    angle_mrad = 1000.0 * np.arctan(slopes.astype(np.float64))
    found = np.array([least_angle(np.float32(slope)) for slope in slopes])
    assert (found <= angle_mrad + 1e-4).all()
    gentle = (slopes >= 0.0) & (slopes <= 0.1)
    assert np.abs(found - angle_mrad)[gentle].max() < 0.01


def test_a_row_of_knife_edges_equals_one_after_the_other() -> None:
    rng = np.random.default_rng(4)
    n_pixels = 4_000
    d_km, wavelength_m = rng.uniform(0.1, 40.0, n_pixels).astype(np.float32), 0.0857
    first = np.where(rng.random(n_pixels) < 0.5, -1.0, 1.0) * rng.uniform(0.0, 300.0, n_pixels)
    second, third = rng.uniform(0.0, 300.0, n_pixels), -rng.exponential(5.0, n_pixels)
    rows = [values.astype(np.float32) for values in (first, second, third)]
    found = np.empty(n_pixels, dtype=np.float32)
    diffracted(wavelength_m, n_pixels, d_km, *rows, found)
    wanted = [
        bullington(tuple(float(row[i]) for row in rows), float(d_km[i]), wavelength_m)
        for i in range(n_pixels)
    ]
    assert (np.array(wanted) == 0.0).sum() > 50
    np.testing.assert_allclose(found, wanted, atol=2e-4)
