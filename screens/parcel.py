"""Packages instead of a server: hand in, answer, merge, decide; the quality of each commune on a map."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from layers.exchange.transit import made, received
from layers.spec import Style
from planning import merge, parcel, patchwork
from planning.merge import Conflict, MergeReport
from planning.patchwork import Patch
from screens import figure, mapview, scene, state
from screens.guard import guarded

LEVELS = ((0.9, "#1a9850"), (0.7, "#a6d96a"), (0.5, "#fdae61"), (0.0, "#d73027"))
NOBODY = "#bdbdbd"
MOST = 50


@guarded
def render() -> None:
    """Draw what may be sent, then what came in, then the communes."""
    left, right = st.columns(2, gap="medium")
    with left.container(border=True):
        _hand_in()
    with right.container(border=True):
        _merge()
    _conflicts()
    if len(state.table("boundary")) > 1:
        _communes()


@st.fragment
@guarded
def _hand_in() -> None:
    st.markdown(f"**{state.tr('screen.parcel.submit')}**")
    st.caption(state.tr("screen.parcel.submit.help"))
    found = state.opened()
    codes = [str(code) for code in _answered()]
    code = st.selectbox(state.tr("screen.parcel.for"), [None, *codes], format_func=_whom, key="parcel_for")
    name = f"{'goi-nop' if code is None else 'goi-tra-loi'}_{code or found.code}_{state.now():%Y%m%d}.zip"
    if st.button(state.tr("screen.parcel.make"), type="primary"):
        actor, now = state.actor(), state.now()

        def write(path: Path) -> parcel.Made:
            if code is None:
                return parcel.submit(found, path, actor=actor, now=now)
            return parcel.reply(found, path, code=code, actor=actor, now=now)

        st.session_state["parcel_made"] = (name, *made(name, write))
    ready = st.session_state.get("parcel_made")
    if ready is not None and ready[0] == name:
        _, content, report = ready
        told = {"n": sum(report.layers.values()), "version": report.version, "n_left_out": report.n_left_out}
        st.success(state.tr("screen.parcel.made", **told))
        st.download_button(
            state.tr("screen.export.download"),
            content,
            file_name=name,
            icon=":material/download:",
            on_click="ignore",
        )


def _answered() -> list[str]:
    return [patch.code for patch in _patches() if patch.version is not None]


def _whom(code: str | None) -> str:
    if code is None:
        return state.tr("screen.parcel.for.city")
    names = {patch.code: patch.name for patch in _patches()}
    return state.tr("screen.parcel.for.commune", name=names.get(code, code))


@guarded
def _merge() -> None:
    st.markdown(f"**{state.tr('screen.parcel.merge')}**")
    st.caption(state.tr("screen.parcel.merge.help"))
    files = st.file_uploader(
        state.tr("screen.parcel.files"), type="zip", accept_multiple_files=True, key="parcel_files"
    )
    if st.button(state.tr("screen.parcel.merge.do"), disabled=not files):
        with st.spinner(state.tr("screen.working")), ExitStack() as stack:
            paths = [stack.enter_context(received(one.getvalue())) for one in files or []]
            report = merge.merge(state.opened(), paths, actor=state.actor(), now=state.now())
        st.session_state["parcel_report"] = report
    done = st.session_state.get("parcel_report")
    if done is not None:
        _told(done)


def _told(report: MergeReport) -> None:
    rows = [
        {
            state.tr("screen.parcel.commune"): f"{line.code} {line.name}",
            state.tr("screen.parcel.version"): line.version,
            state.tr("screen.parcel.date"): line.made_at[:16].replace("T", " "),
            state.tr("screen.parcel.outcome"): state.tr(f"parcel.outcome.{line.outcome}"),
            state.tr("screen.parcel.rows"): f"+{line.n_added} ~{line.n_changed} −{line.n_removed}",
            state.tr("screen.parcel.signed"): line.signer[:8] + (" ⚠" if line.is_new_signer else ""),
            state.tr("screen.parcel.differing"): len(line.differing),
        }
        for line in report.packs
    ]
    st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True)
    if any(line.is_new_signer for line in report.packs):
        st.warning(state.tr("screen.parcel.new_signer"))
    if any(line.differing for line in report.packs):
        st.info(state.tr("screen.parcel.forced"))
    if report.duplicates:
        st.markdown(state.md("parcel.duplicates", n=len(report.duplicates)))
        pairs = [
            {
                state.tr("screen.dataset.layer"): state.tr(f"layer.{one.layer}"),
                "1": f"{one.codes[0]}: {one.ids[0]}",
                "2": f"{one.codes[1]}: {one.ids[1]}",
                "m": round(one.distance_m, 1),
            }
            for one in report.duplicates[:MOST]
        ]
        st.dataframe(pd.DataFrame(pairs), hide_index=True)


@st.fragment
@guarded
def _conflicts() -> None:
    found = merge.open_conflicts(state.opened())
    if not found:
        return
    st.subheader(state.tr("screen.parcel.conflicts", n=len(found)), anchor=False)
    chosen = st.selectbox(
        state.tr("screen.parcel.conflict"), found[:MOST], format_func=_conflict_name, key="parcel_conflict"
    )
    here, there = state.tr("screen.parcel.here"), state.tr("screen.parcel.there")
    rows = [
        {state.tr("screen.parcel.column"): _column(name), here: _short(one), there: _short(other)}
        for name, (one, other) in merge.sides(state.opened(), chosen).items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    keep, take, _ = st.columns([1, 1, 2])
    answers = ((keep, False, "screen.parcel.keep"), (take, True, "screen.parcel.take"))
    for place, take_theirs, key in answers:
        if place.button(state.tr(key), key=key, width="stretch"):
            merge.decide(
                state.opened(), chosen, take_theirs=take_theirs, actor=state.actor(), now=state.now()
            )
            st.rerun()


def _conflict_name(one: Conflict) -> str:
    kind = state.tr(f"parcel.conflict.{one.kind}")
    return f"{one.code} · {state.tr(f'layer.{one.layer}')} · {one.id}: {kind}"


def _column(name: str) -> str:
    return state.tr("screen.parcel.place") if name == "geometry" else state.tr(f"column.{name}")


def _short(value: object) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


def _patches() -> tuple[Patch, ...]:
    today = state.now().date()
    merged = tuple(sorted(merge.open_conflicts(state.opened()), key=str))
    return state.remember(
        ("patches", today, len(merged)), lambda: patchwork.patches(state.opened(), today=today)
    )


@guarded
def _communes() -> None:
    st.subheader(state.tr("screen.parcel.quality"), anchor=False)
    found = _patches()
    drawn = []
    for colour in (*(colour for _, colour in LEVELS), NOBODY):
        own = [one for one in found if _colour(one) == colour]
        if own:
            shapes = np.array([one.shape for one in own], dtype=object)
            style = Style(colour=colour, fill_opacity=0.5, weight_px=1.0)
            drawn.append(mapview.draw_shapes(shapes, style=style))
    scene.show(drawn, key="map_patches", height_px=420)
    st.caption(state.tr("screen.parcel.legend"))
    rows = [
        {
            state.tr("screen.parcel.commune"): f"{one.code} {one.name}",
            state.tr("screen.parcel.version"): one.version,
            state.tr("screen.parcel.date"): (one.made_at or "–")[:10],
            state.tr("screen.dataset.rows"): one.n_rows,
            state.tr("screen.parcel.complete"): _percent(one.complete_share),
            state.tr("screen.parcel.stale"): _percent(one.stale_share),
            state.tr("screen.parcel.n_conflicts"): one.n_conflicts,
        }
        for one in found
    ]
    st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True)


def _colour(one: Patch) -> str:
    if one.complete_share is None:
        return NOBODY
    return next(colour for low, colour in LEVELS if one.complete_share >= low)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"
