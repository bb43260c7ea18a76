"""The edition in which a map is shown: the rule for what leaves also holds for what is put on a wall."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace

import streamlit as st

from layers.cell import operators_of
from planning.release import Audience, audience_of, edition
from planning.runs import CoverageRun
from planning.surroundings import operator_spellings
from screens import state

CHOICE = "layer_edition"
EDITIONS = ("internal", "public")


def choose() -> str:
    """
    Draw the choice of the edition.

    Returns
    -------
    edition
        ``internal``, ``public`` or ``operator:X``.
    """
    known = [f"operator:{one}" for one in operators_of(state.table("site"), state.table("cell"))]
    found: str = st.selectbox(
        state.tr("screen.edition"),
        (*EDITIONS, *known),
        format_func=title,
        key=CHOICE,
        help=state.tr("screen.edition.help"),
    )
    return found


def title(name: str) -> str:
    """
    An edition in words.

    Parameters
    ----------
    name
        ``internal``, ``public`` or ``operator:X``.

    Returns
    -------
    title
        In the language of the session.
    """
    sharing, operator = edition(name)
    if operator is None:
        return state.tr(f"screen.export.sharing.{sharing}")
    return state.tr("screen.edition.operator", operator=state.operator_name(operator))


@contextmanager
def shown(name: str) -> Iterator[None]:
    """
    Show tables and coverage in an edition while the block runs.

    Parameters
    ----------
    name
        ``internal``, ``public`` or ``operator:X``.
    """
    sharing, operator = edition(name)
    before = state.audience()
    state.set_audience(audience_of(sharing, operator, operator_spellings()))
    try:
        yield
    finally:
        state.set_audience(before)


def of_run(run: CoverageRun | None, audience: Audience) -> CoverageRun | None:
    """
    A coverage estimate as an audience may see it.

    Parameters
    ----------
    run
        The estimate, or None.
    audience
        Whom it is shown to.

    Returns
    -------
    run
        Rasters of the operators in the released rows of the layer ``coverage5g`` alone; None where there are
        none.
    """
    if run is None or audience.sharing in (state.OWN, EDITIONS[0]):
        return run
    rows = state.table("coverage5g")
    allowed = set(rows.loc[rows["run"] == run.digest, "operator"])
    return _only(run, allowed) if allowed else None


def _only(run: CoverageRun, allowed: Collection[str]) -> CoverageRun:
    operators = tuple(name for name in run.operators if name in allowed)
    done = replace(run, operators=operators, servers=())
    for one in fields(run):
        value = getattr(run, one.name)
        if isinstance(value, Mapping) and one.name.endswith(("_paths", "_share")):
            done = replace(
                done, **{one.name: {name: part for name, part in value.items() if name in allowed}}
            )
    return done
