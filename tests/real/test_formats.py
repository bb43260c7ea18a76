"""Open data as they are published: read by the guarded reader, counted, in the words of our layers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.errors import FileError
from layers.exchange import guard, worker
from layers.exchange.raw import Limits
from layers.issue import Severity
from planning import raster
from planning.workspace import create

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not SHARED.exists(), reason="real data lie beside the checkout in ../shared, which is absent"
    ),
]
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def test_a_square_kilometre_of_hanoi() -> None:
    raw = guard.read(SHARED / "osm" / "hanoi_vanmieu_raw.osm")
    counts = {table.name: len(table.rows) for table in raw.tables}
    assert counts["building"] == 497
    assert counts["road"] > 400
    assert counts["place"] > 20
    assert all("ODbL" in table.licence for table in raw.tables)


def test_cells_of_a_country_without_headings() -> None:
    raw = guard.read(SHARED / "celltowers" / "opencellid_732_colombia.csv.gz")
    (table,) = raw.tables
    assert (table.name, len(table.rows)) == ("cell", 23_222)
    technologies = {row[table.headings.index("technology")] for row in table.rows}
    assert technologies == {"2G", "3G", "4G", "5G"} & technologies
    assert len(technologies) >= 3


@pytest.mark.parametrize("path", sorted((SHARED / "fibre").rglob("*.*json")), ids=lambda path: path.name)
def test_national_backbones(path: Path, tmp_path: Path) -> None:
    if path.name == "schema_network-schema.json":
        pytest.skip("the standard's own schema is no data")
    raw = worker.read(path, path.name, tmp_path, Limits())
    assert {table.name for table in raw.tables} <= {"fiber_node", "fiber_span"}
    assert sum(len(table.rows) for table in raw.tables) > 0
    structural = [one for one in raw.issues if one.severity is Severity.ERROR and one.code.startswith("ofds")]
    assert structural == []


def test_ground_and_cover_of_a_hilly_place(tmp_path: Path) -> None:
    square = gpd.GeoDataFrame(geometry=[shapely.box(-113.05, 37.25, -112.98, 37.31)], crs=4326)
    workspace = create(
        tmp_path / "w", boundary=square, name="Zion", code="1", calc_epsg=32612, population=10, now=NOW
    )
    ground = raster.import_file(workspace, SHARED / "dem" / "srtm90_zion_utah.tif", layer="terrain", now=NOW)
    assert ground.covered_share == 1.0
    assert 1000 < ground.low < ground.high < 2900
    with pytest.raises(FileError) as caught:  # its classes are counted from 1 to 8: nobody can know which
        raster.import_file(
            workspace, SHARED / "landcover" / "nlcd2011_zion_utah_epsg26912.tif", layer="clutter", now=NOW
        )
    assert [one.code for one in caught.value.issues] == ["landcover_scheme"]
