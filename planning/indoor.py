"""Indoors: the level outside less what a wall takes, where houses stand; never mixed with outdoor figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import shapely

from geo import io
from geo.coverage import Coverage, Levels, State
from geo.entry import ENTRIES
from geo.radio import Transmitter
from geo.receiver import OutdoorCells, outdoor_cells, states_of
from geo.terminal import terminal_loss_db
from geo.units import Bytes, Floats, Floats32, Indices16
from planning import data, people, runs
from planning.data import Wall
from planning.workspace import Workspace

KINDS: Mapping[str, str] = MappingProxyType({"indoor": "traditional", "indoor_efficient": "efficient"})
"""Kind of raster to the class of houses whose walls it reckons with."""


def levels(
    workspace: Workspace,
    transmitters: Sequence[Transmitter],
    coverage: Coverage,
    *,
    boundary: shapely.Geometry,
) -> Mapping[str, Mapping[str, Indices16]]:
    """
    Planning level inside houses, as if every house were of one class.

    Parameters
    ----------
    workspace
        The workspace, for its houses.
    transmitters
        Those of the estimate.
    coverage
        Its outcome, the open border taken into account.
    boundary
        Outline in the CRS of the calculation.

    Returns
    -------
    levels
        Kind of raster to operator or ``any`` to the level [0.01 dBm], shape of the grid: beside houses that
        of the cell less the entry loss; under a house the median of the cells beside it;
        ``runs.UNKNOWN_POWER`` where it is not known; ``runs.NO_POWER`` elsewhere. Empty without houses.

    References
    ----------
    ITU-R P.2109 clause 3; 3GPP TR 38.901 clause 7.4.3.1. The margin stays that of the outdoor level.
    """
    houses = workspace.store.read("building", columns=("kind",)).to_crs(workspace.calc_epsg)
    houses = people.lived_in(houses, boundary)
    if houses.empty:
        return MappingProxyType({})
    outlines = tuple(houses.geometry)
    pairs = outdoor_cells(coverage.grid, outlines, ring_m=data.setting("outdoor_ring_m"))
    carriers = {item.id: item.frequency_mhz for item in transmitters}
    frequency_mhz = np.array([carriers[name] for name in coverage.transmitter_ids])
    found = {}
    for kind, name in KINDS.items():
        wall_db = entry_db(data.walls()[name], frequency_mhz)
        each = {
            operator: _drawn(coverage, pairs, outlines, _behind(coverage, operator, wall_db))
            for operator in coverage.operators
        }
        found[kind] = MappingProxyType({**each, runs.ANY: _best(list(each.values()))})
    return MappingProxyType(found)


def entry_db(wall: Wall, frequency_mhz: Floats) -> Floats:
    """
    What a wall takes from carriers.

    Parameters
    ----------
    wall
        Class of houses.
    frequency_mhz
        Carriers [MHz], shape (n,).

    Returns
    -------
    loss_db
        [dB], shape (n,), at horizontal incidence.
    """
    record = ENTRIES[wall.model]
    given = {"probability": wall.probability, "indoor_m": wall.indoor_m}
    quantities = {name: value for name, value in given.items() if name in record.ranges}
    loss_db, _ = terminal_loss_db(record, frequency_mhz=frequency_mhz, **quantities)
    return loss_db


def states(centi: Indices16) -> tuple[Floats32, Bytes]:
    """
    What a raster of levels indoors says.

    Parameters
    ----------
    centi
        Its values [0.01 dBm], any shape.

    Returns
    -------
    planning_dbm, state
        Level [dBm], −inf where it is not known, and values of ``geo.coverage.State``;
        ``runs.NOTHING`` where the raster holds nothing.
    """
    is_known = centi > runs.UNKNOWN_POWER
    planning_dbm = np.where(is_known, centi / np.float32(runs.CENTI), -np.inf).astype(np.float32)
    covers = planning_dbm >= data.levels().lowest_covered_dbm
    state = np.where(covers, State.COVERED, State.UNCOVERED)
    state = np.where(centi == runs.UNKNOWN_POWER, State.UNKNOWN, state)
    return planning_dbm, np.where(centi == runs.NO_POWER, runs.NOTHING, state).astype(np.uint8)


def _behind(coverage: Coverage, operator: str, wall_db: Floats) -> Indices16:
    # Unknown where what is certain does not cover but what is possible could, through the thinnest wall.
    table: Levels = coverage.levels
    through_db = np.append(wall_db, np.nan)[coverage.server[operator]]
    planning_dbm = coverage.planning_dbm(operator) - through_db
    least_db = float(wall_db.min()) if wall_db.size else 0.0
    possible_dbm = coverage.possible_dbm[operator] - table.margin_db - least_db
    centi = _centi(planning_dbm)
    is_open = (possible_dbm >= table.lowest_dbm) & ~(planning_dbm >= table.lowest_covered_dbm)
    centi[is_open] = runs.UNKNOWN_POWER
    return centi


def _centi(planning_dbm: Floats | Floats32) -> Indices16:
    # Where nothing is received, the level is the lowest that the raster holds.
    known = np.where(np.isfinite(planning_dbm), np.rint(planning_dbm * runs.CENTI), runs.LEAST_POWER)
    return np.clip(known, runs.LEAST_POWER, 32767).astype(np.int16)


def _drawn(
    coverage: Coverage, pairs: OutdoorCells, outlines: Sequence[shapely.Geometry], behind: Indices16
) -> Indices16:
    values = np.full(behind.shape, runs.NO_POWER, dtype=np.int16)
    values[pairs.row, pairs.col] = behind[pairs.row, pairs.col]
    burnt = io.burn(coverage.grid, list(zip(outlines, _of_houses(pairs, behind), strict=True)))
    under = np.isfinite(burnt)
    values[under] = burnt[under].astype(np.int16)
    return values


def _of_houses(pairs: OutdoorCells, behind: Indices16) -> list[float]:
    # The lower median of the cells beside each house; unknown as the figures have it; nothing without cells.
    here = behind[pairs.row, pairs.col]
    planning_dbm, state = states(here)
    judged = states_of(pairs, planning_dbm, state, levels=data.levels())
    order = np.lexsort((here, pairs.building))
    count = np.bincount(pairs.building, minlength=pairs.n_buildings)
    first = np.cumsum(count) - count
    middle = np.minimum(first + np.maximum(count - 1, 0) // 2, max(len(here) - 1, 0))
    median = here[order][middle] if len(here) else np.zeros(pairs.n_buildings, dtype=np.int16)
    median = np.where(judged == State.UNKNOWN, runs.UNKNOWN_POWER, median).astype(np.float64)
    return [float(value) for value in np.where(count > 0, median, np.nan)]


def _best(each: Sequence[Indices16]) -> Indices16:
    # Covered if one operator covers, else unknown if one is, else the strongest.
    strongest = np.maximum.reduce(each)
    lowest = np.rint(data.levels().lowest_covered_dbm * runs.CENTI)
    is_open = np.logical_or.reduce([one == runs.UNKNOWN_POWER for one in each])
    return np.where(is_open & (strongest < lowest), runs.UNKNOWN_POWER, strongest).astype(np.int16)
