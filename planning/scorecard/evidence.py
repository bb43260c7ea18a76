"""What the indicators read: one reading of the workspace, cut to one commune where asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo import io
from geo.coverage import State
from geo.grid import Grid
from geo.probability import ExpectedPeople
from geo.raster import Raster
from geo.receiver import OutdoorCells
from geo.units import Booleans, Bytes, Floats, Integers
from geo.zones import assign
from planning import data, fiber, gap, indicators, target
from planning.fiber import Plant
from planning.people import Settlement, settle
from planning.runs import ANY, CoverageRun
from planning.scorecard.reading import NOWHERE
from planning.target import PlaceState, TargetState
from planning.workspace import Workspace

TABLES = (
    "place",
    "wifi",
    "road",
    "zone",
    "site",
    "cell",
    "fiber_node",
    "fiber_span",
    "passive",
    "camera",
    "sensor",
    "power",
    "survey",
    "proposal",
    "audit",
)
"""Layers that the indicators read beside hamlets, houses and the estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mobile:
    """
    The coverage estimate at people and over land.

    Parameters
    ----------
    found
        The estimate.
    grid
        Its grid.
    states, assumed
        Operator, ``any`` or ``two_or_more`` to state and doubt at the people points.
    land
        Operator or ``any`` to the raster of states.
    expected
        As ``planning.indicators`` gives it.
    pairs
        Outdoor cells around the houses.
    speed
        Operator or ``any`` to the state of the target of speed at the people points; empty where none was
        estimated.
    indoor
        Class of houses to operator, ``any`` or ``two_or_more`` to the state inside; empty where none was
        estimated.
    """

    found: CoverageRun
    grid: Grid
    states: Mapping[str, Bytes]
    assumed: Mapping[str, Booleans]
    land: Mapping[str, Raster]
    expected: Mapping[str, ExpectedPeople]
    pairs: OutdoorCells
    speed: Mapping[str, Bytes] = field(default_factory=lambda: MappingProxyType({}))
    indoor: Mapping[str, Mapping[str, Bytes]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    Everything the indicators of one area read.

    Parameters
    ----------
    settlement
        Its people and hamlets.
    outline
        Its outline in the CRS of the calculation.
    hamlets
        Table of its hamlets, in the order of ``settlement.hamlets``, projected.
    tables
        Layer to the rows inside the outline, projected; rows without a shape stay where they belong to one
        of the hamlets or the layer knows no shapes.
    mobile
        The coverage estimate; None where none could be made.
    floor
        The 4G estimate, likewise.
    places, wifi, fiber
        As ``planning.target`` gives them.
    plant
        Fibre access points and the network around the area.
    today
        Present day.
    """

    settlement: Settlement
    outline: shapely.Geometry
    hamlets: gpd.GeoDataFrame
    tables: Mapping[str, gpd.GeoDataFrame]
    mobile: Mobile | None
    floor: Mobile | None
    places: tuple[PlaceState, ...]
    wifi: TargetState
    fiber: TargetState
    plant: Plant
    today: dt.date

    @property
    def n_hamlets(self) -> int:
        """Number of hamlets."""
        return len(self.settlement.hamlets)

    @property
    def hamlet_names(self) -> tuple[str, ...]:
        """Names of the hamlets, in order."""
        return tuple(hamlet.name for hamlet in self.settlement.hamlets)

    def hamlet_of(self, x_m: Floats, y_m: Floats) -> Integers:
        """
        Hamlet of each point.

        Parameters
        ----------
        x_m, y_m
            Points in the CRS of the calculation [m], shape (n,).

        Returns
        -------
        hamlet
            Index, ``NOWHERE`` for none, shape (n,).
        """
        if not len(x_m) or self.hamlets.empty:
            return np.full(len(x_m), NOWHERE, dtype=np.int64)
        shapes = [None if shape is None or shape.is_empty else shape for shape in self.hamlets.geometry]
        zone, _ = assign(x_m, y_m, shapes, max_distance_m=data.setting("near_hamlet_max_m"))
        return zone

    def state_at(self, x_m: Floats, y_m: Floats, operator: str) -> Bytes:
        """
        State of the estimate outdoors at points.

        Parameters
        ----------
        x_m, y_m
            Points in the CRS of the calculation [m], shape (n,).
        operator
            Operator or ``any``.

        Returns
        -------
        state
            Values of ``geo.coverage.State``, shape (n,); unknown where there is no estimate.
        """
        if self.mobile is None:
            return np.full(len(x_m), State.UNKNOWN, dtype=np.uint8)
        values = self.mobile.land[operator].sample(x_m, y_m)
        state: Bytes = np.where(values <= State.UNKNOWN, values, State.UNKNOWN).astype(np.uint8)
        return state


def gather(
    workspace: Workspace,
    found: CoverageRun | None,
    *,
    floor: CoverageRun | None = None,
    commune: str | None,
    today: dt.date,
) -> Evidence:
    """
    Read everything once.

    Parameters
    ----------
    workspace
        The workspace.
    found
        The coverage estimate, or None.
    floor
        The 4G estimate, or None.
    commune
        Code of one commune, or None for the whole workspace.
    today
        Present day.

    Returns
    -------
    evidence
        For every indicator.

    Raises
    ------
    NotFoundError
        There is no outline, or no commune of that code.
    """
    settlement = settle(workspace, commune=commune)
    outline = settlement.outline if settlement.outline is not None else workspace.boundary()
    hamlets = workspace.store.read("hamlet").to_crs(workspace.calc_epsg).set_index("id", drop=False)
    hamlets = hamlets.loc[[hamlet.id for hamlet in settlement.hamlets]].reset_index(drop=True)
    own = frozenset(hamlets["id"])
    plant = fiber.read(workspace, outline)
    mobile = None if found is None else _mobile(found, settlement, None)
    return Evidence(
        settlement=settlement,
        outline=outline,
        hamlets=hamlets,
        tables=MappingProxyType({name: _inside(workspace, name, outline, own) for name in TABLES}),
        mobile=mobile,
        floor=None if floor is None else _mobile(floor, settlement, mobile),
        places=() if found is None else target.places(workspace, found, settlement),
        wifi=target.wifi(workspace, settlement),
        fiber=target.fiber(workspace, settlement, plant=plant),
        plant=plant,
        today=today,
    )


def _mobile(found: CoverageRun, settlement: Settlement, like: Mobile | None) -> Mobile:
    # Estimates of one workspace share their grid as a rule: the cells around the houses are found once.
    same = like is not None and io.read(found.state_paths[ANY]).grid == like.grid
    pairs = like.pairs if same and like is not None else gap.around_houses(found, settlement)
    grid, states, assumed = gap.at_people(found, settlement, pairs=pairs)
    return Mobile(
        pairs=pairs,
        found=found,
        grid=grid,
        states=MappingProxyType(states),
        assumed=MappingProxyType(assumed),
        land=MappingProxyType({name: io.read(found.state_paths[name]) for name in (*found.operators, ANY)}),
        expected=indicators.expected(found, settlement, pairs=pairs),
        speed=indicators.fast_states(found, settlement, pairs=pairs),
        indoor=indicators.indoor_states(found, settlement, pairs=pairs),
    )


def _inside(
    workspace: Workspace, name: str, outline: shapely.Geometry, own: frozenset[str]
) -> gpd.GeoDataFrame:
    table = workspace.store.read(name).to_crs(workspace.calc_epsg)
    shapes = table.geometry.to_numpy()
    shapely.prepare(outline)
    belongs = np.ones(len(table), dtype=bool)
    if "hamlet_id" in table:
        belongs = (table["hamlet_id"].isin(own) | table["hamlet_id"].isna()).to_numpy()
    kept = np.where(shapely.is_missing(shapes), belongs, shapely.intersects(outline, shapes))
    return table[kept].reset_index(drop=True)


def not_told(evidence: Evidence) -> tuple[str, ...]:
    """
    Operators of which the estimate knows nothing.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    operators
        Operators expected to hand in data, of the kind the workspace holds (real or sample), without any
        transmitter in the estimate.
    """
    if evidence.mobile is None:
        return ()
    known = evidence.mobile.found.operators
    is_sample = any(one.is_sample for one in data.operators() if one.id in known)
    return tuple(
        one.id
        for one in data.operators()
        if one.is_active and one.is_sample == is_sample and one.id not in known
    )


def runs_of(evidence: Evidence) -> str:
    """
    Digest of the estimate that the evidence rests on.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    digest
        Its digest, or "" where there is none.
    """
    return "" if evidence.mobile is None else evidence.mobile.found.digest
