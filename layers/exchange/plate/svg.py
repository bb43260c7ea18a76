"""Marks in a view as SVG, in millimetres of paper; the same marks give the same text."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import cos, pi, sin

import numpy as np
import shapely

from geo.units import Floats
from layers.exchange.plate.mark import Cells, Drawn, Entry, Mark, Names, Shapes
from layers.exchange.plate.view import View, bar_m, grid_lines_m
from layers.spec import Style

MM_PER_PX = 0.264583
EDGE_MM = 5.0
"""Room around the frame for the figures of the grid."""
FINEST_MM = 0.08
FONT = "Tinos"
INK = "#1c2a30"
GRID_INK = "#7b8a92"
LETTER_SHARE = 0.5
"""Mean width of a letter as a share of its height."""
KEY_MM = (7.0, 4.0)
POINT_SHARE = 0.7
"""Symbols on paper are smaller than on a screen, which is looked at from farther away."""

Box = tuple[float, float, float, float]


def draw(view: View, marks: Sequence[Mark], *, north: str, comma: str) -> str:
    """
    A map.

    Parameters
    ----------
    view
        The frame.
    marks
        What it shows, the lowest first.
    north
        Letter of the arrow that points to grid north.
    comma
        Sign before decimals.

    Returns
    -------
    svg
        Frame, marks, grid with its figures, scale bar and arrow; ``EDGE_MM`` wider than the frame on each
        side.
    """
    width_mm, height_mm = view.width_mm + 2 * EDGE_MM, view.height_mm + 2 * EDGE_MM
    frame = f'x="0" y="0" width="{_n(view.width_mm)}" height="{_n(view.height_mm)}"'
    size = f'width="{_n(width_mm)}mm" height="{_n(height_mm)}mm"'
    box = f'viewBox="{-EDGE_MM} {-EDGE_MM} {_n(width_mm)} {_n(height_mm)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>',
        f'<defs><clipPath id="f"><rect {frame}/></clipPath></defs>',
        f'<g clip-path="url(#f)"><rect {frame} fill="#ffffff"/>',
        *(part for mark in marks for part in _mark(view, mark)),
        *_names(view, [mark for mark in marks if isinstance(mark, Names)]),
        "</g>",
        *_grid(view),
        f'<rect {frame} fill="none" stroke="{INK}" stroke-width="0.35"/>',
        *_bar(view, comma),
        *_arrow(view, north),
        "</svg>",
    ]
    return "\n".join(parts)


def key(entry: Entry) -> str:
    """
    The symbol of a line of the legend.

    Parameters
    ----------
    entry
        The line.

    Returns
    -------
    svg
        ``KEY_MM`` wide and high.
    """
    width_mm, height_mm = KEY_MM
    middle = np.array([[width_mm / 2, height_mm / 2]])
    if entry.kind == "point":
        body = "".join(_points(middle, entry.style))
    elif entry.kind == "line":
        body = f'<path d="M0.3 {_n(height_mm / 2)}H{_n(width_mm - 0.3)}" {_stroke(entry.style)} fill="none"/>'
    else:
        box = f"M0.4 0.4H{_n(width_mm - 0.4)}V{_n(height_mm - 0.4)}H0.4Z"
        lines = "".join(f"M{_n(0.4 + x)} {_n(height_mm - 0.4)}l3.2 -3.2" for x in (0.0, 1.5, 3.0))
        fill = _fill(entry.style) if entry.kind == "area" else 'fill="none"'
        body = f'<path d="{box}" {fill} {_stroke(entry.style)}/>'
        body += f'<path d="{lines}" {_stroke(entry.style)}/>' if entry.kind == "hatch" else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width_mm)}mm" height="{_n(height_mm)}mm" '
        f'viewBox="0 0 {_n(width_mm)} {_n(height_mm)}">{body}</svg>'
    )


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _mark(view: View, mark: Mark) -> Iterator[str]:
    if isinstance(mark, Cells):
        yield _cells(view, mark)
    elif isinstance(mark, Drawn):
        yield from _shapes(view, mark)


def _cells(view: View, cells: Cells) -> str:
    west_m, south_m, east_m, north_m = cells.bounds_m
    (left, top), (right, bottom) = view.to_mm(np.array([[west_m, north_m], [east_m, south_m]]))
    packed = base64.b64encode(cells.png).decode()
    return (
        f'<image x="{_n(left)}" y="{_n(top)}" width="{_n(right - left)}" height="{_n(bottom - top)}" '
        f'preserveAspectRatio="none" image-rendering="optimizeSpeed" href="data:image/png;base64,{packed}"/>'
    )


def _shapes(view: View, mark: Drawn) -> Iterator[str]:
    seen = _seen(view, mark.shapes)
    dimension = shapely.get_dimensions(seen)
    areas, lines = seen[dimension == 2], seen[dimension == 1]
    if len(areas):
        path = "".join(_rings(view, areas))
        fill = 'fill="none"' if mark.hatch else _fill(mark.style)
        yield f'<path fill-rule="evenodd" d="{path}" {fill} {_stroke(mark.style)}/>'
        if mark.hatch:
            yield f'<path d="{"".join(_hatches(view, areas))}" {_stroke(mark.style)} fill="none"/>'
    if len(lines):
        path = "".join(_runs(view, lines))
        yield f'<path d="{path}" fill="none" stroke-linejoin="round" {_stroke(mark.style)}/>'
    points = seen[dimension == 0]
    if len(points):
        yield from _points(view.to_mm(shapely.get_coordinates(points)), mark.style)


def _seen(view: View, shapes: Shapes) -> Shapes:
    """Simple shapes inside the frame, no finer than the eye can see on paper."""
    kept: Shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(kept):
        return kept
    room_m = view.scale * 0.003  # symbols and lines at the edge stay whole
    west_m, south_m, east_m, north_m = view.bounds
    box = (west_m - room_m, south_m - room_m, east_m + room_m, north_m + room_m)
    near = kept[shapely.intersects(shapely.box(*shapely.bounds(kept).T), shapely.box(*box))]
    parts = shapely.get_parts(near)
    flat = shapely.get_dimensions(parts) > 0
    parts[flat] = shapely.simplify(parts[flat], FINEST_MM * view.scale / 1000)
    whole = shapely.get_parts(shapely.clip_by_rect(parts, *box))
    seen: Shapes = whole[~shapely.is_empty(whole)]
    return seen


def _rings(view: View, areas: Shapes) -> Iterator[str]:
    for ring in shapely.get_rings(areas):
        yield _path(view.to_mm(shapely.get_coordinates(ring))) + "Z"


def _runs(view: View, lines: Shapes) -> Iterator[str]:
    for line in lines:
        yield _path(view.to_mm(shapely.get_coordinates(line)))


def _path(places_mm: Floats) -> str:
    return "M" + " ".join(f"{_n(x)} {_n(y)}" for x, y in places_mm.tolist())


def _hatches(view: View, areas: Shapes) -> Iterator[str]:
    """Slanted lines across areas, drawn as lines: patterns look different in every reader."""
    step_m = 1.6 * view.scale / 1000
    for area in areas:
        west_m, south_m, east_m, north_m = area.bounds
        rise_m = north_m - south_m
        first, last = np.floor((west_m - rise_m) / step_m), np.ceil(east_m / step_m)
        starts_m = np.arange(first, last + 1) * step_m
        ends = [((start, south_m), (start + rise_m, north_m)) for start in starts_m.tolist()]
        inside = shapely.get_parts(shapely.intersection(shapely.linestrings(ends), area))
        yield from _runs(view, inside[(shapely.get_dimensions(inside) == 1) & ~shapely.is_empty(inside)])


def _fill(style: Style) -> str:
    return (
        f'fill="{style.colour}" fill-opacity="{_n(style.fill_opacity)}"'
        if style.fill_opacity
        else 'fill="none"'
    )


def _stroke(style: Style) -> str:
    if not style.weight_px:
        return 'stroke="none"'
    dashes = " ".join(_n(float(part) * MM_PER_PX) for part in style.dash.split())
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'stroke="{style.colour}" stroke-width="{_n(style.weight_px * MM_PER_PX)}"{dash}'


def _points(places_mm: Floats, style: Style) -> Iterator[str]:
    radius_mm = style.radius_px * MM_PER_PX * POINT_SHARE
    body = SYMBOLS.get(style.shape, _circle)(radius_mm)
    is_open = style.shape in ("ring", "cross")
    fill = "#ffffff" if style.shape == "ring" else "none" if style.shape == "cross" else style.colour
    outline, width_mm = (style.colour, 0.4) if is_open else ("#ffffff", 0.15)
    yield f'<g fill="{fill}" stroke="{outline}" stroke-width="{width_mm}">'
    for x, y in places_mm.tolist():
        yield f'<path transform="translate({_n(x)} {_n(y)})" d="{body}"/>'
    yield "</g>"


def _polygon(n_corners: int, *, turn: float, inner: float = 1.0) -> Callable[[float], str]:
    def path(radius_mm: float) -> str:
        corners = [
            (radius_mm * (inner if k % 2 else 1.0), 2 * pi * (k / n_corners + turn)) for k in range(n_corners)
        ]
        return "M" + " ".join(f"{_n(r * sin(a))} {_n(-r * cos(a))}" for r, a in corners) + "Z"

    return path


def _circle(radius_mm: float) -> str:
    r = _n(radius_mm)
    return f"M-{r} 0A{r} {r} 0 1 0 {r} 0A{r} {r} 0 1 0 -{r} 0Z"


def _cross(radius_mm: float) -> str:
    r, d = _n(radius_mm), _n(2 * radius_mm)
    return f"M0 -{r}V{r}M-{r} 0h{d}"


SYMBOLS: dict[str, Callable[[float], str]] = {
    "circle": _circle,
    "ring": _circle,
    "square": _polygon(4, turn=0.125),
    "diamond": _polygon(4, turn=0.0),
    "triangle": _polygon(3, turn=0.0),
    "star": _polygon(10, turn=0.0, inner=0.45),
    "cross": _cross,
}


def _names(view: View, marks: Sequence[Names]) -> Iterator[str]:
    """Names that meet no other: bold ones first, each as near to its place as there is room."""
    taken: list[Box] = []
    for names in sorted(marks, key=lambda one: not one.is_bold):
        for (x, y), text in zip(view.to_mm(names.places_m).tolist(), names.texts, strict=True):
            box = next((one for one in _boxes(x, y, text, names.size_mm) if _is_free(view, one, taken)), None)
            if text and box is not None:
                taken.append(box)
                yield from _name(names, text, box)


def _boxes(x: float, y: float, text: str, size: float) -> Iterator[Box]:
    half, rise = len(text) * size * LETTER_SHARE / 2, size * 0.6
    for right, down in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (0, 2), (0, -2)):
        x_mm, y_mm = x + right * (half + size), y + down * size * 1.15
        yield x_mm - half, y_mm - rise, x_mm + half, y_mm + rise


def _is_free(view: View, box: Box, taken: Sequence[Box]) -> bool:
    is_inside = box[0] >= 0 and box[2] <= view.width_mm and box[1] >= 0 and box[3] <= view.height_mm
    return is_inside and not any(_meets(box, other) for other in taken)


def _name(names: Names, text: str, box: Box) -> Iterator[str]:
    size = names.size_mm
    weight = "bold" if names.is_bold else "normal"
    place = f'x="{_n((box[0] + box[2]) / 2)}" y="{_n((box[1] + box[3]) / 2 + size * 0.33)}"'
    look = f'font-family="{FONT}" font-size="{_n(size)}" font-weight="{weight}" text-anchor="middle"'
    halo = f'fill="none" stroke="#ffffff" stroke-width="{_n(size * 0.28)}" stroke-linejoin="round"'
    yield f"<text {place} {look} {halo}>{escape(text)}</text>"
    yield f'<text {place} {look} fill="{names.colour}">{escape(text)}</text>'


def _meets(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _grid(view: View) -> Iterator[str]:
    """Grid lines, with their coordinates in the margin: east below and above, north on both sides."""
    line = f'stroke="{GRID_INK}" stroke-width="0.12" stroke-opacity="0.75"'
    look = f'font-family="{FONT}" font-size="2.1" fill="{INK}" text-anchor="middle"'
    width, height = view.width_mm, view.height_mm
    for east_m in grid_lines_m(view.west_m, view.east_m, scale=view.scale):
        x = float(view.to_mm(np.array([[east_m, view.south_m]]))[0, 0])
        yield f'<path d="M{_n(x)} 0V{_n(height)}" {line}/>'
        if 6 < x < width - 6:
            for y in (-1.4, height + 3.0):
                yield f'<text x="{_n(x)}" y="{_n(y)}" {look}>{_metres(east_m)}</text>'
    for north_m in grid_lines_m(view.south_m, view.north_m, scale=view.scale):
        y = float(view.to_mm(np.array([[view.west_m, north_m]]))[0, 1])
        yield f'<path d="M0 {_n(y)}H{_n(width)}" {line}/>'
        if 9 < y < height - 9:
            for x in (-1.4, width + 3.0):
                turn = f'transform="rotate(-90 {_n(x)} {_n(y)})"'
                yield f'<text x="{_n(x)}" y="{_n(y)}" {turn} {look}>{_metres(north_m)}</text>'


def _metres(value_m: float) -> str:
    return f"{value_m:,.0f}".replace(",", "\u00a0")


def _bar(view: View, comma: str) -> Iterator[str]:
    """The scale bar in the lower left corner, on a white ground."""
    length_m = bar_m(view.scale)
    length = length_m * 1000 / view.scale
    left, top = 4.0, view.height_mm - 5.0
    yield (
        f'<rect x="1.5" y="{_n(top - 4.2)}" width="{_n(length + 12)}" height="7.2" fill="#ffffff" '
        f'fill-opacity="0.9" stroke="{INK}" stroke-width="0.15"/>'
    )
    for k in range(4):
        fill = INK if k % 2 == 0 else "#ffffff"
        yield (
            f'<rect x="{_n(left + k * length / 4)}" y="{_n(top)}" width="{_n(length / 4)}" height="1.3" '
            f'fill="{fill}" stroke="{INK}" stroke-width="0.15"/>'
        )
    unit, divisor = ("km", 1000.0) if length_m >= 2000 else ("m", 1.0)
    look = f'font-family="{FONT}" font-size="2.3" fill="{INK}" text-anchor="middle"'
    for share in (0.0, 0.5, 1.0):
        text = f"{length_m * share / divisor:g}" + (f" {unit}" if share == 1.0 else "")
        place = f'x="{_n(left + share * length)}" y="{_n(top - 1.1)}"'
        yield f"<text {place} {look}>{text.replace('.', comma)}</text>"


def _arrow(view: View, north: str) -> Iterator[str]:
    x, y = view.width_mm - 6.5, 12.0
    yield (
        f'<circle cx="{_n(x)}" cy="{_n(y - 4)}" r="5.6" fill="#ffffff" fill-opacity="0.9" stroke="{INK}" '
        'stroke-width="0.15"/>'
    )
    yield f'<path d="M{_n(x)} {_n(y - 6.5)}l2 6.5l-2 -1.5z" fill="{INK}"/>'
    yield (
        f'<path d="M{_n(x)} {_n(y - 6.5)}l-2 6.5l2 -1.5z" fill="#ffffff" stroke="{INK}" stroke-width="0.2"/>'
    )
    yield (
        f'<text x="{_n(x)}" y="{_n(y - 6.9)}" font-family="{FONT}" font-size="2.5" font-weight="bold" '
        f'fill="{INK}" text-anchor="middle">{escape(north)}</text>'
    )
