"""Targets beside mobile coverage of people: places, free Wi-Fi, fibre; each counted in three states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo import io
from geo.coverage import State
from geo.gap import TOLERANCE, Figures, tally, tally_zones
from geo.units import Array, Floats
from planning import data
from planning import fiber as fiber_access
from planning.fiber import Reached
from planning.people import Settlement
from planning.runs import ANY, CoverageRun
from planning.workspace import Workspace

WIFI_KINDS = ("cultural_house", "commune_centre")
STATE_NAMES = MappingProxyType(
    {State.COVERED: "covered", State.UNCOVERED: "uncovered", State.UNKNOWN: "unknown"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceState:
    """
    A place and whether it is served.

    Parameters
    ----------
    id, name, kind
        Key, name, kind of place.
    hamlet
        Hamlet, or "".
    state
        ``covered``, ``uncovered`` or ``unknown``.
    note_key
        Text key of what decided, or "".
    """

    id: str
    name: str
    kind: str
    hamlet: str
    state: str
    note_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HamletCount:
    """
    Households of a hamlet in three states.

    Parameters
    ----------
    id, name
        Key and name of the hamlet.
    figures
        Its households; the total is 0 where their number is not known.
    """

    id: str
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """
    A target counted in three states.

    Parameters
    ----------
    figures
        Counts of places or households.
    items
        The places counted; empty for households.
    note_key
        Text key of what the count rests on.
    hamlets
        Households of each hamlet; empty for places.
    asked
        Operator to the households whose fibre rests on what that operator has not told: free ports, light
        enough, speed; empty for places.
    """

    figures: Figures
    items: tuple[PlaceState, ...]
    note_key: str
    hamlets: tuple[HamletCount, ...] = ()
    asked: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


def places(workspace: Workspace, found: CoverageRun, settlement: Settlement) -> tuple[PlaceState, ...]:
    """
    Outdoor mobile coverage at places.

    Parameters
    ----------
    workspace
        The workspace.
    found
        The coverage estimate.
    settlement
        Its people; where they are those of one commune, so are the places.

    Returns
    -------
    states
        One record for each place: covered where at least one operator covers its cell; unknown without a
        position.
    """
    table = _inside(workspace, settlement, workspace.store.read("place"))
    raster = io.read(found.state_paths[ANY])
    placed = table.geometry.notna().to_numpy()
    state = np.full(len(table), float(State.UNKNOWN))
    points = table.geometry[placed].to_crs(workspace.calc_epsg)
    state[placed] = np.nan_to_num(raster.sample(points.x, points.y), nan=float(State.UNKNOWN))
    return tuple(
        _place(row, STATE_NAMES[State(int(value))], "" if has_place else "gap.place.no_position")
        for row, value, has_place in zip(table.to_dict("records"), state, placed, strict=True)
    )


def _inside(workspace: Workspace, settlement: Settlement, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # Of one commune: what lies in it, and what has no position but belongs to a hamlet of it.
    if settlement.outline is None:
        return table
    points = table.geometry.to_crs(workspace.calc_epsg).to_numpy()
    own = table["hamlet_id"].isin([hamlet.id for hamlet in settlement.hamlets]).to_numpy()
    shapely.prepare(settlement.outline)
    kept = np.where(shapely.is_missing(points), own, shapely.intersects(settlement.outline, points))
    return table[kept].reset_index(drop=True)


def _place(row: Mapping[str, object], state: str, note_key: str) -> PlaceState:
    return PlaceState(
        id=str(row["id"]),
        name=_word(row["name"]),
        kind=_word(row["kind"]),
        hamlet=_word(row["hamlet"]),
        state=state,
        note_key=note_key,
    )


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def wifi(workspace: Workspace, settlement: Settlement) -> TargetState:
    """
    Free Wi-Fi at cultural houses and the commune centre.

    Parameters
    ----------
    workspace
        The workspace.
    settlement
        Its people; where they are those of one commune, so are the places.

    Returns
    -------
    target
        A place counts where an active free hotspot is linked to it or stands within its radius, or where
        the office states that it has one; as uncovered where it is stated or seen to have none; else as
        unknown.
    """
    places = workspace.store.read("place")
    places = _inside(workspace, settlement, places[places["kind"].isin(WIFI_KINDS)])
    spots = workspace.store.read("wifi").to_crs(workspace.calc_epsg)
    on_air = spots["status"].isna() | (spots["status"] == "operational")
    free = spots[on_air & spots["is_free"].fillna(value=True).astype(bool)]
    radius_m = free["radius_m"].astype(float).fillna(data.setting("wifi_radius_m")).to_numpy()
    points = places.geometry.to_crs(workspace.calc_epsg).to_numpy()
    near = np.zeros(len(points), dtype=bool)
    near[shapely.STRtree(points).query(free.geometry.to_numpy(), "dwithin", radius_m)[1]] = True
    found = near | places["id"].isin(free["place_id"].dropna()).to_numpy(dtype=bool)
    listed = ~shapely.is_missing(points) & (len(spots) > 0)
    items = [
        _place(row, *_wifi_state(row, found=bool(has_spot), listed=bool(is_listed)))
        for row, has_spot, is_listed in zip(places.to_dict("records"), found, listed, strict=True)
    ]
    return TargetState(figures=_count(items), items=tuple(items), note_key="gap.wifi.note")


def of_places(items: Sequence[PlaceState], whole: TargetState) -> TargetState:
    """
    A target of places, of some of them.

    Parameters
    ----------
    items
        The places.
    whole
        The target of all places.

    Returns
    -------
    target
        Counted anew.
    """
    return replace(whole, figures=_count(list(items)), items=tuple(items))


def _wifi_state(row: Mapping[str, object], *, found: bool, listed: bool) -> tuple[str, str]:
    stated = _word(row["wifi_status"])
    if found or stated in ("yes", "weak"):
        return "covered", "gap.wifi.weak" if stated == "weak" and not found else ""
    if stated in ("no", "installing"):
        return "uncovered", f"gap.wifi.{stated}"
    return ("uncovered", "gap.wifi.none_near") if listed else ("unknown", "gap.wifi.not_stated")


def _count(items: list[PlaceState]) -> Figures:
    number = {name: float(sum(item.state == name for item in items)) for name in STATE_NAMES.values()}
    return Figures(
        total=float(len(items)),
        covered=number["covered"],
        uncovered=number["uncovered"],
        unknown=number["unknown"],
        assumed=0.0,
    )


def fiber(workspace: Workspace, settlement: Settlement) -> TargetState:
    """
    Households within drop distance, along streets and cables, of a fibre access point of the target speed.

    Parameters
    ----------
    workspace
        The workspace.
    settlement
        Its people; households are placed like the people of their hamlet.

    Returns
    -------
    target
        As :func:`planning.fiber.reach` finds them. Households of hamlets without people have no place and
        are unknown; so are those of hamlets that state no number, as many as people elsewhere make.
    """
    hamlets = workspace.store.read("hamlet")
    hamlets = hamlets[hamlets["id"].isin([hamlet.id for hamlet in settlement.hamlets])].reset_index(drop=True)
    people = settlement.people
    plant = fiber_access.read(workspace, settlement.outline)
    found = fiber_access.reach(plant.access, plant.along, people.x_m, people.y_m)
    return count_fiber(hamlets, settlement, found)


def count_fiber(hamlets: gpd.GeoDataFrame, settlement: Settlement, found: Reached) -> TargetState:
    """
    Households counted by the fibre at the people points.

    Parameters
    ----------
    hamlets
        Rows of the hamlets of the settlement, in its order.
    settlement
        Its people; households are placed like the people of their hamlet.
    found
        Fibre at the people points.

    Returns
    -------
    target
        As of :func:`fiber`.
    """
    people = settlement.people
    households = _households(hamlets, settlement)
    counted = _by_hamlet(hamlets, settlement, households, found)
    unplaced = math.fsum(row.figures.total for row in counted) - math.fsum(households)
    figures = tally(
        np.append(found.state, np.uint8(State.UNKNOWN)),
        np.append(households, max(0.0, unplaced)),
        np.append(people.assumed | found.assumed, False),
    )
    return TargetState(
        figures=figures,
        items=(),
        note_key="gap.fiber.note",
        hamlets=counted,
        asked=_asked(found.asked, households),
    )


def _asked(asked: Array, households: Floats) -> Mapping[str, float]:
    names = sorted({str(name) for name in asked if name})
    return MappingProxyType({name: float(households[asked == name].sum()) for name in names})


def _by_hamlet(
    hamlets: gpd.GeoDataFrame, settlement: Settlement, households: Floats, found: Reached
) -> tuple[HamletCount, ...]:
    people = settlement.people
    assumed = people.assumed | found.assumed
    placed = tally_zones(found.state, households, assumed, people.zone, n_zones=len(settlement.hamlets))
    stated = _stated(hamlets, settlement)
    return tuple(
        HamletCount(id=hamlet.id, name=hamlet.name, figures=_with_unplaced(figures, float(total)))
        for hamlet, figures, total in zip(settlement.hamlets, placed, stated, strict=True)
    )


def _stated(hamlets: gpd.GeoDataFrame, settlement: Settlement) -> Floats:
    """Households of each hamlet; where none are stated, as many as its people would make elsewhere."""
    people = settlement.people
    stated = hamlets["households"].astype(float).to_numpy()
    held = np.bincount(
        np.maximum(people.zone, 0), weights=people.n_people * (people.zone >= 0), minlength=len(stated)
    )[: len(stated)]
    known = ~np.isnan(stated) & (held > 0)
    each = stated[known].sum() / held[known].sum() if known.any() else 0.0
    return np.where(np.isnan(stated), held * each, stated)


def _with_unplaced(placed: Figures, stated: float) -> Figures:
    """Households that a hamlet states and that have no place: nobody knows whether fibre is near."""
    rest = stated - placed.total
    if rest <= TOLERANCE * stated:
        return placed
    return replace(placed, total=placed.total + rest, unknown=placed.unknown + rest)


def _households(hamlets: gpd.GeoDataFrame, settlement: Settlement) -> Floats:
    stated = hamlets["households"].astype(float).fillna(0.0).to_numpy() if len(hamlets) else np.empty(0)
    people = settlement.people
    held = np.bincount(
        np.maximum(people.zone, 0), weights=people.n_people * (people.zone >= 0), minlength=len(stated)
    )
    each = np.divide(stated, held[: len(stated)], out=np.zeros_like(stated), where=held[: len(stated)] > 0)
    return (
        np.where(people.zone >= 0, people.n_people * each[people.zone], 0.0)
        if len(each)
        else people.n_people * 0
    )
