"""Chốt số liệu on the screen: close the figures, and see what moved them between two closings."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import text
from planning.progress import change, closing
from planning.progress.change import Change
from planning.scorecard import plan
from screens import figure, scoring, state
from screens.guard import guarded

TOLD = "closing_told"


@guarded
def show() -> None:
    """Draw the button that closes, and the comparison of two closings."""
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    st.caption(state.tr("screen.closing.note"))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    name = left.text_input(
        state.tr("screen.past.snapshot.name"),
        key="closing_name",
        placeholder=text.day(state.now().date()),
    )
    if right.button(state.tr("screen.closing.do"), type="primary", icon=":material/lock_clock:"):
        kept = closing.keep(state.opened(), scoring.card(), name, actor=state.actor(), now=state.now())
        st.session_state[TOLD] = state.tr("screen.closing.done", name=kept)
        st.rerun()
    found = state.remember("closings", lambda: closing.closings(state.opened()))
    if len(found) < 2:
        st.markdown(state.md("screen.closing.two", n=len(found)))
        return
    names = [one.name for one in reversed(found)]
    before = left.selectbox(state.tr("screen.past.compare.before"), names[1:], key="closing_before")
    after = right.selectbox(
        state.tr("screen.past.compare.after"), names[: names.index(before)], key=f"closing_after_{before}"
    )
    by_name = {one.name: one for one in found}
    workspace = state.opened()
    changes = state.remember(
        ("closing_compare", before, after),
        lambda: change.compare(workspace, by_name[before], by_name[after], plan.targets(workspace)),
    )
    _changes(changes)


def _changes(changes: tuple[Change, ...]) -> None:
    texts = {target.id: target.texts[state.language()] for target in plan.targets(state.opened())}
    rows = [
        {
            state.tr("screen.target.sentence"): texts.get(one.target_id.split(":")[0], one.target_id),
            state.tr("screen.closing.before"): _level(one.before),
            state.tr("screen.closing.after"): _level(one.after),
            **{
                state.tr(f"change.{part}"): _points(getattr(one, part))
                for part in ("real", "data", "reckoning")
            },
            state.tr("screen.closing.remark"): state.tr("change.mixed") if one.is_mixed else "",
        }
        for one in changes
        if one.before != one.after
    ]
    if not rows:
        st.markdown(state.md("history.compare.same"))
        return
    st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True, key="closing_changes")
    st.caption(state.tr("change.assumption"))


def _level(value: float | None) -> str:
    if value is None:
        return "–"
    return figure.share(value) if 0 <= value <= 1 else figure.written_number(value, digits=1)


def _points(value: float | None) -> str:
    return (
        "–" if value is None else f"{'+' if value > 0 else ''}{figure.written_number(100 * value, digits=1)}"
    )
