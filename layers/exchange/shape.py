"""Judge shapes as such: kinds, validity, finite and plausible coordinates."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.crs import GEOGRAPHIC, in_box, is_metres, is_projected
from layers.exchange.fault import issue
from layers.exchange.raw import Limits, RawTable
from layers.issue import Issue, Severity, reason_code

KIND = ("point", "line", "line", "polygon", "point", "line", "polygon", "collection")
"""Kind of each of the eight simple geometry types, in the order of their numbers."""

Shapes = npt.NDArray[np.object_]


def load(table: RawTable) -> Shapes:
    """
    Shapes of a table.

    Parameters
    ----------
    table
        Table with shapes.

    Returns
    -------
    shapes
        Geometries or None, shape (n,).
    """
    return np.asarray(shapely.from_wkb(np.array(table.shapes or (), dtype=object)), dtype=object)


def judge(
    table: RawTable, limits: Limits, *, is_mixed_usual: bool = False
) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    Check the shapes of a table as they are, without a layer in mind.

    Parameters
    ----------
    table
        Table with shapes.
    limits
        Largest number of vertices.
    is_mixed_usual
        True for formats whose files hold points, lines and polygons side by side.

    Returns
    -------
    table, issues
        The table with shapes in two dimensions, and faults found.
    """
    shapes = load(table)
    n_vertices = int(shapely.get_num_coordinates(shapes).sum())
    if n_vertices > limits.vertices:
        return replace(table, shapes=(None,) * len(shapes)), (
            issue("too_many_vertices", limit=limits.vertices),
        )
    faults = [*_nulls(table, shapes), *_kinds(table, shapes, is_mixed_usual=is_mixed_usual)]
    faults += [*_coordinates(table, shapes), *_validity(table, shapes)]
    flat = shapely.force_2d(shapes)
    wkb = tuple(None if one is None else bytes(one) for one in shapely.to_wkb(flat))
    return replace(table, shapes=wkb), tuple(faults)


def kinds_of(shapes: Shapes) -> list[str | None]:
    """
    Kind of each shape.

    Parameters
    ----------
    shapes
        Geometries or None, shape (n,).

    Returns
    -------
    kinds
        point, line, polygon, collection, or None without a shape.
    """
    return [None if number < 0 else KIND[number] for number in shapely.get_type_id(shapes)]


def _nulls(table: RawTable, shapes: Shapes) -> list[Issue]:
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return [issue("geom_null", row=table.row_numbers[place]) for place in np.flatnonzero(missing)]


def _kinds(table: RawTable, shapes: Shapes, *, is_mixed_usual: bool) -> list[Issue]:
    kinds = kinds_of(shapes)
    counts = Counter(kind for kind in kinds if kind)
    if counts["collection"]:
        place = kinds.index("collection")
        return [issue("geom_type_unsupported", row=table.row_numbers[place], found="GeometryCollection")]
    if len(counts) < 2:
        return []
    facts: dict[str, Any] = {f"n_{kind}": counts[kind] for kind in ("point", "line", "polygon")}
    if not is_mixed_usual:
        return [issue("geom_mixed", **facts)]
    main = counts.most_common(1)[0][0]
    return [
        issue("geom_mixed", Severity.WARNING, row=table.row_numbers[place], **facts)
        for place, kind in enumerate(kinds)
        if kind not in (None, main)
    ]


def _coordinates(table: RawTable, shapes: Shapes) -> list[Issue]:
    pairs, owner = shapely.get_coordinates(shapes, return_index=True)
    rows = np.array(table.row_numbers)[owner]
    finite = np.isfinite(pairs).all(axis=1) & (np.abs(pairs) < 1e9).all(axis=1)
    faults = [issue("coord_not_finite", row=int(row)) for row in np.unique(rows[~finite])]
    x, y = pairs[finite, 0], pairs[finite, 1]
    if table.epsg is None or len(x) == 0:
        return faults
    if table.epsg in GEOGRAPHIC or not is_projected(table.epsg):
        return (
            faults
            + judge_degrees(x, y, rows[finite], is_declared=table.is_crs_declared)
            + _wide(table, shapes)
        )
    return faults + _judge_metres(x, y, rows[finite], table.epsg)


def judge_degrees(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], rows: npt.NDArray[np.int_], *, is_declared: bool
) -> list[Issue]:
    """
    Check coordinates said to be longitude and latitude.

    Parameters
    ----------
    x, y
        Longitude and latitude as given [°], shape (n,), finite.
    rows
        Row of each pair as its user sees it, shape (n,).
    is_declared
        True where the file itself says that they are degrees.

    Returns
    -------
    issues
        Metres taken for degrees (once), swapped axes and values out of range (by row).
    """
    if is_metres(x, y):
        severity = Severity.ERROR if is_declared else Severity.ASK
        return [issue("coord_metres_as_degrees", severity, x=float(x[0]), y=float(y[0]))]
    out = (np.abs(x) > 180) | (np.abs(y) > 90)
    turned = ~in_box(x, y) & in_box(y, x)
    swapped = turned & (out | (np.mean(turned) > 0.05))
    severity = Severity.ERROR if np.mean(swapped) > 0.5 else Severity.ASK
    faults = [issue("coord_swapped", severity, row=int(row)) for row in np.unique(rows[swapped])]
    stray = out & ~swapped
    for row in np.unique(rows[stray]):
        place = int(np.flatnonzero(stray & (rows == row))[0])
        faults.append(issue("coord_out_of_range", row=int(row), x=float(x[place]), y=float(y[place])))
    return faults


def _wide(table: RawTable, shapes: Shapes) -> list[Issue]:
    bounds = shapely.bounds(shapes)
    wide = (bounds[:, 2] - bounds[:, 0] > 180) & (np.abs(bounds[:, [0, 2]]) <= 180).all(axis=1)
    single = shapely.get_num_geometries(shapes) == 1
    return [
        issue("geom_antimeridian", Severity.WARNING, row=table.row_numbers[place])
        for place in np.flatnonzero(wide & single)
    ]


def _judge_metres(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], rows: npt.NDArray[np.int_], epsg: int
) -> list[Issue]:
    if bool(np.mean((np.abs(x) <= 360) & (np.abs(y) <= 360)) > 0.9):
        return [issue("coord_degrees_as_metres", row=int(rows[0]), x=float(x[0]), y=float(y[0]), epsg=epsg)]
    return []


def _validity(table: RawTable, shapes: Shapes) -> list[Issue]:
    bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    faults = []
    for place in np.flatnonzero(bad):
        reason = str(shapely.is_valid_reason(shapes[place]))
        code = "geom_self_intersection" if "intersection" in reason.lower() else "geom_invalid"
        faults.append(issue(code, row=table.row_numbers[place], detail=reason_code(reason)))
    return faults
