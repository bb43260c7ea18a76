"""Bản đồ: every layer, its legend, coverage by operator, and a card for what is clicked."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import shapely
import streamlit as st

from layers.catalogue import CATALOGUE, spec_of
from layers.cell import operators_of
from layers.spec import Geometry, LayerSpec
from planning import text
from planning.runs import CoverageRun
from screens import edition, figure, heading, legend, mapview, overlay, scene, state
from screens.guard import guarded
from screens.mapview import Click

SHOWN_FIRST = ("boundary", "hamlet", "road", "place", "site")
NOT_DRAWN = ("coverage5g", "cell")
METRES_PER_DEGREE = 111_320.0
TABLE_ROWS = 1000
MOST = 8  # objects offered at one place
MAP, FOCUS = "map_layer", "layer_focus"
LINKS = {"hamlet_id": "hamlet", "place_id": "place", "site_id": "site"}
MINOR = ("id", "name", "is_sample", "is_assumed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """
    An object that was chosen.

    Parameters
    ----------
    spec
        Its layer.
    row
        Its values by column, with ``geometry``.
    """

    spec: LayerSpec
    row: dict[str, object]

    @property
    def title(self) -> str:
        """Layer and name, in the language of the session."""
        name = self.row.get("name")
        return f"{state.tr(f'layer.{self.spec.name}')}: {name if isinstance(name, str) else self.row['id']}"

    @property
    def shape(self) -> shapely.Geometry | None:
        """Where it lies, EPSG:4326."""
        return self.row["geometry"]


def render() -> None:
    """Draw the screen."""
    heading.render("screen.layer.title", state.opened())
    _body()


@st.fragment
@guarded
def _body() -> None:
    with edition.shown(edition.choose()):
        _map()


def _map() -> None:
    specs = [
        spec
        for spec in CATALOGUE
        if spec.filled and spec.name not in NOT_DRAWN and state.table(spec.name).geometry.notna().any()
    ]
    run = edition.of_run(state.latest_coverage(), state.audience())
    with st.container(key="layer_body"):  # on a narrow screen the map comes first, see main.SHEET
        left, middle, right = st.columns([1.45, 3.4, 1.35], gap="small")
    with left:
        chosen, coverage, opacity = _controls(specs, run)
    found = _found(chosen)
    with right:
        focus = _card(found)
        _legend(chosen, run, coverage)
    with middle:
        drawn = [drawing for spec in chosen if spec.name == "boundary" for drawing in scene.ground()[:1]]
        if run is not None and coverage is not None:
            drawn += overlay.of_run(run, operator=coverage, kind=overlay.LEVEL, opacity=opacity)
        drawn += scene.highlight([focus.shape] if focus else [])
        drawn += [
            drawing
            for spec in chosen
            for drawing in scene.of_layer(spec.name, opacity=_opacity(spec, opacity))
        ]
        bounds = scene.around([focus.shape]) if focus and _is_from_table() else None
        scene.show(drawn, key=MAP, bounds=bounds, height_px=560, on_click=_follow_map)
        _hints(chosen)
    _table(chosen)


def _controls(specs: list[LayerSpec], run: CoverageRun | None) -> tuple[list[LayerSpec], str | None, float]:
    chosen = _switches(specs)
    coverage = _coverage_switch(run) if run is not None else None
    percent = st.slider(state.tr("screen.opacity"), 10, 100, 70, step=10, key="layer_opacity", format="%d %%")
    return chosen, coverage, percent / 100


def _follow_map() -> None:
    st.session_state[FOCUS] = None


def _follow_table(key: str, layer: str, ids: list[str]) -> None:
    rows = st.session_state[key].selection.rows
    st.session_state[FOCUS] = (layer, ids[rows[0]]) if rows and rows[0] < len(ids) else None


def _is_from_table() -> bool:
    return st.session_state.get(FOCUS) is not None


def _found(chosen: list[LayerSpec]) -> list[Hit] | None:
    """What was chosen in the table, else what lies under the last click; None where nothing was asked."""
    if _is_from_table():
        layer, key = st.session_state[FOCUS]
        table = state.table(layer)
        rows = table[table["id"] == key].to_dict("records")
        return [Hit(spec=spec_of(layer), row=row) for row in rows[:1]]
    click = mapview.clicked(MAP)
    return None if click is None else _hits(click, chosen)


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
                    _words(spec, column.name, value) for value in rows[column.name].head(TABLE_ROWS)
                ]
                for column in shown
            }
        )
        st.caption(state.tr("screen.layer.table.rows", n=len(rows)))
        st.caption(state.tr("screen.gap.choose"))
        key = f"layer_rows_{spec.name}_{hashlib.sha256(asked.encode()).hexdigest()[:12]}"
        st.dataframe(
            frame,
            key=key,
            hide_index=True,
            height=320,
            on_select=partial(_follow_table, key, spec.name, rows["id"].head(TABLE_ROWS).tolist()),
            selection_mode="single-row",
        )


def _words(spec: LayerSpec, column: str, value: object) -> str:
    words = state.value_text(spec, column, value)
    if column not in LINKS or not words:
        return words
    names = state.remember(("names", LINKS[column]), lambda: _names(LINKS[column]))
    return names.get(words, words)


def _names(layer: str) -> dict[str, str]:
    table = state.table(layer)
    return {
        str(key): str(name) for key, name in zip(table["id"], table["name"], strict=True) if pd.notna(name)
    }


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


def _card(found: list[Hit] | None) -> Hit | None:
    """What is known of one object; where several lie at one place, the official chooses among them."""
    if found is None:
        return None
    with st.container(border=True, key="layer_card"):
        if not found:
            st.caption(state.tr("screen.layer.nothing"))
            return None
        number = 0
        if len(found) > 1:
            number = st.radio(
                state.tr("screen.layer.several", n=len(found)),
                range(len(found)),
                format_func=lambda index: found[index].title,
                key="layer_pick_" + "_".join(str(hit.row["id"]) for hit in found),
            )
        _describe(found[number].spec, found[number].row)
        return found[number]


def _hits(click: Click, chosen: list[LayerSpec]) -> list[Hit]:
    """What lies under the pointer: points, else lines, else areas; the nearest first, then the smallest."""
    every = [
        near
        for spec in chosen
        if scene.MIN_ZOOM.get(spec.name, 0) <= click.zoom
        for near in _near(spec, click)
    ]
    if not every:
        return []
    first = min(kind for kind, *_ in every)
    found = sorted((near for near in every if near[0] == first), key=lambda near: near[1:3])
    hits = [Hit(spec=spec, row=row) for *_, spec, row in found[:MOST]]
    inner = [hit for hit in hits if hit.spec.name != "boundary"]  # it lies under everything
    return inner or hits


def _near(spec: LayerSpec, click: Click) -> list[tuple[int, float, float, LayerSpec, dict[str, object]]]:
    table = state.table(spec.name)
    located = table[table.geometry.notna()]
    wide = METRES_PER_DEGREE * math.cos(math.radians(click.lat))
    pointer = shapely.Point(click.lon, click.lat)
    reach_deg = click.reach_m / wide
    near = located.iloc[located.sindex.query(pointer.buffer(reach_deg))]
    shapes = near.geometry.to_numpy()
    away_deg = shapely.distance(shapes, pointer)
    kind = shapely.get_dimensions(shapes)
    size = shapely.area(shapes)
    hit = np.flatnonzero(np.where(kind == 2, away_deg == 0, away_deg <= reach_deg))
    rows = near.iloc[hit].to_dict("records")
    return [
        (int(kind[index]), float(away_deg[index]) * wide, float(size[index]), spec, row)
        for index, row in zip(hit, rows, strict=True)
    ]


def _describe(spec: LayerSpec, row: dict[str, object]) -> None:
    st.markdown(f"**{state.plain_md(Hit(spec=spec, row=row).title)}**")
    stated = row.get("is_assumed")
    assumed = [part for part in stated.split(";") if part] if isinstance(stated, str) else []
    lines = []
    for column in spec.columns:
        if column.name in MINOR or (column.technical and not state.is_technical()):
            continue
        words = _words(spec, column.name, row.get(column.name))
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
        named = shown.assign(operators=[_words(spec, "operators", value) for value in shown["operators"]])
        titled = named.rename(columns=lambda name: state.column_title(spec, name))
        st.dataframe(figure.written(titled), hide_index=True)
    else:
        st.caption(state.tr("screen.layer.cells", n=len(own)))
