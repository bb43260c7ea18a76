"""Chỉ tiêu & nhiệm vụ: every sentence of the plan with today's value, whom to call, and what is late."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from planning import data, text
from planning.progress import closing as closings
from planning.progress import forecast, planned
from planning.progress.forecast import Forecast
from planning.scorecard import job
from planning.scorecard.job import Call, Row, Scorecard
from screens import closing, entry, figure, heading, index_sheet, scoring, state, target_edit, tasks
from screens.guard import guarded

ROW_PX = 35
SHOWN_CALLS = 5
SHOWN_WANTS = 4


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.target.title", found)
    st.markdown(state.md("screen.target.lead"))
    with st.spinner(state.tr("screen.working")):
        card = scoring.card()
    names = ("targets", "calls", "tasks", "entry", "closing", "index", "edit")
    tabs = st.tabs([state.tr(f"screen.target.tab.{name}") for name in names])
    with tabs[0]:
        _targets(card)
    with tabs[1]:
        _calls(card.calls)
    drawings = (tasks.show, entry.show, closing.show, index_sheet.show, target_edit.show)
    for tab, draw in zip(tabs[2:], drawings, strict=True):
        with tab:
            draw()


@st.fragment
@guarded
def _targets(card: Scorecard) -> None:
    st.caption(state.tr("screen.target.choose"))
    table = pd.DataFrame([_line(row) for row in card.rows])
    event = st.dataframe(
        figure.written(table),
        hide_index=True,
        height=min(560, ROW_PX * (len(table) + 1) + 2),
        on_select="rerun",
        selection_mode="single-row",
        key="target_table",
    )
    chosen = event.selection.rows  # type: ignore[attr-defined]
    if chosen:
        _card(card.rows[chosen[0]], card.hamlets)


def _line(row: Row) -> dict[str, object]:
    return {
        state.tr("screen.target.clause"): row.target.clause,
        state.tr("screen.target.sentence"): job.sentence(row, state.language()),
        state.tr("screen.target.today"): _value(row),
        state.tr("screen.target.published"): "–"
        if row.published_share is None
        else figure.share(row.published_share),
        state.tr("screen.target.wanted"): figure.share(row.target.threshold_share)
        if row.target.threshold_share is not None
        else state.tr("screen.target.no_threshold"),
        state.tr("screen.target.standing"): state.tr(f"screen.target.{_standing(row)}"),
        state.tr("state.unknown"): _unknown(row),
    }


def _value(row: Row) -> str:
    if row.reading.value is not None:
        digits = 0 if row.reading.value.is_integer() else 2
        return text.number(row.reading.value, state.language(), digits=digits)
    return figure.share(row.share) if row.share is not None else state.tr("formula.no_data")


def _unknown(row: Row) -> str:
    figures = row.reading.figures
    return figure.share(figures.unknown / figures.total) if figures is not None and figures.total else "–"


def _standing(row: Row) -> str:
    """Met, not met, or open: an unknown part that could still decide it leaves it open."""
    wanted, figures = row.target.threshold_share, row.reading.figures
    if wanted is None or figures is None or not figures.total:
        return "standing_none"
    if figures.covered >= wanted * figures.total:
        return "standing_met"
    return (
        "standing_missed" if figures.covered + figures.unknown < wanted * figures.total else "standing_open"
    )


def _card(row: Row, hamlets: Sequence[str]) -> None:
    language = state.language()
    reading = row.reading
    with st.container(border=True):
        st.markdown("**" + state.plain_md(job.sentence(row, language)) + "**")
        st.markdown(state.plain_md(job.formula(row, language)))
        if reading.figures is not None:
            unit = state.tr(f"unit.{row.target.unit}")
            st.markdown(
                state.md(
                    "screen.target.states",
                    covered=_count(reading.figures.covered, row),
                    uncovered=_count(reading.figures.uncovered, row),
                    unknown=_count(reading.figures.unknown, row),
                    unit=unit,
                    low=figure.share(reading.low),
                    high=figure.share(reading.high),
                )
            )
        office = state.tr(row.target.office)
        oldest = row.oldest_input or state.tr("screen.target.no_date")
        st.caption(state.tr("screen.target.from", source=row.target.source, office=office, oldest=oldest))
        for missing in reading.missing[:SHOWN_WANTS]:
            st.markdown("- " + state.plain_md(job.missing_text(missing, language)))
        _forecast(row)
        if reading.hamlets and hamlets:
            with st.expander(state.tr("screen.target.hamlets")):
                _hamlets(row, hamlets)


def _forecast(row: Row) -> None:
    """The path of the plan, where the figure goes, and what that assumes."""
    if row.share is None or row.reading.value is not None:
        return
    found, today = state.opened(), state.now().date()
    past = state.remember("closings", lambda: closings.closings(found))
    gains = state.remember(("gains", row.id, today), lambda: planned.gains(found, scoring.evidence(), row))
    ahead = forecast.of_target(
        row.target, row.id, past, (row.share, row.reading.low, row.reading.high), gains=gains, today=today
    )
    with st.expander(state.tr("screen.target.forecast")):
        st.altair_chart(_chart(ahead), width="stretch")
        facts = {
            "closings": int(data.setting("forecast_closings_min")),
            "days": int(data.setting("forecast_days_min")),
        }
        st.caption(state.tr(ahead.assumption, **facts))
        if gains:
            st.caption(
                state.tr("screen.target.planned", n=len(gains), points=figure.share(ahead.planned_share))
            )


def _chart(ahead: Forecast) -> alt.LayerChart:
    year, share = state.tr("screen.target.year"), state.tr("screen.scoring.share")
    rows = pd.DataFrame(
        [
            {
                year: str(point.year),
                share: point.share,
                "low": point.low,
                "high": point.high,
                "wanted": point.wanted,
            }
            for point in ahead.points
        ]
    )
    axis = alt.Y(f"{share}:Q", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(rows).encode(x=alt.X(f"{year}:O", axis=alt.Axis(labelAngle=0)))
    band = base.mark_area(opacity=0.25, color="#21918c").encode(y=alt.Y("low:Q", title=share), y2="high:Q")
    line = base.mark_line(point=True, color="#0b5563").encode(y=axis)
    path = base.mark_point(shape="diamond", size=90, filled=True, color="#b35900").encode(y="wanted:Q")
    return (band + line + path).properties(height=220)


def _count(value: float, row: Row) -> str:
    digits = 2 if row.target.unit in job.MEASURED else 0
    return text.number(value, state.language(), digits=digits)


def _hamlets(row: Row, hamlets: Sequence[str]) -> None:
    lines = [
        {
            state.tr("screen.gap.hamlet"): name,
            state.tr("state.covered"): part.covered,
            state.tr("state.uncovered"): part.uncovered,
            state.tr("state.unknown"): part.unknown,
        }
        for name, part in zip(hamlets, row.reading.hamlets, strict=False)
        if part.total
    ]
    if lines:
        st.dataframe(figure.written(pd.DataFrame(lines)), hide_index=True, key=f"target_hamlets_{row.id}")


@guarded
def _calls(calls: Sequence[Call]) -> None:
    st.markdown(state.md("screen.target.calls.lead"))
    language = state.language()
    for rank, call in enumerate(calls[:SHOWN_CALLS], start=1):
        with st.container(border=True):
            points = text.number(100 * call.share, language, digits=1)
            name = job.who(call.asked, language)
            st.markdown("**" + state.md("cli.coach.call", rank=rank, who=name, points=points) + "**")
            for row, missing in call.wants[:SHOWN_WANTS]:
                said = f"{row.target.clause} – {job.missing_text(missing, language)}"
                st.markdown("- " + state.plain_md(said))
