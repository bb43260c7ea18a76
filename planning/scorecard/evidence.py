"""What the indicators read: one reading of the workspace, cut to one commune where asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo import io
from geo.coverage import State
from geo.grid import Grid
from geo.raster import Raster
from geo.receiver import OutdoorCells
from geo.units import Array, Booleans, Bytes, Floats, Integers
from geo.zones import assign
from planning import data, fiber, gap, indicators, target
from planning.fiber import Plant, Reached
from planning.people import Settlement, settle
from planning.people import part as people_part
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
    chance
        Operator, ``any`` or ``two_or_more`` to the probability of a signal at the people points.
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
    chance: Mapping[str, Floats]
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
    reached, places_reached
        Fibre at the people points, and at the rows of the table ``place``.
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
    reached: Reached
    places_reached: Reached
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
    tables = {name: _inside(workspace, name, outline, own) for name in TABLES}
    plant = fiber.read(workspace, outline)
    people = settlement.people
    reached = fiber.reach(plant.access, plant.along, people.x_m, people.y_m)
    mobile = None if found is None else _mobile(found, settlement, None)
    return Evidence(
        settlement=settlement,
        outline=outline,
        hamlets=hamlets,
        tables=MappingProxyType(tables),
        mobile=mobile,
        floor=None if floor is None else _mobile(floor, settlement, mobile),
        places=() if found is None else target.places(workspace, found, settlement),
        wifi=target.wifi(workspace, settlement),
        fiber=target.count_fiber(hamlets, settlement, reached),
        reached=reached,
        places_reached=_at_places(plant, tables["place"]),
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
        chance=indicators.chances(found, settlement, pairs=pairs),
        speed=indicators.fast_states(found, settlement, pairs=pairs),
        indoor=indicators.indoor_states(found, settlement, pairs=pairs),
    )


def _at_places(plant: Plant, places: gpd.GeoDataFrame) -> Reached:
    """Fibre at each place; one without a position is unknown."""
    shapes = places.geometry.to_numpy()
    placed = ~shapely.is_missing(shapes)
    found = fiber.reach(
        plant.access, plant.along, shapely.get_x(shapes[placed]), shapely.get_y(shapes[placed])
    )
    state = np.full(len(places), State.UNKNOWN, dtype=np.uint8)
    assumed = np.zeros(len(places), dtype=bool)
    asked = np.full(len(places), "", dtype=object)
    state[placed], assumed[placed], asked[placed] = found.state, found.assumed, found.asked
    return Reached(state=state, assumed=assumed, asked=asked)


def part(evidence: Evidence, outline: shapely.Geometry, *, registered: float | None) -> Evidence:
    """
    The evidence of one commune out of that of a whole workspace, without reading anything again.

    Parameters
    ----------
    evidence
        Evidence of the whole workspace.
    outline
        Outline of the commune, in the CRS of the calculation.
    registered
        Its registered population, where known.

    Returns
    -------
    evidence
        What :func:`gather` would read for the commune.
    """
    settlement, kept = people_part(evidence.settlement, outline, registered=registered)
    own = frozenset(hamlet.id for hamlet in settlement.hamlets)
    hamlets = evidence.hamlets[evidence.hamlets["id"].isin(own)].reset_index(drop=True)
    chosen = {name: _rows_inside(table, outline, own) for name, table in evidence.tables.items()}
    tables = {
        name: table.iloc[chosen[name]].reset_index(drop=True) for name, table in evidence.tables.items()
    }
    names = frozenset(tables["place"]["id"])
    reached = fiber.chosen(evidence.reached, kept)
    return replace(
        evidence,
        settlement=settlement,
        outline=outline,
        hamlets=hamlets,
        tables=MappingProxyType(tables),
        mobile=None if evidence.mobile is None else _points(evidence.mobile, kept),
        floor=None if evidence.floor is None else _points(evidence.floor, kept),
        places=tuple(one for one in evidence.places if one.id in names),
        wifi=target.of_places([one for one in evidence.wifi.items if one.id in names], evidence.wifi),
        fiber=target.count_fiber(hamlets, settlement, reached),
        reached=reached,
        places_reached=fiber.chosen(evidence.places_reached, chosen["place"]),
    )


def _points(mobile: Mobile, kept: Booleans) -> Mobile:
    def those(values: Mapping[str, Array]) -> Mapping[str, Array]:
        return MappingProxyType({name: value[kept] for name, value in values.items()})

    return replace(
        mobile,
        states=those(mobile.states),
        assumed=those(mobile.assumed),
        chance=those(mobile.chance),
        speed=those(mobile.speed),
        indoor=MappingProxyType({kind: those(states) for kind, states in mobile.indoor.items()}),
    )


def _inside(
    workspace: Workspace, name: str, outline: shapely.Geometry, own: frozenset[str]
) -> gpd.GeoDataFrame:
    table = workspace.store.read(name).to_crs(workspace.calc_epsg)
    return table.iloc[_rows_inside(table, outline, own)].reset_index(drop=True)


def _rows_inside(table: gpd.GeoDataFrame, outline: shapely.Geometry, own: frozenset[str]) -> Integers:
    """Rows whose shape touches an outline, and those without one that belong there or to nobody else."""
    missing = shapely.is_missing(table.geometry.to_numpy())
    belongs = missing.copy()
    if "hamlet_id" in table:
        belongs &= (table["hamlet_id"].isin(own) | table["hamlet_id"].isna()).to_numpy()
    touched = table.sindex.query(outline, predicate="intersects")
    rows: Integers = np.union1d(np.flatnonzero(belongs), touched).astype(np.int64)
    return rows


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
