"""Who is not served: people counted in three states, connected gaps, and why they exist."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rasterio.features
import shapely
from scipy import ndimage

from geo.coverage import State
from geo.errors import ShapeError
from geo.grid import Grid
from geo.units import Booleans, Bytes, Floats
from geo.zones import Ints

TOLERANCE = 1e-9  # relative difference allowed between the total and the sum of its three parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    People in three states.

    Parameters
    ----------
    total
        People counted.
    covered, uncovered, unknown
        Parts of the total, each counted for itself.
    assumed
        People whose verdict, covered or uncovered, rests on an assumption.

    Raises
    ------
    ShapeError
        The three parts do not add up to the total.
    """

    total: float
    covered: float
    uncovered: float
    unknown: float
    assumed: float

    def __post_init__(self) -> None:
        parts = self.covered + self.uncovered + self.unknown
        if not math.isclose(parts, self.total, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            raise ShapeError("states_do_not_add_up", total=self.total, parts=parts)

    @property
    def share(self) -> float:
        """Share covered of the total, 0–1; not-a-number where nobody is counted."""
        return self.covered / self.total if self.total else math.nan

    @property
    def assumed_share(self) -> float:
        """Share of the total whose verdict rests on an assumption, 0–1."""
        return self.assumed / self.total if self.total else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """
    Connected inhabited land without signal.

    Parameters
    ----------
    people
        People in it.
    shape
        Its outline in the CRS of the grid.
    x_m, y_m
        The point in it with most people around [m].
    members
        Indices of its people points.
    """

    people: float
    shape: shapely.Geometry
    x_m: float
    y_m: float
    members: Ints


def tally(state: Bytes, n_people: Floats, assumed: Booleans) -> Figures:
    """
    Count people in each state.

    Parameters
    ----------
    state
        Values of ``geo.coverage.State``, shape (n,).
    n_people
        People at each point, shape (n,).
    assumed
        True where the verdict rests on an assumption, shape (n,).

    Returns
    -------
    figures
        The counts; their sum is checked against the total.
    """
    judged = (state == State.COVERED) | (state == State.UNCOVERED)
    return Figures(
        total=math.fsum(n_people),
        covered=math.fsum(n_people[state == State.COVERED]),
        uncovered=math.fsum(n_people[state == State.UNCOVERED]),
        unknown=math.fsum(n_people[state == State.UNKNOWN]),
        assumed=math.fsum(n_people[judged & assumed]),
    )


def tally_zones(
    state: Bytes, n_people: Floats, assumed: Booleans, zone: Ints, *, n_zones: int
) -> tuple[Figures, ...]:
    """
    Count people in each state for each hamlet.

    Parameters
    ----------
    state, n_people, assumed
        As in :func:`tally`.
    zone
        Index of the hamlet of each point, shape (n,).
    n_zones
        Number of hamlets.

    Returns
    -------
    figures
        One record for each hamlet.
    """
    order = np.argsort(zone, kind="stable")
    edges = np.searchsorted(zone[order], np.arange(n_zones + 1))
    return tuple(
        tally(state[rows], n_people[rows], assumed[rows])
        for rows in (order[edges[index] : edges[index + 1]] for index in range(n_zones))
    )


def find_areas(grid: Grid, x_m: Floats, y_m: Floats, n_people: Floats, *, join_m: float) -> tuple[Area, ...]:
    """
    Connected gaps, those with most people first.

    Parameters
    ----------
    grid
        Grid on which cells are connected.
    x_m, y_m
        Uncovered people points [m], shape (n,), inside the grid.
    n_people
        People at each, shape (n,).
    join_m
        Cells closer than this belong together [m].

    Returns
    -------
    areas
        Ordered by people, then by position.
    """
    if not len(x_m):
        return ()
    row, column = grid.to_rowcol(x_m, y_m)
    people = np.zeros(grid.shape)
    np.add.at(people, (row, column), n_people)
    reach = max(1, round(join_m / 2 / grid.cell_m))
    around = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) <= reach
    joined = ndimage.binary_dilation(people > 0, structure=around)
    label, n_areas = ndimage.label(joined, structure=np.ones((3, 3)))
    outlines: dict[int, list[shapely.Geometry]] = {}
    for shape, value in rasterio.features.shapes(
        label.astype(np.int32), mask=joined, transform=grid.transform
    ):
        outlines.setdefault(int(value), []).append(shapely.geometry.shape(shape))
    of_point = label[row, column]
    crowd = ndimage.uniform_filter(people, size=2 * reach + 1)[row, column]
    areas = []
    for value in range(1, n_areas + 1):
        members = np.flatnonzero(of_point == value)
        top = members[np.argmax(crowd[members])]
        areas.append(
            Area(
                people=float(n_people[members].sum()),
                shape=shapely.union_all(outlines[value]),
                x_m=float(x_m[top]),
                y_m=float(y_m[top]),
                members=members,
            )
        )
    return tuple(sorted(areas, key=lambda area: (-area.people, area.x_m, area.y_m)))


def open_border(
    grid: Grid,
    boundary: shapely.Geometry,
    masts: Sequence[tuple[float, float]],
    *,
    known_m: float,
    reach_m: float,
) -> Booleans:
    """
    Cells that a mast outside the border might serve of which nobody has told.

    Parameters
    ----------
    grid
        Grid of the estimate; cells of 50 m decide.
    boundary
        Outline of the area, in the CRS of the grid.
    masts
        Positions of known masts of one operator outside the outline [m].
    known_m
        Around such a mast, the masts outside are taken as known within this distance [m].
    reach_m
        Usual reach of a mast [m].

    Returns
    -------
    open
        True where land outside, with masts unknown, lies within reach, shape of the grid.
    """
    step = max(1, round(50 / grid.cell_m))
    margin = math.ceil(reach_m / (step * grid.cell_m)) + 1
    coarse = Grid(
        epsg=grid.epsg,
        west_m=grid.west_m - margin * step * grid.cell_m,
        north_m=grid.north_m + margin * step * grid.cell_m,
        cell_m=step * grid.cell_m,
        rows=math.ceil(grid.rows / step) + 2 * margin,
        cols=math.ceil(grid.cols / step) + 2 * margin,
    )
    x_m, y_m = coarse.centres()
    shapely.prepare(boundary)
    unseen = ~shapely.contains_xy(boundary, *np.meshgrid(x_m, y_m))
    for mast_x_m, mast_y_m in masts:
        unseen &= np.hypot(x_m[None, :] - mast_x_m, y_m[:, None] - mast_y_m) > known_m
    if not unseen.any():
        return np.zeros(grid.shape, dtype=bool)
    near = ndimage.distance_transform_edt(~unseen) * coarse.cell_m <= reach_m
    inner = near[margin : coarse.rows - margin, margin : coarse.cols - margin]
    fine = np.repeat(np.repeat(inner, step, axis=0), step, axis=1)
    open_cells: Booleans = fine[: grid.rows, : grid.cols]
    return open_cells
