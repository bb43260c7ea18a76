"""All office files come in as their truth says: rows, outcomes, positions within a metre, values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.crs import spans_m
from geo.errors import FileError
from layers.exchange.word import fold
from layers.issue import Outcome
from planning import exchange
from planning.intake import Answers, Preview, Topic, accept
from planning.workspace import Workspace

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
OFFICE = SHARED / "office"
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not OFFICE.is_dir(), reason="the office files lie beside the checkout in ../shared"),
]
LAYERS = {
    "thon": "hamlet",
    "nha_tram": "site",
    "cot_ang_ten": "site",
    "nha_van_hoa": "place",
    "vung_uu_tien": "place",
    "cot_treo_cap": "passive",
    "tuyen_cap_quang": "fiber_span",
    "wifi": "wifi",
    "ispeed_tong_hop": "measurement",
    "phan_anh": "report",
    "cell_5g/4g": "cell",
    "de_xuat_bts": "proposal",
    None: "site",
}
FIRST = ("thon", "nha_tram", "cot_treo_cap")
"""Layers whose files come into the workspace before the others lean on them, one file of each."""
OUTCOMES = {
    "accept": Outcome.ACCEPT,
    "warning": Outcome.WARN,
    "ask": Outcome.ASK,
    "reject": Outcome.REJECT,
}
FIELDS = {
    "ma": "id",
    "ma_de_xuat": "id",
    "ma_tram": "site_id",
    "ten": "name",
    "ten_tram": "name",
    "xa_cu": "former_commune",
    "so_ho": "households",
    "so_ho_ngheo": "poor_households",
    "nhan_khau": "population",
    "nam": "men",
    "nu": "women",
    "nguoi_lon": "adults",
    "nguoi_lon_smartphone": "adults_smartphone",
    "so_ho_cap_quang": "households_fiber",
    "chieu_cao_m": "height_m",
    "chieu_cao": "height_m",
    "cao_ang_ten_m": "height_m",
    "loai_cot": "mast_class",
    "dung_chung_voi": "shared_with",
    "ngay_phat_song": "commissioned",
    "ngay_nop": "submitted_on",
    "ngay_do": "as_of",
    "ngay": "reported_on",
    "loai_dat": "land",
    "ssid": "ssid",
    "ngay_lap": "wifi_since",
    "azimuth_deg": "azimuth_deg",
    "cong_suat_dbm": "tx_power_dbm",
    "so_mau": "n_samples",
    "thang": "measured_at",
    "co_dinh_dl": "fixed_download_mbps",
    "co_dinh_ul": "fixed_upload_mbps",
    "co_dinh_tre": "fixed_latency_ms",
    "di_dong_dl": "download_mbps",
    "di_dong_ul": "upload_mbps",
    "di_dong_tre": "latency_ms",
    "so_soi": "n_fibers_total",
    "chieu_dai_m": "length_m",
    "tu_cot": "start_pole",
    "den_cot": "end_pole",
    "so_cot": "number",
}
WORDS = {
    "wifi_trang_thai": (
        "wifi_status",
        {"co": "yes", "khong": "no", "dang_lap": "installing", "co_yeu": "weak"},
    ),
    "mien_phi": ("is_free", {"co": True, "khong": False}),
    "cap_quang": ("has_fiber", {"co": True, "khong": False}),
}
WITHIN_M = 1.0


@dataclass(frozen=True)
class Agreement:
    """How one file came in beside its truth."""

    name: str
    n_rows: int
    off: tuple[str, ...]
    silent: tuple[str, ...]


def names() -> list[str]:
    return sorted(path.name.removesuffix(".json") for path in (OFFICE / "truth").glob("*.json"))


@cache
def truth(name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((OFFICE / "truth" / f"{name}.json").read_text("utf-8"))
    return record


@pytest.fixture(scope="module")
def commune(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The commune with its hamlets, one list of masts and the poles: what other files lean on."""
    found = exchange.init(
        tmp_path_factory.mktemp("office") / "w",
        SHARED / "boundaries" / "xa_ha_dong_10882.geojson",
        epsg=None,
        name="Hà Đông",
        code=None,
        population=None,
        now=NOW,
    )
    for layer in FIRST:
        name = next(one for one in names() if truth(one)["layer"] == layer)
        shown = show(found, name, is_confirmed=True)
        errors = frozenset(row for row, outcome in shown.rows.items() if outcome is Outcome.REJECT)
        shown = show(found, name, is_confirmed=True, leave_out=errors)
        exchange.accept(found, shown, replace=False, now=NOW)
    return found


