"""What an official paper consists of: letterhead, paragraphs, tables, maps, addressees, signature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BODY_PT = 13
MARGINS_MM = (20.0, 20.0, 30.0, 15.0)
"""Top, bottom, left, right (NĐ 30/2020/NĐ-CP, Appendix I: 20–25, 20–25, 30–35, 15–20 mm)."""
PAGE_MM = (210.0, 297.0)
WIDTH_MM = PAGE_MM[0] - MARGINS_MM[2] - MARGINS_MM[3]
"""Width of the text of an upright page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """
    A heading.

    Parameters
    ----------
    text
        Its words.
    level
        1 for a part ("I. …"), 2 for what is below.
    """

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """
    A paragraph.

    Parameters
    ----------
    text
        Its words.
    is_note
        True for a note in smaller, slanted letters.
    """

    text: str
    is_note: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    A table.

    Parameters
    ----------
    headings
        A heading for each column.
    rows
        A text for each cell.
    widths
        Width of each column as a part of all; empty: all alike.
    numeric
        Columns of figures, set to the right.
    size_pt
        Size of the letters.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    numeric: frozenset[int] = frozenset()
    size_pt: float = 11.0

    def shares(self) -> tuple[float, ...]:
        """
        Width of each column.

        Returns
        -------
        shares
            Adding to 1.
        """
        parts = self.widths or (1.0,) * len(self.headings)
        return tuple(part / sum(parts) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    A map with its furniture.

    Parameters
    ----------
    title
        What it shows.
    svg
        The map, frame and grid included.
    width_mm, height_mm
        Its size on paper.
    scale
        Metres on the ground for a metre on paper.
    legend
        Symbol as SVG, and its words.
    notes
        Lines below: scale, reference system, date, source, edition.
    notice
        Words written across a map of synthetic data; else "".
    """

    title: str
    svg: str
    width_mm: float
    height_mm: float
    scale: float
    legend: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """
    A new page.

    Parameters
    ----------
    is_landscape
        True where the pages from here on lie on their side, as NĐ 30/2020 allows for wide tables.
    """

    is_landscape: bool = False


Block = Heading | Paragraph | Table | Figure | Break


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    Letterhead and signature of who issues a paper.

    Parameters
    ----------
    above
        Lines at the upper left that name who stands above the issuer; may be none.
    issuer
        Lines below them that name the issuer, bold.
    motto
        Lines at the upper right: name of the country, motto.
    number
        Number and symbol, the number blank.
    place_date
        Place and date, the date blank.
    signature
        Lines at the lower right; below them room for hand and seal, the name blank.
    """

    above: tuple[str, ...]
    issuer: tuple[str, ...]
    motto: tuple[str, ...]
    number: str
    place_date: str
    signature: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """
    An official paper in draft.

    Parameters
    ----------
    head
        Letterhead and signature; None for a sheet that nobody signs.
    kind
        Name of its kind in capitals ("BÁO CÁO"); "" for a letter, whose subject stands under its number.
    subject
        What it is about.
    addressee
        To whom; "" where it goes to nobody by name.
    draft
        Word that says that it is a draft.
    notice
        Words across every page of synthetic data; else "".
    blocks
        What it says.
    recipients
        Lines under "Nơi nhận", the first one their title.
    now
        Moment of writing.
    language
        ``vi`` or ``en``.
    """

    head: Head | None
    kind: str
    subject: str
    addressee: str
    draft: str
    notice: str
    blocks: tuple[Block, ...]
    recipients: tuple[str, ...]
    now: dt.datetime
    language: str


def pages(blocks: Sequence[Block]) -> tuple[tuple[bool, tuple[Block, ...]], ...]:
    """
    Blocks in groups of pages that lie the same way.

    Parameters
    ----------
    blocks
        Blocks with breaks among them.

    Returns
    -------
    groups
        Whether the group lies on its side, and its blocks; a group starts on a new page.
    """
    groups: list[tuple[bool, list[Block]]] = [(False, [])]
    for block in blocks:
        if isinstance(block, Break):
            groups.append((block.is_landscape, []))
        else:
            groups[-1][1].append(block)
    return tuple((is_landscape, tuple(members)) for is_landscape, members in groups)


def plain(block: Block) -> Mapping[str, object]:
    """
    A block as plain values for the typesetter.

    Parameters
    ----------
    block
        Any block but a break.

    Returns
    -------
    values
        What JSON can carry, with the block's ``type``.
    """
    if isinstance(block, Heading):
        return {"type": "heading", "text": block.text, "level": block.level}
    if isinstance(block, Paragraph):
        return {"type": "paragraph", "text": block.text, "note": block.is_note}
    if isinstance(block, Table):
        return {
            "type": "table",
            "headings": block.headings,
            "rows": block.rows,
            "shares": [100 * share for share in block.shares()],
            "numeric": sorted(block.numeric),
            "size": block.size_pt,
        }
    return {"type": "figure", **plain_figure(block)} if isinstance(block, Figure) else {"type": "break"}


def plain_figure(figure: Figure) -> Mapping[str, object]:
    """
    A map as plain values for the typesetter.

    Parameters
    ----------
    figure
        The map.

    Returns
    -------
    values
        What JSON can carry.
    """
    return {
        "title": figure.title,
        "svg": figure.svg,
        "width": figure.width_mm,
        "height": figure.height_mm,
        "legend": [{"svg": svg, "words": words} for svg, words in figure.legend],
        "notes": figure.notes,
        "notice": figure.notice,
    }
