"""Rows of the sample with the columns that every layer has, ready for the workspace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.catalogue import spec_of
from layers.cell import split
from layers.spec import Kind
from planning import data
from planning.sample.frame import EPSG

SOURCE = "dữ liệu mẫu (giả lập)"
FIRST_DAY = dt.date(2025, 12, 1)
N_DAYS = 330
DTYPES = {Kind.INTEGER: "Int64", Kind.REAL: "Float64", Kind.BOOLEAN: "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """
    What the rows of one layer have in common.

    Parameters
    ----------
    layer
        Name of the layer.
    sharing
        Sharing level of rows that name none.
    accuracy_m
        Accuracy of positions of rows that name none [m].
    owner
        Owner of rows that name none, or None.
    """

    layer: str
    sharing: str
    accuracy_m: float
    owner: str | None = None


def days(rng: np.random.Generator, *, n_days: int) -> list[str]:
    """
    Days on which rows were last confirmed.

    Parameters
    ----------
    rng
        Chance.
    n_days
        How many days are wanted.

    Returns
    -------
    days
        ISO days between December 2025 and October 2026.
    """
    return [(FIRST_DAY + dt.timedelta(days=int(day))).isoformat() for day in rng.integers(0, N_DAYS, n_days)]


def _named(row: Mapping[str, object]) -> dict[str, str]:
    """Operators as owners and as tenants by name, as offices write them."""
    names = {one.id: one.names["vi"] for one in data.operators()}
    return {
        column: "; ".join(names.get(part, part) for part in split(row[column]))
        for column in ("owner", "shared_with")
        if row.get(column)
    }


def table(
    manner: Manner,
    rows: Sequence[Mapping[str, object]],
    shapes: Sequence[shapely.Geometry | None],
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """
    A layer's table.

    Parameters
    ----------
    manner
        Layer and what its rows have in common.
    rows
        Values of each row; those that are missing stay empty or follow the manner.
    shapes
        Shape of each row in EPSG:9210, or None.
    rng
        Chance for the days of confirmation.

    Returns
    -------
    table
        In EPSG:4326, columns as in the layer's description, sorted by id.
    """
    spec = spec_of(manner.layer)
    common = {"source": SOURCE, "is_sample": True, "status": "operational", "sharing": manner.sharing}
    common |= {"accuracy_m": manner.accuracy_m, "owner": manner.owner}
    full = [
        common | {"as_of": day} | dict(row) | _named(row)
        for row, day in zip(rows, days(rng, n_days=len(rows)), strict=True)
    ]
    columns = {
        column.name: pd.Series(
            [row.get(column.name) for row in full], dtype=DTYPES.get(column.kind, "object")
        )
        for column in spec.columns
    }
    found = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(shapes), crs=EPSG)).to_crs(4326)
    return found.sort_values("id", kind="stable", ignore_index=True)
