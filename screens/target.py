"""Chỉ tiêu & nhiệm vụ: every sentence of the plan with today's value, whom to call, and what is late."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from planning import task, text
from planning.scorecard import job
from planning.scorecard.job import Call, Row, Scorecard
from planning.task import Task
from screens import figure, heading, state
from screens.guard import guarded

ROW_PX = 35
SHOWN_CALLS = 5
SHOWN_WANTS = 4


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.target.title", found)
    st.markdown(state.md("screen.target.lead"))
    today = state.now().date()
    with st.spinner(state.tr("screen.working")):
        card = state.remember(("scorecard", today), lambda: job.run(found, now=state.now()))
    tasks = state.remember(("tasks", today), lambda: task.read(found, today=today))
    names = ("targets", "calls", "tasks")
    tabs = st.tabs([state.tr(f"screen.target.tab.{name}") for name in names])
    with tabs[0]:
        _targets(card)
    with tabs[1]:
        _calls(card.calls)
    with tabs[2]:
        _tasks(tasks)


@st.fragment
@guarded
def _targets(card: Scorecard) -> None:
    st.caption(state.tr("screen.target.choose"))
    table = pd.DataFrame([_line(row) for row in card.rows])
    event = st.dataframe(
        figure.written(table),
        hide_index=True,
        height=min(560, ROW_PX * (len(table) + 1) + 2),
        on_select="rerun",
        selection_mode="single-row",
        key="target_table",
    )
    chosen = event.selection.rows  # type: ignore[attr-defined]
    if chosen:
        _card(card.rows[chosen[0]], card.hamlets)


def _line(row: Row) -> dict[str, object]:
    return {
        state.tr("screen.target.clause"): row.target.clause,
        state.tr("screen.target.sentence"): job.sentence(row, state.language()),
        state.tr("screen.target.today"): _value(row),
        state.tr("screen.target.wanted"): figure.share(row.target.threshold_share)
        if row.target.threshold_share is not None
        else state.tr("screen.target.no_threshold"),
        state.tr("screen.target.standing"): state.tr(f"screen.target.{_standing(row)}"),
        state.tr("state.unknown"): _unknown(row),
    }


def _value(row: Row) -> str:
    if row.reading.value is not None:
        digits = 0 if row.reading.value.is_integer() else 2
        return text.number(row.reading.value, state.language(), digits=digits)
    return figure.share(row.share) if row.share is not None else state.tr("formula.no_data")


def _unknown(row: Row) -> str:
    figures = row.reading.figures
    return figure.share(figures.unknown / figures.total) if figures is not None and figures.total else "–"


def _standing(row: Row) -> str:
    """Met, not met, or open: an unknown part that could still decide it leaves it open."""
    wanted, figures = row.target.threshold_share, row.reading.figures
    if wanted is None or figures is None or not figures.total:
        return "standing_none"
    if figures.covered >= wanted * figures.total:
        return "standing_met"
    return (
        "standing_missed" if figures.covered + figures.unknown < wanted * figures.total else "standing_open"
    )


def _card(row: Row, hamlets: Sequence[str]) -> None:
    language = state.language()
    reading = row.reading
    with st.container(border=True):
        st.markdown("**" + state.plain_md(job.sentence(row, language)) + "**")
        st.markdown(state.plain_md(job.formula(row, language)))
        if reading.figures is not None:
            unit = state.tr(f"unit.{row.target.unit}")
            st.markdown(
                state.md(
                    "screen.target.states",
                    covered=_count(reading.figures.covered, row),
                    uncovered=_count(reading.figures.uncovered, row),
                    unknown=_count(reading.figures.unknown, row),
                    unit=unit,
                    low=figure.share(reading.low),
                    high=figure.share(reading.high),
                )
            )
        office = state.tr(row.target.office)
        oldest = row.oldest_input or state.tr("screen.target.no_date")
        st.caption(state.tr("screen.target.from", source=row.target.source, office=office, oldest=oldest))
        for missing in reading.missing[:SHOWN_WANTS]:
            st.markdown("- " + state.plain_md(job.missing_text(missing, language)))
        if reading.hamlets and hamlets:
            with st.expander(state.tr("screen.target.hamlets")):
                _hamlets(row, hamlets)


def _count(value: float, row: Row) -> str:
    digits = 2 if row.target.unit in job.MEASURED else 0
    return text.number(value, state.language(), digits=digits)


def _hamlets(row: Row, hamlets: Sequence[str]) -> None:
    lines = [
        {
            state.tr("screen.gap.hamlet"): name,
            state.tr("state.covered"): part.covered,
            state.tr("state.uncovered"): part.uncovered,
            state.tr("state.unknown"): part.unknown,
        }
        for name, part in zip(hamlets, row.reading.hamlets, strict=False)
        if part.total
    ]
    if lines:
        st.dataframe(figure.written(pd.DataFrame(lines)), hide_index=True, key=f"target_hamlets_{row.id}")


@guarded
def _calls(calls: Sequence[Call]) -> None:
    st.markdown(state.md("screen.target.calls.lead"))
    language = state.language()
    for rank, call in enumerate(calls[:SHOWN_CALLS], start=1):
        with st.container(border=True):
            points = text.number(100 * call.share, language, digits=1)
            name = job.who(call.asked, language)
            st.markdown("**" + state.md("cli.coach.call", rank=rank, who=name, points=points) + "**")
            for row, missing in call.wants[:SHOWN_WANTS]:
                said = f"{row.target.clause} – {job.missing_text(missing, language)}"
                st.markdown("- " + state.plain_md(said))


@guarded
def _tasks(tasks: Sequence[Task]) -> None:
    late = sum(one.standing is task.Standing.LATE for one in tasks)
    due = sum(one.standing is task.Standing.DUE for one in tasks)
    st.markdown(state.md("screen.target.tasks.lead", late=late, due=due))
    table = pd.DataFrame(
        [
            {
                state.tr("screen.target.standing"): state.tr(f"task.{one.standing}"),
                state.tr("column.due_on"): "–" if one.due_on is None else text.day(one.due_on),
                state.tr("screen.target.clause"): one.clause,
                state.tr("screen.target.task"): one.text,
                state.tr("column.lead"): one.lead,
            }
            for one in tasks
        ]
    )
    st.dataframe(figure.written(table), hide_index=True, height=min(560, ROW_PX * (len(table) + 1) + 2))
