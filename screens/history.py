"""Estimates kept: choose one to see, or two to see what differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from planning import compare, data, runs, text
from planning.compare import Change, Comparison
from planning.runs import ANY, CoverageRun
from screens import figure, state


def kept() -> tuple[CoverageRun, ...]:
    """
    Estimates of the open workspace.

    Returns
    -------
    runs
        The one asked for last first.
    """
    return state.remember("runs", lambda: runs.history(state.opened()))


def choose(kept_runs: Sequence[CoverageRun]) -> tuple[CoverageRun, CoverageRun | None]:
    """
    Ask which estimate is shown, and with which it is compared.

    Parameters
    ----------
    kept_runs
        At least one.

    Returns
    -------
    run, before
        The one shown, and the other one or None.
    """
    if len(kept_runs) == 1:
        return kept_runs[0], None
    by_digest = {run.digest: run for run in kept_runs}
    with st.expander(state.tr("screen.history.title", n=len(kept_runs)), icon=":material/history:"):
        st.table(pd.DataFrame([_row(run) for run in kept_runs]).set_index(state.tr("screen.history.made")))
        left, right = st.columns(2, gap="medium")
        shown = left.selectbox(
            state.tr("screen.history.see"),
            list(by_digest),
            format_func=lambda key: title(by_digest[key]),
            key=f"history_see_{kept_runs[0].digest}",
        )
        before = right.selectbox(
            state.tr("screen.history.compare"),
            [key for key in by_digest if key != shown],
            index=None,
            format_func=lambda key: title(by_digest[key]),
            placeholder=state.tr("screen.history.compare.none"),
            key=f"history_compare_{kept_runs[0].digest}_{shown}",
        )
    return by_digest[shown], None if before is None else by_digest[before]


def title(run: CoverageRun) -> str:
    """
    An estimate in a list.

    Parameters
    ----------
    run
        The estimate.

    Returns
    -------
    title
        Its moment and its choices.
    """
    return f"{_moment(run)} – {options_in_words(run)}"


def options_in_words(run: CoverageRun) -> str:
    """
    The choices of an estimate.

    Parameters
    ----------
    run
        The estimate.

    Returns
    -------
    words
        For instance "5G; tự chọn; ô 10 m; có tốc độ".
    """
    chosen = run.options
    cell_m = text.number(chosen.cell_m or data.setting("coverage_cell_m"), state.language())
    parts = [
        chosen.technology,
        state.tr(f"model.short.{chosen.model}"),
        state.tr("screen.history.cell", cell=cell_m),
    ]
    if chosen.indoor:
        parts.append(state.tr("screen.history.indoor"))
    if chosen.operator is not None:
        parts.append(state.operator_name(chosen.operator))
    if chosen.speed:
        parts.append(state.tr("screen.history.speed"))
    if chosen.assume_flat_m is not None or chosen.assume_clutter_m is not None:
        parts.append(state.tr("screen.history.assumed"))
    if chosen.calibration is not None:
        parts.append(state.tr("screen.history.calibrated", name=chosen.calibration))
    return "; ".join(parts)


def difference(run: CoverageRun, before: CoverageRun) -> Comparison:
    """
    Two estimates compared, once for each state of the workspace.

    Parameters
    ----------
    run, before
        The estimates.

    Returns
    -------
    comparison
        People and rasters.

    Raises
    ------
    NotFoundError
        They have no operator in common.
    ShapeError
        Their rasters have not the same cells.
    """
    with st.spinner(state.tr("screen.working")):
        return state.remember(
            ("compare", before.digest, run.digest), lambda: compare.compare(state.opened(), before, run)
        )


def people(found: Comparison) -> None:
    """
    People whose state differs, operator by operator.

    Parameters
    ----------
    found
        The comparison.
    """
    changes(found.people)
    st.caption(state.tr("screen.history.people_note"))


def changes(people_of: Mapping[str, Change]) -> None:
    """
    A table of people whose state differs.

    Parameters
    ----------
    people_of
        Operator, ``any`` or ``two_or_more`` to the change.
    """
    rows = [_change_row(name, change) for name, change in people_of.items()]
    st.table(pd.DataFrame(rows).set_index(state.tr("screen.gap.operator")))


def _moment(run: CoverageRun) -> str:
    moment = dt.datetime.fromisoformat(run.made_at).astimezone(state.now().tzinfo)
    return f"{text.day(moment)} {moment:%H:%M}"


def _row(run: CoverageRun) -> dict[str, str]:
    share = run.area_share.get(ANY)
    return {
        state.tr("screen.history.made"): _moment(run),
        state.tr("screen.history.options"): options_in_words(run),
        state.tr("screen.history.area"): figure.share(None if share is None else share[0]),
    }


def _change_row(name: str, change: Change) -> dict[str, str]:
    counts = {
        "gained": change.gained,
        "lost": change.lost,
        "opened": change.opened,
        "closed": change.closed,
    }
    row = {state.tr("screen.gap.operator"): state.operator_name(name)}
    return row | {state.tr(f"class.change.{key}"): figure.people(value) for key, value in counts.items()}
