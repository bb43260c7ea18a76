"""Who is not served: people counted in three states, connected gaps, and why they exist."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import rasterio.features
import shapely
from scipy import ndimage

from geo.coverage import State
from geo.errors import ShapeError
from geo.grid import Grid
from geo.units import Booleans, Bytes, Floats
from geo.zones import Ints, inside

TOLERANCE = 1e-9  # relative difference allowed between the total and the sum of its three parts
CROWD_DECIMALS = 9  # of people per cell, below which two points are equally crowded
EIGHT = np.ones((3, 3))  # cells that share an edge or a corner are connected


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
        The point in it with most people around [m]; of equal ones the first.
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
    row, col = grid.to_rowcol(x_m, y_m)
    reach = max(1, round(join_m / 2 / grid.cell_m))
    areas: list[Area] = []
    for points in _neighbourhoods(row, col, n_apart=2 * reach + 2):
        window, row0, col0 = _around(grid, row[points], col[points], n_margin=reach + 1)
        for members, top, shape in _connected(
            window, row[points] - row0, col[points] - col0, n_people[points], n_reach=reach
        ):
            areas.append(
                Area(
                    people=float(n_people[points[members]].sum()),
                    shape=shape,
                    x_m=float(x_m[points[top]]),
                    y_m=float(y_m[points[top]]),
                    members=points[members],
                )
            )
    return tuple(sorted(areas, key=lambda area: (-area.people, area.x_m, area.y_m)))


def _neighbourhoods(row: Ints, col: Ints, *, n_apart: int) -> Iterator[Ints]:
    # Points in touching blocks go together; those of two neighbourhoods are more than a block apart.
    down, right = (row - row.min()) // n_apart, (col - col.min()) // n_apart
    taken = np.zeros((down.max() + 1, right.max() + 1), dtype=bool)
    taken[down, right] = True
    label, n_groups = ndimage.label(taken, structure=EIGHT)
    group = label[down, right]
    order = np.argsort(group, kind="stable")
    yield from np.split(order, np.searchsorted(group[order], np.arange(2, n_groups + 1)))


def _around(grid: Grid, row: Ints, col: Ints, *, n_margin: int) -> tuple[Grid, int, int]:
    # Part of the grid around some cells, and its upper left cell.
    row0, col0 = max(int(row.min()) - n_margin, 0), max(int(col.min()) - n_margin, 0)
    window = Grid(
        epsg=grid.epsg,
        west_m=grid.west_m + col0 * grid.cell_m,
        north_m=grid.north_m - row0 * grid.cell_m,
        cell_m=grid.cell_m,
        rows=min(int(row.max()) + n_margin + 1, grid.rows) - row0,
        cols=min(int(col.max()) + n_margin + 1, grid.cols) - col0,
    )
    return window, row0, col0


def _connected(
    grid: Grid, row: Ints, col: Ints, n_people: Floats, *, n_reach: int
) -> Iterator[tuple[Ints, int, shapely.Geometry]]:
    # Points of each area, the one with most people around, and the outline.
    people = np.zeros(grid.shape)
    np.add.at(people, (row, col), n_people)
    around = np.hypot(*np.mgrid[-n_reach : n_reach + 1, -n_reach : n_reach + 1]) <= n_reach
    joined = ndimage.binary_dilation(people > 0, structure=around)
    label, _ = ndimage.label(joined, structure=EIGHT)
    outlines: dict[int, list[shapely.Geometry]] = {}
    for shape, value in rasterio.features.shapes(
        label.astype(np.int32), mask=joined, transform=grid.transform
    ):
        outlines.setdefault(int(value), []).append(shapely.geometry.shape(shape))
    of_point = label[row, col]
    # Rounded: the filter's running sums keep traces of other places, which must not decide between equals.
    crowd = np.round(ndimage.uniform_filter(people, size=2 * n_reach + 1)[row, col], CROWD_DECIMALS)
    order = np.argsort(of_point, kind="stable")
    values, first = np.unique(of_point[order], return_index=True)
    for value, members in zip(values.tolist(), np.split(order, first[1:]), strict=True):
        yield members, int(members[np.argmax(crowd[members])]), shapely.union_all(outlines[value])


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
    unseen = ~inside(coarse, boundary)
    for mast_x_m, mast_y_m in masts:
        unseen &= np.hypot(x_m[None, :] - mast_x_m, y_m[:, None] - mast_y_m) > known_m
    if not unseen.any():
        return np.zeros(grid.shape, dtype=bool)
    near = ndimage.distance_transform_edt(~unseen) * coarse.cell_m <= reach_m
    inner = near[margin : coarse.rows - margin, margin : coarse.cols - margin]
    fine = np.repeat(np.repeat(inner, step, axis=0), step, axis=1)
    open_cells: Booleans = fine[: grid.rows, : grid.cols]
    return open_cells
