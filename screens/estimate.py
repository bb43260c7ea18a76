"""The coverage estimate as a job beside the page: what is assumed, how far it is, how it ended."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from planning import advice, coverage, data
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions
from planning.spread import spread
from planning.workspace import Workspace, open_workspace
from screens import job, state
from screens.guard import guarded

JOB = "coverage"
MODELS = ("auto", "rma", "uma")
TECHNICAL_MODELS = ("umi", "p1812")
FLAT_M = 2.0


def is_running() -> bool:
    """
    Tell whether an estimate of this session is under way.

    Returns
    -------
    is_running
        False once it has ended.
    """
    running = job.current(JOB)
    return running is not None and not running.ended.is_set()


@guarded
def tell_end() -> None:
    """Tell once how the last estimate ended."""
    ended = job.take(JOB)
    if ended is None:
        return
    if ended.error is not None:
        raise ended.error
    st.success(state.tr("screen.coverage.done"), icon=":material/check_circle:")


def form(found: Workspace) -> None:
    """
    Ask what to assume, and start.

    Parameters
    ----------
    found
        The open workspace.
    """
    flat_m, clutter_m = _assumptions(found)
    model = _model(found)
    cell_m = _cell_m()
    speed = st.checkbox(state.tr("screen.coverage.speed"), key="coverage_speed")
    if st.button(state.tr("screen.coverage.run"), type="primary", icon=":material/play_arrow:"):
        options = CoverageOptions(
            model=model, cell_m=cell_m, assume_flat_m=flat_m, assume_clutter_m=clutter_m, speed=speed
        )
        _begin(found.folder, options)
        st.rerun()


def _assumptions(found: Workspace) -> tuple[float | None, float | None]:
    flat_m, clutter_m = None, None
    if not (found.rasters / "terrain.tif").is_file() and st.checkbox(
        state.tr("screen.coverage.flat", height=FLAT_M), value=True, key="assume_flat"
    ):
        flat_m = FLAT_M
    height_m = data.setting("clutter_default_building_m")
    if not (found.rasters / "clutter.tif").is_file() and st.checkbox(
        state.tr("screen.coverage.clutter", height=height_m), value=True, key="assume_clutter"
    ):
        clutter_m = height_m
    st.caption(state.tr("screen.coverage.assumed_note"))
    return flat_m, clutter_m


def _model(found: Workspace) -> str:
    advised = state.remember("advice", lambda: advice.advise(found))
    offered = [*MODELS, *(TECHNICAL_MODELS if state.is_technical() else ())]
    if advised.model not in offered:
        offered.append(advised.model)

    def words(model: str) -> str:
        recommended = f" {state.tr('screen.coverage.recommended')}" if model == advised.model else ""
        return state.tr(f"model.{model}") + recommended

    chosen = st.radio(
        state.tr("screen.coverage.model"),
        offered,
        index=offered.index(advised.model),
        format_func=words,
        key="coverage_model",
    )
    relief = {} if math.isnan(advised.relief_m) else {"relief": round(advised.relief_m)}
    st.caption(state.tr(f"advice.model.{advised.reason}", **relief))
    return str(chosen)


def _cell_m() -> float | None:
    if not state.is_technical():
        return None
    return st.number_input(
        state.tr("screen.coverage.cell"),
        min_value=coverage.MIN_CELL_M,
        max_value=coverage.MAX_CELL_M,
        value=data.setting("coverage_cell_m"),
        key="coverage_cell",
    )


def _begin(folder: Path, options: CoverageOptions) -> None:
    moment = state.now()

    def work(progress: Callable[[float], None], cancelled: Callable[[], bool]) -> CoverageRun:
        own = open_workspace(folder)
        try:
            return coverage.run(own, options, now=moment, progress=progress, cancelled=cancelled)
        finally:
            own.store.close()

    job.start(JOB, work)


def begin_spread(folder: Path, run: CoverageRun) -> None:
    """
    Ask the other applicable models, as a job beside the page.

    Parameters
    ----------
    folder
        Folder of the workspace.
    run
        The estimate that stays the present one.
    """
    moment = state.now()

    def work(progress: Callable[[float], None], cancelled: Callable[[], bool]) -> CoverageRun:
        own = open_workspace(folder)
        try:
            return spread(own, run, now=moment, progress=progress, cancelled=cancelled)
        finally:
            own.store.close()

    job.start(JOB, work)


@st.fragment(run_every=0.6)
def progress() -> None:
    """Show how far the estimate is, with a button to stop it; redraw the page when it ends."""
    running = job.current(JOB)
    if running is None or running.ended.is_set():
        st.rerun(scope="app")
        return
    st.progress(min(max(running.share, 0.0), 1.0), text=state.tr("screen.coverage.running"))
    if st.button(state.tr("screen.cancel"), icon=":material/close:", disabled=running.cancelled.is_set()):
        running.cancelled.set()
