"""Path loss against the golden table, its ranges, and the reach derived from it."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from geo.errors import InputError
from geo.propagation import MODELS, path_loss_db, typical_reach_m

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def golden_rows() -> list[dict[str, str]]:
    with (GOLDEN / "path_loss.csv").open(encoding="utf-8") as source:
        return list(csv.DictReader(line for line in source if not line.startswith("#")))


def golden_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_path_loss", GOLDEN / "path_loss.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_golden_table_is_what_its_script_computes() -> None:
    assert [tuple(row.values()) for row in golden_rows()] == golden_script().rows()


@pytest.mark.parametrize("model", MODELS)
def test_loss_equals_the_golden_table_within_a_millionth_of_a_decibel(model: str) -> None:
    rows = [row for row in golden_rows() if row["model"] == model]
    column = {
        key: np.array([float(row[key] or 5.0) for row in rows])
        for key in rows[0]
        if key not in ("model", "los")
    }
    wanted = column.pop("loss_db")
    los = np.array([row["los"] == "1" for row in rows])
    loss_db, _ = path_loss_db(model, los=los, **column)
    assert len(rows) >= 24
    assert float(np.abs(loss_db - wanted).max()) <= 1e-6


def rma(**changes: float) -> tuple[float, bool]:
    usual = {
        "frequency_mhz": 2550.0,
        "distance_m": 900.0,
        "tx_height_m": 36.0,
        "rx_height_m": 1.5,
        "los": False,
    }
    loss_db, in_range = path_loss_db("rma", **(usual | changes))  # type: ignore[arg-type]
    return float(loss_db), bool(in_range)


@pytest.mark.parametrize(
    ("changes", "covered"),
    [
        ({"distance_m": 10.0}, True),
        ({"distance_m": 9.99}, False),
        ({"distance_m": 5000.0}, True),
        ({"distance_m": 5001.0}, False),
        ({"distance_m": 9000.0, "los": True}, True),
        ({"tx_height_m": 9.0}, False),
        ({"rx_height_m": 0.9}, False),
        ({"frequency_mhz": 450.0}, False),
        ({"building_height_m": 4.0}, False),
        ({"street_width_m": 60.0}, False),
    ],
)
def test_the_formula_is_given_beyond_the_table_and_flagged(
    changes: dict[str, float], *, covered: bool
) -> None:
    loss_db, in_range = rma(**changes)
    assert np.isfinite(loss_db)
    assert in_range is covered


def test_undefined_inputs_give_no_number() -> None:
    for changes in ({"frequency_mhz": 0.0}, {"distance_m": -1.0}, {"tx_height_m": 0.0}):
        assert np.isnan(rma(**changes)[0])


def test_inputs_are_broadcast() -> None:
    loss_db, in_range = path_loss_db(
        "uma", frequency_mhz=[[700.0], [3500.0]], distance_m=[100.0, 200.0, 300.0], tx_height_m=25.0,
        rx_height_m=1.5, los=True,
    )  # fmt: skip
    assert loss_db.shape == in_range.shape == (2, 3)
    assert in_range.all()


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        path_loss_db("hata", frequency_mhz=900, distance_m=1000, tx_height_m=30, rx_height_m=1.5, los=True)
    assert refused.value.code == "model_unknown"


@pytest.mark.parametrize(("eirp_dbm", "frequency_mhz", "reach_km"), [(39.8, 2550, 1.75), (39.8, 3750, 1.44)])
def test_reach_without_line_of_sight_at_the_lowest_covered_level(
    eirp_dbm: float, frequency_mhz: float, reach_km: float
) -> None:
    # Figures of the planning method: TR 38.901 RMa NLOS, mast 36 m, planning level −105 dBm with 8 dB margin.
    reach_m = typical_reach_m(
        eirp_per_re_dbm=eirp_dbm, frequency_mhz=frequency_mhz, tx_height_m=36, threshold_dbm=-105, margin_db=8
    )
    assert reach_m == pytest.approx(1000 * reach_km, rel=0.01)


def test_reach_ends_at_the_model_limit() -> None:
    reach_m = typical_reach_m(eirp_per_re_dbm=90, frequency_mhz=700, tx_height_m=36, threshold_dbm=-105)
    assert reach_m == pytest.approx(5000, abs=0.2)
