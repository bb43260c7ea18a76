"""Đo i-Speed & đo kiểm: samples by hamlet, operator and network, where to test next, beside the rules."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.units import Floats
from geo.zones import assign
from layers.issue import Issue, Severity
from layers.spec import ALL_OPERATORS
from planning import data
from planning.people import Settlement, settle
from planning.workspace import Workspace

LAYER = "measurement"
MONTHLY, TESTED = "i_speed_month", "qcvn_126"
FIXED, MOBILE = "fixed", "mobile"
SHARE_HALF = 0.05
MEASURES = ("download_mbps", "upload_mbps", "latency_ms")
_FIXED_COLUMNS = {name: f"fixed_{name}" for name in MEASURES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """
    Samples of one hamlet, operator and network.

    Parameters
    ----------
    hamlet
        Name, or "" for samples of the whole commune or without a place.
    operator
        Operator id, or "" where none is stated.
    network
        ``fixed`` or ``mobile``.
    n_samples
        Samples that are fresh enough.
    n_wanted
        Samples aimed at.
    download_mbps, upload_mbps, latency_ms
        Medians over single tests, else means of monthly totals weighted by their samples; None where there
        are too few samples to be shown, or none.
    latest
        Day of the latest, ISO 8601, or "".
    """

    hamlet: str
    operator: str
    network: str
    n_samples: int
    n_wanted: int
    download_mbps: float | None
    upload_mbps: float | None
    latency_ms: float | None
    latest: str

    @property
    def n_left(self) -> int:
        """Samples still to be taken."""
        return max(0, self.n_wanted - self.n_samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """
    Where to test next.

    Parameters
    ----------
    hamlet
        Name.
    people
        People who live there; not-a-number where nobody knows.
    operator, network
        What to test.
    n_left
        Samples still to be taken.
    lon, lat
        A place to stand [°]; None where the hamlet has none.
    """

    hamlet: str
    people: float
    operator: str
    network: str
    n_left: int
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    Samples beside one line of a regulation.

    Parameters
    ----------
    rule_id
        Row of ``data/rules/qcvn.csv``.
    operator
        Operator id, or "".
    report_number
        Number of the test report where the set is a test by the regulation; "" for users' tests, which allow
        no verdict.
    n_samples
        Samples.
    value, low, high
        Mean, or share of samples, with its interval; None where there are too few to be shown.
    threshold
        What the regulation asks for, in the same unit as ``value``.
    is_adequate
        True where the interval is narrow enough to compare.
    verdict
        ``met`` or ``missed`` for a test by the regulation; "" else.
    """

    rule_id: str
    operator: str
    report_number: str
    n_samples: int
    value: float | None
    low: float | None
    high: float | None
    threshold: float
    is_adequate: bool
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracker:
    """
    All measurements of an area.

    Parameters
    ----------
    tallies
        Every hamlet, operator and network, fewest samples first.
    stops
        Where to test next, most people first.
    comparisons
        Beside the regulations.
    issues
        Measurements outside the area, in the future or without a day: left out, and said.
    """

    tallies: tuple[Tally, ...]
    stops: tuple[Stop, ...]
    comparisons: tuple[Comparison, ...]
    issues: tuple[Issue, ...]


def track(workspace: Workspace, *, commune: str | None = None, today: dt.date) -> Tracker:
    """
    Count the samples of every hamlet.

    Parameters
    ----------
    workspace
        The workspace.
    commune
        Code of one commune, or None for the whole workspace.
    today
        Present day.

    Returns
    -------
    tracker
        Monthly totals count with their number of samples, a single test as one.

    Raises
    ------
    NotFoundError
        There is no outline, or no commune of that code.
    """
    settlement = settle(workspace, commune=commune)
    samples, issues = _samples(workspace, settlement, today)
    operators = [one.id for one in data.operators() if one.is_active and one.is_sample == workspace.is_sample]
    counted = tuple(_tallies(samples, settlement, operators))
    return Tracker(
        tallies=tuple(
            sorted(counted, key=lambda one: (one.n_samples, one.hamlet, one.operator, one.network))
        ),
        stops=_stops(workspace, settlement, counted),
        comparisons=tuple(_comparisons(samples)),
        issues=issues,
    )


