"""Every fault in a table is found, named with its row and column, and none is raised."""

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers import check as module
from layers.catalogue import spec_of
from layers.check import check
from layers.issue import Severity
from layers.store import create_store

HERE = shapely.Point(106.47, 20.83)
BOW_TIE = shapely.Polygon([(106, 20), (107, 21), (107, 20), (106, 21)])
HOLE_OUTSIDE = shapely.Polygon(
    [(106, 20), (106.1, 20), (106.1, 20.1), (106, 20.1)],
    [[(107, 21), (107.1, 21), (107.1, 21.1), (107, 21.1)]],
)
TEXTS = Path(__file__).parents[2] / "data" / "i18n"


def site(**changes):
    """Three good masts, with some columns changed."""
    columns = {"id": ["a", "b", "c"], "geometry": [HERE, HERE, HERE]} | changes
    return gpd.GeoDataFrame(columns, crs=4326)


def node(**changes):
    return site(**changes)


def found(table, layer="fiber_node", **options):
    issues = check(table, spec_of(layer), **options).issues
    return {(issue.code, issue.row, issue.column) for issue in issues}


def test_a_good_table_has_no_faults_and_goes_into_the_store(tmp_path):
    table = site(height_m=[30, None, 36.5], operators=["mau_a;mau_b", None, "mau_c"], thừa=[1, 2, 3])
    checked = check(table, spec_of("site"), operators=("mau_a", "mau_b", "mau_c"))
    assert checked.issues == ()
    store = create_store(tmp_path, {})
    store.replace({"site": checked.rows})
    pd.testing.assert_frame_equal(store.read("site"), checked.rows, check_index_type=False)
    store.close()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"height_m": [2.9, 150, 151]}, {("value_range", 1, "height_m"), ("value_range", 3, "height_m")}),
        ({"height_m": ["cao", 30, True]}, {("value_type", 1, "height_m"), ("value_type", 3, "height_m")}),
        ({"height_m": [np.inf, 30, np.nan]}, {("value_not_finite", 1, "height_m")}),
        ({"n_tenants": [1, 2.0, 2.5]}, {("value_type", 3, "n_tenants")}),
        ({"as_of": ["2025-02-28", "2025-02-30", "28/02/2025"]}, {("value_type", i, "as_of") for i in (2, 3)}),
        ({"is_sample": [True, 0, "có"]}, {("value_type", 3, "is_sample")}),
        ({"sharing": ["public", "Public", None]}, {("value_vocabulary", 2, "sharing")}),
        ({"technologies": ["4G;5G", "4G; 6G", "5G"]}, {("value_vocabulary", 2, "technologies")}),
        ({"operators": ["mau_a", "mau_a;viettle", None]}, {("operator_unknown", 2, "operators")}),
        ({"id": ["a", "", "c"]}, {("value_missing", 2, "id")}),
        ({"id": ["a", "b", "a"]}, {("id_duplicate", i, "id") for i in (1, 3)}),
        ({"id": ["TB 01", "tb01", "b"]}, {("id_similar", i, "id") for i in (1, 2)}),
        ({"id": ["Hải", "Hải", "b"]}, {("id_duplicate", i, "id") for i in (1, 2)}),
        ({"name": ["Trại Mới", "x", "trại mới"]}, {("name_duplicate", 1, "name")}),
    ],
)
def test_faults_of_values_are_found_with_row_and_column(changes, expected):
    assert found(site(**changes), "site", operators=("mau_a",)) == expected


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, "geometry_missing"),
        (shapely.Point(), "geometry_missing"),
        (shapely.Point(20.83, 106.47), "position_swapped"),
        (shapely.Point(575_047.7, 2_304_977.1), "position_metres"),
        (shapely.Point(2_304_977.1, 575_047.7), "position_metres"),
        (shapely.Point(200, 20), "position_impossible"),
        (shapely.Point(np.nan, 20), "position_not_finite"),
        (shapely.Point(106, np.inf), "position_not_finite"),
        (shapely.Point(0, 0), "position_zero"),
        (shapely.Point(100, 13), "position_outside_vietnam"),
    ],
)
def test_faults_of_places_are_found_with_their_row(shape, code):
    assert found(node(geometry=[HERE, shape, HERE])) == {(code, 2, None)}


@pytest.mark.parametrize("place", [(111.6, 16.5), (114.0, 9.7), (104.8, 8.6), (105.3, 23.3)])
def test_islands_and_ends_of_the_country_are_inside(place):
    assert found(node(geometry=[shapely.Point(*place)] * 3)) == set()


