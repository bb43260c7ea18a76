"""Layers as marks: colours, symbols and legend lines from their descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from geo import io as rasters
from geo.coverage import State
from layers.catalogue import spec_of
from layers.cell import split
from layers.exchange.plate.cells import to_png
from layers.exchange.plate.mark import Cells, Drawn, Entry, Mark, Names, Shapes
from layers.exchange.plate.view import View
from layers.spec import LayerSpec, Style
from planning.export import palette
from planning.palette import GAP_COLOUR, SERVED_CLASSES, STATE_COLOURS, UNKNOWN_COLOUR
from planning.plate.stock import Stock
from planning.text import share_text, tr

KINDS = ("point", "line", "area")
PREFIX = "Thôn "
OUTLINE = Style(colour="#37474f", weight_px=2.2, dash="9 4 2 4")
BORDERS = Style(colour="#a1887f", weight_px=0.8)
LANES = Style(colour="#cfc6b8", weight_px=0.9)
MAIN_ROADS = Style(colour="#8d7f70", weight_px=2.2)
SHARED = Style(colour="#1c2a30", shape="ring", radius_px=9.0)
BARE = Style(colour="#616161", shape="ring", radius_px=6.0)
GAP = Style(colour=GAP_COLOUR, weight_px=1.2)
RANKED = 30
RASTER_SHARE = 0.55
"""Opacity of estimated coverage: what lies below stays readable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """
    Part of a map.

    Parameters
    ----------
    marks
        What is drawn, the lowest first.
    entries
        Its lines of the legend.
    """

    marks: tuple[Mark, ...] = ()
    entries: tuple[Entry, ...] = ()

    def __add__(self, other: Dress) -> Dress:
        """What lies below, then what lies above."""
        return Dress(marks=self.marks + other.marks, entries=self.entries + other.entries)


def ground(stock: Stock, view: View) -> Dress:
    """
    The calm ground: outline, hamlet borders, roads.

    Parameters
    ----------
    stock
        What maps are drawn from.
    view
        The frame.

    Returns
    -------
    dress
        Only what there is in it.
    """
    roads, hamlets = _rows(stock, "road"), _rows(stock, "hamlet")
    is_main = roads["is_main"].fillna(value=False).to_numpy(dtype=bool) if len(roads) else np.empty(0, bool)
    shapes = roads.geometry.to_numpy()
    areas = hamlets.geometry.to_numpy()
    parts = (
        (shapes[~is_main], LANES, ""),
        (areas[shapely.get_dimensions(areas) == 2], BORDERS, "plate.hamlet_border"),
        (shapes[is_main], MAIN_ROADS, "plate.main_road"),
        (shapely.boundary(_rows(stock, "boundary").geometry.to_numpy()), OUTLINE, "layer.boundary"),
    )
    seen = shapely.box(*view.bounds)
    return _joined(
        _part(stock, drawn[shapely.intersects(drawn, seen)], style, "line", key)
        for drawn, style, key in parts
    )


def _part(stock: Stock, shapes: Shapes, style: Style, kind: str, key: str) -> Dress:
    if not len(shapes):
        return Dress()
    entries = (Entry(words=tr(key, stock.language), style=style, kind=kind),) if key else ()
    return Dress(marks=(Drawn(shapes=shapes, style=style),), entries=entries)


def _joined(parts: Iterator[Dress]) -> Dress:
    return sum(parts, Dress())


def _rows(stock: Stock, layer: str) -> gpd.GeoDataFrame:
    table = stock.tables[layer]
    return table[table.geometry.notna()]


def hamlet_names(stock: Stock) -> Dress:
    """
    Names of hamlets.

    Parameters
    ----------
    stock
        What maps are drawn from.

    Returns
    -------
    dress
        Names of those that have a place.
    """
    table = _rows(stock, "hamlet")
    if table.empty:
        return Dress()
    points = shapely.point_on_surface(table.geometry.to_numpy())
    texts = [str(name).removeprefix(PREFIX) for name in table["name"].fillna("")]
    return Dress(marks=(Names(places_m=shapely.get_coordinates(points), texts=texts),))