def _samples(
    workspace: Workspace, settlement: Settlement, today: dt.date
) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    table = workspace.store.read(LAYER).to_crs(workspace.calc_epsg)
    day = table["measured_at"].fillna("").astype(str).str[:10]
    outline = settlement.outline if settlement.outline is not None else workspace.boundary()
    shapes = table.geometry.to_numpy()
    placed = ~shapely.is_missing(shapes)
    shapely.prepare(outline)
    outside = placed & ~shapely.intersects(outline, np.where(placed, shapes, shapely.Point()))
    future = (day > today.isoformat()).to_numpy(dtype=bool)
    undated = (day == "").to_numpy(dtype=bool)
    issues = tuple(
        Issue(code=code, severity=Severity.WARNING, layer=LAYER, facts={"n": int(flags.sum())})
        for code, flags in (
            ("measurement_outside", outside),
            ("measurement_future", future),
            ("measurement_undated", undated),
        )
        if flags.any()
    )
    kept = table[~(outside | future | undated)].copy()
    kept["day"] = day[kept.index]
    kept["hamlet"] = _hamlet(kept, settlement, workspace)
    return _by_network(pd.DataFrame(kept.drop(columns="geometry")), today), issues


def _hamlet(table: gpd.GeoDataFrame, settlement: Settlement, workspace: Workspace) -> list[str]:
    names = {hamlet.id: hamlet.name for hamlet in settlement.hamlets}
    stated = [names.get(one, "") if isinstance(one, str) else "" for one in table["hamlet_id"]]
    shapes = workspace.store.read("hamlet").to_crs(workspace.calc_epsg).set_index("id").geometry
    zones = [shapes.get(hamlet.id) for hamlet in settlement.hamlets]
    points = table.geometry.to_numpy()
    placed = ~shapely.is_missing(points)
    zone = np.full(len(table), -1, dtype=np.int64)
    if placed.any() and any(one is not None for one in zones):
        zone[placed], _ = assign(
            shapely.get_x(points[placed]),
            shapely.get_y(points[placed]),
            zones,
            max_distance_m=data.setting("near_hamlet_max_m"),
        )
    return [
        told or (settlement.hamlets[place].name if place >= 0 else "")
        for told, place in zip(stated, zone.tolist(), strict=True)
    ]


def _by_network(table: pd.DataFrame, today: dt.date) -> pd.DataFrame:
    """One line for each test and network: monthly totals hold both in one row."""
    count = table["n_samples"].astype("Float64").fillna(1.0).to_numpy(dtype=np.float64)
    is_fixed = (table["technology"] == "fixed").to_numpy(dtype=bool)
    parts = []
    for network, columns in ((MOBILE, dict.fromkeys(MEASURES)), (FIXED, _FIXED_COLUMNS)):
        values = {name: table[columns[name] or name].astype("Float64") for name in MEASURES}
        if network == FIXED:
            values = {
                name: value.where(~is_fixed, table[name].astype("Float64")) for name, value in values.items()
            }
        part = pd.DataFrame(
            {name: value.to_numpy(np.float64, na_value=np.nan) for name, value in values.items()}
        )
        part = part.assign(
            hamlet=table["hamlet"].to_numpy(),
            operator=table["operator"].fillna("").to_numpy(),
            technology=table["technology"].fillna("").to_numpy(),
            method=table["method"].fillna("").to_numpy(),
            report_number=table["report_number"].fillna("").to_numpy(),
            day=table["day"].to_numpy(),
            n=count,
            network=network,
        )
        chosen = part[list(MEASURES)].notna().any(axis=1) & ((network == FIXED) | ~is_fixed)
        parts.append(part[chosen])
    joined = pd.concat(parts, ignore_index=True)
    first = (pd.Timestamp(today) - pd.DateOffset(months=int(data.setting("ispeed_fresh_months")))).date()
    return joined[joined["day"] >= first.isoformat()].reset_index(drop=True)


