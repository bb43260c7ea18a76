"""Figures in words: how many of a hundred people, and where a figure comes from."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from geo.gap import Figures
from geo.probability import ExpectedPeople
from planning import data, runs, text
from planning import reason as reasons
from planning.area import GapArea
from planning.gap import GapResult
from planning.runs import CoverageRun
from screens import state


def hundred(figures: Figures) -> tuple[int, int, int]:
    """
    Three states as whole people of a hundred, which add up to a hundred.

    Parameters
    ----------
    figures
        People covered, uncovered, unknown.

    Returns
    -------
    parts
        Covered, uncovered, unknown; covered is never rounded up, so that a hundred means everybody. Zeros
        where nobody is counted.
    """
    people = (figures.covered, figures.uncovered, figures.unknown)
    total = sum(people)
    if total <= 0:
        return 0, 0, 0
    exact = [100 * value / total for value in people]
    parts = [math.floor(value + 1e-9) for value in exact]
    others = [index for index in (1, 2) if exact[index] > parts[index]] or [0]
    order = sorted(others, key=lambda index: parts[index] - exact[index])
    for index in order[: 100 - sum(parts)]:
        parts[index] += 1
    return parts[0], parts[1], parts[2]


def sentence(figures: Figures, *, technology: str, made_at: str) -> str:
    """
    The one sentence of the start page.

    Parameters
    ----------
    figures
        People in three states.
    technology
        Technology estimated.
    made_at
        Moment of the estimate, ISO 8601.

    Returns
    -------
    text
        Markdown.
    """
    covered, uncovered, unknown = hundred(figures)
    return state.md(
        "screen.start.sentence",
        technology=technology,
        covered=covered,
        uncovered=uncovered,
        unknown=unknown,
        day=dt.datetime.fromisoformat(made_at).date(),
    )


def spread(run: CoverageRun, operator: str) -> str:
    """
    What the applicable models say beside each other.

    Parameters
    ----------
    run
        The estimate.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    words
        Markdown with the least and the most share; empty where no other model was asked.
    """
    found = runs.spread_range(run.spread, operator)
    if found is None:
        return ""
    each = "; ".join(
        f"{state.tr(f'model.short.{model}')} {share(part[operator])}"
        for model, part in run.spread.items()
        if operator in part
    )
    low, high = (text.number(100 * value, state.language()) for value in (found.low, found.high))
    return state.md("screen.spread", low=low, high=high, each=each)


def cautions(result: GapResult) -> None:
    """
    Tell what a reader must know before trusting the figures: data changed since, one operator only.

    Parameters
    ----------
    result
        The gap analysis shown.
    """
    if not result.is_current:
        st.warning(state.tr("screen.coverage.outdated"), icon=":material/update:")
    if result.options.operator is not None:
        name = state.operator_name(result.options.operator)
        st.info(state.tr("screen.coverage.one_operator", operator=name), icon=":material/info:")


def written(table: pd.DataFrame) -> Styler:
    """
    A table whose numbers are written in the session's language and still sort as numbers.

    Parameters
    ----------
    table
        The table.

    Returns
    -------
    styled
        The same table; whole numbers without decimals, others with one.
    """
    language = state.language()

    def words(value: object) -> str:
        if not isinstance(value, (int, float, np.integer, np.floating)) or value != value:
            return "" if value is None or value != value else str(value)
        return text.number(float(value), language, digits=0 if float(value).is_integer() else 1)

    numbers = [name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    return table.style.format(words, subset=numbers)


def written_number(value: float, *, digits: int = 0) -> str:
    """
    A number in the session's language.

    Parameters
    ----------
    value
        The number.
    digits
        Decimals.

    Returns
    -------
    words
        With the language's decimal mark.
    """
    return text.number(value, state.language(), digits=digits)


def people(value: float) -> str:
    """
    A number of people.

    Parameters
    ----------
    value
        People, possibly with a fraction.

    Returns
    -------
    text
        Whole people in the language of the session.
    """
    return text.number(value, state.language())


def share(value: float | None) -> str:
    """
    A share as a percentage.

    Parameters
    ----------
    value
        0–1, or None.

    Returns
    -------
    text
        One decimal; a dash where unknown.
    """
    return text.share_text(math.nan if value is None else value, state.language())


def distance(value_m: float) -> str:
    """
    A distance with its unit.

    Parameters
    ----------
    value_m
        Distance [m].

    Returns
    -------
    text
        Whole metres, kilometres with one decimal from 1 km on.
    """
    if value_m < 1000:
        return f"{text.number(value_m, state.language())} m"
    return f"{text.number(value_m / 1000, state.language(), digits=1)} km"


def band(expected: ExpectedPeople | None) -> str:
    """
    People to be expected covered, two standard deviations to both sides.

    Parameters
    ----------
    expected
        The sums by probability, or None.

    Returns
    -------
    text
        For instance "27.900–29.800", rounded outwards; a dash where no probabilities are known.
    """
    if expected is None or expected.covered + expected.uncovered <= 0:
        return "–"
    known = expected.covered + expected.uncovered
    step = 100 if known >= 10_000 else 10 if known >= 1_000 else 1
    low = max(math.floor((expected.covered - 2 * expected.deviation) / step) * step, 0)
    high = min(math.ceil((expected.covered + 2 * expected.deviation) / step) * step, math.ceil(known))
    return f"{people(low)}–{people(high)}"


def served(figures: Figures) -> str:
    """
    The share served, or that nothing is known.

    Parameters
    ----------
    figures
        The counts.

    Returns
    -------
    text
        A percentage; words where everything is unknown, for 0 % would claim that nobody is served.
    """
    if figures.total and figures.unknown >= figures.total:
        return state.tr("state.unknown")
    return share(figures.share)


def formulas(figures: Mapping[str, Figures], expected: Mapping[str, ExpectedPeople] | None = None) -> None:
    """
    The way figures were reckoned, one click away.

    Parameters
    ----------
    figures
        Operator id, ``any`` or ``two_or_more`` to the figures explained.
    expected
        The same keys to people to be expected covered, where shown beside them.
    """
    with st.popover(state.tr("screen.formula"), icon=":material/functions:"):
        for operator, counted in figures.items():
            _formula(operator, counted)
            if expected and operator in expected:
                st.markdown(_expectation(expected[operator]))
        if expected:
            st.markdown(state.md("screen.formula.expected"))
        if state.is_technical():
            limits = {"margin": data.levels().margin_db, "limit": covered_limit()}
            st.markdown(state.md("screen.formula.technical", **limits))


def _formula(operator: str, figures: Figures) -> None:
    words = state.md(
        "screen.formula.share",
        covered=people(figures.covered),
        uncovered=people(figures.uncovered),
        unknown=people(figures.unknown),
        total=people(figures.total),
        share=share(figures.share),
        operator=state.operator_name(operator),
    )
    if operator in ("any", "two_or_more"):
        words += " " + state.md(f"screen.formula.{operator}")
    st.markdown(words + " " + state.md("screen.formula.assumed", share=share(figures.assumed_share)))


def _expectation(expected: ExpectedPeople) -> str:
    return state.md(
        "screen.formula.expectation",
        covered=people(expected.covered),
        deviation=people(expected.deviation),
        band=band(expected),
        unknown=people(expected.unknown),
    )


def fast_formula(result: GapResult) -> None:
    """
    The way the figures of speed were reckoned, one click away.

    Parameters
    ----------
    result
        The gap analysis; it must hold figures of speed.
    """
    with st.popover(state.tr("screen.formula"), icon=":material/functions:"):
        st.markdown(state.md("screen.formula.speed", target=result.speed_target_mbps))
        for operator, counted in result.speed.items():
            st.markdown(
                state.md(
                    "screen.formula.share",
                    covered=people(counted.covered),
                    uncovered=people(counted.uncovered),
                    unknown=people(counted.unknown),
                    total=people(counted.total),
                    share=share(counted.share),
                    operator=state.operator_name(operator),
                )
            )
        st.markdown(state.md("assumption.traffic"))


def covered_limit() -> float:
    """
    Lowest planning level that counts as covered.

    Returns
    -------
    limit_dbm
        In dBm.
    """
    return min(row.lower_dbm for row in data.level_rows() if row.is_covered)


def site_name(site_id: str) -> str:
    """
    Name of a mast as people call it.

    Parameters
    ----------
    site_id
        Its id, or "".

    Returns
    -------
    name
        Its name, else its id.
    """
    table = state.table("site")
    names = table.loc[table["id"] == site_id, "name"].dropna()
    return str(names.iloc[0]) if len(names) else site_id


def reason(area: GapArea) -> str:
    """
    Why an area is without signal.

    Parameters
    ----------
    area
        The area.

    Returns
    -------
    text
        One sentence with whole metres.
    """
    names = state.remember("mast_names", lambda: reasons.mast_names(state.table("site")))
    return reasons.words(area, state.language(), masts=names)