def layer(stock: Stock, name: str, view: View) -> Dress:
    """
    A layer in its own style.

    Parameters
    ----------
    stock
        What maps are drawn from.
    name
        Layer name.
    view
        The frame: the legend names only what stands in it.

    Returns
    -------
    dress
        One mark and one line of the legend for each style met.
    """
    spec, table = spec_of(name), _rows(stock, name)
    table = table[shapely.intersects(table.geometry.to_numpy(), shapely.box(*view.bounds))]
    if table.empty:
        return Dress()
    title = tr(f"layer.{name}", stock.language)
    if not spec.style.by_operator:
        return _plain(stock, spec, table, title)
    return _by_operator(stock, spec, table, title)


def _plain(stock: Stock, spec: LayerSpec, table: gpd.GeoDataFrame, title: str) -> Dress:
    shapes = table.geometry.to_numpy()
    dimension = shapely.get_dimensions(shapes)
    met = [number for number in (2, 1, 0) if (dimension == number).any()]
    entries = tuple(
        Entry(
            words=title
            if len(met) == 1
            else f"{title} ({tr(f'screen.legend.shape.{_shape(number)}', stock.language)})",
            style=spec.style,
            kind=KINDS[number],
        )
        for number in met
    )
    return Dress(marks=(Drawn(shapes=shapes, style=spec.style),), entries=entries)


def _shape(dimension: int) -> str:
    return ("point", "line", "polygon")[dimension]


def _by_operator(stock: Stock, spec: LayerSpec, table: gpd.GeoDataFrame, title: str) -> Dress:
    """Symbol of the first operator; a ring around masts of several, as symbols survive a grey copy."""
    known = palette()
    named = [[one for one in split(value) if one in known] for value in table["operators"]]
    first = np.array([one[0] if one else "" for one in named], dtype=object)
    shapes = table.geometry.to_numpy()
    shared = np.array([len(set(one)) > 1 for one in named], dtype=bool)
    found = _part(stock, shapes[shared], SHARED, "point", "plate.shared_mast")
    for operator in sorted(set(first)):
        style = BARE
        if operator:
            style = replace(spec.style, colour=known[operator][0], shape=known[operator][1])
        words = tr("plate.of_operator", stock.language, title=title, operator=operator)
        entry = Entry(words=words if operator else title, style=style, kind="point")
        found += Dress(marks=(Drawn(shapes=shapes[first == operator], style=style),), entries=(entry,))
    return found


def coverage(stock: Stock, view: View, *, operator: str) -> Dress:
    """
    Estimated coverage in three states.

    Parameters
    ----------
    stock
        What maps are drawn from.
    view
        The frame.
    operator
        Operator id or ``any``.

    Returns
    -------
    dress
        Empty where there is no estimate, or this audience may not see it.
    """
    if stock.run is None or operator not in stock.operators:
        return Dress()
    raster = rasters.read(stock.run.state_paths[operator], bounds=view.bounds)
    colours = {int(State[name.upper()]): colour for name, colour in STATE_COLOURS.items()}
    entries = tuple(
        Entry(
            words=tr(f"plate.state.{name}", stock.language),
            style=Style(colour=colour, fill_opacity=RASTER_SHARE, weight_px=0.5),
            kind="area",
        )
        for name, colour in STATE_COLOURS.items()
        if (raster.values == State[name.upper()]).any()
    )
    grid = raster.grid
    box = (
        grid.west_m,
        grid.north_m - grid.rows * grid.cell_m,
        grid.west_m + grid.cols * grid.cell_m,
        grid.north_m,
    )
    return Dress(
        marks=(
            Cells(
                png=to_png(raster.values.astype(np.uint8), colours, opacity_share=RASTER_SHARE), bounds_m=box
            ),
        ),
        entries=entries,
    )


