"""
Working days of public offices: what the internal clock counts.

References
----------
Public holidays: the package ``holidays``, country VN, with the lunar calendar; days exchanged by the yearly
notices: ``data/rules/workdays.csv``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache

import holidays

from planning import data

OFF_DAYS = (5, 6)
"""Saturday and Sunday."""


def exchanged() -> Mapping[dt.date, bool]:
    """
    Days that the yearly notices exchanged.

    Returns
    -------
    days
        Day to True where it is worked although a weekend, False where it is off although a weekday.
    """
    return {dt.date.fromisoformat(row["day"]): row["kind"] == "worked" for row in data.rule_rows("workdays")}


def is_working(day: dt.date) -> bool:
    """
    Tell whether public offices work on a day.

    Parameters
    ----------
    day
        The day.

    Returns
    -------
    is_working
        False on weekends and public holidays, unless exchanged.
    """
    known = exchanged().get(day)
    if known is not None:
        return known
    return day.weekday() not in OFF_DAYS and day not in _public(day.year)


@cache
def _public(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("VN", years=year))


def between(first: dt.date, last: dt.date) -> int:
    """
    Working days after one day, up to another.

    Parameters
    ----------
    first
        Day on which it begins, not counted itself.
    last
        Day up to which is counted, itself included.

    Returns
    -------
    n_days
        0 where ``last`` is not after ``first``.
    """
    return sum(is_working(first + dt.timedelta(days=n)) for n in range(1, (last - first).days + 1))


def after(first: dt.date, n_days: int) -> dt.date:
    """
    Day that lies some working days after another.

    Parameters
    ----------
    first
        Day on which it begins.
    n_days
        Working days, at least 0.

    Returns
    -------
    day
        A working day; ``first`` itself for 0.
    """
    day = first
    while n_days > 0:
        day += dt.timedelta(days=1)
        n_days -= is_working(day)
    return day
