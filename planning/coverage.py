"""The 5G coverage estimate of a workspace: read, estimate, write rasters and one row for each operator."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo import io, zones
from geo.correction import Correction
from geo.coverage import Coverage, State, estimate
from geo.errors import InputError, NotFoundError, RangeError
from geo.fading import served_percent
from geo.field import AUTO, PROFILE
from geo.gap import open_border
from geo.grid import Grid
from geo.propagation import MODELS, typical_reach_m
from geo.quality import Quality, Traffic, quality
from geo.radio import Transmitter, eirp_per_re_dbm
from geo.surroundings import UrbanRule, judged
from geo.terrain import CLUTTER_LIMITS_M, HEIGHT_LIMITS_M, Surface
from geo.units import Booleans, Bytes
from layers.cell import TECHNOLOGIES, defaults_for, on_air, operators_of, to_transmitters
from planning import antenna, correction, data, indoor, runs
from planning.losses import DiskLosses
from planning.outcome import Outcome, keep
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions, digest, surface_digest
from planning.workspace import Workspace

MIN_CELL_M, MAX_CELL_M = 2.0, 100.0
BYTES_PER_CELL = 5  # of a kept loss
SURFACE_BYTES, OPERATOR_BYTES = 20, 26  # of a cell while an estimate runs
MARGIN_M = 500.0  # rasters reach this far beyond the border


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
    correction
        What measurements add to the path loss, or None.
    """

    transmitters: tuple[Transmitter, ...]
    operators: tuple[str, ...]
    surface: Surface
    boundary: shapely.Geometry
    masts: Mapping[str, tuple[tuple[float, float], ...]]
    correction: Correction | None = None


def run(
    workspace: Workspace,
    options: CoverageOptions,
    *,
    now: dt.datetime,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: Executor | None = None,
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
    executor
        Takes the work instead of threads of this process, as for ``geo.coverage.estimate``.

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
    before = runs.ask_again(workspace, key)
    if before is not None:
        return before
    inputs = read_inputs(workspace, options)
    found = outcome(workspace, options, inputs, progress=progress, cancelled=cancelled, executor=executor)
    return keep(workspace, found, digest=key, options=options, now=now)


def outcome(
    workspace: Workspace,
    options: CoverageOptions,
    inputs: Inputs,
    *,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: Executor | None = None,
) -> Outcome:
    """
    Everything that an estimate finds, not yet written.

    Parameters
    ----------
    workspace
        The workspace; only its cache is written.
    options
        The user's choices.
    inputs
        What they lead to, from ``read_inputs``.
    progress, cancelled, executor
        As for ``run``.

    Returns
    -------
    outcome
        Around the outline, the open border taken into account.

    Raises
    ------
    CancelledError
        The user stopped it.
    """
    coverage = compute(workspace, options, inputs, progress=progress, cancelled=cancelled, executor=executor)
    west_m, south_m, east_m, north_m = inputs.boundary.bounds
    wanted = (west_m - MARGIN_M, south_m - MARGIN_M, east_m + MARGIN_M, north_m + MARGIN_M)
    coverage, opened = _opened(inputs, coverage.window(wanted), technology=options.technology)
    return Outcome(
        boundary=inputs.boundary,
        transmitters=inputs.transmitters,
        coverage=coverage,
        opened=opened,
        percent={
            name: _percent(inputs, coverage, name, model=options.model, dense=workspace.is_dense())
            for name in inputs.operators
        },
        quality=_quality(workspace, options, inputs, wanted, cancelled=cancelled) if options.speed else {},
        assumptions=_assumptions(inputs, options, coverage, opened),
        indoor=indoor.levels(workspace, inputs.transmitters, coverage, boundary=inputs.boundary)
        if options.indoor
        else {},
    )


def compute(
    workspace: Workspace,
    options: CoverageOptions,
    inputs: Inputs,
    *,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: Executor | None = None,
) -> Coverage:
    """
    Hand the inputs to the engine; path losses computed before come from the cache of the workspace.

    Parameters
    ----------
    workspace
        The workspace; only its cache is written.
    options
        The user's choices.
    inputs
        What they lead to, from ``read_inputs``.
    progress
        Called with the share done, 0–1.
    cancelled
        Asked between masts; True stops the work.
    executor
        Takes the work instead of threads of this process.

    Returns
    -------
    coverage
        What is received where; the open border is not yet taken into account.

    Raises
    ------
    CancelledError
        The user stopped it.
    """
    losses = _losses(workspace, options, inputs)
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
        correction=inputs.correction,
        progress=progress,
        cancelled=cancelled,
        executor=executor,
        store=losses,
        thrifty=losses is None,
    )
    if losses is not None:
        losses.trim()
    return coverage


def _losses(workspace: Workspace, options: CoverageOptions, inputs: Inputs) -> DiskLosses | None:
    # Where all would not fit, the first ones would only push each other out.
    most_bytes = int(data.setting("loss_cache_mb") * 1e6)
    places = {(item.x_m, item.y_m, item.height_m, item.frequency_mhz) for item in inputs.transmitters}
    side = 2 * max(limits().values()) / inputs.surface.grid.cell_m
    if len(places) * BYTES_PER_CELL * side * side > most_bytes:
        return None
    return DiskLosses(
        folder=workspace.cache / "loss",
        surface_key=surface_digest(workspace, options),
        most_bytes=most_bytes,
    )


