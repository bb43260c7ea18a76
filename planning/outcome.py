"""What an estimate found, and how it is written: rasters first, then its rows in one transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import io, zones
from geo.coverage import Coverage, State, combine
from geo.errors import StoreError
from geo.field import AUTO, PROFILE
from geo.grid import Grid
from geo.quality import Quality
from geo.radio import Transmitter
from geo.raster import Raster
from geo.units import Booleans, Bytes, Indices16
from planning import data
from planning.runs import (
    ANY,
    CENTI,
    FLAG_ASSUMED,
    FLAG_BLOCKED,
    FLAG_OPEN_BORDER,
    LAYER,
    NO_POWER,
    NOTHING,
    TWO_OR_MORE,
    UNKNOWN_LEVEL,
    UNKNOWN_PERCENT,
    CoverageRun,
    not_estimated,
    put,
)
from planning.scenario import CoverageOptions
from planning.workspace import Workspace

Band = tuple[NDArray[np.generic], str, float]


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
    indoor
        As of ``planning.indoor.levels``; empty where nobody asked for it.
    """

    boundary: shapely.Geometry
    transmitters: tuple[Transmitter, ...]
    coverage: Coverage
    opened: Mapping[str, Booleans]
    percent: Mapping[str, Bytes]
    quality: Mapping[str, Quality]
    assumptions: tuple[str, ...]
    indoor: Mapping[str, Mapping[str, Indices16]] = field(default_factory=lambda: MappingProxyType({}))


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
    inside = zones.inside(grid, outcome.boundary)
    folder = Path("rasters") / "coverage" / digest
    names: dict[str, dict[str, str]] = {}
    shares = {name: _area_shares(state[inside]) for name, state in states.items()}
    try:
        for name, state in states.items():
            bands = _bands(name, outcome, state, inside) | _speed(name, outcome, state, inside)
            bands |= _indoor(name, outcome)
            names[name] = {f"{kind}_path": (folder / f"{name}_{kind}.tif").as_posix() for kind in bands}
            with ThreadPoolExecutor(max_workers=2) as pool:
                list(pool.map(partial(_write, workspace, grid, names[name]), bands.items()))
        made = _rows(workspace, outcome, names, shares, digest=digest, options=options, now=now)
        return put(workspace, made)
    except StoreError:
        kept = workspace.store.read(LAYER)["run"].unique()
        io.keep_folders(workspace.rasters / "coverage", {str(run) for run in kept})
        raise


def unwritten(outcome: Outcome) -> Callable[[str], tuple[Raster, Raster, Raster]]:
    """
    Rasters of an estimate that is not kept, as the written ones would read.

    Parameters
    ----------
    outcome
        What was found.

    Returns
    -------
    read
        Operator to the rasters of state, power and flags.
    """
    grid = outcome.coverage.grid
    inside = zones.inside(grid, outcome.boundary)

    def read(operator: str) -> tuple[Raster, Raster, Raster]:
        shown = np.where(inside, outcome.coverage.state(operator), NOTHING).astype(np.uint8)
        bands = {"state": (shown, "state", NOTHING), **_of_operator(operator, outcome)}
        state, power, flag = (
            Raster(grid=grid, values=values, unit=unit, nodata=nodata)
            for values, unit, nodata in (bands["state"], bands["power"], bands["flag"])
        )
        return state, power, flag

    return read


def _write(workspace: Workspace, grid: Grid, paths: Mapping[str, str], band: tuple[str, Band]) -> None:
    kind, (values, unit, nodata) = band
    raster = Raster(grid=grid, values=values, unit=unit, nodata=nodata)
    io.write_cog(workspace.folder / paths[f"{kind}_path"], raster)


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
        bands |= _of_operator(name, outcome)
        server = np.where(inside, coverage.server[name], NO_POWER).astype(np.int16)
        bands["server"] = (server, "server", NO_POWER)
    return bands


def _of_operator(name: str, outcome: Outcome) -> dict[str, Band]:
    coverage, power = outcome.coverage, outcome.coverage.planning_dbm(name)
    centi = np.where(np.isfinite(power), np.rint(power * CENTI), NO_POWER).clip(NO_POWER, 32767)
    flags = coverage.assumed[name] * FLAG_ASSUMED + coverage.blocked[name] * FLAG_BLOCKED
    flags = flags + outcome.opened[name] * FLAG_OPEN_BORDER
    return {
        "power": (centi.astype(np.int16), "0.01 dBm", NO_POWER),
        "flag": (flags.astype(np.uint8), "flag", NOTHING),
    }


def _indoor(name: str, outcome: Outcome) -> dict[str, Band]:
    return {
        kind: (levels[name], "0.01 dBm", NO_POWER)
        for kind, levels in outcome.indoor.items()
        if name in levels
    }


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
    second = np.where(inside, found.second, NO_POWER).astype(np.int16)
    bands["second"] = (second, "server", NO_POWER)
    lead = np.where(np.isnan(found.lead_db), NO_POWER, np.rint(np.minimum(found.lead_db, 300.0) * CENTI))
    bands["lead"] = (np.where(inside, lead, NO_POWER).astype(np.int16), "0.01 dB", NO_POWER)
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


def _n_urban(used: Sequence[Transmitter], options: CoverageOptions) -> int:
    # Places for which the urban model was taken by the choice for each mast.
    if options.model not in (AUTO, PROFILE):
        return 0
    return len({(item.x_m, item.y_m) for item in used if item.urban})


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
                "n_urban_masts": _n_urban(used, options),
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
