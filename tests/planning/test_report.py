"""Letters and reports: figures as on screen, the same bytes twice, nothing that the reader may not see."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pypdf
import pytest

from geo.errors import InputError, NotFoundError
from layers.exchange.paper import press
from planning import coverage, gap, task
from planning.plate import sheet
from planning.plate.sheet import Order as PrintOrder
from planning.release import Audience
from planning.report import brief as briefs
from planning.report import job, part
from planning.report.brief import Brief
from planning.report.job import Order
from planning.runs import ANY
from planning.scenario import CoverageOptions
from planning.scorecard import job as scorecard
from planning.text import number, share_text
from planning.workspace import Workspace
from tests import commune

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
OUTSIDE = ((-900.0, 1500.0), (3900.0, 1500.0), (1500.0, -900.0), (1500.0, 3900.0))
TASKS = (
    ("NV-02", "III-NV.1", "Khảo sát 5G", "Các nhà mạng", "2026-10-31", "open"),
    ("GP-07", "III-GP.4", "Đo i-Speed", "Phòng Văn hóa – Xã hội", "2026-12-05", "open"),
    ("GP-08", "III-GP.7", "Báo cáo DTI", "Phòng Văn hóa – Xã hội", "2026-09-30", "done"),
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two hamlets under trees in opposite corners, each beside the mast of another operator; one unknown."""
    made = commune.empty(tmp_path_factory.mktemp("report") / "w", population=830)
    commune.with_ground(made, clutter_m=25)
    sites = [
        commune.site(1, commune.at(400, 400), operators="viettel"),
        commune.site(2, commune.at(2500, 2500), operators="vnpt"),
    ]
    for number_, (east_m, north_m) in enumerate(OUTSIDE, start=3):
        for operator in ("viettel", "vnpt"):
            row, point = commune.site(number_, commune.at(east_m, north_m), operators=operator)
            sites.append(({**row, "id": f"{row['id']}-{operator}", "technologies": "4G"}, point))
    hamlets = [
        {"id": "T1", "name": "Thôn Hạ", "population": 400, "households": 100, "sharing": "public"},
        {"id": "T2", "name": "Thôn Thượng", "population": 400, "households": 100},
        {"id": "T3", "name": "Thôn Mới", "population": None, "households": 30},
    ]
    homes = [home for corner in (400.0, 2500.0) for home in commune.houses(corner, corner, 5)]
    nowhere = [None] * len(TASKS)
    names = ("id", "clause", "text", "lead", "due_on", "state")
    made.store.replace(
        {
            "site": commune.table([row for row, _ in sites], [point for _, point in sites]),
            "hamlet": commune.table(
                hamlets, [commune.block(0, 0, 1500), commune.block(1500, 1500, 1500), None]
            ),
            "building": commune.table(
                [{"id": f"B{n}", "kind": "house", "height_m": 6.0} for n in range(len(homes))], homes
            ),
            "place": commune.table(
                [{"id": "P1", "name": "Nhà văn hóa Hạ", "kind": "cultural_house", "hamlet": "Thôn Hạ"}],
                [commune.at(450, 450)],
            ),
            "task": commune.table([dict(zip(names, row, strict=True)) for row in TASKS], nowhere),
        }
    )
    coverage.run(made, CoverageOptions(cell_m=50), now=commune.NOW)
    return made


@pytest.fixture(scope="module")
def brief(workspace: Workspace) -> Brief:
    return job.brief_of(workspace, Order(kind="periodic"), now=NOW, language="vi")


def _word(path: Path) -> tuple[list[str], list[list[str]]]:
    """Paragraphs, and the rows of all tables."""
    read = docx.Document(str(path))
    rows = [[cell.text for cell in row.cells] for one in read.tables for row in one.rows]
    return [one.text for one in read.paragraphs], rows


class _Words(str):
    """Text of a file, in which a phrase is found however its lines were broken."""

    __slots__ = ()

    def __contains__(self, phrase: object) -> bool:
        return "".join(str(phrase).split()) in str(self)


def _pdf(path: Path) -> _Words:
    return _Words("".join("".join(page.extract_text() for page in pypdf.PdfReader(path).pages).split()))


