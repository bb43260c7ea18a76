"""Bản đồ: every layer, its legend, coverage by operator, and a card for what is clicked."""

from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from layers.catalogue import CATALOGUE, spec_of
from layers.cell import operators_of
from layers.spec import Geometry, LayerSpec
from planning import text
from planning.coverage import CoverageRun
from screens import figure, heading, legend, overlay, scene, state
from screens.guard import guarded
from screens.mapview import Click

SHOWN_FIRST = ("boundary", "hamlet", "road", "place", "site")
NOT_DRAWN = ("coverage5g", "cell")
METRES_PER_DEGREE = 111_320.0
TABLE_ROWS = 1000
MINOR = ("id", "name", "is_sample", "is_assumed")


def render() -> None:
    """Draw the screen."""
    heading.render("screen.layer.title", state.opened())
    _body()


@st.fragment
@guarded
def _body() -> None:
    specs = [
        spec
        for spec in CATALOGUE
        if spec.filled and spec.name not in NOT_DRAWN and state.table(spec.name).geometry.notna().any()
    ]
    left, middle, right = st.columns([1.45, 3.4, 1.35], gap="small")
    with left:
        chosen = _switches(specs)
        run = state.latest_coverage()
        coverage = _coverage_switch(run) if run is not None else None
        opacity = (
            st.slider(state.tr("screen.opacity"), 10, 100, 70, step=10, key="layer_opacity", format="%d %%")
            / 100
        )
    with middle:
        drawn = [drawing for spec in chosen if spec.name == "boundary" for drawing in scene.ground()[:1]]
        if run is not None and coverage is not None:
            drawn += overlay.of_run(run, operator=coverage, kind=overlay.LEVEL, opacity=opacity)
        drawn += [
            drawing
            for spec in chosen
            for drawing in scene.of_layer(spec.name, opacity=_opacity(spec, opacity))
        ]
        click = scene.show(drawn, key="map_layer", height_px=560, width_px=540)
        _hints(chosen)
    with right:
        _card(click, chosen)
        _legend(chosen, run, coverage)
    _table(chosen)


def _table(chosen: list[LayerSpec]) -> None:
    """The same rows without the map, for the keyboard and for screen readers."""
    if not chosen:
        return
    with st.expander(state.tr("screen.layer.table")):
        left, right = st.columns(2)
        spec = left.selectbox(
            state.tr("screen.layer.table.which"),
            chosen,
            format_func=lambda one: state.tr(f"layer.{one.name}"),
            key="layer_table",
        )
        asked = text.plain(right.text_input(state.tr("screen.layer.table.search"), key="layer_search"))
        rows = state.table(spec.name)
        named = rows["name"].fillna(rows["id"]).astype(str)
        rows = rows[named.map(lambda name: asked in text.plain(name)).astype(bool)]
        shown = [column for column in spec.columns if not column.technical or state.is_technical()]
        frame = pd.DataFrame(
            {
                state.column_title(spec, column.name): [
                    state.value_text(spec, column.name, value) for value in rows[column.name].head(TABLE_ROWS)
                ]
                for column in shown
            }
        )
        st.caption(state.tr("screen.layer.table.rows", n=len(rows)))
        st.dataframe(frame, hide_index=True, height=320)


def _opacity(spec: LayerSpec, opacity: float) -> float:
    return opacity if spec.geometry in (Geometry.POLYGON, Geometry.LINE) else 1.0


def _switches(specs: list[LayerSpec]) -> list[LayerSpec]:
    st.markdown(f"**{state.md('screen.layer.layers')}**")
    return [
        spec
        for spec in specs
        if st.checkbox(
            state.tr(f"layer.{spec.name}"), value=spec.name in SHOWN_FIRST, key=f"show_{spec.name}"
        )
    ]


def _coverage_switch(run: CoverageRun) -> str | None:
    names = list(run.area_share)
    return st.selectbox(
        state.tr("screen.layer.coverage"),
        names,
        index=None,
        format_func=state.operator_name,
        placeholder=state.tr("screen.layer.coverage.off"),
        key="layer_coverage",
    )


