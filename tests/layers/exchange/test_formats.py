"""Every format comes back as it left: counts, attributes by id, places within 5 mm (1 cm in degrees)."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from geo.errors import CrsError
from layers.catalogue import spec_of
from layers.exchange.write import Part, write, write_parts

NOW = dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC)
NOTICE = "dữ liệu mẫu (giả lập)"
LON, LAT = 106.472975, 20.836092
NAMES = ["Trạm Tiên Kiều", "Cột Đình Sung", "=1+1", "Ngã ba Mễ"]
LIMIT_M = {"fgb": 0.005, "parquet": 0.005, "gdb": 0.005, "tab": 0.01, "kmz": 0.01}


def sites() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(7)
    points = shapely.points(LON + rng.uniform(-0.03, 0.03, 4), LAT + rng.uniform(-0.03, 0.03, 4))
    return gpd.GeoDataFrame(
        {
            "id": ["s1", "s2", "s3", "s4"],
            "name": NAMES,
            "operators": ["viettel", "viettel;vnpt", None, "mobifone"],
            "mast_class": ["A2b", None, "A1a", "A2b"],
            "height_m": pd.array([45.5, None, 12.0, 30.25], dtype="Float64"),
            "n_tenants": pd.array([1, 2, None, 3], dtype="Int64"),
            "as_of": ["2026-01-31", None, "2025-12-01", "2026-06-30"],
            "is_sample": pd.array([True, True, True, True], dtype="boolean"),
        },
        geometry=points,
        crs=4326,
    )


def mixed() -> gpd.GeoDataFrame:
    shapes = [
        shapely.Point(LON, LAT),
        shapely.LineString([(LON, LAT), (LON + 0.01, LAT + 0.004)]),
        shapely.Polygon(
            shapely.box(LON, LAT, LON + 0.01, LAT + 0.01).exterior,
            [shapely.box(LON + 0.002, LAT + 0.002, LON + 0.004, LAT + 0.004).exterior],
        ),
    ]
    rows = {"id": ["a", "b", "c"], "kind": ["pole", "duct", "trench"], "name": ["Cột 1", "Cống 2", "Hào 3"]}
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=4326)


def fibre() -> list[Part]:
    nodes = gpd.GeoDataFrame(
        {
            "id": ["n1", "n2"],
            "name": ["Tủ Đông", "Tủ Đoài"],
            "kind": ["cabinet", "olt"],
            "owner": ["VNPT"] * 2,
        },
        geometry=[shapely.Point(LON, LAT), shapely.Point(LON + 0.01, LAT)],
        crs=4326,
    )
    lines = [[(LON, LAT), (LON + 0.01, LAT)], [(LON, LAT), (LON, LAT + 0.01)]]
    spans = gpd.GeoDataFrame(
        {
            "id": ["t1", "t2"],
            "start_node": ["n1", "n1"],
            "end_node": ["n2", "nowhere"],
            "n_fibers_total": pd.array([24, None], dtype="Int64"),
            "length_m": pd.array([1040.0, None], dtype="Float64"),
            "status": ["operational", "approved"],
        },
        geometry=[shapely.LineString(lines[0]), shapely.MultiLineString([lines[1], lines[0]])],
        crs=4326,
    )
    tables = {"fiber_node": nodes, "fiber_span": spans}
    return [Part(spec=spec_of(name), table=table, labels={}) for name, table in tables.items()]


def export(table: gpd.GeoDataFrame, layer: str, path: Path, kind: str, **more: object):
    facts = {"epsg": 9210, "labels": {}, "notice": NOTICE, "now": NOW} | more
    return write(table, path, format=kind, spec=spec_of(layer), **facts)


def back(path: Path, kind: str, layer: str) -> gpd.GeoDataFrame:
    if kind == "parquet":
        return gpd.read_parquet(path)
    inner = {
        "tab": f"/vsizip/{path}/{layer}.tab",
        "gdb": f"/vsizip/{path}/du_lieu.gdb",
        "kmz": f"/vsizip/{path}/doc.kml",
    }
    return pyogrio.read_dataframe(inner.get(kind, path), layer=layer if kind == "gdb" else None)


@pytest.mark.parametrize("kind", LIMIT_M)
@pytest.mark.parametrize("epsg", [4326, 9210, 9209])
def test_what_is_opened_again_equals_what_went_in(tmp_path: Path, kind: str, epsg: int) -> None:
    path = tmp_path / f"x.{'zip' if kind in ('tab', 'gdb') else kind}"
    report = export(sites(), "site", path, kind, epsg=epsg, grid_epsg=9210)
    assert (report.n_rows, report.n_left_out) == (4, 0)
    found = back(path, kind, "site").set_index("id").loc[sites()["id"]]
    name = "Name" if kind == "kmz" else "name"
    assert found[name].tolist() == NAMES
    assert (found["du_lieu"] == NOTICE).all()
    heights = pd.to_numeric(found["height_m"].replace("", None), errors="coerce").astype("Float64")
    assert heights.fillna(-1).tolist() == [45.5, -1, 12.0, 30.25]
    assert pd.to_numeric(found["n_tenants"], errors="coerce").fillna(-1).tolist() == [1, 2, -1, 3]
    assert found.crs.to_epsg() == (4326 if kind in ("tab", "kmz") else epsg)
    apart_m = found.geometry.to_crs(9210).distance(sites().set_index("id").geometry.to_crs(9210))
    assert apart_m.max() <= LIMIT_M[kind]


def test_mapinfo_carries_vn2000_as_columns(tmp_path: Path) -> None:
    export(sites(), "site", tmp_path / "x.zip", "tab", epsg=4326, grid_epsg=9210)
    found = back(tmp_path / "x.zip", "tab", "site").set_index("id").loc[sites()["id"]]
    meant = sites().to_crs(9210).geometry
    assert np.abs(found["y_east_m"].to_numpy(float) - meant.x.to_numpy()).max() < 0.001
    assert np.abs(found["x_north_m"].to_numpy(float) - meant.y.to_numpy()).max() < 0.001


def test_a_geodatabase_keeps_whole_numbers_whole(tmp_path: Path) -> None:
    export(sites(), "site", tmp_path / "x.zip", "gdb")
    info = pyogrio.read_info(f"/vsizip/{tmp_path / 'x.zip'}/du_lieu.gdb", layer="site")
    types = dict(zip(info["fields"].tolist(), info["ogr_types"], strict=True))
    assert types["n_tenants"] == "OFTInteger64"


def test_a_drawing_is_in_metres_with_ascii_layers_blocks_and_vietnamese_texts(tmp_path: Path) -> None:
    labels = {"layer.site": "Trạm BTS, cột ăng ten", "layer.passive": "Hạ tầng dùng chung"}
    parts = [
        Part(spec=spec_of("site"), table=sites(), labels=labels),
        Part(spec=spec_of("passive"), table=mixed(), labels=labels),
    ]
    path = tmp_path / "x.dxf"
    report = write_parts(parts, path, format="dxf", epsg=4326, notice=NOTICE, now=NOW, grid_epsg=9210)
    assert dict(report.layers) == {"site": 4, "passive": 3}
    document = ezdxf.readfile(path)
    assert document.header["$INSUNITS"] == 6
    used = {entity.dxf.layer for entity in document.modelspace()}
    assert {"TRAM-BTS-COT-ANG-TEN", "HA-TANG-DUNG-CHUNG"} <= used
    assert all(name.isascii() for name in used)
    masts = document.modelspace().query('INSERT[layer=="TRAM-BTS-COT-ANG-TEN"]')
    told = {one.get_attrib_text("ID"): one.get_attrib_text("NAME") for one in masts}
    assert told == dict(zip(["s1", "s2", "s3", "s4"], NAMES, strict=True))
    meant = sites().to_crs(9210).geometry
    assert max(abs(one.dxf.insert.x - point.x) for one, point in zip(masts, meant, strict=True)) < 0.005
    note = " ".join(one.text for one in document.modelspace().query("MTEXT"))
    assert "EPSG:9210" in note
    assert NOTICE in note


def test_a_drawing_without_a_zone_is_refused(tmp_path: Path) -> None:
    far = sites().set_geometry(shapely.points([2.35] * 4, [48.85] * 4), crs=4326)
    with pytest.raises(CrsError) as caught:
        export(far, "site", tmp_path / "x.dxf", "dxf", epsg=4326)
    assert caught.value.code == "export_dxf_metres"


def test_fibre_leaves_as_open_fibre_data(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    report = write_parts(fibre(), path, format="ofds", epsg=9210, notice=NOTICE, now=NOW)
    assert dict(report.layers) == {"fiber_node": 2, "fiber_span": 2}
    (network,) = json.loads(path.read_text("utf-8"))["networks"]
    assert [node["name"] for node in network["nodes"]] == ["Tủ Đông", "Tủ Đoài"]
    first, *pieces = network["spans"]
    assert (first["start"]["id"], first["end"]["id"]) == ("n1", "n2")
    assert (first["fibreCount"], first["fibreLength"]) == (24, 1.04)
    assert [one["id"] for one in pieces] == ["t2#1", "t2#2"]
    assert "end" not in pieces[0]  # a node that is not in the file is not named
    assert pieces[0]["status"] == "planned"
    assert network["links"][0]["rel"] == "describedby"


@pytest.mark.parametrize("kind", ["xlsx", "csv", "gpkg", "qgz", "dxf", "kmz", "parquet", "ofds"])
def test_equal_content_and_date_give_equal_bytes(tmp_path: Path, kind: str) -> None:
    parts = fibre()
    ending = "xlsx" if kind == "xlsx" else "zip"
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / f"x.{ending}"
        write_parts(parts, path, format=kind, epsg=9210, notice="", now=NOW)
    assert (tmp_path / "a" / f"x.{ending}").read_bytes() == (tmp_path / "b" / f"x.{ending}").read_bytes()


def test_all_layers_are_one_workbook_without_a_formula(tmp_path: Path) -> None:
    parts = [
        Part(spec=spec_of("site"), table=sites(), labels={"layer.site": "Trạm"}),
        Part(spec=spec_of("passive"), table=mixed(), labels={"layer.passive": "Cột, cống"}),
    ]
    path = tmp_path / "x.xlsx"
    write_parts(parts, path, format="xlsx", epsg=9210, notice=NOTICE, now=NOW, is_bundle=True)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == ["Trạm", "Cột, cống"]
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert "'=1+1" in {cell.value for cell in cells}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_finds_no_formula(tmp_path: Path) -> None:
    export(sites(), "site", tmp_path / "x.xlsx", "xlsx")
    command = [
        "soffice",
        "--headless",
        "--convert-to",
        "fods",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "x.xlsx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert "table:formula" not in (tmp_path / "x.fods").read_text("utf-8")


QGIS = """
import sys
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
assert project.read(sys.argv[1])
layers = list(project.mapLayers().values())
print("crs", project.crs().authid())
for layer in layers:
    alias = {field.name(): field.alias() for field in layer.fields()}
    print("layer", layer.name(), layer.isValid(), layer.labelsEnabled(), layer.renderer().type(),
          layer.featureCount(), alias.get("name"), sep="|")
