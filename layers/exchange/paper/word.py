"""Official papers as DOCX, to be edited in any word processor."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section
from docx.shared import Mm, Pt
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from layers.exchange.bundle import date_workbook
from layers.exchange.frame import XML_FORBIDDEN
from layers.exchange.paper.block import (
    BODY_PT,
    MARGINS_MM,
    PAGE_MM,
    WIDTH_MM,
    Block,
    Break,
    Figure,
    Head,
    Heading,
    Paper,
    Paragraph,
    Table,
)
from layers.exchange.paper.press import to_png
from layers.exchange.staging import publish

FONT = "Times New Roman"
CENTRE, LEFT, RIGHT, JUSTIFIED = (
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
INDENT_MM = 10.0
HEAD_MM = (70.0, 95.0)
FIGURE_EDGE_MM = 2.0


def write_word(paper: Paper, path: Path) -> str:
    """
    Write a paper as DOCX, whole or not at all.

    Parameters
    ----------
    paper
        The paper.
    path
        Where the file shall appear.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal; the same for the same paper.

    Raises
    ------
    NotFoundError
        ``fonts_missing``: maps cannot be drawn without the font.
    StoreError
        The folder may not be written, or the disk is full.

    References
    ----------
    NĐ 30/2020/NĐ-CP, Appendix I: A4, Times New Roman 13–14, page number in the middle above, not on the
    first page.
    """
    _, sha256 = publish(path, partial(_build, name=path.name, paper=paper))
    return sha256


def _build(folder: Path, *, name: str, paper: Paper) -> tuple[Path, int]:
    document = Document()
    _set_style(document)
    _set_page(document.sections[0], is_landscape=False)
    _number_pages(document.sections[0])
    moment = paper.now.replace(tzinfo=None, microsecond=0)
    document.core_properties.created = document.core_properties.modified = moment
    document.core_properties.title = _clean(paper.subject)
    document.core_properties.author = document.core_properties.comments = ""
    _write_top(document, paper)
    is_signed = False
    for block in paper.blocks:
        if isinstance(block, Break) and not is_signed:
            _write_foot(document, paper)
            is_signed = True
        _write(document, block, paper.language)
    if not is_signed:
        _write_foot(document, paper)
    built = folder / name
    document.save(str(built))
    date_workbook(built, now=paper.now)
    return built, len(paper.blocks)


def _set_page(section: Section, *, is_landscape: bool) -> None:
    width, height = (Mm(part) for part in PAGE_MM)
    section.orientation = WD_ORIENT.LANDSCAPE if is_landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (height, width) if is_landscape else (width, height)
    top, bottom, left, right = (Mm(part) for part in MARGINS_MM)
    section.top_margin, section.bottom_margin = top, bottom
    section.left_margin, section.right_margin = left, right
    section.header_distance = Mm(MARGINS_MM[0] / 2)


def _number_pages(section: Section) -> None:
    section.different_first_page_header_footer = True
    line = section.header.paragraphs[0]
    line.alignment = CENTRE
    run = line.add_run()
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        mark = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark.set(qn("xml:space"), "preserve")
            mark.text = text
        run._r.append(mark)  # noqa: SLF001 - the library has no other way to a field


def _set_style(document: DocumentType) -> None:
    style = document.styles["Normal"]
    style.font.name = FONT
    style.font.size = Pt(BODY_PT)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(0)


def _write_top(document: DocumentType, paper: Paper) -> None:
    if paper.head is not None:
        _write_head(document, paper, paper.head)
    if paper.kind:
        _line(document.add_paragraph(), paper.kind, is_bold=True, align=CENTRE, size_pt=14, before_pt=12)
        title = document.add_paragraph()
        _line(title, paper.subject, is_bold=True, align=CENTRE, size_pt=14)
        _rule(document, share=0.26, width_mm=WIDTH_MM)
    if paper.notice:
        _line(document.add_paragraph(), paper.notice, is_bold=True, align=CENTRE, before_pt=6)
    if paper.addressee:
        _line(document.add_paragraph(), paper.addressee, align=CENTRE, size_pt=14, before_pt=12, after_pt=6)


def _write_head(document: DocumentType, paper: Paper, head: Head) -> None:
    table = _bare_table(document, rows=2, widths_mm=HEAD_MM)
    upper_left, upper_right, lower_left, lower_right = (
        table.cell(row, column) for row, column in ((0, 0), (0, 1), (1, 0), (1, 1))
    )
    _lines(upper_left, (*head.above, *head.issuer), size_pt=12.5, bold_from=len(head.above))
    _rule(upper_left, share=0.35, width_mm=HEAD_MM[0])
    _lines(upper_right, head.motto, size_pt=13, bold_from=0)
    _rule(upper_right, share=0.55, width_mm=HEAD_MM[1])
    subject = () if paper.kind else (paper.subject,)
    _lines(lower_left, (head.number, *subject), size_pt=13, bold_from=None)
    _line(lower_left.add_paragraph(), paper.draft, is_bold=True, align=CENTRE, size_pt=12, before_pt=4)
    _line(lower_right.paragraphs[0], head.place_date, is_italic=True, size_pt=13.5, align=CENTRE)


def _write(document: DocumentType, block: Block, language: str) -> None:
    if isinstance(block, Break):
        _set_page(document.add_section(WD_SECTION.NEW_PAGE), is_landscape=block.is_landscape)
        document.sections[-1].different_first_page_header_footer = False
    elif isinstance(block, Heading):
        paragraph = document.add_paragraph()
        is_part = block.level == 1
        _line(paragraph, block.text, is_bold=True, is_italic=not is_part, align=LEFT, before_pt=9)
        paragraph.paragraph_format.keep_with_next = True
    elif isinstance(block, Paragraph):
        _body(document.add_paragraph(), block)
    elif isinstance(block, Table):
        _write_table(document, block)
    else:
        _write_figure(document, block, language)


def _body(paragraph: WordParagraph, block: Paragraph) -> None:
    size_pt = 11 if block.is_note else BODY_PT
    _line(paragraph, block.text, is_italic=block.is_note, size_pt=size_pt, align=JUSTIFIED, before_pt=6)
    if not block.is_note:
        paragraph.paragraph_format.first_line_indent = Mm(INDENT_MM)


def _write_table(document: DocumentType, block: Table) -> None:
    section = document.sections[-1]
    room_mm = (section.page_width or 0) / Mm(1) - MARGINS_MM[2] - MARGINS_MM[3]
    _line(document.add_paragraph(), "", align=LEFT, size_pt=4)
    table = document.add_table(rows=1, cols=len(block.headings), style="Table Grid")
    table.autofit = False
    widths = [Mm(room_mm * share) for share in block.shares()]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    _repeat(table)
    for cell, text, width in zip(table.rows[0].cells, block.headings, widths, strict=True):
        cell.width = width
        _line(cell.paragraphs[0], text, is_bold=True, size_pt=block.size_pt, align=CENTRE)
    for row in block.rows:
        cells = table.add_row().cells
        for place, (cell, text, width) in enumerate(zip(cells, row, widths, strict=True)):
            cell.width = width
            align = RIGHT if place in block.numeric else LEFT
            _line(cell.paragraphs[0], text, size_pt=block.size_pt, align=align)


def _repeat(table: WordTable) -> None:
    """The head of a table stands again on each of its pages."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - the library has no other way to it


