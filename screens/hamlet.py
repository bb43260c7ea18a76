"""Thôn: the league of hamlets for any target, and everything known of one of them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from geo.gap import Figures
from planning.scorecard import job
from planning.scorecard.job import Row, Scorecard
from screens import figure, heading, scene, scoring, state
from screens.guard import guarded

ROW_PX = 35
FIRST = "T5a"


def render() -> None:
    """Draw the screen."""
    heading.render("screen.hamlet.title", state.opened())
    st.markdown(state.md("screen.hamlet.lead"))
    with st.spinner(state.tr("screen.working")):
        card = scoring.card()
    rows = [row for row in card.rows if any(part.total for part in row.reading.hamlets)]
    if not rows:
        st.info(state.tr("screen.hamlet.none"))
        return
    _league(card, rows)


@st.fragment
@guarded
def _league(card: Scorecard, rows: list[Row]) -> None:
    keys = [row.id for row in rows]
    key = st.selectbox(
        state.tr("screen.hamlet.target"),
        keys,
        index=keys.index(FIRST) if FIRST in keys else 0,
        format_func=lambda one: job.sentence(rows[keys.index(one)], state.language()),
        key="hamlet_target",
    )
    row = rows[keys.index(key)]
    league = _ranked(card, row)
    left, right = st.columns([6, 5], gap="medium")
    with left:
        st.caption(state.tr("screen.hamlet.choose"))
        table = pd.DataFrame([_line(name, part, row) for name, part in league])
        event = st.dataframe(
            figure.written(table),
            hide_index=True,
            height=min(480, ROW_PX * (len(table) + 1) + 2),
            on_select="rerun",
            selection_mode="single-row",
            key=f"hamlet_table_{key}",
        )
        chosen = [place for place in event.selection.rows if place < len(league)]  # type: ignore[attr-defined]
    with right:
        shares = pd.DataFrame([_shares(name, part) for name, part in league])
        st.altair_chart(
            scoring.bars(shares, name=state.tr("screen.gap.hamlet"), height_px=22 * len(shares) + 110),
            width="stretch",
        )
    if chosen:
        _one(card, league[chosen[0]][0])


def _ranked(card: Scorecard, row: Row) -> list[tuple[str, Figures]]:
    """The worst first; of equal ones the one with most unknown."""
    parts = [
        (name, part) for name, part in zip(card.hamlets, row.reading.hamlets, strict=False) if part.total
    ]
    return sorted(
        parts, key=lambda one: (one[1].covered / one[1].total, -one[1].unknown / one[1].total, one[0])
    )


def _line(name: str, part: Figures, row: Row) -> dict[str, object]:
    unit = state.tr(f"unit.{row.target.unit}")
    return {
        state.tr("screen.gap.hamlet"): name,
        state.tr("screen.scoring.share"): figure.share(part.covered / part.total),
        f"{state.tr('state.covered')} ({unit})": round(part.covered, 1),
        f"{state.tr('state.uncovered')} ({unit})": round(part.uncovered, 1),
        f"{state.tr('state.unknown')} ({unit})": round(part.unknown, 1),
    }


def _shares(name: str, part: Figures) -> dict[str, object]:
    return {
        state.tr("screen.gap.hamlet"): name,
        "covered": part.covered / part.total,
        "uncovered": part.uncovered / part.total,
        "unknown": part.unknown / part.total,
    }


def _one(card: Scorecard, name: str) -> None:
    """Drill-down: each target in this hamlet, the four kinds of evidence, and where it lies."""
    place = card.hamlets.index(name)
    with st.container(border=True):
        st.subheader(name, anchor=False)
        left, right = st.columns([6, 5], gap="medium")
        with left:
            told = [
                (row, row.reading.hamlets[place])
                for row in card.rows
                if place < len(row.reading.hamlets) and row.reading.hamlets[place].total
            ]
            table = pd.DataFrame(
                [
                    {
                        state.tr("screen.target.clause"): row.target.clause,
                        state.tr("screen.target.sentence"): job.sentence(row, state.language()),
                        state.tr("screen.scoring.share"): figure.share(part.covered / part.total),
                        state.tr("state.unknown"): figure.share(part.unknown / part.total),
                    }
                    for row, part in told
                ]
            )
            st.dataframe(figure.written(table), hide_index=True, height=320, key=f"hamlet_one_{place}")
        with right:
            _evidence(name)
            found = state.table("hamlet")
            shape = found.loc[found["name"] == name].geometry.iloc[0]
            drawn = (*scene.ground(), *scene.of_layer("site", label=False), *scene.highlight([shape]))
            scene.show(drawn, key="map_hamlet", bounds=scene.around([shape]), height_px=300)


def _evidence(name: str) -> None:
    rows = [one for one in scoring.beside().sides if one.hamlet == name]
    if rows:
        st.dataframe(
            figure.written(pd.DataFrame([scoring.sides_line(one) for one in rows])),
            hide_index=True,
            key="hamlet_sides",
        )
