"""The outline of an area from a stranger's file, and what the file says of the area."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import geopandas as gpd

from geo.errors import FileError, GeometryError
from layers.catalogue import spec_of
from layers.exchange import guard
from layers.exchange.raw import Limits
from planning import data, intake
from planning.intake import Answers, Topic
from planning.surroundings import context

Said = Mapping[str, object]
"""What a boundary file says of its area: column of the layer to value."""


def read_boundary(
    path: Path, *, epsg: int | None = None, name: str | None = None, code: str | None = None
) -> tuple[gpd.GeoDataFrame, Said]:
    """
    Outline of an area from a file, and what the file says of it.

    Parameters
    ----------
    path
        Boundary file.
    epsg
        System of its coordinates where it states none.
    name
        Name given by the sender.
    code
        Administrative code; where a row of the file carries it, only that row is taken.

    Returns
    -------
    outline
        Shapes, EPSG:4326.
    said
        Column of the layer ``boundary`` to its value in the first row.

    Raises
    ------
    FileError
        The file is refused.
    GeometryError
        It holds no area.
    """
    spec = spec_of("boundary")
    limits = data.limits()
    raw = guard.read(path, name=name, limits=Limits.of(limits))
    judge = partial(intake.preview, path, spec, context(None), name=name, limits=limits, raw=raw)
    is_stated = not any(one.topic is Topic.CRS for one in judge().questions)
    answers = Answers(epsg=None if is_stated else epsg, is_confirmed=is_stated or epsg is not None)
    taken = intake.accept(judge(answers=answers)).table
    if taken.empty:
        raise FileError("file_empty", file=path.name)
    if code is not None and (taken["code"] == code).any():
        taken = taken[taken["code"] == code]
    first = taken.iloc[0]
    said = {key: first[key] for key in taken.columns if key != "geometry" and first[key] is not None}
    shapes = [shape for shape in taken.geometry if shape is not None and not shape.is_empty]
    if not any(shape.area > 0 for shape in shapes):
        kinds = sorted({shape.geom_type for shape in shapes})
        raise GeometryError("boundary_not_area", kind=", ".join(kinds) or "–")
    return gpd.GeoDataFrame(geometry=shapes, crs=4326), said


def whole(value: object) -> int | None:
    """
    A count that a file states.

    Parameters
    ----------
    value
        Whatever stands in the column.

    Returns
    -------
    count
        None where it is no number.
    """
    return int(value) if isinstance(value, (int, float)) and value == value else None
