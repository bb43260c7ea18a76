"""Shared use of masts, poles and routes, and what stands there twice."""

from __future__ import annotations

from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage import State
from geo.gap import Figures
from geo.units import Booleans, Floats, Integers
from layers.cell import split
from planning import data
from planning.scorecard.evidence import Evidence
from planning.scorecard.mobile import pieces
from planning.scorecard.reading import Counted, Reading, of_counted, of_figures


def masts(evidence: Evidence) -> Reading:
    """
    Masts that at least two operators use.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In masts; unknown where neither tenants nor a second operator are stated.
    """
    table = evidence.tables["site"]
    tenants = _tenants(table)
    state = np.where(np.isnan(tenants), State.UNKNOWN, np.where(tenants >= 2, State.COVERED, State.UNCOVERED))
    return _of_sites(evidence, table, state.astype(np.uint8), key="tenants")


def tenancy(evidence: Evidence) -> Reading:
    """
    Mean number of operators on a mast.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        The value is tenants over masts whose tenants are known; its three states count these masts as
        covered and the others as unknown.
    """
    table = evidence.tables["site"]
    tenants = _tenants(table)
    known = ~np.isnan(tenants)
    if not known.any():
        return Reading(figures=None)
    reading = _of_sites(
        evidence, table, np.where(known, State.COVERED, State.UNKNOWN).astype(np.uint8), key="tenants"
    )
    sum_tenants = float(tenants[known].sum())
    n_unknown = float((~known).sum())
    most = max(float(tenants[known].max()), 1.0)
    return Reading(
        figures=reading.figures,
        value=sum_tenants / float(known.sum()),
        low=(sum_tenants + n_unknown) / len(tenants),
        high=(sum_tenants + most * n_unknown) / len(tenants),
        facts=MappingProxyType({"tenants": sum_tenants, "masts": float(known.sum())}),
        missing=reading.missing,
    )


def _tenants(table: gpd.GeoDataFrame) -> Floats:
    stated = table["n_tenants"].to_numpy(dtype=np.float64, na_value=np.nan)
    named = np.array([len(split(value)) for value in table["operators"]], dtype=np.float64)
    tenants: Floats = np.where(named >= 2, np.fmax(stated, named), stated)
    return tenants


def _of_sites(evidence: Evidence, table: gpd.GeoDataFrame, state: NDArray[np.uint8], *, key: str) -> Reading:
    points = table.geometry.to_numpy()
    asked = [next(iter(split(value)), "") for value in table["operators"]]
    owners = table["owner"].fillna("").to_numpy()
    return of_counted(
        Counted(
            state=state,
            weight=np.ones(len(table)),
            assumed=np.zeros(len(table), dtype=bool),
            hamlet=evidence.hamlet_of(shapely.get_x(points), shapely.get_y(points)),
            asked=np.array([one or owner for one, owner in zip(asked, owners, strict=True)], dtype=object),
        ),
        n_hamlets=evidence.n_hamlets,
        key=key,
        names=table["name"].fillna("").tolist(),
    )


def routes(evidence: Evidence) -> Reading:
    """
    Kilometres of cable route that at least two operators share.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In kilometres of route: spans closer than ``parallel_m`` are one route however many operators own
        them, so that no kilometre is counted once for each operator. Unknown where a span names none.
    """
    found = _route(evidence)
    if found is None:
        return Reading(figures=None)
    x_m, y_m, length_km, n_operators = found
    state = np.select([n_operators >= 2, n_operators == 1], [State.COVERED, State.UNCOVERED], State.UNKNOWN)
    return of_counted(
        Counted(
            state=state.astype(np.uint8),
            weight=length_km,
            assumed=np.zeros(len(x_m), dtype=bool),
            hamlet=evidence.hamlet_of(x_m, y_m),
            asked=np.full(len(x_m), "", dtype=object),
        ),
        n_hamlets=evidence.n_hamlets,
        key="route_operators",
    )


def _route(evidence: Evidence) -> tuple[Floats, Floats, Floats, Integers] | None:
    spans = evidence.tables["fiber_span"]
    if spans.empty:
        return None
    shapes = shapely.intersection(spans.geometry.to_numpy(), evidence.outline)
    owner = [tuple(split(value)) for value in spans["operators"]]
    step_m, near_m = data.setting("road_step_m"), data.setting("parallel_m")
    parts = [pieces(np.array([shape]), step_m) for shape in shapes]
    span = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    x_m, y_m, length_km = (np.concatenate([part[axis] for part in parts]) for axis in range(3))
    points = shapely.points(x_m, y_m)
    own, other = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=near_m)
    # Each piece counts for one of the spans that run beside it: together they make the route once.
    beside = np.bincount(own, minlength=len(points))
    names = sorted({name for names in owner for name in names})
    bit = {name: 1 << index for index, name in enumerate(names)}
    mask = np.array([sum(bit[name] for name in names_) for names_ in owner], dtype=np.int64)
    union = np.zeros(len(points), dtype=np.int64)
    np.bitwise_or.at(union, own, mask[other])
    union |= mask[span]
    n_operators = np.array([int(value).bit_count() for value in union], dtype=np.int64)
    return x_m, y_m, length_km / np.maximum(beside, 1), n_operators


