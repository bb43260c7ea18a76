"""Official letters as DOCX: the layout of NĐ 30/2020/NĐ-CP, with number, date and signature left blank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from layers.exchange.frame import XML_FORBIDDEN
from layers.exchange.staging import publish

FONT = "Times New Roman"
BODY_PT = 14
MARGINS_MM = (20.0, 20.0, 30.0, 15.0)
"""Top, bottom, left, right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """
    An official letter in draft.

    Parameters
    ----------
    issuer
        Lines at the upper left, the last one bold.
    motto
        Lines at the upper right: name of the country, motto.
    number
        Line of number and symbol, the number blank.
    place_date
        Line of place and date, the date blank.
    draft
        Word that says that it is a draft.
    subject
        What it is about.
    addressee
        To whom.
    opening, closing
        Paragraphs before and after the table.
    headings, rows
        Table of what is asked; without rows it is left out.
    recipients
        Lines under "Nơi nhận", the first one their title.
    signature
        Lines at the lower right; the name stays blank.
    now
        Moment of writing.
    """

    issuer: tuple[str, ...]
    motto: tuple[str, ...]
    number: str
    place_date: str
    draft: str
    subject: str
    addressee: str
    opening: tuple[str, ...]
    closing: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    recipients: tuple[str, ...]
    signature: tuple[str, ...]
    now: dt.datetime


def write_letter(letter: Letter, path: Path) -> str:
    """
    Write a letter as DOCX, whole or not at all.

    Parameters
    ----------
    letter
        The letter.
    path
        Where the file shall appear.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    StoreError
        The folder may not be written, or the disk is full.

    References
    ----------
    NĐ 30/2020/NĐ-CP, Appendix I: A4, margins 20–25, 20–25, 30–35, 15–20 mm, Times New Roman 13–14, page
    number in the middle above, not on the first page.
    """
    _, sha256 = publish(path, partial(_build, name=path.name, letter=letter))
    return sha256


def _build(folder: Path, *, name: str, letter: Letter) -> tuple[Path, int]:
    document = Document()
    _set_page(document)
    _set_style(document)
    document.core_properties.created = letter.now.replace(tzinfo=None)
    document.core_properties.modified = letter.now.replace(tzinfo=None)
    document.core_properties.title = _clean(letter.subject)
    document.core_properties.author = ""
    _write_head(document, letter)
    _line(document.add_paragraph(), letter.draft, bold=True, align=WD_ALIGN_PARAGRAPH.CENTER)
    _line(document.add_paragraph(), letter.addressee, align=WD_ALIGN_PARAGRAPH.CENTER, before_pt=12)
    for text in letter.opening:
        _body(document.add_paragraph(), text)
    if letter.rows:
        _write_table(document, letter.headings, letter.rows)
    for text in letter.closing:
        _body(document.add_paragraph(), text)
    _write_foot(document, letter)
    built = folder / name
    document.save(str(built))
    return built, len(letter.rows)


def _set_page(document: DocumentType) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    top, bottom, left, right = (Mm(part) for part in MARGINS_MM)
    section.top_margin, section.bottom_margin = top, bottom
    section.left_margin, section.right_margin = left, right
    section.different_first_page_header_footer = True
    line = section.header.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
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


def _write_head(document: DocumentType, letter: Letter) -> None:
    table = document.add_table(rows=2, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for row in table.rows:
        row.cells[0].width, row.cells[1].width = Mm(70), Mm(95)
    _lines(table.cell(0, 0), letter.issuer, size_pt=13)
    _lines(table.cell(0, 1), letter.motto, size_pt=13, every_bold=True)
    _lines(table.cell(1, 0), (letter.number, letter.subject), size_pt=13, none_bold=True)
    cell = table.cell(1, 1)
    _line(cell.paragraphs[0], letter.place_date, italic=True, size_pt=13, align=WD_ALIGN_PARAGRAPH.CENTER)


def _lines(
    cell: _Cell, texts: Sequence[str], *, size_pt: int, every_bold: bool = False, none_bold: bool = False
) -> None:
    for place, text in enumerate(texts):
        paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
        is_bold = not none_bold and (every_bold or place == len(texts) - 1)
        _line(paragraph, text, bold=is_bold, size_pt=size_pt, align=WD_ALIGN_PARAGRAPH.CENTER)


def _line(
    paragraph: Paragraph,
    text: str,
    *,
    align: WD_ALIGN_PARAGRAPH,
    bold: bool = False,
    italic: bool = False,
    size_pt: int = BODY_PT,
    before_pt: int = 0,
) -> None:
    run = paragraph.add_run(_clean(text))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size_pt)
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before_pt)


def _body(paragraph: Paragraph, text: str) -> None:
    _line(paragraph, text, align=WD_ALIGN_PARAGRAPH.JUSTIFY, before_pt=6)
    paragraph.paragraph_format.first_line_indent = Mm(12.7)


def _write_table(document: DocumentType, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(headings), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, headings, strict=True):
        _line(cell.paragraphs[0], text, bold=True, size_pt=13, align=WD_ALIGN_PARAGRAPH.CENTER)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            _line(cell.paragraphs[0], text, size_pt=13, align=WD_ALIGN_PARAGRAPH.LEFT)


def _write_foot(document: DocumentType, letter: Letter) -> None:
    document.add_paragraph()
    table = document.add_table(rows=1, cols=2)
    left, right = table.rows[0].cells
    for place, text in enumerate(letter.recipients):
        paragraph = left.paragraphs[0] if place == 0 else left.add_paragraph()
        size_pt = 12 if place == 0 else 11
        _line(
            paragraph,
            text,
            bold=place == 0,
            italic=place == 0,
            size_pt=size_pt,
            align=WD_ALIGN_PARAGRAPH.LEFT,
        )
    _lines(right, letter.signature, size_pt=BODY_PT, every_bold=True)


def _clean(text: str) -> str:
    return text.translate(XML_FORBIDDEN)