@cache
def show(commune: Workspace, name: str, **answers: Any) -> Preview:
    layer = LAYERS[truth(name)["layer"]]
    return exchange.preview(commune, OFFICE / name, layer=layer, answers=Answers(**answers))


def rows_of(shown: Preview) -> dict[int, dict[str, Any]]:
    parts = [shown.converted, None if shown.aside is None else shown.aside[1]]
    return {
        number: record
        for part in parts
        if part is not None
        for number, record in zip(part.row_numbers, part.table.to_dict("records"), strict=True)
    }


def _ends(shape: shapely.Geometry | None) -> np.ndarray:
    if shape is None or shape.is_empty:
        return np.empty((0, 2))
    pairs = shapely.get_coordinates(shape)
    return pairs[[0]] if shape.geom_type == "Point" else pairs[[0, -1]]


def _position_fault(row: dict[str, Any], record: dict[str, Any], *, layer: str) -> str:
    """Empty where the position is that of the truth; a cell may stand on its known mast."""
    found = _ends(record.get("geometry"))
    if row["lon"] is None:
        return "" if not len(found) or layer == "cell" or row.get("placed_at") else "a position too many"
    wanted = [(row["lon"], row["lat"])]
    wanted += [(row["end_lon"], row["end_lat"])] if "end_lon" in row else []
    if len(found) != len(wanted):
        return "no position"
    lon, lat = np.array(wanted).T
    off_m = float(spans_m(found[:, 0], found[:, 1], lon, lat).max())
    return "" if off_m <= WITHIN_M else f"{off_m:.0f} m off"


def _expected(theirs: str, value: Any) -> tuple[str, Any]:
    if theirs in WORDS:
        ours, words = WORDS[theirs]
        return ours, words.get(value) if value is not None else None
    ours = FIELDS[theirs]
    if value is not None and ours in ("id", "site_id", "start_pole", "end_pole", "number"):
        return ours, str(value)
    return ours, value


def _value_faults(row: dict[str, Any], record: dict[str, Any]) -> Iterator[str]:
    for theirs, given in row.get("fields", {}).items():
        if theirs not in FIELDS and theirs not in WORDS:
            continue
        ours, wanted = _expected(theirs, given)
        value = record.get(ours)
        value = None if value is None or (not isinstance(value, str) and pd.isna(value)) else value
        if ours == "azimuth_deg" and wanted is None:
            continue
        if ours == "name" and isinstance(value, str):
            wanted = value if fold(value) == fold(str(wanted)) else wanted
        same = value == wanted or (
            isinstance(value, int | float) and isinstance(wanted, int | float) and abs(value - wanted) < 0.006
        )
        if not same:
            yield f"{ours} {value!r} for {wanted!r}"


def _hamlet_fault(row: dict[str, Any], record: dict[str, Any]) -> str:
    placed = row.get("placed_at")
    if not placed or row["expected_outcome"] == "ask" or "hamlet" not in record:
        return ""
    said = fold(str(record["hamlet"] or record.get("name")))
    return "" if fold(placed.split(" (")[0]) in said else f"hamlet {record['hamlet']!r} for {placed!r}"


@cache
def _agreement(commune: Workspace, name: str) -> Agreement:
    shown, layer = show(commune, name), LAYERS[truth(name)["layer"]]
    found, records = shown.rows, rows_of(shown)
    off, silent = [], []
    wanted = {row["row_number"]: row for row in truth(name)["rows"]}
    off += [f"{row}: a row too many" for row in found if row not in wanted]
    for number, row in wanted.items():
        if number not in records:
            off.append(f"{number}: no such row")
            continue
        record = records[number]
        allowed = {OUTCOMES[one] for one in (row["expected_outcome"], *row.get("also_acceptable", ()))}
        place = _position_fault(row, record, layer=layer)
        said = [place, _hamlet_fault(row, record), *_value_faults(row, record)]
        if found[number] not in allowed:
            codes = sorted({one.code for one in shown.issues if one.row == number})
            said.append(f"{found[number]} for {row['expected_outcome']} ({', '.join(codes)})")
        off += [f"{number}: {one}" for one in said if one]
        if place.endswith(" off") and found[number] in (Outcome.ACCEPT, Outcome.WARN):
            silent.append(f"{name} {number}: {place}")
    return Agreement(name=name, n_rows=len(wanted), off=tuple(off), silent=tuple(silent))


