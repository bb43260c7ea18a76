"""Numbers that only people can tell: the monthly entry of the commune, the survey by hamlet, its workbook."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from layers.exchange.transit import made, received
from layers.issue import Issue, Severity
from planning.evidence import survey, survey_file
from planning.evidence.survey import Entry, Question
from planning.scorecard import plan
from screens import guard, state
from screens.guard import guarded

TOLD = "entry_told"


@guarded
def show() -> None:
    """Draw the monthly entry, the table of hamlets, and the workbook."""
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    asked = survey.questions(plan.targets(state.opened()))
    left, right = st.columns([5, 6], gap="large")
    with left:
        _month([question for question in asked if not question.by_hamlet], asked)
    with right:
        _hamlets(asked)
        _workbook(asked)


def _month(own: list[Question], asked: tuple[Question, ...]) -> None:
    """All numbers of the commune on one page, the last ones filled in: only what changed is typed."""
    st.subheader(state.tr("screen.entry.month"), anchor=False)
    st.caption(state.tr("screen.entry.month.note"))
    last = _last()
    with st.form("entry_month"):
        day = _day("entry_month_day")
        columns = st.columns(2)
        values = {
            question.indicator: columns[place % 2].number_input(
                _title(question.indicator),
                value=last.get(question.indicator),
                min_value=0.0,
                step=1.0,
                format="%.0f",
            )
            for place, question in enumerate(own)
        }
        sent = st.form_submit_button(state.tr("screen.entry.save"), type="primary")
    if sent:
        entries = [
            Entry(indicator=name, hamlet_id="", value=value, surveyed_on=day)
            for name, value in values.items()
            if value is not None
        ]
        _take(entries, asked, source=state.tr("screen.entry.month"))


def _title(indicator: str) -> str:
    words = state.tr(f"survey.{indicator}")
    return words[:1].upper() + words[1:]


def _last() -> dict[str, float]:
    table = state.opened().store.read("survey")
    own = table[table["hamlet_id"].isna() & table["value"].notna()].sort_values("surveyed_on")
    return {str(name): float(value) for name, value in zip(own["indicator"], own["value"], strict=True)}


def _day(key: str) -> dt.date:
    today = state.now().date()
    chosen = st.date_input(
        state.tr("survey.form.day"), value=today, max_value=today, format="DD/MM/YYYY", key=key
    )
    return chosen if isinstance(chosen, dt.date) else today


def _hamlets(asked: tuple[Question, ...]) -> None:
    st.subheader(state.tr("screen.entry.hamlets"), anchor=False)
    names = [question.indicator for question in asked if question.by_hamlet]
    found = state.opened()
    table = survey.latest(found, asked, today=state.now().date())
    day = _day("entry_hamlets_day")
    config: dict[str, object] = {
        "name": st.column_config.TextColumn(state.tr("screen.gap.hamlet"), disabled=True)
    }
    for name in names:
        config[name] = st.column_config.NumberColumn(_title(name), min_value=0)
    changed = st.data_editor(table, hide_index=True, column_config=config, height=300, key="entry_table")
    if st.button(state.tr("screen.entry.save"), key="entry_hamlets"):
        entries = [
            Entry(indicator=name, hamlet_id=str(key), value=float(changed.at[key, name]), surveyed_on=day)
            for key in table.index
            for name in names
            if not pd.isna(changed.at[key, name]) and changed.at[key, name] != table.at[key, name]
        ]
        _take(entries, asked, source=state.tr("screen.entry.hamlets"))


def _workbook(asked: tuple[Question, ...]) -> None:
    found, language = state.opened(), state.language()
    name = state.tr("screen.entry.file")
    content, _ = state.remember(
        ("survey_form", language),
        lambda: made(
            name, lambda path: survey_file.write(found, asked, path, language=language, now=state.now())
        ),
    )
    st.download_button(
        state.tr("screen.entry.form"), content, file_name=name, icon=":material/download:", on_click="ignore"
    )
    file = st.file_uploader(state.tr("screen.entry.upload"), type=["xlsx", "xls", "csv"], key="entry_file")
    if file is None or not st.button(state.tr("screen.entry.take"), key="entry_take"):
        return
    with received(file.getvalue()) as path:
        entries, faults = survey_file.read(found, asked, path, name=file.name, today=state.now().date())
    _take(list(entries), asked, source=file.name, faults=faults)


def _take(
    entries: list[Entry], asked: tuple[Question, ...], *, source: str, faults: tuple[Issue, ...] = ()
) -> None:
    found = state.opened()
    issues = (*faults, *survey.judge(found, entries, asked, today=state.now().date()))
    for issue in issues:
        show_fault = st.error if issue.severity is Severity.ERROR else st.warning
        show_fault(guard.sentence(issue))
    if any(issue.severity is Severity.ERROR for issue in issues):
        return
    number = survey.keep(found, entries, issues, source=source, actor=state.actor(), now=state.now())
    st.session_state[TOLD] = state.tr("cli.survey.kept", n=number)
    st.rerun()