def _hints(chosen: list[LayerSpec]) -> None:
    near = [state.tr(f"layer.{spec.name}") for spec in chosen if spec.name in scene.MIN_ZOOM]
    words = state.tr("screen.layer.click")
    if near:
        words += " " + state.tr("screen.layer.near", layers=", ".join(near))
    st.caption(words)


def _legend(chosen: list[LayerSpec], run: CoverageRun | None, coverage: str | None) -> None:
    st.markdown(f"**{state.md('screen.layer.legend')}**")
    operators = operators_of(state.table("site"), state.table("cell"))
    entries = [entry for spec in chosen for entry in legend.of_layer(spec, operators=operators)]
    if run is not None and coverage is not None:
        entries += legend.of_levels() if overlay.has_levels(run, coverage) else legend.of_states()
    legend.render(entries)


def _card(click: Click | None, chosen: list[LayerSpec]) -> None:
    if click is None:
        return
    found = _hit(click, chosen)
    with st.container(border=True):
        if found is None:
            st.caption(state.tr("screen.layer.nothing"))
            return
        spec, row = found
        _describe(spec, row)


def _hit(click: Click, chosen: list[LayerSpec]) -> tuple[LayerSpec, dict[str, object]] | None:
    """What lies under the pointer: points before lines before areas, then the nearest, then the smallest."""
    found: list[tuple[int, float, float, LayerSpec, dict[str, object]]] = []
    for spec in chosen:
        if scene.MIN_ZOOM.get(spec.name, 0) > click.zoom:
            continue
        near = _nearest(state.table(spec.name), click)
        if near is not None:
            rank, distance_m, row = near
            size = float(shapely.area(row["geometry"]))
            found.append((rank, distance_m, size, spec, row))
    if not found:
        return None
    *_, spec, row = min(found, key=lambda item: item[:3])
    return spec, row


def _nearest(table: gpd.GeoDataFrame, click: Click) -> tuple[int, float, dict[str, object]] | None:
    located = table[table.geometry.notna()]
    wide = METRES_PER_DEGREE * math.cos(math.radians(click.lat))
    pointer = shapely.Point(click.lon, click.lat)
    reach_deg = click.reach_m / wide
    near = located.iloc[located.sindex.query(pointer.buffer(reach_deg))]
    if near.empty:
        return None
    distance_deg = near.geometry.distance(pointer)
    near = near[distance_deg <= reach_deg]
    if near.empty:
        return None
    rank = shapely.get_dimensions(near.geometry.to_numpy())
    best = min(
        range(len(near)), key=lambda index: (int(rank[index]), float(distance_deg.loc[near.index[index]]))
    )
    row = near.iloc[best]
    return int(rank[best]), float(distance_deg.loc[near.index[best]]) * wide, row.to_dict()


def _describe(spec: LayerSpec, row: dict[str, object]) -> None:
    st.markdown(f"**{state.md(f'layer.{spec.name}')}: {state.plain_md(row.get('name') or row['id'])}**")
    stated = row.get("is_assumed")
    assumed = [part for part in stated.split(";") if part] if isinstance(stated, str) else []
    lines = []
    for column in spec.columns:
        if column.name in MINOR or (column.technical and not state.is_technical()):
            continue
        words = state.value_text(spec, column.name, row.get(column.name))
        if words:
            mark = f" *({state.tr('screen.assumed')})*" if column.name in assumed else ""
            lines.append(
                f"{state.plain_md(state.column_title(spec, column.name))}: {state.plain_md(words)}{mark}"
            )
    st.markdown("  \n".join(lines))
    if assumed:
        names = ", ".join(state.column_title(spec, name) for name in assumed)
        st.caption(state.tr("screen.layer.assumed", columns=names))
    if spec.name == "site":
        _cells(str(row["id"]))


def _cells(site_id: str) -> None:
    cells = state.table("cell")
    own = cells[cells["site_id"] == site_id]
    if own.empty:
        st.caption(state.tr("screen.layer.no_cells"))
    elif state.is_technical():
        spec = spec_of("cell")
        shown = own[["operators", "technology", "band", "azimuth_deg", "height_m"]]
        titled = shown.rename(columns=lambda name: state.column_title(spec, name))
        st.dataframe(figure.written(titled), hide_index=True)
    else:
        st.caption(state.tr("screen.layer.cells", n=len(own)))
