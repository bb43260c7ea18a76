"""
What one more mast adds to an estimate, which is not made again.

A mast can only add: a place is covered afterwards where it was, or where the new mast covers it. So the
rasters of the estimate tell all that is needed of the others, and the outcome equals the difference of two
estimates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from geo import field, io, zones
from geo.coverage import Levels, State, combine
from geo.grid import Grid
from geo.kernels.sight import ASSUMED
from geo.radio import Transmitter
from geo.raster import Raster
from geo.receiver import OutdoorCells, states_of
from geo.units import Booleans, Bytes, Floats, Floats32, Integers
from planning import data, indoor, runs, window
from planning.compare import classes
from planning.runs import ANY, CENTI, NOTHING, TWO_OR_MORE
from planning.trial import Ready
from planning.workspace import Workspace

KEPT = 30  # proposals whose pictures stay in the cache
WALL = "traditional"
"""Class of houses whose walls are reckoned with."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Added:
    """
    Outcome of adding a mast, on the part of the area that it can touch.

    Parameters
    ----------
    operator
        Whose mast.
    grid
        The part.
    inside
        True within the outline.
    before, after
        Every operator of the estimate, ``any`` and ``two_or_more`` to values of ``geo.coverage.State``; 255
        outside.
    people
        Places in ``settlement.people`` of those who live here, shape (n,).
    people_before, people_after
        The same keys to the state of each of them, shape (n,).
    indoor_before, indoor_after
        The same inside houses of the usual walls.
    assumed
        Whether the verdict on each rests on an assumption, shape (n,).
    new
        The new mast's power.
    """

    operator: str
    grid: Grid
    inside: Booleans
    before: Mapping[str, Bytes]
    after: Mapping[str, Bytes]
    people: Integers
    people_before: Mapping[str, Bytes]
    people_after: Mapping[str, Bytes]
    indoor_before: Mapping[str, Bytes]
    indoor_after: Mapping[str, Bytes]
    assumed: Booleans
    new: field.Best


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Around:
    """
    A part of an estimated area as it is.

    Parameters
    ----------
    grid, inside
        The part, and what of it lies within the outline.
    states
        Operator of the estimate to its states; 255 outside.
    planning_dbm
        Operator to its planning level [dBm]; −inf where nothing is received.
    people, pairs
        As of ``window.residents``.
    """

    grid: Grid
    inside: Booleans
    states: Mapping[str, Bytes]
    planning_dbm: Mapping[str, Floats32]
    people: Integers
    pairs: OutdoorCells


def around(ready: Ready, bounds: tuple[float, float, float, float]) -> Around:
    """
    Read a part of an estimate.

    Parameters
    ----------
    ready
        What every trial on the estimate needs.
    bounds
        West, south, east, north [m].

    Returns
    -------
    around
        The part that touches them.

    Raises
    ------
    ShapeError
        They lie beyond the estimate.
    """
    grid, part = ready.grid.window(bounds)
    people, pairs = window.residents(ready, grid, part)
    middle = window.middle(grid)
    states, levels = {}, {}
    for name in ready.run.operators:
        power = io.read(ready.run.power_paths[name], bounds=middle)
        states[name] = io.read(ready.run.state_paths[name], bounds=middle).values.astype(np.uint8)
        levels[name] = np.where(
            power.values == power.nodata, -np.inf, power.values / np.float32(CENTI)
        ).astype(np.float32)
    return Around(
        grid=grid,
        inside=zones.inside(grid, ready.inputs.boundary),
        states=MappingProxyType(states),
        planning_dbm=MappingProxyType(levels),
        people=people,
        pairs=pairs,
    )


