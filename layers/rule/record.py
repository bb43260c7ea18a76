"""Rules about single records and tables: dates, origin, counts, doubles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely

from layers.rule.subject import Floats, Found, Integers, Subject, name_list, number, positions, words

EXAMPLE_ID = "VI-DU"
"""Beginning of the id of the example row that templates carry."""
_TOTALS = MappingProxyType(
    {
        "fiber_node": (("n_ports_used", "n_ports_total"),),
        "fiber_span": (("n_fibers_used", "n_fibers_total"),),
        "passive": (("n_used", "n_total"),),
    }
)
_PARTS = (
    ("poor_households", "households"),
    ("households_fiber", "households"),
    ("adults_smartphone", "adults"),
    ("adults", "population"),
    ("households", "population"),
    ("men", "population"),
    ("women", "population"),
)
_PLANNED = ("planned", "proposed", "approved", "underConstruction")
_NOT_CONTENT = ("id", "source", "as_of", "is_sample", "is_assumed", "sharing", "note")
_DATES = ("as_of", "commissioned", "wifi_since", "reported_on", "surveyed_on")


def row_repeated(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Rows that say the same under another id.

    Parameters
    ----------
    subject
        Any layer.
    limit
        Not used.

    Returns
    -------
    found
        Every row but the first of each group, with the id of the first.
    """
    table = subject.table
    said = [c for c in table.columns if c not in (*_NOT_CONTENT, "geometry") and table[c].notna().any()]
    if len(table) < 2 or not said:
        return []
    texts = table[said].astype(object).fillna("").astype(str).reset_index(drop=True)
    keys = pd.util.hash_pandas_object(texts, index=False).to_numpy()
    wkb = pd.Series(shapely.to_wkb(table.geometry.to_numpy()), dtype=object).fillna(b"")
    frame = pd.DataFrame({"said": keys, "shape": pd.util.hash_array(wkb.to_numpy(dtype=object))})
    is_again = frame.duplicated().to_numpy()
    if not is_again.any():
        return []
    first = frame.reset_index().groupby(["said", "shape"])["index"].transform("first").to_numpy()
    rows = np.flatnonzero(is_again)
    others = words(table, "id").to_numpy()[first[rows]].tolist()
    return [Found(rows=rows, column="id", each={"other": others})]


