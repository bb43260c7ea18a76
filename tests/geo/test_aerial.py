"""Antennas as tables: the kernel gives the pattern back, beams differ by what they are for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geo.aerial import OTHERS, SHAPE, SIGNAL, TRAFFIC, Aerial
from geo.antenna import Pattern, pattern_gain_dbi
from geo.beam import Array, codebook
from geo.coverage import estimate
from geo.errors import RangeError, ShapeError
from geo.kernels.lobe import lobe_db
from geo.link import budget
from geo.panel import Panel, to_aerial
from geo.quality import Traffic, quality
from geo.throughput import Scheme
from tests import build

TRAFFIC_USE = Traffic(
    load_share=0.5,
    noise_figure_db=7.0,
    tdd_share=0.74,
    resource_share=1.0,
    n_layers=2,
    schemes=(Scheme(index=0, modulation_order=2, rate_1024=120, sinr_min_db=-4.54),),
)


def pattern() -> Pattern:
    angle = (np.arange(360) + 180) % 360 - 180
    return Pattern(
        name="cut",
        gain_dbi=17.0,
        horizontal_db=np.minimum(12 * (angle / 65) ** 2, 30),
        vertical_db=np.minimum(12 * ((angle - 4) / 10) ** 2, 30),
    )


def panel() -> Panel:
    return Panel(
        name="panel",
        signal=Array(n_rows=8, n_columns=2),
        signal_beams=codebook(right_deg=(-30, 0, 30), down_deg=(6,)),
        traffic=Array(n_rows=8, n_columns=8),
        traffic_beams=codebook(right_deg=tuple(range(-45, 46, 15)), down_deg=(0, 6)),
    )


@pytest.mark.parametrize("tilt_deg", [0.0, 5.0])
@pytest.mark.parametrize("electrical_deg", [0.0, 3.0])
def test_the_kernel_gives_the_pattern_back(tilt_deg: float, electrical_deg: float) -> None:
    aerial = to_aerial(pattern(), "cut", electrical_tilt_deg=electrical_deg)
    rng = np.random.default_rng(5)
    for right_deg, down_deg in zip(rng.uniform(-180, 180, 60), rng.uniform(-60, 60, 60), strict=True):
        wanted = 17.0 - pattern_gain_dbi(
            pattern(),
            right_deg,
            down_deg,
            mechanical_tilt_deg=tilt_deg,
            electrical_tilt_deg=electrical_deg,
        )
        right, down, tilt = (math.radians(angle) for angle in (right_deg, down_deg, tilt_deg))
        level = math.cos(down)
        forward, side, up = level * math.cos(right), level * math.sin(right), -math.sin(down)
        table_db = aerial.attenuation_db[SIGNAL]
        found = lobe_db(forward, side, up, math.cos(tilt), math.sin(tilt), 0.0, table_db)
        assert found == pytest.approx(float(wanted), abs=0.2)  # between whole degrees


def test_an_unknown_azimuth_radiates_all_around_as_straight_ahead() -> None:
    table_db = to_aerial(pattern(), "cut").attenuation_db[SIGNAL]
    ahead = lobe_db(1.0, 0.0, -0.05, 1.0, 0.0, 0.0, table_db)
    for forward, right in ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)):
        assert lobe_db(forward, right, -0.05, 1.0, 0.0, 1.0, table_db) == pytest.approx(ahead, abs=1e-6)


def test_beams_of_a_panel_differ_by_what_they_are_for() -> None:
    aerial = to_aerial(panel(), "panel")
    signal, served, others = (aerial.attenuation_db[kind] for kind in (SIGNAL, TRAFFIC, OTHERS))
    assert float(signal.min()) == pytest.approx(0.0, abs=1e-4)
    assert 3.0 < float(signal.min() - served.min()) < 9.0  # four times the columns
    assert (others >= served - 1e-3).all()  # a mean is never above the best
    lower = to_aerial(panel(), "panel", electrical_tilt_deg=6.0)
    ahead = SHAPE[2] // 2
    middle = [int(np.argmin(one.attenuation_db[SIGNAL][:, ahead])) - 90 for one in (aerial, lower)]
    assert middle[0] == pytest.approx(6, abs=1)
    assert middle[1] == pytest.approx(12, abs=1)


def test_equal_arguments_give_the_same_table() -> None:
    one = pattern()
    assert to_aerial(one, "cut", electrical_tilt_deg=2.0) is to_aerial(one, "cut", electrical_tilt_deg=2.0)


def test_the_link_and_the_estimate_agree() -> None:
    on = build.grid(rows=80, cols=80)
    aerial = to_aerial(pattern(), "cut")
    sector = build.sector(row=40, col=40, on=on, gain_dbi=17.0, aerial=aerial, mechanical_tilt_deg=3.0)
    found = estimate(
        (sector,), build.surface(on), levels=build.levels(), limits=build.LIMITS_M, convergence_deg=0.0
    )
    for row, col in ((40, 70), (20, 50), (60, 10), (5, 40)):
        x_m, y_m = (float(value) for value in on.to_xy(row, col))
        terms = budget(sector, x_m, y_m, los=True, receiver_height_m=1.5, convergence_deg=0.0)
        assert found.power_dbm["A"][row, col] == pytest.approx(terms.power_dbm, abs=0.02)


def test_traffic_is_judged_by_traffic_beams_and_disturbed_by_their_mean() -> None:
    on = build.grid()
    flat = np.zeros((SHAPE[1], SHAPE[2]), dtype=np.float32)

    def sinr_db(served_db: float, others_db: float) -> float:
        aerial = Aerial(
            name="x", gain_dbi=20.0, attenuation_db=np.stack([flat, flat + served_db, flat + others_db])
        )
        sectors = [
            build.sector(row=30, col=col, on=on, id=f"s{col}", gain_dbi=20.0, aerial=aerial)
            for col in (10, 50)
        ]
        found = quality(
            sectors, build.surface(on), levels=build.levels(), limits=build.LIMITS_M,
            traffic=TRAFFIC_USE, tdd_bands=frozenset({"n41"}),
        )  # fmt: skip
        return float(found["A"].sinr_db[30, 20])

    usual = sinr_db(0.0, 0.0)
    assert sinr_db(-6.0, 0.0) == pytest.approx(usual + 6.0, abs=0.01)
    assert sinr_db(0.0, 10.0) > usual + 9.0
    assert sinr_db(0.0, -3.0) < usual - 2.9


def test_tables_of_another_shape_or_beyond_reason_are_refused() -> None:
    good = np.zeros(SHAPE, dtype=np.float32)
    with pytest.raises(ShapeError, match="aerial_shape"):
        Aerial(name="x", gain_dbi=10.0, attenuation_db=good[:, :10])
    with pytest.raises(RangeError, match="attenuation_db"):
        Aerial(name="x", gain_dbi=10.0, attenuation_db=good - 1.0)
    with pytest.raises(RangeError, match="gain_dbi"):
        Aerial(name="x", gain_dbi=50.0, attenuation_db=good)
