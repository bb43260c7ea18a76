"""Vùng phủ sóng (ước tính): run the estimate with its assumptions named, and see it by operator."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from layers.catalogue import spec_of
from layers.cell import operators_of
from planning import coverage, data, text
from planning.coverage import CoverageRun
from planning.scenario import CoverageOptions
from planning.workspace import Workspace, open_workspace
from screens import figure, heading, job, legend, overlay, scene, state
from screens.guard import guarded

JOB = "coverage"
MODELS = ("auto", "rma", "uma", "umi")
FLAT_M = 2.0


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.coverage.title", found)
    st.markdown(state.md("screen.coverage.lead"))
    ended = job.take(JOB)
    if ended is not None and ended.error is not None:
        _tell(ended.error)
    elif ended is not None:
        st.success(state.tr("screen.coverage.done"), icon=":material/check_circle:")
    if job.current(JOB) is not None:
        _progress()
        return
    run = state.latest_coverage()
    with st.expander(state.tr("screen.coverage.new" if run else "screen.coverage.first"), expanded=run is None):
        _form(found)
    if run is not None:
        _result(run)


def _tell(error: Exception) -> None:
    @guarded
    def again() -> None:
        raise error

    again()


def _form(found: Workspace) -> None:
    if len(state.table("site")) == 0:
        st.info(state.tr("screen.coverage.no_site"))
        if st.button(state.tr("screen.start.fill")):
            state.go("dataset")
        return
    flat, clutter = assumptions(found)
    model, cell_m = _technical()
    if st.button(state.tr("screen.coverage.run"), type="primary", icon=":material/play_arrow:"):
        options = CoverageOptions(model=model, cell_m=cell_m, assume_flat_m=flat, assume_clutter_m=clutter)
        begin(found.folder, options)
        st.rerun()


def assumptions(found: Workspace) -> tuple[float | None, float | None]:
    """
    Ask which assumptions may stand in for missing terrain and clutter.

    Parameters
    ----------
    found
        The open workspace.

    Returns
    -------
    flat_m, clutter_m
        Heights assumed [m], or None where nothing may be assumed.
    """
    flat, clutter = None, None
    if not (found.rasters / "terrain.tif").is_file() and st.checkbox(
        state.tr("screen.coverage.flat", height=FLAT_M), value=True, key="assume_flat"
    ):
        flat = FLAT_M
    height = data.setting("clutter_default_building_m")
    if not (found.rasters / "clutter.tif").is_file() and st.checkbox(
        state.tr("screen.coverage.clutter", height=height), value=True, key="assume_clutter"
    ):
        clutter = height
    st.caption(state.tr("screen.coverage.assumed_note"))
    return flat, clutter


def _technical() -> tuple[str, float | None]:
    if not state.is_technical():
        return "auto", None
    left, right = st.columns(2)
    model = left.selectbox(state.tr("screen.coverage.model"), MODELS, key="coverage_model")
    cell_m = right.number_input(
        state.tr("screen.coverage.cell"),
        min_value=2.0,
        max_value=100.0,
        value=data.setting("coverage_cell_m"),
        key="coverage_cell",
    )
    return str(model), float(cell_m)


def begin(folder: Path, options: CoverageOptions) -> None:
    """
    Start the estimate beside the page.

    Parameters
    ----------
    folder
        Workspace.
    options
        What to estimate and what to assume.
    """
    moment = state.now()

    def work(progress: Callable[[float], None], cancelled: Callable[[], bool]) -> CoverageRun:
        own = open_workspace(folder)
        try:
            return coverage.run(own, options, now=moment, progress=progress, cancelled=cancelled)
        finally:
            own.store.close()

    job.start(JOB, work)


@st.fragment(run_every=0.6)
def _progress() -> None:
    running = job.current(JOB)
    if running is None or running.ended.is_set():
        st.rerun(scope="app")
        return
    st.progress(min(max(running.share, 0.0), 1.0), text=state.tr("screen.coverage.running"))
    if st.button(state.tr("screen.cancel"), icon=":material/close:", disabled=running.cancelled.is_set()):
        running.cancelled.set()
        time.sleep(0.1)


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
        scene.show(drawings, key="map_coverage", height_px=500, width_px=760)
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
    percent = st.slider(state.tr("screen.opacity"), 10, 100, 70, step=10, key="coverage_opacity", format="%d %%")
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
            state.tr(
                "screen.coverage.technical", model=run.options.model, cell=cell_m, digest=run.digest
            )
        )


def _area_row(name: str, covered: float, uncovered: float, unknown: float) -> dict[str, str]:
    return {
        state.tr("screen.gap.operator"): state.operator_name(name),
        state.tr("screen.state.covered"): figure.share(covered),
        state.tr("screen.state.uncovered"): figure.share(uncovered),
        state.tr("screen.state.unknown"): figure.share(unknown),
    }
