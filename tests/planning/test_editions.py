"""Canaries in every layer, and every file of every edition searched for them."""

from __future__ import annotations

import datetime as dt
import io
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely

from geo.crs import transform
from layers.catalogue import CATALOGUE, spec_of
from layers.check import check
from layers.exchange.write import FORMATS
from layers.spec import Column, Geometry, Kind, LayerSpec
from layers.store import create_store
from planning import dossier, exchange
from planning.export import SHAPES_ONLY
from planning.release import audience_of, edition, release
from planning.surroundings import operator_spellings
from planning.workspace import Workspace, open_workspace

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
EDITIONS = ("public", "internal", "operator:viettel")
PHONE = "0912345678"
# planted text -> the editions that may carry it
CANARY = {
    "CHIMCONGKHAI": set(EDITIONS),
    "CHIMNOIBO": {"internal", "operator:viettel"},
    "CHIMVIETTEL": {"operator:viettel"},
    "CHIMVNPT": set(),
    "CHIMKHONGAI": set(),
    PHONE: {"internal"},
}
EXACT = (106.4712345678, 20.8312345678)
"""A place of fibre, ducts and measurements; the public edition may hold it nowhere."""
COARSE = ("fiber_span", "fiber_node", "passive")
LEVELS = {
    "CHIMCONGKHAI": ("public", "viettel"),
    "CHIMNOIBO": ("internal", "viettel"),
    "CHIMVIETTEL": ("operator", "viettel"),
    "CHIMVNPT": ("operator", "vnpt"),
    "CHIMKHONGAI": ("operator", None),
}
USUAL = {Kind.INTEGER: 20, Kind.REAL: 20.0, Kind.BOOLEAN: False, Kind.DATE: "2026-01-01"}


def usual(column: Column) -> object:
    value = USUAL.get(column.kind)
    if column.kind in (Kind.INTEGER, Kind.REAL) and column.low is not None and column.high is not None:
        return type(value)(min(max(value, column.low), column.high))
    return value


def rows_of(spec: LayerSpec) -> gpd.GeoDataFrame:
    """A row for each level of sharing, the canary in every free text of it, all where nothing public lies."""
    free = [
        one.name
        for one in spec.columns
        if one.kind is Kind.TEXT
        and not one.vocabulary
        and one.name not in ("id", "owner", "operators", "operator", "is_assumed")
        and not one.name.endswith(("_path", "_id", "_node"))
    ]
    rows = []
    for word, (sharing, operator) in LEVELS.items():
        row: dict[str, object] = {
            one.name: one.vocabulary[0] if one.vocabulary else usual(one) for one in spec.columns
        }
        row |= {name: f"{word} {PHONE}" if name == "note" else word for name in free}
        row |= {"id": f"{spec.name}-{word}", "sharing": sharing, "owner": operator}
        row |= {name: operator for name in ("operators", "operator") if name in row}
        if row.get("operator", "") is None or (spec.name == "cell" and operator is None):
            row |= {name: "mobifone" for name in ("operators", "operator") if name in row}
        if spec.name == "audit":  # a proposal has a state only where one is recorded
            row["proposal_id"] = f"proposal-{word}"
        rows.append(row)
    return check(gpd.GeoDataFrame(rows, geometry=[shape_of(spec)] * len(rows), crs=4326), spec).rows


def shape_of(spec: LayerSpec) -> shapely.Geometry | None:
    lon, lat = EXACT if spec.name in (*COARSE, "measurement") else (106.45, 20.85)
    if spec.geometry is Geometry.NONE:
        return None
    if spec.geometry is Geometry.LINE:
        return shapely.LineString([(lon, lat), (lon + 0.011, lat + 0.013)])
    if spec.geometry is Geometry.POLYGON:
        return shapely.box(106.44, 20.80, 106.50, 20.86)
    return shapely.Point(lon, lat)


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w"
        store = create_store(path, {"name": "Thử", "commune_code": "10882", "calc_epsg": "9210"})
        store.replace({spec.name: rows_of(spec) for spec in CATALOGUE})
        for spec in CATALOGUE:
            assert store.count(spec.name) == len(LEVELS), spec.name
        yield open_workspace(path)
        store.close()


