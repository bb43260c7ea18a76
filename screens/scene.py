"""The calm ground every map stands on, and the drawings that several screens share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import shapely

from layers.catalogue import spec_of
from layers.cell import split
from layers.spec import Style
from planning.area import GapArea
from planning.palette import GAP_COLOUR
from screens import mapview, state
from screens.legend import Entry
from screens.mapview import Bounds, Click, Drawing

MIN_ZOOM = {"building": 15, "passive": 14}  # thousands of small shapes: drawn when looked at closely
PREFIX = "Thôn "  # every label would begin with it
GROUND = Style(colour="#37474f", weight_px=1.6, fill_opacity=0.0)
PAPER = Style(colour="#ffffff", weight_px=0.0, fill_opacity=1.0)
BORDERS = Style(colour="#bcaaa4", weight_px=0.8)
LANES = Style(colour="#d7cfc2", weight_px=1.0)
GAP = Style(colour=GAP_COLOUR, weight_px=1.5)
CHOSEN = (  # a dark casing under a light line stands out on every ground
    Style(colour="#16232b", weight_px=6.5, shape="halo", radius_px=13.0),
    Style(colour="#ffb000", weight_px=3.0, shape="halo", radius_px=13.0),
)
AROUND_DEG = 0.004


def of_layer(layer: str, *, opacity: float = 1.0, label: bool = True) -> tuple[Drawing, ...]:
    """
    A layer in its own style.

    Parameters
    ----------
    layer
        Layer name.
    opacity
        Opacity, 0–1.
    label
        False leaves the names out.

    Returns
    -------
    drawings
        Its drawings, reckoned once for each state of the workspace.
    """
    return state.remember(
        ("drawing", layer, opacity, label),
        lambda: mapview.draw_layer(
            state.table(layer),
            spec_of(layer),
            operators=state.operator_styles(),
            opacity=opacity,
            label=label,
            min_zoom=MIN_ZOOM.get(layer, 0),
            hollow=_without_5g(state.table(layer)) if layer == "site" else None,
        ),
    )


def _without_5g(sites: gpd.GeoDataFrame) -> np.ndarray:
    return np.array(["5G" not in split(value) for value in sites["technologies"]], dtype=bool)


def ground() -> tuple[Drawing, ...]:
    """
    Outline, hamlet borders and roads, all quiet.

    Returns
    -------
    drawings
        The lowest first.
    """
    return state.remember("ground", _ground)


def _ground() -> tuple[Drawing, ...]:
    outline = state.table("boundary").geometry.dropna().to_numpy()
    hamlets = state.table("hamlet").geometry.dropna().to_numpy()
    areas = hamlets[shapely.get_dimensions(hamlets) == 2] if len(hamlets) else hamlets
    roads = state.table("road").geometry.dropna().to_numpy()
    layers = ((outline, PAPER), (roads, LANES), (areas, BORDERS), (outline, GROUND))
    return tuple(
        mapview.draw_shapes(shapes, style=style, below=style is PAPER)
        for shapes, style in layers
        if len(shapes)
    )


def names() -> tuple[Drawing, ...]:
    """
    Hamlet names.

    Returns
    -------
    drawings
        None where no hamlet has a place.
    """
    return state.remember("names", _names)


def _names() -> tuple[Drawing, ...]:
    table = state.table("hamlet")
    located = table[~table.geometry.isna()]
    if located.empty or len(located) > mapview.LABEL_LIMIT:
        return ()
    points = shapely.point_on_surface(located.geometry.to_numpy())
    return (mapview.draw_labels(points, [str(name or "").removeprefix(PREFIX) for name in located["name"]]),)


def gap_areas(areas: Sequence[GapArea], *, chosen: str | None = None) -> tuple[Drawing, ...]:
    """
    Areas without signal, hatched, with their rank.

    Parameters
    ----------
    areas
        The areas.
    chosen
        Id of the area to show brighter.

    Returns
    -------
    drawings
        Hatched areas, ranks, and the outline of the chosen one.
    """
    if not areas:
        return ()
    shapes = np.array([area.geometry for area in areas], dtype=object)
    drawn = [mapview.draw_shapes(shapes, style=GAP, hatch=True)]
    drawn += highlight([area.geometry for area in areas if area.id == chosen])
    ranked = areas[:30]
    points = shapely.point_on_surface(shapes[: len(ranked)])
    drawn.append(mapview.draw_labels(points, [str(area.rank) for area in ranked], strong=True))
    return tuple(drawn)


def highlight(shapes: Sequence[shapely.Geometry | None]) -> tuple[Drawing, ...]:
    """
    The outline of what was chosen.

    Parameters
    ----------
    shapes
        Its shapes, EPSG:4326; None where it has no place.

    Returns
    -------
    drawings
        A line around areas and along lines, a ring around points; none where nothing has a place.
    """
    placed = np.array([shape for shape in shapes if shape is not None and not shape.is_empty], dtype=object)
    return tuple(mapview.draw_shapes(placed, style=style) for style in CHOSEN) if len(placed) else ()


def around(shapes: Sequence[shapely.Geometry | None]) -> Bounds | None:
    """
    Extent to look at to see what was chosen.

    Parameters
    ----------
    shapes
        Its shapes, EPSG:4326; None where it has no place.

    Returns
    -------
    bounds
        West, south, east, north [degrees] with room around it; None where nothing has a place.
    """
    placed = [shape for shape in shapes if shape is not None and not shape.is_empty]
    if not placed:
        return None
    west, south, east, north = (float(value) for value in shapely.total_bounds(placed))
    return west - AROUND_DEG, south - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG


def extent() -> Bounds | None:
    """
    Extent of the workspace: its outline, else whatever has a place.

    Returns
    -------
    bounds
        West, south, east, north [degrees], or None.
    """
    for layer in ("boundary", "hamlet", "site", "place"):
        table = state.table(layer)
        shapes = table.geometry.dropna()
        if len(shapes):
            west, south, east, north = shapes.total_bounds
            return float(west), float(south), float(east), float(north)
    return None


def gap_entry() -> Entry:
    """
    Legend of the areas without signal.

    Returns
    -------
    entry
        Hatch and words.
    """
    return Entry(words=state.tr("screen.gap.area"), shape="hatch", colour=GAP_COLOUR)


def show(
    drawings: Sequence[Drawing],
    *,
    key: str,
    bounds: Bounds | None = None,
    height_px: int = 480,
    on_click: Callable[[], None] | None = None,
) -> Click | None:
    """
    A map of the workspace.

    Parameters
    ----------
    drawings
        What it shows, the lowest first.
    key
        Name of the map, unique on the page.
    bounds
        What to look at; None: the whole workspace.
    height_px
        Height [px].
    on_click
        Called after a click, before the page is drawn again.

    Returns
    -------
    click
        The last click, or None.
    """
    return mapview.show(
        drawings,
        key=key,
        bounds=bounds or extent(),
        height_px=height_px,
        titles=mapview.Titles(
            name=state.tr("screen.layer.title"),
            zoom_in=state.tr("screen.map.zoom_in"),
            zoom_out=state.tr("screen.map.zoom_out"),
            language=state.language(),
        ),
        on_click=on_click,
    )
