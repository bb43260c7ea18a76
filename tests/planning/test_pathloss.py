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
