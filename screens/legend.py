"""Legends: what a colour or a symbol on the map means."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
import streamlit as st

from layers.catalogue import spec_of
from layers.cell import operators_of
from layers.spec import Geometry, LayerSpec, Style
from planning import data
from planning.runs import CoverageRun
from screens import palette, state, territory
from screens.mapview import safe
from screens.palette import FAST_COLOURS, STATE_COLOURS, UNKNOWN_COLOUR

MASTS = 12  # masts that a legend names
DIMENSIONS = (Geometry.POINT, Geometry.LINE, Geometry.POLYGON)
_PATHS = {
    "circle": '<circle cx="9" cy="9" r="6"/>',
    "ring": '<circle cx="9" cy="9" r="5"/>',
    "triangle": '<path d="M9 2 16 15H2Z"/>',
    "square": '<path d="M3 3H15V15H3Z"/>',
    "diamond": '<path d="M9 1 17 9 9 17 1 9Z"/>',
    "star": '<path d="M9 1l2.2 5.3 5.8.4-4.4 3.7 1.4 5.6L9 13l-5 3 1.400-5.600L1 6.700l5.800-.4Z"/>',
    "cross": '<path d="M9 3V15M3 9H15"/>',
    "area": '<path d="M2 3H16V15H2Z"/>',
    "line": '<path d="M1 9H17"/>',
    "hatch": '<path d="M2 3H16V15H2Z" fill="none"/><path d="M2 9 8 3M2 15 14 3M8 15 16 7"/>',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One line of a legend.

    Parameters
    ----------
    words
        What it means.
    shape
        Symbol: a point shape, ``area``, ``line`` or ``hatch``.
    colour
        Colour ``#rrggbb``.
    fill_opacity
        Opacity of the filling, 0–1.
    dash
        Dash pattern of its outline.
    """

    words: str
    shape: str
    colour: str
    fill_opacity: float = 1.0
    dash: str = ""


def render(entries: Sequence[Entry]) -> None:
    """
    Draw a legend.

    Parameters
    ----------
    entries
        Its lines, from top to bottom.
    """
    rows = "".join(
        f'<div style="display:flex;gap:.5rem;align-items:center;line-height:1.35;margin:.15rem 0">'
        f'{_symbol(entry)}<span style="font-size:.88rem">{safe(entry.words)}</span></div>'
        for entry in entries
    )
    st.html(f"<div>{rows}</div>")


def _symbol(entry: Entry) -> str:
    open_shape = entry.shape in ("line", "cross", "hatch")
    fill = "none" if open_shape else "#ffffff" if entry.shape == "ring" else safe(entry.colour)
    solid = entry.shape in ("circle", "triangle", "square", "diamond", "star")
    outline = "#ffffff" if solid else safe(entry.colour)
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="18" height="18" viewBox="0 0 18 18">'
        f'<g fill="{fill}" fill-opacity="{entry.fill_opacity}" stroke="{outline}" '
        f'stroke-width="{1 if solid else 2}" stroke-dasharray="{safe(entry.dash)}">'
        f"{_PATHS[entry.shape]}</g></svg>"
    )
    packed = base64.b64encode(picture.encode()).decode()
    return f'<img alt="" width="18" height="18" src="data:image/svg+xml;base64,{packed}">'


def of_levels() -> tuple[Entry, ...]:
    """
    Levels of received power.

    Returns
    -------
    entries
        One for each level; the limits only behind *Kỹ thuật*.
    """
    rows = []
    for row in data.level_rows():
        words = state.tr(f"level.{row.name}")
        if state.is_technical() and row.lower_dbm > float("-inf"):
            words += state.tr("screen.level_limit", limit=row.lower_dbm)
        rows.append(Entry(words=words, shape="area", colour=row.colour))
    return (*rows, Entry(words=state.tr("state.unknown"), shape="area", colour=UNKNOWN_COLOUR))


def of_states() -> tuple[Entry, ...]:
    """
    The three states of an estimate.

    Returns
    -------
    entries
        Covered, uncovered, unknown.
    """
    return tuple(
        Entry(words=state.tr(f"state.{name}"), shape="area", colour=colour)
        for name, colour in STATE_COLOURS.items()
    )


def of_fast() -> tuple[Entry, ...]:
    """
    The three states of speed against its target.

    Returns
    -------
    entries
        Fast enough, too slow, unknown.
    """
    words = {"unknown": state.tr("state.unknown")}
    return tuple(
        Entry(words=words.get(name) or state.tr(f"class.fast.{name}"), shape="area", colour=colour)
        for name, colour in FAST_COLOURS.items()
    )