def test_the_report_tells_the_figures_of_the_command_line_in_both_forms(
    brief: Brief, workspace: Workspace, tmp_path: Path
) -> None:
    card = scorecard.to_json(scorecard.run(workspace, now=NOW), "vi")
    people = gap.to_json(gap.run(workspace, now=NOW))["operators"][ANY]
    for ending in ("docx", "pdf"):
        job.write(brief, Order(kind="periodic"), tmp_path / f"r.{ending}")
    paragraphs, rows = _word(tmp_path / "r.docx")
    words = _pdf(tmp_path / "r.pdf")
    wanted = [row for row in card["targets"] if row["threshold_share"] is not None]
    assert len(wanted) >= 16
    for row in wanted:
        said = f"{row['text']} ({row['clause']})"
        [found] = [cells for cells in rows if len(cells) == 8 and cells[1] == said]
        assert found[3] == ("Chưa có số liệu" if row["share"] is None else share_text(row["share"], "vi"))
        assert said in words
    for name in ("covered", "uncovered", "unknown", "total"):
        told = f"{number(people[name], 'vi')} người"
        assert any(told in one for one in paragraphs)
        assert told in words


def test_the_report_says_its_basis_and_names_what_is_unknown(brief: Brief, tmp_path: Path) -> None:
    job.write(brief, Order(kind="periodic"), tmp_path / "r.pdf")
    words = _pdf(tmp_path / "r.pdf")
    assert "Cơ sở tính số dân: Số dân theo từng thôn; dân số đăng ký của địa bàn là 830 người" in words
    assert "không phải số đo kiểm" in words
    assert "Thôn Mới" in words
    assert "Một số trạm dùng tham số giả định" in words


@pytest.mark.parametrize("letterhead", ["committee", "office"])
def test_a_paper_is_a_draft_without_number_date_and_name(
    workspace: Workspace, tmp_path: Path, letterhead: str
) -> None:
    order = Order(kind="reminder", tasks=("NV-02",), letterhead=letterhead)
    job.run(workspace, order, tmp_path / "r.docx", now=NOW, language="vi")
    read = docx.Document(str(tmp_path / "r.docx"))
    cells = "\n".join(cell.text for one in read.tables for row in one.rows for cell in row.cells)
    assert "DỰ THẢO" in cells
    assert re.search(r"Số: {5,}/", cells)
    assert re.search(r"ngày {3,}tháng {3,}năm 20…", cells)
    upper = {"committee": "ỦY BAN NHÂN DÂN\nXÃ THỬ", "office": "UBND XÃ THỬ\nPHÒNG VĂN HÓA - XÃ HỘI"}
    assert upper[letterhead] in cells
    assert {"committee": "TM. ỦY BAN NHÂN DÂN", "office": "TL. CHỦ TỊCH"}[letterhead] in cells
    section = read.sections[0]
    sides_mm = [getattr(section, f"{side}_margin").mm for side in ("top", "bottom", "left", "right")]
    for side_mm, (low, high) in zip(sides_mm, ((20, 25), (20, 25), (30, 35), (15, 20)), strict=True):
        assert low <= round(side_mm, 1) <= high


def test_equal_data_and_day_give_equal_bytes(brief: Brief, tmp_path: Path) -> None:
    petition = dataclasses.replace(brief, audience=Audience(sharing="operator", operator="viettel"))
    orders = {
        "r.docx": (brief, Order(kind="periodic")),
        "r.pdf": (brief, Order(kind="periodic")),
        "f.xlsx": (brief, Order(kind="figures")),
        "p.zip": (petition, Order(kind="petition", operator="viettel")),
    }
    for name, (told, order) in orders.items():
        digests = {job.write(told, order, tmp_path / f"{n}-{name}").sha256 for n in (1, 2)}
        assert len(digests) == 1, name


