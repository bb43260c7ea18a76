"""A proposal typed in: eight fields suffice, documents may come with it."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from planning import data, submission
from planning.review import Actor
from screens import state

SPEC = submission.SPEC


def form(actor: Actor) -> None:
    """
    Draw the form.

    Parameters
    ----------
    actor
        Who types; he or she counts as the author.
    """
    found = state.opened()
    known = [one.id for one in data.operators() if one.is_sample == found.is_sample and one.bands]
    with st.form("proposal_form", border=False):
        first, second, third = st.columns(3)
        values: dict[str, object] = {
            "operator": first.selectbox(state.tr("column.operator"), known, format_func=state.operator_name),
            "id": second.text_input(state.tr("column.proposal_id")).strip(),
            "name": third.text_input(state.tr("column.name")).strip() or None,
            "structure": first.selectbox(
                state.column_title(SPEC, "structure"), _words("structure"), format_func=_word("structure")
            ),
            "height_m": second.number_input(state.column_title(SPEC, "height_m"), 3.0, 150.0, value=None),
            "bands": ";".join(third.multiselect(state.column_title(SPEC, "bands"), sorted(data.bands())))
            or None,
            "sharing_statement": first.selectbox(
                state.column_title(SPEC, "sharing_statement"),
                _words("sharing_statement"),
                format_func=_word("sharing_statement"),
            ),
            "accuracy_m": third.number_input(
                state.column_title(SPEC, "accuracy_m"), 0.0, 10_000.0, value=5.0
            ),
        }
        day = second.date_input(state.column_title(SPEC, "expected_on"), value=None, format="DD/MM/YYYY")
        lat = first.number_input(state.tr("export.column.lat"), -90.0, 90.0, value=None, format="%.6f")
        lon = second.number_input(state.tr("export.column.lon"), -180.0, 180.0, value=None, format="%.6f")
        values["azimuths_deg"] = third.text_input(state.column_title(SPEC, "azimuths_deg")).strip() or None
        files = st.file_uploader(
            state.tr("column.documents"), accept_multiple_files=True, key="proposal_documents"
        )
        if not st.form_submit_button(state.tr("screen.proposal.form.take"), type="primary"):
            return
    values["expected_on"] = None if day is None else day.isoformat()
    point = None if lat is None or lon is None else shapely.Point(lon, lat)
    rows = pd.DataFrame([values]).reindex(columns=[column.name for column in SPEC.columns])
    taken = submission.submit(
        found,
        gpd.GeoDataFrame(rows, geometry=[point], crs=4326),
        actor,
        documents={str(values["id"]): {file.name: file.getvalue() for file in files}} if files else None,
        author=actor.name,
        is_submitted=True,
        source=state.tr("screen.proposal.form"),
        now=state.now(),
    )
    st.session_state["proposal_taken"] = state.tr(
        "cli.proposal.taken", n=len(taken.ids), n_documents=taken.n_documents
    )
    st.rerun()


def _words(column: str) -> tuple[str, ...]:
    found = SPEC.column(column)
    return () if found is None else found.vocabulary


def _word(column: str) -> Callable[[str], str]:
    return lambda value: state.tr(f"value.{column}.{value}")
