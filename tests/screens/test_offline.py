"""No request leaves the machine: every map asks this process only, and headers say so to the browser."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import folium
import folium.plugins
import numpy as np
import pyproj
import pytest
import rasterio
import streamlit_folium
from rio_tiler.io import Reader
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from geo.errors import FileError
from screens import assets, offline, routes, tiles

ROOT = Path(__file__).resolve().parents[2]
LEVELS = ((-85.0, (1, 2, 3, 255)), (-95.0, (4, 5, 6, 255)))


@pytest.fixture
def sent(monkeypatch):
    """What the map's frame would be given, instead of a browser."""
    calls = []
    monkeypatch.setattr(streamlit_folium, "_component_func", lambda **given: calls.append(given))
    offline.patch()
    return calls


def test_a_map_asks_only_for_assets_of_this_process_and_all_of_them_exist(sent):
    chart = folium.Map(tiles=None)
    streamlit_folium.st_folium(chart)
    links = sent[0]["js_links"] + sent[0]["css_links"]
    assert links == ["../../vendor/leaflet/leaflet.js", "../../vendor/leaflet/leaflet.css"]
    for link in links:
        assert (assets.FOLDER / link.removeprefix("../../vendor/")).is_file()


def test_patching_twice_changes_nothing_more(sent):
    once = streamlit_folium._component_func
    offline.patch()
    assert streamlit_folium._component_func is once


@pytest.mark.parametrize(
    "part",
    [
        folium.TileLayer("OpenStreetMap"),
        folium.plugins.MiniMap(tile_layer=None),
        folium.raster_layers.WmsTileLayer("https://example.org/wms", layers="a"),
        folium.raster_layers.ImageOverlay("https://example.org/a.png", [[0, 0], [1, 1]]),
    ],
    ids=["tiles", "plugin", "wms", "image"],
)
def test_anything_that_points_outside_is_refused_before_it_reaches_the_browser(sent, part):
    chart = folium.Map(tiles=None).add_child(part)
    with pytest.raises(FileError) as refusal:
        streamlit_folium.st_folium(chart)
    assert refusal.value.code == "asset_not_local"
    assert "//" in refusal.value.facts["link"]
    assert not sent


def test_text_that_mentions_an_address_is_not_taken_for_a_request(sent):
    chart = folium.Map(tiles=None, attr="see https://example.org")
    chart.add_child(folium.TileLayer("../../tiles/t/{z}/{x}/{y}.png", attr="source: https://example.org"))
    streamlit_folium.st_folium(chart)
    assert len(sent) == 1


def test_missing_assets_are_named(tmp_path):
    assert assets.missing(tmp_path) == tuple(assets.ASSETS.values())
    for name in assets.ASSETS.values():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert assets.missing(tmp_path) == ()


def test_starting_the_process_does_not_load_the_map_component_too_early():
    asked = "import sys; import screens.routes; sys.exit('streamlit_folium' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=False).returncode == 0


@pytest.fixture
def client():
    async def page(_request):
        return HTMLResponse('<!DOCTYPE html><html lang="en"><head></head><body>ộ</body></html>')

    own = routes.routes()
    served = Starlette(routes=[*own, Route("/{rest:path}", page)], middleware=list(routes.middleware()))
    return TestClient(served, base_url="http://localhost")


@pytest.fixture
def raster(tmp_path):
    """A raster in VN-2000: one strong cell of 10 m at a known place, a corner unknown, the rest weak."""
    path = tmp_path / "power.tif"
    values = np.full((64, 64), -90.0, np.float32)
    values[20, 30] = -70.0
    values[:8, :8] = np.nan
    grid = rasterio.Affine(10, 0, 574_000, 0, -10, 2_305_000)
    with rasterio.open(
        path,
        "w",
        driver="COG",
        width=64,
        height=64,
        count=1,
        dtype="float32",
        crs="EPSG:9210",
        transform=grid,
        nodata=np.nan,
    ) as out:
        out.write(values, 1)
    return path


def picture(path, style, *, x_m, y_m, zoom=18):
    """Colour that the tiles show at a place given in VN-2000."""
    lon, lat = pyproj.Transformer.from_crs(9210, 4326, always_xy=True).transform(x_m, y_m)
    with Reader(str(path)) as reader:
        tile = reader.tms.tile(lon, lat, zoom)
        box = reader.tms.xy_bounds(tile)
    east, north = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    column = int((east - box.left) / (box.right - box.left) * tiles.SIZE_PX)
    row = int((box.top - north) / (box.top - box.bottom) * tiles.SIZE_PX)
    grant = tiles._granted(tiles.mint(path, style))
    with rasterio.MemoryFile(tiles._tile(grant, tile.z, tile.x, tile.y)) as held, held.open() as image:
        return tuple(int(value) for value in image.read()[:, row, column])


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("x_m", "y_m", "scale", "expected"),
    [
        (574_305, 2_304_795, 1.0, (1, 2, 3, 255)),
        (574_305, 2_304_795, 1.25, (4, 5, 6, 255)),
        (574_355, 2_304_795, 1.0, (4, 5, 6, 255)),
        (574_355, 2_304_795, 1.25, (9, 9, 9, 255)),
        (574_035, 2_304_965, 1.0, (0, 0, 0, 0)),
        (573_900, 2_304_795, 1.0, (0, 0, 0, 0)),
    ],
    ids=["strong", "strong-in-larger-steps", "weak", "under-all", "unknown", "outside"],
)
def test_a_cell_is_drawn_in_the_colour_of_its_class_at_its_place(raster, x_m, y_m, scale, expected):
    style = tiles.TileStyle(levels=LEVELS, scale=scale, below=(9, 9, 9, 255))
    assert picture(raster, style, x_m=x_m, y_m=y_m) == expected


