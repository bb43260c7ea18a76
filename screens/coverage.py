"""Vùng phủ sóng (ước tính): run the estimate with its assumptions named, and see it by operator."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from layers.catalogue import spec_of
from layers.cell import operators_of
from planning import data, text
from planning.coverage import CoverageRun
from screens import estimate, figure, heading, legend, overlay, scene, state
from screens.guard import guarded


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.coverage.title", found)
    st.markdown(state.md("screen.coverage.lead"))
    if estimate.is_running():
        estimate.progress()
        return
    estimate.tell_end()
    run = state.latest_coverage()
    with st.expander(
        state.tr("screen.coverage.new" if run else "screen.coverage.first"), expanded=run is None
    ):
        if len(state.table("site")) == 0:
            st.info(state.tr("screen.coverage.no_site"))
            if st.button(state.tr("screen.start.fill")):
                state.go("dataset")
        else:
            estimate.form(found)
    if run is not None:
        _result(run)


@st.fragment
@guarded
def _result(run: CoverageRun) -> None:
    left, right = st.columns([5, 2], gap="medium")
    with right:
        operator, kind, opacity = _controls(run)
    with left:
        st.subheader(_title(run, operator), anchor=False)
        drawings = (
            *scene.ground(),
            *overlay.of_run(run, operator=operator, kind=kind, opacity=opacity),
            *scene.of_layer("site", label=False),
            *scene.names(),
        )
        scene.show(drawings, key="map_coverage", height_px=460, width_px=710)
    with right:
        _explain(run, kind)
    _areas(run)


def _title(run: CoverageRun, operator: str) -> str:
    day = dt.datetime.fromisoformat(run.made_at).date()
    return state.tr("screen.coverage.map", operator=state.operator_name(operator), day=day)


def _controls(run: CoverageRun) -> tuple[str, str, float]:
    operator = st.radio(
        state.tr("screen.coverage.whose"),
        list(run.area_share),
        format_func=state.operator_name,
        key="coverage_operator",
    )
    kind = overlay.STATE
    if overlay.has_levels(run, operator):
        kind = st.radio(
            state.tr("screen.coverage.kind"),
            (overlay.LEVEL, overlay.STATE),
            format_func=lambda name: state.tr(f"screen.coverage.kind.{name}"),
            key="coverage_kind",
            horizontal=True,
        )
    percent = st.slider(
        state.tr("screen.opacity"), 10, 100, 70, step=10, key="coverage_opacity", format="%d %%"
    )
    return operator, kind, percent / 100


def _explain(run: CoverageRun, kind: str) -> None:
    legend.render(legend.of_levels() if kind == overlay.LEVEL else legend.of_states())
    operators = operators_of(state.table("site"), state.table("cell"))
    legend.render(legend.of_layer(spec_of("site"), operators=operators))
    st.caption(state.tr(run.circles_key))


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
