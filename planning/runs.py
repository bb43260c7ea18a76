"""Runs of the coverage estimate that a workspace keeps: rasters beside one row for each operator."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import io
from geo.coverage import Coverage, State, combine
from geo.errors import NotFoundError, StoreError
from geo.grid import Grid
from geo.quality import Quality
from geo.radio import Transmitter
from geo.raster import Raster
from geo.units import Booleans, Bytes
from planning import data
from planning.scenario import CoverageOptions
from planning.workspace import Workspace

LAYER = "coverage5g"
ANY = "any"
TWO_OR_MORE = "two_or_more"
NOTHING = 255  # outside the border
UNKNOWN_LEVEL = 254
UNKNOWN_PERCENT = 254
FLAG_ASSUMED, FLAG_BLOCKED, FLAG_OPEN_BORDER = 1, 2, 4
CENTI = 100.0
NO_POWER = -32768
KINDS = ("power", "level", "state", "flag", "probability", "server", "sinr", "speed", "count", "fast")

Band = tuple[NDArray[np.generic], str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRun:
    """
    A finished coverage estimate.

    Parameters
    ----------
    digest
        Digest of its inputs.
    operators
        Operators estimated, sorted.
    made_at
        Moment of the estimate, ISO 8601.
    options
        The choices it was made with.
    power_paths
        Operator to raster of the planning level, median SS-RSRP less the margin [0.01 dBm].
    level_paths
        Operator or ``any`` to raster of the level index; 254 unknown, 255 outside.
    state_paths
        Operator, ``any`` or ``two_or_more`` to raster of ``geo.coverage.State``; 255 outside.
    flag_paths
        Operator to raster of flags: 1 assumed, 2 without line of sight, 4 open border.
    probability_paths
        Operator or ``any`` to raster of the probability of being covered [%]; 254 unknown, 255 outside.
    server_paths
        Operator to raster of the best server's place in ``servers``; −1 none, −32768 outside.
    sinr_paths
        Operator to raster of SS-SINR [0.01 dB]. This and the next three are empty unless speed was asked for.
    speed_paths
        Operator to raster of one user's throughput [Mbit/s].
    count_paths
        Operator to raster of the number of sectors that cover; 255 outside.
    fast_paths
        Operator or ``any`` to raster of ``geo.coverage.State`` against ``speed_target_mbps``; 255 outside.
    servers
        Ids of all transmitters, sorted.
    models
        Path-loss models used.
    n_cells, n_assumed_cells
        Transmitters used, and those with at least one assumed parameter.
    area_share
        Operator, ``any`` or ``two_or_more`` to shares of the area (covered, uncovered, unknown).
    assumptions
        Text keys of the assumptions made.
    spread
        Path-loss model to the share of people that it calls covered, by operator, ``any`` and
        ``two_or_more``; empty where nobody asked for other models.
    circles_key
        Text key of the sentence that explains why rings are circles where they are.
    """

    digest: str
    operators: tuple[str, ...]
    made_at: str
    options: CoverageOptions
    power_paths: Mapping[str, Path]
    level_paths: Mapping[str, Path]
    state_paths: Mapping[str, Path]
    flag_paths: Mapping[str, Path]
    probability_paths: Mapping[str, Path]
    server_paths: Mapping[str, Path]
    sinr_paths: Mapping[str, Path]
    speed_paths: Mapping[str, Path]
    count_paths: Mapping[str, Path]
    fast_paths: Mapping[str, Path]
    servers: tuple[str, ...]
    models: tuple[str, ...]
    n_cells: int
    n_assumed_cells: int
    area_share: Mapping[str, tuple[float, float, float]]
    assumptions: tuple[str, ...]
    spread: Mapping[str, Mapping[str, float]]
    circles_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What an estimate found, before it is written.

    Parameters
    ----------
    boundary
        Outline in the CRS of the calculation.
    transmitters
        Those used.
    coverage
        The engine's outcome around the outline, the open border taken into account.
    opened
        Operator to the cells that a mast outside, of which nobody has told, could serve.
    percent
        Operator to the probability of being covered [%], ``UNKNOWN_PERCENT`` where unknown.
    quality
        Operator to speed and interference; empty where nobody asked for it.
    assumptions
        Text keys of the assumptions made.
    """

    boundary: shapely.Geometry
    transmitters: tuple[Transmitter, ...]
    coverage: Coverage
    opened: Mapping[str, Booleans]
    percent: Mapping[str, Bytes]
    quality: Mapping[str, Quality]
    assumptions: tuple[str, ...]


def latest(workspace: Workspace) -> CoverageRun | None:
    """
    The estimate that was asked for last.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    run
        The estimate, or None where there is none or a raster of it is missing.
    """
    table = current(workspace.store.read(LAYER))
    return None if table.empty else _from_rows(workspace, table)


