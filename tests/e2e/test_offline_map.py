"""A map drawn by st_folium asks this process only: real server, real Chromium, real tiles."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio

ROOT = Path(__file__).resolve().parents[2]

ENTRY = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from screens import routes
app = st.App("script.py", routes=routes.routes(), middleware=routes.middleware())
"""

SCRIPT = """
from pathlib import Path
import folium
import streamlit as st
from streamlit_folium import st_folium
from screens import offline, tiles
offline.patch()
chart = folium.Map(location=[20.836, 106.473], zoom_start=14, tiles=None, maxZoom=19)
style = tiles.TileStyle(levels=((-95.0, tiles.rgba("#21918c")),))
address = tiles.url(Path("power.tif"), style)
folium.TileLayer(address, attr="mẫu").add_to(chart)
folium.Marker([20.836, 106.473]).add_to(chart)
folium.CircleMarker([20.837, 106.474], class_name="mast").add_to(chart)
st_folium(chart, key="map", returned_objects=["last_clicked"], height=400)
st.write("Đã vẽ xong")
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("tiny")
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    (folder / "app.py").write_text(ENTRY)
    (folder / "script.py").write_text(SCRIPT)
    transform = rasterio.Affine(10, 0, 573_000, 0, -10, 2_307_000)
    profile = {"width": 400, "height": 400, "count": 1, "dtype": "float32", "nodata": np.nan}
    with rasterio.open(
        folder / "power.tif", "w", driver="COG", crs="EPSG:9210", transform=transform, **profile
    ) as out:
        out.write(np.full((400, 400), -80, np.float32), 1)
    with serve(folder / "app.py", folder, folder / "none") as started:
        yield started


def test_a_map_with_tiles_and_a_marker_asks_this_machine_only(tiny, page):
    asked = []
    page.on("response", lambda answer: asked.append((answer.status, answer.url)))
    page.goto(tiny.url)
    page.get_by_text("Đã vẽ xong").wait_for()
    frame = page.frame_locator('iframe[title="streamlit_folium.st_folium"]')
    frame.locator("path.mast").wait_for()
    frame.locator("img.leaflet-tile-loaded").first.wait_for()
    assert frame.locator("img.leaflet-marker-icon").evaluate(
        "image => image.complete && image.naturalWidth > 0"
    )
    served = [(status, url) for status, url in asked if "/tiles/" in url or "/vendor/" in url]
    assert {status for status, _url in served} <= {200, 304}
    assert any("/tiles/" in url for _status, url in served)
    assert any(url.endswith("/vendor/leaflet/leaflet.js") for _status, url in served)


def test_the_fixture_itself_notices_requests_outside_and_errors(tiny, judged):
    opened, outside, errors = judged
    opened.goto(tiny.url)
    opened.get_by_text("Đã vẽ xong").wait_for()
    opened.evaluate("window.open('http://198.51.100.7/', '_self')")
    opened.wait_for_timeout(500)
    assert outside == ["http://198.51.100.7/"]
    opened.goto(tiny.url)
    opened.evaluate("console.error('planted')")
    opened.evaluate("fetch('http://198.51.100.7/leak').catch(() => null)")
    opened.wait_for_timeout(500)
    assert any("planted" in error for error in errors)
    assert any("Content Security Policy" in error for error in errors)
    assert outside == ["http://198.51.100.7/"], "the policy stopped the request before it was made"


def test_the_page_says_that_it_is_vietnamese(tiny, page):
    page.goto(tiny.url)
    assert page.locator("html").get_attribute("lang") == "vi"