def test_a_broken_outline_is_explained_with_its_place():
    table = site(geometry=[BOW_TIE, shapely.box(106, 20, 107, 21), HOLE_OUTSIDE])
    crossing, other = check(table, spec_of("building")).issues
    assert (crossing.code, crossing.row) == ("geometry_self_crossing", 1)
    assert (crossing.facts["x"], crossing.facts["y"]) == (106.5, 20.5)
    assert (other.code, other.row) == ("geometry_invalid", 3)
    assert other.facts["reason"] == "shape_hole_outside"


def test_kinds_of_shapes_are_judged_one_by_one_and_together():
    line = shapely.LineString([(106, 20), (107, 21)])
    table = site(geometry=[HERE, line, shapely.box(106, 20, 107, 21)])
    assert found(table) == {
        ("geometry_mixed", None, None),
        ("geometry_type", 2, None),
        ("geometry_type", 3, None),
    }
    assert found(site(geometry=[line] * 3)) == {("geometry_type", i, None) for i in (1, 2, 3)}
    assert found(table, "zone") >= {("column_missing", None, "kind")}
    assert not {code for code, _, _ in found(table, "zone")} & {"geometry_mixed", "geometry_type"}
    assert found(site(geometry=[shapely.MultiPoint([HERE])] * 3)) == set()


def test_what_is_missing_everywhere_is_asked_once():
    table = pd.DataFrame({"name": ["x", "y"]})
    issues = check(table, spec_of("fiber_node")).issues
    assert [(i.code, i.row, i.severity) for i in issues] == [
        ("column_missing", None, Severity.ASK),
        ("geometry_none", None, Severity.ASK),
    ]
    nameless = {("geometry_some_missing", None, None), ("column_missing", None, "name")}
    assert found(site(geometry=[None] * 3), "hamlet") == nameless
    assert found(site(), "task") == {("geometry_unused", None, None)}
    assert found(site().iloc[:0]) == {("table_empty", None, None)}


def test_rows_with_errors_are_left_out_and_questions_stay():
    table = site(height_m=[500, 30, 30], geometry=[HERE, shapely.Point(100, 13), HERE]).set_index(
        pd.Index([7, 8, 9])
    )
    checked = check(table, spec_of("site"), row_numbers=[12, 13, 15])
    assert checked.rows.index.tolist() == [8, 9]
    assert checked.rows["height_m"].dtype == "Float64"
    assert [(i.code, i.row) for i in checked.issues] == [
        ("value_range", 12),
        ("position_outside_vietnam", 13),
    ]
    assert checked.issues[0].facts == {"value": 500.0, "low": 3, "high": 150, "unit": " m"}


def test_all_faults_of_one_row_are_told_and_the_table_is_left_alone():
    table = site(id=["a", "a", "c"], height_m=[1, 30, 30], geometry=[shapely.Point(20, 106), HERE, HERE])
    copy = table.copy(deep=True)
    checked = check(table, spec_of("site"))
    assert {i.code for i in checked.issues if i.row == 1} == {
        "id_duplicate",
        "value_range",
        "position_swapped",
    }
    pd.testing.assert_frame_equal(table, copy)


def texts(language):
    """Texts of a language, wherever its parts lie."""
    paths = [TEXTS / f"{language}.json", *sorted((TEXTS / "parts").glob(f"*.{language}.json"))]
    return {
        key: text
        for path in paths
        if path.exists()
        for key, text in json.loads(path.read_text("utf-8")).items()
    }


def documented():
    return dict(re.findall(r"^(\w+) +(error|ask|warning|info) ", module.__doc__, re.MULTILINE))


def test_every_code_is_documented_with_its_severity_and_has_its_facts_in_both_languages():
    tables = [
        (site(id=["a", "a", ""], height_m=[1, "x", np.inf], sharing="?", operators="?", name="x"), "site"),
        (site(id=["A", "a", "b"], geometry=[BOW_TIE, HOLE_OUTSIDE, HERE]), "building"),
        (site(geometry=[None] * 3), "fiber_node"),
        (site(geometry=[None] * 3), "hamlet"),
        (site(), "task"),
        (site().iloc[:0], "fiber_node"),
        (site(), "zone"),
    ]
    places = [(20.8, 106.5), (575_047, 2_304_977), (200, 20), (np.nan, 2), (0, 0), (100, 13)]
    tables += [(site(geometry=[shapely.Point(*place), HERE, None]), "fiber_node") for place in places]
    issues = [i for table, layer in tables for i in check(table, spec_of(layer), operators=("mau_a",)).issues]
    assert {issue.code: issue.severity.value for issue in issues} == documented()
    for language in ("vi", "en"):
        known = texts(language)
        for issue in issues:
            for part in ("message", "remedy"):
                text = known[f"issue.{issue.code}.{part}"].format(**{"column": issue.column, **issue.facts})
                assert text
                assert "{" not in text
