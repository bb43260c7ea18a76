"""
Masts of one square of land as one task, a pure function: for several processes or machines.

A task carries its masts and the part of the surface that they reach, and gives back the best of them for each
operator. Best of bests is the best, whatever the order, so the outcome equals that of one process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass
from itertools import islice

from geo import field
from geo.errors import CancelledError
from geo.grid import Grid
from geo.sight import Blocks, place
from geo.terrain import Surface

SIDE_M = 5_000.0
"""Side of the squares whose masts go together [m]: tasks of a second rather than of milliseconds."""

AHEAD = 8
"""Tasks handed out at a time, so that neither they nor their outcome fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """
    A task.

    Parameters
    ----------
    masts
        Masts of one square.
    operators
        Operators whom they serve.
    row0, col0
        Place of the surface's upper left cell in the whole grid.
    surface
        Ground and clutter of all that they reach.
    reception
        What holds for every mast.
    """

    masts: tuple[field.Mast, ...]
    operators: tuple[str, ...]
    row0: int
    col0: int
    surface: Surface
    reception: field.Reception


def split(masts: Sequence[field.Mast], *, side_m: float = SIDE_M) -> tuple[tuple[field.Mast, ...], ...]:
    """
    Masts put together by squares of land.

    Parameters
    ----------
    masts
        All masts.
    side_m
        Side of the squares [m].

    Returns
    -------
    groups
        From south-west to north-east; each mast is in exactly one.
    """
    squares: dict[tuple[int, int], list[field.Mast]] = {}
    for mast in masts:
        first = mast.transmitters[0]
        key = (math.floor(first.y_m / side_m), math.floor(first.x_m / side_m))
        squares.setdefault(key, []).append(mast)
    return tuple(tuple(members) for _, members in sorted(squares.items()))


def tile_of(masts: Sequence[field.Mast], surface: Surface, reception: field.Reception) -> Tile | None:
    """
    Task for some masts.

    Parameters
    ----------
    masts
        Masts of one square.
    surface
        The whole surface.
    reception
        What holds for every mast.

    Returns
    -------
    tile
        None where they do not reach the grid.
    """
    window = _window(masts, surface.grid)
    if window is None:
        return None
    rows, cols = window
    return Tile(
        masts=tuple(masts),
        operators=tuple(sorted({name for one in masts for name in one.transmitters[0].operators})),
        row0=rows.start,
        col0=cols.start,
        surface=surface.cut(rows, cols),
        reception=reception,
    )


def work(tile: Tile) -> Mapping[str, field.Field]:
    """
    Do a task.

    Parameters
    ----------
    tile
        The task.

    Returns
    -------
    fields
        Operator to the best of the tile's masts, in its place in the whole grid.
    """
    blocks = Blocks.of(tile.surface)
    best = {name: field.Best.nothing(tile.surface.grid.shape) for name in tile.operators}
    for members in field.places(tile.masts):
        for mast, part in field.radiate(members, blocks, tile.reception):
            for name in set(mast.transmitters[0].operators):
                best[name].add(part)
    return {
        name: field.Field(
            row0=tile.row0,
            col0=tile.col0,
            power_dbm=one.power_dbm,
            server=one.server,
            possible_dbm=one.possible_dbm,
            marks=one.marks,
        )
        for name, one in best.items()
    }


def run(
    executor: Executor,
    masts: Sequence[field.Mast],
    surface: Surface,
    reception: field.Reception,
    found: Mapping[str, field.Best],
    progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> None:
    """
    Hand the masts to an executor, some squares at a time, and take what comes back.

    Parameters
    ----------
    executor
        Runs ``work``; lost workers are its affair.
    masts
        All masts.
    surface
        The whole surface.
    reception
        What holds for every mast.
    found
        Operator to the best so far; updated.
    progress
        Called with the share done, 0–1.
    cancelled
        Asked after each task; True ends the run.

    Raises
    ------
    CancelledError
        ``cancelled`` answered True.
    """
    groups = split(masts)
    tiles = (tile_of(members, surface, reception) for members in groups)
    waiting = (tile for tile in tiles if tile is not None)
    pending = {executor.submit(work, tile) for tile in islice(waiting, AHEAD)}
    done = 0
    while pending:
        ready, pending = wait(pending, return_when=FIRST_COMPLETED)
        for task in ready:
            for name, part in task.result().items():
                found[name].add(part)
        done += len(ready)
        if cancelled is not None and cancelled():
            for task in pending:
                task.cancel()
            raise CancelledError("cancelled")
        if progress is not None:
            progress(min(done / len(groups), 1.0))
        pending |= {executor.submit(work, tile) for tile in islice(waiting, len(ready))}


def _window(masts: Sequence[field.Mast], grid: Grid) -> tuple[slice, slice] | None:
    tops, lefts, bottoms, rights = [], [], [], []
    for mast in masts:
        row, col, _, _ = place(grid, mast.transmitters[0].x_m, mast.transmitters[0].y_m)
        radius = math.ceil(max(mast.reach_m) / grid.cell_m) + 1
        tops.append(row - radius)
        lefts.append(col - radius)
        bottoms.append(row + radius + 1)
        rights.append(col + radius + 1)
    rows = slice(max(min(tops), 0), min(max(bottoms), grid.rows))
    cols = slice(max(min(lefts), 0), min(max(rights), grid.cols))
    return None if rows.stop <= rows.start or cols.stop <= cols.start else (rows, cols)
