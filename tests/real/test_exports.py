"""Real layers out and in again: Hải Phòng's 114 communes and New York's 1,050 hotspots."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.catalogue import spec_of
from layers.exchange.write import write

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
COMMUNES = SHARED / "boundaries" / "haiphong_communes_2025.gpkg"
WIFI = SHARED / "wifi" / "nyc_free_public_wifi_2014.csv"
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
LIMITS_M = {"gpkg": 0.005, "shp": 0.005, "geojson": 0.01, "kml": 0.01}
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not COMMUNES.exists(), reason="open data are not beside the checkout"),
]


def communes() -> gpd.GeoDataFrame:
    table = pyogrio.read_dataframe(COMMUNES, layer="communes")
    return table[["code", "name", "geometry"]].assign(id=table["code"])


def hotspots() -> gpd.GeoDataFrame:
    rows = pd.read_csv(WIFI, dtype={"OBJECTID": str})
    points = gpd.points_from_xy(rows["Long_"], rows["Lat"])
    return gpd.GeoDataFrame({"id": rows["OBJECTID"], "name": rows["Name"]}, geometry=points, crs=4326)


def export(table: gpd.GeoDataFrame, layer: str, path: Path, kind: str, epsg: int):
    return write(
        table,
        path,
        format=kind,
        spec=spec_of(layer),
        epsg=epsg,
        labels={},
        notice="",
        now=NOW,
        grid_epsg=9210,
    )


def read(path: Path, kind: str, layer: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(
        f"/vsizip/{path}/{layer}.shp" if kind == "shp" else path, layer=layer if kind == "gpkg" else None
    )


def apart_m(table: gpd.GeoDataFrame, found: gpd.GeoDataFrame, epsg: int) -> float:
    """Greatest distance from a vertex to the nearest one of the other side, in metres of the zone."""
    sides = [shapely.points(side.to_crs(epsg).get_coordinates().to_numpy()) for side in (table, found)]
    assert len(sides[0]) == len(sides[1])
    assert np.allclose(table.to_crs(epsg).area, found.to_crs(epsg).area, rtol=1e-6)
    both = [(sides[0], sides[1]), (sides[1], sides[0])]
    return max(
        shapely.STRtree(there).query_nearest(here, return_distance=True, all_matches=False)[1].max()
        for here, there in both
    )


@pytest.mark.parametrize("kind", LIMITS_M)
@pytest.mark.parametrize("epsg", [4326, 9210, 9209])
def test_114_communes_come_back_in_their_place(tmp_path: Path, kind: str, epsg: int) -> None:
    path = tmp_path / ("x.zip" if kind == "shp" else f"x.{kind}")
    report = export(communes(), "boundary", path, kind, epsg)
    found = read(path, kind, "boundary")
    name = "Name" if kind == "kml" else "name"
    assert report.n_rows == len(found) == 114
    assert found.crs.to_epsg() == (4326 if kind in ("geojson", "kml") else epsg)
    assert found["code"].astype(str).tolist() == communes()["code"].tolist()
    assert found[name].tolist() == communes()["name"].tolist()
    assert apart_m(communes(), found, 9210) < LIMITS_M[kind]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("epsg", [9210, 9209])
def test_114_communes_as_a_table_lie_where_their_degrees_say(tmp_path: Path, kind: str, epsg: int) -> None:
    path = tmp_path / f"x.{kind}"
    export(communes(), "boundary", path, kind, epsg)
    if kind == "csv":
        head, *rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    else:
        sheet = openpyxl.load_workbook(path).worksheets[0]
        head, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    at = [head.index(name) for name in ("lon", "lat", "x_north_m", "y_east_m")]
    lon, lat, north_m, east_m = np.array([[float(row[column]) for column in at] for row in rows]).T
    placed = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326)
    inside = [shape.covers(point) for shape, point in zip(communes().geometry, placed, strict=True)]
    assert len(rows) == 114
    assert all(inside)
    off_m = np.hypot(placed.to_crs(epsg).x - east_m, placed.to_crs(epsg).y - north_m)
    assert off_m.max() < 0.005


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "shp", "kml", "csv", "xlsx"])
def test_1050_hotspots_keep_their_count_and_place(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("x.zip" if kind == "shp" else f"x.{kind}")
    report = export(hotspots(), "wifi", path, kind, 4326)
    assert report.n_rows == 1050
    if kind == "csv":
        rows = pd.read_csv(path, encoding="utf-8-sig")
    elif kind == "xlsx":
        rows = pd.read_excel(path, engine="openpyxl")
    else:
        assert apart_m(hotspots(), read(path, kind, "wifi"), 32618) < LIMITS_M[kind]
        return
    found = hotspots().set_geometry(gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326)
    assert apart_m(hotspots(), found, 32618) < 0.005
    assert rows["x_north_m"].isna().all()
