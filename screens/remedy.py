"""What can be done about a gap area: what stands nearby, remedies, and the terms of its score."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from planning import house as houses
from planning import remedy
from planning.area import GapArea
from planning.remedy import Actionable, Neighbour
from screens import figure, mapview, scoring, state

TERMS = ("people", "zone", "road", "report", "sharing")


def of_areas(areas: Sequence[GapArea], operator: str) -> dict[str, Actionable]:
    """
    Areas with all that a planner needs.

    Parameters
    ----------
    areas
        Gap areas of one operator, of ``any`` or of ``two_or_more``.
    operator
        Which of these.

    Returns
    -------
    actionable
        Id of the area to it, the most urgent first.
    """
    if not areas:
        return {}
    workspace = state.opened()
    key = ("remedies", operator, tuple(area.id for area in areas), state.now().date())
    found = state.remember(key, lambda: remedy.act(remedy.read(workspace, scoring.evidence()), tuple(areas)))
    return {one.area.id: one for one in found}


def card(one: Actionable) -> None:
    """
    Draw what can be done about an area.

    Parameters
    ----------
    one
        The area.
    """
    st.markdown(
        state.md(
            "screen.remedy.what",
            houses=one.houses,
            places=", ".join(one.places) or "–",
            km=figure.written_number(one.road_km, digits=1),
            reports=one.n_reports,
        )
    )
    rows = [
        {
            state.tr("screen.remedy.remedy"): state.tr(f"remedy.{way.kind}"),
            state.tr("screen.remedy.by"): "–" if way.by is None else way.by.name,
            state.tr("screen.remedy.away"): "–"
            if way.by is None
            else figure.written_number(way.by.distance_m),
            state.tr("screen.remedy.room"): "–" if way.by is None else room(way.by),
            state.tr("screen.remedy.score"): round(100 * way.score),
        }
        for way in one.remedies
    ]
    st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True, key=f"remedies_{one.area.id}")
    terms = ", ".join(
        f"{state.tr(f'gap.term.{name}')} {figure.written_number(one.terms[name], digits=2)}" for name in TERMS
    )
    st.caption(state.tr("screen.remedy.terms", score=figure.written_number(one.score, digits=2), terms=terms))
    with st.expander(state.tr("screen.remedy.nearby")):
        for near in one.nearby:
            _near(near)


def house(map_key: str) -> None:
    """
    Draw the card of the house that was clicked last on a map.

    Parameters
    ----------
    map_key
        Name of the map.
    """
    click = mapview.clicked(map_key)
    if click is None:
        st.caption(state.tr("screen.house.click"))
        return
    workspace = state.opened()
    around = state.remember(
        ("around", state.now().date()), lambda: remedy.read(workspace, scoring.evidence())
    )
    found = houses.at(workspace, around, click.lon, click.lat)
    with st.container(border=True):
        key = "screen.house.at" if found.is_house else "screen.house.place"
        place = found.hamlet or state.tr("screen.gap.no_hamlet")
        st.markdown(f"**{state.md('screen.house.title')}** {state.md(key, hamlet=place)}")
        for operator, name in found.mobile.items():
            said = f"{state.operator_name(operator)}: {state.tr(f'state.{name}')}"
            st.markdown("- " + state.plain_md(said))
        why = f" ({state.tr(f'house.fiber.{found.fiber_reason}')})" if found.fiber_reason else ""
        st.markdown(
            "- "
            + state.plain_md(f"{state.tr('screen.house.fiber')}: {state.tr(f'state.{found.fiber}')}{why}")
        )
        for near in found.nearby:
            _near(near)


def _near(near: Neighbour) -> None:
    said = f"{state.tr(f'nearby.{near.kind}')}: {near.name}, {figure.written_number(near.distance_m)} m"
    st.markdown("- " + state.plain_md(said + (f" ({room(near)})" if near.room else "")))


def room(near: Neighbour) -> str:
    """
    Whether there is room, in words.

    Parameters
    ----------
    near
        The neighbour.

    Returns
    -------
    words
        With whom to ask where nobody has told; "–" where room says nothing.
    """
    if not near.room:
        return "–"
    if near.room != remedy.UNKNOWN:
        return state.tr(f"room.{near.room}")
    if not near.asked:
        return state.tr("room.unknown_nobody")
    return state.tr("room.unknown", who=state.operator_name(near.asked))