def test_at_least_98_of_100_rows_agree_with_the_truth(commune: Workspace) -> None:
    found = [_agreement(commune, name) for name in names()]
    n_rows = sum(one.n_rows for one in found)
    n_off = sum(len({text.split(":")[0] for text in one.off}) for one in found)
    print(f"\n{'file':26}{'rows':>6}{'agree':>7}")
    for one in found:
        n_own = len({text.split(":")[0] for text in one.off})
        print(f"{one.name:26}{one.n_rows:6}{one.n_rows - n_own:7}", *one.off, sep="  ")
    print(f"{'all':26}{n_rows:6}{n_rows - n_off:7}  {100 * (1 - n_off / n_rows):.1f} %")
    assert n_rows > 250
    assert n_off <= 0.02 * n_rows


def test_no_row_lies_elsewhere_than_its_truth_without_a_word(commune: Workspace) -> None:
    assert [text for name in names() for text in _agreement(commune, name).silent] == []


@pytest.mark.parametrize("name", names() if OFFICE.is_dir() else [])
def test_exactly_the_rows_of_the_truth_are_features(commune: Workspace, name: str) -> None:
    shown = show(commune, name)
    if truth(name)["file_outcome"] == "reject":
        assert shown.outcome is Outcome.REJECT
        assert shown.raw is None
        return
    assert shown.raw is not None
    assert list(shown.raw.row_numbers) == [row["row_number"] for row in truth(name)["rows"]]
    skipped = {one["row_number"] for one in truth(name).get("skip_rows", ())}
    assert {one.row for one in shown.raw.skipped} == skipped


@pytest.mark.parametrize("name", names() if OFFICE.is_dir() else [])
def test_what_must_not_be_stored_is_nowhere_in_the_rows(commune: Workspace, name: str) -> None:
    kept = str([list(record.values()) for record in rows_of(show(commune, name)).values()])
    for text in truth(name).get("totals", {}).get("must_not_store", ()):
        assert text not in kept


@pytest.mark.parametrize("name", names() if OFFICE.is_dir() else [])
def test_a_file_that_leaves_a_question_open_is_not_taken_without_an_answer(
    commune: Workspace, name: str
) -> None:
    if truth(name)["file_outcome"] != "ask":
        return
    shown = show(commune, name)
    assert {one.topic for one in shown.questions} & {Topic.CRS, Topic.ENCODING, Topic.ROWS}
    with pytest.raises(FileError):
        accept(shown)


def test_the_totals_of_the_commune_come_out(commune: Workspace) -> None:
    table = commune.store.read("hamlet")
    name = next(one for one in names() if truth(one)["layer"] == "thon")
    totals = truth(name)["totals"]
    assert len(table) == totals["thon"]
    assert int(table["population"].sum()) == totals["nhan_khau"]
    assert int(table["households"].sum()) == totals["so_ho"]
    assert set(table["population_basis"]) == {"registered"}


def test_a_joint_among_cables_goes_to_the_access_points(commune: Workspace) -> None:
    name = next(one for one in names() if one.endswith(".kml"))
    shown = show(commune, name, is_confirmed=True)
    errors = frozenset(row for row, outcome in shown.rows.items() if outcome is Outcome.REJECT)
    accepted = accept(show(commune, name, is_confirmed=True, leave_out=errors))
    assert isinstance(accepted.aside["fiber_node"], gpd.GeoDataFrame)
    assert accepted.aside["fiber_node"]["kind"].tolist() == ["closure"]
    assert set(accepted.table.geometry.geom_type) <= {"LineString", "MultiLineString"}
