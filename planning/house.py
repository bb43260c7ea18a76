"""Vì sao chưa có?: what is known of one house, by operator and by fibre, and what stands nearby."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.coverage import State
from geo.crs import transform
from planning import data, fiber, remedy
from planning.fiber import Access
from planning.remedy import Around, Neighbour
from planning.runs import ANY
from planning.workspace import Workspace

NAMES = MappingProxyType({State.COVERED: "covered", State.UNCOVERED: "uncovered", State.UNKNOWN: "unknown"})
NEAR_M = 60.0  # a click this far from a house still means it


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """
    One house, or a place without one.

    Parameters
    ----------
    lon, lat
        The place [°].
    hamlet
        Hamlet, or "".
    is_house
        True where a house of the data stands there.
    mobile
        Operator or ``any`` to ``covered``, ``uncovered`` or ``unknown``, by the estimate.
    fiber
        The same of fibre of the target speed.
    fiber_reason
        Text key of why there is no fibre: ``house.fiber.<reason>``; "" where there is.
    nearby
        Nearest thing of each kind.
    """

    lon: float
    lat: float
    hamlet: str
    is_house: bool
    mobile: Mapping[str, str]
    fiber: str
    fiber_reason: str
    nearby: tuple[Neighbour, ...]


def at(workspace: Workspace, around: Around, lon: float, lat: float) -> House:
    """
    What is known of the house at a place.

    Parameters
    ----------
    workspace
        The workspace.
    around
        What ``planning.remedy.read`` gives for its area.
    lon, lat
        The place [°].

    Returns
    -------
    house
        Judged at the house nearest to the place, where one stands within 60 m; else at the place itself.
    """
    evidence = around.evidence
    x, y = transform(np.array([lon]), np.array([lat]), epsg_from=4326, epsg_to=workspace.calc_epsg)
    x_m, y_m = float(x[0]), float(y[0])
    people = evidence.settlement.people
    away_m = np.hypot(people.x_m - x_m, people.y_m - y_m)
    nearest = int(np.argmin(away_m)) if len(away_m) else -1
    is_house = nearest >= 0 and away_m[nearest] <= NEAR_M and people.building[nearest] >= 0
    if is_house:
        x_m, y_m = float(people.x_m[nearest]), float(people.y_m[nearest])
    point = np.array([x_m]), np.array([y_m])
    zone = int(evidence.hamlet_of(*point)[0])
    operators = () if evidence.mobile is None else (*evidence.mobile.found.operators, ANY)
    states = {
        operator: int(evidence.mobile.states[operator][nearest])
        if is_house and evidence.mobile is not None
        else int(evidence.state_at(*point, operator)[0])
        for operator in operators
    }
    lacking = frozenset(name for name, state in states.items() if name != ANY and state != State.COVERED)
    plant = fiber.read(workspace, shapely.Point(x_m, y_m).buffer(2 * data.setting("drop_distance_m")))
    reached = fiber.reach(plant.access, plant.along, *point)
    fibre = NAMES[State(int(reached.state[0]))]
    return House(
        lon=lon,
        lat=lat,
        hamlet=evidence.hamlet_names[zone] if zone >= 0 else "",
        is_house=is_house,
        mobile=MappingProxyType({name: NAMES[State(state)] for name, state in states.items()}),
        fiber=fibre,
        fiber_reason="" if fibre == "covered" else _why(plant.access, x_m, y_m),
        nearby=remedy.nearest(around, x_m, y_m, lacking if len(lacking) == 1 else frozenset()),
    )


def _why(access: Access, x_m: float, y_m: float) -> str:
    """The reason that would have to go: of the access points in a straight line, what keeps them away."""
    if not len(access.x_m):
        return "nothing_known"
    near = cKDTree(np.column_stack([access.x_m, access.y_m])).query_ball_point(
        (x_m, y_m), data.setting("drop_distance_m")
    )
    if not near:
        return "too_far"
    fast = access.speed_gbps[near] >= data.setting("fiber_speed_gbps")
    if np.isnan(access.speed_gbps[near]).all():
        return "speed_unknown"
    if not fast.any():
        return "slow"
    if access.is_full[near][fast].all():
        return "full"
    return "dark" if (access.is_dark | access.is_full)[near][fast].all() else "way_too_long"
