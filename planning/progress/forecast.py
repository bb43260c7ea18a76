"""Where a figure goes if it goes on as it did, and with the masts that operators mean to build."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.units import Floats
from planning import data
from planning.progress.closing import Closed
from planning.scorecard.row import YEARS, Target

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    One year of a forecast.

    Parameters
    ----------
    year
        Its last day counts.
    share, low, high
        Expected share and its band, 0–1; None where nothing can be said.
    wanted
        Share of the plan's path, or None where nobody has entered one.
    """

    year: int
    share: float | None
    low: float | None
    high: float | None
    wanted: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    A target over the years.

    Parameters
    ----------
    target_id
        Key of the target.
    points
        The years of the plan from the present one on.
    assumption
        Text key of what it assumes.
    n_closings
        Closings it rests on.
    planned_share
        Share that the masts planned by operators add, 0–1, as counted in ``share``.
    """

    target_id: str
    points: tuple[Point, ...]
    assumption: str
    n_closings: int
    planned_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """
    What a planned mast is expected to add.

    Parameters
    ----------
    due_on
        Day from which it counts; None: not dated, it counts in no year.
    share
        Share of the denominator that it adds, 0–1.
    """

    due_on: dt.date | None
    share: float


def of_target(
    target: Target,
    target_id: str,
    closed: Sequence[Closed],
    today_share: tuple[float, float, float] | None,
    *,
    gains: Sequence[Gain] = (),
    today: dt.date,
) -> Forecast:
    """
    Carry a target forward to 2030.

    Parameters
    ----------
    target
        The target, with its path.
    target_id
        Its key, with the operator's where it is read for each.
    closed
        Closings, the oldest first.
    today_share
        Share today, its low and its high, 0–1; None where nothing is known.
    gains
        What planned masts add.
    today
        Present day.

    Returns
    -------
    forecast
        With ``forecast_closings_min`` closings over ``forecast_days_min`` days: the line of least squares
        through them and today, its band by the scatter about the line and by the bounds of today's figure.
        With fewer: today's figure stays, only planned masts add to it; its band is today's bounds. Shares
        stay in 0–1.

    References
    ----------
    Least squares; prediction band of a simple regression with the normal quantile ``forecast_quantile``.
    """
    points = [
        ((one.made_on - today).days / DAYS_PER_YEAR, share)
        for one in closed
        for figure in [one.of(target_id)]
        if figure is not None and (share := figure.share) is not None and one.made_on <= today
    ]
    at = [
        (year, (dt.date(year, 12, 31) - today).days / DAYS_PER_YEAR) for year in YEARS if year >= today.year
    ]
    long_enough = points and -points[0][0] * DAYS_PER_YEAR >= data.setting("forecast_days_min")
    if today_share is None:
        told = [
            Point(year=year, share=None, low=None, high=None, wanted=target.path.get(year)) for year, _ in at
        ]
        return _forecast(target_id, told, "forecast.assumption.nothing", points, 0.0)
    has_trend = bool(len(points) >= data.setting("forecast_closings_min") and long_enough)
    line = _line([*points, (0.0, today_share[0])]) if has_trend else (0.0, 0.0, math.nan, 0.0)
    told = [_point(target, year, years, today_share, line, gains, today=today) for year, years in at]
    added = math.fsum(gain.share for gain in gains if gain.due_on is not None)
    return _forecast(
        target_id,
        told,
        "forecast.assumption.trend" if has_trend else "forecast.assumption.flat",
        points,
        added,
    )


def _forecast(
    target_id: str, told: list[Point], key: str, points: Sequence[tuple[float, float]], added: float
) -> Forecast:
    return Forecast(
        target_id=target_id,
        points=tuple(told),
        assumption=key,
        n_closings=len(points),
        planned_share=added,
    )


def _point(
    target: Target,
    year: int,
    years: float,
    today_share: tuple[float, float, float],
    line: tuple[float, float, float, float],
    gains: Sequence[Gain],
    *,
    today: dt.date,
) -> Point:
    share, low, high = today_share
    slope, mean_years, spread_years, scatter = line
    end = dt.date(year, 12, 31)
    added = math.fsum(gain.share for gain in gains if gain.due_on is not None and today < gain.due_on <= end)
    middle = share + slope * years + added
    half = 0.0
    if math.isfinite(spread_years) and spread_years > 0:
        half = (
            data.setting("forecast_quantile")
            * scatter
            * math.sqrt(1 + (years - mean_years) ** 2 / spread_years)
        )
    least = low + min(0.0, slope * years)
    return Point(
        year=year,
        share=_clipped(middle),
        low=_clipped(min(middle - half, least)),
        high=_clipped(max(middle + half, high + max(0.0, slope * years) + added)),
        wanted=target.path.get(year),
    )


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Slope a year, mean and squared spread of the times [years], standard deviation about the line."""
    years, shares = (np.array(part, dtype=np.float64) for part in zip(*points, strict=True))
    offset: Floats = years - years.mean()
    spread = float((offset**2).sum())
    slope = float((offset * (shares - shares.mean())).sum() / spread) if spread > 0 else 0.0
    left = shares - shares.mean() - slope * offset
    freedom = max(1, len(points) - 2)
    return slope, float(years.mean()), spread, math.sqrt(float((left**2).sum()) / freedom)


def _clipped(share: float) -> float:
    return min(1.0, max(0.0, share))
