"""Hiệu chỉnh theo số đo: bring measurements in, fit, judge on squares held out, keep under a name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
import streamlit as st

from geo.correction import CLASS_EDGES_M, Correction
from geo.crs import transform
from layers.cell import operators_of
from layers.spec import Style
from planning import calibration, text
from planning.calibration import MEASURED, Fitted
from planning.correction import LAYER
from planning.scenario import CoverageOptions
from planning.workspace import Workspace, open_workspace
from screens import estimate, figure, intake, job, legend, mapview, scene, state
from screens.guard import guarded
from screens.legend import Entry
from screens.mapview import Drawing

JOB, OUTCOME = "calibration", "calibration_outcome"
SEED = 1
BEFORE, AFTER = "before", "after"
RESIDUALS: tuple[tuple[float, str], ...] = (
    (10.0, "#2166ac"),
    (5.0, "#67a9cf"),
    (-5.0, "#f2e9c9"),
    (-10.0, "#ef8a62"),
    (-np.inf, "#b2182b"),
)
"""Lower bound of measured less predicted [dB] and its colour, the highest first."""

DRAWN = (2, 1, 3, 0, 4)
"""Order in which the classes are drawn: what is far off lies on top."""


def panel(found: Workspace) -> None:
    """
    Draw the whole way from measurements to a correction.

    Parameters
    ----------
    found
        The open workspace.
    """
    st.markdown(state.md("screen.calibrate.lead"))
    if _is_running():
        _progress()
        return
    _take()
    n_rows = len(state.table(MEASURED))
    with st.expander(state.tr("screen.calibrate.upload", n=n_rows), expanded=n_rows == 0):
        told = st.session_state.pop("calibrate_done", None)
        if told is not None:
            st.success(told, icon=":material/check_circle:")
        done = intake.panel(MEASURED, may_replace=True)
        if done is not None:
            st.session_state["calibrate_done"] = done
            st.rerun()
    if n_rows:
        _form(found)
    outcome = st.session_state.get(OUTCOME)
    if outcome is not None and outcome[0] == str(found.folder):
        _outcome(found, outcome[1])
    _kept()


def of_residuals() -> tuple[Entry, ...]:
    """
    Legend of the map of residuals.

    Returns
    -------
    entries
        The highest class first.
    """
    return tuple(
        Entry(words=state.tr(f"class.residual.{number}"), shape="circle", colour=colour)
        for number, (_, colour) in enumerate(RESIDUALS)
    )


def drawings(fitted: Fitted, *, epsg: int, after: bool) -> tuple[Drawing, ...]:
    """
    Measured places, coloured by how far the model is off.

    Parameters
    ----------
    fitted
        The calibration.
    epsg
        CRS of its places.
    after
        True with the correction, False without.

    Returns
    -------
    drawings
        One for each class met.
    """
    kept = fitted.kept
    error_db = kept.error_db
    if after:
        error_db = error_db + fitted.calibration.correction.loss_db(kept.distance_m, kept.clutter_height_m)
    lon, lat = transform(kept.x_m, kept.y_m, epsg_from=epsg, epsg_to=4326)
    points = shapely.points(lon, lat)
    bounds_db = [lower for lower, _ in RESIDUALS]
    number = np.array([next(i for i, low in enumerate(bounds_db) if value >= low) for value in error_db])
    return tuple(
        mapview.draw_shapes(points[number == i], style=Style(colour=colour, shape="circle", radius_px=4.5))
        for i, colour in ((i, RESIDUALS[i][1]) for i in DRAWN)
        if (number == i).any()
    )


def _form(found: Workspace) -> None:
    _rules()
    flat_m, clutter_m = estimate.assumptions(found, key="calibrate")
    names = operators_of(state.table("site"), state.table("cell"))
    columns = st.columns(3, gap="medium")
    operator = columns[0].selectbox(
        state.tr("screen.calibrate.operator"),
        names,
        index=None,
        format_func=state.operator_name,
        placeholder=state.tr("screen.calibrate.operator.all"),
        key="calibrate_operator",
    )
    models = ("auto", *estimate.PROFILE_MODELS)
    model = columns[1].selectbox(
        state.tr("screen.coverage.model"),
        models,
        format_func=lambda name: state.tr(f"model.{name}"),
        key="calibrate_model",
    )
    today = text.day(state.now().date()).replace("/", "-")
    name = columns[2].text_input(
        state.tr("screen.calibrate.name"),
        value=state.tr("screen.calibrate.name.usual", day=today),
        key="calibrate_name",
    )
    if st.button(state.tr("screen.calibrate.do"), type="primary", icon=":material/tune:"):
        options = CoverageOptions(
            operator=operator, model=model, assume_flat_m=flat_m, assume_clutter_m=clutter_m
        )
        _begin(found.folder, options, name)
        st.rerun()


def _rules() -> None:
    """Which measurements count: the settings, in words."""
    rules, language = calibration.rules(), state.language()
    words = state.tr(
        "screen.calibrate.rules",
        nearest=text.number(rules.nearest_m, language),
        farthest=text.number(rules.farthest_m / 1000, language),
        days=text.number(rules.max_age_days, language),
        accuracy=text.number(rules.max_accuracy_m, language),
        floor=text.number(rules.floor_dbm, language),
        bin=text.number(rules.bin_m, language),
        block=text.number(rules.block_m, language),
        share=text.share_text(rules.held_out_share, language, digits=0),
        needed=text.number(rules.min_samples, language),
        blocks=text.number(rules.min_blocks, language),
    )
    st.caption(words)


def _begin(folder: Path, options: CoverageOptions, name: str) -> None:
    moment, actor = state.now(), state.actor()

    def work(progress: Callable[[float], None], _cancelled: Callable[[], bool]) -> Fitted:
        own = open_workspace(folder)
        try:
            return calibration.run(
                own, options, name=name.strip(), actor=actor, seed=SEED, now=moment, progress=progress
            )
        finally:
            own.store.close()

    job.start(JOB, work)


def _is_running() -> bool:
    running = job.current(JOB)
    return running is not None and not running.ended.is_set()


@st.fragment(run_every=0.6)
def _progress() -> None:
    running = job.current(JOB)
    if running is None or running.ended.is_set():
        st.rerun(scope="app")
        return
    st.progress(min(max(running.share, 0.0), 1.0), text=state.tr("screen.calibrate.running"))


@guarded
def _take() -> None:
    ended = job.take(JOB)
    if ended is None:
        return
    st.session_state.pop(OUTCOME, None)
    if ended.error is not None:
        raise ended.error
    st.session_state[OUTCOME] = (str(state.folder()), ended.result)


def _outcome(found: Workspace, fitted: Fitted) -> None:
    outcome, language = fitted.calibration, state.language()
    with st.container(border=True, key="calibrate_outcome"):
        key = "better" if outcome.is_better else "worse"
        facts = {
            "name": fitted.name,
            "before": text.number(outcome.before.rmse_db, language, digits=1),
            "after": text.number(outcome.after.rmse_db, language, digits=1),
        }
        (st.success if outcome.is_better else st.warning)(state.md(f"screen.calibrate.{key}", **facts))
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _map(found, fitted)
        with right:
            legend.render(of_residuals())
            _accuracy(fitted)
            _correction(outcome.correction)
        left_out = [state.tr(f"calibration.left_out.{name}", n=n) for name, n in fitted.left_out.items() if n]
        left_out += [state.tr(name, **fitted.facts) for name in fitted.assumptions]
        for words in left_out:
            st.caption(f"- {state.plain_md(words)}")


def _map(found: Workspace, fitted: Fitted) -> None:
    shown = st.segmented_control(
        state.tr("screen.calibrate.map"),
        (BEFORE, AFTER),
        default=AFTER,
        format_func=lambda name: state.tr(f"screen.calibrate.map.{name}"),
        key="calibrate_map_of",
    )
    points = drawings(fitted, epsg=found.calc_epsg, after=shown != BEFORE)
    drawn = (*scene.ground(), *points, *scene.of_layer("site", label=False))
    scene.show(drawn, key="map_calibrate", height_px=380)


def _accuracy(fitted: Fitted) -> None:
    outcome, language = fitted.calibration, state.language()
    rows = [
        {
            state.tr("screen.calibrate.held_out"): state.tr(f"screen.calibrate.map.{name}"),
            "RMSE (dB)": text.number(one.rmse_db, language, digits=1),
            state.tr("screen.calibrate.bias"): text.number(one.bias_db, language, digits=1),
        }
        for name, one in ((BEFORE, outcome.before), (AFTER, outcome.after))
    ]
    st.table(pd.DataFrame(rows).set_index(state.tr("screen.calibrate.held_out")))
    st.caption(
        state.tr(
            "screen.calibrate.counts",
            n=fitted.n_measured,
            n_fitted=outcome.n_fitted,
            n_held_out=outcome.n_held_out,
            blocks=outcome.n_blocks_held_out,
            of=outcome.n_blocks,
        )
    )


def _correction(found: Correction) -> None:
    language = state.language()
    edges = [text.number(edge, language) for edge in CLASS_EDGES_M]
    names = [
        state.tr("screen.calibrate.class.below", high=edges[0]),
        *(state.tr("screen.calibrate.class.between", low=low, high=high) for low, high in pairwise(edges)),
        state.tr("screen.calibrate.class.above", low=edges[-1]),
    ]
    terms = {
        state.tr("screen.calibrate.offset"): found.offset_db,
        state.tr("screen.calibrate.slope"): found.slope_db_per_decade,
        **dict(zip(names, found.class_db, strict=True)),
    }
    rows = [
        {
            state.tr("screen.calibrate.added"): name,
            "dB": text.number(value, language, digits=1),
        }
        for name, value in terms.items()
    ]
    st.table(pd.DataFrame(rows).set_index(state.tr("screen.calibrate.added")))


def _kept() -> None:
    """Corrections kept by name; the form of the estimate offers them."""
    table = state.table(LAYER)
    if table.empty:
        return
    st.markdown(f"**{state.md('screen.calibrate.kept')}**")
    rows = [
        {
            state.tr("screen.calibrate.name"): row["name"],
            state.tr("screen.coverage.model"): state.tr("model.short." + str(row["model"]).split("+")[0]),
            state.tr("screen.calibrate.fitted_at"): text.day(pd.Timestamp(row["fitted_at"])),
            state.tr("screen.calibrate.samples"): int(row["n_fitted"]),
            state.tr("screen.calibrate.rmse_before"): float(row["rmse_before_db"]),
            state.tr("screen.calibrate.rmse_after"): float(row["rmse_after_db"]),
        }
        for row in table.to_dict("records")
    ]
    st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True, key="calibrate_kept")
    st.caption(state.tr("screen.calibrate.use"))
