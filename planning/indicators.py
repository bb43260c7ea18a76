"""Figures beside presence: people to be expected covered, and people with the speed of the target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from geo import io
from geo.coverage import Levels, State, combine
from geo.gap import Figures, tally
from geo.grid import Grid
from geo.probability import ExpectedPeople, expected_people, two_of_several
from geo.raster import Raster
from geo.receiver import OutdoorCells, outdoor_cells, states_at, states_of
from geo.units import Bytes, Floats, Integers
from planning import data, indoor
from planning.people import Settlement
from planning.runs import ANY, TWO_OR_MORE, UNKNOWN_PERCENT, CoverageRun, not_estimated

FAST = Levels(names=("fast", "slow"), lower_dbm=(0.5, -np.inf), covered=(True, False), margin_db=0.0)
"""Levels that turn 1 (fast enough) and 0 into states."""


def expected(
    found: CoverageRun, settlement: Settlement, *, pairs: OutdoorCells | None = None
) -> Mapping[str, ExpectedPeople]:
    """
    People to be expected covered, from the probability at each place.

    Parameters
    ----------
    found
        The estimate.
    settlement
        People points and houses.
    pairs
        Cells around the houses, where they are known already; None: they are found here.

    Returns
    -------
    expected
        Operator, ``any`` or ``two_or_more`` to the sums; the last where every operator was estimated, and
        two at least. Empty where the estimate holds no probabilities.
    """
    n_people = settlement.people.n_people
    likely = chances(found, settlement, pairs=pairs)
    return MappingProxyType({name: expected_people(n_people, chance) for name, chance in likely.items()})


def chances(
    found: CoverageRun, settlement: Settlement, *, pairs: OutdoorCells | None = None
) -> Mapping[str, Floats]:
    """
    Probability of a signal at each people point.

    Parameters
    ----------
    found
        The estimate.
    settlement
        People points and houses.
    pairs
        Cells around the houses, where they are known already; None: they are found here.

    Returns
    -------
    chances
        As for :func:`expected`: operator, ``any`` or ``two_or_more`` to probabilities 0–1, shape (n,),
        not-a-number where unknown.
    """
    rasters = {name: io.read(path) for name, path in found.probability_paths.items()}
    around = _pairs(rasters, settlement, pairs)
    likely = {name: _chance(raster, settlement, around[raster.grid]) for name, raster in rasters.items()}
    own = [likely[name] for name in found.operators if name in likely]
    if len(own) > 1 and not not_estimated(found.options, settlement.people.x_m.shape):
        likely[TWO_OR_MORE] = np.clip(two_of_several(own), 0.0, 1.0)
    return MappingProxyType(likely)


def fast_states(
    found: CoverageRun, settlement: Settlement, *, pairs: OutdoorCells | None = None
) -> Mapping[str, Bytes]:
    """
    Whether each people point reaches the target of speed outdoors.

    Parameters
    ----------
    found
        The estimate.
    settlement
        People points and houses.
    pairs
        Cells around the houses, where they are known already; None: they are found here.

    Returns
    -------
    states
        Operator or ``any`` to values of ``geo.coverage.State``, shape (n,); empty where no speed was
        estimated.
    """
    people = settlement.people
    states: dict[str, Bytes] = {}
    rasters = {name: io.read(path) for name, path in found.fast_paths.items() if name != ANY}
    around = _pairs(rasters, settlement, pairs)
    for name, raster in rasters.items():
        here = np.nan_to_num(raster.sample(people.x_m, people.y_m), nan=float(State.UNKNOWN)).astype(np.uint8)
        at_home = people.building >= 0
        enough = (raster.values == State.COVERED).astype(np.float64)
        here[at_home] = states_at(around[raster.grid], enough, raster.values, levels=FAST)[
            people.building[at_home]
        ]
        states[name] = here
    if states:
        others = not_estimated(found.options, people.x_m.shape)
        states[ANY], _ = combine([*(states[name] for name in sorted(states)), *others])
    return MappingProxyType(states)


def fast(
    found: CoverageRun, settlement: Settlement, *, pairs: OutdoorCells | None = None
) -> Mapping[str, Figures]:
    """
    People who reach the target of speed outdoors.

    Parameters
    ----------
    found
        The estimate.
    settlement
        People points and houses.
    pairs
        Cells around the houses, where they are known already; None: they are found here.

    Returns
    -------
    figures
        Operator or ``any`` to people in three states; empty where no speed was estimated.
    """
    return _doubtful(fast_states(found, settlement, pairs=pairs), settlement)


def _doubtful(states: Mapping[str, Bytes], settlement: Settlement) -> Mapping[str, Figures]:
    # Loads, layers, shares and walls are assumed everywhere.
    n_people = settlement.people.n_people
    doubt = np.ones(len(n_people), dtype=np.bool_)
    return MappingProxyType({name: tally(state, n_people, doubt) for name, state in states.items()})


def indoors(
    found: CoverageRun, settlement: Settlement, *, pairs: OutdoorCells | None = None
) -> Mapping[str, Mapping[str, Figures]]:
    """
    People served inside their houses, as if every house were of one class.

    Parameters
    ----------
    found
        The estimate.
    settlement
        People points and houses.
    pairs
        Cells around the houses, where they are known already; None: they are found here.

    Returns
    -------
    figures
        Class of houses to operator, ``any`` or ``two_or_more`` to people in three states: covered where the
        median level over the cells beside the house, less the entry loss, covers. People whose house is not
        known are unknown. Empty where indoors was not estimated.
    """
    told = indoor_states(found, settlement, pairs=pairs)
    return MappingProxyType({name: _doubtful(states, settlement) for name, states in told.items()})


def indoor_states(
    found: CoverageRun, settlement: Settlement, *, pairs: OutdoorCells | None = None
) -> Mapping[str, Mapping[str, Bytes]]:
    """
    Whether each people point is served inside its house, as if every house were of one class.

    Parameters
    ----------
    found
        The estimate.
    settlement
        People points and houses.
    pairs
        Cells around the houses, where they are known already; None: they are found here.

    Returns
    -------
    states
        Class of houses to operator, ``any`` or ``two_or_more`` to values of ``geo.coverage.State``, shape
        (n,); empty where indoors was not estimated.
    """
    paths = {"indoor": found.indoor_paths, "indoor_efficient": found.indoor_efficient_paths}
    told = {
        indoor.KINDS[kind]: _indoors(found, part, settlement, pairs) for kind, part in paths.items() if part
    }
    return MappingProxyType(told)


def _indoors(
    found: CoverageRun, paths: Mapping[str, Path], settlement: Settlement, known: OutdoorCells | None
) -> Mapping[str, Bytes]:
    people = settlement.people
    at_home = people.building >= 0
    states: dict[str, Bytes] = {}
    for operator in found.operators:
        raster = io.read(paths[operator])
        pairs = known or _pairs({operator: raster}, settlement, None)[raster.grid]
        planning_dbm, state = indoor.states(raster.values[pairs.row, pairs.col])
        houses = states_of(pairs, planning_dbm, state, levels=data.levels())
        states[operator] = np.full(len(people.x_m), State.UNKNOWN, dtype=np.uint8)
        states[operator][at_home] = houses[people.building[at_home]]
    others = not_estimated(found.options, people.x_m.shape)
    states[ANY], states[TWO_OR_MORE] = combine([*states.values(), *others])
    return MappingProxyType(states)


def _pairs(
    rasters: Mapping[str, Raster], settlement: Settlement, known: OutdoorCells | None
) -> dict[Grid, OutdoorCells]:
    # The rasters of an estimate share one grid: the cells around every house are found once.
    ring_m = data.setting("outdoor_ring_m")
    grids = {raster.grid for raster in rasters.values()}
    return {grid: known or outdoor_cells(grid, settlement.outlines, ring_m=ring_m) for grid in grids}


def _chance(raster: Raster, settlement: Settlement, pairs: OutdoorCells) -> Floats:
    # Of a house the mean over the outdoor cells around it; unknown where any of them is.
    people = settlement.people
    count = np.bincount(pairs.building, minlength=pairs.n_buildings)
    total = np.bincount(
        pairs.building, weights=_share(raster, pairs.row, pairs.col), minlength=pairs.n_buildings
    )
    at_houses = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    row, col = raster.grid.to_rowcol(people.x_m, people.y_m)
    inside = (row >= 0) & (row < raster.grid.rows) & (col >= 0) & (col < raster.grid.cols)
    chance = np.full(len(people.x_m), np.nan)
    chance[inside] = _share(raster, row[inside], col[inside])
    at_home = people.building >= 0
    chance[at_home] = at_houses[people.building[at_home]]
    return chance


def _share(raster: Raster, row: Integers, col: Integers) -> Floats:
    percent = raster.values[row, col]
    share: Floats = np.where(percent >= UNKNOWN_PERCENT, np.nan, percent / 100.0)
    return share
