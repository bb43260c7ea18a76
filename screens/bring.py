"""A file being read beside the page: small ones at once, large ones with progress and a way to stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from layers.exchange.guard import Watch
from layers.exchange.transit import received
from planning import exchange
from planning.intake import Answers, Preview
from planning.workspace import open_workspace
from screens import job, state

JOB = "intake"
LARGE_BYTES = 1_000_000
"""From this size on a file is read beside the page."""
SECONDS = 0.5
_KEPT = "intake_preview"

Key = tuple[str, str, str, object]


def preview(file: UploadedFile, layer: str, answers: Answers, *, stop: Callable[[], None]) -> Preview | None:
    """
    A file as it would come into a layer.

    Parameters
    ----------
    file
        The file.
    layer
        Layer name.
    answers
        What the user chose so far.
    stop
        Puts the file aside, once the user stopped its reading.

    Returns
    -------
    preview
        None while a large file is still read; the page is drawn anew when it ends.

    Raises
    ------
    PlannerError
        As for ``planning.exchange.preview``.
    """
    found = state.opened()
    key: Key = (file.file_id, layer, repr(answers), state.version(found.folder))
    kept = st.session_state.get(_KEPT)
    if kept is not None and kept[0] == key:
        return kept[1]  # type: ignore[no-any-return]
    if file.size < LARGE_BYTES:
        with st.spinner(state.tr("screen.intake.reading")), received(file.getvalue()) as path:
            today = state.now().date()
            shown = exchange.preview(found, path, layer=layer, answers=answers, name=file.name, today=today)
        st.session_state[_KEPT] = (key, shown)
        return shown
    return _beside(file, key, answers, found.folder, stop)


def _beside(
    file: UploadedFile, key: Key, answers: Answers, folder: Path, stop: Callable[[], None]
) -> Preview | None:
    ended = job.take(JOB)
    if ended is not None and ended.error is not None:
        raise ended.error
    if ended is not None and isinstance(ended.result, tuple) and ended.result[0] == key:
        st.session_state[_KEPT] = ended.result
        return ended.result[1]  # type: ignore[no-any-return]
    if job.current(JOB) is None:
        _begin(file, key, answers, folder)
    _progress(stop)
    return None


def _begin(file: UploadedFile, key: Key, answers: Answers, folder: Path) -> None:
    content, name, today = file.getvalue(), file.name, state.now().date()

    def work(progress: Callable[[float], None], cancelled: Callable[[], bool]) -> tuple[Key, Preview]:
        own = open_workspace(folder)
        try:
            with received(content) as path:
                shown = exchange.preview(
                    own,
                    path,
                    layer=key[1],
                    answers=answers,
                    name=name,
                    today=today,
                    watch=Watch(progress=progress, cancelled=cancelled),
                )
            return key, shown
        finally:
            own.store.close()

    job.start(JOB, work)


@st.fragment(run_every=SECONDS)
def _progress(stop: Callable[[], None]) -> None:
    """Show which step the file is at, with a button to stop it; redraw the page when it ends."""
    running = job.current(JOB)
    if running is None or running.ended.is_set():
        st.rerun(scope="app")
    step = "read" if running.share < exchange.READ_SHARE else "understand"
    step = step if running.share < exchange.UNDERSTOOD_SHARE else "judge"
    st.progress(running.share, text=state.tr(f"screen.intake.step.{step}"))
    if st.button(state.tr("screen.cancel"), icon=":material/close:"):
        job.drop(JOB)  # it ends at its next step; nothing was written
        stop()
        st.rerun(scope="app")
