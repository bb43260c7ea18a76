"""Đề xuất BTS: the queue with its clock, one page for one proposal, intake, side by side."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from layers.exchange.transit import made, received
from planning import evaluated, proposal, submission, text
from planning.proposal import Case
from planning.summary import summary
from screens import acting, entering, figure, heading, intake, opinion, state
from screens.guard import guarded

CHOSEN = "proposal_chosen"


def render() -> None:
    """Draw the screen."""
    heading.render("screen.proposal.title", state.opened())
    st.markdown(state.md("screen.proposal.lead"))
    acting.settings()
    names = ("queue", "intake", "compare")
    tabs = st.tabs([state.tr(f"screen.proposal.tab.{name}") for name in names])
    for tab, draw in zip(tabs, (_queue, _intake, _compare), strict=True):
        with tab:
            draw()


def _cases() -> tuple[Case, ...]:
    actor = acting.actor()
    return state.remember(
        ("proposals", actor.role, actor.operator), lambda: proposal.read(state.opened(), actor)
    )


@guarded
def _queue() -> None:
    cases = _cases()
    if not cases:
        st.info(state.tr("screen.proposal.none"))
        return
    today = state.now().date()
    st.dataframe(
        figure.written(pd.DataFrame([_line(case, today) for case in cases])),
        hide_index=True,
        height=min(300, 37 * (len(cases) + 1)),
        key="proposal_queue",
    )
    by_id = {case.proposal.id: case for case in cases}
    if st.session_state.get(CHOSEN) not in by_id:
        st.session_state.pop(CHOSEN, None)
    chosen = st.selectbox(
        state.tr("screen.proposal.open"),
        list(by_id),
        index=None,
        format_func=lambda key: _title(by_id[key]),
        placeholder=state.tr("screen.proposal.open.none"),
        key=CHOSEN,
    )
    if chosen is not None:
        opinion.page(by_id[chosen], acting.actor())


def _title(case: Case) -> str:
    # Without its state: the widget keeps the words with which it was chosen.
    name = case.row.get("name")
    return f"{case.proposal.id} – {name}" if isinstance(name, str) else case.proposal.id


def _line(case: Case, today: dt.date) -> dict[str, object]:
    clock = proposal.clock(case, today=today)
    flags = [
        state.tr(f"screen.proposal.flag.{name}")
        for name, is_up in (
            ("late", clock.is_late),
            ("paused", case.proposal.is_paused),
            ("evaluate", not case.proposal.evaluation and clock.is_running),
            ("unrecorded", not case.is_as_recorded),
        )
        if is_up
    ]
    return {
        state.tr("column.proposal_id"): case.proposal.id,
        state.tr("column.name"): case.row.get("name"),
        state.tr("column.operator"): state.operator_name(case.proposal.operator),
        state.tr("column.state"): state.tr(f"proposal.state.{case.proposal.state}"),
        state.tr("screen.proposal.days"): state.tr(
            "screen.proposal.days.line", n=clock.n_used, allowed=clock.n_allowed
        ),
        state.tr("screen.proposal.due"): "–" if clock.due_on is None else text.day(clock.due_on),
        state.tr("screen.proposal.flags"): "; ".join(flags) or "–",
    }


@guarded
def _intake() -> None:
    told = st.session_state.pop("proposal_taken", None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    st.markdown(state.md("screen.proposal.intake.lead"))
    found = state.opened()

    def write(path: object) -> str:
        return submission.write_template(found, path, language=state.language(), now=state.now())  # type: ignore[arg-type]

    name = f"{state.tr('screen.proposal.package.file')}.zip"
    content, _ = state.remember(("proposal_package", state.language()), lambda: made(name, write))
    st.download_button(
        state.tr("screen.proposal.package"),
        content,
        file_name=name,
        icon=":material/download:",
        on_click="ignore",
    )
    file = intake.uploader("proposal", label="screen.proposal.file")
    if file is not None:
        confirmed = st.checkbox(state.tr("screen.proposal.file.agree"), key="proposal_agree")
        if st.button(state.tr("screen.proposal.file.take"), type="primary", icon=":material/check:"):
            with received(file.getvalue()) as path, st.spinner(state.tr("screen.working")):
                taken = submission.import_file(
                    found, path, acting.actor(), confirmed=confirmed, name=file.name, now=state.now()
                )
            st.session_state["proposal_taken"] = state.tr(
                "cli.proposal.taken", n=len(taken.ids), n_documents=taken.n_documents
            )
            intake.clear("proposal")
            st.rerun()
    with st.expander(state.tr("screen.proposal.form"), icon=":material/edit_note:"):
        entering.form(acting.actor())


@guarded
def _compare() -> None:
    known = [case.proposal.id for case in _cases() if case.proposal.evaluation]
    if not known:
        st.info(state.tr("screen.proposal.compare.none"))
        return
    chosen = st.multiselect(
        state.tr("screen.proposal.compare"),
        known,
        max_selections=evaluated.MOST_COMPARED,
        key="proposal_compared",
    )
    st.caption(state.tr("screen.proposal.compare.note"))
    if not chosen:
        return
    kept = evaluated.side_by_side(state.opened(), chosen, acting.actor())
    told = {one.id: summary(one.record, state.language()) for one in kept}
    titles = dict.fromkeys(title for lines in told.values() for title, _ in lines)
    table = pd.DataFrame(
        [
            {
                state.tr("proposal.sheet.what"): title,
                **{key: dict(lines).get(title, "–") for key, lines in told.items()},
            }
            for title in titles
        ]
    )
    st.dataframe(table, hide_index=True, height=560, key="proposal_side_by_side")
