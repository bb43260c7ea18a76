"""Guards for tables with geometry: what the engine may take for granted about them."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd

from geo.errors import ColumnError, CrsError, GeometryError
from geo.grid import require_metres


def require_columns(table: gpd.GeoDataFrame, names: Iterable[str]) -> None:
    """
    Refuse a table without some columns.

    Parameters
    ----------
    table
        Table to judge.
    names
        Names that must be present.

    Raises
    ------
    ColumnError
        At least one is missing; all missing ones are named.
    """
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise ColumnError("table_columns_missing", columns=", ".join(missing))


def require_unique_index(table: gpd.GeoDataFrame) -> None:
    """
    Refuse a table whose rows cannot be told apart.

    Parameters
    ----------
    table
        Table to judge.

    Raises
    ------
    ColumnError
        An index value occurs twice.
    """
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise ColumnError("table_index_not_unique", value=str(twice[0]), count=len(twice))


def require_projected(table: gpd.GeoDataFrame) -> int:
    """
    Refuse a table whose coordinates are not metres.

    Parameters
    ----------
    table
        Table to judge.

    Returns
    -------
    epsg
        Code of its reference system.

    Raises
    ------
    CrsError
        It has no reference system, one without a code, or one that is not projected in metres.
    """
    epsg = None if table.crs is None else table.crs.to_epsg()
    if epsg is None:
        raise CrsError("table_crs_missing")
    require_metres(int(epsg))
    return int(epsg)


def require_geometry(table: gpd.GeoDataFrame, kinds: Iterable[str]) -> None:
    """
    Refuse a table with geometry that is missing or of another kind.

    Parameters
    ----------
    table
        Table to judge.
    kinds
        Allowed kinds, such as ``"Polygon"`` and ``"MultiPolygon"``.

    Raises
    ------
    GeometryError
        A row has no geometry, an empty one, or one of another kind.
    """
    allowed = tuple(kinds)
    wrong = table.geometry.isna() | table.geometry.is_empty | ~table.geometry.geom_type.isin(allowed)
    if bool(wrong.any()):
        first = table.index[wrong.to_numpy()][0]
        raise GeometryError(
            "table_geometry", row=str(first), count=int(wrong.sum()), needed=", ".join(allowed)
        )
