"""Where the rows of a table lie: shapes of their own, WKT, or coordinates in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import shapely

from geo.crs import WGS84, is_projected
from geo.reading import Reading, Variant, detect, read
from layers.exchange import shape as shape_judge
from layers.exchange.context import Context
from layers.exchange.fault import issue
from layers.exchange.headings import ColumnMap
from layers.exchange.position import Judged, Proposal, judge, numbers_of, propose, to_points
from layers.exchange.raw import RawTable
from layers.issue import Issue
from layers.spec import LayerSpec

_SIBLINGS = MappingProxyType({("fiber_span", "point"): "fiber_node", ("fiber_node", "line"): "fiber_span"})
"""Layer and kind of shape to the layer where rows of that kind belong."""
_TOLD_BY_READER = ("coord_swapped", "coord_out_of_range", "coord_metres_as_degrees")
"""Faults of shapes that the guarded reader has told before."""

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """
    Shapes of rows and what they rest on.

    Parameters
    ----------
    shapes
        EPSG:4326, None where there is none or it cannot be trusted, shape (n,).
    proposal
        System in which coordinates were read.
    issues
        Faults.
    mended
        Places of rows that were read another way than the others.
    """

    shapes: Shapes
    proposal: Proposal
    issues: tuple[Issue, ...] = ()
    mended: tuple[int, ...] = ()


def place(
    raw: RawTable,
    spec: LayerSpec,
    columns: ColumnMap,
    context: Context,
    *,
    epsg: int | None,
    variant: Variant,
) -> Placed:
    """
    Shapes of the rows of a table.

    Parameters
    ----------
    raw
        Table as read.
    spec
        Layer.
    columns
        What the headings mean.
    context
        What the office knows beside the file.
    epsg, variant
        System chosen by the user, or None; what differs from its code.

    Returns
    -------
    placed
        Shapes with what they rest on, and faults.

    Raises
    ------
    CrsError
        The system chosen does not exist.
    """
    wkt = columns.heading_of("_wkt")
    if raw.shapes is not None:
        return _own_shapes(raw, context, epsg=epsg, variant=variant)
    if wkt is not None:
        return _from_wkt(raw, wkt, epsg)
    numbers = numbers_of(raw, columns)
    known = None if context.known is None or numbers.field == "none" else context.known()
    proposal = propose(numbers, raw, epsg=epsg, variant=variant, area=context.area, known=known)
    points, found, mended = to_points(numbers, proposal, raw.row_numbers, area=context.area)
    if spec.name == "file":
        found = tuple(one for one in found if one.code != "place_outside_vietnam")
    return Placed(shapes=points, proposal=proposal, issues=(*numbers.issues, *found), mended=mended)


def _own_shapes(raw: RawTable, context: Context, *, epsg: int | None, variant: Variant) -> Placed:
    shapes = shape_judge.load(raw)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    middle = shapely.get_coordinates(shapely.centroid(shapes[there]))
    x, y = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    x[there], y[there] = middle[:, 0], middle[:, 1]
    proposal = _declared(raw, x[there], y[there], context, epsg=epsg, variant=variant)
    if proposal.epsg is None:
        return Placed(shapes=np.full(len(shapes), None, dtype=object), proposal=proposal)
    judged = Judged(lon=x, lat=y)
    if context.area is not None and not is_misfit(proposal.epsg, x[there]):
        judged = judge(x, y, np.array(raw.row_numbers), proposal, area=context.area)
    moved = _read_shapes(shapes, proposal.reading)
    for row, reading in judged.mends.items():
        moved[row] = _read_shapes(shapes[[row]], reading)[0]
    told = tuple(one for one in judged.issues if one.code not in _TOLD_BY_READER)
    return Placed(shapes=moved, proposal=proposal, issues=told, mended=tuple(judged.mends))


def apart(raw: RawTable, spec: LayerSpec) -> tuple[RawTable, RawTable, str | None]:
    """
    Rows whose shapes belong to another layer, apart from the others.

    Parameters
    ----------
    raw
        Table as read.
    spec
        Layer that it is meant for.

    Returns
    -------
    own, others, layer
        Rows for the layer; rows for its sibling, and the sibling's name, None where there are none: a joint
        among cables is an access point, a line among access points a cable.
    """
    wanted = {kind: layer for (name, kind), layer in _SIBLINGS.items() if name == spec.name}
    if raw.shapes is None or not wanted:
        return raw, raw, None
    kinds = shape_judge.kinds_of(shape_judge.load(raw))
    layer = next((wanted[kind] for kind in kinds if kind in wanted), None)
    others = [kind in wanted for kind in kinds]
    if layer is None or all(others):
        return raw, raw, None
    return _only(raw, [not one for one in others]), _only(raw, others), layer


def _only(raw: RawTable, wanted: Sequence[bool]) -> RawTable:
    return replace(
        raw,
        rows=tuple(compress(raw.rows, wanted)),
        row_numbers=tuple(compress(raw.row_numbers, wanted)),
        shapes=None if raw.shapes is None else tuple(compress(raw.shapes, wanted)),
    )


def is_misfit(epsg: int, x: npt.NDArray[np.float64]) -> bool:
    """
    Tell whether numbers cannot be of a system by their size alone.

    Parameters
    ----------
    epsg
        Code.
    x
        First coordinates, shape (n,).

    Returns
    -------
    is_misfit
        True for degrees in a projected system and metres in a geographic one.
    """
    return len(x) > 0 and is_projected(epsg) != bool(np.median(np.abs(x)) > 360)


def _declared(
    raw: RawTable,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    context: Context,
    *,
    epsg: int | None,
    variant: Variant,
) -> Proposal:
    """System of a file with shapes: chosen, else its own where the size allows, else found by the place."""
    chosen = epsg or raw.epsg
    basis = "given" if epsg else "declared" if raw.is_crs_declared else "headings"
    if chosen is not None and not is_misfit(chosen, x):
        is_tried = context.area is not None and is_projected(chosen) and len(x) > 0
        return Proposal(
            epsg=chosen,
            variant=variant if epsg else Variant.PLAIN,
            basis=basis,
            candidates=detect(x, y, area=context.area) if is_tried else (),
        )
    known = None if context.known is None else context.known()
    candidates = () if context.area is None else detect(x, y, area=context.area, known=known)
    best = next((one for one in candidates if not one.is_swapped), None)
    if best is None:
        return Proposal(epsg=None, candidates=candidates)
    return Proposal(epsg=best.epsg, variant=best.variant, basis="place", candidates=candidates)


def _read_shapes(shapes: Shapes, reading: Reading) -> Shapes:
    """Shapes read one way, as points of a list are."""
    if reading == Reading(epsg=WGS84):
        return shapes.copy()

    def carry(pairs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(read(pairs[:, 0], pairs[:, 1], reading))

    return np.asarray(shapely.transform(shapes, carry), dtype=object)


def _from_wkt(raw: RawTable, heading: str, epsg: int | None) -> Placed:
    shapes: Shapes = np.full(len(raw.rows), None, dtype=object)
    faults: list[Issue] = []
    at = raw.headings.index(heading)
    for number, row in enumerate(raw.rows):
        if row[at] is None:
            continue
        try:
            shapes[number] = shapely.force_2d(shapely.from_wkt(str(row[at])))
        except shapely.errors.ShapelyError:
            faults.append(issue("geom_wkt", row=raw.row_numbers[number], column=heading))
    chosen = epsg or WGS84
    proposal = Proposal(epsg=chosen, basis="given")
    return Placed(shapes=_read_shapes(shapes, proposal.reading), proposal=proposal, issues=tuple(faults))
