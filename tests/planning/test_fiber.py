"""Which houses fibre reaches: ports, light, ways; and what is only assumed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.coverage import State
from layers.catalogue import spec_of
from planning import fiber

EPSG = 9210


def _table(layer, rows, shapes):
    blank = {column.name: None for column in spec_of(layer).columns}
    frame = gpd.GeoDataFrame([blank | row for row in rows], columns=list(blank), geometry=shapes, crs=EPSG)
    return frame.astype(
        {
            name: "Float64"
            for name in ("speed_gbps", "n_ports_total", "n_ports_used", "length_m")
            if name in frame
        }
    )


def _plant(*, used=4, length_m=2000.0, technology="GPON", with_span=True):
    nodes = _table(
        "fiber_node",
        [
            {"id": "O", "kind": "olt", "technology": "GPON", "n_ports_total": 8, "n_ports_used": 8},
            {"id": "H", "kind": "terminal_box", "technology": technology, "operators": "viettel"}
            | {"n_ports_total": 8, "n_ports_used": used},
        ],
        [shapely.Point(-5000, 0), shapely.Point(0, 5)],
    )
    spans = _table(
        "fiber_span",
        [{"id": "S", "start_node": "O", "end_node": "H", "length_m": length_m}] if with_span else [],
        [shapely.LineString([(-5000, 0), (0, 5)])] if with_span else [],
    )
    return fiber.access(nodes, spans)


def _reach(access, *places):
    road = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (600, 0)])], crs=EPSG)
    x_m, y_m = np.array(places, dtype=float).T
    return fiber.reach(access, fiber.carriers(road), x_m, y_m)


def test_along_the_road_within_drop_distance():
    """200 m along the road is within 300 m, 400 m is not; free port and light known: nothing assumed."""
    found = _reach(_plant(), (200, 10), (400, 10))
    assert found.state.tolist() == [State.COVERED, State.UNCOVERED]
    assert not found.assumed.any()


def test_a_full_box_reaches_nobody():
    """All eight ports in use."""
    assert _reach(_plant(used=8), (100, 10)).state.tolist() == [State.UNCOVERED]


def test_a_box_too_far_from_the_exchange_is_dark():
    """GPON B+ 28 dB less 2 dB reserve; splitters 21 dB, connectors 1.2 dB: 3.8 dB are left, 10.6 km."""
    assert _reach(_plant(length_m=10_000), (100, 10)).state.tolist() == [State.COVERED]
    assert _reach(_plant(length_m=11_000), (100, 10)).state.tolist() == [State.UNCOVERED]


@pytest.mark.parametrize("plant", [{"used": None}, {"with_span": False}])
def test_what_nobody_has_told_is_assumed_and_said(plant):
    """Ports or cable not told: covered, assumed, and the operator is asked."""
    found = _reach(_plant(**plant), (100, 10))
    assert found.state.tolist() == [State.COVERED]
    assert found.assumed.tolist() == [True]
    assert found.asked.tolist() == ["viettel"]


def test_speed_not_told_is_unknown_and_no_plant_is_unknown():
    """Unknown is never uncovered."""
    assert _reach(_plant(technology=None), (100, 10)).state.tolist() == [State.UNKNOWN]
    nothing = _table("fiber_node", [], []), _table("fiber_span", [], [])
    assert _reach(fiber.access(*nothing), (100, 10)).state.tolist() == [State.UNKNOWN]


def test_where_no_road_is_drawn_the_way_is_guessed():
    """150 m across: 195 m with the detour, assumed; 250 m across: 325 m, too far."""
    found = _reach(_plant(), (0, 155), (0, 255))
    assert found.state.tolist() == [State.COVERED, State.UNCOVERED]
    assert found.assumed.tolist() == [True, False]
