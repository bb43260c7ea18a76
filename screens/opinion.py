"""One page for one proposal: map, people, two checks, rules, alternatives, log, opinion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import shapely
import streamlit as st

from geo.errors import PlannerError
from layers.exchange.transit import made
from layers.store import documents as shelf
from planning import addition, evaluated, evaluation, paper, planned, proposal, review, submission, text
from planning.addition import Added
from planning.effect import Baseline
from planning.evaluated import Kept
from planning.proposal import Case
from planning.review import OPINIONS, Action, Actor, Seen
from planning.runs import ANY
from planning.summary import rule_text, summary
from screens import figure, guard, legend, overlay, palette, scene, state
from screens.guard import guarded

PENDING, SHOWN = "proposal_pending", "proposal_shown"
PICTURES = ("difference", "before", "after")
FACTS = (
    "operator",
    "structure",
    "height_m",
    "bands",
    "sharing_statement",
    "expected_on",
    "accuracy_m",
)
RULE_ORDER = ("FAIL", "UNKNOWN", "WARN", "PASS")


@guarded
def page(case: Case, actor: Actor) -> None:
    """
    Draw the page.

    Parameters
    ----------
    case
        The proposal.
    actor
        Who looks.
    """
    told = st.session_state.pop("proposal_done", None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    st.subheader(f"{case.proposal.id} · {state.tr(f'proposal.state.{case.proposal.state}')}", anchor=False)
    kept = evaluated.last(state.opened().store, case.proposal.id, case.proposal.evaluation)
    changed = _changed(case, kept)
    if changed:
        st.warning(state.md("error.evaluation_outdated", id=case.proposal.id, changed=", ".join(changed)))
    _facts(case)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if kept is None:
            st.info(state.tr("screen.proposal.not_evaluated"))
        else:
            _map(case, kept)
            _evaluation(kept.record)
    with right:
        _act(case, actor, kept, changed)
        _papers(case, kept)
        _log(case)


def _changed(case: Case, kept: Kept | None) -> tuple[str, ...]:
    if kept is None:
        return ()
    return state.remember(
        ("proposal_changed", kept.digest),
        lambda: evaluated.changed(state.opened(), case.proposal.id, kept.record),
    )


def _facts(case: Case) -> None:
    row = case.row
    facts = {name: row.get(name) for name in FACTS if not pd.isna(row.get(name))}
    said = {name: state.value_text(submission.SPEC, name, value) for name, value in facts.items()}
    parts = [
        f"{state.column_title(submission.SPEC, name)}: **{state.plain_md(value)}**"
        for name, value in said.items()
    ]
    st.markdown(" · ".join(parts))
    for one in submission.attachments(row):
        content = shelf.read(state.opened().folder, one.digest)
        st.download_button(
            f"{one.name} ({one.kind})", content, file_name=one.name, mime="application/octet-stream",
            icon=":material/attach_file:", on_click="ignore", key=f"document_{one.digest}",
        )  # fmt: skip


def _baseline() -> Baseline:
    found = state.opened()
    return state.remember("proposal_baseline", lambda: evaluation.baseline(found, now=state.now()))


def _added(case: Case, kept: Kept) -> Added:
    def make() -> Added:
        found = _baseline()
        return addition.add(found.ready, planned.cells_of(case.row, found.ready.inputs, epsg=found.epsg))

    return state.remember(("proposal_added", kept.digest), make)


def _map(case: Case, kept: Kept) -> None:
    names = (case.proposal.operator, ANY)
    left, right = st.columns(2)
    name = left.selectbox(
        state.tr("column.operator"),
        names,
        format_func=state.operator_name,
        key=f"proposal_of_{case.proposal.id}",
    )
    shown = right.selectbox(
        state.tr("screen.whatif.shown"),
        PICTURES,
        format_func=lambda one: state.tr(f"screen.proposal.shown.{one}"),
        key=SHOWN,
    )
    with st.spinner(state.tr("screen.working")):
        added = _added(case, kept)
    path: Path = addition.draw(state.opened(), added, name, key=kept.digest, shown=shown)
    is_difference = shown == "difference"
    style = palette.of_changes() if is_difference else palette.of_states(palette.STATE_COLOURS)
    point = case.row.get("geometry")
    here = [point] if isinstance(point, shapely.Point) else []
    scene.show(
        (
            *overlay.of_raster(path, style, opacity=0.6),
            *scene.ground(),
            *scene.of_layer("site"),
            *scene.highlight(here),
            *scene.names(),
        ),
        key=f"map_proposal_{case.proposal.id}",
        bounds=scene.around([one.buffer(0.02) for one in here]),
        height_px=400,
    )
    legend.render(legend.of_changes() if is_difference else legend.of_states())


def _evaluation(record: Mapping[str, object]) -> None:
    language = state.language()
    rules = record.get("rules")
    found = [one for one in rules if isinstance(one, Mapping)] if isinstance(rules, list) else []
    codes = {state.tr(f"proposal.rule.{one['code']}") for one in found}
    lines = [(title, value) for title, value in summary(record, language) if title not in codes]
    what, result = state.tr("proposal.sheet.what"), state.tr("proposal.sheet.result")
    st.table(pd.DataFrame([{what: title, result: value} for title, value in lines]).set_index(what))
    st.markdown(f"**{state.tr('screen.proposal.rules')}**")
    ordered = sorted(found, key=lambda one: RULE_ORDER.index(str(one["verdict"])))
    rows = [
        {
            what: state.tr(f"proposal.rule.{one['code']}"),
            result: rule_text(one, language),
            state.tr("column.source"): one["source"],
        }
        for one in ordered
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=320, key="proposal_rules")
    if state.is_technical():
        emf = record.get("emf")
        fraction = emf.get("fraction") if isinstance(emf, Mapping) else None
        if fraction is not None:
            st.caption(state.tr("screen.proposal.emf.internal", share=figure.share(float(fraction))))


def _act(case: Case, actor: Actor, kept: Kept | None, changed: tuple[str, ...]) -> None:
    key = case.proposal.id
    possible = review.possible(case.proposal, actor, proposal.rights())
    st.markdown(f"**{state.tr('screen.proposal.act')}**")
    who = state.md("cli.proposal.actor", actor=actor.name, role=state.tr(f"proposal.role.{actor.role}"))
    st.caption(who)
    if Action.EVALUATE in possible and st.button(
        state.tr("proposal.action.evaluate"), icon=":material/calculate:", key=f"evaluate_{key}",
        type="secondary" if kept else "primary", width="stretch",
    ):  # fmt: skip
        with st.spinner(state.tr("screen.working")):
            evaluated.run(state.opened(), case, actor, now=state.now(), found=_baseline())
        st.rerun()
    others = [one for one in possible if one not in (Action.EVALUATE, Action.EDIT)]
    action = st.selectbox(
        state.tr("screen.proposal.action"), others, index=None,
        format_func=lambda one: state.tr(f"proposal.action.{one}"),
        placeholder=state.tr("screen.proposal.action.none"), key=f"action_{key}",
    )  # fmt: skip
    if action is None:
        return
    reason = st.text_area(state.tr("column.reason"), key=f"reason_{key}", height=90)
    if st.button(
        state.tr("screen.proposal.review"), icon=":material/preview:", key=f"review_{key}", width="stretch"
    ):
        seen = Seen(
            version=case.proposal.version,
            evaluation=kept.digest if kept and action in OPINIONS else "",
            changed=changed if action in OPINIONS else (),
        )
        st.session_state[PENDING] = (key, action, reason, seen)
    pending = st.session_state.get(PENDING)
    if pending and pending[:3] == (key, action, reason):
        _confirm(case, actor, action, reason, pending[3])


def _confirm(case: Case, actor: Actor, action: Action, reason: str, seen: Seen) -> None:
    after = review.TRANSITIONS[case.proposal.state, action].next
    with st.container(border=True):
        st.markdown(
            state.md(
                "screen.proposal.confirm",
                id=case.proposal.id,
                does=state.tr(f"proposal.action.{action}"),
                before=state.tr(f"proposal.state.{case.proposal.state}"),
                after=state.tr(f"proposal.state.{after}"),
                why=reason or "–",
            )
        )
        left, right = st.columns(2)
        right.button(
            state.tr("screen.proposal.cancel"), on_click=_forget, key="proposal_cancel", width="stretch"
        )
        if left.button(state.tr("screen.proposal.do"), type="primary", key="proposal_do", width="stretch"):
            _forget()
            try:
                _, entry = proposal.act(
                    state.opened(), case.proposal.id, action, actor, seen=seen, now=state.now(), reason=reason
                )
            except PlannerError as error:
                guard.show(error)
                return
            st.session_state["proposal_done"] = state.tr(
                "cli.proposal.done",
                id=case.proposal.id,
                action=state.tr(f"proposal.action.{action}"),
                state=state.tr(f"proposal.state.{entry.state_to}"),
                entry=entry.entry,
            )
            st.rerun()


def _forget() -> None:
    st.session_state.pop(PENDING, None)


def _papers(case: Case, kept: Kept | None) -> None:
    st.markdown(f"**{state.tr('screen.proposal.papers')}**")
    language, found = state.language(), state.opened()
    writers = {
        "sheet.docx": paper.write,
        "sheet.pdf": paper.write,
        "residents.docx": paper.write_for_residents,
        "request.docx": paper.write_request,
        "answer.zip": paper.write_answer,
    }
    choice = st.selectbox(
        state.tr("screen.proposal.paper"),
        [name for name in writers if kept is not None or not name.startswith("sheet")],
        format_func=lambda name: state.tr(f"screen.proposal.paper.{name}"),
        key=f"paper_{case.proposal.id}",
    )
    if not st.button(state.tr("screen.proposal.paper.make"), key=f"make_{case.proposal.id}", width="stretch"):
        return

    def write(path: Path) -> str:
        return writers[choice](found, case, path, language=language, now=state.now())

    name = f"{case.proposal.id}_{choice}".replace("/", "_")
    with st.spinner(state.tr("screen.working")):
        content, _ = made(name, write)
    st.download_button(
        name, content, file_name=name, icon=":material/download:", on_click="ignore", key="paper_file"
    )


def _log(case: Case) -> None:
    st.markdown(f"**{state.tr('screen.proposal.log')}**")
    rows = [
        {
            state.tr("column.at"): text.day(pd.Timestamp(one.at)),
            state.tr("column.actor"): one.actor,
            state.tr("column.action"): state.tr(f"proposal.action.{one.action}"),
            state.tr("column.state_to"): state.tr(f"proposal.state.{one.state_to}"),
            state.tr("column.reason"): one.reason,
        }
        for one in reversed(case.entries)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"log_{case.proposal.id}")
