"""The coordinate system of a file: which it may be, in words, and why."""

from __future__ import annotations

import math

import streamlit as st

from geo.crs import TM3
from geo.reading import EVIDENCE_M, Candidate, Variant
from planning import text
from planning.intake import Preview, Question
from planning.question import from_option
from screens import state

NAMED = 4
"""So many members of a family are named at most."""


def system_name(epsg: int) -> str:
    """
    Name of a coordinate system for officials.

    Parameters
    ----------
    epsg
        Its code.

    Returns
    -------
    name
        In the language of the session; with the code behind *Kỹ thuật*.
    """
    if epsg in TM3:
        degrees, minutes = divmod(round(TM3[epsg] * 60), 60)
        name = state.tr("screen.crs.tm3", meridian=f"{degrees}°{minutes:02d}'")
    else:
        name = state.tr(f"screen.crs.{epsg}")
    return f"{name} – EPSG:{epsg}" if state.is_technical() else name


def reading_name(option: object) -> str:
    """
    Name of an answer to the question about the system.

    Parameters
    ----------
    option
        Code, or code and variant (see ``planning.question.to_option``).

    Returns
    -------
    name
        In the language of the session.
    """
    epsg, variant = from_option(option)
    name = system_name(epsg)
    return state.tr(f"screen.crs.{variant}", name=name) if variant else name


def choose(question: Question, shown: Preview, *, key: str) -> None:
    """
    Ask for the system, with the proposal and the reason for it.

    Parameters
    ----------
    question
        The question with its proposal and options.
    shown
        The file as it would come in.
    key
        Name of the answer in the session.
    """
    options = list(question.options)
    st.selectbox(
        state.tr("screen.intake.crs"),
        options,
        index=options.index(question.proposed) if question.proposed in options else None,
        format_func=reading_name,
        help=state.tr("screen.intake.crs.help"),
        placeholder=state.tr("screen.intake.crs.choose"),
        key=key,
    )
    for sentence in reasons(shown):
        st.caption(sentence)


def reasons(shown: Preview) -> tuple[str, ...]:
    """
    Why the coordinates are read as they are, in words.

    Parameters
    ----------
    shown
        The file as it would come in.

    Returns
    -------
    sentences
        What speaks for the reading; which other systems lie too close to be told apart.
    """
    if shown.converted is None:
        return ()
    proposal = shown.converted.proposal
    own = next((one for one in proposal.candidates if one.reading == proposal.reading), None)
    found = []
    if proposal.basis in ("title", "given", "declared", "size") or (own and proposal.basis):
        facts = _facts(own, proposal.candidates)
        found.append(state.md(f"screen.intake.why.{proposal.basis}", **facts))
    alike = [] if own is None or proposal.basis == "evidence" else _alike(own, proposal.candidates)
    if alike:
        names = "; ".join(_name(one) for one in alike[:NAMED])
        found.append(state.md("screen.intake.why.family", names=names))
    return tuple(found)


def _facts(own: Candidate | None, candidates: tuple[Candidate, ...]) -> dict[str, object]:
    if own is None:
        return {}
    others = [one.fit_m for one in candidates if one is not own and math.isfinite(one.fit_m)]
    language = state.language()
    return {
        "inside": text.number(100 * own.inside_share, language),
        "near": text.number(min(own.fit_m, 10 * EVIDENCE_M), language),
        "next": text.number(min(others, default=0.0), language),
    }


def _alike(own: Candidate, candidates: tuple[Candidate, ...]) -> list[Candidate]:
    return [
        one
        for one in candidates
        if one.family == own.family and one is not own and one.is_swapped == own.is_swapped
    ]


def _name(one: Candidate) -> str:
    name = system_name(one.epsg)
    return name if one.variant is Variant.PLAIN else state.tr(f"screen.crs.{one.variant}", name=name)
