"""5G as people, hamlets, places, roads, priority zones and land have it, by the estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage import State, combine
from geo.fraction import fractions
from geo.probability import expected_people
from geo.units import Booleans, Bytes, Floats, Integers
from planning import data
from planning.runs import ANY, TWO_OR_MORE, not_estimated
from planning.scorecard.evidence import Evidence, Mobile, not_told
from planning.scorecard.reading import NOWHERE, Counted, Missing, Reading, of_counted, ranked

NO_ESTIMATE = Reading(figures=None, missing=(Missing(key="no_estimate", facts={}, asked="", share=1.0),))
NEEDED = MappingProxyType({ANY: 1, TWO_OR_MORE: 2})


def people(evidence: Evidence, operator: str) -> Reading:
    """
    People with an outdoor signal.

    Parameters
    ----------
    evidence
        The evidence.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    reading
        In persons. The bounds take in what is unknown, the other models that were asked for, and the
        expectation by probability. What is missing: of each operator how far its data could move the share.

    References
    ----------
    SDG indicator 9.c.1.
    """
    mobile = evidence.mobile
    if mobile is None or operator not in mobile.states:
        return NO_ESTIMATE
    settled = evidence.settlement.people
    counted = Counted(
        state=mobile.states[operator],
        weight=settled.n_people,
        assumed=mobile.assumed[operator],
        hamlet=settled.zone,
        asked=_asked(evidence, settled.zone),
    )
    figures = counted.figures()
    within = [figures.covered, figures.covered + figures.unknown]
    if operator in mobile.chance:
        within.append(expected_people(settled.n_people, mobile.chance[operator]).covered)
    shares = [part / figures.total for part in within] if figures.total else []
    shares += [named[operator] for named in mobile.found.spread.values() if operator in named]
    return Reading(
        figures=figures,
        low=min(shares, default=np.nan),
        high=max(shares, default=np.nan),
        facts=MappingProxyType({"models": len(mobile.found.spread) + 1}),
        missing=ranked([*_swings(evidence, mobile, operator), *_hamlets_without_data(evidence, counted)]),
        hamlets=counted.by_hamlet(evidence.n_hamlets),
        uncovered=_uncovered_hamlets(evidence, counted),
    )


def _asked(evidence: Evidence, zone: NDArray[np.int64]) -> NDArray[np.object_]:
    names = np.array([*evidence.hamlet_names, ""], dtype=object)
    asked: NDArray[np.object_] = names[zone]
    return asked


def _swings(evidence: Evidence, mobile: Mobile, operator: str) -> list[Missing]:
    """How far each operator's data could move the share: its doubtful verdicts all good, then all bad."""
    n_people = evidence.settlement.people.n_people
    total = n_people.sum()
    if not total:
        return []
    told = [operator] if operator in mobile.found.operators else list(mobile.found.operators)
    others = [] if operator in told else not_estimated(mobile.found.options, n_people.shape)
    missing = []
    for one in told:
        doubt = (mobile.states[one] == State.UNKNOWN) | mobile.assumed[one]
        best, worst = (
            _covered(mobile, told, others, operator, one, np.where(doubt, state, mobile.states[one]))
            for state in (State.COVERED, State.UNCOVERED)
        )
        share = float(n_people[best & ~worst].sum() / total)
        if share > 0:
            facts = MappingProxyType({"who": one, "n": share * float(total)})
            missing.append(Missing(key="operator_cells", facts=facts, asked=one, share=share))
    unserved = float(n_people[mobile.states[operator] != State.COVERED].sum() / total)
    for one in not_told(evidence) if operator not in told else ():
        facts = MappingProxyType({"who": one, "n": unserved * float(total)})
        missing.append(Missing(key="operator_not_told", facts=facts, asked=one, share=unserved))
    return missing


def _covered(
    mobile: Mobile,
    told: Sequence[str],
    others: Sequence[Bytes],
    wanted: str,
    changed: str,
    state: NDArray[np.generic],
) -> Booleans:
    states = [state.astype(np.uint8) if name == changed else mobile.states[name] for name in told]
    if wanted == changed:
        return np.asarray(states[0] == State.COVERED)
    pair = combine([*states, *others])
    return np.asarray(pair[NEEDED[wanted] - 1] == State.COVERED)


def _hamlets_without_data(evidence: Evidence, counted: Counted) -> list[Missing]:
    """Hamlets most of whose people are unknown: no number, no place, or no heights there."""
    total = counted.weight.sum()
    missing = []
    for name, part in zip(evidence.hamlet_names, counted.by_hamlet(evidence.n_hamlets), strict=True):
        if part.unknown > part.total / 2:
            facts = MappingProxyType({"who": name, "n": part.unknown})
            missing.append(
                Missing(key="hamlet_data", facts=facts, asked=name, share=part.unknown / float(total))
            )
    return missing


