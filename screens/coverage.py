"""Vùng phủ sóng (ước tính): run the estimate with its assumptions named, see it by operator, and ask why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from geo.errors import PlannerError
from planning import data, text
from planning.runs import CoverageRun
from screens import (
    calibrate,
    estimate,
    figure,
    heading,
    history,
    legend,
    overlay,
    palette,
    scene,
    state,
    whatif,
    why,
)
from screens.guard import guarded

MAP = "map_coverage"
CALIBRATE = "calibrate"
PARTS = ("map", CALIBRATE)
NOTED = (
    overlay.PROBABILITY,
    overlay.SPEED,
    overlay.FAST,
    overlay.COUNT,
    overlay.SECOND,
    overlay.LEAD,
    overlay.INDOOR,
    overlay.INDOOR_EFFICIENT,
)
GAPS = (overlay.SPEED, overlay.SINR, overlay.LEAD, *overlay.HOUSES)
LEVELS = (overlay.LEVEL, *overlay.HOUSES)


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.coverage.title", found)
    st.markdown(state.md("screen.coverage.lead"))
    if estimate.is_running():
        estimate.progress()
        return
    estimate.tell_end()
    if _part() == CALIBRATE:
        calibrate.panel(found)
        return
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


def _part() -> str:
    return str(
        st.segmented_control(
            state.tr("screen.coverage.part"),
            PARTS,
            default=PARTS[0],
            format_func=lambda name: state.tr(f"screen.coverage.part.{name}"),
            key="coverage_part",
            label_visibility="collapsed",
        )
        or PARTS[0]
    )


@st.fragment
@guarded
def _result(runs: Sequence[CoverageRun]) -> None:
    run, before = history.choose(runs)
    if before is None:
        _one(run)
    else:
        _difference(run, before)


def _one(run: CoverageRun) -> None:
    whatif.switch()
    left, right = st.columns([5, 2], gap="medium")
    with right:
        operator = _operator(list(run.area_share))
        tried = whatif.find(run, operator)
        if whatif.is_on():
            whatif.form(run)
        else:
            kind = _kind(run, operator)
        opacity = _opacity()
    with left:
        st.header(_title(run, operator), anchor=False)
        if whatif.is_on():
            _map_of_trial(run, operator, tried, opacity)
            whatif.show(tried)
        else:
            _map(run, operator, kind, opacity)
    with right:
        if isinstance(tried, whatif.Shown):
            whatif.legend_of()
            legend.render(legend.of_sites())
        else:
            _legend(run, operator, overlay.STATE if whatif.is_on() else kind)
    if not whatif.is_on():
        why.card(why.find(run, operator), run, operator)
    estimate.spread_of(run, operator)
    _areas(run)


def _map(run: CoverageRun, operator: str, kind: str, opacity: float) -> None:
    why.picker(MAP)
    drawings = (
        *scene.ground(),
        *overlay.of_run(run, operator=operator, kind=kind, opacity=opacity),
        *why.drawings(why.find(run, operator), run),
        *scene.of_layer("site", label=False),
        *scene.names(),
    )
    scene.show(drawings, key=MAP, height_px=460, on_click=_clicked)


def _map_of_trial(
    run: CoverageRun, operator: str, tried: whatif.Shown | PlannerError | None, opacity: float
) -> None:
    shown = (
        whatif.drawings(tried, opacity=opacity)
        if isinstance(tried, whatif.Shown)
        else overlay.of_run(run, operator=operator, kind=overlay.STATE, opacity=opacity)
    )
    if isinstance(tried, whatif.Shown):
        whatif.badge()
    drawings = (*scene.ground(), *shown, *scene.of_layer("site", label=False), *scene.names())
    scene.show(drawings, key=MAP, height_px=520, on_click=lambda: whatif.take(MAP, run))


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
    elif kind in overlay.LANDS:
        _servers(run, operator, second=kind == overlay.SECOND)
    elif kind == overlay.FAST:
        legend.render(legend.of_fast())
    else:
        legend.render(legend.of_levels() if kind in LEVELS else legend.of_states())
    if kind in GAPS:
        st.caption(state.tr("screen.legend.not_drawn"))
    legend.render(legend.of_sites())
    if kind in (overlay.LEVEL, overlay.STATE):
        st.caption(state.tr(run.circles_key))


def _servers(run: CoverageRun, operator: str, *, second: bool) -> None:
    table = state.table("site")
    names = {key: name for key, name in zip(table["id"], table["name"], strict=True) if isinstance(name, str)}
    st.caption(state.tr("screen.legend.second" if second else "screen.legend.servers"))
    entries, n_left = legend.of_servers(run, operator, names=names, second=second)
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
    if run.n_urban_masts:
        st.markdown(f"- {state.md('screen.coverage.urban', n=run.n_urban_masts)}")
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
