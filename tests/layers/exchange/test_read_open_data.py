"""The field's open data come in the words of our layers, with whose they are."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pytest
import shapely

from layers.catalogue import spec_of
from layers.exchange import guard, worker
from layers.exchange.convert import Context
from layers.exchange.raw import Limits, RawFile, RawTable
from layers.issue import Severity
from planning import data, exchange, intake
from planning.intake import Answers, Preview

CELL = "LTE,452,4,2401,2621697,0,106.4743,20.8306,1200,31,1,1459694096,1717001661,0\n"
HEAD = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"


def inside(path: Path) -> RawFile:
    """Read in this process, as the reading process does."""
    private = path.parent / "private"
    private.mkdir(exist_ok=True)
    return worker.read(path, path.name, private, Limits())


def rows(table: RawTable) -> list[dict[str, object]]:
    return [dict(zip(table.headings, row, strict=True)) for row in table.rows]


def shown(path: Path, layer: str) -> Preview:
    context = Context(aliases=data.aliases(), operators=exchange.operator_spellings())
    return intake.preview(
        path,
        spec_of(layer),
        context,
        answers=Answers(is_confirmed=True),
        limits=MappingProxyType({}),
        raw=inside(path),
    )


@pytest.mark.parametrize("head", [HEAD, ""])
def test_opencellid_with_and_without_its_headings(tmp_path: Path, head: str) -> None:
    path = tmp_path / "452.csv"
    path.write_text(head + CELL * 2, "utf-8")
    table = inside(path).tables[0]
    assert table.name == "cell"
    assert "CC BY-SA" in table.licence
    path.write_text(head + CELL, "utf-8")
    taken = intake.accept(shown(path, "cell"), operators=exchange.operator_spellings()).table
    one = taken.iloc[0]
    assert (one["operators"], one["technology"], one["accuracy_m"]) == ("viettel", "4G", 1200.0)
    assert one["site_id"] == "452-4-2401-10241"
    assert (one["as_of"], one["is_assumed"]) == ("2024-05-29", "geometry")
    assert "CC BY-SA" in one["source"]
    assert (one.geometry.x, one.geometry.y) == (106.4743, 20.8306)


@pytest.mark.parametrize("form", ["csv", "csv_without_tile", "parquet", "shp"])
def test_ookla_tiles_are_measurements_marked_non_commercial(tmp_path: Path, form: str) -> None:
    tile = shapely.box(106.4703369140625, 20.83020297, 106.4758300781, 20.83533)
    values = {"quadkey": "1322203230213121", "avg_d_kbps": 45_500, "avg_u_kbps": 12_000, "avg_lat_ms": 21,
              "tests": 17, "devices": 5}  # fmt: skip
    table = gpd.GeoDataFrame([values], geometry=[tile], crs=4326)
    path = tmp_path / f"tiles.{form.partition('_')[0]}"
    if form == "parquet":
        table.to_parquet(path)
    elif form == "shp":
        table.to_file(tmp_path / "tiles.shp")
        path = tmp_path / "tiles.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("tiles.[sdpc]*"):
                archive.write(part, part.name)
    else:
        flat = table.drop(columns="geometry")
        flat = flat if form.endswith("tile") else flat.assign(tile=tile.wkt)
        flat.to_csv(path, index=False)
    raw = guard.read(path) if form == "shp" else inside(path)
    (one,) = rows(raw.tables[0])
    assert (one["download_mbps"], one["upload_mbps"], int(str(one["n_samples"]))) == (45.5, 12.0, 17)
    assert [fault.code for fault in raw.issues if fault.severity is Severity.WARNING] == [
        "licence_noncommercial"
    ]
    middle = shapely.from_wkb((raw.tables[0].shapes or (None,))[0])
    assert middle.geom_type == "Point"
    if form != "csv_without_tile":
        assert middle.distance(tile.centroid) < 1e-6


def test_google_buildings(tmp_path: Path) -> None:
    ring = "POLYGON((106.47 20.83, 106.4702 20.83, 106.4702 20.8302, 106.47 20.83))"
    path = tmp_path / "open_buildings.csv"
    path.write_text(
        "latitude,longitude,area_in_meters,confidence,geometry,full_plus_code\n"
        f'20.8301,106.4701,220.5,0.81,"{ring}",7PJ7RFJC+2X\n',
        "utf-8",
    )
    taken = intake.accept(shown(path, "building")).table
    assert (taken["id"][0], taken.geometry[0].geom_type) == ("7PJ7RFJC+2X", "Polygon")
    assert "Google" in taken["source"][0]


def test_overture_buildings(tmp_path: Path) -> None:
    house = shapely.box(106.47, 20.83, 106.4701, 20.8301)
    path = tmp_path / "overture.parquet"
    gpd.GeoDataFrame(
        {
            "id": ["08b"],
            "subtype": ["residential"],
            "class": ["apartments"],
            "height": [21.5],
            "num_floors": [7],
            "has_parts": [False],
            "names": [{"primary": "Nhà A", "common": None}],
        },
        geometry=[house],
        crs=4326,
    ).to_parquet(path)
    (one,) = rows(inside(path).tables[0])
    assert one == {"id": "08b", "name": "Nhà A", "kind": "apartment", "height_m": 21.5, "n_floors": 7}


NETWORK = {
    "networks": [
        {
            "id": "n",
            "organisations": [{"id": "o", "name": "Công ty Cáp"}],
            "nodes": [
                {"id": "1", "name": "Tủ 1", "type": ["cabinet"], "status": "operational",
                 "location": {"type": "Point", "coordinates": [106.47, 20.83]},
                 "networkProviders": [{"id": "o"}]},
                {"id": "2", "location": {"type": "Point", "coordinates": [106.48, 20.83]}},
            ],
            "spans": [
                {"id": "s", "start": "1", "end": "9", "fibreCount": 24, "fibreLength": 1.1,
                 "deployment": ["aboveGround"], "physicalInfrastructureProvider": {"id": "o"},
                 "route": {"type": "LineString", "coordinates": [[106.47, 20.83], [106.48, 20.83]]}}
            ],
        }
    ]
}  # fmt: skip


def test_the_open_fibre_data_standard(tmp_path: Path) -> None:
    path = tmp_path / "mang.json"
    path.write_text(json.dumps(NETWORK), "utf-8")
    raw = inside(path)
    nodes, spans = raw.tables
    assert (nodes.name, spans.name) == ("fiber_node", "fiber_span")
    assert rows(nodes)[0]["operators"] == "Công ty Cáp"
    span = rows(spans)[0]
    assert (span["deployment"], span["n_fibers_total"], span["length_m"]) == ("aboveGround", 24, 1100.0)
    assert span["owner"] == "Công ty Cáp"
    found = {one.code: one for one in raw.issues}
    assert (found["ofds_end_unknown"].facts["value"], found["ofds_end_unknown"].row) == ("9", 1)
    breaches = {one.facts["rule"] for one in raw.issues if one.code == "ofds_breach"}
    assert "span_end_node_not_found" in breaches  # said by the standard's own validator, libcoveofds
    assert intake.accept(shown(path, "fiber_span")).table["n_fibers_total"].tolist() == [24]


def test_its_geojson_form(tmp_path: Path) -> None:
    properties = {
        "id": "1",
        "name": "Tủ 1",
        "network": {"id": "n"},
        "featureType": "node",
        "type": ["cabinet"],
    }
    feature = {"type": "Feature", "properties": properties,
               "geometry": {"type": "Point", "coordinates": [106.47, 20.83]}}  # fmt: skip
    path = tmp_path / "nodes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    (table,) = inside(path).tables
    assert (table.name, rows(table)[0]["kind"]) == ("fiber_node", "cabinet")