def contents(path: Path) -> Iterator[bytes]:
    """Everything to be found in a file: its bytes, those of its members, what readers make of it."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        yield from _members(path.read_bytes())
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
            for inner in [
                *Path(folder).rglob("*.tab"),
                *Path(folder).rglob("*.parquet"),
                *Path(folder).rglob("*.gdb"),
            ]:
                yield from _read(inner)
    elif path.suffix in (".parquet", ".fgb", ".gpkg"):
        yield from _read(path)


def _members(content: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield "\n".join(archive.namelist()).encode()
        for name in archive.namelist():
            inner = archive.read(name)
            yield inner
            if zipfile.is_zipfile(io.BytesIO(inner)):
                yield from _members(inner)


def _read(path: Path) -> Iterator[bytes]:
    names = [None] if path.suffix in (".parquet", ".fgb") else pyogrio.list_layers(path)[:, 0].tolist()
    for name in names:
        table = (
            gpd.read_parquet(path) if path.suffix == ".parquet" else pyogrio.read_dataframe(path, layer=name)
        )
        yield table.to_csv().encode()


def export(workspace: Workspace, out: Path, kind: str, which: str, layer: str = "all") -> Path:
    sharing, operator = edition(which)
    exchange.export(
        workspace,
        layer=layer,
        format=kind,
        epsg=4326,
        out=out,
        sharing=sharing,
        for_operator=operator,
        language="vi",
        now=NOW,
    )
    return out


USUALLY = ("gpkg", "xlsx", "geojson", "kml", dossier.FORMAT)
KINDS = [*(one for one in FORMATS if one != "cog"), dossier.FORMAT]
CASES = [
    (kind, which)
    if which != "internal" and kind in USUALLY
    else pytest.param(kind, which, marks=pytest.mark.slow)
    for kind in KINDS
    for which in EDITIONS
]


@pytest.mark.parametrize(("kind", "which"), CASES)
def test_no_file_of_an_edition_holds_what_is_not_for_it(
    workspace: Workspace, tmp_path: Path, kind: str, which: str
) -> None:
    found = b"\n".join(contents(export(workspace, tmp_path / "x.zip", kind, which)))
    forbidden = {word for word, allowed in CANARY.items() if which not in allowed}
    assert [word for word in forbidden if word.encode() in found or word.encode("utf-16-le") in found] == []
    if kind != "ofds" or which != "public":  # the one route and the one node have no name there to be found
        assert b"CHIMCONGKHAI" in found
    if which == "public":
        assert [place for place in exact_places() if place in found] == []


def exact_places() -> list[bytes]:
    """The planted place as texts and as binary numbers, in degrees and in VN-2000."""
    east_m, north_m = transform(*EXACT, epsg_from=4326, epsg_to=9210)
    texts = [f"{value:.5f}"[:-1] for value in EXACT] + [f"{value:.1f}" for value in (east_m, north_m)]
    numbers = [struct.pack("<d", value) for value in EXACT]
    return [text.encode() for text in texts] + numbers


def test_the_places_searched_for_would_be_found(workspace: Workspace, tmp_path: Path) -> None:
    for kind in ("gpkg", "geojson"):
        found = b"\n".join(contents(export(workspace, tmp_path / "x.zip", kind, "internal")))
        assert [place for place in exact_places() if place in found], kind


def released(layer: str, table: gpd.GeoDataFrame, which: str) -> gpd.GeoDataFrame:
    sharing, operator = edition(which)
    whom = audience_of(sharing, operator, operator_spellings())
    return release(check(table, spec_of(layer)).rows, spec_of(layer), whom, calc_epsg=9210).table


def hamlets(**columns: list[int]) -> gpd.GeoDataFrame:
    n_rows = len(next(iter(columns.values())))
    facts = {
        "id": [f"t{row}" for row in range(n_rows)],
        "name": ["Thôn"] * n_rows,
        "sharing": ["public"] * n_rows,
    }
    return gpd.GeoDataFrame(facts | columns, geometry=[shapely.Point(106.45, 20.85)] * n_rows, crs=4326)


@pytest.mark.parametrize(
    ("which", "kept"),
    [("public", [-1, -1, 5, 0]), ("operator:viettel", [-1, -1, 5, 0]), ("internal", [4, 3, 5, 0])],
)
def test_counts_under_five_do_not_leave(which: str, kept: list[int]) -> None:
    found = released("hamlet", hamlets(poor_households=[4, 3, 5, 0]), which)
    assert found["poor_households"].fillna(-1).tolist() == kept


def test_a_suppressed_count_cannot_be_told_from_the_others() -> None:
    found = released("hamlet", hamlets(population=[100, 100], men=[3, 50], women=[97, 50]), "public")
    assert found["men"].fillna(-1).tolist() == [-1, -1]  # a total for men would tell the first
    assert found["women"].fillna(-1).tolist() == [-1, -1]
    assert found["population"].tolist() == [100, 100]


def test_a_single_suppressed_count_takes_the_next_smallest_with_it() -> None:
    found = released("hamlet", hamlets(poor_households=[40, 4, 9, 0, 60]), "public")
    assert found["poor_households"].fillna(-1).tolist() == [40, -1, -1, 0, 60]


def test_single_measurements_are_gathered_or_stay() -> None:
    rng = np.random.default_rng(3)
    n_rows = 11
    table = gpd.GeoDataFrame(
        {
            "id": [f"m{row}" for row in range(n_rows)],
            "operator": ["viettel"] * 7 + ["vnpt"] * 4,
            "hamlet_id": "t1",
            "technology": "5G",
            "download_mbps": rng.uniform(10, 300, n_rows),
            "sharing": "public",
            "measured_at": "2026-11-01T08:00:00",
        },
        geometry=shapely.points(rng.uniform(106.4, 106.5, n_rows), rng.uniform(20.8, 20.9, n_rows)),
        crs=4326,
    )
    found = released("measurement", table, "public")
    assert found["operator"].tolist() == ["viettel"]  # four of the other are too few
    assert found["n_samples"].tolist() == [7]
    assert found["download_mbps"].tolist() == pytest.approx([float(table["download_mbps"][:7].median())])
    assert found.geometry.isna().all()
    assert found["measured_at"].isna().all()


def test_fibre_and_ducts_are_rounded_and_say_how_far() -> None:
    lines = [
        shapely.LineString([(106.4712345, 20.8312345), (106.4751234, 20.8354321), (106.4812345, 20.8442345)]),
        shapely.LineString([(106.4712345, 20.8312345), (106.4712445, 20.8312445)]),
    ]
    rows = {"id": ["a", "b"], "sharing": "public", "n_fibers_used": 7, "start_node": "n1", "accuracy_m": 5.0}
    found = released("fiber_span", gpd.GeoDataFrame(rows, geometry=lines, crs=4326), "public")
    assert found["id"].tolist() == ["a"]  # a route shorter than a cell has no shape left
    corners = shapely.get_coordinates(found.geometry.to_crs(9210).to_numpy())
    assert np.abs(corners - np.round(corners / 200) * 200).max() < 0.01
    assert found["accuracy_m"].tolist() == [200.0]
    assert found["n_fibers_used"].isna().all()
    assert found["start_node"].isna().all()


def test_an_operator_sees_no_cell_of_a_rival_whatever_its_level() -> None:
    rows = {
        "id": ["a", "b", "c"],
        "site_id": "s",
        "operators": ["viettel", "vnpt", "viettel;vnpt"],
        "technology": "5G",
        "sharing": ["operator", "public", "internal"],
    }
    table = gpd.GeoDataFrame(rows, geometry=[shapely.Point(106.45, 20.85)] * 3, crs=4326)
    assert released("cell", table, "operator:viettel")["id"].tolist() == ["a", "c"]


def test_releasing_leaves_its_argument_alone() -> None:
    spec = spec_of("fiber_span")
    table = rows_of(spec)
    before = table.copy()
    release(table, spec, audience_of("public", None, operator_spellings()), calc_epsg=9210)
    pd.testing.assert_frame_equal(table, before)


def test_coverage_rasters_of_a_rival_stay(tmp_path: Path) -> None:
    store = create_store(tmp_path / "w", {"name": "Thử", "calc_epsg": "9210"})
    folder = tmp_path / "w" / "rasters"
    folder.mkdir(exist_ok=True)
    for name in ("viettel", "vnpt", "any"):
        profile = {"driver": "GTiff", "count": 1, "height": 4, "width": 4, "dtype": "uint8", "nodata": 255}
        place = rasterio.transform.from_origin(575000, 2305000, 10, 10)
        with rasterio.open(
            folder / f"{name}.tif", "w", crs="EPSG:9210", transform=place, **profile
        ) as raster:
            raster.write(np.ones((4, 4), dtype=np.uint8), 1)
    names = ["viettel", "vnpt", "any"]
    rows = {
        "id": names,
        "run": "r",
        "operator": names,
        "state_path": [f"rasters/{name}.tif" for name in names],
    }
    outline = [shapely.box(106.4, 20.8, 106.5, 20.9)] * 3
    table = gpd.GeoDataFrame(rows | {"sharing": "internal", "servers": "CHIMMAY"}, geometry=outline, crs=4326)
    store.replace({"coverage5g": check(table, spec_of("coverage5g")).rows})
    store.close()
    found = open_workspace(tmp_path / "w")
    for kind in ("cog", "kmz"):
        out = export(
            found, tmp_path / f"x.{'zip' if kind == 'cog' else kind}", kind, "operator:viettel", "coverage5g"
        )
        with zipfile.ZipFile(out) as archive:
            held = set(archive.namelist())
        ending = "tif" if kind == "cog" else "png"
        assert {f"coverage5g_viettel.{ending}", f"coverage5g_any.{ending}"} <= held
        assert not [name for name in held if "vnpt" in name]
    if "geojson" not in SHAPES_ONLY:
        out = export(found, tmp_path / "y.geojson", "geojson", "operator:viettel", "coverage5g")
        assert b"CHIMMAY" not in out.read_bytes()
