"""
The one maker of maps.

A map is a constant Leaflet base, which st_folium sends to the browser once, and a list of drawings, which
may change with every run. A drawing is data only: the browser builds the shapes from it, and every text
in it passes through :func:`safe`, the one escape. Nothing on a map takes clicks by itself: a click tells
the place and the reach of the pointer, and the screen looks up what lies there.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import folium
import geopandas as gpd
import numpy as np
import shapely
import streamlit as st
import streamlit_folium
from branca.element import Element, MacroElement
from folium.template import Template

from layers.spec import LayerSpec, Style
from screens.leaflet import SCRIPT, SHEET

Bounds = tuple[float, float, float, float]
Json = dict[str, object]

MICRO = 1_000_000  # coordinates travel as whole millionths of a degree, each as the step from the one before
LABEL_LIMIT = 400
BASE_CENTRE = (20.8, 106.5)
BASE_ZOOM = 9
ZOOM_STEP = 0.25
SMALLEST_DEG = 0.002
_ENTITIES = str.maketrans({"`": "&#96;", "$": "&#36;", "\\": "&#92;", "{": "&#123;", "}": "&#125;"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """
    One thing drawn on a map.

    Parameters
    ----------
    payload
        JSON text that the browser draws from.
    bounds
        West, south, east, north [degrees], or None where it has no extent.
    """

    payload: str
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """
    A click on a map.

    Parameters
    ----------
    lon, lat
        Place [degrees, WGS 84].
    reach_m
        Distance on the ground that the pointer covers at this zoom [m].
    zoom
        Zoom of the map; layers drawn only closer are not hit.
    """

    lon: float
    lat: float
    reach_m: float
    zoom: float = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """
    Words that belong to a map itself.

    Parameters
    ----------
    name
        What it is called for a screen reader.
    zoom_in, zoom_out
        Titles of the two buttons.
    language
        Language of these words, ``vi`` or ``en``.
    """

    name: str
    zoom_in: str
    zoom_out: str
    language: str


def safe(text: object) -> str:
    """
    A text that may stand on a map, whatever it holds.

    Parameters
    ----------
    text
        Any value.

    Returns
    -------
    safe
        The text with every character that HTML or a JavaScript template could act on written as an entity.
    """
    return html.escape(str(text), quote=True).translate(_ENTITIES)


class _Base(MacroElement):
    """Symbols, zoom buttons and the click of every map; constant for a language."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{{ this.script }}\n"
        "hatangso.start({{ this._parent.get_name() }}, {{ this.titles }});"
        "{% endmacro %}"
    )

    def __init__(self, *, titles: Titles) -> None:
        super().__init__()
        self._name = "Base"
        self.script = SCRIPT
        words = {"zoomIn": titles.zoom_in, "zoomOut": titles.zoom_out, "name": titles.name}
        texts = {key: safe(text) for key, text in words.items()}
        self.titles = _json({**texts, "language": safe(titles.language)})


