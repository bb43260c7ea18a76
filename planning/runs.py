"""Runs of the coverage estimate that a workspace keeps: rasters beside one row for each operator."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import io
from geo.coverage import State
from geo.errors import NotFoundError
from geo.units import Bytes
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
NO_POWER, UNKNOWN_POWER, LEAST_POWER = -32768, -32767, -32766
KINDS = (
    "power",
    "level",
    "state",
    "flag",
    "probability",
    "server",
    "sinr",
    "speed",
    "count",
    "second",
    "lead",
    "fast",
    "indoor",
    "indoor_efficient",
)


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
        Operator to raster of SS-SINR [0.01 dB]. This and the next five are empty unless speed was asked for.
    speed_paths
        Operator to raster of one user's throughput [Mbit/s].
    count_paths
        Operator to raster of the number of sectors that cover; 255 outside.
    second_paths
        Operator to raster of the place in ``servers`` of the sector that stands second on its carrier; −1
        none, −32768 outside.
    lead_paths
        Operator to raster of how far the strongest sector stands over that one [0.01 dB]; −32768 none.
    fast_paths
        Operator or ``any`` to raster of ``geo.coverage.State`` against ``speed_target_mbps``; 255 outside.
    indoor_paths, indoor_efficient_paths
        Operator or ``any`` to raster of the planning level inside traditional and thermally efficient houses
        [0.01 dBm]; −32767 unknown, −32768 where no house stands. Empty unless indoors was asked for.
    servers
        Ids of all transmitters, sorted.
    models
        Path-loss models used.
    n_cells, n_assumed_cells
        Transmitters used, and those with at least one assumed parameter.
    n_urban_masts
        Places of masts among the high houses of a town, for which ``auto`` takes the urban model.
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
    second_paths: Mapping[str, Path]
    lead_paths: Mapping[str, Path]
    fast_paths: Mapping[str, Path]
    indoor_paths: Mapping[str, Path]
    indoor_efficient_paths: Mapping[str, Path]
    servers: tuple[str, ...]
    models: tuple[str, ...]
    n_cells: int
    n_assumed_cells: int
    n_urban_masts: int = 0
    area_share: Mapping[str, tuple[float, float, float]]
    assumptions: tuple[str, ...]
    spread: Mapping[str, Mapping[str, float]]
    circles_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """
    Lowest and highest share of people that the applicable models call covered.

    Parameters
    ----------
    low, high
        Shares, 0–1.
    low_model, high_model
        Whose they are.
    """

    low: float
    high: float
    low_model: str
    high_model: str


def latest(workspace: Workspace, *, technology: str | None = None) -> CoverageRun | None:
    """
    The estimate that was asked for last.

    Parameters
    ----------
    workspace
        The workspace.
    technology
        Only of this technology. None: of any.

    Returns
    -------
    run
        The estimate, or None where there is none or a raster of it is missing.
    """
    for rows in _by_run(workspace.store.read(LAYER)):
        if technology in (None, rows["technology"].iloc[0]):
            return _from_rows(workspace, rows)
    return None


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
            return put(workspace, rows)
    return None


def spread_range(spread: Mapping[str, Mapping[str, float]], name: str) -> Range | None:
    """
    How far the models are apart.

    Parameters
    ----------
    spread
        As in ``CoverageRun``.
    name
        Operator, ``any`` or ``two_or_more``.

    Returns
    -------
    range
        None where fewer than two models know a share.
    """
    shares = {model: part[name] for model, part in spread.items() if name in part}
    shares = {model: share for model, share in shares.items() if share == share}
    if len(shares) < 2:
        return None
    low, high = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
    return Range(low=shares[low], high=shares[high], low_model=low, high_model=high)


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
    told = json.dumps({name: dict(part) for name, part in spread.items()})
    return put(workspace, rows[0].assign(spread=told))


def _required(workspace: Workspace) -> CoverageRun:
    found = latest(workspace)
    if found is None:
        raise NotFoundError("coverage_missing")
    return found


def put(workspace: Workspace, made: gpd.GeoDataFrame) -> CoverageRun:
    """
    Take an estimate as the present one; the oldest beyond ``kept_runs`` go, rasters and all.

    Parameters
    ----------
    workspace
        The workspace; rows of ``coverage5g`` are written.
    made
        Its rows, whose rasters are written.

    Returns
    -------
    run
        The estimate.

    Raises
    ------
    StoreError
        It could not be written; what was there before is untouched.
    """
    digest, table = made["run"].iloc[0], workspace.store.read(LAYER)
    made = made.assign(sequence=int(table["sequence"].fillna(0).max()) + 1 if len(table) else 1)
    others = [rows for rows in _by_run(table) if rows["run"].iloc[0] != digest]
    kept = others[: max(int(data.setting("kept_runs")) - 1, 0)]
    workspace.store.replace({LAYER: gpd.GeoDataFrame(pd.concat([made, *kept], ignore_index=True), crs=4326)})
    io.keep_folders(workspace.rasters / "coverage", {digest, *(rows["run"].iloc[0] for rows in kept)})
    return _required(workspace)


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
        second_paths=paths["second"],
        lead_paths=paths["lead"],
        fast_paths=paths["fast"],
        indoor_paths=paths["indoor"],
        indoor_efficient_paths=paths["indoor_efficient"],
        servers=tuple(json.loads(servers)) if isinstance(servers, str) else (),
        models=tuple(str(first["model"]).split("+")),
        n_cells=int(first["n_cells"]),
        n_assumed_cells=int(first["n_assumed_cells"]),
        n_urban_masts=0 if pd.isna(first["n_urban_masts"]) else int(first["n_urban_masts"]),
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
