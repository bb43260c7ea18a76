"""Whole columns of the sample city as tables of the workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from layers.catalogue import spec_of
from planning.sample import frame
from planning.sample.rows import DTYPES, SOURCE, Manner, days

OPERATORS = ("mau_a", "mau_b", "mau_c")


def numbered(prefix: str, n_rows: int, *, n_digits: int = 4) -> npt.NDArray[np.object_]:
    """
    Stable keys.

    Parameters
    ----------
    prefix
        Beginning of each key.
    n_rows
        How many are wanted.
    n_digits
        Digits of the number, which counts from 1.

    Returns
    -------
    ids
        Shape (n_rows,).
    """
    return np.array([f"{prefix}{number:0{n_digits}d}" for number in range(1, n_rows + 1)], dtype=object)


def columns_table(
    manner: Manner,
    columns: Mapping[str, object],
    shapes: Sequence[object] | npt.NDArray[np.object_],
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """
    A layer's table from its columns.

    Parameters
    ----------
    manner
        Layer and what its rows have in common.
    columns
        Column name to one value for all rows or to an array of n; those missing follow the manner or stay
        empty; not-a-number is empty too.
    shapes
        Shape of each row in EPSG:9210, n of them.
    rng
        Chance for the days of confirmation.

    Returns
    -------
    table
        In EPSG:4326, columns as in the layer's description, in the given order.
    """
    n_rows = len(shapes)
    common: dict[str, object] = {"source": SOURCE, "is_sample": True, "status": "operational"}
    common |= {"sharing": manner.sharing, "accuracy_m": manner.accuracy_m, "owner": manner.owner}
    common |= {"as_of": np.array(days(rng, n_days=n_rows), dtype=object)}
    given = common | dict(columns)
    index = pd.RangeIndex(n_rows)
    data = {
        column.name: pd.Series(given.get(column.name), index=index, dtype=DTYPES.get(column.kind, "object"))
        for column in spec_of(manner.layer).columns
    }
    geometry = gpd.GeoSeries(np.asarray(shapes, dtype=object), index=index, crs=frame.EPSG).to_crs(4326)
    return gpd.GeoDataFrame(data, geometry=geometry)