def _quality(
    workspace: Workspace,
    options: CoverageOptions,
    inputs: Inputs,
    wanted: tuple[float, float, float, float],
    *,
    cancelled: Callable[[], bool] | None,
) -> dict[str, Quality]:
    found = quality(
        inputs.transmitters,
        inputs.surface,
        levels=data.levels(),
        limits=limits(),
        traffic=Traffic(
            load_share=data.setting("cell_load_share"),
            noise_figure_db=data.setting("noise_figure_db"),
            tdd_share=data.setting("tdd_downlink_share"),
            resource_share=data.setting("user_resource_share"),
            n_layers=int(data.setting("n_layers")),
            schemes=data.coding_schemes(),
        ),
        tdd_bands=frozenset(band.name for band in data.bands().values() if band.tdd),
        model=options.model,
        dense=workspace.is_dense(),
        receiver_height_m=data.setting("receiver_height_m"),
        allowance_db=data.setting("radius_allowance_db"),
        correction=inputs.correction,
        cancelled=cancelled,
        store=_losses(workspace, options, inputs),
    )
    _, part = inputs.surface.grid.window(wanted)
    return {operator: one.cut(part) for operator, one in found.items()}


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
        No outline, no site of any operator, or no correction of the name asked for.
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
    if options.model not in (AUTO, PROFILE, *MODELS):
        raise InputError("model_unknown", model=options.model, known=", ".join((PROFILE, *MODELS)))
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
        antennas=antenna.available(workspace),
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
    _require_memory(boundary, options, n_operators=len(wanted))
    surface = _surface(workspace, options, boundary)
    return Inputs(
        transmitters=judged(used, surface, urban_rule()),
        operators=wanted,
        surface=surface,
        boundary=boundary,
        masts=MappingProxyType({name: _outside(sites, cells, name, boundary, workspace) for name in wanted}),
        correction=correction.read(workspace, options.calibration),
    )


def _require_memory(boundary: shapely.Geometry, options: CoverageOptions, *, n_operators: int) -> None:
    # Surface and line-of-sight blocks once, power, server and flags twice for each operator.
    cell_m = options.cell_m or data.setting("coverage_cell_m")
    west_m, south_m, east_m, north_m = boundary.buffer(data.setting("around_m")).bounds
    area_m2 = (east_m - west_m) * (north_m - south_m)
    per_cell = SURFACE_BYTES + OPERATOR_BYTES * n_operators
    budget = data.setting("memory_budget_gb") * 1e9
    needed = area_m2 / cell_m**2 * per_cell
    if needed > budget:
        fitting_m = math.ceil(math.sqrt(area_m2 * per_cell / budget))
        raise InputError(
            "memory_budget",
            needed_gb=needed / 1e9,
            budget_gb=budget / 1e9,
            cell_m=cell_m,
            fitting_m=fitting_m,
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


def urban_rule() -> UrbanRule:
    """
    When the surroundings of a mast count as urban.

    Returns
    -------
    rule
        From ``data/models/settings.csv``.
    """
    return UrbanRule(
        around_m=data.setting("urban_around_m"),
        clutter_m=data.setting("urban_clutter_m"),
        from_share=data.setting("urban_from_share"),
        to_share=data.setting("urban_to_share"),
    )


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


def _percent(inputs: Inputs, coverage: Coverage, operator: str, *, model: str, dense: bool) -> Bytes:
    # Where nothing certain covers and something unknown could, the probability is not known either.
    place = {item.id: item for item in inputs.transmitters}
    percent = served_percent(
        coverage,
        operator,
        [place[name] for name in coverage.transmitter_ids],
        receiver_height_m=data.setting("receiver_height_m"),
        model=model,
        dense=dense,
    )
    percent[coverage.state(operator) == State.UNKNOWN] = runs.UNKNOWN_PERCENT
    return percent


def _assumptions(
    inputs: Inputs, options: CoverageOptions, coverage: Coverage, opened: Mapping[str, Booleans]
) -> tuple[str, ...]:
    inside = zones.inside(coverage.grid, inputs.boundary)
    made = {
        "assumption.flat_ground": options.assume_flat_m is not None,
        "assumption.clutter": options.assume_clutter_m is not None,
        "assumption.calibration": options.calibration is not None,
        "assumption.antenna": any(item.is_assumed for item in inputs.transmitters),
        "assumption.antenna_missing": any("antenna" in item.assumed for item in inputs.transmitters),
        "assumption.open_border": any((cells & inside).any() for cells in opened.values()),
        "assumption.traffic": options.speed,
        "assumption.indoor": options.indoor,
        "assumption.extended_height": bool(sum(coverage.extended.values())),
        "assumption.outside_model": bool(coverage.outside_model),
    }
    return tuple(key for key, holds in made.items() if holds)
