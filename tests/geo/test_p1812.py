"""P.1812: golden values of another implementation, symmetry, bounds, refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.errors import RangeError, ShapeError
from geo.p1812 import Conditions, Prediction, path_loss

GOLDEN = pd.read_csv(Path(__file__).parents[1] / "golden" / "p1812.csv")
MID = Conditions(frequency_mhz=2550.0)


def predict(conditions: Conditions = MID, **given: object) -> Prediction:
    n = 81
    hills = 20.0 + 15.0 * np.sin(np.arange(n) / 6.0)
    usual = {"tx_height_m": 30.0, "rx_height_m": 1.5, "latitude_deg": 20.8, "clutter_m": 0.0}
    return path_loss(
        np.arange(n) * 100.0, given.pop("ground_m", hills), conditions=conditions, **(usual | given)
    )


def line(cell: str) -> np.ndarray:
    return np.array(cell.split(), dtype=np.float64)


@pytest.mark.parametrize("row", list(GOLDEN.itertuples()), ids=lambda row: f"case{row.case}")
def test_equals_the_independent_implementation(row) -> None:
    ground_m = line(row.ground_m)
    found = path_loss(
        np.arange(ground_m.size) * row.step_m,
        ground_m,
        clutter_m=line(row.clutter_m),
        zones=line(row.zones),
        tx_height_m=row.tx_height_m,
        rx_height_m=row.rx_height_m,
        latitude_deg=row.latitude_deg,
        tx_coast_km=row.tx_coast_km,
        rx_coast_km=row.rx_coast_km,
        conditions=Conditions(
            frequency_mhz=row.frequency_mhz,
            time_share=row.time_percent / 100.0,
            location_share=row.location_percent / 100.0,
            vertical=row.polarisation == 2,
            lapse_rate=row.lapse_rate,
            refractivity=row.refractivity,
            square_m=row.square_m,
        ),
    )
    assert found.loss_db == pytest.approx(row.loss_db, abs=0.002)


def test_the_golden_values_visit_every_mechanism() -> None:
    assert len(GOLDEN) == 40
    assert GOLDEN["zones"].str.contains("1").sum() >= 10
    assert set(GOLDEN["polarisation"]) == {1, 2}
    assert GOLDEN["loss_db"].max() - GOLDEN["loss_db"].min() > 60.0


def test_at_the_median_over_open_ground_the_loss_is_that_of_free_space() -> None:
    found = predict(ground_m=np.zeros(81), tx_height_m=60.0, rx_height_m=60.0)
    assert found.loss_db == pytest.approx(found.losses.lbfs_db, abs=1e-4)
    assert found.in_range


def test_ends_may_change_places() -> None:
    ground_m = np.random.default_rng(5).uniform(0.0, 60.0, 81)
    there = predict(ground_m=ground_m, tx_height_m=30.0, rx_height_m=10.0)
    back = predict(ground_m=ground_m[::-1], tx_height_m=10.0, rx_height_m=30.0)
    assert there.loss_db == pytest.approx(back.loss_db, abs=1e-6)


def test_clutter_between_the_ends_obstructs_and_over_the_ends_does_not() -> None:
    ends, between = np.zeros(81), np.zeros(81)
    ends[[0, -1]], between[40:60] = 20.0, 40.0
    bare = predict().loss_db
    assert predict(clutter_m=ends).loss_db == pytest.approx(bare, abs=1e-9)
    assert predict(clutter_m=between).loss_db > bare + 3.0


def test_rarer_times_and_safer_places() -> None:
    by_time = [predict(replace(MID, time_share=share)).loss_db for share in (0.01, 0.1, 0.5)]
    by_place = [predict(replace(MID, location_share=share)).loss_db for share in (0.1, 0.5, 0.9)]
    assert by_time == sorted(by_time)
    assert by_place == sorted(by_place)
    assert by_place[2] - by_place[1] == pytest.approx(by_place[1] - by_place[0], abs=1e-6)


def test_location_variability_fades_out_above_the_clutter() -> None:
    high = replace(MID, location_share=0.9)
    low_db = high.location_loss_db(rx_height_m=1.5, clutter_m=8.0)
    # (0.024 f + 0.52) wa^0.28 at 2.55 GHz and 100 m, times I(0.9) = -1.2816
    assert low_db == pytest.approx((0.024 * 2.55 + 0.52) * 100.0**0.28 * 1.2816, abs=2e-3)
    assert high.location_loss_db(rx_height_m=13.0, clutter_m=8.0) == pytest.approx(low_db / 2.0)
    assert high.location_loss_db(rx_height_m=18.0, clutter_m=8.0) == 0.0


def test_a_building_adds_its_median_and_its_spread() -> None:
    inside = replace(MID, entry_db=15.0, entry_sigma_db=6.0)
    assert predict(inside).loss_db == pytest.approx(predict().loss_db + 15.0)
    spread = replace(inside, location_share=0.9)
    out_db = replace(MID, location_share=0.9).location_loss_db(rx_height_m=1.5, clutter_m=0.0)
    in_db = spread.location_loss_db(rx_height_m=1.5, clutter_m=0.0) - 15.0
    assert in_db == pytest.approx(np.hypot(out_db, 6.0 * 1.2816), abs=5e-3)


def test_what_lies_outside_the_recommendation_is_flagged() -> None:
    assert not predict(replace(MID, frequency_mhz=7000.0)).in_range
    assert not predict(tx_height_m=0.5).in_range
    near = path_loss(
        [0.0, 100.0, 200.0], [0.0] * 3, tx_height_m=30, rx_height_m=1.5, latitude_deg=20.8, conditions=MID
    )
    assert not near.in_range
    assert np.isfinite(near.loss_db)


def test_an_unknown_height_makes_an_unknown_loss() -> None:
    ground_m = np.zeros(81)
    ground_m[33] = np.nan
    assert np.isnan(predict(ground_m=ground_m).loss_db)


@pytest.mark.parametrize(
    "wrong",
    [{"tx_height_m": 0.0}, {"rx_height_m": -1.0}, {"latitude_deg": 95.0}, {"clutter_m": -2.0}, {"zones": 2}],
)
def test_impossible_numbers_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(RangeError):
        predict(**wrong)


@pytest.mark.parametrize("name", ["frequency_mhz", "time_share", "location_share", "lapse_rate"])
def test_impossible_conditions_are_refused(name: str) -> None:
    with pytest.raises(RangeError) as caught:
        replace(MID, **{name: float("nan")})
    assert caught.value.facts["quantity"] == name


def test_profiles_that_are_none_are_refused() -> None:
    for distance_m in ([0.0, 100.0], [0.0, 200.0, 100.0], [5.0, 10.0, 15.0]):
        with pytest.raises(ShapeError, match="profile_distances"):
            path_loss(distance_m, 0.0, tx_height_m=30, rx_height_m=1.5, latitude_deg=0.0, conditions=MID)
    with pytest.raises(ShapeError, match="profile_shapes"):
        predict(clutter_m=np.zeros(80))