def test_a_petition_holds_letter_map_table_and_shapes_of_one_operator(
    workspace: Workspace, tmp_path: Path
) -> None:
    order = Order(kind="petition", operator="viettel")
    job.run(workspace, order, tmp_path / "p.zip", now=NOW, language="vi")
    areas = gap.run(workspace, now=NOW).areas_of("viettel")
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        found = {Path(name).suffix: archive.read(name) for name in archive.namelist()}
    assert set(found) == {".docx", ".pdf", ".png", ".kml", ".xlsx"}
    assert found[".kml"].decode().count("<Placemark>") == len(areas)
    table = openpyxl.load_workbook(io.BytesIO(found[".xlsx"])).worksheets[0]
    head = [cell.value for cell in table[1]]
    people = [row[head.index("Số người")] for row in table.iter_rows(min_row=2, values_only=True)]
    assert people == [round(area.people) for area in areas]
    (tmp_path / "p.pdf").write_bytes(found[".pdf"])
    words = _pdf(tmp_path / "p.pdf")
    assert "Kính gửi: Viettel" in words
    assert number(areas[0].people, "vi") in words


def test_reminders_are_written_about_what_is_late_or_due_only(workspace: Workspace, tmp_path: Path) -> None:
    job.run(workspace, Order(kind="reminder"), tmp_path / "all.zip", now=NOW, language="vi")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert sorted(Path(name).suffix for name in archive.namelist()) == [".docx", ".pdf"]
    job.run(workspace, Order(kind="reminder", tasks=("GP-07",)), tmp_path / "due.pdf", now=NOW, language="vi")
    assert "đến hạn ngày 05/12/2026 (còn 4 ngày)" in _pdf(tmp_path / "due.pdf")
    with pytest.raises(InputError, match="task_not_pressing"):
        job.run(
            workspace, Order(kind="reminder", tasks=("GP-08",)), tmp_path / "x.pdf", now=NOW, language="vi"
        )
    assert task.read(workspace, today=NOW.date())[0].id == "NV-02"


def test_the_public_edition_names_no_internal_hamlet_and_no_few_people(
    workspace: Workspace, tmp_path: Path
) -> None:
    told = job.brief_of(workspace, Order(kind="public"), now=NOW, language="vi")
    job.write(told, Order(kind="public"), tmp_path / "c.pdf")
    words = _pdf(tmp_path / "c.pdf")
    assert "Thôn Hạ" in words
    assert "Thôn Thượng" not in words
    assert "Trạm BTS" not in words
    assert [part.count(told, float(n)) for n in (0, 1, 4, 5)] == ["0", "< 5", "< 5", "5"]


def test_a_hamlet_sheet_tells_its_own_people(brief: Brief, tmp_path: Path) -> None:
    job.write(brief, Order(kind="hamlet", hamlet="thuong"), tmp_path / "h.pdf")
    words = _pdf(tmp_path / "h.pdf")
    assert "Hạ tầng số Thôn Thượng, Xã Thử" in words
    assert "Nhân khẩu: 400; số hộ: 100" in words
    with pytest.raises(InputError, match="hamlet_unknown"):
        job.write(brief, Order(kind="hamlet", hamlet="không có"), tmp_path / "x.pdf")


def test_figures_as_a_workbook_are_numbers_that_add_up(brief: Brief, tmp_path: Path) -> None:
    job.write(brief, Order(kind="figures"), tmp_path / "f.xlsx")
    book = openpyxl.load_workbook(tmp_path / "f.xlsx")
    rows = list(book["Chỉ tiêu"].iter_rows(values_only=True))
    states = [rows[0].index(name) for name in ("Có sóng (người)", "Chưa có sóng (người)", "Chưa có số liệu")]
    total = rows[0].index("Tổng số")
    counted = [row for row in rows[1:] if row[total]]
    assert counted
    for row in counted:
        assert sum(row[place] for place in states) == pytest.approx(row[total])
    assert not any(str(cell).startswith(("=", "+", "@")) for row in rows for cell in row if cell is not None)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_is_written_in_both_languages(brief: Brief, tmp_path: Path, language: str) -> None:
    told = dataclasses.replace(
        brief, language=language, stock=dataclasses.replace(brief.stock, language=language)
    )
    for order in (Order(kind="periodic"), Order(kind="hamlet", hamlet="T1"), Order(kind="public")):
        job.write(told, order, tmp_path / f"{order.kind}.pdf")
        words = _pdf(tmp_path / f"{order.kind}.pdf")
        assert ("REPORT" in words or "SHEET" in words or "PUBLIC" in words) == (language == "en")
        assert not re.search(r"(report|plate|screen|error)\.[a-z_]+\.[a-z_]+", words)


