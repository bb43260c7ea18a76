"""What the screens of targets share: one reading of the workspace for all of them."""

from __future__ import annotations

import altair as alt
import pandas as pd

from planning.evidence import measure, sides
from planning.evidence.measure import Tracker
from planning.evidence.sides import Beside, Sides
from planning.scorecard import job, plan
from planning.scorecard.evidence import Evidence
from planning.scorecard.job import Scorecard
from screens import figure, state

COLOURS = {"covered": "#21918c", "uncovered": "#9b2226", "unknown": "#c9c4bb"}
"""The three states, as the maps draw them."""


def evidence() -> Evidence:
    """
    What the indicators read.

    Returns
    -------
    evidence
        Read once for each state of the workspace and day; a coverage estimate is made where there is none.
    """
    today = state.now().date()
    return state.remember(("evidence", today), lambda: job.gather(state.opened(), now=state.now()))


def card() -> Scorecard:
    """
    Every target today.

    Returns
    -------
    card
        Reckoned once for each state of the workspace and day.
    """
    today = state.now().date()
    return state.remember(("scorecard", today), lambda: job.read(evidence(), plan.targets(state.opened())))


def tracker() -> Tracker:
    """
    Measurements of the area.

    Returns
    -------
    tracker
        Counted once for each state of the workspace and day.
    """
    today = state.now().date()
    return state.remember(("tracker", today), lambda: measure.track(state.opened(), today=today))


def beside() -> Beside:
    """
    The four kinds of evidence.

    Returns
    -------
    beside
        Put side by side once for each state of the workspace and day.
    """
    today = state.now().date()
    return state.remember(
        ("beside", today), lambda: sides.put(state.opened(), evidence(), tracker(), today=today)
    )


def bars(rows: pd.DataFrame, *, name: str, height_px: int) -> alt.Chart:
    """
    Stacked bars of the three states.

    Parameters
    ----------
    rows
        A row for each name with ``covered``, ``uncovered`` and ``unknown``, shares 0–1, in drawing order.
    name
        Column that names the bars.
    height_px
        Height [px].

    Returns
    -------
    chart
        Without a request to anywhere.
    """
    words = {key: state.tr(f"state.{key}") for key in COLOURS}
    part, share = state.tr("screen.scoring.part"), state.tr("screen.scoring.share")
    long = rows.melt(id_vars=[name], value_vars=list(COLOURS), var_name="state", value_name=share)
    long[part] = long["state"].map(words)
    long["order"] = long["state"].map({key: place for place, key in enumerate(COLOURS)})
    return (
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=alt.X(f"{share}:Q", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]), stack=True),
            y=alt.Y(f"{name}:N", sort=list(rows[name]), title=None, axis=alt.Axis(labelLimit=220)),
            color=alt.Color(
                f"{part}:N",
                scale=alt.Scale(domain=list(words.values()), range=list(COLOURS.values())),
                legend=alt.Legend(orient="top", title=None),
            ),
            order="order:Q",
            tooltip=[name, part, share],
        )
        .properties(height=height_px)
    )


def sides_line(one: Sides) -> dict[str, object]:
    """
    The four kinds of evidence of one operator as a line of a table.

    Parameters
    ----------
    one
        The evidence.

    Returns
    -------
    line
        Heading to cell; nothing of one kind is reckoned from another.
    """
    estimate, tests = one.estimated, one.measured
    speed = "–"
    if tests is not None:
        speed = state.tr("screen.measure.samples", n=tests.n_samples)
        if tests.download_mbps is not None:
            speed += f", {figure.written_number(tests.download_mbps)} Mbit/s"
    return {
        state.tr("screen.gap.operator"): state.operator_name(one.operator),
        state.tr("evidence.declared"): "–"
        if one.declared_share is None
        else figure.share(one.declared_share),
        state.tr("evidence.estimated"): "–"
        if estimate is None
        else figure.share(estimate.covered / estimate.total),
        state.tr("evidence.measured"): speed,
        state.tr("evidence.reported"): one.n_reports,
    }
