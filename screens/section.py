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
from screens.palette import UNKNOWN_COLOUR

GROUND, CLUTTER, ZONE, LINE, OBSTACLE = "#b08d57", "#86ad85", "#f2c14e", "#1f3a4d", "#9b2226"
ZONE_OPACITY = 0.4
HEIGHT_PX = 250
KM_FROM_M = 1500.0
MOST_POINTS = 1500
LOWEST_CLUTTER_M = 0.5  # what is lower counts as the ground itself


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
    if unknown_stretches(profile):
        entries.append(Entry(words=state.tr("state.unknown"), shape="area", colour=UNKNOWN_COLOUR))
    if is_shown(obstacle):
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
    low, high = float(np.nanmin(table["base"])), float(np.nanmax(table[["top", "high"]].to_numpy()))
    y_scale = alt.Scale(domain=[low, high + 0.05 * (high - low)], nice=False, zero=False)
    numbers = _numbers(digits=1 if is_long else 0)

    def across(name: str) -> alt.X:
        return alt.X(
            f"{name}:Q",
            title=state.tr("why.chart.distance_km" if is_long else "why.chart.distance_m"),
            axis=alt.Axis(labelExpr=numbers, grid=False, tickCount=8, aria=False),
            scale=alt.Scale(domain=[0, float(table["distance"].iloc[-1])], nice=False),
        )

    def height(name: str) -> alt.Y:
        title = state.tr("why.chart.height_m")
        axis = alt.Axis(labelExpr=_numbers(digits=0), tickCount=6, aria=False)
        return alt.Y(f"{name}:Q", title=title, axis=axis, scale=y_scale)

    base = alt.Chart(table).encode(x=across("distance"))
    layers = [
        base.mark_area(color=GROUND, clip=True).encode(y=height("ground"), y2="base:Q"),
        base.mark_area(color=CLUTTER, clip=True).encode(y=height("top"), y2="ground:Q"),
        base.mark_area(color=ZONE, opacity=ZONE_OPACITY, clip=True).encode(y=height("high"), y2="low:Q"),
        base.mark_line(color=LINE, strokeWidth=2, clip=True).encode(y=height("line")),
    ]
    stretches = unknown_stretches(profile)
    if stretches:
        edges = pd.DataFrame(stretches, columns=["start", "end"]) / scale
        blank = alt.Chart(edges).mark_rect(color=UNKNOWN_COLOUR, opacity=0.45)
        layers.append(blank.encode(x=across("start"), x2="end:Q"))
    if obstacle is not None and is_shown(obstacle):
        mark = _obstacle(profile, obstacle, scale=scale)
        sign = alt.Chart(mark).mark_point(shape="diamond", size=130, filled=True, color=OBSTACLE, opacity=1)
        layers.append(sign.encode(x=across("distance"), y=height("top")))
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


def is_shown(obstacle: Obstacle | None) -> bool:
    """
    Tell whether an obstacle is worth a mark.

    Parameters
    ----------
    obstacle
        What stands highest against the line, or None.

    Returns
    -------
    is_shown
        False for bare ground below the line.
    """
    return obstacle is not None and (obstacle.excess_m > 0 or obstacle.clutter_height_m >= LOWEST_CLUTTER_M)


def unknown_stretches(profile: Profile) -> list[tuple[float, float]]:
    """
    Where on the way a height is not known.

    Parameters
    ----------
    profile
        The section.

    Returns
    -------
    stretches
        Beginning and end of each, from the antenna [m].
    """
    unknown = np.isnan(profile.ground_m + profile.clutter_height_m)
    steps = np.diff(np.concatenate([[False], unknown, [False]]).astype(np.int8))
    half_m = float(profile.distance_m[1]) / 2 if len(profile.distance_m) > 1 else 0.0
    last_m = float(profile.distance_m[-1])
    return [
        (
            max(float(profile.distance_m[first]) - half_m, 0.0),
            min(float(profile.distance_m[end - 1]) + half_m, last_m),
        )
        for first, end in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True)
    ]


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
    place = "above" if obstacle.excess_m > 0 else "below"
    kind = "clutter" if obstacle.clutter_height_m >= LOWEST_CLUTTER_M else "ground"
    words += " " + state.tr(
        f"why.chart.words.{place}.{kind}",
        distance=text.number(obstacle.distance_m, language),
        clutter=text.number(obstacle.clutter_height_m, language, digits=1),
        excess=text.number(abs(obstacle.excess_m), language, digits=1),
    )
    unknown_m = sum(end - start for start, end in unknown_stretches(profile))
    if unknown_m > 0:
        words += " " + state.tr("why.chart.words.gap", length=text.number(unknown_m, language))
    return words
