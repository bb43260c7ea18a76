"""What the workspace knows and rows lean on: masts by id and place, poles by line and number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.crs import spans_m
from layers.exchange.word import fold

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mast:
    """
    One mast of the workspace.

    Parameters
    ----------
    id
        Its id.
    operators
        Ids of the operators on it.
    point
        Where it stands, EPSG:4326, or None.
    """

    id: str
    operators: tuple[str, ...]
    point: shapely.Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pole:
    """
    One pole of a numbered line.

    Parameters
    ----------
    line
        Folded name of its line.
    number
        Its number along the line.
    point
        Where it stands, EPSG:4326.
    """

    line: str
    number: int
    point: shapely.Point


def masts_of(table: gpd.GeoDataFrame) -> tuple[Mast, ...]:
    """
    Masts of a workspace.

    Parameters
    ----------
    table
        Layer ``site``, EPSG:4326.

    Returns
    -------
    masts
        One for each row.
    """
    return tuple(
        Mast(
            id=str(row["id"]),
            operators=tuple(one for one in _text(row.get("operators")).split(";") if one),
            point=row["geometry"] if _is_point(row["geometry"]) else None,
        )
        for row in table.to_dict("records")
    )


def poles_of(table: gpd.GeoDataFrame) -> tuple[Pole, ...]:
    """
    Numbered poles of a workspace.

    Parameters
    ----------
    table
        Layer ``passive``, EPSG:4326.

    Returns
    -------
    poles
        One for each number of a line: of several with one number the first.
    """
    found: dict[tuple[str, int], Pole] = {}
    for row in table.to_dict("records"):
        line, number = fold(_text(row.get("line"))), re.fullmatch(r"\d+", _text(row.get("number")))
        if line and number and _is_point(row["geometry"]):
            pole = Pole(line=line, number=int(number.group()), point=row["geometry"])
            found.setdefault((line, pole.number), pole)
    return tuple(found.values())


def nearest_m(
    points: Sequence[shapely.Geometry | None], masts: Sequence[Mast]
) -> tuple[Floats, list[Mast | None]]:
    """
    Nearest known mast of each point.

    Parameters
    ----------
    points
        Points, EPSG:4326, or None, shape (n,).
    masts
        Masts known.

    Returns
    -------
    distance_m, masts
        Distance [m], shape (n,), infinite where there is none; the mast.
    """
    distance = np.full(len(points), np.inf)
    found: list[Mast | None] = [None] * len(points)
    placed = [one for one in masts if one.point is not None]
    there = [place for place, point in enumerate(points) if _is_point(point)]
    if not placed or not there:
        return distance, found
    tree = shapely.STRtree([one.point for one in placed])
    own = np.array([points[place] for place in there], dtype=object)
    nearest = tree.nearest(own)
    ends = np.array([placed[one].point for one in nearest], dtype=object)
    distance[there] = spans_m(
        shapely.get_x(own), shapely.get_y(own), shapely.get_x(ends), shapely.get_y(ends)
    )
    for place, one in zip(there, nearest, strict=True):
        found[place] = placed[one]
    return distance, found


def by_line(poles: Sequence[Pole]) -> Mapping[str, Mapping[int, Pole]]:
    """
    Poles by line and number.

    Parameters
    ----------
    poles
        Poles known.

    Returns
    -------
    lines
        Folded name of a line to number to pole.
    """
    lines: dict[str, dict[int, Pole]] = {}
    for pole in poles:
        lines.setdefault(pole.line, {})[pole.number] = pole
    return lines


def _is_point(shape: object) -> bool:
    return isinstance(shape, shapely.Point) and not shape.is_empty


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
