"""Rows changed by hand: choose, change, look at the faults, save; or add, or remove."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from layers.issue import Severity
from layers.spec import Column, Kind, LayerSpec
from planning import antenna, data, edit, text
from planning.edit import Edit
from screens import figure, guard, mapview, scene, state
from screens.guard import guarded

MAP = "map_edit"
READY, SEEN, TOLD = "edit_ready", "edit_seen", "edit_told"
LON, LAT = "edit_lon", "edit_lat"
SHOWN_ROWS = 1000
SHOWN_COLUMNS = 8
SEVERAL_OPERATORS = ("operators", "shared_with")
KEPT_BY_PROGRAM = ("id", "is_assumed", "is_sample")
ICONS = {Severity.ERROR: ":material/error:", Severity.ASK: ":material/help:"}


@guarded
def render() -> None:
    """Draw the choice of rows, the form, and what stands against saving."""
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    left, right = st.columns(2, gap="medium")
    spec = left.selectbox(
        state.tr("screen.edit.layer"),
        edit.editable(),
        format_func=lambda one: state.tr(f"layer.{one.name}"),
        index=[one.name for one in edit.editable()].index("site"),
        key="edit_layer",
    )
    asked = text.plain(right.text_input(state.tr("screen.layer.table.search"), key="edit_search"))
    rows = _seen(spec, _chosen(spec, asked))
    form, aside = st.columns([3, 2], gap="medium")
    with aside:
        _map(spec, rows)
    with form:
        _form(spec, rows)


def _chosen(spec: LayerSpec, asked: str) -> gpd.GeoDataFrame:
    """Rows that the user ticks in the table."""
    table = state.table(spec.name)
    named = table["name"].fillna(table["id"]).astype(str)
    found = table[named.map(lambda name: asked in text.plain(name)).astype(bool)].head(SHOWN_ROWS)
    columns = [column for column in spec.columns if not column.technical][:SHOWN_COLUMNS]
    frame = pd.DataFrame(
        {
            state.column_title(spec, column.name): [
                state.value_text(spec, column.name, value) for value in found[column.name]
            ]
            for column in columns
        }
    )
    st.caption(state.tr("screen.edit.choose", n=len(table)))
    turn = st.session_state.get("edit_turn", 0)
    ticked = st.dataframe(
        figure.written(frame),
        key=f"edit_rows_{spec.name}_{asked}_{turn}",
        hide_index=True,
        height=260,
        on_select="rerun",
        selection_mode="multi-row",
    )
    positions = [row for row in ticked.selection.rows if row < len(found)]
    return found.iloc[positions]


def _seen(spec: LayerSpec, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows as they were when they were chosen: a change by somebody else since then must be noticed."""
    ids = (spec.name, *rows["id"])
    kept: tuple[tuple[str, ...], gpd.GeoDataFrame] | None = st.session_state.get(SEEN)
    if kept is not None and kept[0] == ids:
        return kept[1]
    st.session_state[SEEN] = (ids, rows)
    st.session_state.pop(READY, None)
    _place(rows)
    return rows


def _place(rows: gpd.GeoDataFrame) -> None:
    """Longitude and latitude of one chosen point, else nothing."""
    shape = rows.geometry.iloc[0] if len(rows) == 1 else None
    place = (shape.x, shape.y) if isinstance(shape, shapely.Point) else (None, None)
    st.session_state[LON], st.session_state[LAT] = place


def _map(spec: LayerSpec, rows: gpd.GeoDataFrame) -> None:
    drawn = [*scene.ground(), *scene.of_layer(spec.name, label=False), *scene.highlight(list(rows.geometry))]
    where = scene.around(list(rows.geometry)) if len(rows) else None
    scene.show(drawn, key=MAP, bounds=where, height_px=420, on_click=_take_click)
    if edit.can_move(spec):
        st.caption(state.tr("screen.edit.click"))


def _take_click() -> None:
    click = mapview.clicked(MAP)
    if click is not None:
        st.session_state[LON], st.session_state[LAT] = round(click.lon, 7), round(click.lat, 7)
        st.session_state.pop(READY, None)


def _form(spec: LayerSpec, rows: gpd.GeoDataFrame) -> None:
    if rows.empty:
        st.subheader(state.tr("screen.edit.add"), anchor=False)
        values = _fields(spec, None, required_only=True)
        if st.button(state.tr("screen.edit.check"), key="edit_add"):
            _ready(edit.add(state.opened(), spec.name, values, _point(), today=state.now().date()))
    elif len(rows) == 1:
        row = rows.iloc[0]
        st.subheader(str(row["name"] if pd.notna(row["name"]) else row["id"]), anchor=False)
        values = _fields(spec, row, required_only=False)
        point = _point() if edit.can_move(spec) else None
        if point is not None and not point.equals(row.geometry):
            values["geometry"] = point
        _check(spec, rows, values)
        _removal(spec, rows)
    else:
        st.subheader(state.tr("screen.edit.bulk", n=len(rows)), anchor=False)
        column = st.selectbox(
            state.tr("screen.edit.column"),
            _own(spec),
            format_func=lambda one: state.column_title(spec, one.name),
            key=f"edit_bulk_{spec.name}",
        )
        value = _field(spec, column, None, f"edit_bulk_value_{spec.name}_{column.name}")
        st.caption(state.tr("screen.edit.bulk.note"))
        _check(spec, rows, {column.name: value})
        _removal(spec, rows)
    _saving()


def _own(spec: LayerSpec) -> list[Column]:
    return [
        column
        for column in spec.columns
        if column.name not in KEPT_BY_PROGRAM and (not column.technical or state.is_technical())
    ]


