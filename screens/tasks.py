"""Tasks of the plan on the screen: what is late, a form to change one, its evidence and its log."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from planning import task, text
from planning.task import Standing, Task
from screens import figure, state
from screens.guard import guarded

ROW_PX = 35
STATES = ("open", "doing", "done")
TOLD = "task_told"


@guarded
def show() -> None:
    """Draw the table, and the form of the task chosen."""
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    tasks = read()
    late = sum(one.standing is Standing.LATE for one in tasks)
    due = sum(one.standing is Standing.DUE for one in tasks)
    st.markdown(state.md("screen.target.tasks.lead", late=late, due=due))
    st.caption(state.tr("screen.target.tasks.choose"))
    table = pd.DataFrame([_line(one) for one in tasks])
    event = st.dataframe(
        figure.written(table),
        hide_index=True,
        height=min(420, ROW_PX * (len(table) + 1) + 2),
        on_select="rerun",
        selection_mode="single-row",
        key="task_table",
    )
    chosen = [row for row in event.selection.rows if row < len(tasks)]  # type: ignore[attr-defined]
    if chosen:
        _form(tasks[chosen[0]])


def read() -> tuple[Task, ...]:
    """
    Tasks of the open workspace.

    Returns
    -------
    tasks
        The late ones first; read once for each state of the workspace and day.
    """
    today = state.now().date()
    return state.remember(("tasks", today), lambda: task.read(state.opened(), today=today))


def _line(one: Task) -> dict[str, object]:
    return {
        state.tr("screen.target.standing"): state.tr(f"task.{one.standing}"),
        state.tr("column.due_on"): "–" if one.due_on is None else text.day(one.due_on),
        state.tr("screen.target.clause"): one.clause,
        state.tr("screen.target.task"): one.text,
        state.tr("column.lead"): one.lead,
        state.tr("screen.target.tasks.cost"): "–"
        if one.cost_mvnd is None
        else figure.written_number(one.cost_mvnd),
        state.tr("column.funding"): one.funding,
    }


def _form(one: Task) -> None:
    with st.container(border=True):
        st.markdown("**" + state.plain_md(f"{one.id} · {one.text}") + "**")
        st.caption(state.tr("screen.target.tasks.who", lead=one.lead or "–", partners=one.partners or "–"))
        with st.form(f"task_form_{one.id}"):
            columns = st.columns(4)
            chosen = columns[0].selectbox(
                state.tr("column.state"),
                STATES,
                index=STATES.index(one.state) if one.state in STATES else 0,
                format_func=lambda name: state.tr(f"value.state.{name}"),
            )
            due_on = columns[1].date_input(state.tr("column.due_on"), value=one.due_on, format="DD/MM/YYYY")
            cost = columns[2].number_input(
                state.tr("screen.target.tasks.cost"), value=one.cost_mvnd, min_value=0.0, step=1.0
            )
            funding = columns[3].text_input(state.tr("column.funding"), value=one.funding)
            note = st.text_input(state.tr("column.note"), value=one.note)
            reason = st.text_input(state.tr("screen.target.tasks.reason"))
            sent = st.form_submit_button(state.tr("screen.target.tasks.save"), type="primary")
        if sent:
            values = {
                "state": chosen,
                "due_on": due_on.isoformat() if isinstance(due_on, dt.date) else None,
                "cost_mvnd": cost,
                "funding": funding.strip() or None,
                "note": note.strip() or None,
            }
            task.update(
                state.opened(), one.id, values, actor=state.actor(), now=state.now(), reason=reason.strip()
            )
            st.session_state[TOLD] = state.tr("screen.target.tasks.saved", id=one.id)
            st.rerun()
        _documents(one)
        _log(one)


def _documents(one: Task) -> None:
    for line in one.documents:
        st.markdown("- " + state.plain_md(line.split(":", 2)[-1]))
    file = st.file_uploader(state.tr("screen.target.tasks.document"), key=f"task_file_{one.id}")
    if file is not None and st.button(state.tr("screen.target.tasks.attach"), key=f"task_attach_{one.id}"):
        task.attach(state.opened(), one.id, file.getvalue(), file.name, actor=state.actor(), now=state.now())
        st.session_state[TOLD] = state.tr("screen.target.tasks.saved", id=one.id)
        st.rerun()


def _log(one: Task) -> None:
    entries = state.remember(("task_log", one.id), lambda: task.log(state.opened(), one.id))
    if not entries:
        return
    with st.expander(state.tr("screen.target.tasks.log", n=len(entries))):
        rows = [
            {
                state.tr("screen.past.at"): note.at[:16].replace("T", " "),
                state.tr("screen.past.who"): note.actor,
                state.tr("column.state"): state.tr(f"value.state.{(row.after or {}).get('state', 'open')}"),
                state.tr("screen.past.reason"): note.reason,
            }
            for note, row in entries
        ]
        st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True, key=f"task_log_{one.id}")