def cross_sector(evidence: Evidence) -> Reading:
    """
    Poles, ducts and other carriers of cable that belong to another sector than telecom.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        Of the carriers that name an operator on them; unknown where their sector is not stated.
    """
    table = evidence.tables["passive"]
    table = table[[bool(split(value)) for value in table["operators"]]].reset_index(drop=True)
    if table.empty:
        return Reading(figures=None)
    sector = table["sector"]
    state = np.where(
        sector.isna(), State.UNKNOWN, np.where(sector == "telecom", State.UNCOVERED, State.COVERED)
    )
    centre = shapely.centroid(table.geometry.to_numpy())
    return of_counted(
        Counted(
            state=state.astype(np.uint8),
            weight=np.ones(len(table)),
            assumed=np.zeros(len(table), dtype=bool),
            hamlet=evidence.hamlet_of(shapely.get_x(centre), shapely.get_y(centre)),
            asked=table["owner"].fillna("").to_numpy(dtype=object),
        ),
        n_hamlets=evidence.n_hamlets,
        key="sector",
    )


def lone_masts(evidence: Evidence) -> Reading:
    """
    Masts without another one close by.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In masts; one with another within ``duplicate_mast_m`` is uncovered: one of the two might have been
        saved, or one mast was reported twice. Unknown without a position.
    """
    table = evidence.tables["site"]
    points = table.geometry.to_numpy()
    placed = ~shapely.is_missing(points)
    state = np.full(len(table), State.UNKNOWN, dtype=np.uint8)
    state[placed] = np.where(_has_neighbour(points[placed]), State.UNCOVERED, State.COVERED)
    return _of_sites(evidence, table, state, key="site_position")


def _has_neighbour(points: NDArray[np.object_]) -> Booleans:
    near = np.zeros(len(points), dtype=bool)
    one, other = shapely.STRtree(points).query(
        points, predicate="dwithin", distance=data.setting("duplicate_mast_m")
    )
    near[one[one != other]] = True
    return near


def lone_routes(evidence: Evidence) -> Reading:
    """
    Kilometres of cable without a parallel one of another owner.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In kilometres of cable; uncovered where a span of another operator runs within ``parallel_m``.
    """
    found = _route(evidence)
    if found is None:
        return Reading(figures=None)
    _, _, length_km, n_operators = found
    twice = float(length_km[n_operators >= 2].sum())
    once = float(length_km[n_operators == 1].sum())
    unknown = float(length_km[n_operators == 0].sum())
    total = twice + once + unknown
    return of_figures(
        Figures(total=total, covered=once, uncovered=twice, unknown=unknown, assumed=0.0),
        key="route_operators",
    )


def backup(evidence: Evidence) -> Reading:
    """
    Masts that keep working through a power cut.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In masts with ``backup_hours_min`` of reserve; unknown where no reserve is stated.
    """
    table = evidence.tables["site"]
    hours = table["backup_h"].to_numpy(dtype=np.float64, na_value=np.nan)
    enough = hours >= data.setting("backup_hours_min")
    state = np.where(np.isnan(hours), State.UNKNOWN, np.where(enough, State.COVERED, State.UNCOVERED))
    return _of_sites(evidence, table, state.astype(np.uint8), key="backup_hours")


def clean_power(evidence: Evidence) -> Reading:
    """
    Masts with solar power.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In masts; unknown where no source of power is stated.
    """
    table = evidence.tables["site"]
    power = table["power"]
    state = np.where(power.isna(), State.UNKNOWN, np.where(power == "solar", State.COVERED, State.UNCOVERED))
    return _of_sites(evidence, table, state.astype(np.uint8), key="power_source")


def firm_feeders(evidence: Evidence) -> Reading:
    """
    Power feeders with few outages.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In feeders with at most ``feeder_outages_max`` outages a year; unknown where nobody has counted.
    """
    table = evidence.tables["power"]
    if table.empty:
        return Reading(figures=None)
    worst = table.groupby(table["feeder"].fillna(table["id"]))["n_outages_year"].max()
    number = worst.to_numpy(dtype=np.float64, na_value=np.nan)
    few = number <= data.setting("feeder_outages_max")
    state = np.where(np.isnan(number), State.UNKNOWN, np.where(few, State.COVERED, State.UNCOVERED))
    return of_counted(
        Counted(
            state=state.astype(np.uint8),
            weight=np.ones(len(worst)),
            assumed=np.zeros(len(worst), dtype=bool),
            hamlet=np.full(len(worst), -1, dtype=np.int64),
            asked=np.full(len(worst), "office.power", dtype=object),
        ),
        n_hamlets=evidence.n_hamlets,
        key="outages",
        names=[str(name) for name in worst.index],
    )
