"""The one guard: what goes wrong is told in words that help, never as a traceback."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from geo.errors import CancelledError, PlannerError
from layers.issue import Issue
from planning import text
from screens import state

LOG = logging.getLogger("hatangso")
P = ParamSpec("P")


def guarded(render: Callable[P, None]) -> Callable[P, None]:
    """
    A screen, or a part of one, that may fail without harm.

    Parameters
    ----------
    render
        Function that draws it.

    Returns
    -------
    guarded
        The same function; a refusal is shown as a sentence with its remedy, anything unforeseen as a
        number under which the log holds the details.
    """

    @wraps(render)
    def inner(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            render(*args, **kwargs)
        except PlannerError as error:
            show(error)
        except Exception as error:  # noqa: BLE001 - the last line of defence, logged under a number
            show_unforeseen(error)

    return inner


def show(error: PlannerError) -> None:
    """
    Tell a refusal in the user's language.

    Parameters
    ----------
    error
        What was refused.
    """
    if isinstance(error, CancelledError):
        st.info(state.tr("screen.cancelled"))
        return
    st.error(state.md(f"error.{error.code}", **error.facts), icon=":material/error:")
    faults = [issue for issue in error.issues if isinstance(issue, Issue)]
    for issue in faults[:20]:
        st.markdown(f"- {sentence(issue)}")
    if len(faults) > 20:
        st.caption(state.tr("screen.more_faults", n=len(faults) - 20))


def sentence(issue: Issue) -> str:
    """
    A fault with its place and its remedy, in the user's language.

    Parameters
    ----------
    issue
        The fault.

    Returns
    -------
    text
        One or two sentences.
    """
    facts = text.facts_of(issue)
    row = [state.tr("screen.row", row=str(issue.row))] if issue.row is not None else []
    column = [state.md("screen.fault.column", column=issue.column)] if issue.column else []
    place = ", ".join([*row, *column]) + ": " if row or column else ""
    message = state.md(f"issue.{issue.code}.message", **facts)
    return f"{place}{message} {state.md(f'issue.{issue.code}.remedy', **facts)}"


def show_unforeseen(error: Exception) -> None:
    """
    Tell that something unforeseen happened, and under which number the log holds it.

    Parameters
    ----------
    error
        What was raised.
    """
    number = secrets.token_hex(4)
    LOG.error("unforeseen error %s", number, exc_info=error)
    st.error(state.tr("screen.unforeseen", number=number), icon=":material/error:")
