"""Doubts about masts and cells that radio, ground and antennas show: on import, and beside an estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import io, zones
from geo.channel import bands_at
from geo.errors import CrsError, FileError, NotFoundError, ShapeError
from geo.field import choose
from geo.propagation import MODELS
from geo.radio import Transmitter, nr_arfcn_to_mhz
from geo.raster import Raster
from geo.units import Booleans, Floats
from layers.cell import antenna_key, edges, watts_as_dbm
from layers.issue import Issue, Severity
from layers.spec import LayerSpec
from planning import antenna, coverage, data
from planning.scenario import CoverageOptions
from planning.workspace import Workspace

CHANNELS = (0, 3_279_165)
"""First and last number of the global raster (TS 38.104 Table 5.4.2.1-1)."""

NAMED = 5
"""Cells named in a doubt about an estimate."""


def of_rows(
    table: gpd.GeoDataFrame, spec: LayerSpec, row_numbers: Sequence[int]
) -> tuple[gpd.GeoDataFrame, tuple[Issue, ...]]:
    """
    Doubts about the rows of a file for ``cell`` or ``measurement``; other layers have none.

    Parameters
    ----------
    table
        Rows of the layer, not yet checked.
    spec
        The layer.
    row_numbers
        Row of each as its user sees it.

    Returns
    -------
    table
        The same, without numbers that cannot be.
    issues
        ``power_watts`` is asked: a power that reads better in watts. ``antenna_under_ground``,
        ``height_outside_models`` and ``frequency_outside_models`` tell of antennas that no model holds for;
        ``channel_unlike`` is asked and ``channel_unknown`` warns of a channel number (NR-ARFCN).
    """
    if spec.name == "measurement":
        return table, tuple(_channels(table, row_numbers))
    if spec.name != "cell" or table.empty:
        return table, ()
    found = [
        *_channels(table, row_numbers),
        *_powers(table, row_numbers),
        *_heights(table, row_numbers),
        *_frequencies(table, row_numbers),
    ]
    kept = table.copy()
    for name, most in (("tx_power_dbm", _most_dbm()), ("height_m", None)):
        if name in kept.columns:
            values = pd.to_numeric(kept[name], errors="coerce").astype("Float64")
            wrong = (values > most) if most is not None else (values <= 0.0)
            kept.loc[wrong.fillna(value=False), name] = None
    if "nr_arfcn" in kept.columns:
        strange = {one.row for one in found if one.code == "channel_unknown"}
        kept.loc[[row in strange for row in row_numbers], "nr_arfcn"] = None
    return kept, tuple(found)


def of_places(
    workspace: Workspace, table: gpd.GeoDataFrame, spec: LayerSpec, row_numbers: Sequence[int]
) -> tuple[Issue, ...]:
    """
    Doubts about rows in the light of a workspace.

    Parameters
    ----------
    workspace
        The workspace.
    table
        Rows of the layer, EPSG:4326.
    spec
        The layer; only ``site`` and ``cell`` have such doubts.
    row_numbers
        Row of each as its user sees it.

    Returns
    -------
    issues
        ``mast_off_surface``: it stands where the terrain of the workspace has no height;
        ``antenna_unknown`` is asked: a cell names an antenna that nobody has.
    """
    if spec.name not in ("site", "cell") or table.empty:
        return ()
    found = []
    terrain = _terrain(workspace)
    if terrain is not None:
        here = table.geometry.to_crs(terrain.grid.epsg).to_numpy()
        off = _off(terrain, shapely.get_x(here), shapely.get_y(here))
        near = workspace.boundary().buffer(data.setting("around_m"))
        off &= shapely.intersects(near, table.geometry.to_crs(workspace.calc_epsg).to_numpy())
        found = [
            _row("mast_off_surface", Severity.WARNING, row_numbers[i]) for i in np.flatnonzero(off).tolist()
        ]
    known = antenna.available(workspace)
    for place, name in enumerate(table["antenna"] if "antenna" in table.columns else ()):
        if antenna_key(name) and antenna_key(name) not in known:
            facts = {"value": str(name), "known": ", ".join(antenna.names(workspace))}
            found.append(_row("antenna_unknown", Severity.ASK, row_numbers[place], "antenna", facts))
    return tuple(found)


def of_estimate(workspace: Workspace, options: CoverageOptions) -> tuple[Issue, ...]:
    """
    Doubts about what an estimate rests on; each names the cells it concerns.

    Parameters
    ----------
    workspace
        The workspace.
    options
        The choices of the estimate.

    Returns
    -------
    issues
        ``run_power_watts`` and ``run_antenna_unknown`` are asked; ``run_mast_missing``,
        ``run_mast_off_surface``, ``run_model_outside`` and ``run_terrain_unknown`` warn.

    Raises
    ------
    PlannerError
        As for ``coverage.read_inputs``.
    """
    inputs = coverage.read_inputs(workspace, options)
    cells, sites = workspace.store.read("cell"), workspace.store.read("site")
    used = {item.id: item for item in inputs.transmitters}
    rows = [row for row in cells.to_dict("records") if row["id"] in used]
    known = set(sites["id"])
    watts = [str(row["id"]) for row in rows if _in_watts_dbm(row) is not None]
    lost = [str(row["id"]) for row in rows if row["site_id"] not in known]
    unknown = [item.id for item in inputs.transmitters if "antenna" in item.assumed]
    dense = workspace.is_dense()
    outside = [item.id for item in inputs.transmitters if _is_outside(item, options, dense=dense)]
    grid, ground_m = inputs.surface.grid, inputs.surface.ground_m
    surface = Raster(grid=grid, values=ground_m, unit="m")
    masts = list(used.values())
    off = _off(surface, np.array([one.x_m for one in masts]), np.array([one.y_m for one in masts]))
    inside = zones.inside(grid, inputs.boundary)
    share = float(np.isnan(ground_m[inside]).mean()) if inside.any() else 0.0
    told = [
        *_cells("run_power_watts", Severity.ASK, watts),
        *_cells("run_antenna_unknown", Severity.ASK, unknown),
        *_cells("run_mast_missing", Severity.WARNING, lost),
        *_cells("run_mast_off_surface", Severity.WARNING, [masts[i].id for i in np.flatnonzero(off)]),
        *_cells("run_model_outside", Severity.WARNING, outside),
    ]
    if share > 0.0:
        facts = {"percent": round(100.0 * share, 1)}
        told.append(Issue(code="run_terrain_unknown", severity=Severity.WARNING, facts=facts))
    return tuple(told)


def _cells(code: str, severity: Severity, ids: Sequence[str]) -> Iterable[Issue]:
    if ids:
        shown = ", ".join(ids[:NAMED]) + (" …" if len(ids) > NAMED else "")
        yield Issue(code=code, severity=severity, facts={"n": len(ids), "cells": shown})


def _row(
    code: str,
    severity: Severity,
    row: int,
    column: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> Issue:
    return Issue(code=code, severity=severity, row=row, column=column, facts=facts or {})


def _most_dbm() -> float:
    return max(one.most_dbm for one in data.power_ranges().values())


def _in_watts_dbm(row: Mapping[str, object]) -> float | None:
    return watts_as_dbm(row, bands=data.bands(), defaults=data.cell_defaults(), ranges=data.power_ranges())


def _powers(table: gpd.GeoDataFrame, row_numbers: Sequence[int]) -> Iterable[Issue]:
    if "tx_power_dbm" not in table.columns:
        return
    for row, record in zip(row_numbers, table.to_dict("records"), strict=True):
        dbm = _in_watts_dbm(record)
        if dbm is not None:
            facts = {"value": record["tx_power_dbm"], "dbm": round(dbm, 1)}
            yield _row("power_watts", Severity.ASK, row, "tx_power_dbm", facts)


def _heights(table: gpd.GeoDataFrame, row_numbers: Sequence[int]) -> Iterable[Issue]:
    ranges = [one.extended_tx_height_m for name, one in MODELS.items() if name != "free_space"]
    low_m, high_m = min(low for low, _ in ranges), max(high for _, high in ranges)
    for place, value in enumerate(_numbers(table, "height_m")):
        if value <= 0.0:
            facts: dict[str, object] = {"value": float(value)}
            yield _row("antenna_under_ground", Severity.ERROR, row_numbers[place], "height_m", facts)
        elif not low_m <= value <= high_m and value == value:
            facts = {"value": float(value), "low": low_m, "high": high_m}
            yield _row("height_outside_models", Severity.WARNING, row_numbers[place], "height_m", facts)


def _frequencies(table: gpd.GeoDataFrame, row_numbers: Sequence[int]) -> Iterable[Issue]:
    ranges = [one.frequency_mhz for name, one in MODELS.items() if name != "free_space"]
    low_mhz, high_mhz = min(low for low, _ in ranges), max(high for _, high in ranges)
    for place, value in enumerate(_numbers(table, "frequency_mhz")):
        if value == value and not low_mhz <= value <= high_mhz:
            facts = {"value": float(value), "low": low_mhz, "high": high_mhz}
            yield _row(
                "frequency_outside_models", Severity.WARNING, row_numbers[place], "frequency_mhz", facts
            )


def _channels(table: gpd.GeoDataFrame, row_numbers: Sequence[int]) -> Iterable[Issue]:
    ends = edges(data.bands())
    low, high = CHANNELS
    stated_mhz = _numbers(table, "frequency_mhz")
    named = table["band"] if "band" in table.columns else [None] * len(table)
    for place, (channel, band) in enumerate(zip(_numbers(table, "nr_arfcn"), named, strict=True)):
        if not low <= channel <= high:
            continue  # there is none
        mhz = float(nr_arfcn_to_mhz(channel))
        bands = bands_at(mhz, ends)
        facts: dict[str, object] = {"value": int(channel), "mhz": round(mhz, 2), "bands": ", ".join(bands)}
        wanted = [band] if band in ends else list(bands_at(stated_mhz[place], ends))
        if not bands:
            yield _row("channel_unknown", Severity.WARNING, row_numbers[place], "nr_arfcn", facts)
        elif wanted and not set(wanted) & set(bands):
            facts["stated"] = ", ".join(wanted)
            yield _row("channel_unlike", Severity.ASK, row_numbers[place], "nr_arfcn", facts)


def _numbers(table: gpd.GeoDataFrame, name: str) -> Floats:
    if name not in table.columns:
        return np.full(len(table), np.nan)
    values: Floats = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _is_outside(sector: Transmitter, options: CoverageOptions, *, dense: bool) -> bool:
    height_m = data.setting("receiver_height_m")
    return choose(sector, model=options.model, dense=dense, receiver_height_m=height_m) is None


def _terrain(workspace: Workspace) -> Raster | None:
    try:
        return io.read(workspace.rasters / "terrain.tif")
    except (NotFoundError, FileError, CrsError, ShapeError):
        return None  # none, or one of another kind: nothing can be said from it


def _off(terrain: Raster, x_m: Floats, y_m: Floats) -> Booleans:
    heights = np.full(len(x_m), np.nan)
    placed = np.isfinite(x_m) & np.isfinite(y_m)
    heights[placed] = terrain.sample(x_m[placed], y_m[placed])
    off: Booleans = placed & np.isnan(heights)
    return off
