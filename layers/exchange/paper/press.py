"""The typesetter: templates and plain values to PDF and PNG, the same bytes for the same values and date."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import typst

from geo.errors import NotFoundError, StoreError
from layers.exchange.paper.block import BODY_PT, MARGINS_MM, Figure, Paper, pages, plain, plain_figure

FONTS = Path(__file__).resolve().parents[3] / "web" / "vendor" / "tinos"
"""A free face of the metrics of Times New Roman with every Vietnamese letter, installed by ``make setup``."""
SCREEN_PPI = 200.0


def to_pdf(paper: Paper) -> bytes:
    """
    A paper as PDF.

    Parameters
    ----------
    paper
        The paper.

    Returns
    -------
    content
        The file, its font embedded.

    Raises
    ------
    NotFoundError
        ``fonts_missing``: the font is not installed.
    StoreError
        ``typeset_failed``.

    References
    ----------
    NĐ 30/2020/NĐ-CP, Appendix I.
    """
    return set_pdf("official.typ", _plain(paper), now=paper.now)


def to_png(figure: Figure, *, language: str, ppi: float = SCREEN_PPI) -> bytes:
    """
    A map with its legend as a picture.

    Parameters
    ----------
    figure
        The map.
    language
        ``vi`` or ``en``.
    ppi
        Pixels for an inch of paper.

    Returns
    -------
    content
        PNG.

    Raises
    ------
    NotFoundError
        ``fonts_missing``: the font is not installed.
    StoreError
        ``typeset_failed``.
    """
    return set_png("figure.typ", {**plain_figure(figure), "lang": language}, ppi=ppi)


def to_pages(paper: Paper, *, ppi: float) -> tuple[bytes, ...]:
    """
    A paper as pictures of its pages, to be looked at before it is sent.

    Parameters
    ----------
    paper
        The paper.
    ppi
        Pixels for an inch of paper.

    Returns
    -------
    pages
        PNG of each page.

    Raises
    ------
    NotFoundError
        ``fonts_missing``: the font is not installed.
    StoreError
        ``typeset_failed``.
    """
    return _pictures("official.typ", _plain(paper), ppi=ppi)


def set_pdf(template: str, content: Mapping[str, object], *, now: dt.datetime) -> bytes:
    """
    Plain values in a template as PDF.

    Parameters
    ----------
    template
        Name of a template beside this module.
    content
        What JSON can carry.
    now
        Date that the file carries.

    Returns
    -------
    content
        PDF.

    Raises
    ------
    NotFoundError
        ``fonts_missing``: the font is not installed.
    StoreError
        ``typeset_failed``.
    """
    fonts = _fonts()
    try:
        made = typst.compile(
            _source(template), font_paths=fonts, sys_inputs=_inputs(content), format="pdf", timestamp=now
        )
    except typst.TypstError as fault:
        raise StoreError("typeset_failed", detail=fault.message) from fault
    return made if isinstance(made, bytes) else b""


def set_png(template: str, content: Mapping[str, object], *, ppi: float) -> bytes:
    """
    Plain values in a template of one page as PNG.

    Parameters
    ----------
    template
        Name of a template beside this module.
    content
        What JSON can carry.
    ppi
        Pixels for an inch of paper.

    Returns
    -------
    content
        PNG of the first page.

    Raises
    ------
    NotFoundError
        ``fonts_missing``: the font is not installed.
    StoreError
        ``typeset_failed``.
    """
    return _pictures(template, content, ppi=ppi)[0]


def _pictures(template: str, content: Mapping[str, object], *, ppi: float) -> tuple[bytes, ...]:
    fonts = _fonts()
    try:
        made: object = typst.compile(
            _source(template), font_paths=fonts, sys_inputs=_inputs(content), format="png", ppi=ppi
        )
    except typst.TypstError as fault:
        raise StoreError("typeset_failed", detail=fault.message) from fault
    return tuple(made) if isinstance(made, list) else (made,)  # type: ignore[return-value]


def _inputs(content: Mapping[str, object]) -> dict[str, str]:
    return {"content": json.dumps(content, ensure_ascii=False, default=list)}


def _source(template: str) -> bytes:
    return "\n".join(_template(name) for name in ("plate.typ", template)).encode()


@cache
def _template(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


@cache
def _loaded(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _fonts() -> typst.Fonts:
    if not any(FONTS.glob("*.ttf")):
        raise NotFoundError("fonts_missing")
    return _loaded(FONTS)


def _plain(paper: Paper) -> Mapping[str, object]:
    groups = pages(paper.blocks)
    head = paper.head
    return {
        "margins": MARGINS_MM,
        "size": BODY_PT,
        "lang": paper.language,
        "kind": paper.kind,
        "subject": paper.subject,
        "addressee": paper.addressee,
        "draft": paper.draft,
        "notice": paper.notice,
        "recipients": paper.recipients,
        "pages": [
            {"landscape": is_landscape, "blocks": [plain(block) for block in blocks]}
            for is_landscape, blocks in groups
        ],
        "head": None
        if head is None
        else {
            "above": head.above,
            "issuer": head.issuer,
            "motto": head.motto,
            "number": head.number,
            "place_date": head.place_date,
            "signature": head.signature,
        },
    }