class _Shape(MacroElement):
    """A drawing as a child of a feature group."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "hatangso.draw({{ this.payload }}).addTo({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._name = "Shape"
        self.payload = drawing.payload


def show(
    drawings: Sequence[Drawing],
    *,
    key: str,
    bounds: Bounds | None,
    height_px: int,
    titles: Titles,
    on_click: Callable[[], None] | None = None,
) -> Click | None:
    """
    Put a map on the page.

    Parameters
    ----------
    drawings
        What it shows, the lowest first.
    key
        Name of the map, unique on the page.
    bounds
        What to look at: west, south, east, north [degrees]; the browser fits it to the map's true size, and
        moves only when it changes. None: the whole region.
    height_px
        Height [px].
    titles
        Its name and the titles of its buttons.
    on_click
        Called after a click, before the page is drawn again.

    Returns
    -------
    click
        The last click, or None.
    """
    base = folium.Map(
        location=BASE_CENTRE,
        zoom_start=BASE_ZOOM,
        tiles=None,
        control_scale=False,
        zoom_control=False,
        prefer_canvas=True,
        attributionControl=False,
        maxZoom=19,
        minZoom=7,
        zoomSnap=ZOOM_STEP,
    )
    base.add_child(_Base(titles=titles))
    base.get_root().header.add_child(Element(f"<style>{SHEET}</style>"))
    group = folium.FeatureGroup()
    for drawing in (*drawings, *([] if bounds is None else [_view(bounds)])):
        group.add_child(_Shape(drawing))
    state = streamlit_folium.st_folium(
        base,
        key=key,
        feature_group_to_add=group,
        returned_objects=["last_clicked"],
        height=height_px,
        use_container_width=True,
        on_change=on_click,
    )
    return _click(state)


def clicked(key: str) -> Click | None:
    """
    The last click on a map, known before the map is drawn again.

    Parameters
    ----------
    key
        Name of the map.

    Returns
    -------
    click
        The last click, or None.
    """
    return _click(st.session_state.get(key))


def _click(state: object) -> Click | None:
    found = state.get("last_clicked") if isinstance(state, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    return Click(
        lon=float(found["lng"]),
        lat=float(found["lat"]),
        reach_m=float(found.get("reach_m") or 30.0),
        zoom=float(found.get("zoom") or 22.0),
    )


def _view(bounds: Bounds) -> Drawing:
    """The extent to look at; one of no size gets room around it."""
    west, south, east, north = (round(value, 6) for value in bounds)
    wide, high = (max(0.0, SMALLEST_DEG - side) / 2 for side in (east - west, north - south))
    box = [[south - high, west - wide], [north + high, east + wide]]
    return Drawing(payload=_json({"kind": "view", "bounds": box}))


def joined(bounds: Iterable[Bounds | None]) -> Bounds | None:
    """
    Extent that holds several extents.

    Parameters
    ----------
    bounds
        Extents; None counts as nothing.

    Returns
    -------
    bounds
        West, south, east, north [degrees], or None where there was nothing.
    """
    known = [box for box in bounds if box is not None]
    if not known:
        return None
    box = np.array(known)
    low, high = box[:, :2].min(axis=0), box[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def draw_layer(
    table: gpd.GeoDataFrame,
    spec: LayerSpec,
    *,
    operators: Mapping[str, tuple[str, str]],
    opacity: float = 1.0,
    label: bool = True,
    min_zoom: int = 0,
    hollow: np.ndarray | None = None,
) -> tuple[Drawing, ...]:
    """
    Drawings of a layer in the style of its description.

    Parameters
    ----------
    table
        Rows with geometry in EPSG:4326.
    spec
        Description of the layer.
    operators
        Operator id to colour and shape.
    opacity
        Opacity, 0–1.
    label
        False leaves the names out.
    min_zoom
        Zoom from which the layer is drawn.
    hollow
        True for rows whose symbols are drawn hollow, shape (n,); None: none is.

    Returns
    -------
    drawings
        One for each style met, then the names.
    """
    there = (~(table.geometry.isna() | table.geometry.is_empty)).to_numpy()
    located = table[there]
    if located.empty:
        return ()
    empty = np.zeros(len(located), dtype=bool) if hollow is None else hollow[there]
    groups = _by_operator(located, operators, spec.style) if spec.style.by_operator else {"": spec.style}
    member = _first_operator(located, operators) if spec.style.by_operator else np.full(len(located), "")
    drawn = [
        draw_shapes(
            located.geometry.to_numpy()[rows],
            style=style,
            opacity=opacity,
            min_zoom=min_zoom,
            hollow=is_hollow,
        )
        for name, style in groups.items()
        for is_hollow in (True, False)
        if (rows := (member == name) & (empty == is_hollow)).any()
    ]
    if label and spec.style.label and len(located) <= LABEL_LIMIT:
        points = shapely.point_on_surface(located.geometry.to_numpy())
        drawn.append(draw_labels(points, [str(text or "") for text in located[spec.style.label]]))
    return tuple(drawn)


def _first_operator(table: gpd.GeoDataFrame, operators: Mapping[str, object]) -> np.ndarray:
    def first(value: object) -> str:
        parts = str(value).split(";") if isinstance(value, str) else []
        return next((part for part in parts if part in operators), "")

    return np.array([first(value) for value in table["operators"]], dtype=object)


def _by_operator(
    table: gpd.GeoDataFrame, operators: Mapping[str, tuple[str, str]], style: Style
) -> dict[str, Style]:
    plain = Style(colour="#616161", shape="ring", radius_px=style.radius_px, weight_px=style.weight_px)
    found = dict.fromkeys(sorted(set(_first_operator(table, operators))))
    return {
        name: Style(
            colour=operators[name][0],
            shape=operators[name][1],
            radius_px=style.radius_px,
            weight_px=style.weight_px,
        )
        if name
        else plain
        for name in found
    }


def draw_shapes(
    geometries: np.ndarray,
    *,
    style: Style,
    opacity: float = 1.0,
    hatch: bool = False,
    below: bool = False,
    min_zoom: int = 0,
    hollow: bool = False,
) -> Drawing:
    """
    Drawing of geometries in one style.

    Parameters
    ----------
    geometries
        Shapes in EPSG:4326.
    style
        Colours and symbol.
    opacity
        Opacity, 0–1.
    hatch
        True fills areas with a hatch.
    below
        True puts areas under the rasters.
    min_zoom
        Zoom from which they are drawn.
    hollow
        True draws symbols as outlines.

    Returns
    -------
    drawing
        One value, however many shapes.
    """
    parts = shapely.get_parts(geometries)
    dimension = shapely.get_dimensions(parts)
    rings, ring_of = shapely.get_rings(parts[dimension == 2], return_index=True)
    polygons: list[list[list[int]]] = [[] for _ in range(int((dimension == 2).sum()))]
    for ring, index in zip(rings, ring_of, strict=True):
        polygons[index].append(_steps(ring))
    payload: Json = {
        "kind": "shapes",
        "polygons": polygons,
        "lines": [_steps(line) for line in parts[dimension == 1]],
        "points": [_steps(point) for point in parts[dimension == 0]],
        "colour": style.colour,
        "opacity": round(opacity, 3),
        "fill": round(style.fill_opacity * opacity, 3),
        "weight": style.weight_px,
        "radius": style.radius_px,
        "dash": style.dash,
        "shape": style.shape,
        "hatch": hatch,
        "below": below,
        "minZoom": min_zoom,
        "hollow": hollow,
    }
    return Drawing(payload=_json(payload), bounds=_bounds(parts))


def draw_labels(points: np.ndarray, texts: Sequence[str], *, strong: bool = False) -> Drawing:
    """
    Words on the map.

    Parameters
    ----------
    points
        Their places, EPSG:4326.
    texts
        One text for each place.
    strong
        True for the numbers of ranked areas, False for quiet names.

    Returns
    -------
    drawing
        The words.
    """
    labels = [
        [round(float(point.y), 6), round(float(point.x), 6), safe(text)]
        for point, text in zip(points, texts, strict=True)
        if text and not shapely.is_empty(point)
    ]
    return Drawing(payload=_json({"kind": "labels", "labels": labels, "strong": strong}))


def draw_tiles(url: str, *, bounds: Bounds, opacity: float) -> Drawing:
    """
    A raster drawn from tiles of this application.

    Parameters
    ----------
    url
        Address pattern of the tiles on this machine, without host.
    bounds
        Extent of the raster: west, south, east, north [degrees].
    opacity
        Opacity, 0–1.

    Returns
    -------
    drawing
        The raster.
    """
    west, south, east, north = bounds
    box = [[south, west], [north, east]]
    return Drawing(
        payload=_json({"kind": "tiles", "url": url, "bounds": box, "opacity": round(opacity, 3)}),
        bounds=bounds,
    )


def _steps(geometry: object) -> list[int]:
    places = np.rint(shapely.get_coordinates(geometry) * MICRO).astype(np.int64)
    steps: list[int] = np.diff(places, axis=0, prepend=0).ravel().tolist()
    return steps


def _bounds(parts: np.ndarray) -> Bounds | None:
    if len(parts) == 0:
        return None
    west, south, east, north = shapely.total_bounds(parts)
    return float(west), float(south), float(east), float(north)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
