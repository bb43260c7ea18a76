"""Letterheads, addressees and drafts: everything of a paper but what it says."""

from __future__ import annotations

from collections.abc import Sequence

from geo.errors import InputError
from layers.exchange.paper.block import Block, Head, Paper
from planning import data
from planning.report.brief import Cover
from planning.text import tr

LETTERHEADS = ("committee", "office")
UNITS = ("Xã ", "Phường ", "Thị trấn ", "Đặc khu ", "Thành phố ")


def lines(letterhead: str, part: str, *, name: str, language: str) -> tuple[str, ...]:
    """
    Lines of one part of a letterhead.

    Parameters
    ----------
    letterhead
        ``committee`` or ``office``.
    part
        ``above``, ``issuer``, ``report_symbol``, ``letter_symbol``, ``signature`` or ``filed``.
    name
        Name of the area.
    language
        ``vi`` or ``en``.

    Returns
    -------
    lines
        Rows of ``data/rules/letterhead.csv`` in their order.
    """
    return tuple(
        row[f"text_{language}"].format(NAME=name.upper(), name=name)
        for row in data.rule_rows("letterhead")
        if row["letterhead"] == letterhead and row["part"] == part
    )


def head(letterhead: str, *, name: str, language: str, is_letter: bool) -> Head:
    """
    A letterhead.

    Parameters
    ----------
    letterhead
        ``committee`` or ``office``.
    name
        Name of the area.
    language
        ``vi`` or ``en``.
    is_letter
        True for a letter (công văn), False for a report.

    Returns
    -------
    head
        Number, date and the name of who signs blank: it is a draft.

    Raises
    ------
    InputError
        ``letterhead_unknown``.

    References
    ----------
    NĐ 30/2020/NĐ-CP, Appendix I.
    """
    if letterhead not in LETTERHEADS:
        raise InputError("letterhead_unknown", letterhead=letterhead, known=", ".join(LETTERHEADS))
    symbol = "letter_symbol" if is_letter else "report_symbol"
    parts = {
        part: lines(letterhead, part, name=name, language=language)
        for part in ("above", "issuer", symbol, "signature")
    }
    seat = next((name.removeprefix(unit) for unit in UNITS if name.startswith(unit)), name)
    return Head(
        above=parts["above"],
        issuer=parts["issuer"],
        motto=(tr("request.country", language), tr("request.motto", language)),
        number=tr("report.number", language, symbol="".join(parts[symbol])),
        place_date=tr("report.place_date", language, place=seat),
        signature=parts["signature"],
    )


def paper(
    cover: Cover,
    blocks: Sequence[Block],
    *,
    subject: str,
    kind: str = "",
    addressee: str = "",
    recipients: Sequence[str] = (),
    is_signed: bool = True,
) -> Paper:
    """
    Blocks as an official paper in draft.

    Parameters
    ----------
    cover
        Who writes it, when, in which language.
    blocks
        What it says.
    subject
        What it is about.
    kind
        Name of its kind in capitals; "" for a letter.
    addressee
        To whom; "" where to nobody by name.
    recipients
        Who gets a copy, before the last line, which says where it is filed.
    is_signed
        False for a sheet that nobody signs.

    Returns
    -------
    paper
        The paper.
    """
    language = cover.language
    filed = ", ".join(lines(cover.letterhead, "filed", name=cover.name, language=language))
    return Paper(
        head=head(cover.letterhead, name=cover.name, language=language, is_letter=not kind)
        if is_signed
        else None,
        kind=kind,
        subject=subject,
        addressee=addressee,
        draft=tr("request.draft", language),
        notice=tr("plate.sample", language) if cover.is_sample else "",
        blocks=tuple(blocks),
        recipients=(
            tr("request.recipients", language),
            *(f"- {one};" for one in recipients),
            tr("report.filed", language, filed=filed),
        ),
        now=cover.now,
        language=language,
    )