def _tallies(samples: pd.DataFrame, settlement: Settlement, operators: Sequence[str]) -> Iterator[Tally]:
    wanted = int(data.setting("ispeed_samples"))
    names = [hamlet.name for hamlet in settlement.hamlets]
    known = sorted({*operators, *samples["operator"]} - {"", ALL_OPERATORS})
    groups = {
        (str(hamlet), str(operator), str(network)): rows
        for (hamlet, operator, network), rows in samples.groupby(["hamlet", "operator", "network"])
    }
    keys = {
        (hamlet, operator, network) for hamlet in names for operator in known for network in (FIXED, MOBILE)
    }
    for key in sorted(keys | set(groups)):
        rows = groups.get(key, samples.iloc[:0])
        n_samples = int(rows["n"].sum())
        enough = n_samples >= data.setting("ispeed_shown_min")
        levels = {name: _middle(rows[name], rows["n"]) if enough else None for name in MEASURES}
        hamlet, operator, network = key
        yield Tally(
            hamlet=hamlet,
            operator=operator,
            network=network,
            n_samples=n_samples,
            n_wanted=wanted if hamlet else 0,
            latest=str(rows["day"].max()) if len(rows) else "",
            **levels,
        )


def _middle(values: pd.Series, count: pd.Series) -> float | None:
    known = values.notna()
    if not known.any():
        return None
    if (count[known] == 1).all():
        return float(values[known].median())
    return float(np.average(values[known], weights=count[known]))


def _stops(workspace: Workspace, settlement: Settlement, tallies: Sequence[Tally]) -> tuple[Stop, ...]:
    people = {hamlet.name: hamlet.n_people for hamlet in settlement.hamlets}
    table = workspace.store.read("hamlet")
    shapes = dict(zip(table["name"], table.geometry, strict=True))
    found = []
    for one in tallies:
        if not one.hamlet or not one.n_left:
            continue
        shape = shapes.get(one.hamlet)
        point = None if shape is None or shape.is_empty else shape.representative_point()
        found.append(
            Stop(
                hamlet=one.hamlet,
                people=people.get(one.hamlet, math.nan),
                operator=one.operator,
                network=one.network,
                n_left=one.n_left,
                lon=None if point is None else float(point.x),
                lat=None if point is None else float(point.y),
            )
        )
    return tuple(sorted(found, key=lambda stop: (-stop.n_left, -np.nan_to_num(stop.people), stop.hamlet)))


def _comparisons(samples: pd.DataFrame) -> Iterator[Comparison]:
    for rule in data.rule_rows("qcvn"):
        rows = samples[(samples["technology"] == rule["technology"]) & (samples["n"] == 1)]
        tagged = rows["report_number"].where(rows["method"] == TESTED, "")
        for (operator, number), part in rows.groupby([rows["operator"], tagged]):
            values = part[rule["measure"]].dropna().to_numpy(dtype=np.float64)
            if len(values):
                yield _beside(values, dict(rule), str(operator), str(number))


def _beside(values: Floats, rule: dict[str, str], operator: str, number: str) -> Comparison:
    threshold, is_share = float(rule["threshold"]), rule["statistic"] == "share_at_least"
    value, low, high = proportion(values >= threshold) if is_share else average(values)
    wanted = data.setting("qcvn_share") if is_share else threshold
    allowed = SHARE_HALF if is_share else data.setting("interval_half_share") * value
    shown = len(values) >= data.setting("ispeed_shown_min")
    verdict = ("met" if value >= wanted else "missed") if number else ""
    return Comparison(
        rule_id=rule["id"],
        operator=operator,
        report_number=number,
        n_samples=len(values),
        value=value if shown else None,
        low=low if shown else None,
        high=high if shown else None,
        threshold=wanted,
        is_adequate=bool(len(values) > 1 and (high - low) / 2 <= allowed),
        verdict=verdict if shown else "",
    )


def average(values: Floats) -> tuple[float, float, float]:
    """
    Mean with its interval.

    Parameters
    ----------
    values
        Samples, shape (n,), at least one.

    Returns
    -------
    mean, low, high
        In the unit of the samples; the interval is the mean alone for one sample.

    References
    ----------
    Normal interval of a mean, quantile ``interval_quantile``.
    """
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    half = data.setting("interval_quantile") * spread
    return mean, mean - half, mean + half


def proportion(chosen: np.ndarray) -> tuple[float, float, float]:
    """
    Share with its interval.

    Parameters
    ----------
    chosen
        True for the samples counted, shape (n,), at least one.

    Returns
    -------
    share, low, high
        0–1.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    n, share, z = len(chosen), float(np.mean(chosen)), data.setting("interval_quantile")
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return share, max(0.0, centre - half), min(1.0, centre + half)
