"""What maps are drawn from: the layers as their readers may see them, and the latest estimate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import WGS84, move
from layers.catalogue import spec_of
from layers.exchange.plate.view import Bounds
from layers.spec import SHARING
from planning.gap import GapResult
from planning.release import Audience, release
from planning.runs import CoverageRun
from planning.workspace import Workspace

LAYERS = (
    "boundary",
    "zone",
    "hamlet",
    "building",
    "road",
    "fiber_span",
    "passive",
    "fiber_node",
    "wifi",
    "place",
)
ALL_LAYERS = (*LAYERS, "site", "proposal", "operator_plan", "coverage5g")
"""Layers that maps on paper draw, in their order, and the one that says which estimates may be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """
    What maps are drawn from.

    Parameters
    ----------
    name
        Name of the area.
    epsg
        Projected CRS of the shapes.
    is_sample
        True where everything is synthetic.
    audience
        Whom the maps are for.
    tables
        Layer to its released rows, shapes in ``epsg``.
    run
        Latest 5G estimate, or None.
    operators
        Operators, ``any`` among them, whose estimate this audience may see.
    result
        Gap analysis of the estimate, or None.
    now
        Moment of drawing.
    language
        ``vi`` or ``en``.
    """

    name: str
    epsg: int
    is_sample: bool
    audience: Audience
    tables: Mapping[str, gpd.GeoDataFrame]
    run: CoverageRun | None
    operators: frozenset[str]
    result: GapResult | None
    now: dt.datetime
    language: str

    @property
    def is_public(self) -> bool:
        """True where anybody may see the maps."""
        return self.audience.sharing == SHARING[0]

    def extent(self) -> Bounds:
        """
        Extent of the area: its outline, else whatever has a place.

        Returns
        -------
        bounds
            West, south, east, north [m]; not-a-number where nothing has a place.
        """
        for layer in ("boundary", "hamlet", "site", "place"):
            table = self.tables.get(layer)
            if table is not None and table.geometry.notna().any():
                return _bounds(table.geometry.dropna().to_numpy())
        return (np.nan,) * 4


def _bounds(shapes: np.ndarray) -> Bounds:
    west, south, east, north = (float(value) for value in shapely.total_bounds(shapes))
    return west, south, east, north


def gather(
    workspace: Workspace,
    *,
    audience: Audience,
    run: CoverageRun | None,
    result: GapResult | None,
    now: dt.datetime,
    language: str,
    layers: Collection[str] = ALL_LAYERS,
    bounds_m: Bounds | None = None,
) -> Stock:
    """
    Read what maps are drawn from, once.

    Parameters
    ----------
    workspace
        The workspace.
    audience
        Whom the maps are for; every row passes ``planning.release``.
    run
        Latest 5G estimate, or None.
    result
        Gap analysis of it, or None.
    now
        Moment of drawing.
    language
        ``vi`` or ``en``.
    layers
        Layers wanted.
    bounds_m
        Only what touches this extent in the CRS of the workspace; None: all.

    Returns
    -------
    stock
        The rows that may be seen.
    """
    box = None if bounds_m is None else _degrees(bounds_m, workspace.calc_epsg)
    tables = {name: _table(workspace, name, audience, box) for name in layers}
    return Stock(
        name=workspace.name,
        epsg=workspace.calc_epsg,
        is_sample=workspace.is_sample,
        audience=audience,
        tables=MappingProxyType(tables),
        run=run,
        operators=_seen(run, tables.get("coverage5g"), audience),
        result=result,
        now=now,
        language=language,
    )


def _table(workspace: Workspace, layer: str, audience: Audience, box: Bounds | None) -> gpd.GeoDataFrame:
    whole = layer in ("boundary", "coverage5g")
    rows = workspace.store.read(layer, bounds=None if whole else box)
    seen = release(rows, spec_of(layer), audience, calc_epsg=workspace.calc_epsg).table
    placed = move(seen.geometry.to_numpy(), epsg_from=WGS84, epsg_to=workspace.calc_epsg)
    return seen.set_geometry(gpd.GeoSeries(list(placed), crs=workspace.calc_epsg, index=seen.index))


def _degrees(bounds_m: Bounds, epsg: int) -> Bounds:
    ring = np.array([shapely.segmentize(shapely.box(*bounds_m), 1000.0)], dtype=object)
    return _bounds(move(ring, epsg_from=epsg, epsg_to=WGS84))


def _seen(run: CoverageRun | None, rows: gpd.GeoDataFrame | None, audience: Audience) -> frozenset[str]:
    if run is None:
        return frozenset()
    if audience.sharing == SHARING[1]:
        return frozenset(run.state_paths)
    own = None if rows is None else rows.loc[rows["run"] == run.digest, "operator"]
    return frozenset() if own is None else frozenset(own) & set(run.state_paths)