def gaps(stock: Stock, *, operator: str, chosen: str = "") -> Dress:
    """
    Areas without signal, hatched, with their rank.

    Parameters
    ----------
    stock
        What maps are drawn from.
    operator
        Operator id, ``any`` or ``two_or_more``.
    chosen
        Id of the area that the map is about; "" for all alike.

    Returns
    -------
    dress
        Empty in a public edition: outlines around a few houses tell of people.
    """
    if stock.result is None or stock.is_public:
        return Dress()
    areas = stock.result.areas_of(operator)
    if not areas:
        return Dress()
    table = gpd.GeoSeries([area.geometry for area in areas], crs=4326).to_crs(stock.epsg)
    shapes = table.to_numpy()
    is_chosen = np.array([area.id == chosen for area in areas], dtype=bool)
    bold = replace(GAP, weight_px=2.6)
    words = tr("screen.gap.area", stock.language)
    marks: tuple[Mark, ...] = (Drawn(shapes=shapes[~is_chosen], style=GAP, hatch=True),)
    entries: tuple[Entry, ...] = (Entry(words=words, style=GAP, kind="hatch"),)
    if is_chosen.any():
        marks += (Drawn(shapes=shapes[is_chosen], style=bold, hatch=True),)
        entries += (Entry(words=tr("plate.chosen_gap", stock.language), style=bold, kind="hatch"),)
    points = shapely.get_coordinates(shapely.point_on_surface(shapes[:RANKED]))
    texts = [str(area.rank) for area in areas[:RANKED]]
    names = Names(places_m=points, texts=texts, size_mm=3.0, colour="#7a1015", is_bold=True)
    return Dress(marks=(*marks, names), entries=entries)


def served(stock: Stock, *, operator: str) -> Dress:
    """
    Hamlets by the share of their people who are served.

    Parameters
    ----------
    stock
        What maps are drawn from.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    dress
        One colour a class; grey where nothing is known.
    """
    if stock.result is None:
        return Dress()
    shapes = {str(row["id"]): row.geometry for _, row in _rows(stock, "hamlet").iterrows()}
    classes: dict[float | None, list[shapely.Geometry | None]] = {}
    for row in stock.result.hamlets:
        figures = row.figures[operator]
        is_known = figures.total > figures.unknown
        classes.setdefault(_class(figures.share) if is_known else None, []).append(shapes.get(row.id))
    found = Dress()
    for lower, colour in (*SERVED_CLASSES, (None, UNKNOWN_COLOUR)):
        members = np.array([one for one in classes.get(lower, []) if one is not None], dtype=object)
        if not len(members):
            continue
        style = Style(colour=colour, fill_opacity=0.75, weight_px=0.8, radius_px=6.0)
        words = tr("state.unknown", stock.language)
        if lower is not None:
            words = tr("plate.served", stock.language, share=share_text(lower, stock.language, digits=0))
        kind = "area" if (shapely.get_dimensions(members) == 2).any() else "point"
        found += Dress(
            marks=(Drawn(shapes=members, style=style),), entries=(Entry(words=words, style=style, kind=kind),)
        )
    return found


def _class(share: float) -> float:
    return next(lower for lower, _ in SERVED_CLASSES if share >= lower)


def met(stock: Stock, states: Mapping[str, str], *, title_key: str) -> Dress:
    """
    Places by whether they meet a target.

    Parameters
    ----------
    stock
        What maps are drawn from.
    states
        Id of a place to ``covered``, ``uncovered`` or ``unknown``.
    title_key
        Text key of what the places have or lack.

    Returns
    -------
    dress
        One colour and symbol a state.
    """
    table = _rows(stock, "place")
    shapes = table.geometry.to_numpy()
    now = np.array([states.get(str(one), "") for one in table["id"]], dtype=object)
    symbols = {"covered": "square", "uncovered": "triangle", "unknown": "ring"}
    found = Dress()
    for name, shape in symbols.items():
        style = Style(colour=STATE_COLOURS[name], shape=shape, radius_px=7.0)
        if (now == name).any():
            words = f"{tr(title_key, stock.language)}: {tr(f'plate.met.{name}', stock.language)}"
            entry = Entry(words=words, style=style, kind="point")
            found += Dress(marks=(Drawn(shapes=shapes[now == name], style=style),), entries=(entry,))
    return found