def history(workspace: Workspace) -> tuple[CoverageRun, ...]:
    """
    All estimates kept, the one asked for last first.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    runs
        Those whose rasters are all there.
    """
    table = workspace.store.read(LAYER)
    found = [_from_rows(workspace, rows) for rows in _by_run(table)]
    return tuple(run for run in found if run is not None)


def current(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Rows of the estimate asked for last.

    Parameters
    ----------
    table
        Table of the layer ``coverage5g``.

    Returns
    -------
    table
        One row for each operator, ``any`` and ``two_or_more``.
    """
    return table if table.empty else _by_run(table)[0]


def keep(
    workspace: Workspace, outcome: Outcome, *, digest: str, options: CoverageOptions, now: dt.datetime
) -> CoverageRun:
    """
    Write an estimate: rasters first, then its rows in one transaction.

    Parameters
    ----------
    workspace
        The workspace; its table ``coverage5g`` and ``rasters/`` are written.
    outcome
        What was found.
    digest
        Digest of the inputs.
    options
        The choices it was made with.
    now
        Present moment.

    Returns
    -------
    run
        The estimate as kept. The oldest estimates beyond ``kept_runs`` are removed.

    Raises
    ------
    DiskFullError, StoreError
        It could not be written; what was there before is untouched.
    """
    states = {operator: outcome.coverage.state(operator) for operator in outcome.opened}
    not_asked = not_estimated(options, outcome.coverage.grid.shape)
    states[ANY], states[TWO_OR_MORE] = combine([*states.values(), *not_asked])
    grid = outcome.coverage.grid
    inside = _inside(grid, outcome.boundary)
    folder = Path("rasters") / "coverage" / digest
    names: dict[str, dict[str, str]] = {}
    shares = {name: _area_shares(state[inside]) for name, state in states.items()}
    try:
        for name, state in states.items():
            bands = _bands(name, outcome, state, inside) | _speed(name, outcome, state, inside)
            names[name] = {f"{kind}_path": (folder / f"{name}_{kind}.tif").as_posix() for kind in bands}
            with ThreadPoolExecutor(max_workers=2) as pool:
                list(pool.map(partial(_write, workspace, grid, names[name]), bands.items()))
        made = _rows(workspace, outcome, names, shares, digest=digest, options=options, now=now)
        _keep(workspace, made)
    except StoreError:
        kept = workspace.store.read(LAYER)["run"].unique()
        io.keep_folders(workspace.rasters / "coverage", {str(run) for run in kept})
        raise
    return _required(workspace)


def not_estimated(options: CoverageOptions, shape: tuple[int, ...]) -> list[Bytes]:
    """
    States that stand for the operators whom an estimate left out.

    Parameters
    ----------
    options
        The choices it was made with.
    shape
        Shape of the states.

    Returns
    -------
    states
        Unknown everywhere, twice, where one operator was asked for: any two others might serve. None else.
    """
    left_out = 0 if options.operator is None else 2
    return [np.full(shape, State.UNKNOWN, dtype=np.uint8) for _ in range(left_out)]


def ask_again(workspace: Workspace, digest: str) -> CoverageRun | None:
    """
    Take an estimate made before as the present one.

    Parameters
    ----------
    workspace
        The workspace; rows of ``coverage5g`` are written.
    digest
        Digest of its inputs.

    Returns
    -------
    run
        The estimate, or None where it is not kept.
    """
    found = latest(workspace)
    if found is not None and found.digest == digest:
        return found
    table = workspace.store.read(LAYER)
    for rows in _by_run(table):
        if rows["run"].iloc[0] == digest and _from_rows(workspace, rows) is not None:
            _keep(workspace, rows)
            return _required(workspace)
    return None


def note_spread(workspace: Workspace, digest: str, spread: Mapping[str, Mapping[str, float]]) -> CoverageRun:
    """
    Keep with an estimate what other models say, and take it as the present one.

    Parameters
    ----------
    workspace
        The workspace; rows of ``coverage5g`` are written.
    digest
        Digest of the estimate.
    spread
        As in ``CoverageRun``.

    Returns
    -------
    run
        The estimate with it.

    Raises
    ------
    NotFoundError
        The estimate is not kept any more.
    """
    rows = [rows for rows in _by_run(workspace.store.read(LAYER)) if rows["run"].iloc[0] == digest]
    if not rows:
        raise NotFoundError("coverage_missing")
    _keep(workspace, rows[0].assign(spread=json.dumps({name: dict(part) for name, part in spread.items()})))
    return _required(workspace)


def _write(workspace: Workspace, grid: Grid, paths: Mapping[str, str], band: tuple[str, Band]) -> None:
    kind, (values, unit, nodata) = band
    raster = Raster(grid=grid, values=values, unit=unit, nodata=nodata)
    io.write_cog(workspace.folder / paths[f"{kind}_path"], raster)


def _required(workspace: Workspace) -> CoverageRun:
    found = latest(workspace)
    if found is None:
        raise NotFoundError("coverage_missing")
    return found


def _keep(workspace: Workspace, made: gpd.GeoDataFrame) -> None:
    digest, table = made["run"].iloc[0], workspace.store.read(LAYER)
    made = made.assign(sequence=int(table["sequence"].fillna(0).max()) + 1 if len(table) else 1)
    others = [rows for rows in _by_run(table) if rows["run"].iloc[0] != digest]
    kept = others[: max(int(data.setting("kept_runs")) - 1, 0)]
    workspace.store.replace({LAYER: gpd.GeoDataFrame(pd.concat([made, *kept], ignore_index=True), crs=4326)})
    io.keep_folders(workspace.rasters / "coverage", {digest, *(rows["run"].iloc[0] for rows in kept)})


def _by_run(table: gpd.GeoDataFrame) -> list[gpd.GeoDataFrame]:
    # The run asked for last comes first; those of older editions have no number.
    order = table["sequence"].fillna(0).groupby(table["run"]).max().sort_values(ascending=False)
    return [table[table["run"] == run] for run in order.index]


def _from_rows(workspace: Workspace, table: gpd.GeoDataFrame) -> CoverageRun | None:
    rows = {str(row["operator"]): row for row in table.to_dict("records")}
    first = next(iter(rows.values()))
    paths = {
        kind: MappingProxyType(
            {
                name: workspace.folder / str(row[f"{kind}_path"])
                for name, row in rows.items()
                if isinstance(row[f"{kind}_path"], str)
            }
        )
        for kind in KINDS
    }
    if not all(path.exists() for group in paths.values() for path in group.values()):
        return None
    assumptions = tuple(json.loads(str(first["assumptions"])))
    servers, spread = first["servers"], first["spread"]
    return CoverageRun(
        digest=str(first["run"]),
        operators=tuple(sorted(name for name in rows if name not in (ANY, TWO_OR_MORE))),
        made_at=str(first["made_at"]),
        options=CoverageOptions(**json.loads(str(first["options"]))),
        power_paths=paths["power"],
        level_paths=paths["level"],
        state_paths=paths["state"],
        flag_paths=paths["flag"],
        probability_paths=paths["probability"],
        server_paths=paths["server"],
        sinr_paths=paths["sinr"],
        speed_paths=paths["speed"],
        count_paths=paths["count"],
        fast_paths=paths["fast"],
        servers=tuple(json.loads(servers)) if isinstance(servers, str) else (),
        models=tuple(str(first["model"]).split("+")),
        n_cells=int(first["n_cells"]),
        n_assumed_cells=int(first["n_assumed_cells"]),
        area_share=MappingProxyType({name: _shares(row) for name, row in rows.items()}),
        assumptions=assumptions,
        spread=MappingProxyType(json.loads(spread) if isinstance(spread, str) else {}),
        circles_key=_circles_key(assumptions),
    )


def _shares(row: Mapping[str, object]) -> tuple[float, float, float]:
    covered, uncovered, unknown = (
        float(str(row[f"area_{name}_share"])) for name in ("covered", "uncovered", "unknown")
    )
    return covered, uncovered, unknown


def _circles_key(assumptions: Sequence[str]) -> str:
    if "assumption.flat_ground" in assumptions or "assumption.clutter" in assumptions:
        return "coverage.circles.assumed"
    return "coverage.circles.flat"


def _inside(grid: Grid, boundary: shapely.Geometry) -> Booleans:
    shapely.prepare(boundary)
    inside: Booleans = shapely.contains_xy(boundary, *np.meshgrid(*grid.centres()))
    return inside


def _bands(name: str, outcome: Outcome, state: Bytes, inside: Booleans) -> dict[str, Band]:
    shown = np.where(inside, state, NOTHING).astype(np.uint8)
    bands: dict[str, Band] = {"state": (shown, "state", NOTHING)}
    if name == TWO_OR_MORE:
        return bands
    coverage, opened = outcome.coverage, outcome.opened
    served = [name] if name in opened else sorted(opened)
    power = np.fmax.reduce([coverage.planning_dbm(operator) for operator in served])
    level = data.levels().index(power).astype(np.uint8)
    level = np.where(shown == State.UNKNOWN, UNKNOWN_LEVEL, np.where(inside, level, NOTHING)).astype(np.uint8)
    bands["level"] = (level, "level", NOTHING)
    bands["probability"] = (_percent(outcome, served, inside), "%", NOTHING)
    if name in opened:
        centi = np.where(np.isfinite(power), np.rint(power * CENTI), NO_POWER).clip(NO_POWER, 32767)
        bands["power"] = (centi.astype(np.int16), "0.01 dBm", NO_POWER)
        flags = coverage.assumed[name] * FLAG_ASSUMED + coverage.blocked[name] * FLAG_BLOCKED
        flags = flags + opened[name] * FLAG_OPEN_BORDER
        bands["flag"] = (flags.astype(np.uint8), "flag", NOTHING)
        server = np.where(inside, coverage.server[name], NO_POWER).astype(np.int16)
        bands["server"] = (server, "server", NO_POWER)
    return bands


def _speed(name: str, outcome: Outcome, state: Bytes, inside: Booleans) -> dict[str, Band]:
    served = [name] if name in outcome.quality else sorted(outcome.quality) if name == ANY else []
    if not served:
        return {}
    shown = state
    mbps = np.fmax.reduce([outcome.quality[operator].throughput_mbps for operator in served])
    fast = np.where(mbps >= data.setting("speed_target_mbps"), State.COVERED, State.UNCOVERED)
    fast = np.where(shown == State.COVERED, fast, shown)
    bands: dict[str, Band] = {"fast": (np.where(inside, fast, NOTHING).astype(np.uint8), "state", NOTHING)}
    if name == ANY:
        return bands
    found = outcome.quality[name]
    centi = np.where(np.isnan(found.sinr_db), NO_POWER, np.rint(found.sinr_db * CENTI))
    bands["sinr"] = (np.where(inside, centi, NO_POWER).astype(np.int16), "0.01 dB", NO_POWER)
    known = inside & (shown == State.COVERED)
    bands["speed"] = (np.where(known, np.rint(mbps), NO_POWER).astype(np.int16), "Mbit/s", NO_POWER)
    count = np.minimum(found.n_servers, NOTHING - 1)
    bands["count"] = (np.where(inside, count, NOTHING).astype(np.uint8), "sectors", NOTHING)
    return bands


def _percent(outcome: Outcome, served: Sequence[str], inside: Booleans) -> Bytes:
    # Of several operators the most probable one: the least that holds however their fading hangs together.
    best = np.full(inside.shape, -1, dtype=np.int16)
    for operator in served:
        percent = outcome.percent[operator]
        np.maximum(best, np.where(percent == UNKNOWN_PERCENT, -1, percent), out=best)
    best[best < 0] = UNKNOWN_PERCENT
    best[~inside] = NOTHING
    return best.astype(np.uint8)


def _area_shares(state: Bytes) -> tuple[float, float, float]:
    count = np.bincount(state, minlength=3) / max(1, state.size)
    return float(count[State.COVERED]), float(count[State.UNCOVERED]), float(count[State.UNKNOWN])


def _rows(
    workspace: Workspace,
    outcome: Outcome,
    names: Mapping[str, Mapping[str, str]],
    shares: Mapping[str, tuple[float, float, float]],
    *,
    digest: str,
    options: CoverageOptions,
    now: dt.datetime,
) -> gpd.GeoDataFrame:
    outline = gpd.GeoSeries([outcome.boundary], crs=workspace.calc_epsg).to_crs(4326).iloc[0]
    records = []
    for name, files in names.items():
        whole = name in (ANY, TWO_OR_MORE)
        used = [item for item in outcome.transmitters if whole or name in item.operators]
        records.append(
            {
                "id": f"{digest}-{name}",
                "run": digest,
                "operator": name,
                "technology": options.technology,
                "model": outcome.coverage.model,
                "cell_m": options.cell_m or data.setting("coverage_cell_m"),
                **files,
                "servers": json.dumps(outcome.coverage.transmitter_ids),
                "made_at": now.isoformat(timespec="seconds"),
                "options": json.dumps(asdict(options)),
                "assumptions": json.dumps(outcome.assumptions),
                "n_cells": len(used),
                "n_assumed_cells": sum(item.is_assumed for item in used),
                "area_covered_share": shares[name][0],
                "area_uncovered_share": shares[name][1],
                "area_unknown_share": shares[name][2],
                "as_of": now.date().isoformat(),
                "source": "hatangso",
                "is_sample": workspace.is_sample,
                "sharing": "internal",
            }
        )
    order = sorted(
        records, key=lambda record: (record["operator"] not in (ANY, TWO_OR_MORE), record["operator"])
    )
    return gpd.GeoDataFrame(order, geometry=[outline] * len(order), crs=4326)
