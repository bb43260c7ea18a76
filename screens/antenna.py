"""Antennas of a workspace: a maker's file brought in, what is kept, which cells hang on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from geo.antenna import Pattern
from geo.panel import Antenna, to_aerial
from geo.units import Floats
from layers.cell import antenna_key
from layers.exchange.transit import received
from planning import antenna, text
from screens import figure, guard, intake, legend, state
from screens.guard import guarded
from screens.legend import Entry

FILES = "antenna"
LEVEL, UPRIGHT = "#1f3a4d", "#d1842a"
LOWEST_DB = -30.0
RINGS_DB = (0.0, -10.0, -20.0, -30.0)
SIDE_PX = 260
PADDING_PX = {"left": 4, "right": 4, "top": 4, "bottom": 4}


@guarded
def render() -> None:
    """Draw the place for files, then the antennas that cells may name."""
    st.markdown(state.md("screen.antenna.lead"))
    told = st.session_state.pop("antenna_done", None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    file = intake.uploader(FILES, label="screen.antenna.file")
    if file is not None:
        _judge(file)
    _kept()


def _judge(file: UploadedFile) -> None:
    """What the file says; a bad one is refused with its line."""
    with received(file.getvalue()) as path:
        judged = antenna.check_file(path, name=file.name)
    if judged.issues or judged.pattern is None:
        st.error(state.md("screen.antenna.refused", file=file.name), icon=":material/error:")
        for issue in judged.issues:
            st.markdown(f"- {guard.sentence(issue)}")
        return
    with st.container(border=True):
        st.markdown(f"**{state.plain_md(antenna.name_of(file.name))}**")
        _facts(judged.pattern)
        _cuts(judged.pattern)
        is_known = antenna_key(antenna.name_of(file.name)) in {antenna_key(one) for one in _own()}
        replace = is_known and st.checkbox(state.tr("screen.antenna.replace"), key="antenna_replace")
        if st.button(state.tr("screen.antenna.take"), type="primary", icon=":material/check:"):
            _take(file, replace=replace)


def _take(file: UploadedFile, *, replace: bool) -> None:
    with received(file.getvalue()) as path:
        kept = antenna.import_file(state.opened(), path, name=file.name, replace=replace)
    st.session_state["antenna_done"] = state.tr("screen.antenna.done", name=kept.name)
    intake.clear(FILES)
    st.rerun()


def _facts(pattern: Pattern) -> None:
    language = state.language()
    facts = {
        "gain": text.number(pattern.gain_dbi, language, digits=1),
        "right": text.number(_width_deg(pattern.horizontal_db), language),
        "down": text.number(_width_deg(pattern.vertical_db), language),
    }
    st.markdown(state.md("screen.antenna.facts", **facts))
    if pattern.frequency_mhz is not None:
        st.caption(state.tr("screen.antenna.frequency", mhz=text.number(pattern.frequency_mhz, language)))
    if not pattern.is_gain_unit_stated:
        st.caption(state.tr("cli.antenna.unit"))


def _width_deg(attenuation_db: Floats) -> float:
    """Angle around the strongest direction in which less than half of the power is lost [°]."""
    from_peak = np.roll(attenuation_db, -int(np.argmin(attenuation_db)))
    lost = np.flatnonzero(from_peak > from_peak[0] + 3.0)
    return 360.0 if lost.size == 0 else float(lost[0] + (len(from_peak) - lost[-1]) - 1)


def _cuts(pattern: Pattern) -> None:
    """Both cuts as seen from above and from the side."""
    words = state.tr("screen.antenna.chart")
    rings = [_ring(np.full(361, ring), f"{ring:.0f}") for ring in RINGS_DB]
    cuts = [
        _ring(-np.append(values, values[0]), name)
        for name, values in (("level", pattern.horizontal_db), ("upright", pattern.vertical_db))
    ]
    layers = [
        *(_line(ring, colour="#c4ced3", width=1.0) for ring in rings),
        _line(cuts[0], colour=LEVEL, width=2.0),
        _line(cuts[1], colour=UPRIGHT, width=2.0),
    ]
    drawn = alt.layer(*layers).properties(
        width=SIDE_PX,
        height=SIDE_PX,
        autosize=alt.AutoSizeParams(type="none"),
        padding=PADDING_PX,
        description=words,
        usermeta={"embedOptions": {"actions": False}},
    )
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        st.altair_chart(drawn.configure_view(strokeWidth=0), width="content")
    with right:
        legend.render(
            (
                Entry(words=state.tr("screen.antenna.level"), shape="line", colour=LEVEL),
                Entry(words=state.tr("screen.antenna.upright"), shape="line", colour=UPRIGHT),
            )
        )
        st.caption(words)


def _ring(level_db: Floats, name: str) -> pd.DataFrame:
    """A cut around the middle; boresight points to the right, angles go clockwise."""
    angle = np.radians(np.arange(len(level_db)))
    radius = np.clip(level_db - LOWEST_DB, 0.0, None) / -LOWEST_DB
    return pd.DataFrame(
        {
            "x": radius * np.cos(angle),
            "y": -radius * np.sin(angle),
            "order": np.arange(len(level_db)),
            "of": name,
        }
    )


def _line(table: pd.DataFrame, *, colour: str, width: float) -> alt.Chart:
    scale = alt.Scale(domain=[-1.05, 1.05], nice=False)
    return (
        alt.Chart(table)
        .mark_line(color=colour, strokeWidth=width)
        .encode(
            x=alt.X("x:Q", axis=None, scale=scale), y=alt.Y("y:Q", axis=None, scale=scale), order="order:Q"
        )
    )


def _own() -> tuple[str, ...]:
    return tuple(name for name, _ in antenna.digests(state.opened()))


def _kept() -> None:
    """Antennas that cells may name, and how many do."""
    named = Counter(antenna_key(name) for name in state.table("cell")["antenna"].dropna())
    known = antenna.available(state.opened())
    own = {antenna_key(name) for name in _own()}
    rows = [
        _row(name, known, own=own, n_cells=named[antenna_key(name)]) for name in antenna.names(state.opened())
    ]
    st.subheader(state.tr("screen.antenna.kept"), anchor=False)
    st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True, key="antenna_kept")
    unknown = [name for name in named if name not in known]
    if unknown:
        n_cells = sum(named[name] for name in unknown)
        st.warning(state.md("screen.antenna.unknown", n=n_cells, names=", ".join(unknown[:5])))
    st.caption(state.tr("screen.antenna.choose"))


def _row(name: str, known: Mapping[str, Antenna], *, own: set[str], n_cells: int) -> dict[str, object]:
    found = known[antenna_key(name)]
    gain_dbi = round(to_aerial(found, name).gain_dbi, 1)
    kind = "file" if antenna_key(name) in own else "array"
    return {
        state.tr("screen.antenna.name"): name,
        state.tr("screen.antenna.kind"): state.tr(f"screen.antenna.kind.{kind}"),
        state.tr("screen.antenna.gain"): gain_dbi,
        state.tr("screen.antenna.cells"): n_cells,
    }