def add(
    ready: Ready,
    cells: Sequence[Transmitter],
    *,
    here: Around | None = None,
    limits_m: Mapping[str, float] | None = None,
) -> Added:
    """
    Add a mast.

    Parameters
    ----------
    ready
        What every trial on the estimate needs.
    cells
        Transmitters of one mast and one operator that is in the estimate.
    here
        The part to look at; None: all that they reach.
    limits_m
        Largest distances followed; None: as in the estimate.

    Returns
    -------
    added
        Before and after.
    """
    operator = cells[0].operators[0]
    part = here or around(ready, window.reach(cells, limits_m=limits_m))
    new, own_dbm, state, served = _on_top(ready, part, cells, limits_m=limits_m)
    after = {**part.states, operator: np.where(part.inside, state, NOTHING).astype(np.uint8)}
    people = ready.settlement.people
    then = {name: ready.states[name][part.people] for name in ready.run.operators}
    now = {**then, operator: served}
    inside_then = {
        name: _indoors(ready, part, part.states[name], part.planning_dbm[name], _wall_db(ready, name))
        for name in ready.run.operators
    }
    wall_db = _wall_db(ready, operator, cells)
    inside_now = {
        **inside_then,
        operator: _better(inside_then[operator], _indoors(ready, part, state, _rounded(own_dbm), wall_db)),
    }
    row, col = part.grid.to_rowcol(people.x_m[part.people], people.y_m[part.people])
    return Added(
        operator=operator,
        grid=part.grid,
        inside=part.inside,
        before=_all(ready, part.states, inside=part.inside),
        after=_all(ready, after, inside=part.inside),
        people=part.people,
        people_before=_all(ready, then),
        people_after=_all(ready, now),
        indoor_before=_all(ready, inside_then),
        indoor_after=_all(ready, inside_now),
        assumed=people.assumed[part.people] | (new.marks[row, col] & ASSUMED > 0),
        new=new,
    )


def served(ready: Ready, cells: Sequence[Transmitter], here: Around) -> Bytes:
    """
    State of the people of a part with one more mast, for its operator only: a quick look.

    Parameters
    ----------
    ready
        What every trial on the estimate needs.
    cells
        Transmitters of one mast and one operator.
    here
        The part.

    Returns
    -------
    states
        Values of ``geo.coverage.State``, shape of ``here.people``.
    """
    return _on_top(ready, here, cells, limits_m=None)[3]


def _on_top(
    ready: Ready, part: Around, cells: Sequence[Transmitter], *, limits_m: Mapping[str, float] | None
) -> tuple[field.Best, Floats32, Bytes, Bytes]:
    operator, levels = cells[0].operators[0], data.levels()
    new = window.best(ready, cells, (operator,), part.grid, limits_m=limits_m)[operator]
    own_dbm = (new.power_dbm - np.float32(levels.margin_db)).astype(np.float32)
    state = _joined(part.states[operator], own_dbm, new.possible_dbm - np.float32(levels.margin_db), levels)
    joined_dbm = np.fmax(part.planning_dbm[operator], _rounded(own_dbm))
    return new, own_dbm, state, _at_people(ready, part, state, joined_dbm)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wanted:
    """
    Some people of a part of an estimated area, to be tried many times.

    Parameters
    ----------
    grid
        The smallest part that holds the cells where they are served.
    row, col
        Cells of those at a point of their own, shape (m,).
    pairs
        Outdoor cells around the houses of the others, buildings counted from 0.
    planning_dbm
        Level at these cells without the mast [dBm], shape of the pairs.
    points, houses
        For each person's place: its position among those at a point, or the number of its house; −1: the
        other of the two. Shape (n,).
    """

    grid: Grid
    row: Integers
    col: Integers
    pairs: OutdoorCells
    planning_dbm: Floats32
    points: Integers
    houses: Integers


