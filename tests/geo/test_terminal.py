"""Losses at a terminal: golden values of other hands, ranges, and what may not be added together."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from geo.clutter import CLUTTERS, REPRESENTATIVE_HEIGHT_M, Environment
from geo.entry import ENTRIES
from geo.errors import InputError
from geo.terminal import TerminalLoss, require_compatible, terminal_loss_db

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "p2108.csv"
EVERY = {**ENTRIES, **CLUTTERS}


def one(name: str, **quantities: float) -> tuple[float, bool]:
    loss_db, in_range = terminal_loss_db(EVERY[name], **quantities)
    return float(loss_db), bool(in_range)


@pytest.mark.parametrize("name", ["p2108_statistical", "p2108_height_gain"])
def test_clutter_equals_the_library_of_another_hand(name: str) -> None:
    with GOLDEN.open(encoding="utf-8") as source:
        rows = [
            row for row in csv.DictReader(line for line in source if line[0] != "#") if row["model"] == name
        ]
    assert len(rows) >= 36
    quantities = {key: np.array([float(row[key]) for row in rows]) for key in EVERY[name].ranges}
    loss_db, in_range = terminal_loss_db(EVERY[name], **quantities)
    difference_db = np.abs(loss_db - [float(row["loss_db"]) for row in rows])
    rounded = np.array([row["location_share"] in ("0.01", "0.9") for row in rows])
    assert (~rounded).sum() >= 20
    assert difference_db[~rounded].max() <= (1e-6 if name == "p2108_statistical" else 1e-9)
    assert (difference_db <= 4e-3).all()
    assert in_range.all()


@pytest.mark.parametrize(
    ("name", "frequency_mhz", "expected_db"),
    [
        ("p2109_traditional", 700, 14.1),
        ("p2109_traditional", 2600, 15.3),
        ("p2109_traditional", 3500, 15.7),
        ("p2109_thermally_efficient", 700, 31.6),
        ("p2109_thermally_efficient", 3500, 30.9),
        ("o2i_low", 3500, 12.7),
        ("o2i_high", 3500, 26.8),
        ("o2i_sub6_single_freq", 3500, 20.0),
    ],
)
def test_medians_of_building_entry(name: str, frequency_mhz: float, expected_db: float) -> None:
    assert one(name, frequency_mhz=frequency_mhz)[0] == pytest.approx(expected_db, abs=0.05)


def test_woodland_grows_from_its_specific_to_its_largest_attenuation() -> None:
    for frequency_mhz, specific, largest in ((949.0, 0.17, 26.5), (2117.5, 0.34, 34.1)):
        short_db, _ = one("p833", frequency_mhz=frequency_mhz, woodland_depth_m=0.01)
        long_db, _ = one("p833", frequency_mhz=frequency_mhz, woodland_depth_m=1e5)
        assert short_db / 0.01 == pytest.approx(specific, rel=1e-3)
        assert long_db == pytest.approx(largest)
    assert one("p833", frequency_mhz=1000, woodland_depth_m=50, specific_db_per_m=0.2, largest_db=20)[
        0
    ] == pytest.approx(20 * (1 - np.exp(-0.5)))
    beyond_db, in_range = one("p833", frequency_mhz=3500, woodland_depth_m=50)
    assert beyond_db > one("p833", frequency_mhz=2117.5, woodland_depth_m=50)[0]
    assert not in_range


def test_representative_heights_stand_where_none_is_given() -> None:
    for environment in Environment:
        given = {"frequency_mhz": 900.0, "rx_height_m": 1.5, "environment": float(environment)}
        usual = one("p2108_height_gain", **given)
        assert usual == one(
            "p2108_height_gain", **given, clutter_height_m=REPRESENTATIVE_HEIGHT_M[environment]
        )
        assert usual != one("p2108_height_gain", **given, clutter_height_m=7.0)


@pytest.mark.parametrize(
    ("name", "changes", "is_number"),
    [
        ("o2i_low", {"frequency_mhz": 400.0}, True),
        ("o2i_low", {"frequency_mhz": 0.0}, False),
        ("o2i_low", {"indoor_m": 25.1}, True),
        ("o2i_high", {"indoor_m": -1.0}, False),
        ("o2i_sub6_single_freq", {"frequency_mhz": 6001.0}, True),
        ("p2109_traditional", {"frequency_mhz": 79.0}, True),
        ("p2109_traditional", {"probability": 0.0}, False),
        ("p2109_traditional", {"probability": 1.0}, False),
        ("p2109_traditional", {"elevation_deg": 91.0}, True),
        ("p2108_statistical", {"distance_m": 249.0}, True),
        ("p2108_statistical", {"distance_m": 0.0}, False),
        ("p2108_statistical", {"location_share": 1.0}, False),
        ("p2108_height_gain", {"frequency_mhz": 3001.0}, True),
        ("p2108_height_gain", {"rx_height_m": 0.0}, False),
        ("p2108_height_gain", {"environment": 2.5}, False),
        ("p833", {"woodland_depth_m": -1.0}, False),
    ],
)
def test_outside_the_document_is_flagged_and_the_undefined_is_no_number(
    name: str, changes: dict[str, float], *, is_number: bool
) -> None:
    inside = {
        "frequency_mhz": 2000.0,
        "distance_m": 900.0,
        "rx_height_m": 1.5,
        "environment": 3.0,
        "woodland_depth_m": 20.0,
    }
    inside = {key: value for key, value in inside.items() if key in EVERY[name].ranges}
    assert one(name, **inside)[1]
    loss_db, in_range = one(name, **(inside | changes))
    assert not in_range
    assert np.isfinite(loss_db) == is_number


def test_quantities_are_asked_for_by_name() -> None:
    with pytest.raises(InputError) as missing:
        one("p833", frequency_mhz=900.0)
    assert missing.value.facts["quantity"] == "woodland_depth_m"
    with pytest.raises(InputError) as unknown:
        one("o2i_low", frequency_mhz=900.0, roof_m=3.0)
    assert unknown.value.code == "quantity_unknown"


@pytest.mark.parametrize(
    ("path", "names", "on_profile", "code"),
    [
        ("p1812", ["p2108_height_gain"], True, "clutter_twice"),
        ("p1812", ["o2i_low", "p2108_statistical"], True, "clutter_twice"),
        ("uma", ["p2108_statistical"], False, "clutter_twice"),
        ("free_space", ["p2108_statistical", "p2108_height_gain"], False, "kind_twice"),
        ("free_space", ["p833", "p2108_height_gain"], False, "kind_twice"),
        ("rma", ["o2i_low", "p2109_traditional"], False, "kind_twice"),
    ],
)
def test_nothing_is_counted_twice(path: str, names: list[str], code: str, *, on_profile: bool) -> None:
    with pytest.raises(InputError) as caught:
        require_compatible(path, records(names), clutter_on_profile=on_profile)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("path", "names", "on_profile"),
    [
        ("p1812", ["p2108_statistical", "o2i_low"], False),
        ("p1812", ["p833", "p2109_traditional"], True),
        ("free_space", ["p2108_height_gain"], False),
        ("uma", ["o2i_high"], False),
    ],
)
def test_what_stands_for_different_things_is_added(path: str, names: list[str], *, on_profile: bool) -> None:
    require_compatible(path, records(names), clutter_on_profile=on_profile)


def records(names: list[str]) -> list[TerminalLoss]:
    return [EVERY[name] for name in names]


def test_every_record_names_itself_and_its_source() -> None:
    for name, record in EVERY.items():
        assert record.name == name
        assert record.source.startswith(("3GPP TR 38.901", "ITU-R P."))
        assert set(record.usual) <= set(record.ranges)
