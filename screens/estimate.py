"""The coverage estimate as a job beside the page: what is assumed, how far it is, how it ended."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from layers.cell import split
from planning import advice, correction, coverage, data, gap, spread
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions
from planning.workspace import Workspace, open_workspace
from screens import figure, job, state
from screens.guard import guarded

JOB = "coverage"
MODELS = ("auto", "rma", "uma")
PROFILE_MODELS = ("p1812",)
TECHNICAL_MODELS = ("umi", *PROFILE_MODELS)
TECHNOLOGIES = ("5G", "4G")
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
    technology = _technology()
    flat_m, clutter_m = assumptions(found)
    model = _model(found)
    cell_m = _cell_m()
    calibration = _calibration(found)
    speed = st.checkbox(state.tr("screen.coverage.speed"), key="coverage_speed")
    indoor = len(state.table("building")) > 0 and st.checkbox(
        state.tr("screen.coverage.indoor"), key="coverage_indoor", help=state.tr("advice.model.indoor")
    )
    if st.button(state.tr("screen.coverage.run"), type="primary", icon=":material/play_arrow:"):
        options = CoverageOptions(
            technology=technology,
            model=model,
            cell_m=cell_m,
            assume_flat_m=flat_m,
            assume_clutter_m=clutter_m,
            speed=speed,
            calibration=calibration,
            indoor=indoor,
        )
        _begin(found.folder, options)
        st.rerun()


def _technology() -> str:
    """5G, and 4G where the workspace knows masts that carry it."""
    on_air = {name for values in state.table("site")["technologies"] for name in split(values)}
    on_air |= set(state.table("cell")["technology"].dropna())
    offered = [name for name in TECHNOLOGIES if name == gap.TARGET or name in on_air]
    if len(offered) < 2:
        return gap.TARGET
    return str(
        st.radio(state.tr("screen.coverage.technology"), offered, horizontal=True, key="coverage_technology")
    )


def _calibration(found: Workspace) -> str | None:
    """A correction kept by name, where there is one."""
    names = state.remember("corrections", lambda: correction.names(found))
    if not names:
        return None
    return st.selectbox(
        state.tr("screen.coverage.calibration"),
        names,
        index=None,
        placeholder=state.tr("screen.coverage.calibration.none"),
        key="coverage_calibration",
    )


def assumptions(found: Workspace, *, key: str = "assume") -> tuple[float | None, float | None]:
    """
    Ask what to take where ground and clutter are not known.

    Parameters
    ----------
    found
        The open workspace.
    key
        Beginning of the names of the widgets.

    Returns
    -------
    flat_m, clutter_m
        Heights assumed [m]; None where they are known or nothing shall be assumed.
    """
    flat_m, clutter_m = None, None
    if not (found.rasters / "terrain.tif").is_file() and st.checkbox(
        state.tr("screen.coverage.flat", height=FLAT_M), value=True, key=f"{key}_flat"
    ):
        flat_m = FLAT_M
    height_m = data.setting("clutter_default_building_m")
    if not (found.rasters / "clutter.tif").is_file() and st.checkbox(
        state.tr("screen.coverage.clutter", height=height_m), value=True, key=f"{key}_clutter"
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
            return spread.estimate(own, options, now=moment, progress=progress, cancelled=cancelled)
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
            return spread.spread(own, run, now=moment, progress=progress, cancelled=cancelled)
        finally:
            own.store.close()

    job.start(JOB, work)


def spread_of(run: CoverageRun, operator: str) -> None:
    """
    What other applicable models say of a headline, or the offer to ask them.

    Parameters
    ----------
    run
        The estimate.
    operator
        Operator id, ``any`` or ``two_or_more``.
    """
    told = figure.spread(run, operator)
    if told:
        st.markdown(told)
        return
    if is_running():
        return
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(state.md("screen.coverage.spread.none"))
    if right.button(state.tr("screen.coverage.spread.do"), icon=":material/compare_arrows:"):
        begin_spread(state.opened().folder, run)
        state.go("coverage")


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
