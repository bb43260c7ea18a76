"""The queue of rows that wait for a position: choose one, click on the map, save."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
import streamlit as st

from layers.spec import Style
from planning import unplaced
from planning.unplaced import Unplaced
from screens import mapview, scene, state
from screens.guard import guarded

MAP = "map_unplaced"
DEFAULT_ACCURACY_M = 20.0
NEW = Style(colour="#9b2226", radius_px=8.0, weight_px=2.5, fill_opacity=0.2)
NOW = Style(colour="#0b5563", radius_px=7.0, weight_px=2.0, shape="ring")


@guarded
def render() -> None:
    """Draw the queue, and the map for the row chosen."""
    told = st.session_state.pop("unplaced_done", None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    rows = state.remember("unplaced", lambda: unplaced.queue(state.opened()))
    if not rows:
        st.markdown(state.md("screen.unplaced.none"))
        return
    st.caption(state.tr("screen.unplaced.lead"))
    n_lost = sum(row.point is None for row in rows)
    words = state.md("screen.unplaced.count", n=len(rows), lost=n_lost, by_hamlet=len(rows) - n_lost)
    st.markdown(f"**{words}**")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        chosen = _choose(rows)
        _list(rows)
    with right:
        _place(chosen)


def _choose(rows: tuple[Unplaced, ...]) -> Unplaced:
    by_key = {f"{row.layer}/{row.id}": row for row in rows}
    key = st.selectbox(
        state.tr("screen.unplaced.row"),
        list(by_key),
        format_func=lambda one: _title(by_key[one]),
        key="unplaced_row",
    )
    return by_key[str(key)]


def _title(row: Unplaced) -> str:
    said = " · ".join(one for one in (row.name or row.id, row.hamlet, row.note[:60]) if one)
    return f"{state.tr(f'layer.{row.layer}')}: {said}"


def _list(rows: tuple[Unplaced, ...]) -> None:
    lines = [
        {
            state.tr("screen.unplaced.layer"): state.tr(f"layer.{row.layer}"),
            state.tr("column.name"): row.name or row.id,
            state.tr("column.hamlet"): row.hamlet,
            state.tr("column.note"): row.note,
        }
        for row in rows
    ]
    st.dataframe(pd.DataFrame(lines), hide_index=True, height=min(330, 35 * (len(lines) + 1) + 2))


def _place(row: Unplaced) -> None:
    key = f"{MAP}.{row.layer}.{row.id}"
    click = mapview.clicked(key)
    marked = [] if row.point is None else [mapview.draw_shapes(_array(row.point), style=NOW)]
    if click is not None:
        marked.append(mapview.draw_shapes(_array(shapely.Point(click.lon, click.lat)), style=NEW))
    bounds = None if row.point is None else scene.around([row.point])
    ground = (*scene.ground(), *scene.of_layer("site", label=False), *scene.names())
    scene.show([*ground, *marked], key=key, bounds=bounds, height_px=360, on_click=_nothing)
    if click is None:
        st.caption(state.tr("screen.unplaced.click"))
        return
    first, second, third = st.columns(3)
    lon = first.number_input(
        state.tr("screen.unplaced.lon"), value=click.lon, format="%.6f", key=f"{key}.lon.{click.lon}"
    )
    lat = second.number_input(
        state.tr("screen.unplaced.lat"), value=click.lat, format="%.6f", key=f"{key}.lat.{click.lat}"
    )
    accuracy_m = third.number_input(
        state.tr("screen.unplaced.accuracy"),
        value=max(DEFAULT_ACCURACY_M, float(round(click.reach_m))),
        min_value=0.0,
        key=f"{key}.accuracy.{click.lon}",
    )
    if st.button(state.tr("screen.unplaced.save"), type="primary", icon=":material/check:"):
        unplaced.place(
            state.opened(),
            row,
            lon_deg=float(lon),
            lat_deg=float(lat),
            accuracy_m=float(accuracy_m),
            now=state.now(),
            actor=state.actor(),
        )
        st.session_state["unplaced_done"] = state.tr("screen.unplaced.saved", name=row.name or row.id)
        st.rerun()


def _array(point: shapely.Point) -> np.ndarray:
    return np.array([point], dtype=object)


def _nothing() -> None:
    """A click only draws the page again."""