def date_future(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Days that are still to come.

    Parameters
    ----------
    subject
        Any layer.
    limit
        Not used.

    Yields
    ------
    found
        Rows of each column of days, with the day.
    """
    today = subject.around.today
    is_plan = words(subject.table, "status").map(_PLANNED.__contains__)
    for column in _DATES:
        if column not in subject.table.columns or not subject.table[column].notna().any():
            continue
        days = words(subject.table, column)
        rows = positions((days.str[:10] > today) & ~(is_plan & (column != "as_of")))
        if len(rows):
            yield Found(rows=rows, column=column, each={"day": [_day(one) for one in days[rows]]})


def stale(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Records older than the stale limit.

    Parameters
    ----------
    subject
        Any layer.
    limit
        Not used: the day stands in ``around``.

    Returns
    -------
    found
        One finding for the table: how many, and the oldest day.
    """
    days = words(subject.table, "as_of")
    rows = positions((days != "") & (days < subject.around.stale_before))
    if not len(rows):
        return []
    return [
        Found(column="as_of", facts={"n": len(rows), "day": _day(min(days[rows])), **_named(subject, rows)})
    ]


def undated(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Records of which nobody knows how old they are.

    Parameters
    ----------
    subject
        Any layer.
    limit
        Not used.

    Returns
    -------
    found
        One finding for the table.
    """
    rows = positions(words(subject.table, "as_of") == "")
    return [Found(column="as_of", facts={"n": len(rows), **_named(subject, rows)})] if len(rows) else []


def accuracy_missing(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Positions of which nobody knows how good they are.

    Parameters
    ----------
    subject
        Any layer with shapes.
    limit
        Not used.

    Returns
    -------
    found
        One finding for the table.
    """
    rows = positions(subject.is_placed & np.isnan(number(subject.table, "accuracy_m")))
    return [Found(column="accuracy_m", facts={"n": len(rows), **_named(subject, rows)})] if len(rows) else []


def accuracy_coarse(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Positions too rough for an estimate of coverage.

    Parameters
    ----------
    subject
        Masts or cells.
    limit
        Roughest accuracy that is good enough [m].

    Returns
    -------
    found
        Rows with their accuracy.
    """
    accuracy_m = number(subject.table, "accuracy_m")
    rows = positions(accuracy_m > limit)
    each = {"accuracy": accuracy_m[rows].tolist()}
    return [Found(rows=rows, column="accuracy_m", facts={"limit": limit}, each=each)] if len(rows) else []


def used_over_total(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    More ports, fibres or places in use than there are.

    Parameters
    ----------
    subject
        Fibre nodes, fibre spans or passive infrastructure.
    limit
        Not used.

    Yields
    ------
    found
        Rows with both numbers.
    """
    for used, total in _TOTALS.get(subject.layer, ()):
        yield from _over(subject, used, total)


def part_over_whole(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    A part of a hamlet that is larger than the whole: more poor households than households, and so on.

    Parameters
    ----------
    subject
        Hamlets.
    limit
        Not used.

    Yields
    ------
    found
        Rows with both numbers, by column.
    """
    for part, whole in _PARTS:
        yield from _over(subject, part, whole)


def sum_differs(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Hamlets whose men and women are not as many as their people.

    Parameters
    ----------
    subject
        Hamlets.
    limit
        Not used.

    Returns
    -------
    found
        Rows with both numbers.
    """
    total = number(subject.table, "population")
    both = number(subject.table, "men") + number(subject.table, "women")
    rows = positions(np.isfinite(total + both) & (total != both))
    each = {"total": _whole(total[rows]), "both": _whole(both[rows])}
    return [Found(rows=rows, column="population", each=each)] if len(rows) else []


def sample_mixed(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Synthetic rows among real ones, or real ones in a set of samples.

    Parameters
    ----------
    subject
        Any layer.
    limit
        Not used.

    Returns
    -------
    found
        The rows that do not fit the workspace; without one, the synthetic rows among real ones.
    """
    if "is_sample" not in subject.table.columns:
        return []
    marked = subject.table["is_sample"].astype("boolean")
    sample = marked.fillna(value=False).to_numpy(dtype=bool)
    if subject.around.is_sample is None:
        rows = np.flatnonzero(sample) if sample.any() and not sample.all() else np.empty(0, dtype=int)
    elif subject.around.is_sample:
        rows = positions(~sample & marked.notna().to_numpy())
    else:
        rows = np.flatnonzero(sample)
    return [Found(rows=rows, column="is_sample")] if len(rows) else []


def example_row(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    The example row of a template, left in the file.

    Parameters
    ----------
    subject
        Any layer.
    limit
        Not used.

    Returns
    -------
    found
        Rows whose id is that of the example.
    """
    rows = positions(words(subject.table, "id").str.startswith(EXAMPLE_ID))
    return [Found(rows=rows, column="id")] if len(rows) else []


def reference_unknown(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Rows that name a hamlet or a place that the data set lacks.

    Parameters
    ----------
    subject
        Any layer with ``hamlet_id`` or ``place_id``.
    limit
        Not used.

    Yields
    ------
    found
        Rows with the id named.
    """
    for column, layer in (("hamlet_id", "hamlet"), ("place_id", "place")):
        other = subject.around.tables.get(layer)
        if other is None or column not in subject.table.columns:
            continue
        named = words(subject.table, column)
        rows = positions((named != "") & ~named.isin(set(words(other, "id"))))
        if len(rows):
            yield Found(rows=rows, column=column, facts={"layer": layer}, each={"id": named[rows].tolist()})


def storey_height(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Buildings whose height does not fit their number of floors.

    Parameters
    ----------
    subject
        Buildings.
    limit
        Highest usual storey [m]; the lowest is taken as 2 m.

    Returns
    -------
    found
        Rows with both numbers.
    """
    height_m, floors = number(subject.table, "height_m"), number(subject.table, "n_floors")
    with np.errstate(divide="ignore", invalid="ignore"):
        storey_m = height_m / floors
    rows = positions((floors > 0) & ((storey_m < 2.0) | (storey_m > limit)))
    each = {"height": height_m[rows].tolist(), "n": _whole(floors[rows])}
    return [Found(rows=rows, column="height_m", each=each)] if len(rows) else []


def _over(subject: Subject, part: str, whole: str) -> Iterable[Found]:
    parts, wholes = number(subject.table, part), number(subject.table, whole)
    rows = positions(parts > wholes)
    if len(rows):
        each = {"part": _whole(parts[rows]), "total": _whole(wholes[rows])}
        yield Found(rows=rows, column=part, facts={"field": whole}, each=each)


def _day(text: str) -> dt.date | str:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return text


def _whole(values: Floats) -> list[float]:
    return [int(value) if float(value).is_integer() else float(value) for value in values]


def _named(subject: Subject, rows: Integers) -> dict[str, object]:
    return {"ids": name_list(words(subject.table, "id")[rows[:9]].tolist())}
