"""The map and the gaps in a real browser: links to a screen, a phone's width, one operator's areas."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from planning import data, text

ROOT = Path(__file__).resolve().parents[2]
FRAME = 'iframe[title="streamlit_folium.st_folium"]'
SCREENS = {
    "tong-quan": "screen.start.title",
    "ban-do": "screen.layer.title",
    "vung-phu-song": "screen.coverage.title",
    "noi-chua-dat": "screen.gap.title",
    "bo-du-lieu": "screen.dataset.title",
}


@pytest.fixture(scope="module")
def answer(server) -> dict:
    """What the command line says of the sample, whose coverage it estimates first."""
    for verb in ("coverage", "gap"):
        words = [sys.executable, "-m", "planning", verb, "--workspace", str(server.workspace), "--json"]
        done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def opens(page: Page, server, path: str) -> None:
    page.goto(f"{server.url}/{path}")
    expect(page.get_by_role("heading", level=1)).to_have_text(text.tr(SCREENS[path], "vi"), timeout=120_000)
    settles(page)


def settles(page: Page) -> None:
    page.wait_for_timeout(600)
    for name in ("stStatusWidget", "stSpinner", "stSkeleton"):
        expect(page.get_by_test_id(name)).to_have_count(0, timeout=120_000)
    page.wait_for_timeout(400)


@pytest.mark.parametrize("path", [path for path in SCREENS if path != "tong-quan"])
def test_a_link_to_a_screen_opens_it_without_an_error(answer, server, page, path):
    missing = []
    page.on("response", lambda reply: reply.status >= 400 and missing.append(reply.url))
    opens(page, server, path)
    assert missing == []


@pytest.mark.parametrize("path", ["ban-do", "vung-phu-song", "noi-chua-dat"])
def test_a_phone_shows_everything_without_moving_sideways(answer, server, page, path):
    page.set_viewport_size({"width": 400, "height": 800})
    opens(page, server, path)
    body = page.frame_locator(FRAME).first.locator("#map_div")
    expect(body).to_be_visible(timeout=60_000)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    title = page.get_by_role("heading", level=1).bounding_box()
    header = page.get_by_test_id("stHeader").bounding_box()
    assert title["y"] >= header["y"] + header["height"]
    page.wait_for_timeout(1000)
    inside = body.evaluate(
        """() => {
            const seen = window.map.getBounds(), box = window.map.hatangsoBox;
            return seen.contains(box) && window.map.getZoom() > 10;
        }"""
    )
    assert inside, "the map does not fit the whole commune into the width of a phone"


def test_an_operator_has_its_own_figures_and_areas(answer, server, page):
    operator = next(name for name in answer["operators"] if name not in ("any", "two_or_more"))
    areas = [area for area in answer["areas"] if area["operator"] == operator]
    assert areas
    opens(page, server, "noi-chua-dat")
    name = next(row.names["vi"] for row in data.operators() if row.id == operator)
    page.get_by_role("combobox", name=text.tr("screen.gap.whose", "vi")).click()
    page.get_by_role("option", name=name, exact=True).click()
    settles(page)
    missed = text.number(answer["operators"][operator]["uncovered"], "vi")
    sentence = page.get_by_text(re.compile(f"^{re.escape(name)}: .* {re.escape(missed)} chưa có;"))
    expect(sentence).to_contain_text(f"{len(areas)}.")
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + 52)
    settles(page)
    # The table stands in the order of what to look at first; the area chosen is one of the command line's.
    told = [f"{area['rank']}\\. .*: {re.escape(text.number(area['people'], 'vi'))}" for area in areas]
    expect(page.get_by_text(re.compile(f"^({'|'.join(told)}) người chưa có sóng"))).to_be_visible()
    outlined = page.frame_locator(FRAME).first.locator("#map_div")
    colours = outlined.evaluate("() => Object.values(window.map._layers).map(one => one.options.color)")
    assert "#ffb000" in colours
