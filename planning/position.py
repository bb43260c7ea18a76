"""Where the rows of a file would fall, before anybody agrees with the coordinate system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo.crs import TM3, WGS84, distances_m, move
from planning.intake import Preview, Topic
from planning.workspace import AREA_LAYER, Workspace

Shapes = npt.NDArray[np.object_]
NEAR_M = 6000.0
"""Places this close to the area belong to its surroundings: masts up to 5 km outside are used [m]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """
    Places of a file's rows against the outline of the area.

    Parameters
    ----------
    shapes
        Shapes of the rows that have one, EPSG:4326, in the system proposed or chosen, shape (n,).
    epsg
        That system, or None where the file holds shapes of its own.
    n_inside, n_near, n_far
        Rows inside the outline, up to ``NEAR_M`` outside, and farther off; all 0 where there is no outline.
    farthest_km
        Distance of the farthest row from the outline [km], 0 or above.
    other_epsg
        The system most easily mistaken for it, where the user has to confirm the system; else None.
    others
        The same rows read in that other system, EPSG:4326; empty without one.
    other_km
        Distance of their middle from the outline [km].
    """

    shapes: Shapes
    epsg: int | None
    n_inside: int = 0
    n_near: int = 0
    n_far: int = 0
    farthest_km: float = 0.0
    other_epsg: int | None = None
    others: Shapes
    other_km: float = 0.0


def find(workspace: Workspace, shown: Preview) -> Whereabouts:
    """
    Find where the rows of a preview would fall.

    Parameters
    ----------
    workspace
        The workspace that the file is for.
    shown
        The file as it would come in.

    Returns
    -------
    whereabouts
        Nothing but empty arrays where no row has a place.
    """
    nothing = np.empty(0, dtype=object)
    if shown.converted is None:
        return Whereabouts(shapes=nothing, epsg=None, others=nothing)
    strays = {one.row for one in shown.issues if one.code == "place_far_off"}
    placed = set(shown.converted.placed_rows) | shown.answers.leave_out | strays
    rows = zip(shown.converted.row_numbers, shown.converted.table.geometry, strict=True)
    given = [shape for row, shape in rows if shape is not None and not shape.is_empty and row not in placed]
    shapes = np.array(given, dtype=object)
    epsg = shown.converted.proposal.epsg
    outline = workspace.store.read(AREA_LAYER)
    area = None if outline.empty else outline.union_all()
    is_plain = not shown.converted.proposal.variant
    other = _mistaken(epsg, workspace.calc_epsg) if is_plain and _is_asked(shown) and len(shapes) else None
    others = nothing if other is None or epsg is None else _read_as(shapes, epsg=epsg, other=other)
    if area is None or not len(shapes):
        return Whereabouts(shapes=shapes, epsg=epsg, other_epsg=other, others=others)
    off_m = _off_m(shapes, area)
    return Whereabouts(
        shapes=shapes,
        epsg=epsg,
        n_inside=int((off_m <= 0).sum()),
        n_near=int(((off_m > 0) & (off_m <= NEAR_M)).sum()),
        n_far=int((off_m > NEAR_M).sum()),
        farthest_km=float(off_m.max()) / 1000,
        other_epsg=other,
        others=others,
        other_km=float(np.median(_off_m(others, area))) / 1000 if len(others) else 0.0,
    )


def _is_asked(shown: Preview) -> bool:
    return shown.answers.epsg is not None or any(one.topic is Topic.CRS for one in shown.questions)


def _mistaken(epsg: int | None, usual: int) -> int | None:
    """The zone that a file is most easily mistaken for: the usual one, else the next meridian."""
    if epsg is None or epsg not in TM3:
        return None
    if usual in TM3 and usual != epsg:
        return usual
    others = [one for one in TM3 if one != epsg]
    return min(others, key=lambda one: (abs(TM3[one] - TM3[epsg]), TM3[one]))


def _read_as(shapes: Shapes, *, epsg: int, other: int) -> Shapes:
    """The same numbers read in another zone."""
    numbers = move(shapes, epsg_from=WGS84, epsg_to=epsg)
    return move(numbers, epsg_from=other, epsg_to=WGS84)


def _off_m(shapes: Shapes, area: shapely.Geometry) -> npt.NDArray[np.float64]:
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    return distances_m(middle[:, 0], middle[:, 1], area=area)
