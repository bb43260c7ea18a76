"""The section from a mast to a place as a chart: ground, houses and trees, line of sight, Fresnel zone."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from geo.link import Obstacle, Profile
from planning import text
from screens import legend, state
from screens.legend import Entry

GROUND, CLUTTER, ZONE, LINE, OBSTACLE = "#b08d57", "#86ad85", "#f2c14e", "#1f3a4d", "#9b2226"
ZONE_OPACITY = 0.4
HEIGHT_PX = 250
KM_FROM_M = 1500.0
MOST_POINTS = 400


def show(profile: Profile, obstacle: Obstacle | None, *, words: str) -> None:
    """
    Draw a section with its legend and its text alternative.

    Parameters
    ----------
    profile
        The section, from the antenna on.
    obstacle
        What stands highest above the line, or None.
    words
        What the chart shows, for those who do not see it; alone where the height of an end is unknown.
    """
    if not np.isfinite(profile.line_m).all():
        st.caption(words)
        return
    st.altair_chart(chart(profile, obstacle, words=words), width="stretch")
    entries = [
        Entry(words=state.tr("why.chart.line"), shape="line", colour=LINE),
        Entry(words=state.tr("why.chart.fresnel"), shape="area", colour=ZONE, fill_opacity=ZONE_OPACITY),
        Entry(words=state.tr("why.chart.ground"), shape="area", colour=GROUND),
        Entry(words=state.tr("why.chart.clutter"), shape="area", colour=CLUTTER),
    ]
    if obstacle is not None:
        entries.append(Entry(words=state.tr("why.chart.obstacle"), shape="diamond", colour=OBSTACLE))
    legend.render(entries)
    st.caption(words)


def chart(profile: Profile, obstacle: Obstacle | None, *, words: str) -> alt.LayerChart:
    """
    The chart itself.

    Parameters
    ----------
    profile
        The section, from the antenna on.
    obstacle
        What stands highest above the line, or None.
    words
        Its description.

    Returns
    -------
    chart
        Layers from the ground up; axes in the language of the session.
    """
    is_long = profile.distance_m[-1] >= KM_FROM_M
    scale = 1000.0 if is_long else 1.0
    table = samples(profile, scale=scale)
    x = alt.X(
        "distance:Q",
        title=state.tr("why.chart.distance_km" if is_long else "why.chart.distance_m"),
        axis=alt.Axis(labelExpr=_numbers(digits=1 if is_long else 0), grid=False, tickCount=8),
        scale=alt.Scale(domain=[0, float(table["distance"].iloc[-1])], nice=False),
    )
    low, high = float(np.nanmin(table["base"])), float(np.nanmax(table[["top", "high"]].to_numpy()))
    y_scale = alt.Scale(domain=[low, high + 0.05 * (high - low)], nice=False, zero=False)
    base = alt.Chart(table).encode(x=x)

    def height(name: str) -> alt.Y:
        title, axis = state.tr("why.chart.height_m"), alt.Axis(labelExpr=_numbers(digits=0), tickCount=6)
        return alt.Y(f"{name}:Q", title=title, axis=axis, scale=y_scale)

    layers = [
        base.mark_area(color=GROUND, clip=True).encode(y=height("ground"), y2="base:Q"),
        base.mark_area(color=CLUTTER, clip=True).encode(y=height("top"), y2="ground:Q"),
        base.mark_area(color=ZONE, opacity=ZONE_OPACITY, clip=True).encode(y=height("high"), y2="low:Q"),
        base.mark_line(color=LINE, strokeWidth=2, clip=True).encode(y=height("line")),
    ]
    if obstacle is not None:
        mark = _obstacle(profile, obstacle, scale=scale)
        sign = alt.Chart(mark).mark_point(shape="diamond", size=130, filled=True, color=OBSTACLE, opacity=1)
        layers.append(sign.encode(x=x, y=height("top")))
    # Vega's own menu is English and offers an editor on another machine.
    return alt.LayerChart(layer=layers).properties(
        height=HEIGHT_PX,
        description=words,
        usermeta={"embedOptions": {"actions": False}},
    )


def samples(profile: Profile, *, scale: float = 1.0) -> pd.DataFrame:
    """
    What the chart draws, one row for each sample.

    Parameters
    ----------
    profile
        The section.
    scale
        Metres in one unit of the horizontal axis.

    Returns
    -------
    table
        ``distance`` [unit of the axis]; ``ground`` with the earth's bulge, ``top`` of houses and trees on it,
        ``line``, ``low`` and ``high`` edge of the Fresnel zone, ``base`` of the chart: above sea level [m].
        Unknown heights stay empty.
    """
    every = max(1, math.ceil(len(profile.distance_m) / MOST_POINTS))
    keep = np.unique(np.append(np.arange(0, len(profile.distance_m), every), len(profile.distance_m) - 1))
    ground_m = (profile.ground_m + profile.bulge_m)[keep]
    line_m, fresnel_m = profile.line_m[keep], profile.fresnel_m[keep]
    lowest_m = float(np.nanmin(np.concatenate([ground_m, line_m])))
    return pd.DataFrame(
        {
            "distance": profile.distance_m[keep] / scale,
            "ground": ground_m,
            "top": ground_m + profile.clutter_height_m[keep],
            "line": line_m,
            "low": line_m - fresnel_m,
            "high": line_m + fresnel_m,
            "base": lowest_m - 3.0,
        }
    )


def _obstacle(profile: Profile, obstacle: Obstacle, *, scale: float) -> pd.DataFrame:
    at_m = float(profile.distance_m[-1]) - obstacle.distance_m
    bulge_m = float(np.interp(at_m, profile.distance_m, profile.bulge_m))
    top_m = obstacle.ground_m + obstacle.clutter_height_m + bulge_m
    return pd.DataFrame({"distance": [at_m / scale], "top": [top_m]})


def _numbers(*, digits: int) -> str:
    """Expression that writes an axis' numbers as the language does."""
    written = f"format(datum.value, ',.{digits}f')"
    if state.language() != "vi":
        return written
    return f"replace(replace(replace({written}, /,/g, ' '), '.', ','), / /g, '.')"


def told(
    profile: Profile, obstacle: Obstacle | None, *, mast: str, height_m: float, receiver_m: float
) -> str:
    """
    The section in words.

    Parameters
    ----------
    profile
        The section.
    obstacle
        What stands highest above the line, or None.
    mast
        Name of the mast.
    height_m, receiver_m
        Antenna and receiver above the ground [m].

    Returns
    -------
    words
        Two or three sentences in the language of the session.
    """
    language = state.language()
    words = state.tr(
        "why.chart.words",
        length=text.number(float(profile.distance_m[-1]), language),
        mast=mast,
        height=text.number(height_m, language),
        receiver=text.number(receiver_m, language, digits=1),
    )
    if obstacle is None:
        return f"{words} {state.tr('why.chart.words.unknown')}"
    key = "why.chart.words.above" if obstacle.excess_m > 0 else "why.chart.words.below"
    return (
        words
        + " "
        + state.tr(
            key,
            distance=text.number(obstacle.distance_m, language),
            clutter=text.number(obstacle.clutter_height_m, language, digits=1),
            excess=text.number(abs(obstacle.excess_m), language, digits=1),
        )
    )
