"""Beams of an array: the sum over the elements, the power they radiate, and the envelope."""

from __future__ import annotations

import numpy as np
import pytest

from geo.beam import Array, Beam, beam_gain_dbi, codebook, envelope_gain_dbi, normalisation_db
from geo.errors import RangeError
from geo.radio import antenna_gain_dbi

FULL = Array(n_rows=8, n_columns=8, row_spacing_ratio=0.7)
NARROW = Array(n_rows=8, n_columns=2, row_spacing_ratio=0.7)
AHEAD = Beam(right_deg=0.0, down_deg=0.0)


def summed_dbi(array: Array, beam: Beam, right_deg: float, down_deg: float) -> float:
    """Formula of M.2101 Table 4, element by element, with zenith angles."""
    theta, phi = np.radians(90.0 + down_deg), np.radians(right_deg)
    tilt, scan = np.radians(beam.down_deg), np.radians(beam.right_deg)
    total = 0j
    for n in range(array.n_rows):
        for m in range(array.n_columns):
            v = n * array.row_spacing_ratio * np.cos(theta)
            v += m * array.column_spacing_ratio * np.sin(theta) * np.sin(phi)
            w = n * array.row_spacing_ratio * np.sin(tilt)
            w -= m * array.column_spacing_ratio * np.cos(tilt) * np.sin(scan)
            total += np.exp(2j * np.pi * (v + w)) / np.sqrt(array.n_rows * array.n_columns)
    element = antenna_gain_dbi(
        90.0 + down_deg, right_deg, gain_dbi=8.0, horizontal_beamwidth_deg=65.0, vertical_beamwidth_deg=65.0
    )
    return float(element + 10.0 * np.log10(abs(total) ** 2))


@pytest.mark.parametrize(
    "beam", [AHEAD, Beam(right_deg=32.0, down_deg=9.0), Beam(right_deg=-50.0, down_deg=-3.0)]
)
def test_the_closed_form_is_the_sum_over_the_elements(beam: Beam) -> None:
    rng = np.random.default_rng(11)
    for right, down in rng.uniform((-180, -90), (180, 90), (60, 2)):
        expected = summed_dbi(FULL, beam, right, down)
        found = float(beam_gain_dbi(FULL, beam, right, down, normalised=False))
        assert 10 ** (found / 10) == pytest.approx(10 ** (expected / 10), rel=1e-9, abs=1e-9)


def test_ahead_the_elements_add_up() -> None:
    found = float(beam_gain_dbi(FULL, AHEAD, 0.0, 0.0, normalised=False))
    assert found == pytest.approx(8.0 + 10.0 * np.log10(64.0))


@pytest.mark.parametrize("array", [FULL, NARROW, Array(n_rows=1, n_columns=1)])
@pytest.mark.parametrize("beam", [AHEAD, Beam(right_deg=45.0, down_deg=6.0)])
def test_a_normalised_beam_radiates_the_power_that_is_fed(array: Array, beam: Beam) -> None:
    # midpoint rule in solid angle, another quadrature than the code's
    sine = (np.arange(2000) + 0.5) / 1000.0 - 1.0
    around = np.arange(720) * 0.5 - 180.0
    down = np.degrees(np.arcsin(sine))[:, np.newaxis]
    gain = beam_gain_dbi(array, beam, around[np.newaxis, :], down)
    assert np.power(10.0, gain / 10.0).mean() == pytest.approx(1.0, abs=2e-3)
    raw = beam_gain_dbi(array, beam, 0.0, 0.0, normalised=False)
    moved = beam_gain_dbi(array, beam, 0.0, 0.0)
    assert float(raw - moved) == pytest.approx(normalisation_db(array, beam))


def test_the_envelope_is_the_best_beam_and_reaches_every_beam() -> None:
    beams = codebook(right_deg=(-45.0, -15.0, 15.0, 45.0), down_deg=(3.0, 9.0))
    assert len(beams) == 8
    right, down = np.meshgrid(np.arange(-60.0, 61.0, 5.0), np.arange(-5.0, 16.0, 2.0))
    envelope = envelope_gain_dbi(FULL, beams, right, down)
    each = np.stack([beam_gain_dbi(FULL, beam, right, down) for beam in beams])
    assert np.allclose(envelope, each.max(axis=0))
    assert (envelope > each.min(axis=0)).all()


def test_traffic_beams_gain_over_synchronisation_beams_in_the_sector() -> None:
    """The whole array towards a user is 3 to 9 dB above few wide beams (2 of 8 columns)."""
    right = np.arange(-50.0, 51.0, 1.0)
    ssb = envelope_gain_dbi(NARROW, codebook(right_deg=(-48, -24, 0, 24, 48), down_deg=(6.0,)), right, 6.0)
    traffic = envelope_gain_dbi(
        FULL, codebook(right_deg=tuple(np.arange(-52, 53, 6.5)), down_deg=(6.0,)), right, 6.0
    )
    assert 3.0 <= float(np.median(traffic - ssb)) <= 9.0


def test_a_mechanical_tilt_turns_the_array() -> None:
    down = np.arange(-20.0, 40.0, 0.25)
    for tilt in (0.0, 7.0):
        gain = envelope_gain_dbi(
            FULL, [Beam(right_deg=0.0, down_deg=3.0)], 0.0, down, mechanical_tilt_deg=tilt
        )
        assert float(down[gain.argmax()]) == pytest.approx(3.0 + tilt, abs=0.5)


def test_an_impossible_array_cannot_be_made() -> None:
    for wrong in ({"n_rows": 0}, {"n_columns": 65}, {"row_spacing_ratio": float("nan")}):
        with pytest.raises(RangeError):
            Array(**({"n_rows": 4, "n_columns": 4} | wrong))  # type: ignore[arg-type]
