"""Taking layers out of the workspace: layer, format, coordinates, for whom."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from layers.cell import operators_of
from layers.exchange.transit import made
from layers.exchange.write import ExportReport
from planning import exchange
from screens import state
from screens.guard import guarded

FORMATS = ("gpkg", "xlsx", "csv", "kml", "geojson", "shp")
RASTER_FORMATS = ("cog", *FORMATS)
SYSTEMS = (4326, 9210, 9209)
SHARING = ("public", "internal", "operator")
ENDINGS = {"shp": "zip", "cog": "zip"}
ALL = "all"


@st.fragment
@guarded
def render() -> None:
    """Draw the form, then the file to download."""
    filled = [layer.spec.name for layer in state.latest_inventory().layers if layer.n_rows]
    left, right = st.columns(2, gap="medium")
    layer = left.selectbox(
        state.tr("screen.export.layer"), [ALL, *filled], format_func=_layer_name, key="export_layer"
    )
    format_ = right.selectbox(
        state.tr("screen.export.format"),
        RASTER_FORMATS if layer == "coverage5g" else FORMATS,
        format_func=lambda name: state.tr(f"screen.export.format.{name}"),
        key="export_format",
    )
    epsg = left.selectbox(
        state.tr("screen.export.crs"),
        SYSTEMS,
        format_func=lambda code: state.tr(f"screen.export.crs.{code}"),
        key="export_crs",
    )
    sharing = right.selectbox(
        state.tr("screen.export.sharing"),
        SHARING,
        index=SHARING.index("internal"),
        format_func=lambda name: state.tr(f"screen.export.sharing.{name}"),
        help=state.tr("screen.export.sharing.help"),
        key="export_sharing",
    )
    operator = _operator() if sharing == "operator" else None
    choice = (str(state.folder()), layer, format_, epsg, sharing, operator)
    is_told = sharing != "operator" or operator is not None
    if st.button(state.tr("screen.export.do"), type="primary", disabled=not is_told):
        with st.spinner(state.tr("screen.export.working")):
            made_file = _make(layer, format_, epsg, sharing, operator)
            st.session_state["export_made"] = (choice, *made_file)
    ready = st.session_state.get("export_made")
    if ready is not None and ready[0] == choice:
        _, name, content, report = ready
        st.success(state.tr("screen.export.done", n=report.n_rows, n_left_out=report.n_left_out))
        if report.n_blanked:
            st.info(state.tr("screen.export.blanked", n=report.n_blanked))
        st.download_button(
            state.tr("screen.export.download"),
            content,
            file_name=name,
            icon=":material/download:",
            on_click="ignore",
        )


def _layer_name(layer: str) -> str:
    return state.tr("screen.export.all") if layer == ALL else state.tr(f"layer.{layer}")


def _operator() -> str | None:
    """Whose private rows may go out: one operator's at a time."""
    known = operators_of(state.table("site"), state.table("cell"))
    return st.selectbox(
        state.tr("screen.export.operator"),
        known,
        index=None,
        format_func=state.operator_name,
        placeholder=state.tr("screen.export.operator.choose"),
        help=state.tr("screen.export.operator.help"),
        key="export_operator",
    )


def _make(
    layer: str, format_: str, epsg: int, sharing: str, operator: str | None
) -> tuple[str, bytes, ExportReport]:
    found = state.opened()
    ending = ENDINGS.get(format_, format_)
    if layer == ALL and format_ != "gpkg":
        ending = "zip"
    name = exchange.file_name(found, layer, ending, state.now())

    def write(path: Path) -> ExportReport:
        return exchange.export(
            found,
            layer=layer,
            format=format_,
            epsg=epsg,
            out=path,
            sharing=sharing,
            language=state.language(),
            now=state.now(),
            for_operator=operator,
        )

    content, report = made(name, write)
    return name, content, report
