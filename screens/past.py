"""What was done to the data set, and the ways back: undo, snapshots, backups."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import streamlit as st

from layers.exchange.transit import received
from layers.store import Change
from planning import history, text
from planning.history import Difference
from screens import figure, state
from screens.guard import guarded

SHOWN = 200
TOLD = "past_told"


@guarded
def changes() -> None:
    """Draw the history, and what can be undone."""
    _tell()
    st.text_input(
        state.tr("screen.past.actor"),
        key="actor",
        placeholder=state.actor(),
        help=state.tr("screen.past.actor.help"),
    )
    found = state.remember("changes", state.opened().store.history)
    if not found:
        st.markdown(state.md("screen.past.none"))
        return
    rows = pd.DataFrame([_row(change) for change in found[:SHOWN]])
    st.dataframe(figure.written(rows), hide_index=True, height=min(420, 37 * (len(rows) + 1)))
    possible = history.undoable(found)
    if not possible:
        st.caption(state.tr("screen.past.nothing_to_undo"))
        return
    chosen = st.selectbox(
        state.tr("screen.past.undo.which"), possible, format_func=_title, key=f"past_undo_{found[0].number}"
    )
    reason = st.text_input(state.tr("screen.edit.reason"), key=f"past_reason_{found[0].number}")
    with st.popover(state.tr("screen.past.undo"), icon=":material/undo:"):
        st.markdown(state.md("screen.past.undo.sure", change=_title(chosen)))
        if st.button(state.tr("screen.past.undo.do"), type="primary", key="past_undo"):
            number = history.undo(
                state.opened(), chosen.number, actor=state.actor(), now=state.now(), reason=reason.strip()
            )
            _done(state.tr("screen.past.undo.done", number=chosen.number, undo=number))


@guarded
def copies() -> None:
    """Draw the snapshots, their comparison, and the backups."""
    _tell()
    left, right = st.columns(2, gap="large")
    with left:
        _snapshots()
    with right:
        _backups()


def _snapshots() -> None:
    st.subheader(state.tr("screen.past.snapshots"), anchor=False)
    st.caption(state.tr("screen.past.snapshots.note"))
    name = st.text_input(
        state.tr("screen.past.snapshot.name"), key="past_name", placeholder=text.day(state.now().date())
    )
    if st.button(state.tr("screen.past.snapshot.save"), icon=":material/bookmark_add:"):
        kept = history.save_snapshot(state.opened(), name, actor=state.actor(), now=state.now())
        _done(state.tr("screen.past.snapshot.saved", name=kept))
    found = state.remember("snapshots", state.opened().store.snapshots)
    names = [one.name for one in reversed(found)]
    if not names:
        return
    titles = {one.name: f"{one.name} – {_moment(one.at)}" for one in found}
    before = st.selectbox(
        state.tr("screen.past.compare.before"), names, format_func=titles.__getitem__, key="past_before"
    )
    after = st.selectbox(
        state.tr("screen.past.compare.after"),
        [one for one in names if one != before],
        index=None,
        format_func=titles.__getitem__,
        placeholder=state.tr("screen.past.compare.now"),
        key=f"past_after_{before}",
    )
    differences = state.remember(
        ("past_compare", before, after), lambda: history.compare(state.opened(), before, after)
    )
    if not differences:
        st.markdown(state.md("history.compare.same"))
        return
    st.dataframe(figure.written(pd.DataFrame([_difference(one) for one in differences])), hide_index=True)


def _difference(one: Difference) -> dict[str, object]:
    columns = ", ".join(f"{state.tr(f'column.{name}')} ({n})" for name, n in one.columns.items())
    return {
        state.tr("screen.dataset.layer"): state.tr(f"layer.{one.layer}"),
        state.tr("screen.past.added"): len(one.added),
        state.tr("screen.past.changed"): len(one.changed),
        state.tr("screen.past.removed"): len(one.removed),
        state.tr("screen.past.columns"): columns,
    }


def _backups() -> None:
    st.subheader(state.tr("screen.past.backups"), anchor=False)
    st.caption(state.tr("screen.past.backups.note"))
    if st.button(state.tr("screen.past.backup.do"), icon=":material/save:", type="primary"):
        with st.spinner(state.tr("screen.working")):
            path = history.backup(state.opened(), path=None, now=state.now())
        _done(state.tr("screen.past.backup.done", file=path.name, folder=str(path.parent)))
    st.divider()
    own = history.backups(state.opened())
    chosen = st.selectbox(
        state.tr("screen.past.restore.which"),
        own,
        index=None,
        format_func=lambda path: path.name,
        placeholder=state.tr("screen.past.restore.choose"),
        key="past_restore",
    )
    file = st.file_uploader(state.tr("screen.past.restore.file"), key="past_file")
    if chosen is None and file is None:
        return
    with st.popover(state.tr("screen.past.restore"), icon=":material/settings_backup_restore:"):
        title = chosen.name if chosen is not None else "" if file is None else file.name
        st.markdown(state.md("screen.past.restore.sure", file=title))
        if st.button(state.tr("screen.past.restore.do"), type="primary", key="past_restore_do"):
            with st.spinner(state.tr("screen.working")):
                if chosen is not None:
                    saved = _restore(chosen)
                else:
                    with received(b"" if file is None else file.getvalue()) as path:
                        saved = _restore(path)
            state.reopen()
            _done(state.tr("screen.past.restore.done", file=title, saved=saved.name))


def _restore(path: Path) -> Path:
    return history.restore(state.opened(), path, actor=state.actor(), now=state.now())


def _done(words: str) -> None:
    st.session_state[TOLD] = words
    st.rerun()


def _tell() -> None:
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")


def _row(change: Change) -> dict[str, object]:
    note = change.note
    action = state.tr(f"action.{note.action}")
    if change.undoes is not None:
        action = f"{action} ({change.undoes})"
    if change.is_undone:
        action = f"{action} – {state.tr('history.undone')}"
    return {
        state.tr("screen.past.number"): change.number,
        state.tr("screen.past.at"): _moment(note.at),
        state.tr("screen.past.who"): note.actor or state.tr("history.program"),
        state.tr("screen.past.what"): action,
        state.tr("screen.past.rows"): "; ".join(
            f"{state.tr(f'layer.{part.layer}')} +{part.n_added} ~{part.n_changed} −{part.n_removed}"
            for part in change.layers
        ),
        state.tr("screen.past.from"): note.source,
        state.tr("screen.past.reason"): note.reason,
    }


def _title(change: Change) -> str:
    layers = ", ".join(state.tr(f"layer.{part.layer}") for part in change.layers)
    return (
        f"{change.number}. {_moment(change.note.at)} – {state.tr(f'action.{change.note.action}')} – {layers}"
    )


def _moment(at: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(at)
    except ValueError:
        return at
    local = moment.astimezone(state.now().tzinfo) if moment.tzinfo else moment
    return f"{text.day(local)} {local:%H:%M}"
