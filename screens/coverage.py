"""Vùng phủ sóng (ước tính): run the estimate with its assumptions named, see it by operator, and ask why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from planning import data, text
from planning.runs import CoverageRun
from screens import estimate, figure, heading, history, legend, overlay, palette, scene, state, why
from screens.guard import guarded

MAP = "map_coverage"
NOTED = (overlay.PROBABILITY, overlay.SPEED, overlay.FAST, overlay.COUNT)
GAPS = (overlay.SPEED, overlay.SINR)


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.coverage.title", found)
    st.markdown(state.md("screen.coverage.lead"))
    if estimate.is_running():
        estimate.progress()
        return
    estimate.tell_end()
    runs = history.kept()
    with st.expander(state.tr("screen.coverage.new" if runs else "screen.coverage.first"), expanded=not runs):
        if len(state.table("site")) == 0:
            st.info(state.tr("screen.coverage.no_site"))
            if st.button(state.tr("screen.start.fill")):
                state.go("dataset")
        else:
            estimate.form(found)
    if runs:
        _result(runs)


@st.fragment
@guarded
def _result(runs: Sequence[CoverageRun]) -> None:
    run, before = history.choose(runs)
    if before is None:
        _one(run)
    else:
        _difference(run, before)


def _one(run: CoverageRun) -> None:
    left, right = st.columns([5, 2], gap="medium")
    with right:
        operator = _operator(list(run.area_share))
        kind = _kind(run, operator)
        opacity = _opacity()
    with left:
        st.header(_title(run, operator), anchor=False)
        why.picker(MAP)
        found = why.find(run, operator)
        drawings = (
            *scene.ground(),
            *overlay.of_run(run, operator=operator, kind=kind, opacity=opacity),
            *why.drawings(found),
            *scene.of_layer("site", label=False),
            *scene.names(),
        )
        scene.show(drawings, key=MAP, height_px=460, on_click=_clicked)
    with right:
        _legend(run, operator, kind)
    why.card(found, run, operator)
    _spread(run, operator)
    _areas(run)


def _spread(run: CoverageRun, operator: str) -> None:
    """What other applicable models say, or the offer to ask them."""
    told = figure.spread(run, operator)
    if told:
        st.markdown(told)
        return
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(state.md("screen.coverage.spread.none"))
    if right.button(state.tr("screen.coverage.spread.do"), icon=":material/compare_arrows:"):
        estimate.begin_spread(state.opened().folder, run)
        st.rerun()


def _clicked() -> None:
    why.ask(MAP)


def _difference(run: CoverageRun, before: CoverageRun) -> None:
    found = history.difference(run, before)
    left, right = st.columns([5, 2], gap="medium")
    with right:
        operator = _operator(list(found.people))
        opacity = _opacity()
        legend.render((*legend.of_changes(), *legend.of_sites()))
    with left:
        st.header(state.tr("screen.history.map", operator=state.operator_name(operator)), anchor=False)
        st.caption(f"{history.title(before)} → {history.title(run)}")
        drawings = (
            *scene.ground(),
            *overlay.of_change(found.rasters[operator], opacity=opacity),
            *scene.of_layer("site", label=False),
            *scene.names(),
        )
        scene.show(drawings, key=MAP, height_px=460)
    history.people(found)


def _title(run: CoverageRun, operator: str) -> str:
    day = dt.datetime.fromisoformat(run.made_at).date()
    return state.tr("screen.coverage.map", operator=state.operator_name(operator), day=day)


def _operator(names: Sequence[str]) -> str:
    return st.radio(
        state.tr("screen.coverage.whose"), names, format_func=state.operator_name, key="coverage_operator"
    )


def _kind(run: CoverageRun, operator: str) -> str:
    offered = overlay.kinds(run, operator, technical=state.is_technical())
    if len(offered) < 2:
        return overlay.STATE
    target = data.setting("speed_target_mbps")
    return st.selectbox(
        state.tr("screen.coverage.kind"),
        offered,
        format_func=lambda name: state.tr(f"screen.coverage.kind.{name}", target=target),
        key=f"coverage_kind_{len(offered)}",
    )


def _opacity() -> float:
    percent = st.slider(
        state.tr("screen.opacity"), 10, 100, 70, step=10, key="coverage_opacity", format="%d %%"
    )
    return percent / 100


def _legend(run: CoverageRun, operator: str, kind: str) -> None:
    if kind in NOTED:
        st.caption(state.tr(f"screen.coverage.note.{kind}"))
    if kind in palette.SCALES:
        legend.render(legend.of_scale(kind))
    elif kind == overlay.SERVER:
        _servers(run, operator)
    elif kind == overlay.FAST:
        legend.render(legend.of_fast())
    else:
        legend.render(legend.of_levels() if kind == overlay.LEVEL else legend.of_states())
    if kind in GAPS:
        st.caption(state.tr("screen.legend.not_drawn"))
    legend.render(legend.of_sites())
    if kind in (overlay.LEVEL, overlay.STATE):
        st.caption(state.tr(run.circles_key))


def _servers(run: CoverageRun, operator: str) -> None:
    table = state.table("site")
    names = {key: name for key, name in zip(table["id"], table["name"], strict=True) if isinstance(name, str)}
    st.caption(state.tr("screen.legend.servers"))
    entries, n_left = legend.of_servers(run, operator, names=names)
    legend.render(entries)
    if n_left:
        st.caption(state.tr("screen.legend.servers.more", n=n_left))


def _areas(run: CoverageRun) -> None:
    share = run.n_assumed_cells / run.n_cells if run.n_cells else None
    st.markdown(
        state.md(
            "screen.coverage.cells", n=run.n_cells, n_assumed=run.n_assumed_cells, share=figure.share(share)
        )
    )
    for key in run.assumptions:
        st.markdown(f"- {state.md(key)}")
    if not state.is_current(run):
        st.warning(state.tr("screen.coverage.outdated"), icon=":material/update:")
    rows = [_area_row(name, *shares) for name, shares in run.area_share.items()]
    st.markdown(state.md("screen.coverage.area_lead"))
    st.table(pd.DataFrame(rows).set_index(state.tr("screen.gap.operator")))
    if state.is_technical():
        cell_m = text.number(run.options.cell_m or data.setting("coverage_cell_m"), state.language())
        st.caption(
            state.tr("screen.coverage.technical", model=run.options.model, cell=cell_m, digest=run.digest)
        )


def _area_row(name: str, covered: float, uncovered: float, unknown: float) -> dict[str, str]:
    return {
        state.tr("screen.gap.operator"): state.operator_name(name),
        state.tr("state.covered"): figure.share(covered),
        state.tr("state.uncovered"): figure.share(uncovered),
        state.tr("state.unknown"): figure.share(unknown),
    }
