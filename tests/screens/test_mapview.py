"""Texts on a map cannot act, and what is drawn is what was given."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.catalogue import spec_of
from layers.spec import Style
from screens import mapview

ATTACKS = (
    '<img src=x onerror="hit()">',
    "</script><script>hit()</script>",
    "${hit(1)}",
    "`+hit(1)+`",
    "\\u003cscript\\u003e",
    "{{ hit }}",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_character_that_html_or_javascript_acts_on_survives(attack):
    assert not set(mapview.safe(attack)) & set("<>\"'`$\\{}")


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_reaches_the_map_only_as_entities(attack):
    drawing = mapview.draw_labels(np.array([shapely.Point(106.5, 20.8)]), [attack])
    shown = json.loads(drawing.payload)["labels"][0][2]
    assert shown == mapview.safe(attack)
    assert "<" not in drawing.payload


def places(steps):
    pairs = np.array(steps).reshape(-1, 2).cumsum(axis=0)
    return pairs / mapview.MICRO


def test_shapes_arrive_within_a_decimetre():
    line = shapely.LineString([(106.4729751, 20.8360921), (106.4800002, 20.8400003), (106.4, 20.9)])
    payload = json.loads(mapview.draw_shapes(np.array([line]), style=Style()).payload)
    assert np.abs(places(payload["lines"][0]) - shapely.get_coordinates(line)).max() < 1e-6


def test_a_polygon_keeps_its_holes_and_parts():
    hole = shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 2, 2))
    both = shapely.MultiPolygon([hole, shapely.box(5, 5, 6, 6)])
    payload = json.loads(mapview.draw_shapes(np.array([both]), style=Style()).payload)
    assert sorted(len(polygon) for polygon in payload["polygons"]) == [1, 2]


def test_each_operator_has_its_colour_and_its_shape():
    table = gpd.GeoDataFrame(
        {"operators": ["mau_a", "mau_b;mau_a", None], "name": ["1", "2", "3"]},
        geometry=[shapely.Point(106.5 + i / 100, 20.8) for i in range(3)],
        crs=4326,
    )
    styles = {"mau_a": ("#aa0000", "circle"), "mau_b": ("#0000aa", "triangle")}
    drawn = mapview.draw_layer(table, spec_of("site"), operators=styles)
    seen = {
        (one["colour"], one["shape"], len(one["points"])) for one in (json.loads(d.payload) for d in drawn)
    }
    assert ("#aa0000", "circle", 1) in seen
    assert ("#0000aa", "triangle", 1) in seen
    assert len(seen) == 3


def test_rows_without_a_place_are_not_drawn():
    table = gpd.GeoDataFrame({"operators": ["mau_a"], "name": ["1"]}, geometry=[None], crs=4326)
    assert mapview.draw_layer(table, spec_of("site"), operators={}) == ()


def test_a_view_reaches_the_browser_as_the_extent_and_a_point_gets_room():
    box = json.loads(mapview._view((106.43, 20.79, 106.52, 20.88)).payload)
    assert box == {"kind": "view", "bounds": [[20.79, 106.43], [20.88, 106.52]]}
    (south, west), (north, east) = json.loads(mapview._view((106.5, 20.8, 106.5, 20.8)).payload)["bounds"]
    assert (south + north) / 2 == pytest.approx(20.8)
    assert (west + east) / 2 == pytest.approx(106.5)
    assert north - south == pytest.approx(mapview.SMALLEST_DEG)


def test_extents_join():
    assert mapview.joined([None, (1, 2, 3, 4), (0, 3, 2, 9)]) == (0, 2, 3, 9)
    assert mapview.joined([None]) is None


def test_a_click_tells_place_and_reach():
    click = mapview._click({"last_clicked": {"lat": 20.8, "lng": 106.5, "reach_m": 12.5}})
    assert click == mapview.Click(lon=106.5, lat=20.8, reach_m=12.5)
    assert mapview._click({"last_clicked": None}) is None
    assert mapview._click(None) is None


def test_the_base_of_a_map_never_changes_so_that_its_frame_stays():
    words = mapview.Titles(name="Bản đồ", zoom_in="Phóng to", zoom_out="Thu nhỏ", language="vi")
    first, second = (mapview._Base(titles=words) for _ in range(2))
    assert first.script == second.script
    assert first.titles == second.titles
