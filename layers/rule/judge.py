"""Every rule asked about a table; what it answers as faults, with the severity that the rule table states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd

from layers.issue import Issue, Severity
from layers.rule import fixed, mobile, record, territory
from layers.rule.subject import Around, Found, Subject, subject_of, words

Judge = Callable[[Subject, float], Iterable[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One row of the rule table.

    Parameters
    ----------
    code
        Code of its faults.
    severity
        How grave they are.
    stops
        What they stop: ``import``, ``confirm``, ``estimate``, ``count`` or ``nothing``; each has a text
        ``check.stops.<word>``.
    layers
        Layers for which it holds; empty: all.
    limit
        Its number, in the unit that its row states; 0 where it has none.
    is_asked_at_import
        False where only the check of a whole workspace asks it.
    """

    code: str
    severity: Severity
    stops: str
    layers: tuple[str, ...] = ()
    limit: float = 0.0
    is_asked_at_import: bool = True


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "row_repeated": record.row_repeated,
        "date_future": record.date_future,
        "stale": record.stale,
        "undated": record.undated,
        "accuracy_missing": record.accuracy_missing,
        "accuracy_coarse": record.accuracy_coarse,
        "used_over_total": record.used_over_total,
        "part_over_whole": record.part_over_whole,
        "sum_differs": record.sum_differs,
        "sample_mixed": record.sample_mixed,
        "example_row": record.example_row,
        "reference_unknown": record.reference_unknown,
        "storey_height": record.storey_height,
        "near_duplicate": mobile.near_duplicate,
        "mast_shared": mobile.mast_shared,
        "cell_without_site": mobile.cell_without_site,
        "cell_far_from_site": mobile.cell_far_from_site,
        "azimuth_repeated": mobile.azimuth_repeated,
        "band_not_licensed": mobile.band_not_licensed,
        "band_unlisted": mobile.band_unlisted,
        "band_technology": mobile.band_technology,
        "mast_height_class": mobile.mast_height_class,
        "mast_class_standing": mobile.mast_class_standing,
        "antenna_above_mast": mobile.antenna_above_mast,
        "tenants_differ": mobile.tenants_differ,
        "operator_not_on_site": mobile.operator_not_on_site,
        "fiber_node_unknown": fixed.fiber_node_unknown,
        "fiber_end_off_node": fixed.fiber_end_off_node,
        "span_length_differs": fixed.span_length_differs,
        "far_from_area": territory.far_from_area,
        "hamlet_overlap": territory.hamlet_overlap,
        "hamlet_gap": territory.hamlet_gap,
        "population_differs": territory.population_differs,
        "population_basis_mixed": territory.population_basis_mixed,
        "area_differs": territory.area_differs,
        "household_size": territory.household_size,
    }
)
"""Code to the function that finds its faults."""

NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "reference_unknown": ("hamlet", "place"),
        "cell_without_site": ("site",),
        "cell_far_from_site": ("site",),
        "antenna_above_mast": ("site",),
        "operator_not_on_site": ("site",),
        "tenants_differ": ("cell",),
        "fiber_node_unknown": ("fiber_node",),
        "fiber_end_off_node": ("fiber_node",),
        "far_from_area": ("boundary",),
        "hamlet_gap": ("boundary",),
        "population_differs": ("boundary",),
    }
)
"""Code to the other layers that its rule looks into."""
NEEDS_OWN = ("near_duplicate", "mast_shared")
"""Rules that also look at the rows of the same layer which are there already."""


def needs(layer: str, rules: Sequence[Rule]) -> tuple[str, ...]:
    """
    Layers that the rules of a layer look into.

    Parameters
    ----------
    layer
        Layer name.
    rules
        Rules to be asked.

    Returns
    -------
    layers
        Names, sorted; the layer's own where its rows are compared with those that are there.
    """
    found = {name for rule in _of_layer(layer, rules) for name in NEEDS.get(rule.code, ())}
    own = {layer} if any(rule.code in NEEDS_OWN for rule in _of_layer(layer, rules)) else set()
    return tuple(sorted(found | own))


def _of_layer(layer: str, rules: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.code in JUDGES and (not rule.layers or layer in rule.layers)]


def judge(
    layer: str,
    table: gpd.GeoDataFrame,
    around: Around,
    rules: Sequence[Rule],
    *,
    row_numbers: Sequence[int] | None = None,
) -> tuple[Issue, ...]:
    """
    Ask every rule of a layer about its rows.

    Parameters
    ----------
    layer
        Layer name.
    table
        Its rows, EPSG:4326, with the columns of the layer.
    around
        What else is known.
    rules
        Rules to be asked, those of other layers among them.
    row_numbers
        Row of each as its user sees it; None: rows are named by their id alone.

    Returns
    -------
    issues
        In the order of the rules, then of the rows.
    """
    asked = _of_layer(layer, rules)
    if not asked or table.empty:
        return ()
    subject = subject_of(layer, table, around)
    ids = words(table, "id").tolist()
    return tuple(
        issue
        for rule in asked
        for found in JUDGES[rule.code](subject, rule.limit)
        for issue in _issues(rule, found, layer=layer, ids=ids, row_numbers=row_numbers)
    )


def _issues(
    rule: Rule, found: Found, *, layer: str, ids: Sequence[str], row_numbers: Sequence[int] | None
) -> Iterable[Issue]:
    if found.rows is None:
        facts = MappingProxyType(dict(found.facts))
        yield Issue(code=rule.code, severity=rule.severity, layer=layer, column=found.column, facts=facts)
        return
    names = tuple(found.each)
    columns = [found.each[name] for name in names]
    for place, row in enumerate(found.rows.tolist()):
        own = {name: column[place] for name, column in zip(names, columns, strict=True)}
        yield Issue(
            code=rule.code,
            severity=rule.severity,
            layer=layer,
            row=None if row_numbers is None else row_numbers[row],
            column=found.column,
            facts=MappingProxyType({**found.facts, **own}),
            feature=ids[row] or None,
        )