def of_scale(quantity: str) -> tuple[Entry, ...]:
    """
    Classes of a measured quantity.

    Parameters
    ----------
    quantity
        Key of ``palette.SCALES``.

    Returns
    -------
    entries
        The highest class first; unknown last where the raster tells it.
    """
    scale = palette.SCALES[quantity]
    rows = [
        Entry(words=state.tr(f"class.{quantity}.{lower}"), shape="area", colour=colour)
        for lower, colour in scale.classes
    ]
    if scale.unknown is not None:
        rows.append(Entry(words=state.tr("state.unknown"), shape="area", colour=UNKNOWN_COLOUR))
    return tuple(rows)


def of_servers(
    run: CoverageRun, operator: str, *, names: Mapping[str, str], second: bool = False
) -> tuple[tuple[Entry, ...], int]:
    """
    Masts that serve best, or stand second, somewhere.

    Parameters
    ----------
    run
        The estimate.
    operator
        Operator id.
    names
        Mast to the name people call it.
    second
        True for those that stand second.

    Returns
    -------
    entries, n_left
        Those that serve most land first, a dozen at most, then what stands for none; and how many masts are
        not among them.
    """
    masts = territory.of_run(run, operator, second=second).masts
    rows = [
        Entry(words=names.get(mast) or mast, shape="area", colour=colour) for mast, colour in masts.items()
    ]
    none = Entry(words=state.tr("screen.legend.no_server"), shape="area", colour=territory.NO_SERVER_COLOUR)
    return (*rows[:MASTS], none), max(len(rows) - MASTS, 0)


def of_changes() -> tuple[Entry, ...]:
    """
    Classes of the difference between two estimates.

    Returns
    -------
    entries
        Gained first, unchanged last.
    """
    return tuple(
        Entry(words=state.tr(f"class.change.{name}"), shape="area", colour=colour)
        for name, (_, colour) in palette.CHANGES.items()
    )


def of_operators(operators: Sequence[str]) -> tuple[Entry, ...]:
    """
    Operators with colour and shape.

    Parameters
    ----------
    operators
        Operator ids.

    Returns
    -------
    entries
        One for each.
    """
    styles = state.operator_styles()
    return tuple(
        Entry(words=state.operator_name(name), colour=styles[name][0], shape=styles[name][1])
        for name in operators
        if name in styles
    )


def of_sites() -> tuple[Entry, ...]:
    """
    Masts as they are drawn in the open workspace.

    Returns
    -------
    entries
        One for each operator, and the hollow symbol.
    """
    return of_layer(spec_of("site"), operators=operators_of(state.table("site"), state.table("cell")))


def of_layer(spec: LayerSpec, *, operators: Sequence[str]) -> tuple[Entry, ...]:
    """
    A layer as it is drawn.

    Parameters
    ----------
    spec
        Layer.
    operators
        Operators met in it, for layers drawn by operator.

    Returns
    -------
    entries
        One for each kind of shape that it holds, or one for each operator.
    """
    title = state.tr(f"layer.{spec.name}")
    if spec.style.by_operator and operators:
        named = [
            Entry(words=f"{title} – {entry.words}", colour=entry.colour, shape=entry.shape)
            for entry in of_operators(operators)
        ]
        if spec.name == "site":
            named.append(Entry(words=state.tr("screen.legend.no_5g"), colour="#616161", shape="ring"))
        return tuple(named)
    kinds = _kinds(spec)
    return tuple(
        _entry(
            title if len(kinds) == 1 else f"{title} ({state.tr(f'screen.legend.shape.{kind.value}')})",
            kind,
            spec.style,
        )
        for kind in kinds
    )


def _entry(words: str, kind: Geometry, style: Style) -> Entry:
    if kind is Geometry.POINT:
        return Entry(words=words, shape=style.shape, colour=style.colour)
    if kind is Geometry.LINE:
        return Entry(words=words, shape="line", colour=style.colour, dash=style.dash)
    return Entry(
        words=words,
        shape="area",
        colour=style.colour,
        fill_opacity=style.fill_opacity,
        dash=style.dash,
    )


def _kinds(spec: LayerSpec) -> tuple[Geometry, ...]:
    """Shapes that a layer draws; one that may hold several is asked which it has, areas first."""
    if spec.geometry is not Geometry.ANY:
        return (spec.geometry,)
    shapes = state.table(spec.name).geometry.dropna().to_numpy()
    met = set(shapely.get_dimensions(shapely.get_parts(shapes)).tolist())
    return tuple(DIMENSIONS[number] for number in (2, 1, 0) if number in met)
