"""Taking layers out of the workspace: layer, format, coordinates, for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from geo.crs import name_of
from layers.cell import operators_of
from layers.exchange.transit import made
from layers.exchange.write import ExportReport
from layers.exchange.writer.network import LAYERS as FIBRE
from planning import dossier, exchange
from planning.export import PLAIN, TT04
from screens import state
from screens.guard import guarded

FORMATS = (
    "gpkg",
    "qgz",
    "xlsx",
    "csv",
    "kml",
    "kmz",
    "geojson",
    "shp",
    "dxf",
    "tab",
    "gdb",
    "fgb",
    "parquet",
)
SYSTEMS = (4326, 9210, 9209)
OTHERS = (
    4756,
    9205,
    9206,
    9207,
    9208,
    5897,
    9211,
    9212,
    9213,
    9214,
    9215,
    9216,
    5899,
    5898,
    9217,
    9218,
    5896,
)
UTM = (3405, 3406, 32648, 32649)
SHARING = ("public", "internal", "operator")
ENDINGS = {
    "shp": "zip",
    "cog": "zip",
    "tab": "zip",
    "gdb": "zip",
    "qgz": "zip",
    "package": "zip",
    "ofds": "json",
}
IN_ONE = ("gpkg", "xlsx", "kmz", "dxf", "ofds")
"""Formats of which one file holds all layers under its own ending."""
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    layer: str
    format: str
    epsg: int
    sharing: str
    operator: str | None
    names: str


@st.fragment
@guarded
def render() -> None:
    """Draw the form, then the file to download."""
    wish = _form()
    is_told = wish.sharing != "operator" or wish.operator is not None
    if st.button(state.tr("screen.export.do"), type="primary", disabled=not is_told):
        with st.spinner(state.tr("screen.export.working")):
            made_file = _make(wish)
            st.session_state["export_made"] = (str(state.folder()), wish, *made_file)
    ready = st.session_state.get("export_made")
    if ready is not None and ready[:2] == (str(state.folder()), wish):
        _, _, name, content, report = ready
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


def _form() -> _Wish:
    filled = [layer.spec.name for layer in state.latest_inventory().layers if layer.n_rows]
    left, right = st.columns(2, gap="medium")
    layer = left.selectbox(
        state.tr("screen.export.layer"), [ALL, *filled], format_func=_layer_name, key="export_layer"
    )
    format_ = right.selectbox(
        state.tr("screen.export.format"),
        _formats(layer),
        format_func=lambda name: state.tr(f"screen.export.format.{name}"),
        key="export_format",
    )
    epsg = left.selectbox(
        state.tr("screen.export.crs"), (*SYSTEMS, *OTHERS, *UTM), format_func=_system_name, key="export_crs"
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
    names = PLAIN
    if format_ in ("dxf", dossier.FORMAT) and st.checkbox(
        state.tr("screen.export.tt04"), help=state.tr("screen.export.tt04.help"), key="export_tt04"
    ):
        names = TT04
    return _Wish(layer=layer, format=format_, epsg=epsg, sharing=sharing, operator=operator, names=names)


def _formats(layer: str) -> tuple[str, ...]:
    if layer == ALL:
        return (*FORMATS, dossier.FORMAT)
    if layer == "coverage5g":
        return ("cog", *FORMATS)
    return (*FORMATS, "ofds") if layer in FIBRE else FORMATS


def _system_name(epsg: int) -> str:
    return state.tr(f"screen.export.crs.{epsg}") if epsg in SYSTEMS else f"{name_of(epsg)} (EPSG:{epsg})"


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


def _make(wish: _Wish) -> tuple[str, bytes, ExportReport]:
    found = state.opened()
    ending = ENDINGS.get(wish.format, wish.format)
    if wish.layer == ALL and wish.format not in IN_ONE:
        ending = "zip"
    name = exchange.file_name(found, wish.layer, ending, state.now())

    def write(path: Path) -> ExportReport:
        return exchange.export(
            found,
            layer=wish.layer,
            format=wish.format,
            epsg=wish.epsg,
            out=path,
            sharing=wish.sharing,
            language=state.language(),
            now=state.now(),
            for_operator=wish.operator,
            names=wish.names,
        )

    maker: Callable[[Path], ExportReport] = write
    content, report = made(name, maker)
    return name, content, report
