"""Layers as GeoJSON: WGS 84, nine decimals (0.1 mm), rings turned as RFC 7946 asks."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import mapping

from layers.exchange.feature import (
    DEGREE_DECIMALS,
    TOLERANCE_GEOGRAPHIC_TEXT_M,
    turned,
    verify,
    words_used,
)
from layers.exchange.frame import Floats, Frame, Value

LABEL = "_label"
"""Ending of the property that carries the word for a value beside the value itself."""


def write_geojson(frame: Frame, path: Path) -> None:
    """
    Write GeoJSON as of RFC 7946, words for values in properties of their own, and read it back.

    Parameters
    ----------
    frame
        The layer in EPSG:4326.
    path
        File to make.

    Raises
    ------
    StoreError
        ``export_damaged``: the file does not read back.

    References
    ----------
    RFC 7946 §3.1.6 (exterior rings anticlockwise), §3.2 (a feature without a place has a null geometry),
    §4 (WGS 84 only, no member "crs").
    """
    shapes = shapely.transform(turned(frame.placed, exterior_cw=False), _rounded)
    columns = {field.name: field.values for field in frame.fields}
    columns |= {f"{field.name}{LABEL}": field.told for field in frame.fields if words_used(field)}
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"type": "FeatureCollection", "features": [')
        for row, shape in enumerate(shapes):
            feature = {
                "type": "Feature",
                "properties": {name: _plain(values[row]) for name, values in columns.items()},
                "geometry": None if shape is None else mapping(shape),
            }
            stream.write("\n" if row == 0 else ",\n")
            json.dump(feature, stream, ensure_ascii=False, allow_nan=False)
        stream.write("\n]}\n")
    verify(
        frame,
        path,
        layer=None,
        id_name=frame.fields[frame.id_index].name,
        tolerance_m=TOLERANCE_GEOGRAPHIC_TEXT_M,
        exterior_cw=False,
    )


def _rounded(corners: Floats) -> Floats:
    return np.round(corners, DEGREE_DECIMALS)


def _plain(value: Value) -> str | float | bool | None:
    return value.isoformat() if isinstance(value, dt.date) else value