def test_hundredths_of_a_decibel_are_classed_in_decibels():
    style = tiles.TileStyle(levels=((13.0, (1, 1, 1, 255)), (0.0, (2, 2, 2, 255))), scale=0.01)
    drawn = tiles.colour(np.array([[1300.0, 1299.0, 0.0, -1.0, np.nan]]), style)
    assert drawn[0].tolist() == [[1, 2, 2, 0, 0]]
    assert drawn[3].tolist() == [[255, 255, 255, 0, 0]]


def test_states_have_their_own_colours_and_unknown_values_none():
    style = tiles.TileStyle(states=((0, (7, 7, 7, 255)), (2, (8, 8, 8, 128))))
    drawn = tiles.colour(np.array([[0.0, 1.0, 2.0, np.nan]]), style)
    assert drawn[3].tolist() == [[255, 0, 128, 0]]
    assert drawn[0].tolist() == [[7, 0, 8, 0]]


def test_a_tile_is_served_to_who_holds_its_token_and_to_nobody_else(client, raster):
    style = tiles.TileStyle(levels=LEVELS)
    pattern = tiles.url(raster, style)
    assert str(raster.parent) not in pattern
    address = pattern.removeprefix("../..").format(z=0, x=0, y=0)
    served = client.get(address)
    assert served.status_code == 200
    assert served.headers["content-type"] == "image/png"
    assert served.content.startswith(b"\x89PNG")
    again = client.get(address, headers={"If-None-Match": served.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    token = pattern.split("/")[3]
    for wrong in ("0" * len(token), token[:-1] + ("0" if token[-1] != "0" else "1"), raster.name):
        assert client.get(f"/tiles/{wrong}/0/0/0.png").status_code == 404
    for place in ("0/1/0", "0/0/1", "30/0/0"):
        assert client.get(f"/tiles/{token}/{place}.png").status_code == 404


def test_a_token_ends_with_its_time_and_changes_with_the_file_and_the_style(client, raster):
    style = tiles.TileStyle(levels=LEVELS)
    first = tiles.mint(raster, style)
    assert tiles.mint(raster, style) == first
    assert tiles.mint(raster, tiles.TileStyle(levels=LEVELS, scale=0.01)) != first
    expired = tiles.mint(raster, style, now_s=time.time() - 3 * tiles.LIFETIME_S)
    assert client.get(f"/tiles/{expired}/0/0/0.png").status_code == 404
    os.utime(raster, ns=(1, 1))
    assert tiles.mint(raster, style) != first


def test_a_raster_that_is_gone_is_not_found(client, tmp_path):
    token = tiles.mint(tmp_path / "nothing.tif", tiles.TileStyle(levels=LEVELS))
    assert client.get(f"/tiles/{token}/0/0/0.png").status_code == 404


def test_assets_are_served_with_their_type_and_nothing_above_their_folder(client):
    script = client.get("/vendor/leaflet/leaflet.js")
    assert script.status_code == 200
    assert "javascript" in script.headers["content-type"]
    assert client.get("/vendor/%2e%2e/install.py").status_code == 404


@pytest.mark.parametrize(("query", "language"), [("", "vi"), ("?lang=en", "en"), ("?lang=vi", "vi")])
def test_the_page_names_its_language_and_every_answer_carries_the_headers(client, query, language):
    page = client.get("/noi-chua-dat" + query)
    assert f'<html lang="{language}">' in page.text
    assert page.text.endswith("ộ</body></html>")
    assert "<head><script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin" in page.text
    for answer in (page, client.get("/vendor/leaflet/leaflet.css"), client.get("/tiles/none/0/0/0.png")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "http" not in policy


def test_a_foreign_host_name_is_refused(client, monkeypatch):
    monkeypatch.setattr(routes.st, "get_option", lambda _name: ["localhost"])
    served = Starlette(routes=routes.routes(), middleware=list(routes.middleware()))
    with TestClient(served, base_url="http://evil.example") as foreign:
        assert foreign.get("/vendor/leaflet/leaflet.js").status_code == 400
    with TestClient(served, base_url="http://localhost:8501") as own:
        assert own.get("/vendor/leaflet/leaflet.js").status_code == 200
