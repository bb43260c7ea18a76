"""Nơi chưa đạt: figures against 100 %, hamlets, ranked areas with reasons, places, Wi-Fi, fibre."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import streamlit as st

from geo.gap import Figures
from layers.catalogue import spec_of
from planning import text
from planning.gap import GapArea, GapResult
from planning.target import PlaceState, TargetState
from screens import figure, heading, legend, mapview, scene, state
from screens.guard import guarded

STATE_ORDER = ("uncovered", "unknown", "covered")
AROUND_DEG = 0.004
ROW_PX = 35


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.gap.title", found)
    result = state.latest_gap()
    if result is None:
        st.info(state.tr("screen.gap.none"))
        if st.button(state.tr("screen.start.estimate"), type="primary"):
            state.go("coverage")
        return
    st.markdown(state.md("screen.gap.lead"))
    figure.cautions(result)
    _operators(result)
    names = ("areas", "hamlets", "places", "wifi", "fiber")
    tabs = st.tabs([state.tr(f"screen.gap.tab.{name}") for name in names])
    for tab, draw in zip(tabs, (_areas, _hamlets, _places, _wifi, _fiber), strict=True):
        with tab:
            draw(result)


def _row(name: str, figures: Figures) -> dict[str, object]:
    return {
        state.tr("screen.gap.operator"): state.operator_name(name),
        state.tr("screen.gap.share"): figure.share(figures.share),
        state.tr("screen.gap.left"): figure.share(1 - figures.share),
        state.tr("state.covered"): figure.people(figures.covered),
        state.tr("state.uncovered"): figure.people(figures.uncovered),
        state.tr("state.unknown"): figure.people(figures.unknown),
        state.tr("screen.gap.assumed"): figure.share(figures.assumed_share),
    }


def _operators(result: GapResult) -> None:
    rows = pd.DataFrame([_row(name, figures) for name, figures in result.operators.items()])
    st.table(rows.set_index(state.tr("screen.gap.operator")))
    figure.formulas(result.operators)


@st.fragment
@guarded
def _areas(result: GapResult) -> None:
    left, right = st.columns([2, 3], gap="medium")
    with left:
        if not result.areas:
            st.markdown(state.md("screen.start.no_gap"))
        table = pd.DataFrame([_area_row(area) for area in result.areas])
        chosen = _choose(table, key="area_table") if len(table) else None
        area = None if chosen is None else result.areas[chosen]
    with right:
        _area_map(result, area)
    if area is not None:
        _area_card(area)


def _area_row(area: GapArea) -> dict[str, object]:
    return {
        state.tr("screen.gap.rank"): area.rank,
        state.tr("screen.gap.near"): area.hamlet or state.tr("screen.gap.no_hamlet"),
        state.tr("screen.gap.people"): round(area.people),
        state.tr("screen.gap.reason"): state.tr(f"gap.reason.{area.reason}"),
    }


def _choose(table: pd.DataFrame, *, key: str, height_px: int = 420) -> int | None:
    st.caption(state.tr("screen.gap.choose"))
    shown = hashlib.sha256(table.to_json().encode()).hexdigest()[:12]
    event = st.dataframe(
        figure.written(table),
        key=f"{key}_{shown}",  # a choice belongs to the rows it was made among
        hide_index=True,
        height=min(height_px, ROW_PX * (len(table) + 1) + 2),
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event.selection.rows
    return int(rows[0]) if rows and rows[0] < len(table) else None


def _area_map(result: GapResult, area: GapArea | None) -> None:
    bounds = None if area is None else _around(gpd.GeoSeries([area.geometry]))
    drawings = (
        *scene.ground(),
        *scene.gap_areas(result.areas, chosen=None if area is None else area.id),
        *scene.of_layer("site", label=False),
        *scene.names(),
    )
    scene.show(drawings, key="map_gap", bounds=bounds, height_px=420, width_px=590)
    legend.render((scene.gap_entry(),))


def _area_card(area: GapArea) -> None:
    with st.container(border=True):
        st.markdown(
            "**"
            + state.md(
                "screen.gap.card",
                rank=str(area.rank),
                place=area.hamlet or state.tr("screen.gap.no_hamlet"),
                people=figure.people(area.people),
            )
            + "**"
        )
        st.markdown(state.plain_md(figure.reason(area)))
        for key, name, metres in (
            ("screen.gap.card.site", figure.site_name(area.nearest_site), area.nearest_site_m),
            (
                "screen.gap.card.road",
                area.nearest_road or state.tr("screen.gap.card.road_unnamed"),
                area.nearest_road_m,
            ),
        ):
            if math.isfinite(metres):
                distance = text.number(metres, state.language())
                st.markdown("- " + state.md(key, name=name, distance=distance))
        st.caption(state.tr("screen.gap.card.formula"))


@st.fragment
@guarded
def _hamlets(result: GapResult) -> None:
    left, right = st.columns([3, 2], gap="medium")
    operators = list(result.operators)
    with left:
        asked = st.text_input(state.tr("screen.gap.search"), key="hamlet_search")
        operator = st.selectbox(
            state.tr("screen.gap.operator"),
            operators,
            index=operators.index("any"),
            format_func=state.operator_name,
            key="hamlet_operator",
        )
        wanted = [row for row in result.hamlets if text.plain(asked) in text.plain(row.name or "")]
        table = pd.DataFrame([_hamlet_row(row.name, row.figures[operator]) for row in wanted])
        chosen = _choose(table, key="hamlet_table", height_px=460) if len(table) else None
        if not wanted:
            st.caption(state.tr("screen.gap.not_found"))
    with right:
        bounds = None
        if chosen is not None:
            hamlets = state.table("hamlet")
            bounds = _around(hamlets.geometry[hamlets["id"] == wanted[chosen].id])
            if bounds is None:
                st.caption(state.tr("screen.gap.hamlet_nowhere"))
        drawings = (*scene.ground(), *scene.gap_areas(result.areas), *scene.names())
        scene.show(drawings, key="map_hamlet", bounds=bounds, height_px=460, width_px=420)
        if chosen is not None:
            figure.formulas({operator: wanted[chosen].figures[operator]})


def _around(rows: gpd.GeoSeries) -> mapview.Bounds | None:
    shapes = rows.dropna()
    if shapes.empty:
        return None
    west, south, east, north = (float(value) for value in shapes.total_bounds)
    return west - AROUND_DEG, south - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG


def _hamlet_row(name: str | None, figures: Figures) -> dict[str, object]:
    return {
        state.tr("screen.gap.hamlet"): name or "",
        state.tr("screen.gap.people"): round(figures.total),
        state.tr("state.covered"): round(figures.covered),
        state.tr("state.uncovered"): round(figures.uncovered),
        state.tr("state.unknown"): round(figures.unknown),
        state.tr("screen.gap.share"): round(100 * figures.share, 1) if math.isfinite(figures.share) else None,
    }


def _places(result: GapResult) -> None:
    st.markdown(state.md("screen.gap.places"))
    _place_table(result.places, key="place_table")


def _place_table(places: Sequence[PlaceState], *, key: str) -> None:
    if not places:
        st.caption(state.tr("screen.gap.no_place"))
        return
    order = sorted(places, key=lambda place: (STATE_ORDER.index(place.state), place.kind, place.name))
    rows = [_place_row(place) for place in order]
    st.dataframe(pd.DataFrame(rows), key=key, hide_index=True, height=min(460, ROW_PX * (len(rows) + 1) + 2))


def _place_row(place: PlaceState) -> dict[str, object]:
    spec = spec_of("place")
    return {
        state.tr("screen.gap.state"): state.tr(f"screen.met.{place.state}"),
        state.tr("screen.gap.place"): place.name,
        state.tr("screen.gap.kind"): state.value_text(spec, "kind", place.kind),
        state.tr("screen.gap.hamlet"): place.hamlet,
        state.tr("screen.gap.note"): state.tr(place.note_key) if place.note_key else "",
    }


def _wifi(result: GapResult) -> None:
    _target(result.wifi, "screen.gap.wifi")
    _place_table(result.wifi.items, key="wifi_table")


def _fiber(result: GapResult) -> None:
    _target(result.fiber, "screen.gap.fiber")


def _target(target: TargetState, key: str) -> None:
    figures = target.figures
    st.markdown(
        "#### "
        + state.md(
            key,
            covered=figure.people(figures.covered),
            uncovered=figure.people(figures.uncovered),
            unknown=figure.people(figures.unknown),
            total=figure.people(figures.total),
        )
    )
    if target.note_key:
        st.caption(state.tr(target.note_key))
