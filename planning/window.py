"""A part of an estimated area: what some cells give there, and who lives in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

import numpy as np

from geo import field
from geo.grid import Grid
from geo.radio import Transmitter
from geo.receiver import OutdoorCells
from geo.units import Integers
from planning import coverage, data
from planning.trial import Ready

WORKERS = 2


def reach(
    cells: Sequence[Transmitter], *, limits_m: Mapping[str, float] | None = None
) -> tuple[float, float, float, float]:
    """
    Rectangle that some cells can touch.

    Parameters
    ----------
    cells
        The transmitters, at least one.
    limits_m
        Largest distances followed, as of ``coverage.limits``; None: those.

    Returns
    -------
    bounds
        West, south, east, north [m].
    """
    reach = [
        field.reach_m(
            item,
            lowest_dbm=data.levels().lowest_dbm,
            allowance_db=data.setting("radius_allowance_db"),
            limits_m=limits_m or coverage.limits(),
        )
        for item in cells
    ]
    boxes = np.array(
        [
            (item.x_m - far_m, item.y_m - far_m, item.x_m + far_m, item.y_m + far_m)
            for item, far_m in zip(cells, reach, strict=True)
        ]
    )
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def best(
    ready: Ready,
    cells: Sequence[Transmitter],
    operators: Sequence[str],
    grid: Grid,
    *,
    limits_m: Mapping[str, float] | None = None,
) -> dict[str, field.Best]:
    """
    What some cells give on a part of the area, by the engine's own steps.

    Parameters
    ----------
    ready
        What every trial on an estimate needs.
    cells
        The transmitters.
    operators
        Whose.
    grid
        The part, aligned with the surface.
    limits_m
        Largest distances followed, as of ``coverage.limits``; None: those.

    Returns
    -------
    best
        Operator to the strongest of its cells.
    """
    masts, _ = field.arrange(
        sorted(cells, key=lambda item: item.id),
        model=ready.run.options.model,
        dense=ready.dense,
        receiver_height_m=data.setting("receiver_height_m"),
        lowest_dbm=data.levels().lowest_dbm,
        allowance_db=data.setting("radius_allowance_db"),
        limits_m=limits_m or coverage.limits(),
    )
    reception = field.Reception(
        receiver_height_m=data.setting("receiver_height_m"),
        convergence_deg=ready.blocks.grid.convergence_deg(),
        correction=ready.inputs.correction,
        rim_m=field.rim_m(limits_m or coverage.limits()),
    )
    near = field.places([mast for mast in masts if _is_near(mast, grid)])
    found = {name: field.Best.nothing(grid.shape) for name in operators}
    down, right = offset(ready.blocks.grid, grid)
    lock = Lock()

    def work(members: Sequence[field.Mast]) -> None:
        for mast, part in field.radiate(members, ready.blocks, reception, store=ready.store):
            moved = replace(part, row0=part.row0 - down, col0=part.col0 - right)
            with lock:
                for name in set(mast.transmitters[0].operators) & set(operators):
                    found[name].add(moved)

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(work, near))
    return found


def _is_near(mast: field.Mast, grid: Grid) -> bool:
    first, far_m = mast.transmitters[0], max(mast.reach_m) + 2 * grid.cell_m
    west_m, south_m, east_m, north_m = grid.bounds
    return bool(
        west_m - far_m <= first.x_m <= east_m + far_m and south_m - far_m <= first.y_m <= north_m + far_m
    )


def residents(ready: Ready, grid: Grid, part: tuple[slice, slice]) -> tuple[Integers, OutdoorCells]:
    """
    Who lives in a part of the area with all cells around his house in it.

    Parameters
    ----------
    ready
        What every trial on an estimate needs.
    grid
        The part.
    part
        Its rows and columns in the grid of the estimate.

    Returns
    -------
    people, pairs
        Places in ``settlement.people``, and the outdoor cells around their houses on the part.
    """
    rows, cols = part
    pairs, people = ready.pairs, ready.settlement.people
    within = (
        (pairs.row >= rows.start)
        & (pairs.row < rows.stop)
        & (pairs.col >= cols.start)
        & (pairs.col < cols.stop)
    )
    whole = np.bincount(pairs.building, minlength=pairs.n_buildings) > 0
    whole &= np.bincount(pairs.building[~within], minlength=pairs.n_buildings) == 0
    kept = whole[pairs.building]
    here = grid.contains(people.x_m, people.y_m)
    at_home = people.building >= 0
    here[at_home] &= whole[people.building[at_home]]
    return np.flatnonzero(here), OutdoorCells(
        building=pairs.building[kept],
        row=pairs.row[kept] - rows.start,
        col=pairs.col[kept] - cols.start,
        n_buildings=pairs.n_buildings,
    )


def offset(whole: Grid, part: Grid) -> tuple[int, int]:
    """
    Rows and columns by which a part lies below and right of the corner of a grid.

    Parameters
    ----------
    whole, part
        Aligned grids.

    Returns
    -------
    down, right
        Numbers of cells.
    """
    down = round((whole.north_m - part.north_m) / whole.cell_m)
    return down, round((part.west_m - whole.west_m) / whole.cell_m)


def middle(grid: Grid) -> tuple[float, float, float, float]:
    """
    Rectangle a little less than a grid, so that no neighbouring cell is read with it.

    Parameters
    ----------
    grid
        The grid.

    Returns
    -------
    bounds
        West, south, east, north [m].
    """
    west_m, south_m, east_m, north_m = grid.bounds
    off_m = 0.25 * grid.cell_m
    return west_m + off_m, south_m + off_m, east_m - off_m, north_m - off_m
