"""A map of a workspace on paper, with all that an official expects around it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import shapely

from geo.crs import WGS84, move
from geo.errors import InputError
from layers.exchange.frame import describe_crs
from layers.exchange.paper.block import Figure
from layers.exchange.plate.svg import EDGE_MM, draw, key
from layers.exchange.plate.view import Bounds, View, fit
from planning.area import GapArea
from planning.plate.dress import Dress
from planning.plate.stock import Stock
from planning.plate.theme import THEMES, Subject, title
from planning.runs import ANY
from planning.text import day, number, tr

ROOM_M = 400.0
SOURCES = 4
"""Sources that a map names; the rest are in the package of data."""


def figure(
    stock: Stock,
    theme: str,
    *,
    width_mm: float,
    height_mm: float,
    operator: str = ANY,
    bounds_m: Bounds | None = None,
    chosen: str = "",
    scale: float | None = None,
) -> Figure:
    """
    A map.

    Parameters
    ----------
    stock
        What maps are drawn from.
    theme
        Key of ``planning.plate.theme.THEMES``.
    width_mm, height_mm
        Size on paper, the figures of the grid included.
    operator
        Operator id, ``any`` or ``two_or_more``.
    bounds_m
        What to show [m]; None: the whole area.
    chosen
        Id of the gap area that the map is about; "" for none.
    scale
        Scale asked for; None: what fits.

    Returns
    -------
    figure
        The map, its legend of what stands in it, and its notes.

    Raises
    ------
    InputError
        ``plate_theme``: there is no such theme; ``plate_nowhere``: nothing of the area has a place.
    """
    if theme not in THEMES:
        raise InputError("plate_theme", theme=theme, known=", ".join(THEMES))
    view = frame(stock, width_mm=width_mm, height_mm=height_mm, bounds_m=bounds_m, scale=scale)
    dressed = THEMES[theme](stock, view, Subject(operator=operator, chosen=chosen))
    return of_dress(stock, view, dressed, title=title(theme, stock, operator))


def frame(
    stock: Stock, *, width_mm: float, height_mm: float, bounds_m: Bounds | None, scale: float | None
) -> View:
    """
    The frame of a map.

    Parameters
    ----------
    stock
        What maps are drawn from.
    width_mm, height_mm
        Size on paper, the figures of the grid included.
    bounds_m
        What to show [m]; None: the whole area.
    scale
        Scale asked for; None: what fits.

    Returns
    -------
    view
        The frame.

    Raises
    ------
    InputError
        ``plate_nowhere``: nothing of the area has a place.
    """
    box = bounds_m or stock.extent()
    if not np.isfinite(box).all():
        raise InputError("plate_nowhere", name=stock.name)
    inner = {"width_mm": width_mm - 2 * EDGE_MM, "height_mm": height_mm - 2 * EDGE_MM}
    return fit(box, epsg=stock.epsg, scale=scale, **inner)


def around(stock: Stock, area: GapArea) -> Bounds:
    """
    Extent that shows a gap area and the mast nearest to it.

    Parameters
    ----------
    stock
        What maps are drawn from.
    area
        The area.

    Returns
    -------
    bounds_m
        With room around both [m].
    """
    outline = move(np.array([area.geometry], dtype=object), epsg_from=WGS84, epsg_to=stock.epsg)
    sites = stock.tables["site"]
    near = sites[(sites["id"] == area.nearest_site) & sites.geometry.notna()].geometry.to_numpy()
    west_m, south_m, east_m, north_m = shapely.total_bounds(np.concatenate([outline, near]))
    return west_m - ROOM_M, south_m - ROOM_M, east_m + ROOM_M, north_m + ROOM_M


def of_dress(stock: Stock, view: View, dressed: Dress, *, title: str) -> Figure:
    """
    Marks in a frame as a figure.

    Parameters
    ----------
    stock
        What maps are drawn from.
    view
        The frame.
    dressed
        What stands in it.
    title
        What it shows.

    Returns
    -------
    figure
        The figure.
    """
    language = stock.language
    svg = draw(view, dressed.marks, north=tr("plate.north", language), comma=tr("plate.comma", language))
    return Figure(
        title=title,
        svg=svg,
        width_mm=view.width_mm + 2 * EDGE_MM,
        height_mm=view.height_mm + 2 * EDGE_MM,
        scale=view.scale,
        legend=tuple((key(entry), entry.words) for entry in dressed.entries),
        notes=(f"{scale_words(view, language)} {crs_words(view, language)}", data_words(stock)),
        notice=tr("plate.sample", language) if stock.is_sample else "",
    )


def scale_words(view: View, language: str) -> str:
    """
    The scale of a map in words.

    Parameters
    ----------
    view
        The frame.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        For instance "Tỷ lệ 1:25.000."
    """
    return tr("plate.scale", language, scale=number(view.scale, language))


def crs_words(view: View, language: str) -> str:
    """
    The reference system of a map in words.

    Parameters
    ----------
    view
        The frame.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        With its central meridian.
    """
    return tr("plate.crs", language, crs=describe_crs(view.epsg))


def data_words(stock: Stock) -> str:
    """
    What a map rests on, in words.

    Parameters
    ----------
    stock
        What maps are drawn from.

    Returns
    -------
    text
        Date of the newest row, sources, edition, and that it is no basis for staking out.
    """
    language = stock.language
    return tr(
        "plate.data",
        language,
        day=newest_words(stock),
        sources="; ".join(sources(stock)) or tr("plate.no_source", language),
        edition=edition_words(stock),
    )


def newest_words(stock: Stock) -> str:
    """
    Date of the newest row drawn, in words.

    Parameters
    ----------
    stock
        What maps are drawn from.

    Returns
    -------
    text
        A day, or that no row carries one.
    """
    newest = max((one for table in _dated(stock) for one in table), default="")
    return day(dt.date.fromisoformat(newest[:10])) if newest else tr("plate.undated", stock.language)


def _dated(stock: Stock) -> list[list[str]]:
    today = stock.now.date().isoformat()
    found = []
    for table in stock.tables.values():
        if "as_of" in table:
            stated = [str(one) for one in table["as_of"].dropna()]
            found.append([one for one in stated if one[:10] <= today])
    return found


def sources(stock: Stock) -> tuple[str, ...]:
    """
    Where most of the rows come from.

    Parameters
    ----------
    stock
        What maps are drawn from.

    Returns
    -------
    sources
        The most frequent first, ``SOURCES`` at most.
    """
    counts: dict[str, int] = {}
    for table in stock.tables.values():
        for source, n_rows in table["source"].dropna().value_counts(sort=False).items():
            counts[str(source)] = counts.get(str(source), 0) + int(n_rows)
    ranked = sorted(counts, key=lambda source: (-counts[source], source))
    return tuple(ranked[:SOURCES])


def edition_words(stock: Stock) -> str:
    """
    For whom a map is, in words.

    Parameters
    ----------
    stock
        What maps are drawn from.

    Returns
    -------
    text
        The edition, with the operator's name where it is one operator's.
    """
    audience = stock.audience
    if audience.operator is not None:
        return tr("screen.edition.operator", stock.language, operator=audience.operator)
    return tr(f"screen.export.sharing.{audience.sharing}", stock.language)