print("tree", all(one.layer() is not None for one in project.layerTreeRoot().findLayers()))
alone = QgsVectorLayer(sys.argv[1].replace(".qgz", ".gpkg") + "|layername=site", "x", "ogr")
alone.loadDefaultStyle()
print("style", alone.labelsEnabled(), alone.renderer().type())
"""


def has_qgis() -> bool:
    probe = ["/usr/bin/python3", "-c", "import qgis.core"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not has_qgis(), reason="python3-qgis is not installed")
def test_qgis_opens_the_project_styled_labelled_and_in_vietnamese(tmp_path: Path) -> None:
    labels = {"layer.site": "Trạm BTS", "layer.passive": "Hạ tầng dùng chung", "name": "Tên"}
    labels |= {"value.operators.viettel": "Viettel", "value.kind.pole": "Cột treo cáp"}
    parts = [
        Part(spec=spec_of("site"), table=sites(), labels=labels),
        Part(spec=spec_of("passive"), table=mixed(), labels=labels),
    ]
    path = tmp_path / "x.qgz"
    palette = {"viettel": ("#C2002F", "circle"), "mobifone": ("#0089B3", "square")}
    write_parts(parts, path, format="qgz", epsg=9210, notice=NOTICE, now=NOW, palette=palette)
    done = subprocess.run(
        ["/usr/bin/python3", "-c", QGIS, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "crs EPSG:9210"
    assert "tree True" in lines
    assert "style True categorizedSymbol" in lines
    found = sorted(line.split("|")[1:] for line in lines if line.startswith("layer"))
    assert found == sorted(
        [
            ["Trạm BTS", "True", "True", "categorizedSymbol", "4", "Tên"],
            *(
                [f"Hạ tầng dùng chung ({kind})", "True", "True", "singleSymbol", "1", "Tên"]
                for kind in ("point", "line", "polygon")
            ),
        ]
    )


def test_a_project_as_zip_holds_its_data(tmp_path: Path) -> None:
    export(sites(), "site", tmp_path / "x.zip", "qgz")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert set(archive.namelist()) == {"du_an.qgz", "du_lieu.gpkg", "README.txt"}
