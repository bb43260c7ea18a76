"""What the officer sees in a real browser: map, coverage, gaps, export, both languages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from planning import data, text

ROOT = Path(__file__).resolve().parents[2]
FRAME = 'iframe[title="streamlit_folium.st_folium"]'
SAMPLE_LABEL = {"vi": "dữ liệu mẫu (giả lập)", "en": "sample data (synthetic)"}


@pytest.fixture(scope="module")
def estimated(server):
    """The product with the sample, whose coverage the command line has estimated."""
    command(server, "coverage")
    return server


def command(server, verb: str) -> dict:
    words = [sys.executable, "-m", "planning", verb, "--workspace", str(server.workspace), "--json"]
    done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def settles(page: Page) -> None:
    page.wait_for_timeout(400)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=120_000)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=120_000)


def goes(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=60_000)
    settles(page)


def frame(page: Page) -> FrameLocator:
    return page.frame_locator(FRAME).first


def n_drawn(page: Page) -> int:
    """Layers that Leaflet holds on the first map."""
    body = frame(page).locator("#map_div")
    expect(body).to_be_visible(timeout=60_000)
    page.wait_for_timeout(800)
    return int(body.evaluate("() => Object.keys(window.map._layers).length"))


def test_the_start_page_answers_in_one_sentence_and_draws_the_map(estimated, page):
    figures = command(estimated, "gap")["operators"]["any"]
    page.goto(estimated.url)
    settles(page)
    sentence = page.get_by_text(re.compile(r"5G: (\d+) trong 100 người có sóng ngoài trời"))
    expect(sentence).to_be_visible(timeout=120_000)
    covered = int(re.search(r"5G: (\d+)", sentence.inner_text()).group(1))
    assert abs(covered - 100 * figures["share"]) < 1
    assert n_drawn(page) > 40
    expect(frame(page).locator(".hatangso-rank span").first).to_be_visible()
    expect(page.get_by_text(SAMPLE_LABEL["vi"]).first).to_be_visible()


def test_coverage_tiles_load_for_every_operator(estimated, page):
    asked = []
    page.on("response", lambda answer: "/tiles/" in answer.url and asked.append((answer.status, answer.url)))
    page.goto(estimated.url)
    settles(page)
    goes(page, "Vùng phủ sóng (ước tính)")
    expect(frame(page).locator(".hatangso-tile img.leaflet-tile-loaded").first).to_be_visible(timeout=60_000)
    first = {address.split("/")[4] for _status, address in asked}
    page.get_by_text("Nhà mạng B (mẫu)", exact=True).first.click()
    settles(page)
    page.wait_for_timeout(1500)
    assert {status for status, _address in asked} == {200}
    assert {address.split("/")[4] for _status, address in asked} - first


def test_the_gap_table_equals_the_command_line(estimated, page):
    answer = command(estimated, "gap")
    page.goto(estimated.url)
    settles(page)
    goes(page, "Nơi chưa đạt")
    table = page.get_by_test_id("stTable").first
    expect(table).to_be_visible(timeout=120_000)
    rows = [
        [cell.strip() for cell in row.locator("th, td").all_inner_texts()]
        for row in table.locator("tbody tr").all()
    ]
    shown = {row[0]: row[1:] for row in rows}
    names = {row.id: row.names["vi"] for row in data.operators()}
    names |= {key: text.tr(f"operator.{key}", "vi") for key in ("any", "two_or_more")}
    for key, figures in answer["operators"].items():
        share, _left, covered, uncovered, unknown, assumed, expected = shown[names[key]]
        likely = (answer["expected"] or {}).get(key)
        low, _, high = expected.replace(".", "").partition("–")
        assert (not low) == (likely is None)
        if likely is not None:
            assert int(low) <= likely["covered"] <= int(high)
        assert share == text.share_text(figures["share"], "vi")
        assert assumed == text.share_text(figures["assumed_share"], "vi")
        for word, name in ((covered, "covered"), (uncovered, "uncovered"), (unknown, "unknown")):
            assert word == text.number(figures[name], "vi"), (key, name)


def test_choosing_an_area_moves_the_map(estimated, page):
    page.goto(estimated.url)
    settles(page)
    goes(page, "Nơi chưa đạt")
    body = frame(page).locator("#map_div")
    expect(body).to_be_visible(timeout=60_000)
    page.wait_for_timeout(800)
    before = body.evaluate("() => window.map.getZoom()")
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + 52)
    settles(page)
    page.wait_for_timeout(1000)
    assert body.evaluate("() => window.map.getZoom()") > before + 1
    expect(page.get_by_text(re.compile(r"^1\. .*người chưa có sóng"))).to_be_visible()


def test_a_click_on_a_mast_opens_its_card(estimated, page):
    page.goto(estimated.url)
    settles(page)
    goes(page, "Bản đồ")
    body = frame(page).locator("#map_div")
    expect(body).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1000)
    place = body.evaluate(
        """() => {
            const size = window.map.getSize();
            const masts = Object.values(window.map._layers).filter(
                one => one.options.shape && one.options.radius === 7);
            const points = masts.map(one => window.map.latLngToContainerPoint(one.getLatLng()));
            const inside = points.find(p => p.x > 60 && p.y > 60 && p.x < size.x - 90 && p.y < size.y - 60);
            return [inside.x, inside.y];
        }"""
    )
    body.click(position={"x": place[0], "y": place[1]})
    expect(page.get_by_text(re.compile(r"^Trạm BTS: ")).last).to_be_visible(timeout=30_000)
    settles(page)


def test_an_export_reads_back(estimated, page, tmp_path):
    page.goto(estimated.url)
    settles(page)
    goes(page, "Bộ dữ liệu của xã")
    page.get_by_text("Lấy dữ liệu ra", exact=True).click()
    settles(page)
    for label, choice in (("Lớp", "Trạm BTS"), ("Dạng tệp", "CSV")):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=choice, exact=True).click()
        settles(page)
    page.get_by_role("button", name="Tạo tệp").click()
    with page.expect_download(timeout=60_000) as loading:
        page.get_by_role("button", name=re.compile("Tải tệp về máy")).click()
    path = tmp_path / loading.value.suggested_filename
    loading.value.save_as(path)
    assert len(pd.read_csv(path)) == 20


def test_one_pass_in_english(estimated, page):
    page.goto(estimated.url)
    settles(page)
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_text(re.compile(r"5G: \d+ of 100 people"))).to_be_visible(timeout=60_000)
    vietnamese = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
    own_names = re.compile(r"Xã Mẫu|Thôn [^:.,\n]+|BTS [^:.,\n]+|Tiếng Việt|Hải (Phòng|Dương)")
    plan = re.compile(r"(Late|Due) [^\n]+")  # tasks stand in the words of the plan
    for name in ("Overview", "Map", "Coverage (estimate)", "Places not reached", "The commune's data set"):
        goes(page, name)
        expect(page.get_by_text(SAMPLE_LABEL["en"]).first).to_be_visible()
        words = ""
        for _ in range(40):  # parts of the page drawn last keep their old words until their turn comes
            words = plan.sub("", own_names.sub("", page.get_by_test_id("stMain").inner_text()))
            if not vietnamese.search(words):
                break
            page.wait_for_timeout(500)
        left = vietnamese.search(words)
        assert left is None, words[max(0, left.start() - 60) :][:160]
        assert not re.search(r"\b(screen|layer|column|value|error|issue)\.[a-z_.]+", words)
