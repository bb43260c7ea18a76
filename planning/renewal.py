"""Rows that come back with more in them: what the file leaves empty stays as the workspace knows it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

FRESH = ("as_of", "source")
"""Columns that tell of the file itself."""


def completed(incoming: gpd.GeoDataFrame, stored: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Incoming rows with their gaps filled from the rows of the same id.

    Parameters
    ----------
    incoming
        Rows of a layer, typed.
    stored
        Rows that the workspace holds.

    Returns
    -------
    rows
        One for each incoming row. A column that was assumed and is stated now counts as stated.
    """
    known = stored.set_index("id", drop=False).reindex(incoming["id"].tolist())
    found = incoming.copy()
    for name in incoming.columns:
        if name in ("id", "geometry", "is_assumed", *FRESH):
            continue
        before = pd.Series(known[name].array, index=incoming.index)
        found[name] = incoming[name].where(incoming[name].notna(), before).astype(incoming[name].dtype)
    found["is_assumed"] = _assumed(incoming, known)
    shapes = np.array(incoming.geometry.to_numpy(), dtype=object)
    empty = np.array([shape is None for shape in shapes], dtype=bool)
    shapes[empty] = known.geometry.to_numpy()[empty]
    return found.set_geometry(gpd.GeoSeries(shapes, index=incoming.index, crs=incoming.crs))


def _assumed(incoming: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> pd.Series:
    told = incoming.notna()
    told["geometry"] = incoming.geometry.notna()
    texts = []
    for place, (own, before) in enumerate(zip(incoming["is_assumed"], known["is_assumed"], strict=True)):
        parts = [] if pd.isna(before) else str(before).split(";")
        left = [part for part in parts if part and not (part in told.columns and told[part].iloc[place])]
        left += [] if pd.isna(own) else str(own).split(";")
        texts.append(";".join(dict.fromkeys(left)) or None)
    return pd.Series(texts, index=incoming.index, dtype=incoming["is_assumed"].dtype)
