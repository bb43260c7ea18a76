"""The office's own work: data ready for the city's plan, and how long its opinions on sites take."""

from __future__ import annotations

import datetime as dt

import numpy as np

from geo.coverage import State
from geo.gap import Figures
from geo.units import Array
from layers.cell import split
from planning import data
from planning.review import OPINIONS, Action
from planning.scorecard.evidence import Evidence
from planning.scorecard.reading import NOWHERE, Counted, Missing, Reading, of_counted, ranked


def completeness(evidence: Evidence) -> Reading:
    """
    Values there of those that the city's plan of passive infrastructure asks for.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In values (one for each object and field of ``data/rules/plan_fields.csv``): there, or not there.
        Without figures where no object is known. What is missing: the values that each owner has not told.

    References
    ----------
    Luật Viễn thông 24/2023/QH15 Đ.63, NĐ 163/2024/NĐ-CP; the list itself is editable.
    """
    there: list[Array] = []
    owners: list[Array] = []
    for rule in data.rule_rows("plan_fields"):
        table = evidence.tables.get(rule["layer"])
        if table is None:
            continue
        if rule["kind"]:
            table = table[table["kind"].isin(rule["kind"].split(";"))]
        column = rule["column"]
        filled = table[column].notna().to_numpy() if column in table else np.zeros(len(table), bool)
        there.append(filled)
        owners.append(_owners(table["operators"].to_numpy(), table["owner"].to_numpy()))
    if not sum(len(one) for one in there):
        return Reading(figures=None)
    filled, asked = np.concatenate(there), np.concatenate(owners)
    reading = of_counted(
        Counted(
            state=np.where(filled, State.COVERED, State.UNCOVERED).astype(np.uint8),
            weight=np.ones(len(filled)),
            assumed=np.zeros(len(filled), dtype=bool),
            hamlet=np.full(len(filled), NOWHERE, dtype=np.int64),
            asked=asked,
        ),
        n_hamlets=0,
        key="plan_fields",
    )
    names, counts = np.unique(asked[~filled].astype(str), return_counts=True)
    wanted = [
        Missing(key="plan_fields", facts={"who": name, "n": int(n)}, asked=name, share=n / len(filled))
        for name, n in zip(names.tolist(), counts.tolist(), strict=True)
        if name
    ]
    return Reading(figures=reading.figures, low=reading.low, high=reading.high, missing=ranked(wanted))


def _owners(operators: Array, owner: Array) -> Array:
    told = [
        next(iter(split(several)), "") or (one if isinstance(one, str) else "")
        for several, one in zip(operators, owner, strict=True)
    ]
    return np.array(told, dtype=object)


def opinion_days(evidence: Evidence) -> Reading:
    """
    Median days from the handing in of a site to the office's opinion.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        The value is the median over proposals with an opinion; the three states count these as covered, and
        those handed in that still wait for one as uncovered. Without figures where none was handed in.
    """
    audit = evidence.tables["audit"].sort_values("entry")
    own = audit[audit["proposal_id"].isin(evidence.tables["proposal"]["id"])]
    day = own["at"].fillna("").astype(str).str[:10]
    actions = own["action"]
    handed = day[actions == Action.SUBMIT].groupby(own["proposal_id"]).first()
    answered = day[actions.isin([str(action) for action in OPINIONS])].groupby(own["proposal_id"]).first()
    if handed.empty:
        return Reading(figures=None)
    both = handed.index.intersection(answered.index)
    days = [
        float((dt.date.fromisoformat(answered[key]) - dt.date.fromisoformat(handed[key])).days)
        for key in both
    ]
    n_all, n_done = float(len(handed)), float(len(days))
    figures = Figures(total=n_all, covered=n_done, uncovered=n_all - n_done, unknown=0.0, assumed=0.0)
    if not days:
        return Reading(figures=figures, low=0.0, high=0.0)
    return Reading(figures=figures, value=float(np.median(days)), low=min(days), high=max(days))
