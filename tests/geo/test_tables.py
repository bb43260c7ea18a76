"""Tables which the engine cannot use are refused with a reason."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pytest
import shapely

from geo import tables
from geo.errors import PlannerError


def table(**changes: object) -> gpd.GeoDataFrame:
    usual = {"geometry": [shapely.Point(0, 0), shapely.Point(1, 1)], "crs": "EPSG:9210", "index": [1, 2]}
    return gpd.GeoDataFrame({"name": ["a", "b"]}, **(usual | changes))


def test_a_good_table_passes_every_guard() -> None:
    tables.require_columns(table(), ["name", "geometry"])
    tables.require_unique_index(table())
    tables.require_geometry(table(), ["Point"])
    assert tables.require_projected(table()) == 9210


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        (lambda: tables.require_columns(table(), ["people"]), "table_columns_missing"),
        (lambda: tables.require_unique_index(table(index=[1, 1])), "table_index_not_unique"),
        (lambda: tables.require_projected(table(crs=None)), "table_crs_missing"),
        (lambda: tables.require_projected(table(crs="EPSG:4326")), "grid_crs_not_projected"),
        (lambda: tables.require_geometry(table(), ["Polygon"]), "table_geometry"),
        (
            lambda: tables.require_geometry(table(geometry=[None, shapely.Point(1, 1)]), ["Point"]),
            "table_geometry",
        ),
    ],
)
def test_each_fault_has_its_code(guard: Callable[[], None], code: str) -> None:
    with pytest.raises(PlannerError) as refused:
        guard()
    assert refused.value.code == code