def _uncovered_hamlets(evidence: Evidence, counted: Counted) -> tuple[str, ...]:
    parts = counted.by_hamlet(evidence.n_hamlets)
    order = sorted(range(len(parts)), key=lambda index: -parts[index].uncovered)
    return tuple(evidence.hamlet_names[index] for index in order if parts[index].uncovered >= 1)


def fast(evidence: Evidence, operator: str) -> Reading:
    """
    People who reach the target of speed outdoors, an estimate.

    Parameters
    ----------
    evidence
        The evidence.
    operator
        Operator id or ``any``.

    Returns
    -------
    reading
        In persons; without figures where no speed was estimated.
    """
    if evidence.mobile is None:
        return NO_ESTIMATE
    if operator not in evidence.mobile.speed:
        return _not_asked("no_speed_estimate")
    return _of_people(evidence, evidence.mobile.speed[operator])


def indoor(evidence: Evidence, operator: str) -> Reading:
    """
    People with a signal inside their houses, an estimate.

    Parameters
    ----------
    evidence
        The evidence.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    reading
        In persons, as if all houses were of the traditional class; the bounds take in the other class.
        Without figures where indoors was not estimated.

    References
    ----------
    ITU-R P.2109: entry loss by class of building.
    """
    if evidence.mobile is None:
        return NO_ESTIMATE
    told = evidence.mobile.indoor
    if operator not in told.get("traditional", {}):
        return _not_asked("no_indoor_estimate")
    reading = _of_people(evidence, told["traditional"][operator])
    others = [_of_people(evidence, states[operator]) for states in told.values()]
    return replace(reading, low=min(one.low for one in others), high=max(one.high for one in others))


def _not_asked(key: str) -> Reading:
    return Reading(figures=None, missing=(Missing(key=key, facts={}, asked="", share=1.0),))


def _of_people(evidence: Evidence, state: Bytes) -> Reading:
    # What walls and loads are assumed to be stands behind every one of these verdicts.
    settled = evidence.settlement.people
    return of_counted(
        Counted(
            state=state,
            weight=settled.n_people,
            assumed=np.ones(len(state), dtype=bool),
            hamlet=settled.zone,
            asked=_asked(evidence, settled.zone),
        ),
        n_hamlets=evidence.n_hamlets,
        key="hamlet_data",
    )


def floor(evidence: Evidence, operator: str) -> Reading:
    """
    People with at least a 4G signal outdoors.

    Parameters
    ----------
    evidence
        The evidence.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    reading
        In persons, by the 4G estimate; without figures where there is none.
    """
    if evidence.floor is None:
        return _not_asked("no_floor_estimate")
    return people(replace(evidence, mobile=evidence.floor), operator)


def hamlets(evidence: Evidence, operator: str) -> Reading:
    """
    Hamlets nearly all of whose people have a signal.

    Parameters
    ----------
    evidence
        The evidence.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    reading
        In hamlets; a hamlet counts as served from the share ``hamlet_served_share`` on, as unserved where
        even its unknown people could not bring it there.
    """
    mobile = evidence.mobile
    if mobile is None or operator not in mobile.states:
        return NO_ESTIMATE
    parts = people(evidence, operator).hamlets
    enough = data.setting("hamlet_served_share")
    state = np.full(len(parts), State.UNKNOWN, dtype=np.uint8)
    for index, part in enumerate(parts):
        if part.total and part.covered >= enough * part.total:
            state[index] = State.COVERED
        elif part.total and part.covered + part.unknown < enough * part.total:
            state[index] = State.UNCOVERED
    return of_counted(
        Counted(
            state=state,
            weight=np.ones(len(parts)),
            assumed=np.array([part.assumed_share > 0.5 for part in parts], dtype=bool),
            hamlet=np.arange(len(parts)),
            asked=np.array(evidence.hamlet_names, dtype=object),
        ),
        n_hamlets=evidence.n_hamlets,
        key="hamlet_data",
        names=evidence.hamlet_names,
    )


def places(evidence: Evidence, kinds: str) -> Reading:
    """
    Places with an outdoor signal of at least one operator.

    Parameters
    ----------
    evidence
        The evidence.
    kinds
        Kinds of places, joined by "+".

    Returns
    -------
    reading
        In places.
    """
    wanted = kinds.split("+")
    chosen = [place for place in evidence.places if place.kind in wanted]
    number = {"covered": State.COVERED, "uncovered": State.UNCOVERED, "unknown": State.UNKNOWN}
    index = {name: place for place, name in enumerate(evidence.hamlet_names)}
    return of_counted(
        Counted(
            state=np.array([number[place.state] for place in chosen], dtype=np.uint8),
            weight=np.ones(len(chosen)),
            assumed=np.zeros(len(chosen), dtype=bool),
            hamlet=np.array([index.get(place.hamlet, NOWHERE) for place in chosen], dtype=np.int64),
            asked=np.array([place.hamlet for place in chosen], dtype=object),
        ),
        n_hamlets=evidence.n_hamlets,
        key="place_state",
        names=[place.name for place in chosen],
    )


