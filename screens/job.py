"""A long job beside the page: progress, cancel, and its result when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

Work = Callable[[Callable[[float], None], Callable[[], bool]], object]


@dataclass(slots=True, kw_only=True)
class Job:
    """
    One running or ended job. The only value of the screens that changes: two threads share it.

    Parameters
    ----------
    share
        How much is done, 0–1.
    cancelled
        Set when the user wants it to stop.
    ended
        Set when it has ended, well or not.
    result
        What it returned.
    error
        What it raised.
    """

    share: float = 0.0
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    result: object = None
    error: Exception | None = None


def start(name: str, work: Work) -> Job:
    """
    Run a job in a thread of its own.

    Parameters
    ----------
    name
        Name under which the session remembers it.
    work
        Function of a progress callback (share 0–1) and of a question whether to stop.

    Returns
    -------
    job
        The running job.
    """
    job = Job()

    def progress(share: float) -> None:
        job.share = share

    def run() -> None:
        try:
            job.result = work(progress, job.cancelled.is_set)
        except Exception as error:  # noqa: BLE001 - shown by the guard in the thread of the page
            job.error = error
        finally:
            job.ended.set()

    st.session_state[f"job.{name}"] = job
    threading.Thread(target=run, name=f"job-{name}", daemon=True).start()
    return job


def current(name: str) -> Job | None:
    """
    The job of that name.

    Parameters
    ----------
    name
        Its name.

    Returns
    -------
    job
        None where none was started or its result was taken.
    """
    found = st.session_state.get(f"job.{name}")
    return found if isinstance(found, Job) else None


def take(name: str) -> Job | None:
    """
    The job of that name if it has ended; the session forgets it.

    Parameters
    ----------
    name
        Its name.

    Returns
    -------
    job
        None where there is none or it still runs.
    """
    found = current(name)
    if found is None or not found.ended.is_set():
        return None
    del st.session_state[f"job.{name}"]
    return found


def drop(name: str) -> None:
    """
    Stop the job of that name and forget it: what it returns is of no use any more.

    Parameters
    ----------
    name
        Its name.
    """
    found = current(name)
    if found is not None:
        found.cancelled.set()
        del st.session_state[f"job.{name}"]
