"""Targets changed by the office: thresholds, path 2026–2030, source; every earlier version is kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from layers.issue import Severity
from layers.store import Note
from planning import edit
from planning.scorecard import plan
from planning.scorecard.row import YEARS
from screens import guard, state
from screens.guard import guarded

TOLD = "target_edit_told"
SHARES = ("threshold_share", *(f"path_{year}" for year in YEARS))
TEXTS = ("clause", "text_vi", "source", "source_date")


@guarded
def show() -> None:
    """Draw the table of targets to be changed, or the button that takes the plan's over."""
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    found = state.opened()
    table = found.store.read(plan.LAYER)
    if table.empty:
        st.markdown(state.md("screen.target.edit.shipped"))
        if st.button(state.tr("screen.target.edit.adopt"), type="primary"):
            rows = plan.from_plan(found, today=state.now().date().isoformat())
            stamp = state.now().replace(microsecond=0).isoformat()
            found.store.append(
                {plan.LAYER: rows},
                note=Note(action="add", actor=state.actor(), at=stamp, source="data/targets"),
            )
            st.session_state[TOLD] = state.tr("screen.target.edit.adopted", n=len(rows))
            st.rerun()
        return
    st.caption(state.tr("screen.target.edit.note"))
    seen = pd.DataFrame(table[["id", *TEXTS, *SHARES, "is_active"]]).set_index("id")
    shares = {name: 100 * seen[name].astype("Float64") for name in SHARES}
    shown = seen.assign(**shares)
    config: dict[str, object] = {
        name: st.column_config.NumberColumn(_title(name), min_value=0, max_value=100) for name in SHARES
    }
    config |= {name: st.column_config.TextColumn(state.tr(f"column.{name}")) for name in TEXTS}
    config["text_vi"] = st.column_config.TextColumn(state.tr("screen.target.sentence"), width="large")
    config["is_active"] = st.column_config.CheckboxColumn(state.tr("column.is_active"))
    turn = st.session_state.get("target_edit_turn", 0)
    changed = st.data_editor(shown, column_config=config, height=460, key=f"target_edit_{turn}")
    reason = st.text_input(state.tr("screen.edit.reason"), key="target_edit_reason")
    if st.button(state.tr("screen.target.edit.save"), type="primary"):
        _save(table, shown, changed, reason.strip())


def _title(name: str) -> str:
    if name == "threshold_share":
        return state.tr("screen.target.wanted") + " (%)"
    return name.removeprefix("path_") + " (%)"


def _save(table: pd.DataFrame, shown: pd.DataFrame, changed: pd.DataFrame, reason: str) -> None:
    found, today = state.opened(), state.now().date()
    number = 0
    for key in shown.index:
        values = {
            name: _value(name, changed.at[key, name]) for name in shown if _differs(shown, changed, key, name)
        }
        if not values:
            continue
        seen = table[table["id"] == key]
        prepared = edit.change(found, plan.LAYER, seen, values, today=today)
        wrong = [issue for issue in prepared.issues if issue.severity is Severity.ERROR]
        for issue in wrong:
            st.error(guard.sentence(issue))
        if not wrong:
            edit.keep(found, prepared, actor=state.actor(), now=state.now(), reason=reason)
            number += 1
    if number:
        st.session_state["target_edit_turn"] = st.session_state.get("target_edit_turn", 0) + 1
        st.session_state[TOLD] = state.tr("screen.target.edit.saved", n=number)
        st.rerun()


def _differs(shown: pd.DataFrame, changed: pd.DataFrame, key: str, name: str) -> bool:
    old, new = shown.at[key, name], changed.at[key, name]
    if pd.isna(old) or pd.isna(new):
        return bool(pd.isna(old) != pd.isna(new))
    return bool(old != new)


def _value(name: str, value: object) -> object:
    if pd.isna(value):
        return None
    return float(value) / 100 if name in SHARES else value
