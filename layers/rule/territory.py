"""Rules about the area and its hamlets: what lies outside, overlaps, leaves holes, does not add up."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely

from layers.rule.subject import Found, Shapes, Subject, name_list, number, positions, subject_of, words

SLIVER_M = 5.0
"""Overlaps and holes narrower than twice this are drawing accuracy."""


def far_from_area(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Rows that lie far outside the area.

    Parameters
    ----------
    subject
        Any layer with shapes.
    limit
        Distance outside the outline that is welcome [m]: masts across the border serve people inside.

    Returns
    -------
    found
        Rows with the distance.
    """
    outline = _outline(subject)
    if outline is None:
        return []
    shapely.prepare(outline)
    apart_m = shapely.distance(outline, subject.shapes_m)
    rows = positions(apart_m > limit)
    facts = {"limit_km": limit / 1000}
    each = {"distance_km": np.round(apart_m[rows] / 1000, 1).tolist()}
    return [Found(rows=rows, facts=facts, each=each)] if len(rows) else []


def _outline(subject: Subject) -> shapely.Geometry | None:
    table = subject.around.tables.get("boundary")
    if table is None or table.empty:
        return None
    shapes = subject_of("boundary", table, subject.around).shapes_m
    outline = shapely.union_all(shapes[~shapely.is_missing(shapes)])
    return None if outline.is_empty else outline


def _areas(subject: Subject) -> Shapes:
    is_area = np.isin(shapely.get_type_id(subject.shapes_m), (3, 6)) & shapely.is_valid(subject.shapes_m)
    areas: Shapes = subject.shapes_m.copy()
    areas[~is_area] = None
    return areas


def hamlet_overlap(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Hamlets that cover the same ground.

    Parameters
    ----------
    subject
        Hamlets.
    limit
        Smallest overlap that is told [m²].

    Yields
    ------
    found
        The first row of each pair, with the name of the other and the area.
    """
    areas = _areas(subject)
    there = np.flatnonzero(~shapely.is_missing(areas))
    tree = shapely.STRtree(areas[there])
    a, b = tree.query(areas[there], predicate="intersects")
    first, second = there[a[a < b]], there[b[a < b]]
    common = shapely.intersection(areas[first], areas[second])
    is_wide = ~shapely.is_empty(shapely.buffer(common, -SLIVER_M))
    wanted = (shapely.area(common) > limit) & is_wide
    if wanted.any():
        names = words(subject.table, "name").to_numpy()
        each = {
            "other": names[second[wanted]].tolist(),
            "area_ha": np.round(shapely.area(common[wanted]) / 10_000, 1).tolist(),
        }
        yield Found(rows=first[wanted], each=each)


def hamlet_gap(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Ground of the area that belongs to no hamlet, where hamlets are drawn as areas.

    Parameters
    ----------
    subject
        Hamlets.
    limit
        Smallest share of the area that is told.

    Returns
    -------
    found
        One finding for the table, with the share and the place of the largest hole.
    """
    outline, areas = _outline(subject), _areas(subject)
    drawn = areas[~shapely.is_missing(areas)]
    if outline is None or len(drawn) == 0 or len(drawn) < 0.5 * len(areas):
        return []
    hole = shapely.buffer(shapely.difference(outline, shapely.union_all(drawn)), -SLIVER_M)
    share = hole.area / outline.area
    if share <= limit:
        return []
    parts = shapely.get_parts(hole)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    point = shapely.point_on_surface(largest)
    facts = {"percent": round(100 * share, 1), "n": len(parts), "x_m": point.x, "y_m": point.y}
    return [Found(facts=facts)]


def population_differs(subject: Subject, limit: float) -> Iterable[Found]:
    """
    People of the hamlets that do not add up to those registered in the area.

    Parameters
    ----------
    subject
        Hamlets.
    limit
        Largest difference that passes, as a share of the registered number.

    Returns
    -------
    found
        One finding for the table, with both numbers and how many hamlets state none.
    """
    outline = subject.around.tables.get("boundary")
    if outline is None:
        return []
    stated = float(np.nansum(number(outline, "population_registered")))
    people = number(subject.table, "population")
    total = float(np.nansum(people))
    if stated <= 0 or total <= 0 or abs(total - stated) <= limit * stated:
        return []
    facts = {
        "total": int(total),
        "stated": int(stated),
        "percent": round(100 * abs(total - stated) / stated, 1),
        "n": int(np.isnan(people).sum()),
    }
    return [Found(column="population", facts=facts)]


def population_basis_mixed(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    People of hamlets counted in different ways, so that their sum means nothing.

    Parameters
    ----------
    subject
        Hamlets.
    limit
        Not used.

    Returns
    -------
    found
        One finding for the table, with the ways.
    """
    ways = sorted(set(words(subject.table, "population_basis")) - {""})
    if len(ways) < 2:
        return []
    return [Found(column="population_basis", facts={"value": name_list(ways), "column": "population_basis"})]


def area_differs(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Outlines whose stated area is not that of their shape.

    Parameters
    ----------
    subject
        The outline of the area.
    limit
        Largest difference that passes, as a share.

    Returns
    -------
    found
        Rows with both areas.
    """
    stated_km2 = number(subject.table, "area_stated_km2")
    drawn_km2 = shapely.area(subject.shapes_m) / 1e6
    rows = positions(np.abs(stated_km2 - drawn_km2) > limit * stated_km2)
    each = {"stated": stated_km2[rows].tolist(), "drawn": np.round(drawn_km2[rows], 2).tolist()}
    return [Found(rows=rows, column="area_stated_km2", each=each)] if len(rows) else []


def household_size(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Hamlets with very few people in each household, or very many.

    Parameters
    ----------
    subject
        Hamlets.
    limit
        Largest usual number of people in a household; the smallest is taken as 1.5.

    Returns
    -------
    found
        Rows with both numbers.
    """
    people, households = number(subject.table, "population"), number(subject.table, "households")
    with np.errstate(divide="ignore", invalid="ignore"):
        size = people / households
    rows = positions((households > 0) & (people > 0) & ((size < 1.5) | (size > limit)))
    each = {"total": people[rows].astype(int).tolist(), "n": households[rows].astype(int).tolist()}
    return [Found(rows=rows, column="households", each=each)] if len(rows) else []
