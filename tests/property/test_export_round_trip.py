"""Export, then read: the identity, whatever the values."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.catalogue import spec_of
from layers.exchange.write import write

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
SPEC = spec_of("site")
LETTERS = st.characters(min_codepoint=32, max_codepoint=0x1EFF, exclude_categories=("Cc", "Cs", "Cn"))
TEXT = st.none() | st.text(LETTERS, min_size=1, max_size=40).map(str.strip).map(lambda text: text or None)
ROW = st.fixed_dictionaries(
    {
        "name": TEXT,
        "height_m": st.none() | st.integers(3_000, 150_000).map(lambda mm: mm / 1000),
        "n_tenants": st.none() | st.integers(0, 10),
        "commissioned": st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)).map(dt.date.isoformat),
        "is_sample": st.none() | st.booleans(),
        "lon": st.integers(1_020_000_000, 1_180_000_000).map(lambda value: value / 1e7),
        "lat": st.integers(60_000_000, 240_000_000).map(lambda value: value / 1e7),
    }
)
TYPES = {"height_m": "Float64", "n_tenants": "Int64", "is_sample": "boolean"}
COLUMNS = ("id", "name", "height_m", "n_tenants", "commissioned", "is_sample")


def table_of(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows).assign(id=[f"s{number}" for number in range(len(rows))])
    points = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"))
    typed = frame.astype(TYPES).astype({"name": object, "commissioned": object})
    return gpd.GeoDataFrame(typed[list(COLUMNS)], geometry=points, crs=4326)


def plain(value: object, column: str) -> object:
    if value is None or value != value or value is pd.NaT or value is pd.NA:
        return None
    if column == "commissioned":
        return pd.Timestamp(str(value)).date().isoformat()
    if column == "is_sample":
        return bool(value)
    return float(value) if column in TYPES else str(value)


def values(table: pd.DataFrame, names: dict[str, str]) -> list[list[object]]:
    return [[plain(row[names[name]], name) for name in COLUMNS] for row in table.to_dict("records")]


@settings(max_examples=12, deadline=None)
@pytest.mark.parametrize("kind", ["gpkg", "geojson", "shp"])
@given(rows=st.lists(ROW, min_size=1, max_size=8))
def test_map_files_come_back_as_they_left(kind: str, rows: list[dict[str, object]]) -> None:
    table = table_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("x.zip" if kind == "shp" else f"x.{kind}")
        report = write(table, path, format=kind, spec=SPEC, epsg=9210, labels={}, notice="", now=NOW)
        if kind == "shp":
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)
            path = Path(folder) / "site.shp"
        found = pyogrio.read_dataframe(path, layer="site" if kind == "gpkg" else None)
    same = dict(zip(COLUMNS, COLUMNS, strict=True))
    back = {full: short for short, full in report.alias_table.items()} or same
    meant = values(table, same)
    if kind == "shp" and table["is_sample"].isna().any():
        meant = [row[:-1] for row in meant]
        assert [row[:-1] for row in values(found, back)] == meant
    else:
        assert values(found, back) == meant
    apart_m = shapely.distance(found.to_crs(4326).geometry.values, table.geometry.values) * 111_320
    assert apart_m.max() < 0.005


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=8))
def test_csv_comes_back_as_it_left_but_for_the_apostrophe(rows: list[dict[str, object]]) -> None:
    table = table_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        write(table, path, format="csv", spec=SPEC, epsg=9210, labels={}, notice="", now=NOW)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found = list(csv.DictReader(stream))
    for row, meant in zip(found, table.to_dict("records"), strict=True):
        name = "" if plain(meant["name"], "name") is None else str(meant["name"])
        assert row["name"] in (name, f"'{name}")
        assert (float(row["height_m"]) if row["height_m"] else None) == plain(meant["height_m"], "height_m")
        assert row["commissioned"] == (plain(meant["commissioned"], "commissioned") or "")
        assert abs(float(row["lon"]) - meant["geometry"].x) < 1e-8
        assert abs(float(row["lat"]) - meant["geometry"].y) < 1e-8
