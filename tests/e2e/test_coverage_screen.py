"""The coverage screen in a real browser: what the map shows, a click explained, two estimates compared."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geo.crs import transform
from planning import data, runs, text
from planning.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2]
FRAME = 'iframe[title="streamlit_folium.st_folium"]'
KINDS = ("state", "probability", "server", "speed", "fast", "count", "sinr")
OPERATOR = "mau_c"


def command(server, *words: str) -> dict:
    whole = [sys.executable, "-m", "planning", *words, "--workspace", str(server.workspace), "--json"]
    return json.loads(subprocess.run(whole, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


@pytest.fixture(scope="module")
def estimated(server):
    """The sample estimated as a city first, then as it is, with speed."""
    command(server, "coverage", "--model", "uma", "--cell-m", "20")
    command(server, "coverage", "--cell-m", "20", "--speed")
    return server


def settles(page: Page) -> None:
    page.wait_for_timeout(700)
    for name in ("stStatusWidget", "stSpinner", "stSkeleton"):
        expect(page.get_by_test_id(name)).to_have_count(0, timeout=120_000)
    page.wait_for_timeout(500)


def opens(page: Page, server) -> None:
    page.goto(f"{server.url}/vung-phu-song")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        text.tr("screen.coverage.title", "vi"), timeout=120_000
    )
    expect(the_map(page)).to_be_visible(timeout=120_000)
    settles(page)


def the_map(page: Page):
    return page.frame_locator(FRAME).first.locator("#map_div")


def named(operator: str) -> str:
    return next(row.names["vi"] for row in data.operators() if row.id == operator)


def picks(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=text.tr(label, "vi")).first.click()
    page.get_by_role("option", name=option).first.click()
    settles(page)


def test_everything_the_estimate_holds_is_drawn_with_a_legend(estimated, page):
    asked = []
    page.on("response", lambda answer: "/tiles/" in answer.url and asked.append((answer.status, answer.url)))
    opens(page, estimated)
    page.get_by_text(text.tr("screen.technical", "vi"), exact=True).first.click()
    settles(page)
    page.get_by_text(named("mau_a"), exact=True).first.click()
    settles(page)
    target = data.setting("speed_target_mbps")
    seen = set()
    for kind in KINDS:
        asked.clear()
        picks(page, "screen.coverage.kind", text.tr(f"screen.coverage.kind.{kind}", "vi", target=target))
        page.wait_for_timeout(1500)
        assert {status for status, _ in asked} == {200}, kind
        seen |= {address.split("/")[4] for _, address in asked}
    assert len(seen) >= len(KINDS)


def clicks(page: Page, lon: float, lat: float) -> None:
    point = the_map(page).evaluate(
        "(_, at) => { const p = window.map.latLngToContainerPoint(at); return [p.x, p.y]; }", [lat, lon]
    )
    the_map(page).click(position={"x": point[0], "y": point[1]})
    expect(page.locator(".st-key-why_card")).to_be_visible(timeout=60_000)
    settles(page)


def test_a_click_is_explained_as_the_command_line_explains_it(estimated, page):
    workspace = open_workspace(estimated.workspace)
    middle = workspace.boundary().centroid
    lon, lat = transform(middle.x - 900, middle.y - 300, epsg_from=workspace.calc_epsg, epsg_to=4326)
    workspace.store.close()
    opens(page, estimated)
    page.get_by_text(named(OPERATOR), exact=True).first.click()
    settles(page)
    clicks(page, float(lon), float(lat))
    card = page.locator(".st-key-why_card")
    head = card.get_by_text(re.compile(r"vĩ độ ([\d,]+), kinh độ ([\d,]+)")).inner_text()
    place = [
        found.replace(",", ".") for found in re.search(r"vĩ độ ([\d,]+), kinh độ ([\d,]+)", head).groups()
    ]
    told = command(estimated, "why", "--operator", OPERATOR, "--lat", place[0], "--lon", place[1])
    assert text.tr(f"state.{told['state']}", "vi") in head
    chart = card.locator("[role='graphics-document']").first
    expect(chart).to_have_attribute("aria-label", re.compile(r"^Mặt cắt dài [\d.]+ m"))
    length = text.number(told["links"][0]["distance_m"], "vi")
    assert f"Mặt cắt dài {length} m" in card.inner_text()
    assert page.locator(".vega-embed details").count() == 0
    colours = the_map(page).evaluate("() => Object.values(window.map._layers).map(one => one.options.color)")
    assert "#ffb000" in colours
    assert page.get_by_test_id("stMain").evaluate("node => node.scrollWidth - node.clientWidth") <= 0


def test_two_estimates_are_compared_on_the_map_and_in_people(estimated, page):
    workspace = open_workspace(estimated.workspace)
    assert len(runs.history(workspace)) >= 2
    workspace.store.close()
    opens(page, estimated)
    page.get_by_text(re.compile("^Các lần ước tính đã giữ")).click()
    settles(page)
    picks(page, "screen.history.compare", re.compile("đô thị"))
    expect(page.get_by_text(text.tr("class.change.lost", "vi")).first).to_be_visible(timeout=60_000)
    expect(
        page.frame_locator(FRAME).first.locator(".hatangso-tile img.leaflet-tile-loaded").first
    ).to_be_visible(timeout=60_000)
    table = page.get_by_test_id("stTable").last
    rows = {
        row.locator("th").first.inner_text(): row.locator("td").all_inner_texts()
        for row in table.locator("tbody tr").all()
    }
    gained, lost, *_ = (int(cell.replace(".", "")) for cell in rows[named("mau_a")])
    assert gained > 0
    assert lost == 0


def test_a_phone_shows_the_explanation_without_moving_sideways(estimated, page):
    page.set_viewport_size({"width": 400, "height": 800})
    opens(page, estimated)
    the_map(page).scroll_into_view_if_needed()
    box = the_map(page).bounding_box()
    the_map(page).click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(page.locator(".st-key-why_card")).to_be_visible(timeout=60_000)
    settles(page)
    assert page.get_by_test_id("stMain").evaluate("node => node.scrollWidth - node.clientWidth") <= 0


def test_a_click_on_a_frame_that_still_grows_keeps_the_commune_in_view(estimated, page):
    opens(page, estimated)
    zoom = "() => window.map.getZoom()"
    fitted = the_map(page).evaluate(zoom)
    frame = page.locator(FRAME).first
    sizes = "(node, side) => { node.style.height = side + 'px'; }"
    high = frame.bounding_box()["height"]
    frame.evaluate(sizes, 60)
    the_map(page).evaluate(sizes, 60)
    page.wait_for_timeout(600)
    assert the_map(page).evaluate(zoom) < fitted
    the_map(page).click(position={"x": 30, "y": 30})
    settles(page)
    frame.evaluate(sizes, high)
    the_map(page).evaluate(sizes, high)
    page.wait_for_timeout(800)
    assert the_map(page).evaluate(zoom) == fitted


def test_the_language_survives_opening_the_address_afresh(estimated, page):
    opens(page, estimated)
    page.get_by_text("English", exact=True).first.click()
    settles(page)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        text.tr("screen.coverage.title", "en"), timeout=60_000
    )
