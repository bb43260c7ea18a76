"""The data set grows in a real browser: step by step, with a map of what a file says before it is taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
OFFICE = SHARED / "office"
FRAME = 'iframe[title="streamlit_folium.st_folium"]'
Serve = Callable[..., AbstractContextManager]

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the office files lie beside the checkout only")


def settles(page: Page) -> None:
    page.wait_for_timeout(500)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=120_000)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=120_000)


def press(page: Page, words: str | re.Pattern[str]) -> None:
    settles(page)
    page.get_by_role("button", name=words).first.click()
    settles(page)


def give(page: Page, path: Path) -> None:
    settles(page)
    page.locator('input[type="file"]').set_input_files(str(path))
    expect(page.get_by_role("button", name=f"Remove {path.name}")).to_be_visible(timeout=60_000)
    settles(page)


def n_masts_far_apart(page: Page) -> float:
    """Widest distance between two symbols on the map, in degrees of longitude."""
    body = page.frame_locator(FRAME).first.locator("#map_div")
    expect(body).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1200)
    return float(
        body.evaluate(
            """() => {
                const marks = Object.values(window.map._layers).filter(one => one.options.shape);
                const lon = marks.map(one => one.getLatLng().lng);
                return Math.max(...lon) - Math.min(...lon);
            }"""
        )
    )


def test_the_starter_set_is_filled_step_by_step_and_nothing_is_lost_on_the_way_back(
    page: Page, serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    with serve(ROOT / "app.py", tmp_path / "log", tmp_path / "sets" / "none") as server:
        page.goto(server.url)
        press(page, "Mở bộ bắt đầu")
        press(page, "Bổ sung số liệu")
        expect(page.get_by_text(re.compile("hỏi: Công an xã"))).to_be_visible()
        press(page, "Làm tiếp: Ranh giới xã")
        expect(page.get_by_text("Bước 1/5")).to_be_visible()
        give(page, SHARED / "boundaries" / "xa_ha_dong_10882.geojson")
        press(page, "Lưu ranh giới")
        expect(page.get_by_text(re.compile(r"33,\d km²"))).to_be_visible(timeout=60_000)
        give(page, OFFICE / "thon.xlsx")
        press(page, "Quay lại")
        expect(page.get_by_text(re.compile("Đã có ranh giới"))).to_be_visible(timeout=60_000)
        press(page, "2. Danh sách thôn")
        expect(page.get_by_text("Đang giữ tệp đã chọn: thon.xlsx")).to_be_visible(timeout=60_000)
        press(page, re.compile("22 dòng vào"))
        expect(page.get_by_text("Bước 3/5")).to_be_visible(timeout=60_000)
        give(page, OFFICE / "BTS_B.xls")
        expect(page.get_by_text("11 dòng có vị trí: 11 trong ranh giới xã")).to_be_visible(timeout=60_000)
        assert n_masts_far_apart(page) > 0.25  # both zones are drawn, 26 km apart
        press(page, "Thoát, giữ những gì đã có")
        expect(page.get_by_text("Các bước tạo bộ dữ liệu của xã").first).to_be_visible(timeout=60_000)
        press(page, "Làm tiếp: Danh sách trạm BTS")
        expect(page.get_by_text("Bước 3/5")).to_be_visible(timeout=60_000)
        names = sorted(path.parent.name for path in (tmp_path / "sets").glob("*/workspace.gpkg"))
        assert names == ["xa-ha-dong"]


def test_the_way_in_speaks_the_language_of_the_session(page: Page, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    with serve(ROOT / "app.py", tmp_path / "log", tmp_path / "sets" / "none") as server:
        page.goto(server.url)
        press(page, "Tạo bộ dữ liệu")
        expect(page.get_by_role("button", name="Chọn tệp…")).to_be_visible(timeout=60_000)
        place = page.get_by_test_id("stFileUploaderDropzone")
        assert not re.search("upload|browse|drag|limit|per file", place.inner_text(), re.IGNORECASE) or all(
            not part.is_visible() for part in place.get_by_text(re.compile("Upload|per file")).all()
        )
        give(page, OFFICE / "bang_BTS.docx")
        expect(page.get_by_text(re.compile("Không lấy số liệu từ văn bản"))).to_be_visible(timeout=60_000)
        expect(page.get_by_text(re.compile("not allowed"))).to_have_count(0)