def test_a4_and_a3_have_their_size_and_scale(workspace: Workspace, tmp_path: Path) -> None:
    made = sheet.run(
        workspace, PrintOrder(layout="A3", scale=10_000), tmp_path / "a3.pdf", now=NOW, language="vi"
    )
    page = pypdf.PdfReader(tmp_path / "a3.pdf").pages[0]
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [420, 297]
    assert made.scale == 10_000
    words = _pdf(tmp_path / "a3.pdf")
    for phrase in ("1:10.000", "105°45'", "Nội bộ UBND", "01/12/2026", "Địa giới", "Người lập"):
        assert phrase in words
    again = sheet.run(
        workspace, PrintOrder(layout="A3", scale=10_000), tmp_path / "b.pdf", now=NOW, language="vi"
    )
    assert again.sha256 == made.sha256


def test_a_series_has_a_sheet_for_each_hamlet_with_a_place(workspace: Workspace, tmp_path: Path) -> None:
    order = PrintOrder(theme="coverage", layout="A4", is_series=True)
    assert sheet.run(workspace, order, tmp_path / "s.pdf", now=NOW, language="vi").n_sheets == 2
    done = sheet.run(workspace, order, tmp_path / "s.png", now=NOW, language="vi")
    with zipfile.ZipFile(done.path) as archive:
        assert archive.namelist() == ["thon-ha.png", "thon-thuong.png"]
        assert archive.read("thon-ha.png").startswith(b"\x89PNG")


def test_a_public_print_leaves_out_what_is_internal(workspace: Workspace, tmp_path: Path) -> None:
    for edition, is_seen in (("internal", True), ("public", False)):
        order = PrintOrder(theme="coverage", layout="A4", edition=edition)
        sheet.run(workspace, order, tmp_path / "e.pdf", now=NOW, language="vi")
        words = _pdf(tmp_path / "e.pdf")
        assert ("Trạm BTS – Viettel" in words) is is_seen
        assert ("Có sóng (ước tính)" in words) is is_seen


@pytest.mark.parametrize(
    ("order", "name", "code"),
    [
        (Order(kind="periodic"), "r.xlsx", "report_format"),
        (Order(kind="figures"), "r.pdf", "report_format"),
        (Order(kind="periodic", letterhead="ministry"), "r.pdf", "letterhead_unknown"),
        (Order(kind="petition", operator="nobody"), "r.pdf", "operator_unknown"),
        (Order(kind="petition", operator="viettel", area="nowhere"), "r.pdf", "gap_unknown"),
    ],
)
def test_what_cannot_be_written_is_said(
    workspace: Workspace, brief: Brief, tmp_path: Path, order: Order, name: str, code: str
) -> None:
    told = dataclasses.replace(brief, letterhead=order.letterhead)
    with pytest.raises(InputError, match=code):
        job.write(told, order, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_print_refuses_a_paper_it_does_not_know(workspace: Workspace, tmp_path: Path) -> None:
    for order, name, code in (
        (PrintOrder(layout="A0"), "p.pdf", "print_layout"),
        (PrintOrder(), "p.docx", "print_format"),
        (PrintOrder(hamlet="Thôn Mới"), "p.pdf", "print_no_hamlet"),
        (PrintOrder(edition="operator:nobody"), "p.pdf", "operator_unknown"),
    ):
        with pytest.raises(InputError, match=code):
            sheet.run(workspace, order, tmp_path / name, now=NOW, language="vi")


def test_without_the_font_it_says_so(brief: Brief, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "FONTS", tmp_path / "none")
    with pytest.raises(NotFoundError, match="fonts_missing"):
        job.write(brief, Order(kind="hamlet", hamlet="T1"), tmp_path / "r.pdf")


def test_a_workspace_without_an_estimate_still_reports(tmp_path: Path) -> None:
    made = commune.empty(tmp_path / "w")
    told = briefs.read(
        made,
        audience=Audience(sharing="internal"),
        letterhead="committee",
        now=NOW,
        language="vi",
    )
    job.write(told, Order(kind="periodic"), tmp_path / "r.pdf")
    assert "Chưa có ước tính vùng phủ sóng" in _pdf(tmp_path / "r.pdf")
