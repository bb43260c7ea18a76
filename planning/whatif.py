"""What if a mast were turned, tilted, raised or moved? Tried on an estimate, and kept nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from geo import field, io, zones
from geo.coverage import Coverage, State, combine
from geo.errors import InputError, NotFoundError
from geo.kernels.sight import ASSUMED, BLOCKED
from geo.radio import Transmitter
from geo.raster import Raster
from geo.receiver import states_of
from geo.sight import Blocks
from geo.units import Bytes, Floats, Integers
from planning import data, runs, window
from planning.compare import CLOSED, GAINED, LOST, OPENED, Change, classes
from planning.coverage import Inputs
from planning.gap import around_houses, at_people
from planning.losses import DiskLosses
from planning.people import Settlement
from planning.runs import ANY, CENTI, NOTHING, TWO_OR_MORE, CoverageRun
from planning.scenario import surface_digest
from planning.trial import HamletChange, Ready, Rest, Trial, Tried
from planning.workspace import Workspace

KEPT = 30  # trials whose pictures stay in the cache of a workspace
CLASSES = (GAINED, LOST, OPENED, CLOSED)


def prepare(workspace: Workspace, run: CoverageRun, inputs: Inputs, settlement: Settlement) -> Ready:
    """
    Read what every trial on an estimate needs.

    Parameters
    ----------
    workspace
        The workspace; nothing is written.
    run
        The estimate.
    inputs
        From ``coverage.read_inputs`` with the options of the estimate.
    settlement
        From ``people.settle``.

    Returns
    -------
    ready
        To be kept for further trials.
    """
    pairs = around_houses(run, settlement)
    grid, states, _ = at_people(run, settlement, pairs=pairs)
    return Ready(
        run=run,
        inputs=inputs,
        dense=workspace.is_dense(),
        blocks=Blocks.of(inputs.surface),
        grid=grid,
        settlement=settlement,
        pairs=pairs,
        states=MappingProxyType(states),
        store=DiskLosses(
            folder=workspace.cache / "loss",
            surface_key=surface_digest(workspace, run.options),
            most_bytes=int(data.setting("loss_cache_mb") * 1e6),
        ),
    )


def cells_of(ready: Ready, mast_id: str) -> tuple[Transmitter, ...]:
    """
    Transmitters of a mast in the estimate.

    Parameters
    ----------
    ready
        From :func:`prepare`.
    mast_id
        The mast.

    Returns
    -------
    cells
        In the order of their ids.
    """
    return tuple(item for item in ready.inputs.transmitters if item.mast_id == mast_id)


def without(ready: Ready, trial: Trial) -> Rest:
    """
    The part of the area that a trial touches, without its cells.

    Parameters
    ----------
    ready
        From :func:`prepare`.
    trial
        What is tried; only its cells, their heights and places matter here.

    Returns
    -------
    rest
        Serves every trial of the same cells for which :func:`holds` is true.

    Raises
    ------
    NotFoundError
        No transmitter of the estimate has one of the ids.
    InputError
        The new place lies beyond what is known, or no value of the estimate lies near enough.
    """
    old, new = _cells(ready, trial)
    grid, part = ready.grid.window(window.reach((*old, *new)))
    named = tuple(sorted({name for item in old for name in item.operators} & set(ready.run.operators)))
    mine = {item.id for item in old}
    others = [
        item for item in ready.inputs.transmitters if item.id not in mine and set(item.operators) & set(named)
    ]
    people_here, pairs = window.residents(ready, grid, part)
    rest = Rest(
        grid=grid,
        others=MappingProxyType(window.best(ready, others, named, grid)),
        before=MappingProxyType(
            {
                name: io.read(path, bounds=window.middle(grid)).values
                for name, path in ready.run.state_paths.items()
            }
        ),
        inside=zones.inside(grid, ready.inputs.boundary),
        opened=MappingProxyType(
            {
                name: io.read(ready.run.flag_paths[name], bounds=window.middle(grid)).values
                & runs.FLAG_OPEN_BORDER
                > 0
                for name in named
            }
        ),
        people=people_here,
        pairs=pairs,
        people_before=MappingProxyType({}),
    )
    states, people = _with(ready, rest, old)
    return replace(
        rest, before=MappingProxyType({**rest.before, **states}), people_before=MappingProxyType(people)
    )


def holds(ready: Ready, rest: Rest, trial: Trial) -> bool:
    """
    Tell whether a part of the area is all that a trial touches.

    Parameters
    ----------
    ready
        From :func:`prepare`.
    rest
        From :func:`without`, for the same cells.
    trial
        What is tried.

    Returns
    -------
    holds
        False where the trial reaches farther.
    """
    old, new = _cells(ready, trial)
    grid, _ = ready.grid.window(window.reach((*old, *new)))
    west_m, south_m, east_m, north_m = rest.grid.bounds
    return bool(
        west_m <= grid.bounds[0]
        and south_m <= grid.bounds[1]
        and east_m >= grid.bounds[2]
        and north_m >= grid.bounds[3]
    )


def attempt(ready: Ready, rest: Rest, trial: Trial) -> Tried:
    """
    Try a change.

    Parameters
    ----------
    ready
        From :func:`prepare`.
    rest
        From :func:`without`, for the same cells.
    trial
        What is tried.

    Returns
    -------
    tried
        As an estimate of the changed data would find it.

    Raises
    ------
    RangeError
        A value lies outside its range.
    InputError
        The new place lies beyond what is known.
    """
    _, new = _cells(ready, trial)
    states, people = _with(ready, rest, new)
    n_people = ready.settlement.people.n_people[rest.people]
    zone = ready.settlement.people.zone[rest.people]
    kinds = {name: classes(rest.people_before[name], people[name]) for name in people}
    return Tried(
        trial=trial,
        cells=new,
        grid=rest.grid,
        before=MappingProxyType({name: rest.before[name] for name in states}),
        states=MappingProxyType(states),
        people=MappingProxyType({name: _change(kind, n_people) for name, kind in kinds.items()}),
        hamlets=_hamlets(ready.settlement, kinds, n_people, zone),
    )


def draw(workspace: Workspace, tried: Tried, name: str, *, difference: bool) -> Path:
    """
    Picture of a trial for a map, in the cache of the workspace.

    Parameters
    ----------
    workspace
        The workspace; its layers and estimates are not touched.
    tried
        The trial.
    name
        Key of ``tried.states``.
    difference
        True for the classes of ``planning.compare``, False for values of ``geo.coverage.State``.

    Returns
    -------
    path
        Raster of them; 255 outside.
    """
    folder = workspace.cache / "whatif"
    now = tried.states[name]
    shown = np.where(now == NOTHING, NOTHING, classes(tried.before[name], now)) if difference else now
    key = hashlib.sha256(tried.trial.digest.encode() + shown.tobytes()).hexdigest()[:16]
    path = folder / key / f"{name}_{'difference' if difference else 'state'}.tif"
    if not path.exists():
        unit = "change" if difference else "state"
        raster = Raster(grid=tried.grid, values=shown.astype(np.uint8), unit=unit, nodata=NOTHING)
        io.write_cog(path, raster)
        newest = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        io.keep_folders(folder, {one.name for one in newest[:KEPT]})
    return path


def _cells(ready: Ready, trial: Trial) -> tuple[tuple[Transmitter, ...], tuple[Transmitter, ...]]:
    old = tuple(item for item in ready.inputs.transmitters if item.id in trial.cells)
    if not old or len(old) != len(set(trial.cells)):
        raise NotFoundError("whatif_cell_unknown", cells=", ".join(trial.cells))
    named = ("azimuth_deg", "mechanical_tilt_deg", "electrical_tilt_deg", "tx_power_dbm", "height_m")
    given: dict[str, Any] = {name: getattr(trial, name) for name in named if getattr(trial, name) is not None}
    if trial.place is not None:
        if not ready.inputs.surface.grid.contains(*trial.place):
            raise InputError("whatif_place_outside", x_m=trial.place[0], y_m=trial.place[1])
        given |= {"x_m": trial.place[0], "y_m": trial.place[1]}
    told = frozenset({*given, "geometry"} if trial.place is not None else given)
    new = tuple(replace(item, **given, assumed=item.assumed - told) for item in old)
    return old, new


def _with(
    ready: Ready, rest: Rest, cells: Sequence[Transmitter]
) -> tuple[dict[str, Bytes], dict[str, Bytes]]:
    # States on the part and at its people, with these cells beside all others.
    operators = tuple(rest.others)
    own = window.best(ready, cells, operators, rest.grid)
    found = _coverage(ready, rest, {name: _joined(rest.others[name], own[name]) for name in operators})
    people = {name: state[rest.people] for name, state in ready.states.items() if name in ready.run.operators}
    raw = {name: found.state(name) for name in operators}
    for name in operators:
        people[name] = _at_people(ready, rest, found, name, raw[name])
    states = {name: np.where(rest.inside, raw[name], NOTHING).astype(np.uint8) for name in operators}
    all_states = [states.get(name, rest.before[name]) for name in ready.run.operators]
    left_out = runs.not_estimated(ready.run.options, rest.grid.shape)
    one, two = combine([*(np.where(rest.inside, state, State.UNKNOWN) for state in all_states), *left_out])
    for name, state in ((ANY, one), (TWO_OR_MORE, two)):
        states[name] = np.where(rest.inside, state, NOTHING).astype(np.uint8)
    left_out = runs.not_estimated(ready.run.options, rest.people.shape)
    people[ANY], people[TWO_OR_MORE] = combine([*(people[name] for name in ready.run.operators), *left_out])
    return states, {name: people[name] for name in states}


def _joined(one: field.Best, other: field.Best) -> field.Best:
    # Neither is changed; of equal powers the sector that stood first stays, as far as a state is concerned.
    stronger = np.isnan(one.power_dbm) | (other.power_dbm > one.power_dbm)
    stronger &= ~np.isnan(other.power_dbm)
    return field.Best(
        power_dbm=np.where(stronger, other.power_dbm, one.power_dbm),
        server=np.where(stronger, other.server, one.server),
        possible_dbm=np.maximum(one.possible_dbm, other.possible_dbm),
        marks=np.where(stronger, other.marks, one.marks),
    )


def _coverage(ready: Ready, rest: Rest, best: Mapping[str, field.Best]) -> Coverage:
    surface = ready.inputs.surface
    down, right = window.offset(surface.grid, rest.grid)
    part = np.s_[down : down + rest.grid.rows, right : right + rest.grid.cols]
    unknown = ~surface.known[part]
    return Coverage(
        grid=rest.grid,
        operators=tuple(best),
        transmitter_ids=tuple(sorted(item.id for item in ready.inputs.transmitters)),
        levels=data.levels(),
        model=ready.run.options.model,
        power_dbm={name: one.power_dbm for name, one in best.items()},
        server={name: one.server for name, one in best.items()},
        possible_dbm={
            name: np.where(unknown | rest.opened[name], np.float32(np.inf), one.possible_dbm)
            for name, one in best.items()
        },
        assumed={name: one.marks & ASSUMED > 0 for name, one in best.items()},
        blocked={name: one.marks & BLOCKED > 0 for name, one in best.items()},
        extended=dict.fromkeys(best, 0),
    )


def _at_people(ready: Ready, rest: Rest, found: Coverage, operator: str, state: Bytes) -> Bytes:
    # As planning.gap reads it from the rasters: levels in hundredths of a decibel, nothing known outside.
    people = ready.settlement.people
    x_m, y_m, building = (values[rest.people] for values in (people.x_m, people.y_m, people.building))
    row, col = rest.grid.to_rowcol(x_m, y_m)
    here = np.where(rest.inside[row, col], state[row, col], State.UNKNOWN).astype(np.uint8)
    planning_dbm = found.planning_dbm(operator)[rest.pairs.row, rest.pairs.col]
    planning_dbm = np.where(np.isfinite(planning_dbm), np.rint(planning_dbm * CENTI) / CENTI, -np.inf)
    shown = np.where(rest.inside, state, NOTHING)[rest.pairs.row, rest.pairs.col]
    at_houses = states_of(rest.pairs, planning_dbm, shown, levels=data.levels())
    at_home = building >= 0
    here[at_home] = at_houses[building[at_home]]
    return here


def _change(kind: Bytes, n_people: Floats) -> Change:
    gained, lost, opened, closed = (float(n_people[kind == value].sum()) for value in CLASSES)
    return Change(gained=gained, lost=lost, opened=opened, closed=closed)


def _hamlets(
    settlement: Settlement, kinds: Mapping[str, Bytes], n_people: Floats, zone: Integers
) -> tuple[HamletChange, ...]:
    touched = reduce(np.logical_or, (kind > 0 for kind in kinds.values()))
    found = [
        HamletChange(
            id=settlement.hamlets[index].id,
            name=settlement.hamlets[index].name,
            people=MappingProxyType(
                {name: _change(kind[zone == index], n_people[zone == index]) for name, kind in kinds.items()}
            ),
        )
        for index in np.unique(zone[touched])
        if index >= 0
    ]

    def weight(hamlet: HamletChange) -> float:
        return -sum(one.gained + one.lost + one.opened + one.closed for one in hamlet.people.values())

    return tuple(sorted(found, key=lambda hamlet: (weight(hamlet), hamlet.id)))