def wanted(ready: Ready, part: Around, operator: str, chosen: Booleans) -> Wanted:
    """
    Narrow a part down to some of its people.

    Parameters
    ----------
    ready
        What every trial on the estimate needs.
    part
        The part.
    operator
        Whose network is looked at.
    chosen
        True for the people wanted, shape of ``part.people``; at least one.

    Returns
    -------
    wanted
        For :func:`serves`.
    """
    people = ready.settlement.people
    own = part.people[chosen]
    building = people.building[own]
    row, col = part.grid.to_rowcol(people.x_m[own], people.y_m[own])
    numbers = np.unique(building[building >= 0])
    kept = np.isin(part.pairs.building, numbers)
    pair_row, pair_col = part.pairs.row[kept], part.pairs.col[kept]
    rows, cols = np.concatenate([row, pair_row]), np.concatenate([col, pair_col])
    x_m, y_m = part.grid.to_xy(np.array([rows.min(), rows.max()]), np.array([cols.min(), cols.max()]))
    grid, window_part = part.grid.window((x_m.min(), y_m.min(), x_m.max(), y_m.max()))
    down, right = window_part[0].start, window_part[1].start
    at_point = building < 0
    return Wanted(
        grid=grid,
        row=row[at_point] - down,
        col=col[at_point] - right,
        pairs=OutdoorCells(
            building=np.searchsorted(numbers, part.pairs.building[kept]),
            row=pair_row - down,
            col=pair_col - right,
            n_buildings=len(numbers),
        ),
        planning_dbm=part.planning_dbm[operator][pair_row, pair_col],
        points=np.where(at_point, np.cumsum(at_point) - 1, -1),
        houses=np.where(at_point, -1, np.searchsorted(numbers, building)),
    )


def serves(
    ready: Ready, cells: Sequence[Transmitter], people: Wanted, *, limits_m: Mapping[str, float]
) -> Booleans:
    """
    Tell which of some people a mast serves, together with what stands already.

    Parameters
    ----------
    ready
        What every trial on the estimate needs.
    cells
        Transmitters of one mast and one operator.
    people
        From :func:`wanted`.
    limits_m
        Largest distances followed.

    Returns
    -------
    served
        One truth for each place, shape (n,).
    """
    operator, levels = cells[0].operators[0], data.levels()
    new = window.best(ready, cells, (operator,), people.grid, limits_m=limits_m)[operator]
    own_dbm = _rounded((new.power_dbm - np.float32(levels.margin_db)).astype(np.float32))
    joined_dbm = np.fmax(people.planning_dbm, own_dbm[people.pairs.row, people.pairs.col])
    uncovered = np.full(len(joined_dbm), State.UNCOVERED, dtype=np.uint8)
    at_houses = states_of(people.pairs, joined_dbm, uncovered, levels=levels) == State.COVERED
    at_points = own_dbm[people.row, people.col] >= levels.lowest_covered_dbm
    found = np.zeros(len(people.houses), dtype=bool)
    found[people.houses >= 0] = at_houses[people.houses[people.houses >= 0]]
    found[people.points >= 0] = at_points[people.points[people.points >= 0]]
    return found


def _joined(before: Bytes, own_dbm: Floats32, possible_dbm: Floats32, levels: Levels) -> Bytes:
    covered = (own_dbm >= levels.lowest_covered_dbm) | (before == State.COVERED)
    is_open = (before == State.UNKNOWN) | (possible_dbm >= levels.lowest_dbm)
    found = np.where(is_open, State.UNKNOWN, State.UNCOVERED)
    return np.where(covered, State.COVERED, found).astype(np.uint8)


def _rounded(planning_dbm: Floats32) -> Floats32:
    # As the rasters keep levels: in hundredths of a decibel.
    known = np.isfinite(planning_dbm)
    return np.where(known, np.rint(planning_dbm * CENTI) / CENTI, -np.inf).astype(np.float32)


def _at_people(ready: Ready, part: Around, state: Bytes, planning_dbm: Floats32) -> Bytes:
    # As planning.gap reads it from the rasters: nothing is known outside.
    people = ready.settlement.people
    x_m, y_m, building = (values[part.people] for values in (people.x_m, people.y_m, people.building))
    row, col = part.grid.to_rowcol(x_m, y_m)
    here = np.where(part.inside[row, col], state[row, col], State.UNKNOWN).astype(np.uint8)
    shown = np.where(part.inside, state, NOTHING)
    at = part.pairs.row, part.pairs.col
    at_houses = states_of(part.pairs, planning_dbm[at], shown[at], levels=data.levels())
    at_home = building >= 0
    here[at_home] = at_houses[building[at_home]]
    return here