def _write_figure(document: DocumentType, block: Figure, language: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = CENTRE
    picture = io.BytesIO(to_png(block, language=language))
    shown = paragraph.add_run().add_picture(picture, width=Mm(block.width_mm + FIGURE_EDGE_MM))
    shown._inline.docPr.set("descr", _clean(block.title))  # noqa: SLF001 - words for who cannot see it
    shown._inline.docPr.set("name", _clean(block.title))  # noqa: SLF001


def _write_foot(document: DocumentType, paper: Paper) -> None:
    if paper.head is None:
        return
    for paragraph in (document.paragraphs[-1], document.add_paragraph()):
        paragraph.paragraph_format.keep_with_next = True  # the signature never stands alone on a page
    table = _bare_table(document, rows=1, widths_mm=(82.0, 83.0))
    left, right = table.rows[0].cells
    for place, text in enumerate(paper.recipients):
        paragraph = left.paragraphs[0] if place == 0 else left.add_paragraph()
        is_title = place == 0
        size_pt = 12 if is_title else 11
        _line(paragraph, text, is_bold=is_title, is_italic=is_title, size_pt=size_pt, align=LEFT)
    _lines(right, (*paper.head.signature, "", "", ""), size_pt=13, bold_from=0)


def _bare_table(document: DocumentType, *, rows: int, widths_mm: Sequence[float]) -> WordTable:
    table: WordTable = document.add_table(rows=rows, cols=len(widths_mm))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for row in table.rows:
        for cell, width_mm in zip(row.cells, widths_mm, strict=True):
            cell.width = Mm(width_mm)
    return table


def _rule(place: DocumentType | _Cell, *, share: float, width_mm: float) -> None:
    """A short line under a name: the upper border of a paragraph that is indented on both sides."""
    paragraph = place.add_paragraph()
    paragraph.paragraph_format.left_indent = Mm(width_mm * (1 - share) / 2)
    paragraph.paragraph_format.right_indent = Mm(width_mm * (1 - share) / 2)
    paragraph.paragraph_format.line_spacing = Pt(6)
    borders = OxmlElement("w:pBdr")
    line: BaseOxmlElement = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)  # noqa: SLF001 - the library has no other way to a border


def _lines(cell: _Cell, texts: Sequence[str], *, size_pt: float, bold_from: int | None) -> None:
    for place, text in enumerate(texts):
        paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
        is_bold = bold_from is not None and place >= bold_from
        _line(paragraph, text, is_bold=is_bold, size_pt=size_pt, align=CENTRE)


def _line(
    paragraph: WordParagraph,
    text: str,
    *,
    align: WD_ALIGN_PARAGRAPH,
    is_bold: bool = False,
    is_italic: bool = False,
    size_pt: float = BODY_PT,
    before_pt: int = 0,
    after_pt: int = 0,
) -> None:
    run = paragraph.add_run(_clean(text))
    run.bold, run.italic, run.font.size = is_bold, is_italic, Pt(size_pt)
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before_pt)
    paragraph.paragraph_format.space_after = Pt(after_pt)


def _clean(text: str) -> str:
    return text.translate(XML_FORBIDDEN)
