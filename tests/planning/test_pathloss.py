"""The verb `pathloss`: cases in, the same cases out with their loss."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geo.errors import ColumnError, FileError, InputError
from geo.propagation import path_loss_db
from planning import pathloss

HEAD = "case,frequency_mhz,distance_m,tx_height_m,rx_height_m,los\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "cases.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_come_back_in_order_with_the_loss_last(tmp_path: Path) -> None:
    cases = write(tmp_path, HEAD + "a,2550,1000,36,1.5,1\nb,2550,1000,36,1.5,0\nc,2550,7000,36,1.5,0\n")
    report = pathloss.run(cases, tmp_path / "out.csv", model="rma")
    found = pd.read_csv(tmp_path / "out.csv")
    assert list(found.columns) == [*HEAD.strip().split(","), "in_range", "loss_db"]
    assert found["in_range"].tolist() == [1, 1, 0]
    assert report.n_in_range == 2
    expected, _ = path_loss_db(
        "rma", frequency_mhz=2550, distance_m=1000, tx_height_m=36, rx_height_m=1.5, los=False
    )
    assert found["loss_db"][1] == pytest.approx(float(expected), abs=1e-8)
    assert found["loss_db"].notna().all()
    assert found["loss_db"].is_monotonic_increasing


def test_the_model_asked_for_wins_over_the_column(tmp_path: Path) -> None:
    text = "model,fc_hz,h_bs_m,h_ut_m,d2d_m\numa_nlos,2550000000,25,1.5,800\n"
    pathloss.run(write(tmp_path, text), tmp_path / "own.csv", model=None)
    pathloss.run(write(tmp_path, text), tmp_path / "asked.csv", model="umi")
    own, asked = (pd.read_csv(tmp_path / name)["loss_db"][0] for name in ("own.csv", "asked.csv"))
    expected = {
        name: path_loss_db(
            name, frequency_mhz=2550, distance_m=800, tx_height_m=25, rx_height_m=1.5, los=False
        )
        for name in ("uma", "umi")
    }
    assert own == pytest.approx(float(expected["uma"][0]))
    assert asked == pytest.approx(float(expected["umi"][0]))


@pytest.mark.parametrize(
    ("text", "model", "error", "code"),
    [
        ("", "rma", FileError, "file_size"),
        (HEAD, None, ColumnError, "column_missing"),
        (HEAD + "a,many,1000,36,1.5,1\n", "rma", ColumnError, "cell_not_number"),
        (HEAD + "a,2550,1000,36,1.5,1\n", "okumura", InputError, "model_unknown"),
        (HEAD.replace(",los", "") + "a,2550,1000,36,1.5\n", "rma", ColumnError, "column_missing"),
        (HEAD + "a,2550,1000,36,1.5,1,9,9\n", "rma", FileError, "row_too_long"),
    ],
)
def test_wrong_tables_are_refused_by_name_and_nothing_is_written(
    tmp_path: Path, text: str, model: str | None, error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as caught:
        pathloss.run(write(tmp_path, text), tmp_path / "out.csv", model=model)
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert not (tmp_path / "out.csv").exists()


def test_losses_of_a_terminal_are_added_to_a_path(tmp_path: Path) -> None:
    cases = write(tmp_path, HEAD.strip() + ",d2d_in_m\na,2550,1000,36,1.5,1,4\nb,2550,1000,36,1.5,0,30\n")
    for name, added in (("path", []), ("both", ["o2i_low"])):
        pathloss.run(cases, tmp_path / f"{name}.csv", model="rma", added=added)
    pathloss.run(cases, tmp_path / "wall.csv", model="o2i_low")
    path, both, wall = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("path", "both", "wall"))
    assert both["loss_db"].tolist() == pytest.approx((path["loss_db"] + wall["loss_db"]).tolist(), abs=1e-8)
    assert path["in_range"].tolist() == [1, 1]
    assert both["in_range"].tolist() == wall["in_range"].tolist() == [1, 0]


def test_rows_of_many_models_stand_in_one_table(tmp_path: Path) -> None:
    head = "model,fc_hz,d3d_m,d2d_m,h_bs_m,h_ut_m,f_ghz,probability_percent,building_type,woodland_depth_m\n"
    rows = (
        "uma_nlos,2550000000,,800,25,1.5,,,,\n"
        "o2i_high,2550000000,,,,,,,,\n"
        "p2109,2550000000,,,,,,50,2,\n"
        "p833,2117500000,,,,,,,,1000000\n"
    )
    pathloss.run(write(tmp_path, head + rows), tmp_path / "out.csv", model=None)
    found = pd.read_csv(tmp_path / "out.csv")["loss_db"]
    expected, _ = path_loss_db(
        "uma", frequency_mhz=2550, distance_m=800, tx_height_m=25, rx_height_m=1.5, los=False
    )
    assert found[0] == pytest.approx(float(expected), abs=1e-8)
    assert found[1] == pytest.approx(24.208, abs=0.001)
    assert found[2] == pytest.approx(30.6, abs=0.05)
    assert found[3] == pytest.approx(34.1)


def test_p525_is_free_space_over_the_straight_line(tmp_path: Path) -> None:
    pathloss.run(write(tmp_path, "fc_hz,d3d_m\n2550000000,100\n"), tmp_path / "out.csv", model="p525")
    assert pd.read_csv(tmp_path / "out.csv")["loss_db"][0] == pytest.approx(80.578586830562, abs=1e-6)


@pytest.mark.parametrize(
    ("model", "added", "code"),
    [
        ("rma", ["p2108_statistical"], "clutter_twice"),
        ("p525", ["o2i_low", "o2i_high"], "kind_twice"),
        ("o2i_low", ["p833"], "path_model_needed"),
        ("p525", ["hata"], "model_unknown"),
        ("p525", ["p833"], "column_missing"),
        ("p2109", [], "column_missing"),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_is_written(
    tmp_path: Path, model: str, added: list[str], code: str
) -> None:
    cases = write(tmp_path, HEAD + "a,2550,1000,36,1.5,1\n")
    with pytest.raises(InputError) as caught:
        pathloss.run(cases, tmp_path / "out.csv", model=model, added=added)
    assert caught.value.code == code
    assert not (tmp_path / "out.csv").exists()


def test_a_building_that_is_of_no_class_is_named_by_its_row(tmp_path: Path) -> None:
    cases = write(tmp_path, "f_ghz,probability_percent,building_type\n2,50,1\n2,50,3\n")
    with pytest.raises(ColumnError) as caught:
        pathloss.run(cases, tmp_path / "out.csv", model="p2109")
    assert caught.value.facts["row"] == 3
