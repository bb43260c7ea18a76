"""Interference, the schemes a link carries, and the published peak rates."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geo.errors import RangeError, ShapeError
from geo.radio import noise_per_re_dbm, truncated_shannon
from geo.throughput import (
    METHODS,
    Scheme,
    best_server_sinr_db,
    efficiency_bps_per_hz,
    interference_mw,
    link_mbps,
    overlap_share,
    shannon_mbps,
    ss_sinr_db,
)
from planning import data

NOISE_DBM = noise_per_re_dbm(scs_khz=30.0, noise_figure_db=7.0)
SCHEMES = data.coding_schemes()


def test_without_interference_it_is_the_ratio_to_the_noise() -> None:
    assert float(ss_sinr_db(-100.0, 0.0, noise_dbm=NOISE_DBM)) == pytest.approx(-100.0 - NOISE_DBM)


def test_an_equal_cell_at_full_load_and_no_noise_gives_0_db_and_half_the_load_3_db() -> None:
    power = np.array([[-60.0], [-60.0]])
    for load, expected_db in ((1.0, 0.0), (0.5, 10 * math.log10(2)), (0.0, 70.0)):
        sinr_db, server = best_server_sinr_db(power, [1.0, load], noise_dbm=-130.0)
        assert sinr_db[0] == pytest.approx(expected_db, abs=1e-5)
        assert server[0] == 0


def test_every_cell_is_weighed_by_its_load_and_the_server_left_out() -> None:
    rng = np.random.default_rng(3)
    power = rng.uniform(-130.0, -70.0, (5, 40))
    power[:, 7], power[3, 8] = np.nan, np.nan
    load = rng.uniform(0.0, 1.0, 5)
    sinr_db, server = best_server_sinr_db(power, load, noise_dbm=NOISE_DBM)
    for place in range(40):
        heard = [k for k in range(5) if not math.isnan(power[k, place])]
        if not heard:
            assert math.isnan(sinr_db[place])
            assert server[place] == -1
            continue
        best = max(heard, key=lambda k: power[k, place])
        rest = sum(load[k] * 10 ** (power[k, place] / 10) for k in heard if k != best)
        expected = power[best, place] - 10 * math.log10(rest + 10 ** (NOISE_DBM / 10))
        assert server[place] == best
        assert sinr_db[place] == pytest.approx(expected, abs=1e-9)


def test_interference_of_parts_adds_up() -> None:
    power, load = np.full((4, 3), -90.0), [0.1, 0.2, 0.3, 0.4]
    whole = interference_mw(power, load)
    parts = interference_mw(power[:2], load[:2]) + interference_mw(power[2:], load[2:])
    assert parts == pytest.approx(whole)
    assert whole == pytest.approx(1e-9)


def test_wrong_loads_are_refused() -> None:
    with pytest.raises(ShapeError):
        interference_mw(np.zeros((2, 3)), [1.0])
    with pytest.raises(RangeError):
        interference_mw(np.zeros((2, 3)), [1.0, 1.2])


@pytest.mark.parametrize(
    ("other_mhz", "other_width_mhz", "share"),
    [(2550, 100, 1.0), (2600, 100, 0.5), (2650, 100, 0.0), (3750, 100, 0.0), (2550, 20, 0.2)],
)
def test_only_the_overlapping_part_of_a_carrier_disturbs(
    other_mhz: float, other_width_mhz: float, share: float
) -> None:
    assert overlap_share(
        frequency_mhz=2550,
        bandwidth_mhz=100,
        other_frequency_mhz=other_mhz,
        other_bandwidth_mhz=other_width_mhz,
    ) == pytest.approx(share)


def test_peak_rate_of_100_mhz_with_four_layers_is_the_known_2337_mbps() -> None:
    """The figure of the standard's formula that makers quote for n78, 273 blocks, 256QAM, 4 layers."""
    peak = link_mbps(60.0, SCHEMES, n_rb=273, scs_khz=30.0, n_layers=4)
    assert float(peak) == pytest.approx(2337.0, abs=1.0)
    shared = link_mbps(60.0, SCHEMES, n_rb=273, scs_khz=30.0, n_layers=4, tdd_share=0.75, resource_share=0.5)
    assert float(shared) == pytest.approx(float(peak) * 0.375)


def test_schemes_are_those_of_the_table() -> None:
    """Spectral efficiencies as printed in TS 38.214 Table 5.1.3.1-2."""
    printed = {0: 0.2344, 4: 1.1758, 5: 1.4766, 10: 2.5703, 11: 2.7305, 19: 5.1152, 20: 5.3320, 27: 7.4063}
    assert [scheme.index for scheme in SCHEMES] == list(range(28))
    for index, expected in printed.items():
        assert SCHEMES[index].efficiency_bps_per_hz == pytest.approx(expected, abs=5e-5)
    for scheme in SCHEMES:
        shannon_db = 10 * math.log10(2**scheme.efficiency_bps_per_hz - 1)
        assert scheme.sinr_min_db - shannon_db == pytest.approx(3.0, abs=0.0051)


def test_a_link_takes_the_best_scheme_it_carries_and_never_more_than_shannon() -> None:
    sinr_db = np.linspace(-20.0, 40.0, 601)
    found = efficiency_bps_per_hz(sinr_db, SCHEMES)
    assert (np.diff(found) >= 0).all()
    assert (found <= np.log2(1 + 10 ** (sinr_db / 10))).all()
    assert found[0] == 0.0
    assert found[-1] == SCHEMES[-1].efficiency_bps_per_hz
    for scheme in SCHEMES:
        assert efficiency_bps_per_hz(scheme.sinr_min_db, SCHEMES) == scheme.efficiency_bps_per_hz
        assert efficiency_bps_per_hz(scheme.sinr_min_db - 1e-6, SCHEMES) < scheme.efficiency_bps_per_hz
    assert np.isnan(efficiency_bps_per_hz(np.nan, SCHEMES))
    assert efficiency_bps_per_hz(5.0, list(reversed(SCHEMES))) == efficiency_bps_per_hz(5.0, SCHEMES)


def test_truncated_shannon_scales_with_bandwidth_and_time() -> None:
    found = shannon_mbps(10.0, bandwidth_mhz=98.28, tdd_share=0.75)
    assert float(found) == pytest.approx(0.6 * math.log2(11.0) * 98.28 * 0.75)
    assert float(shannon_mbps(-10.1, bandwidth_mhz=20.0)) == 0.0
    assert float(shannon_mbps(50.0, bandwidth_mhz=20.0)) == pytest.approx(88.0)
    assert truncated_shannon(50.0) == 4.4


def test_every_method_has_its_source() -> None:
    assert METHODS["mcs"].startswith("3GPP TS 38.306")
    assert METHODS["shannon"].startswith("3GPP TR 36.942")


@pytest.mark.parametrize(
    "wrong",
    [
        {"tdd_share": 1.1},
        {"resource_share": -0.1},
        {"overhead_share": math.nan},
        {"n_layers": 9},
        {"n_rb": 0},
    ],
)
def test_shares_and_counts_have_limits(wrong: dict[str, float]) -> None:
    with pytest.raises(RangeError):
        link_mbps(10.0, SCHEMES, **({"n_rb": 273, "scs_khz": 30.0} | wrong))  # type: ignore[arg-type]


def test_an_impossible_scheme_cannot_be_made() -> None:
    with pytest.raises(RangeError):
        Scheme(index=0, modulation_order=2, rate_1024=1025.0, sinr_min_db=0.0)
