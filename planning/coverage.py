"""The 5G coverage estimate of a workspace: read, estimate, write rasters and one row for each operator."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import io
from geo.coverage import Coverage, State, combine, estimate
from geo.errors import InputError, NotFoundError, RangeError
from geo.gap import open_border
from geo.grid import Grid
from geo.propagation import MODELS, typical_reach_m
from geo.radio import Transmitter, eirp_per_re_dbm
from geo.raster import Raster
from geo.terrain import CLUTTER_LIMITS_M, HEIGHT_LIMITS_M, Surface
from geo.units import Booleans, Bytes
from layers.cell import TECHNOLOGIES, defaults_for, on_air, operators_of, to_transmitters
from planning import data
from planning.losses import DiskLosses
from planning.scenario import CoverageOptions, digest, surface_digest
from planning.workspace import Workspace

ANY = "any"
TWO_OR_MORE = "two_or_more"
NOTHING = 255  # outside the border
UNKNOWN_LEVEL = 254
FLAG_ASSUMED, FLAG_BLOCKED, FLAG_OPEN_BORDER = 1, 2, 4
MARGIN_M = 500.0  # rasters reach this far beyond the border
CENTI = 100.0
MIN_CELL_M, MAX_CELL_M = 2.0, 100.0


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
    n_cells, n_assumed_cells
        Transmitters used, and those with at least one assumed parameter.
    area_share
        Operator, ``any`` or ``two_or_more`` to shares of the area (covered, uncovered, unknown).
    assumptions
        Text keys of the assumptions made.
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
    n_cells: int
    n_assumed_cells: int
    area_share: Mapping[str, tuple[float, float, float]]
    assumptions: tuple[str, ...]
    circles_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """
    What the engine is given.

    Parameters
    ----------
    transmitters
        Of all operators estimated.
    operators
        Operators known to the workspace, sorted.
    surface
        Ground and clutter around the area.
    boundary
        Outline in the CRS of the calculation.
    masts
        Operator to the positions of its known masts outside the outline [m].
    """

    transmitters: tuple[Transmitter, ...]
    operators: tuple[str, ...]
    surface: Surface
    boundary: shapely.Geometry
    masts: Mapping[str, tuple[tuple[float, float], ...]]


def run(
    workspace: Workspace,
    options: CoverageOptions,
    *,
    now: dt.datetime,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CoverageRun:
    """
    Estimate coverage, or return the equal estimate made before.

    Parameters
    ----------
    workspace
        The workspace; its table ``coverage5g`` and ``rasters/`` are written.
    options
        The user's choices.
    now
        Present moment.
    progress
        Called with the share done, 0–1.
    cancelled
        Asked between masts; True stops the work.

    Returns
    -------
    run
        The estimate.

    Raises
    ------
    NotFoundError
        No outline, or no site of any operator.
    InputError
        Unknown operator, technology or model.
    CancelledError
        The user stopped it; nothing is written.
    """
    key = digest(workspace, options)
    before = latest(workspace)
    if before is not None and before.digest == key:
        return before
    inputs = read_inputs(workspace, options)
    losses = DiskLosses(
        folder=workspace.cache / "loss",
        surface_key=surface_digest(workspace, options),
        most_bytes=int(data.setting("loss_cache_mb") * 1e6),
    )
    coverage = estimate(
        inputs.transmitters,
        inputs.surface,
        model=options.model,
        dense=workspace.is_dense(),
        levels=data.levels(),
        receiver_height_m=data.setting("receiver_height_m"),
        limits=limits(),
        operators=inputs.operators,
        allowance_db=data.setting("radius_allowance_db"),
        progress=progress,
        cancelled=cancelled,
        store=losses,
    )
    losses.trim()
    return _write(workspace, key, options, inputs, coverage, now)


def latest(workspace: Workspace) -> CoverageRun | None:
    """
    The estimate that the workspace holds.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    run
        The estimate, or None where there is none or a raster of it is missing.
    """
    table = workspace.store.read("coverage5g")
    if table.empty:
        return None
    rows = {str(row["operator"]): row for row in table.to_dict("records")}
    first = next(iter(rows.values()))

    def paths(column: str) -> Mapping[str, Path]:
        named = {key: row[column] for key, row in rows.items() if isinstance(row[column], str)}
        return MappingProxyType({key: workspace.folder / name for key, name in named.items()})

    found = CoverageRun(
        digest=str(first["run"]),
        operators=tuple(sorted(key for key in rows if key not in (ANY, TWO_OR_MORE))),
        made_at=str(first["made_at"]),
        options=CoverageOptions(**json.loads(str(first["options"]))),
        power_paths=paths("power_path"),
        level_paths=paths("level_path"),
        state_paths=paths("state_path"),
        flag_paths=paths("flag_path"),
        n_cells=int(first["n_cells"]),
        n_assumed_cells=int(first["n_assumed_cells"]),
        area_share=MappingProxyType({key: _shares(row) for key, row in rows.items()}),
        assumptions=tuple(json.loads(str(first["assumptions"]))),
        circles_key=_circles_key(json.loads(str(first["assumptions"]))),
    )
    every = (found.power_paths, found.level_paths, found.state_paths, found.flag_paths)
    return found if all(path.exists() for group in every for path in group.values()) else None


def read_inputs(workspace: Workspace, options: CoverageOptions) -> Inputs:
    """
    Everything the engine needs, from the workspace.

    Parameters
    ----------
    workspace
        The workspace.
    options
        The user's choices.

    Returns
    -------
    inputs
        Transmitters, surface and outline.

    Raises
    ------
    NotFoundError
        No outline, or no site of any operator.
    InputError
        Unknown operator, technology or model.
    """
    if options.cell_m is not None and not MIN_CELL_M <= options.cell_m <= MAX_CELL_M:
        raise RangeError("cell_m", options.cell_m, MIN_CELL_M, MAX_CELL_M, "m")
    heights = {"assume_flat_m": options.assume_flat_m, "assume_clutter_m": options.assume_clutter_m}
    for quantity, (low_m, high_m) in {
        "assume_flat_m": HEIGHT_LIMITS_M,
        "assume_clutter_m": CLUTTER_LIMITS_M,
    }.items():
        height_m = heights[quantity]
        if height_m is not None and not low_m <= height_m <= high_m:
            raise RangeError(quantity, height_m, low_m, high_m, "m")
    if options.model not in ("auto", *MODELS):
        raise InputError("model_unknown", model=options.model, known=", ".join(MODELS))
    if options.technology not in TECHNOLOGIES:
        known = ", ".join(TECHNOLOGIES)
        raise InputError("technology_unknown", technology=options.technology, known=known)
    sites, cells = workspace.store.read("site"), workspace.store.read("cell")
    operators = operators_of(sites, cells)
    if not operators:
        raise NotFoundError("site_missing")
    if options.operator is not None and options.operator not in operators:
        raise InputError("operator_unknown", operator=options.operator, known=", ".join(operators))
    boundary = workspace.boundary()
    every = to_transmitters(
        sites,
        cells,
        bands=data.bands(),
        defaults=data.cell_defaults(),
        blocks=data.resource_blocks(),
        technology=options.technology,
        epsg=workspace.calc_epsg,
    )
    wanted = operators if options.operator is None else (options.operator,)
    if not every and not any(row.technology == options.technology for row in data.cell_defaults()):
        raise InputError("technology_without_defaults", technology=options.technology)
    around = boundary.buffer(data.setting("around_m"))
    shapely.prepare(around)
    used = [
        item
        for item in every
        if set(item.operators) & set(wanted) and shapely.contains_xy(around, item.x_m, item.y_m)
    ]
    return Inputs(
        transmitters=tuple(used),
        operators=wanted,
        surface=_surface(workspace, options, boundary),
        boundary=boundary,
        masts=MappingProxyType({name: _outside(sites, cells, name, boundary, workspace) for name in wanted}),
    )


def _outside(
    sites: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    operator: str,
    boundary: shapely.Geometry,
    workspace: Workspace,
) -> tuple[tuple[float, float], ...]:
    points = [
        point
        for table in (on_air(sites), on_air(cells))
        for point, listed in zip(table.to_crs(workspace.calc_epsg).geometry, table["operators"], strict=True)
        if point is not None and isinstance(listed, str) and operator in listed.split(";")
    ]
    return tuple(sorted({(point.x, point.y) for point in points if not boundary.contains(point)}))


def limits() -> Mapping[str, float]:
    """
    Largest distance estimated.

    Returns
    -------
    limits
        Band, or ``default``, to distance [m].
    """
    return {
        "default": data.setting("max_radius_m"),
        **{band.name: band.max_radius_m for band in data.bands().values()},
    }


def _surface(workspace: Workspace, options: CoverageOptions, boundary: shapely.Geometry) -> Surface:
    cell_m = options.cell_m or data.setting("coverage_cell_m")
    grid = Grid.from_bounds(
        boundary.buffer(data.setting("around_m")).bounds, cell_m=cell_m, epsg=workspace.calc_epsg
    )
    terrain, clutter = (workspace.rasters / f"{name}.tif" for name in ("terrain", "clutter"))
    surface = io.read_surface(
        terrain if terrain.exists() else None, clutter if clutter.exists() else None, grid
    )
    if not clutter.exists():
        surface = _with_buildings(surface, workspace)
    return surface.filled(ground_m=options.assume_flat_m, clutter_m=options.assume_clutter_m)


def _with_buildings(surface: Surface, workspace: Workspace) -> Surface:
    table = workspace.store.read("building")
    if table.empty:
        return surface
    shapes = table.to_crs(workspace.calc_epsg).geometry
    heights_m = table["height_m"].fillna(data.setting("clutter_default_building_m")).astype(float)
    clutter_m = io.burn(surface.grid, list(zip(shapes, heights_m, strict=True)), fill=np.nan)
    return Surface(grid=surface.grid, ground_m=surface.ground_m, clutter_height_m=clutter_m)


def _opened(inputs: Inputs, coverage: Coverage, *, technology: str) -> tuple[Coverage, dict[str, Booleans]]:
    opened = {
        operator: open_border(
            coverage.grid,
            inputs.boundary,
            inputs.masts[operator],
            known_m=data.setting("outside_known_m"),
            reach_m=_reach_m(operator, technology),
        )
        for operator in inputs.operators
    }
    for operator, cells in opened.items():
        coverage = coverage.with_unknown(cells, operators=[operator])
    return coverage, opened


def _reach_m(operator: str, technology: str) -> float:
    # The farthest of the operator's bands: nobody has told which of them a mast outside carries.
    defaults, levels = data.cell_defaults(), data.levels()
    usual = defaults_for(defaults, (operator,), technology)
    licensed = next((item.bands for item in data.operators() if item.id == operator), ())
    return max(
        typical_reach_m(
            eirp_per_re_dbm=eirp_per_re_dbm(
                tx_power_dbm=assumed.tx_power_dbm,
                n_rb=data.bands()[band].n_rb,
                gain_dbi=assumed.gain_dbi,
                cable_loss_db=assumed.cable_loss_db,
            ),
            frequency_mhz=data.bands()[band].frequency_mhz,
            tx_height_m=assumed.height_m,
            threshold_dbm=levels.lowest_covered_dbm,
            margin_db=levels.margin_db,
        )
        for band in {usual.band, *licensed}
        for assumed in (defaults_for(defaults, (operator,), technology, band=band),)
    )


def _write(
    workspace: Workspace,
    key: str,
    options: CoverageOptions,
    inputs: Inputs,
    coverage: Coverage,
    now: dt.datetime,
) -> CoverageRun:
    coverage, opened = _opened(inputs, coverage, technology=options.technology)
    states = {operator: coverage.state(operator) for operator in inputs.operators}
    states[ANY], states[TWO_OR_MORE] = combine([states[name] for name in inputs.operators])
    west_m, south_m, east_m, north_m = inputs.boundary.bounds
    wanted = (west_m - MARGIN_M, south_m - MARGIN_M, east_m + MARGIN_M, north_m + MARGIN_M)
    grid, part = coverage.grid.window(wanted)
    x_m, y_m = np.meshgrid(*grid.centres())
    shapely.prepare(inputs.boundary)
    inside = shapely.contains_xy(inputs.boundary, x_m, y_m)
    folder = Path("rasters") / "coverage" / key
    names: dict[str, dict[str, str]] = {}
    for name, state in states.items():
        rasters = _rasters(name, coverage, opened, state, part, inside)
        for kind, (values, unit, nodata) in rasters.items():
            path = folder / f"{name}_{kind}.tif"
            io.write_cog(workspace.folder / path, Raster(grid=grid, values=values, unit=unit, nodata=nodata))
            names.setdefault(name, {})[kind] = path.as_posix()
    shares = {name: _area_shares(state[part][inside]) for name, state in states.items()}
    is_open = any(cells[part][inside].any() for cells in opened.values())
    made = _assumptions(inputs, options, coverage, is_open=is_open)
    table = _rows(workspace, key, options, inputs, names, shares, made, now)
    before = latest(workspace)
    workspace.store.replace({"coverage5g": table})
    found = latest(workspace)
    if found is None:
        raise NotFoundError("coverage_missing")
    io.keep_folders(workspace.rasters / "coverage", {key, *([before.digest] if before else [])})
    return found


def _rasters(
    name: str,
    coverage: Coverage,
    opened: Mapping[str, Booleans],
    state: Bytes,
    part: tuple[slice, slice],
    inside: Booleans,
) -> dict[str, tuple[NDArray[np.generic], str, float]]:
    shown = np.where(inside, state[part], NOTHING).astype(np.uint8)
    rasters: dict[str, tuple[NDArray[np.generic], str, float]] = {"state": (shown, "state", NOTHING)}
    if name == TWO_OR_MORE:
        return rasters
    served = [name] if name in opened else sorted(opened)
    power = np.fmax.reduce([coverage.planning_dbm(operator)[part] for operator in served])
    level = data.levels().index(power).astype(np.uint8)
    level = np.where(shown == State.UNKNOWN, UNKNOWN_LEVEL, np.where(inside, level, NOTHING)).astype(np.uint8)
    rasters["level"] = (level, "level", NOTHING)
    if name in opened:
        centi = (
            np.where(np.isfinite(power), np.rint(power * CENTI), -32768).clip(-32768, 32767).astype(np.int16)
        )
        rasters["power"] = (centi, "0.01 dBm", -32768)
        flags = coverage.assumed[name][part] * FLAG_ASSUMED + coverage.blocked[name][part] * FLAG_BLOCKED
        flags = flags + opened[name][part] * FLAG_OPEN_BORDER
        rasters["flag"] = (flags.astype(np.uint8), "flag", NOTHING)
    return rasters


def _area_shares(state: Bytes) -> tuple[float, float, float]:
    count = np.bincount(state, minlength=3) / max(1, state.size)
    return float(count[State.COVERED]), float(count[State.UNCOVERED]), float(count[State.UNKNOWN])


def _shares(row: Mapping[str, object]) -> tuple[float, float, float]:
    covered, uncovered, unknown = (
        float(str(row[f"area_{name}_share"])) for name in ("covered", "uncovered", "unknown")
    )
    return covered, uncovered, unknown


def _assumptions(inputs: Inputs, options: CoverageOptions, coverage: Coverage, *, is_open: bool) -> list[str]:
    made = []
    if options.assume_flat_m is not None:
        made.append("assumption.flat_ground")
    if options.assume_clutter_m is not None:
        made.append("assumption.clutter")
    if any(transmitter.is_assumed for transmitter in inputs.transmitters):
        made.append("assumption.antenna")
    if is_open:
        made.append("assumption.open_border")
    if sum(coverage.extended.values()):
        made.append("assumption.extended_height")
    if coverage.outside_model:
        made.append("assumption.outside_model")
    return made


def _circles_key(assumptions: list[str]) -> str:
    if "assumption.flat_ground" in assumptions or "assumption.clutter" in assumptions:
        return "coverage.circles.assumed"
    return "coverage.circles.flat"


def _rows(
    workspace: Workspace,
    key: str,
    options: CoverageOptions,
    inputs: Inputs,
    names: Mapping[str, Mapping[str, str]],
    shares: Mapping[str, tuple[float, float, float]],
    assumptions: Sequence[str],
    now: dt.datetime,
) -> gpd.GeoDataFrame:
    outline = gpd.GeoSeries([inputs.boundary], crs=workspace.calc_epsg).to_crs(4326).iloc[0]
    records = []
    for name, files in names.items():
        used = [item for item in inputs.transmitters if name in item.operators or name in (ANY, TWO_OR_MORE)]
        records.append(
            {
                "id": f"{key}-{name}",
                "run": key,
                "operator": name,
                "technology": options.technology,
                "model": options.model,
                "cell_m": options.cell_m or data.setting("coverage_cell_m"),
                **{f"{kind}_path": path for kind, path in files.items()},
                "made_at": now.isoformat(timespec="seconds"),
                "options": json.dumps(asdict(options)),
                "assumptions": json.dumps(assumptions),
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
