"""Measurements of a workspace become a correction kept by name; an estimate made with it tells so."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo.channel import mhz_to_nr_arfcn
from geo.correction import Correction
from geo.crs import transform
from geo.errors import FileError, InputError, NotFoundError
from geo.grid import Grid
from geo.io import write_cog
from geo.raster import Raster
from layers.exchange import transmitter
from planning import calibration, correction, coverage, exchange, runs, why
from planning.cli.main import main
from planning.scenario import CoverageOptions, digest
from planning.workspace import Workspace
from tests import commune

OPTIONS = CoverageOptions(cell_m=25.0)
TRUTH = Correction(offset_db=6.0, slope_db_per_decade=-5.0, class_db=(0.0, 0.0, 4.0, 0.0))


def land(workspace: Workspace) -> None:
    """Flat ground with houses of 7 m in a chequered pattern of 100 m."""
    commune.with_ground(workspace)
    west_m, south_m = commune.WEST_M - 6000, commune.SOUTH_M - 6000
    grid = Grid.from_bounds(
        (west_m, south_m, west_m + 15_000, south_m + 15_000), cell_m=25, epsg=commune.EPSG
    )
    kinds = np.random.default_rng(4).choice([0.0, 7.0], size=(grid.rows // 4, grid.cols // 4), p=[0.6, 0.4])
    values = np.kron(kinds, np.ones((4, 4))).astype(np.float32)
    write_cog(workspace.rasters / "clutter.tif", Raster(grid=grid, values=values, unit="m", nodata=-9999))


def measured(workspace: Workspace, *, n: int, truth: Correction = TRUTH) -> gpd.GeoDataFrame:
    """A walk of n places through the field that the engine has with the true correction."""
    rng = np.random.default_rng(8)
    east_m, north_m = rng.uniform(0.0, 3000.0, (2, n))
    inputs = replace(coverage.read_inputs(workspace, OPTIONS), correction=truth)
    found = coverage.compute(workspace, OPTIONS, inputs)
    row, col = found.grid.to_rowcol(commune.WEST_M + east_m, commune.SOUTH_M + north_m)
    level = found.power_dbm["viettel"][row, col] + rng.normal(0.0, 4.0, n)
    rows = [
        {
            "id": f"d{index}",
            "operator": ("viettel", "Viettel", "VIETTEL Hải Phòng")[index % 3],
            "technology": "5G",
            "measured_at": "2026-10-20T08:00:00+07:00",
            "rsrp_dbm": float(value),
            "accuracy_m": 4.0,
            "source": "đi đo thử",
        }
        for index, value in enumerate(level)
    ]
    return commune.table(rows, [commune.at(*place) for place in zip(east_m, north_m, strict=True)])


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = commune.empty(tmp_path_factory.mktemp("calibration") / "w")
    land(made)
    row, point = commune.site(1, commune.at(1500, 1500))
    made.store.append({"site": commune.table([row], [point])})
    made.store.append({"measurement": measured(made, n=3000)})
    return made


def fitted(workspace: Workspace, name: str = "đi đo tháng 10", **changes: object) -> calibration.Fitted:
    options = replace(OPTIONS, **changes)  # type: ignore[arg-type]
    return calibration.run(workspace, options, name=name, actor="cán bộ xã", seed=1, now=commune.NOW)


def test_the_truth_behind_the_measurements_is_found_and_kept_with_its_origin(walked: Workspace) -> None:
    found = fitted(walked, operator="viettel")
    got = found.calibration.correction
    assert got.offset_db == pytest.approx(TRUTH.offset_db, abs=0.5)
    assert got.slope_db_per_decade == pytest.approx(TRUTH.slope_db_per_decade, abs=0.5)
    assert got.class_db == pytest.approx(TRUTH.class_db, abs=0.5)
    assert found.calibration.after.rmse_db < found.calibration.before.rmse_db - 1.0
    assert correction.read(walked, "đi đo tháng 10") == got
    kept = walked.store.read("calibration").set_index("id").loc["đi đo tháng 10"]
    assert kept["fitted_by"] == "cán bộ xã"
    assert kept["fitted_at"] == commune.NOW.isoformat(timespec="seconds")
    assert kept["operator"] == "viettel"
    assert kept["data_digest"] == walked.store.digest("measurement")
    assert kept["n_fitted"] + kept["n_held_out"] == len(found.kept.x_m) - found.calibration.n_near_floor
    assert kept["rmse_after_db"] == found.calibration.after.rmse_db
    origin = json.loads(kept["provenance"])
    assert origin["sources"] == ["đi đo thử"]
    assert origin["left_out"] == dict(found.left_out)
    assert origin["rules"]["min_samples"] == 100


def test_every_measurement_is_used_or_counted_as_left_out(walked: Workspace) -> None:
    found = fitted(walked, name="đếm")
    assert found.n_measured == 3000 == len(found.kept.x_m) + sum(found.left_out.values())
    assert found.left_out["distance"] > 10


def test_levels_of_another_carrier_or_sector_are_left_out(walked: Workspace) -> None:
    table = walked.store.read("measurement")
    served = coverage.read_inputs(walked, OPTIONS).transmitters[0]
    own = mhz_to_nr_arfcn(served.frequency_mhz)
    channel = np.where(np.arange(len(table)) % 10 == 0, mhz_to_nr_arfcn(763.0), own)
    moved = table.assign(nr_arfcn=channel, technology=None)
    walked.store.replace({"measurement": moved})
    try:
        found = fitted(walked, name="kênh")
    finally:
        walked.store.replace({"measurement": table})
    assert found.left_out["other_carrier"] == 300
    assert "other_technology" not in found.left_out
    assert found.n_measured == 3000 == len(found.kept.x_m) + sum(found.left_out.values())


def test_an_estimate_made_with_it_differs_by_it_and_tells_its_name(walked: Workspace) -> None:
    fitted(walked, name="thử")
    with_it = replace(OPTIONS, calibration="thử")
    inputs = coverage.read_inputs(walked, with_it)
    plain, corrected = (
        coverage.compute(walked, OPTIONS, replace(inputs, correction=one))
        for one in (None, inputs.correction)
    )
    known = np.isfinite(plain.power_dbm["viettel"]) & np.isfinite(corrected.power_dbm["viettel"])
    x_m, y_m = np.meshgrid(*plain.grid.centres())
    distance_m = np.hypot(x_m - commune.WEST_M - 1500, y_m - commune.SOUTH_M - 1500)
    assert inputs.correction is not None
    added_db = inputs.correction.loss_db(distance_m, inputs.surface.clutter_height_m)
    change_db = plain.power_dbm["viettel"] - corrected.power_dbm["viettel"]
    assert known.sum() > 10_000
    assert np.abs(change_db - added_db)[known].max() <= 0.0101
    assert digest(walked, with_it) != digest(walked, OPTIONS)
    made = coverage.run(walked, with_it, now=commune.NOW)
    assert "assumption.calibration" in made.assumptions
    again = runs.latest(walked)
    assert again is not None
    assert again.options.calibration == "thử"


def test_why_tells_what_the_corrected_estimate_has(walked: Workspace) -> None:
    fitted(walked, name="vì sao")
    with_it = replace(OPTIONS, calibration="vì sao")
    inputs = coverage.read_inputs(walked, with_it)
    found = coverage.compute(walked, with_it, inputs)
    rng, equal = np.random.default_rng(9), []
    for east_m, north_m in rng.uniform(100.0, 2900.0, (25, 2)):
        x_m, y_m = commune.WEST_M + east_m, commune.SOUTH_M + north_m
        lon, lat = (float(one) for one in transform(x_m, y_m, epsg_from=commune.EPSG, epsg_to=4326))
        answer = why.explain(
            inputs, with_it, operator="viettel", lon=lon, lat=lat, epsg=commune.EPSG, dense=walked.is_dense()
        )
        row, col = found.grid.to_rowcol(x_m, y_m)
        equal.append(abs(answer.links[0].budget.power_dbm - found.power_dbm["viettel"][row, col]) < 0.05)
        assert answer.links[0].budget.correction_db != 0.0
    # the estimate's line of sight is the quick one, that of "why" the exact one
    assert np.mean(equal) >= 0.9


def test_the_same_name_with_other_values_is_another_run(walked: Workspace) -> None:
    with_it = replace(OPTIONS, calibration="thay")
    fitted(walked, name="thay")
    before = digest(walked, with_it)
    fitted(walked, name="thay")
    assert digest(walked, with_it) == before
    calibration.run(walked, OPTIONS, name="thay", actor="", seed=2, now=commune.NOW)
    assert digest(walked, with_it) != before
    assert correction.names(walked).count("thay") == 1


def test_an_estimate_without_it_keeps_the_digest_that_it_had(walked: Workspace) -> None:
    before = digest(walked, OPTIONS)
    fitted(walked, name="khác")
    assert digest(walked, OPTIONS) == before


def test_a_name_that_is_not_kept_is_refused(walked: Workspace) -> None:
    with pytest.raises(NotFoundError) as refused:
        coverage.run(walked, replace(OPTIONS, calibration="chưa có"), now=commune.NOW)
    assert refused.value.code == "calibration_unknown"
    with pytest.raises(InputError) as bad:
        fitted(walked, name="../x")
    assert bad.value.code == "calibration_name"


def test_too_few_measurements_are_refused_and_nothing_is_kept(
    walked: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = commune.empty(tmp_path / "w")
    land(made)
    row, point = commune.site(1, commune.at(1500, 1500))
    made.store.append({"site": commune.table([row], [point])})
    words = ["calibrate", "--cell-m", "25", "--json", "--workspace", str(made.folder)]
    assert main(words) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "measurement_missing"
    made.store.append({"measurement": walked.store.read("measurement").head(60)})
    assert main(words) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "calibration_samples_few"
    assert error["facts"]["needed"] == 100
    assert made.store.count("calibration") == 0


def test_the_command_line_tells_what_it_kept(walked: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["calibrate", "--operator", "viettel", "--name", "lệnh", "--cell-m", "25", "--by", "an"]
    assert main([*words, "--workspace", str(walked.folder), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    kept = correction.read(walked, "lệnh")
    assert kept is not None
    assert record["correction"]["offset_db"] == kept.offset_db
    assert record["is_better"] is True
    assert record["after"]["rmse_db"] < record["before"]["rmse_db"]
    assert main([*words, "--workspace", str(walked.folder), "--language", "en"]) == 0
    text = capsys.readouterr().out
    assert "Kept as «lệnh»" in text
    words = ["coverage", "--cell-m", "25", "--calibration", "lệnh", "--workspace", str(walked.folder)]
    assert main(words) == 0
    assert "Bản hiệu chỉnh đã dùng: lệnh." in capsys.readouterr().out


def test_files_of_drive_tests_come_in_by_their_headings(tmp_path: Path) -> None:
    made = commune.empty(tmp_path / "w")
    lon, lat = made.store.read("boundary").geometry.iloc[0].centroid.coords[0]
    english = tmp_path / "drive.csv"
    english.write_text(
        "time,latitude,longitude,received_power,operator,hdop\n"
        f"2026-10-20 08:00:00,{lat:.6f},{lon:.6f},-91,Viettel,1.2\n"
        f"2026-10-20 08:00:05,{lat + 0.001:.6f},{lon:.6f},-97.5,Viettel,8\n",
        encoding="utf-8",
    )
    vietnamese = tmp_path / "ispeed.csv"
    vietnamese.write_text(
        "Thời gian đo,Vĩ độ,Kinh độ,Nhà mạng,Công nghệ mạng,RSRP (dBm),"
        "Tốc độ tải xuống (Mbps),Độ chính xác GPS\n"
        f"21/10/2026 09:30,{lat:.6f},{lon:.6f},VinaPhone,5G,-88,210,6\n",
        encoding="utf-8",
    )
    for path in (english, vietnamese):
        exchange.import_file(
            made, path, layer="measurement", epsg=4326, mapping={}, replace=False, confirmed=True,
            now=commune.NOW,
        )  # fmt: skip
    table = made.store.read("measurement")
    assert table["rsrp_dbm"].tolist() == [-91.0, -97.5, -88.0]
    assert calibration.operator_of(table["operator"]).tolist() == ["viettel", "viettel", "vnpt"]
    assert table.geometry.notna().all()
    assert table["download_mbps"].tolist()[-1] == 210
    assert calibration.accuracy_m(table).tolist() == [6.0, 40.0, 6.0]
    assert calibration.age_days(table, now=commune.NOW) == pytest.approx([11.667, 11.667, 10.604], abs=0.3)


def test_days_are_read_year_first_or_day_first_and_unknown_stays_unknown() -> None:
    table = pd.DataFrame(
        {
            "measured_at": ["2026-02-01", "01/02/2026 10:00", "hôm qua", None, "2026-02-01T00:00:00+07:00"],
            "as_of": [None, None, None, "2026-02-01", None],
        }
    )
    now = dt.datetime(2026, 2, 3, tzinfo=dt.UTC)
    ages = calibration.age_days(table, now=now)
    assert ages[[0, 1, 3, 4]] == pytest.approx([2.0, 2.0 - 10 / 24, 2.0, 2.0 + 7 / 24], abs=1e-6)
    assert np.isnan(ages[2])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("không phải JSON", "transmitter_unreadable"),
        ("[" * 100_000, "transmitter_unreadable"),
        ("[]", "transmitter_value"),
        ('{"transmitter": {"lat": 51, "lon": -2, "alt": 5, "frq": 415, "txw": true}}', "transmitter_value"),
        ('{"transmitter": {"lat": 51, "lon": -2, "alt": 5, "frq": 415, "txw": NaN}}', "transmitter_value"),
        ('{"transmitter": {"txw": 3, "powerUnit": "dBm"}}', "transmitter_value"),
        ("", "file_size"),
    ],
)
def test_a_bad_description_of_a_transmitter_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "tx.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as refused:
        transmitter.read(path)
    assert refused.value.code == code


def test_one_of_two_files_is_not_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--measurements", str(tmp_path / "a.csv"), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "calibration_files"
