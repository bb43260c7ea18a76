"""Phiếu DII on the screen: criteria, what fills them, points and what is left to the office."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning.scorecard import index_sheet, job
from planning.scorecard.index_sheet import Filled
from screens import figure, scoring, state
from screens.guard import guarded

ROW_PX = 35


@guarded
def show() -> None:
    """Draw the sheet."""
    sheet = index_sheet.fill(scoring.card(), index_sheet.criteria())
    st.markdown(
        state.md(
            "screen.index.lead",
            points=figure.written_number(sheet.points, digits=1),
            known=figure.written_number(sheet.known_points),
            most=figure.written_number(sheet.most_points),
        )
    )
    st.caption(state.tr("screen.index.note"))
    table = pd.DataFrame([_line(row) for row in sheet.rows])
    st.dataframe(
        figure.written(table),
        hide_index=True,
        height=min(620, ROW_PX * (len(table) + 1) + 2),
        key="index_table",
    )


def _line(one: Filled) -> dict[str, object]:
    language = state.language()
    bounds = (
        "–"
        if one.low is None or one.high is None
        else f"{figure.written_number(one.low, digits=1)}–{figure.written_number(one.high, digits=1)}"
    )
    return {
        state.tr("screen.index.group"): one.criterion.group_texts[language],
        state.tr("screen.index.criterion"): one.criterion.texts[language],
        state.tr("screen.index.most"): one.criterion.most_points,
        state.tr("screen.index.points"): "–"
        if one.points is None
        else figure.written_number(one.points, digits=1),
        state.tr("screen.index.bounds"): bounds,
        state.tr("screen.index.evidence"): state.tr("screen.index.by_hand")
        if one.row is None
        else job.formula(one.row, language),
        state.tr("column.source"): one.criterion.source,
    }
