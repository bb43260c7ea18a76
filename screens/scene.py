"""The calm ground every map stands on, and the drawings that several screens share."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely

from layers.catalogue import spec_of
from layers.cell import split
from layers.spec import Style
from planning.gap import GapArea
from screens import mapview, state
from screens.legend import Entry
from screens.mapview import Bounds, Click, Drawing

MIN_ZOOM = {"building": 15, "passive": 14}  # thousands of small shapes: drawn when looked at closely
PREFIX = "Thôn "  # every label would begin with it
GAP_COLOUR = "#9b2226"
GROUND = Style(colour="#37474f", weight_px=1.6, fill_opacity=0.0)
PAPER = Style(colour="#ffffff", weight_px=0.0, fill_opacity=1.0)
BORDERS = Style(colour="#bcaaa4", weight_px=0.8)
LANES = Style(colour="#d7cfc2", weight_px=1.0)
GAP = Style(colour=GAP_COLOUR, weight_px=1.5)
CHOSEN = Style(colour="#ffb000", weight_px=4.0)


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
    marked = [area.geometry for area in areas if area.id == chosen]
    if marked:
        drawn.append(mapview.draw_shapes(np.array(marked, dtype=object), style=CHOSEN))
    ranked = areas[:30]
    points = shapely.point_on_surface(shapes[: len(ranked)])
    drawn.append(mapview.draw_labels(points, [str(area.rank) for area in ranked], strong=True))
    return tuple(drawn)


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
    width_px: int = 700,
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
    height_px, width_px
        Size [px], the width only roughly.

    Returns
    -------
    click
        The last click, or None.
    """
    return mapview.show(
        drawings,
        key=key,
        view=mapview.view_of(bounds or extent(), width_px=width_px, height_px=height_px),
        height_px=height_px,
        titles=(state.tr("screen.map.zoom_in"), state.tr("screen.map.zoom_out")),
    )
