"""Map sheets: a map with title block and legend on A4 or A3, alone or one for each hamlet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import shapely

from geo.crs import WGS84, transform
from geo.errors import InputError
from layers.exchange.document import write_document, write_documents
from layers.exchange.frame import describe_crs
from layers.exchange.paper.block import Figure, plain_figure
from layers.exchange.paper.press import set_pdf, set_png
from layers.exchange.plate.view import Bounds
from layers.exchange.word import fold
from planning import gap, runs
from planning.gap import GapResult
from planning.plate import job
from planning.plate.stock import Stock, gather
from planning.release import Audience, audience_of, edition
from planning.runs import ANY, CoverageRun
from planning.surroundings import operator_spellings
from planning.text import day, number, tr
from planning.workspace import Workspace, file_slug

LAYOUTS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"A4": (297.0, 210.0), "A3": (420.0, 297.0), "A4-portrait": (210.0, 297.0), "A3-portrait": (297.0, 420.0)}
)
"""Layout to width and height [mm]."""
PANEL_MM, EDGE_MM, GUTTER_MM = 84.0, 10.0, 4.0
ROOM_M, REACH_M = 150.0, 500.0
PRINT_PPI = 200.0
UNIT = "thon "
"""Word before the name of a hamlet, folded."""
SERIES = "hamlet"
"""Word of the command line for one sheet for each hamlet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    What is to be printed.

    Parameters
    ----------
    theme
        Key of ``planning.plate.theme.THEMES``.
    layout
        Key of ``LAYOUTS``.
    scale
        Scale asked for, 10 000 for 1:10,000; None: what fits.
    edition
        ``public``, ``internal`` or ``operator:X``.
    operator
        Whose coverage and gaps: operator id, ``any`` or ``two_or_more``.
    preparer
        Who prepared it: an office or a post; "" leaves it blank.
    hamlet
        Id or name of a hamlet to show; "" for the whole area.
    centre
        Longitude and latitude [°] of the middle; None: that of the area or hamlet.
    is_series
        True for one sheet for each hamlet that has a place.
    """

    theme: str = "overview"
    layout: str = "A3"
    scale: float | None = None
    edition: str = "internal"
    operator: str = ANY
    preparer: str = ""
    hamlet: str = ""
    centre: tuple[float, float] | None = None
    is_series: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """
    What was printed.

    Parameters
    ----------
    path
        The file.
    n_sheets
        Sheets in it.
    scale
        Scale of the first sheet.
    sha256
        Digest of the file, hexadecimal.
    """

    path: Path
    n_sheets: int
    scale: float
    sha256: str


def run(workspace: Workspace, order: Order, out: Path, *, now: dt.datetime, language: str) -> Printed:
    """
    Print map sheets into a file.

    Parameters
    ----------
    workspace
        The workspace.
    order
        What is to be printed.
    out
        PDF, or PNG; of several sheets as PNG a zip.
    now
        Moment of printing, which the sheets carry.
    language
        ``vi`` or ``en``.

    Returns
    -------
    printed
        The file. The same data, order and day give the same bytes.

    Raises
    ------
    InputError
        ``print_layout``, ``print_format``, ``plate_theme``, ``plate_nowhere``, ``hamlet_unknown``.
    NotFoundError
        ``fonts_missing``.
    StoreError
        The file could not be written.
    """
    if order.layout not in LAYOUTS:
        raise InputError("print_layout", layout=order.layout, known=", ".join(LAYOUTS))
    ending = out.suffix.lower()
    if ending not in (".pdf", ".png", ".zip"):
        raise InputError("print_format", file=out.name)
    stock = _stock(workspace, order, now=now, language=language)
    path = out
    sheets = [(place, _figure(stock, order, box)) for place, box in _places(workspace, stock, order)]
    content = _content(stock, order, sheets)
    if ending == ".pdf":
        sha256 = write_document(out, set_pdf("sheet.typ", content, now=now))
    elif ending == ".png" and len(sheets) == 1:
        sha256 = write_document(out, set_png("sheet.typ", content, ppi=PRINT_PPI))
    else:
        path = out.with_suffix(".zip")
        sha256 = write_documents(path, list(_pictures(stock, order, sheets)), now=now)
    return Printed(path=path, n_sheets=len(sheets), scale=sheets[0][1].scale, sha256=sha256)


def _pictures(
    stock: Stock, order: Order, sheets: Sequence[tuple[str, Figure]]
) -> Iterator[tuple[str, bytes]]:
    for place, one in sheets:
        content = _content(stock, order, [(place, one)])
        yield f"{file_slug(place)}.png", set_png("sheet.typ", content, ppi=PRINT_PPI)


def _stock(workspace: Workspace, order: Order, *, now: dt.datetime, language: str) -> Stock:
    sharing, operator = edition(order.edition)
    audience: Audience = audience_of(sharing, operator, operator_spellings())
    found: CoverageRun | None = runs.latest(workspace, technology=gap.TARGET)
    needs_result = order.theme in ("gap", "served", "wifi")
    result: GapResult | None = gap.run(workspace, now=now) if found is not None and needs_result else None
    return gather(
        workspace,
        audience=audience,
        run=found,
        result=result,
        now=now,
        language=language,
        bounds_m=_needed(workspace, order),
    )


def _needed(workspace: Workspace, order: Order) -> Bounds | None:
    """At a scale asked for, only what stands in the frame is read; of a series or a hamlet, all."""
    if order.scale is None or order.is_series or order.hamlet:
        return None
    x_m, y_m = _middle(workspace, order)
    width_m, height_m = (side_mm * order.scale / 1000 for side_mm in _map_mm(order.layout))
    return x_m - width_m / 2, y_m - height_m / 2, x_m + width_m / 2, y_m + height_m / 2


def _middle(workspace: Workspace, order: Order) -> tuple[float, float]:
    if order.centre is None:
        west_m, south_m, east_m, north_m = workspace.boundary().bounds
        return (west_m + east_m) / 2, (south_m + north_m) / 2
    x_m, y_m = transform(*order.centre, epsg_from=WGS84, epsg_to=workspace.calc_epsg)
    return float(x_m), float(y_m)


def _map_mm(layout: str) -> tuple[float, float]:
    width_mm, height_mm = LAYOUTS[layout]
    return width_mm - 2 * EDGE_MM - GUTTER_MM - PANEL_MM, height_mm - 2 * EDGE_MM


def _places(workspace: Workspace, stock: Stock, order: Order) -> list[tuple[str, Bounds | None]]:
    """Name and extent of each sheet."""
    if order.is_series:
        table = stock.tables["hamlet"]
        placed = table[table.geometry.notna()].sort_values("name", kind="stable")
        if placed.empty:
            raise InputError("print_no_hamlet", name=workspace.name)
        return [(str(row["name"]), around(row.geometry)) for _, row in placed.iterrows()]
    if order.hamlet:
        row = hamlet_row(stock.tables["hamlet"], order.hamlet)
        if row.geometry is None:
            raise InputError("print_no_hamlet", name=str(row["name"]))
        return [(str(row["name"]), around(row.geometry))]
    if order.centre is None and order.scale is None:
        return [(workspace.name, None)]
    x_m, y_m = _middle(workspace, order)
    return [(workspace.name, (x_m - REACH_M, y_m - REACH_M, x_m + REACH_M, y_m + REACH_M))]


def hamlet_row(table: gpd.GeoDataFrame, asked: str) -> pd.Series:
    """
    The row of a hamlet.

    Parameters
    ----------
    table
        Rows of the layer ``hamlet``.
    asked
        Its id, or its name with or without diacritics.

    Returns
    -------
    row
        The row.

    Raises
    ------
    InputError
        ``hamlet_unknown``: none is called so, or several are.
    """
    wanted = fold(asked).removeprefix(UNIT)
    is_it = [
        asked == key or fold(str(name)).removeprefix(UNIT) == wanted
        for key, name in zip(table["id"], table["name"], strict=True)
    ]
    found = table[is_it]
    if len(found) != 1:
        raise InputError("hamlet_unknown", name=asked, n=len(found))
    row: pd.Series = found.iloc[0]
    return row


def around(shape: shapely.Geometry) -> Bounds:
    """
    Extent that shows a hamlet.

    Parameters
    ----------
    shape
        Its outline, or the point that stands for it.

    Returns
    -------
    bounds_m
        With room around it [m].
    """
    room_m = ROOM_M if shapely.get_dimensions(shape) == 2 else REACH_M
    west_m, south_m, east_m, north_m = (float(value) for value in shape.bounds)
    return west_m - room_m, south_m - room_m, east_m + room_m, north_m + room_m


def _figure(stock: Stock, order: Order, bounds_m: Bounds | None) -> Figure:
    width_mm, height_mm = _map_mm(order.layout)
    return job.figure(
        stock,
        order.theme,
        width_mm=width_mm,
        height_mm=height_mm,
        operator=order.operator,
        bounds_m=bounds_m,
        scale=order.scale,
    )


def _content(stock: Stock, order: Order, sheets: Sequence[tuple[str, Figure]]) -> Mapping[str, object]:
    width_mm, height_mm = LAYOUTS[order.layout]
    return {
        "width": width_mm,
        "height": height_mm,
        "lang": stock.language,
        "legend_columns": 1,
        "sheets": [
            _sheet(stock, order, place, one, number_) for number_, (place, one) in enumerate(sheets, 1)
        ],
    }


def _sheet(stock: Stock, order: Order, place: str, one: Figure, number_: int) -> Mapping[str, object]:
    language = stock.language
    facts = {
        "scale": f"1:{number(one.scale, language)}",
        "crs": describe_crs(stock.epsg),
        "data": job.newest_words(stock),
        "source": "; ".join(job.sources(stock)) or tr("plate.no_source", language),
        "edition": job.edition_words(stock),
        "preparer": order.preparer or "…",
        "printed": day(stock.now.date()),
        "sheet": f"HTS-{number_:02d}",
        "use": tr("print.use", language),
    }
    return {
        "figure": plain_figure(one),
        "issuer": [tr("print.issuer", language, name=stock.name).upper()],
        "subtitle": place if place != stock.name else "",
        "legend_title": tr("print.legend", language),
        "facts": [(tr(f"print.fact.{name}", language), value) for name, value in facts.items()],
        "signers": [tr(f"print.signer.{who}", language) for who in ("preparer", "checker", "approver")],
    }
