"""Forms come back through the import as they went out; requests hold what an operator may see and lacks."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pytest

from layers.catalogue import spec_of
from layers.exchange import guard, worker
from layers.exchange.raw import Limits, RawFile
from layers.issue import Severity
from planning import data, exchange, intake, request, template
from planning.intake import Answers, Preview
from planning.workspace import Workspace
from tests import commune
from tests.commune import NOW, at, site, table

POINT_EPSG = 4326


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Our own tiny files are read without the guarding process, which has tests of its own."""

    def read(path: Path, *, name: str | None = None, **_: object) -> RawFile:
        return worker.read(path, name or path.name, tmp_path, Limits())

    monkeypatch.setattr(guard, "read", read)


def back(path: Path, layer: str) -> Preview:
    context = exchange.context(None)
    return intake.preview(path, spec_of(layer), context, answers=Answers(), limits=data.limits())


@pytest.mark.parametrize("language", data.LANGUAGES)
def test_each_form_round_trips_through_the_import(tmp_path: Path, language: str) -> None:
    for layer in template.layers():
        spec, path = spec_of(layer), tmp_path / f"{layer}.xlsx"
        template.write(layer, path, language=language, now=NOW)
        shown = back(path, layer)
        assert shown.converted is not None, layer
        assert not [one for one in shown.issues if one.severity in (Severity.ERROR, Severity.ASK)], layer
        assert not shown.questions, layer
        columns = template.columns(spec)
        cells = template.example(spec, language, workspace=None, today=NOW.date())
        row = shown.converted.table.iloc[0]
        lost = [
            column.name
            for column, cell in zip(columns, cells, strict=False)
            if cell is not None and row[column.name] in (None, "")
        ]
        assert lost == [], layer
        numbers = [
            (row[column.name], cell)
            for column, cell in zip(columns, cells, strict=False)
            if isinstance(cell, int | float)
        ]
        assert all(float(found) == pytest.approx(float(cell)) for found, cell in numbers), layer
        assert (row.geometry is not None) == (spec.geometry.value != "none"), layer


def test_a_form_carries_lists_comments_and_an_example(tmp_path: Path) -> None:
    template.write("site", tmp_path / "f.xlsx", language="vi", now=NOW)
    sheet = openpyxl.load_workbook(tmp_path / "f.xlsx").worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    assert all(cell.comment is not None and cell.comment.text for cell in sheet[1])
    lists = {
        headings[next(iter(rule.sqref.ranges)).min_col - 1]: rule.formula1
        for rule in sheet.data_validations.dataValidation
        if rule.type == "list"
    }
    assert '"A1a,A1b,A2a,A2b,A2c,' in lists["Loại cột"]
    assert sheet.max_row == 2
    assert str(sheet["A2"].value).startswith("VI-DU")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A mast of Viettel without a height, one of VNPT, a cell of each."""
    made = commune.empty(tmp_path / "w")
    rows = [site(1, at(500, 500), hamlet="Thôn Một"), site(2, at(900, 900), operators="vnpt", height_m=40.0)]
    cells = [
        {"id": "C1", "site_id": "S1", "operators": "viettel", "technology": "5G", "band": "n41"},
        {"id": "C2", "site_id": "S2", "operators": "vnpt", "technology": "5G", "band": "n78"},
    ]
    made.store.replace(
        {
            "site": table([row for row, _ in rows], [shape for _, shape in rows]),
            "cell": table(cells, [at(500, 500), at(900, 900)]),
        }
    )
    return made


def test_a_request_names_what_is_missing_of_one_operator_and_nothing_of_another(
    workspace: Workspace, tmp_path: Path
) -> None:
    paths = request.write(workspace, "viettel", tmp_path, language="vi", now=NOW)
    letter = docx.Document(str(paths[0]))
    words = "\n".join(
        [one.text for one in letter.paragraphs]
        + [cell.text for one in letter.tables for row in one.rows for cell in row.cells]
    )
    for phrase in (
        "DỰ THẢO",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Kính gửi: Viettel",
        "Chiều cao",
        "Nơi nhận",
    ):
        assert phrase in words
    section = letter.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert 30 <= section.left_margin.mm <= 35
    assert section.different_first_page_header_footer
    assert letter.styles["Normal"].font.name == "Times New Roman"
    told = [
        str(cell.value)
        for path in paths[1:]
        for row in openpyxl.load_workbook(path).worksheets[0]
        for cell in row
    ]
    assert "S1" in told
    assert "C1" in told
    assert not {"S2", "C2", "VNPT VinaPhone"} & set(told)


def test_a_filled_request_completes_the_rows_and_leaves_the_rest(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = next(
        one
        for one in request.write(workspace, "viettel", tmp_path, language="vi", now=NOW)
        if one.name.endswith("_site.xlsx")
    )
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    column = [cell.value for cell in sheet[1]].index("Chiều cao (m)") + 1
    assert sheet.cell(row=2, column=column).fill.start_color.rgb == "FFFFF6BF"
    sheet.cell(row=2, column=column, value=42)
    book.save(path)
    exchange.import_file(
        workspace,
        path,
        layer="site",
        epsg=None,
        mapping={},
        replace=False,
        confirmed=True,
        now=NOW,
        update=True,
    )
    sites = workspace.store.read("site").set_index("id")
    assert sites["height_m"].tolist() == [42.0, 40.0]
    assert sites.loc["S1", ["operators", "technologies", "hamlet"]].tolist() == [
        "viettel",
        "4G;5G",
        "Thôn Một",
    ]
    assert len(sites) == 2
    assert not any(
        need.column == "height_m" for need in request.needs(workspace, "viettel") if need.layer == "site"
    )