def _indoors(ready: Ready, part: Around, state: Bytes, planning_dbm: Floats32, wall_db: float) -> Bytes:
    levels = data.levels()
    inside_dbm = (planning_dbm - np.float32(wall_db)).astype(np.float32)
    found = np.where(state == State.UNKNOWN, State.UNKNOWN, State.UNCOVERED)
    found = np.where(inside_dbm >= levels.lowest_covered_dbm, State.COVERED, found).astype(np.uint8)
    return _at_people(ready, part, found, inside_dbm)


def _wall_db(ready: Ready, operator: str, cells: Sequence[Transmitter] = ()) -> float:
    # The wall takes most from the highest carrier: the figure is never too good.
    own = cells or [one for one in ready.inputs.transmitters if operator in one.operators]
    carriers = np.array([one.frequency_mhz for one in own], dtype=np.float64)
    return float(indoor.entry_db(data.walls()[WALL], carriers).max()) if carriers.size else np.inf


def _better(one: Bytes, other: Bytes) -> Bytes:
    covered = (one == State.COVERED) | (other == State.COVERED)
    unknown = (one == State.UNKNOWN) | (other == State.UNKNOWN)
    return np.where(covered, State.COVERED, np.where(unknown, State.UNKNOWN, State.UNCOVERED)).astype(
        np.uint8
    )


def _all(ready: Ready, states: Mapping[str, Bytes], *, inside: Booleans | None = None) -> Mapping[str, Bytes]:
    known = [states[name] for name in ready.run.operators]
    if inside is not None:
        known = [np.where(inside, state, State.UNKNOWN).astype(np.uint8) for state in known]
    left_out = runs.not_estimated(ready.run.options, known[0].shape)
    one, two = combine([*known, *left_out])
    if inside is not None:
        one, two = (np.where(inside, state, NOTHING).astype(np.uint8) for state in (one, two))
    return MappingProxyType({**states, ANY: one, TWO_OR_MORE: two})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """
    People whom a new mast serves.

    Parameters
    ----------
    gained
        Covered now, uncovered before.
    confirmed
        Covered now, unknown before: nobody can say whether the mast is needed for them.
    """

    gained: float
    confirmed: float


def gain(before: Bytes, after: Bytes, n_people: Floats) -> Gain:
    """
    People covered only with the new mast.

    Parameters
    ----------
    before, after
        Values of ``geo.coverage.State``, shape (n,).
    n_people
        People at each place, shape (n,).

    Returns
    -------
    gain
        Those sure, and those of whom nothing was known.
    """
    now = after == State.COVERED
    return Gain(
        gained=float(n_people[now & (before == State.UNCOVERED)].sum()),
        confirmed=float(n_people[now & (before == State.UNKNOWN)].sum()),
    )


def draw(workspace: Workspace, added: Added, name: str, *, key: str, shown: str) -> Path:
    """
    Picture of what a mast adds, in the cache of the workspace.

    Parameters
    ----------
    workspace
        The workspace; its layers and estimates are not touched.
    added
        From :func:`add`.
    name
        Operator, ``any`` or ``two_or_more``.
    key
        Digest of what was added.
    shown
        ``before`` or ``after`` for values of ``geo.coverage.State``, ``difference`` for the classes of
        ``planning.compare``.

    Returns
    -------
    path
        Raster of them; 255 outside.
    """
    then, now = added.before[name], added.after[name]
    outside = (then == NOTHING) | (now == NOTHING)
    change = np.where(outside, NOTHING, classes(then, now))
    values = {"before": then, "after": now, "difference": change}[shown]
    folder = workspace.cache / "proposal"
    path = folder / key[:16] / f"{name}_{shown}.tif"
    if not path.exists():
        unit = "change" if shown == "difference" else "state"
        raster = Raster(grid=added.grid, values=values.astype(np.uint8), unit=unit, nodata=NOTHING)
        io.write_cog(path, raster)
        newest = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        io.keep_folders(folder, {one.name for one in newest[:KEPT]})
    return path
