"""What a click on the map finds, how its values are written, and a legend that shows what is drawn."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from layers.catalogue import spec_of
from screens import layer, legend, state
from screens.mapview import Click

LON, LAT = 106.5, 20.8
HAMLET = shapely.box(LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01)
COMMUNE = HAMLET.buffer(0.02)


def rows(*named, **columns):
    """Rows of id, name and shape."""
    keys, names, shapes = zip(*named, strict=True)
    return gpd.GeoDataFrame({"id": keys, "name": names, **columns}, geometry=list(shapes), crs=4326)


@pytest.fixture
def tables(monkeypatch):
    """A commune of one hamlet with two masts at one place and a road past them."""
    found = {
        "boundary": rows(("X", "Xã", COMMUNE)),
        "hamlet": rows(("T1", "Thôn Một", HAMLET)),
        "road": rows(("R1", "Đường", shapely.LineString([(LON - 0.01, LAT), (LON + 0.01, LAT)]))),
        "site": rows(("S1", "Trạm 1", shapely.Point(LON, LAT)), ("S2", None, shapely.Point(LON + 2e-5, LAT))),
        "building": rows(("B1", "Nhà", shapely.box(LON, LAT, LON + 1e-4, LAT + 1e-4))),
    }
    monkeypatch.setattr(state, "table", found.__getitem__)
    monkeypatch.setattr(state, "language", lambda: "vi")
    return found


def found_at(lon, lat, *layers, zoom=16.0):
    click = Click(lon=lon, lat=lat, reach_m=10, zoom=zoom)
    return [hit.row["id"] for hit in layer._hits(click, [spec_of(name) for name in layers])]


def test_masts_at_one_place_are_all_offered_the_nearest_first(tables):
    assert found_at(LON + 2e-5, LAT, "boundary", "hamlet", "road", "site") == ["S2", "S1"]


def test_a_road_is_found_where_no_symbol_lies_and_the_hamlet_where_no_road_lies(tables):
    assert found_at(LON + 0.005, LAT, "boundary", "hamlet", "road", "site") == ["R1"]
    assert found_at(LON + 0.005, LAT + 0.005, "boundary", "hamlet", "road", "site") == ["T1"]


def test_the_boundary_is_found_only_where_nothing_else_lies(tables):
    assert found_at(LON + 0.02, LAT, "boundary", "hamlet") == ["X"]
    assert found_at(LON + 0.2, LAT, "boundary", "hamlet") == []


def test_areas_upon_each_other_are_all_offered_the_smallest_first_and_only_if_drawn(tables):
    inside = (LON + 5e-5, LAT + 5e-5, "hamlet", "building")
    assert found_at(*inside) == ["B1", "T1"]
    assert found_at(*inside, zoom=12.0) == ["T1"]


@pytest.mark.parametrize(
    ("shapes", "symbols"),
    [
        ([HAMLET], ["area"]),
        ([HAMLET.centroid], ["circle"]),
        ([HAMLET, HAMLET.centroid], ["area", "circle"]),
        ([None], []),
    ],
)
def test_the_legend_of_hamlets_follows_the_shapes_they_have(tables, shapes, symbols):
    tables["hamlet"] = rows(*((f"T{number}", "Thôn", shape) for number, shape in enumerate(shapes)))
    drawn = legend.of_layer(spec_of("hamlet"), operators=())
    assert [entry.shape for entry in drawn] == symbols


def test_codes_are_written_as_their_labels(tables):
    site = spec_of("site")
    assert state.value_text(site, "owner", "mau_a") == state.operator_name("mau_a") != "mau_a"
    assert state.value_text(site, "shared_with", "mau_b;mau_c").count("mẫu") == 2
    assert state.value_text(site, "owner", "UBND Xã Mẫu") == "UBND Xã Mẫu"
    assert state.value_text(site, "structure", "self_supporting") == "Tự đứng"
    assert state.value_text(spec_of("hamlet"), "population", 1500) == "1.500"


def test_every_value_of_every_vocabulary_has_a_label(tables):
    bare = [
        f"{spec.name}.{column.name}.{value}"
        for spec in layer.CATALOGUE
        for column in spec.columns
        for value in column.vocabulary
        if state.value_text(spec, column.name, value).startswith("value.")
    ]
    assert bare == []