def _fields(spec: LayerSpec, row: pd.Series | None, *, required_only: bool) -> dict[str, object]:
    """What the user typed: for a row that is there only what differs from it."""
    values: dict[str, object] = {}
    prefix = f"edit_{spec.name}_{'new' if row is None else row['id']}_{st.session_state.get('edit_turn', 0)}"
    columns = _own(spec)
    with st.container(height=420, border=True):
        if edit.can_move(spec):
            left, right = st.columns(2)
            left.number_input(state.tr("screen.edit.lon"), key=LON, value=None, format="%.7f", step=0.0001)
            right.number_input(state.tr("screen.edit.lat"), key=LAT, value=None, format="%.7f", step=0.0001)
        elif required_only:
            st.caption(state.tr("screen.edit.no_shape"))
        for column in columns:
            present = None if row is None or pd.isna(row[column.name]) else row[column.name]
            value = _field(spec, column, present, f"{prefix}_{column.name}")
            if value != present:
                values[column.name] = value
    return values


def _field(spec: LayerSpec, column: Column, present: object, key: str) -> object:
    """One value, by a widget that fits its kind; None where nothing is entered."""
    title = state.column_title(spec, column.name) + (" *" if column.required else "")
    is_many = column.kind is Kind.LIST or column.name in SEVERAL_OPERATORS
    known = _choices(spec, column, present)
    if is_many and known:
        start = [part for part in str(present or "").split(";") if part in known]
        chosen = st.multiselect(
            title, known, start, key=key, format_func=lambda one: state.value_text(spec, column.name, one)
        )
        return ";".join(chosen) or None
    if known or column.kind is Kind.BOOLEAN:
        options: list[object] = [*known] or [True, False]
        index = options.index(present) if present in options else None
        return st.selectbox(
            title,
            options,
            index,
            key=key,
            placeholder=state.tr("screen.edit.unknown"),
            format_func=lambda one: state.value_text(spec, column.name, one),
        )
    if column.kind is Kind.DATE:
        day = None if present is None else dt.date.fromisoformat(str(present)[:10])
        found = st.date_input(title, day, key=key, format="DD/MM/YYYY", min_value=dt.date(1990, 1, 1))
        return None if found is None else found.isoformat()
    if column.kind is Kind.INTEGER:
        return st.number_input(title, value=None if present is None else int(str(present)), step=1, key=key)
    if column.kind is Kind.REAL:
        return st.number_input(title, value=None if present is None else float(str(present)), key=key)
    return st.text_input(title, "" if present is None else str(present), key=key).strip() or None


def _choices(spec: LayerSpec, column: Column, present: object) -> list[str]:
    """Values to choose from; empty where any text may stand."""
    if column.name in (*SEVERAL_OPERATORS, "operator"):
        return _operators(present)
    if (spec.name, column.name) == ("cell", "antenna"):
        names = antenna.names(state.opened())
        return [*names, *([str(present)] if present and present not in names else [])]
    return list(column.vocabulary)


def _operators(present: object) -> list[str]:
    """Operators to choose from: those of real data or of the sample, and what stands there already."""
    is_sample = state.opened().is_sample
    own = [one.id for one in data.operators() if one.is_sample == is_sample]
    there = [part for part in str(present or "").split(";") if part and part not in own]
    return [*own, *there]


def _point() -> shapely.Point | None:
    lon, lat = st.session_state.get(LON), st.session_state.get(LAT)
    return None if lon is None or lat is None else shapely.Point(lon, lat)


def _check(spec: LayerSpec, rows: gpd.GeoDataFrame, values: Mapping[str, object]) -> None:
    if st.button(state.tr("screen.edit.check"), key="edit_check", disabled=not values):
        _ready(edit.change(state.opened(), spec.name, rows, values, today=state.now().date()))


def _removal(spec: LayerSpec, rows: gpd.GeoDataFrame) -> None:
    with st.popover(state.tr("screen.edit.remove", n=len(rows)), icon=":material/delete:"):
        st.markdown(state.md("screen.edit.remove.sure", n=len(rows)))
        if st.button(state.tr("screen.edit.remove.do"), key="edit_remove"):
            _ready(edit.remove(state.opened(), spec.name, rows))


def _ready(prepared: Edit) -> None:
    st.session_state[READY] = prepared


def _saving() -> None:
    """The change as it was checked, its faults, and the last step."""
    prepared: Edit | None = st.session_state.get(READY)
    if prepared is None:
        return
    with st.container(border=True):
        n_rows = len(prepared.removed) or len(prepared.rows)
        kind = "remove" if prepared.removed else "write"
        st.markdown(state.md(f"screen.edit.ready.{kind}", n=n_rows))
        for issue in prepared.issues[:12]:
            st.markdown(f"{ICONS.get(issue.severity, ':material/info:')} {guard.sentence(issue)}")
        if not prepared.is_possible:
            st.error(state.tr("screen.edit.stopped"))
            return
        reason = st.text_input(state.tr("screen.edit.reason"), key="edit_reason")
        if st.button(state.tr("screen.edit.save"), type="primary", key="edit_save"):
            number = edit.keep(
                state.opened(), prepared, actor=state.actor(), now=state.now(), reason=reason.strip()
            )
            st.session_state[TOLD] = state.tr("screen.edit.saved", n=n_rows, number=number)
            for key in (READY, SEEN):
                st.session_state.pop(key, None)
            st.session_state["edit_turn"] = st.session_state.get("edit_turn", 0) + 1
            st.rerun()
