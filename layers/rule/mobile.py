"""Rules about masts and cells: who stands where, on which band, how high, pointing where."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.rule.near import twins
from layers.rule.subject import (
    Block,
    Flags,
    Found,
    Integers,
    Subject,
    items,
    name_list,
    number,
    positions,
    subject_of,
    words,
)

ANY_OPERATOR = "*"
NR_BAND = "n"


def cell_without_site(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Cells whose mast the data set lacks.

    Parameters
    ----------
    subject
        Cells.
    limit
        Not used.

    Returns
    -------
    found
        Rows with the id of the mast they name.
    """
    sites = subject.around.tables.get("site")
    if sites is None:
        return []
    named = words(subject.table, "site_id")
    rows = positions((named != "") & ~named.isin(set(words(sites, "id"))))
    return [Found(rows=rows, column="site_id", each={"id": named[rows].tolist()})] if len(rows) else []


def cell_far_from_site(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Cells that stand away from their mast.

    Parameters
    ----------
    subject
        Cells.
    limit
        Longest distance that passes [m].

    Returns
    -------
    found
        Rows with the distance.
    """
    sites = subject.around.tables.get("site")
    if sites is None or sites.empty:
        return []
    masts = subject_of("site", sites, subject.around)
    place = _place_of_mast(subject, sites)
    apart_m = np.hypot(subject.x_m - masts.x_m[place], subject.y_m - masts.y_m[place])
    rows = positions((place >= 0) & (apart_m > limit))
    each = {
        "id": words(subject.table, "site_id")[rows].tolist(),
        "distance": np.round(apart_m[rows]).tolist(),
    }
    return [Found(rows=rows, column="site_id", facts={"limit": limit}, each=each)] if len(rows) else []


def _place_of_mast(subject: Subject, sites: gpd.GeoDataFrame) -> Integers:
    """Position of each cell's mast among the sites, -1 where there is none."""
    ids = words(sites, "id")
    place = pd.Series(range(len(ids)), index=ids)
    place = place[~place.index.duplicated()]
    found = place.reindex(words(subject.table, "site_id")).fillna(-1).to_numpy()
    return found.astype(np.int_)


def azimuth_repeated(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Cells of one mast, operator, technology and band that point the same way.

    Parameters
    ----------
    subject
        Cells.
    limit
        Not used.

    Returns
    -------
    found
        Rows with the direction and how many share it; azimuth 0 for all is mostly "not known".
    """
    table = subject.table
    azimuth_deg = number(table, "azimuth_deg") % 360
    keys = pd.DataFrame(
        {name: words(table, name) for name in ("site_id", "operators", "technology", "band")}
        | {"azimuth": azimuth_deg, "frequency": np.nan_to_num(number(table, "frequency_mhz"), nan=-1.0)}
    )
    is_known = np.isfinite(azimuth_deg) & (keys["site_id"] != "").to_numpy()
    rows = positions(is_known & keys.duplicated(keep=False).to_numpy())
    if not len(rows):
        return []
    n_same = keys.groupby(list(keys.columns), dropna=False)["azimuth"].transform("size").to_numpy()
    each = {
        "azimuth": azimuth_deg[rows].tolist(),
        "n": n_same[rows].tolist(),
        "id": keys["site_id"].to_numpy()[rows].tolist(),
    }
    return [Found(rows=rows, column="azimuth_deg", each=each)]


def band_not_licensed(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Bands that are not among those of the operator, whose bands are known.

    Parameters
    ----------
    subject
        Cells.
    limit
        Not used.

    Returns
    -------
    found
        Rows with band, operator and the bands it has.
    """
    return _licence(subject, is_listed=True)


def band_unlisted(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Bands of operators about whose spectrum nothing is known.

    Parameters
    ----------
    subject
        Cells.
    limit
        Not used.

    Returns
    -------
    found
        Rows with band and operator.
    """
    return _licence(subject, is_listed=False)


def _licence(subject: Subject, *, is_listed: bool) -> list[Found]:
    blocks = subject.around.spectrum
    if not blocks:
        return []
    cells = pd.DataFrame(
        {
            "operators": words(subject.table, "operators"),
            "band": words(subject.table, "band"),
            "mhz": number(subject.table, "frequency_mhz"),
        }
    )
    stated = cells[(cells["band"] != "") | cells["mhz"].notna()]
    rows: list[int] = []
    facts: list[tuple[str, str, str]] = []
    for (operators, band, mhz), group in stated.groupby(["operators", "band", "mhz"], dropna=False):
        carrier_mhz = float(str(mhz))
        for operator in sorted(items(str(operators))):
            own = [block for block in blocks if block.operator == operator]
            if bool(own) != is_listed or _is_allowed(blocks, operator, str(band), carrier_mhz):
                continue
            rows += group.index.tolist()
            said = str(band) or f"{carrier_mhz:g} MHz"
            facts += [(said, operator, name_list([_written(block) for block in own]))] * len(group)
            break
    if not rows:
        return []
    order = np.argsort(rows, kind="stable")
    each = {
        name: [facts[place][number_] for place in order]
        for number_, name in enumerate(("band", "operator", "known"))
    }
    return [Found(rows=np.array(rows)[order], column="band", each=each)]


def _written(block: Block) -> str:
    return f"{block.band} ({block.low_mhz:g}–{block.high_mhz:g} MHz)"


def _is_allowed(blocks: tuple[Block, ...], operator: str, band: str, mhz: float) -> bool:
    return any(
        block.operator in (operator, ANY_OPERATOR)
        and (not band or block.band == band)
        and (not np.isfinite(mhz) or block.low_mhz <= mhz <= block.high_mhz)
        for block in blocks
    )


def band_technology(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Bands written as those of 5G in cells of another technology, or the other way round.

    Parameters
    ----------
    subject
        Cells.
    limit
        Not used.

    Returns
    -------
    found
        Rows with band and technology.

    References
    ----------
    TS 38.101-1 §5.2 writes NR bands with a small n; TS 36.101 §5.5 without.
    """
    band, technology = words(subject.table, "band"), words(subject.table, "technology")
    is_nr = band.str.startswith(NR_BAND)
    rows = positions((band != "") & (technology != "") & (is_nr != (technology == "5G")))
    each = {"band": band[rows].tolist(), "technology": technology[rows].tolist()}
    return [Found(rows=rows, column="band", each=each)] if len(rows) else []


def mast_height_class(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Masts higher or lower than their class allows.

    Parameters
    ----------
    subject
        Masts.
    limit
        Not used: the heights stand with the classes.

    Yields
    ------
    found
        Rows with height and class.
    """
    height_m = number(subject.table, "height_m")
    name = words(subject.table, "mast_class")
    for one in subject.around.mast_classes:
        low = -np.inf if one.low_m is None else one.low_m
        high = np.inf if one.high_m is None else one.high_m
        rows = positions((name == one.name).to_numpy() & ((height_m < low) | (height_m > high)))
        if len(rows):
            facts = {"mast_class": one.name, "low": one.low_m or 0.0, "high": high}
            each = {"height": height_m[rows].tolist()}
            yield Found(rows=rows, column="height_m", facts=facts, each=each)


def mast_class_standing(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Masts said to stand on the ground although their class stands on roofs, or the other way round.

    Parameters
    ----------
    subject
        Masts.
    limit
        Not used.

    Yields
    ------
    found
        Rows with their class and standing.
    """
    name, standing = words(subject.table, "mast_class"), words(subject.table, "standing")
    for one in subject.around.mast_classes:
        rows = positions((name == one.name) & (standing != "") & (standing != one.standing))
        if one.standing and len(rows):
            facts = {"mast_class": one.name}
            yield Found(rows=rows, column="standing", facts=facts, each={"value": standing[rows].tolist()})


def antenna_above_mast(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Antennas higher than the mast that carries them.

    Parameters
    ----------
    subject
        Cells.
    limit
        Allowance above the top of the mast [m].

    Returns
    -------
    found
        Rows with both heights; masts on roofs are left aside, their height counts from the roof.
    """
    sites = subject.around.tables.get("site")
    if sites is None or sites.empty:
        return []
    place = _place_of_mast(subject, sites)
    mast_m = number(sites, "height_m")[place]
    is_roof = (words(sites, "standing").to_numpy() == "roof")[place]
    height_m = number(subject.table, "height_m")
    rows = positions((place >= 0) & ~is_roof & (height_m > mast_m + limit))
    each = {"height": height_m[rows].tolist(), "mast": mast_m[rows].tolist()}
    return [Found(rows=rows, column="height_m", each=each)] if len(rows) else []


def tenants_differ(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Masts whose number of tenants is not that of the operators known to be there.

    Parameters
    ----------
    subject
        Masts.
    limit
        Not used.

    Returns
    -------
    found
        Rows with both numbers; the operators are those of the mast and of its cells together.
    """
    tenants = number(subject.table, "n_tenants")
    there = _operators_there(subject)
    counted = np.array([len(one) for one in there], dtype=float)
    rows = positions(np.isfinite(tenants) & (counted > 0) & (tenants != counted))
    each = {
        "tenants": tenants[rows].astype(int).tolist(),
        "n": counted[rows].astype(int).tolist(),
        "operators": [name_list(sorted(there[row])) for row in rows],
    }
    return [Found(rows=rows, column="n_tenants", each=each)] if len(rows) else []


def _operators_there(subject: Subject) -> list[frozenset[str]]:
    own = [items(text) for text in words(subject.table, "operators")]
    cells = subject.around.tables.get("cell")
    if cells is None or cells.empty:
        return own
    by_site = pd.DataFrame({"site": words(cells, "site_id"), "who": words(cells, "operators")})
    joined = by_site.drop_duplicates().groupby("site")["who"].agg(";".join).to_dict()
    ids = words(subject.table, "id")
    return [one | items(str(joined.get(key, ""))) for one, key in zip(own, ids, strict=True)]


def operator_not_on_site(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Cells of operators that are not among those of their mast.

    Parameters
    ----------
    subject
        Cells.
    limit
        Not used.

    Returns
    -------
    found
        Rows with the operators that the mast lacks.
    """
    sites = subject.around.tables.get("site")
    if sites is None or sites.empty:
        return []
    place = _place_of_mast(subject, sites)
    known = [items(text) for text in words(sites, "operators")]
    own = [items(text) for text in words(subject.table, "operators")]
    lacking = [
        one - known[at] if at >= 0 and known[at] else frozenset() for one, at in zip(own, place, strict=True)
    ]
    rows = positions(np.array([bool(one) for one in lacking], dtype=bool))
    each = {
        "operators": [name_list(sorted(lacking[row])) for row in rows],
        "id": words(subject.table, "site_id")[rows].tolist(),
    }
    return [Found(rows=rows, column="operators", each=each)] if len(rows) else []


def mast_shared(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Masts of different operators so close together that they may be one.

    Parameters
    ----------
    subject
        Masts.
    limit
        Longest distance [m].

    Returns
    -------
    found
        Rows with the other mast; whether they are one is for a person to decide.
    """
    pairs = twins(subject, limit_m=limit)
    operators = pairs.table["operators"].map(items)
    far_apart = [not (operators[a] & operators[b]) for a, b in zip(pairs.row, pairs.other, strict=True)]
    return pairs.found(np.array(far_apart, dtype=bool), column="operators")


def near_duplicate(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Two points of a layer so close together, and so alike, that they may be one thing told twice.

    Parameters
    ----------
    subject
        Any layer of points.
    limit
        Longest distance [m].

    Returns
    -------
    found
        Rows with the other row. Masts count as alike where they share an operator, others where they are of
        one kind.
    """
    pairs = twins(subject, limit_m=limit, is_by_kind=True)
    is_alike: Flags = np.ones(len(pairs.row), dtype=bool)
    if subject.layer == "site":
        operators = pairs.table["operators"].map(items)
        shared = [bool(operators[a] & operators[b]) for a, b in zip(pairs.row, pairs.other, strict=True)]
        is_alike = np.array(shared, dtype=bool)
    return pairs.found(is_alike, column=None)