def roads(evidence: Evidence, operator: str) -> Reading:
    """
    Kilometres of main road with a signal.

    Parameters
    ----------
    evidence
        The evidence.
    operator
        Operator id or ``any``.

    Returns
    -------
    reading
        In kilometres, judged every few metres along the road.
    """
    table = evidence.tables["road"]
    main = table[table["is_main"].fillna(value=False).astype(bool)]
    return _along(evidence, main.geometry.to_numpy(), operator)


def zones(evidence: Evidence, kinds: str) -> Reading:
    """
    Priority zones with a signal: square kilometres of areas, kilometres of lines.

    Parameters
    ----------
    evidence
        The evidence.
    kinds
        Kinds of zones, joined by "+": all lines or all areas.

    Returns
    -------
    reading
        In km² of areas; in km where the zones are lines.
    """
    table = evidence.tables["zone"]
    shapes = table[table["kind"].isin(kinds.split("+"))].geometry.to_numpy()
    lines = shapes[shapely.get_dimensions(shapes) == 1] if len(shapes) else shapes
    if len(lines):
        return _along(evidence, lines, ANY)
    return _over(evidence, shapely.intersection(shapely.union_all(shapes), evidence.outline))


def land(evidence: Evidence, operator: str) -> Reading:
    """
    Land with a signal: a secondary figure, higher than that of people.

    Parameters
    ----------
    evidence
        The evidence.
    operator
        Operator id or ``any``.

    Returns
    -------
    reading
        In km², of the whole area only.
    """
    return _over(evidence, evidence.outline, operator, by_hamlet=False)


def _along(evidence: Evidence, lines: NDArray[np.object_], operator: str) -> Reading:
    if evidence.mobile is None:
        return NO_ESTIMATE
    x_m, y_m, length_km = pieces(lines, data.setting("road_step_m"))
    return _sampled(evidence, x_m, y_m, length_km, operator, evidence.hamlet_of(x_m, y_m))


def _over(
    evidence: Evidence, area: shapely.Geometry, operator: str = ANY, *, by_hamlet: bool = True
) -> Reading:
    mobile = evidence.mobile
    if mobile is None:
        return NO_ESTIMATE
    if area.is_empty:
        return Reading(figures=None)
    if not shapely.box(*mobile.grid.bounds).intersects(area):
        return Reading(figures=None)
    grid, _ = mobile.grid.window(area.bounds)
    parts = fractions(grid, [area])
    x_m, y_m = grid.to_xy(*np.divmod(parts.cell, grid.cols))
    zone = evidence.hamlet_of(x_m, y_m) if by_hamlet else np.full(len(x_m), NOWHERE, dtype=np.int64)
    return _sampled(evidence, x_m, y_m, parts.share * mobile.grid.cell_area_m2 / 1e6, operator, zone)


def _sampled(
    evidence: Evidence, x_m: Floats, y_m: Floats, weight: Floats, operator: str, zone: Integers
) -> Reading:
    return of_counted(
        Counted(
            state=evidence.state_at(x_m, y_m, operator),
            weight=weight,
            assumed=np.zeros(len(x_m), dtype=bool),
            hamlet=zone,
            asked=_asked(evidence, zone),
        ),
        n_hamlets=evidence.n_hamlets,
        key="hamlet_data",
    )


def pieces(lines: NDArray[np.object_], step_m: float) -> tuple[Floats, Floats, Floats]:
    """
    Lines cut into short pieces of equal length each.

    Parameters
    ----------
    lines
        Lines in a projected CRS, shape (n,).
    step_m
        Longest piece [m].

    Returns
    -------
    x_m, y_m
        Middle of each piece [m], shape (m,).
    length_km
        Its length [km]; they add up to the length of the lines.
    """
    parts = shapely.get_parts(lines)
    length_m = shapely.length(parts)
    number = np.maximum(1, np.ceil(length_m / step_m)).astype(np.int64)
    index = np.repeat(np.arange(len(parts)), number)
    first = np.repeat(np.cumsum(number) - number, number)
    share = (np.arange(len(index)) - first + 0.5) / number[index]
    points = shapely.line_interpolate_point(parts[index], share, normalized=True)
    return shapely.get_x(points), shapely.get_y(points), (length_m / number)[index] / 1000.0
