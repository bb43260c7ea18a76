"""Taking layers out of a workspace: sharing levels, all layers at once, errors with their codes."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import rasterio
import shapely

from geo.errors import PlannerError
from layers.catalogue import spec_of
from layers.check import check
from layers.spec import Kind
from layers.store import Store, create_store
from planning import data, exchange
from planning.export import run
from planning.workspace import open_workspace

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
NOTICE = "dữ liệu mẫu (giả lập)"
POINT = shapely.Point(106.472975, 20.836092)
TEXTS = {"column.name": "Tên", "column.population": "Dân số", "layer.hamlet": "Thôn"}


def table(ids: list[str], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=[POINT] * len(ids), crs=4326)


@pytest.fixture
def workspace(tmp_path: Path) -> Store:
    store = create_store(tmp_path / "w", {"name": "Xã Mẫu", "calc_epsg": "9210"})
    levels = ["public", "internal", "operator", None]
    store.replace(
        {
            "hamlet": table(["a", "b", "c", "d"], sharing=levels, population=[1, 2, 3, 4]),
            "wifi": table(["w"], sharing=["public"]),
        }
    )
    return store


def take(store: Store, out: Path, **more: object):
    facts = {"layer": "hamlet", "format": "gpkg", "epsg": 9210, "sharing": "internal"} | more
    return run(store, out=out, labels=TEXTS, notice=NOTICE, now=NOW, **facts)


@pytest.mark.parametrize(("sharing", "kept"), [("public", "a"), ("internal", "abd"), ("operator", "abcd")])
def test_rows_above_the_level_stay_out(workspace: Store, tmp_path: Path, sharing: str, kept: str) -> None:
    report = take(workspace, tmp_path / "x.gpkg", sharing=sharing)
    found = pyogrio.read_dataframe(tmp_path / "x.gpkg")
    assert found["id"].tolist() == list(kept)
    assert (report.n_rows, report.n_left_out) == (len(kept), 4 - len(kept))


def test_all_is_one_geopackage_of_the_filled_layers(workspace: Store, tmp_path: Path) -> None:
    report = take(workspace, tmp_path / "x.gpkg", layer="all")
    names = set(pyogrio.list_layers(tmp_path / "x.gpkg")[:, 0])
    assert names == {"hamlet", "wifi"} == set(report.layers)
    for name in names:
        found = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer=name)
        assert found.crs.to_epsg() == 9210
        assert (found["du_lieu"] == NOTICE).all()


def test_all_in_another_format_is_a_zip_with_a_readme(workspace: Store, tmp_path: Path) -> None:
    take(workspace, tmp_path / "x.zip", layer="all", format="xlsx")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert set(archive.namelist()) == {"hamlet.xlsx", "wifi.xlsx", "README.txt"}
        assert NOTICE in archive.read("README.txt").decode()
        archive.extract("hamlet.xlsx", tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "hamlet.xlsx").worksheets[0]
    assert sheet.title == "Thôn"
    assert {"Tên", "Dân số"} <= {cell.value for cell in sheet[1]}


def test_coverage_leaves_as_rasters(workspace: Store, tmp_path: Path) -> None:
    rasters = workspace.folder / "rasters"
    rasters.mkdir(exist_ok=True)
    for name, value in (("power", -9000), ("state", 1)):
        with rasterio.open(
            rasters / f"{name}.tif",
            "w",
            driver="GTiff",
            count=1,
            height=4,
            width=4,
            dtype="int16",
            nodata=-32768,
            crs="EPSG:9210",
            transform=rasterio.transform.from_origin(575000, 2305000, 10, 10),
        ) as raster:
            raster.write(np.full((4, 4), value, dtype=np.int16), 1)
            raster.units = ("0.01 dBm" if name == "power" else "state",)
    rows = {"run": ["r", "r"], "operator": ["mau_a", "any"], "power_path": ["rasters/power.tif", None]}
    run_rows = table(["r-mau_a", "r-any"], state_path=["rasters/state.tif"] * 2, **rows)
    square = shapely.box(106.4, 20.8, 106.5, 20.9)
    workspace.replace({"coverage5g": run_rows.set_geometry([square, square], crs=4326)})
    take(workspace, tmp_path / "x.tif", layer="coverage5g", format="cog")
    with rasterio.open(tmp_path / "x.tif") as found:
        assert found.descriptions[0] == "power_dbm"
        assert np.allclose(found.read(1), -90, atol=1e-4)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"layer": "nothing"}, "layer_unknown"),
        ({"format": "dwg"}, "export_format"),
        ({"epsg": 3857}, "export_crs"),
        ({"sharing": "secret"}, "export_sharing"),
        ({"format": "cog"}, "export_not_raster"),
        ({"format": "cog", "layer": "coverage5g"}, "export_no_coverage"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    workspace: Store, tmp_path: Path, asked: dict[str, object], code: str
) -> None:
    with pytest.raises(PlannerError) as caught:
        take(workspace, tmp_path / "x", **asked)
    assert caught.value.code == code
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("layer", ["site", "cell", "hamlet", "road", "fiber_node", "building", "passive"])
def test_a_table_that_was_exported_comes_in_again_with_every_column(
    tmp_path: Path, layer: str, language: str
) -> None:
    spec = spec_of(layer)
    usual = {Kind.INTEGER: 20, Kind.REAL: 20.0, Kind.BOOLEAN: False, Kind.DATE: "2026-01-01"}
    row: dict[str, object] = {
        column.name: column.vocabulary[0] if column.vocabulary else usual.get(column.kind, "một")
        for column in spec.columns
        if column.name != "is_assumed"
    }
    row |= {name: value for name, value in {"frequency_mhz": 2550.0, "n_tenants": 2}.items() if name in row}
    row |= {"operators": "viettel"} if "operators" in row else {}
    shapes = {"road": shapely.LineString([(106.47, 20.83), (106.48, 20.83)])}
    shapes["building"] = shapely.box(106.47, 20.83, 106.4702, 20.8302)
    shape = shapes.get(layer, shapely.Point(106.47, 20.83))
    table = check(gpd.GeoDataFrame([row], geometry=[shape], crs=4326), spec).rows
    assert len(table) == 1
    store = create_store(tmp_path / "w", {"name": "Thử", "calc_epsg": "9210"})
    store.replace({layer: table})
    out = tmp_path / "out.csv"
    run(
        store,
        layer=layer,
        format="csv",
        epsg=9210,
        out=out,
        sharing="operator",
        labels=data.texts(language),
        notice="",
        now=NOW,
    )
    shown = exchange.preview(open_workspace(tmp_path / "w"), out, layer=layer)
    taken = {field for field in shown.columns.fields.values() if field}
    exported = {column.name for column in spec.columns if column.name not in ("is_sample", "is_assumed")}
    assert exported - taken <= {"owner", "operators"}  # of a site, one is read from the other
    assert shown.converted is not None
    assert shown.converted.table.geometry.iloc[0].equals_exact(shape, 1e-8)
