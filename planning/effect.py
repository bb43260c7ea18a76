"""What a mast that is proposed changes: people, hamlets, places, roads, and whom it disturbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import geopandas as gpd
import numpy as np
import shapely

from geo import field
from geo.coverage import State
from geo.grid import Grid
from geo.radio import Transmitter, noise_per_re_dbm
from geo.units import Bytes, Floats, Floats32, Integers, db_to_ratio
from planning import addition, data, planned, window
from planning.addition import Added, Around
from planning.people import Settlement
from planning.runs import ANY, TWO_OR_MORE
from planning.trial import Ready

RING_POINTS = 4
MOST_HAMLETS = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baseline:
    """
    What every evaluation of a workspace needs, read once.

    Parameters
    ----------
    ready
        What trials on the estimate need.
    tables
        Layers around, in the CRS of the calculation.
    inputs
        Name of each input to its digest, those of the proposal left out.
    epsg
        CRS of the calculation.
    """

    ready: Ready
    tables: Mapping[str, gpd.GeoDataFrame]
    inputs: Mapping[str, str]
    epsg: int


def figures(found: Baseline, added: Added) -> dict[str, object]:
    """
    People, hamlets, places and roads before and after.

    Parameters
    ----------
    found
        What every evaluation needs.
    added
        The mast.

    Returns
    -------
    figures
        Outdoors and indoors for its operator, ``any`` and ``two_or_more``; the operator first.
    """
    people = found.ready.settlement.people
    n_people = people.n_people[added.people]
    names = (added.operator, ANY, TWO_OR_MORE)

    def gains(before: Mapping[str, Bytes], after: Mapping[str, Bytes]) -> dict[str, object]:
        return {name: asdict(addition.gain(before[name], after[name], n_people)) for name in names}

    own_now, own_then = added.people_after[added.operator], added.people_before[added.operator]
    newly = (own_now == State.COVERED) & (own_then != State.COVERED)
    served = added.people_before[ANY] == State.COVERED
    total = float(n_people[newly].sum())
    return {
        "outdoor": gains(added.people_before, added.people_after),
        "indoor": gains(added.indoor_before, added.indoor_after),
        "totals": _totals(found, added),
        "served_by_others": float(n_people[newly & served].sum()),
        "nobody_else": float(n_people[newly & ~served].sum()),
        "assumed_share": float(n_people[newly & added.assumed].sum()) / total if total > 0 else None,
        "hamlets": _hamlets(found.ready.settlement, added, n_people),
        "places": _places(found, added),
        "road_km": _road_km(found, added),
    }


def _totals(found: Baseline, added: Added) -> dict[str, object]:
    # Of the whole area: covered, uncovered and unknown add up before and after.
    people = found.ready.settlement.people
    totals: dict[str, object] = {}
    for name in (added.operator, ANY, TWO_OR_MORE):
        before = found.ready.states[name]
        after = before.copy()
        after[added.people] = added.people_after[name]
        totals[name] = {
            when: {state.name.lower(): float(people.n_people[states == state].sum()) for state in State}
            for when, states in (("before", before), ("after", after))
        }
    return totals


def _hamlets(settlement: Settlement, added: Added, n_people: Floats) -> list[dict[str, object]]:
    zone = settlement.people.zone[added.people]
    before, after = added.people_before[added.operator], added.people_after[added.operator]
    told = []
    for index in np.unique(zone[(after == State.COVERED) & (before != State.COVERED) & (zone >= 0)]):
        here = zone == index
        one = addition.gain(before[here], after[here], n_people[here])
        hamlet = settlement.hamlets[int(index)]
        told.append({"id": hamlet.id, "name": hamlet.name, **asdict(one)})
    told.sort(key=lambda one: (-float(str(one["gained"])) - float(str(one["confirmed"])), str(one["id"])))
    return told[:MOST_HAMLETS]


def _places(found: Baseline, added: Added) -> list[dict[str, object]]:
    table = found.tables["place"]
    table = table[table.geometry.notna().to_numpy()]
    told: list[dict[str, object]] = []
    for row in table.to_dict("records"):
        point = row["geometry"].centroid
        if not added.grid.contains(point.x, point.y):
            continue
        at = added.grid.to_rowcol(point.x, point.y)
        states = {name: (added.before[name][at], added.after[name][at]) for name in (added.operator, ANY)}
        newly = [
            name
            for name, (then, now) in states.items()
            if now == State.COVERED and then in (State.UNCOVERED, State.UNKNOWN)
        ]
        if newly:
            told.append(
                {
                    "id": str(row["id"]),
                    "name": row["name"] if isinstance(row["name"], str) else str(row["id"]),
                    "kind": str(row["kind"]),
                    "newly": newly,
                }
            )
    return told


def _road_km(found: Baseline, added: Added) -> dict[str, float]:
    step_m = data.setting("road_step_m")
    shapes = found.tables["road"].geometry.dropna().to_numpy()
    shapes = shapely.intersection(shapes, shapely.box(*added.grid.bounds))
    shapes = shapes[~shapely.is_empty(shapes)]
    dense = shapely.get_coordinates(shapely.segmentize(shapes, step_m)) if len(shapes) else np.empty((0, 2))
    lengths_m = float(shapely.length(shapes).sum()) if len(shapes) else 0.0
    if not len(dense):
        return {added.operator: 0.0, ANY: 0.0}
    at = added.grid.to_rowcol(dense[:, 0], dense[:, 1])
    inside = (at[0] >= 0) & (at[0] < added.grid.rows) & (at[1] >= 0) & (at[1] < added.grid.cols)
    row, col = at[0][inside], at[1][inside]
    found_km = {}
    for name in (added.operator, ANY):
        then, now = added.before[name][row, col], added.after[name][row, col]
        newly = (now == State.COVERED) & np.isin(then, (State.UNCOVERED, State.UNKNOWN))
        found_km[name] = float(newly.sum()) / len(dense) * lengths_m / 1000.0
    return found_km


def harmed(found: Baseline, added: Added, cells: Sequence[Transmitter]) -> dict[str, object]:
    """
    People whose server stays and whose signal to interference and noise drops; others use other carriers.

    Parameters
    ----------
    found
        What every evaluation needs.
    added
        The mast.
    cells
        Its transmitters.

    Returns
    -------
    harmed
        People, the drop from which they count [dB], and the same for each carrier [MHz].
    """
    ready, people = found.ready, found.ready.settlement.people
    here = added.people
    row, col = added.grid.to_rowcol(people.x_m[here], people.y_m[here])
    load = data.setting("cell_load_share")
    harmed: dict[str, float] = {}
    for carrier in sorted({one.frequency_mhz for one in cells}):
        own = [one for one in cells if one.frequency_mhz == carrier]
        same = [
            one
            for one in ready.inputs.transmitters
            if added.operator in one.operators and one.frequency_mhz == carrier
        ]
        strongest, total_mw = _powers(ready, same, added.grid, row, col)
        new_mw = (
            _milliwatt(added.new.power_dbm[row, col])
            if len(cells) == len(own)
            else _powers(ready, own, added.grid, row, col)[0]
        )
        noise_mw = float(
            db_to_ratio(
                noise_per_re_dbm(scs_khz=own[0].scs_khz, noise_figure_db=data.setting("noise_figure_db"))
            )
        )
        others_mw = (total_mw - strongest) * load
        with np.errstate(divide="ignore", invalid="ignore"):
            drop_db = 10.0 * np.log10((others_mw + noise_mw + new_mw * load) / (others_mw + noise_mw))
        is_served = (added.people_before[added.operator] == State.COVERED) & (strongest > new_mw)
        is_harmed = is_served & (drop_db >= data.setting("proposal_sinr_drop_db"))
        harmed[f"{carrier:g}"] = float(people.n_people[here][is_harmed].sum())
    return {
        "people": max(harmed.values(), default=0.0),
        "drop_db": data.setting("proposal_sinr_drop_db"),
        "by_mhz": harmed,
    }


def _milliwatt(power_dbm: Floats32) -> Floats:
    found: Floats = np.where(np.isfinite(power_dbm), db_to_ratio(power_dbm.astype(np.float64)), 0.0)
    return found


def _powers(
    ready: Ready, cells: Sequence[Transmitter], grid: Grid, row: Integers, col: Integers
) -> tuple[Floats, Floats]:
    # The strongest mast and the sum of all, at the people's cells [mW].
    strongest, total = np.zeros(len(row)), np.zeros(len(row))
    by_mast: dict[str, list[Transmitter]] = {}
    for one in cells:
        by_mast.setdefault(one.mast_id, []).append(one)
    for members in by_mast.values():
        name = members[0].operators[0]
        best: field.Best = window.best(ready, members, (name,), grid)[name]
        power_mw = _milliwatt(best.power_dbm[row, col])
        strongest, total = np.maximum(strongest, power_mw), total + power_mw
    return strongest, total


def ring(
    found: Baseline, cells: Sequence[Transmitter], here: Around, *, at_point: float, radius_m: float
) -> dict[str, object]:
    """
    The same mast at the edge of the ring in which its place was looked for.

    Parameters
    ----------
    found
        What every evaluation needs.
    cells
        Transmitters at the position proposed.
    here
        The part of the area that they can touch from anywhere on the ring.
    at_point
        People gained there.
    radius_m
        Radius of the ring [m]; 0: there is none.

    Returns
    -------
    ring
        Best and worst place with the people gained.
    """
    operator = cells[0].operators[0]
    before = found.ready.states[operator][here.people]
    n_people = found.ready.settlement.people.n_people[here.people]
    gains = [("", at_point)]
    for number in range(RING_POINTS if radius_m > 0 else 0):
        turn = 2.0 * np.pi * number / RING_POINTS
        place = (cells[0].x_m + radius_m * float(np.sin(turn)), cells[0].y_m + radius_m * float(np.cos(turn)))
        moved = planned.moved(found.ready.inputs, cells, place, key=f"@{number}")
        one = addition.gain(before, addition.served(found.ready, moved, here), n_people)
        gains.append((f"{360 * number // RING_POINTS}", one.gained + one.confirmed))
    gains.sort(key=lambda one: (-one[1], one[0]))
    return {
        "radius_m": radius_m,
        "best": {"direction_deg": gains[0][0], "people": gains[0][1]},
        "worst": {"direction_deg": gains[-1][0], "people": gains[-1][1]},
        "point": at_point,
    }


def total(figures: Mapping[str, object]) -> float:
    """
    People whom the operator of a mast gains.

    Parameters
    ----------
    figures
        From :func:`figures`.

    Returns
    -------
    n_people
        Sure ones and those of whom nothing was known.
    """
    outdoor = figures["outdoor"]
    first = next(iter(outdoor.values())) if isinstance(outdoor, dict) else {}
    return float(first["gained"]) + float(first["confirmed"])
