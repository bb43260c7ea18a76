"""Taking layers out of a workspace: sharing levels, all layers at once, errors with their codes."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import rasterio
import shapely

from geo.errors import InputError, NotFoundError, PlannerError
from layers.catalogue import spec_of
from layers.check import check
from layers.spec import Kind
from layers.store import Store, create_store
from planning import data, exchange, surroundings
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


@pytest.mark.parametrize(("sharing", "kept"), [("public", "a"), ("internal", "abd"), ("operator", "abd")])
def test_rows_above_the_level_stay_out(workspace: Store, tmp_path: Path, sharing: str, kept: str) -> None:
    report = take(workspace, tmp_path / "x.gpkg", sharing=sharing, for_operator="viettel")
    found = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="hamlet")
    assert found["id"].tolist() == list(kept)
    assert (report.n_rows, report.n_left_out) == (len(kept), 4 - len(kept))


def test_all_is_one_geopackage_of_the_filled_layers(workspace: Store, tmp_path: Path) -> None:
    report = take(workspace, tmp_path / "x.gpkg", layer="all")
    names = set(pyogrio.list_layers(tmp_path / "x.gpkg")[:, 0]) - {"layer_styles"}
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


def private(ids: str, **columns: object) -> gpd.GeoDataFrame:
    return table(list(ids), sharing=["operator"] * len(ids), **columns)


def test_a_file_for_an_operator_holds_its_own_private_rows_and_no_others(
    workspace: Store, tmp_path: Path
) -> None:
    rows = private(
        "abcde",
        operators=["viettel", "vnpt", "viettel;vnpt", None, None],
        owner=[None, None, None, "Viettel Hải Phòng", None],
    )
    workspace.replace({"passive": rows.assign(kind="pole")})
    asked = {"layer": "passive", "sharing": "operator", "operators": surroundings.operator_spellings()}
    report = take(workspace, tmp_path / "x.gpkg", for_operator="Viettel", **asked)
    assert pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="passive")["id"].tolist() == ["a", "d"]
    assert report.n_left_out == 3


@pytest.mark.parametrize(("operator", "code"), [(None, "export_operator_missing"), ("x", "operator_unknown")])
def test_private_rows_need_the_name_of_the_operator(
    workspace: Store, tmp_path: Path, operator: str | None, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        take(
            workspace,
            tmp_path / "x.gpkg",
            sharing="operator",
            for_operator=operator,
            operators=surroundings.operator_spellings(),
        )
    assert caught.value.code == code
    assert not (tmp_path / "x.gpkg").exists()


@pytest.mark.parametrize("format_", ["gpkg", "xlsx", "kml"])
def test_an_export_that_would_hold_nothing_is_refused(workspace: Store, tmp_path: Path, format_: str) -> None:
    workspace.replace({"wifi": table(["w"], sharing=["internal"])})
    old = tmp_path / "old"
    old.write_text("as it was")
    with pytest.raises(NotFoundError) as caught:
        take(workspace, old, layer="wifi", format=format_, sharing="public")
    assert caught.value.code == "export_nothing_shared"
    assert caught.value.facts["n"] == 1
    assert old.read_text() == "as it was"


def test_layers_of_which_nothing_may_go_are_left_out_of_the_bundle_and_counted(
    workspace: Store, tmp_path: Path
) -> None:
    workspace.replace({"wifi": table(["w", "v"], sharing=["internal", None])})
    report = take(workspace, tmp_path / "x.gpkg", layer="all", sharing="public")
    assert dict(report.layers) == {"hamlet": 1}
    assert report.n_left_out == 3 + 2


def test_rows_without_a_place_are_no_success_where_the_format_needs_one(
    workspace: Store, tmp_path: Path
) -> None:
    lost = table(["a"], sharing=["public"]).set_geometry([None], crs=4326)
    workspace.replace({"hamlet": lost})
    with pytest.raises(NotFoundError) as caught:
        take(workspace, tmp_path / "x.kml", format="kml", sharing="public")
    assert caught.value.code == "export_no_shapes"


NUMBERS = [
    ("Gọi ông Nam 0912.345.678 nhé", "Gọi ông Nam … nhé", 1),
    ("ĐT +84 912 345 678; (0220) 3822 123", "ĐT …; …", 2),
    ("CCCD 030085001234", "CCCD …", 1),
    ("CMND 142 345 678.", "CMND ….", 1),
    ("X 2305113.829 Y 575047.716", "X 2305113.829 Y 575047.716", 0),
    ("106.472975, 20.836092", "106.472975, 20.836092", 0),
    ("Quyết định 1132/QĐ-TTg ngày 09/10/2024", "Quyết định 1132/QĐ-TTg ngày 09/10/2024", 0),
    ("33.499 người, 1.250.000.000 đồng", "33.499 người, 1.250.000.000 đồng", 0),
]


@pytest.mark.parametrize(("said", "left", "n"), NUMBERS)
def test_public_files_hold_no_phone_and_no_identity_number(
    workspace: Store, tmp_path: Path, said: str, left: str, n: int
) -> None:
    rows = table(["030085001234"], sharing=["public"], note=[said], name=["Thôn"])
    workspace.replace({"hamlet": rows})
    report = take(workspace, tmp_path / "x.gpkg", sharing="public")
    found = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="hamlet")
    assert found["note"].tolist() == [left]
    assert found["id"].tolist() == ["030085001234"]
    assert report.n_blanked == n
    take(workspace, tmp_path / "y.gpkg", sharing="internal")
    assert pyogrio.read_dataframe(tmp_path / "y.gpkg", layer="hamlet")["note"].tolist() == [said]


def spoken_rows(layer: str) -> gpd.GeoDataFrame:
    """A row for each word of each vocabulary of the layer."""
    spec = spec_of(layer)
    worded = [column for column in spec.columns if column.vocabulary and column.name != "sharing"]
    n_rows = max(len(column.vocabulary) for column in worded)
    columns: dict[str, object] = {
        column.name: [column.vocabulary[row % len(column.vocabulary)] for row in range(n_rows)]
        for column in worded
    }
    columns["operators"] = [("viettel;vnpt", "mau_a")[row % 2] for row in range(n_rows)]
    columns["name"] = [f"Số {row}" for row in range(n_rows)]
    columns["sharing"] = [("public", "internal")[row % 2] for row in range(n_rows)]
    columns = {name: values for name, values in columns.items() if spec.column(name)}
    shape = shapely.box(106.47, 20.83, 106.4702, 20.8302)
    lines = shapely.LineString([(106.47, 20.83), (106.48, 20.83)])
    shapes = {"building": shape, "zone": shape, "road": lines, "fiber_span": lines}
    given = gpd.GeoDataFrame(
        {"id": [f"r{row}" for row in range(n_rows)], **columns},
        geometry=[shapes.get(layer, POINT)] * n_rows,
        crs=4326,
    )
    return check(given, spec).rows


SPOKEN = [
    *(
        (layer, "csv", language)
        for layer in ("site", "place", "passive", "zone", "fiber_node", "road")
        for language in ("vi", "en")
    ),
    *((layer, format_, "vi") for layer in ("site", "place") for format_ in ("xlsx", "kml")),
]


@pytest.mark.parametrize(("layer", "format_", "language"), SPOKEN)
def test_office_files_speak_the_words_of_the_language_and_come_in_again(
    tmp_path: Path, layer: str, format_: str, language: str
) -> None:
    rows = spoken_rows(layer)
    store = create_store(tmp_path / "w", {"name": "Thử", "calc_epsg": "9210"})
    store.replace({layer: rows})
    found = open_workspace(tmp_path / "w")
    out = tmp_path / f"out.{format_}"
    exchange.export(
        found,
        layer=layer,
        format=format_,
        epsg=4326,
        out=out,
        sharing="internal",
        language=language,
        now=NOW,
    )
    shown = exchange.preview(found, out, layer=layer)
    assert shown.converted is not None
    back = shown.converted.table
    for column in spec_of(layer).columns:
        if column.vocabulary or column.name == "operators":
            meant = [None if value != value else value for value in rows[column.name]]
            assert back[column.name].tolist() == meant, column.name
    if format_ == "csv" and language == "vi":
        said = out.read_text("utf-8-sig")
        codes = {value for c in spec_of(layer).columns for value in c.vocabulary if "_" in value}
        assert not [code for code in codes if code in said]


def test_map_files_explain_their_values(workspace: Store, tmp_path: Path) -> None:
    workspace.replace({"place": spoken_rows("place")})
    labels = data.texts("vi")
    asked = {"layer": "place", "labels": labels}
    for format_, name in (("gpkg", "x.gpkg"), ("geojson", "x.geojson"), ("shp", "x.zip")):
        facts = {"format": format_, "epsg": 9210, "sharing": "internal", "notice": "", "now": NOW}
        run(workspace, out=tmp_path / name, **asked, **facts)
    with sqlite3.connect(tmp_path / "x.gpkg") as connection:
        words = connection.execute(
            "SELECT k.description FROM gpkg_data_columns c JOIN gpkg_data_column_constraints k"
            " USING (constraint_name) WHERE c.column_name = 'kind' AND k.value = 'market'"
        ).fetchall()
    assert words == [("Chợ",)]
    first = json.loads((tmp_path / "x.geojson").read_text("utf-8"))["features"][0]["properties"]
    assert first["kind_label"] == labels[f"value.kind.{first['kind']}"]
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        legend = archive.read("place_gia_tri.csv").decode("utf-8-sig")
    assert "kind,market,Chợ" in legend.splitlines()


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
    } | {"sharing": "internal"}
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
        sharing="internal",
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
