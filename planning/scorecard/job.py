"""The scorecard of an area: every target of the plan read today, and whom to ask first."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from planning import coverage, data, gap, runs
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions
from planning.scorecard import evidence as reading_of
from planning.scorecard import plan, survey
from planning.scorecard.evidence import Evidence
from planning.scorecard.reading import Missing, Reading
from planning.scorecard.registry import INDICATORS
from planning.scorecard.row import Target
from planning.text import number, share_text, tr
from planning.workspace import Workspace

EACH = "each_operator"
FLOOR = "4G"
MEASURED = ("km", "km2")
"""Units whose figures are written with decimals; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    A target and its reading.

    Parameters
    ----------
    target
        What the plan asks for.
    operator
        Operator of a target that is read for each; else "".
    reading
        What it reads today.
    oldest_input
        Oldest date among the rows it reads, ISO 8601, or "".
    published_share
        What the operator, or the department for all of them, publishes itself, 0–1; None where it publishes
        nothing.
    """

    target: Target
    operator: str
    reading: Reading
    oldest_input: str
    published_share: float | None = None

    @property
    def id(self) -> str:
        """Key of the row: the target's, with the operator's where there is one."""
        return f"{self.target.id}:{self.operator}" if self.operator else self.target.id

    @property
    def share(self) -> float | None:
        """Share reached, 0–1; None where nothing is counted or all of it is unknown."""
        figures = self.reading.figures
        if figures is None or figures.unknown >= figures.total:
            return None
        return figures.share


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    Somebody to ask, with all that their answer could move.

    Parameters
    ----------
    asked
        Operator id, hamlet name or text key of an office.
    wants
        What to ask for, with the target it moves, the weightiest first.
    share
        Sum over targets of the shares that could turn; as percentage points it ranks the calls.
    """

    asked: str
    wants: tuple[tuple[Row, Missing], ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """
    All targets of an area.

    Parameters
    ----------
    rows
        In the order of the plan.
    calls
        Whom to ask, the weightiest first.
    run, model
        Digest of the coverage estimate and its path-loss model, or "".
    basis
        Text key of what the number of people rests on.
    today
        Day it was read.
    hamlets
        Names of the hamlets, in the order of the readings.
    """

    rows: tuple[Row, ...]
    calls: tuple[Call, ...]
    run: str
    model: str
    basis: str
    today: dt.date
    hamlets: tuple[str, ...]


def run(workspace: Workspace, *, commune: str | None = None, now: dt.datetime) -> Scorecard:
    """
    Read every target.

    Parameters
    ----------
    workspace
        The workspace; a 5G estimate is made where there is none and masts are known.
    commune
        Code of one commune, or None for the whole workspace.
    now
        Present moment.

    Returns
    -------
    scorecard
        All rows.

    Raises
    ------
    NotFoundError
        There is no outline, or no commune of that code.
    """
    return read(gather(workspace, commune=commune, now=now), plan.targets(workspace))


def city(workspace: Workspace, *, now: dt.datetime) -> Mapping[str, Scorecard]:
    """
    The scorecard of every commune of a workspace, read once for all.

    Parameters
    ----------
    workspace
        The workspace; a 5G estimate is made where there is none and masts are known.
    now
        Present moment.

    Returns
    -------
    cards
        Code of each commune to its scorecard, the same as :func:`run` gives for it.
    """
    whole = gather(workspace, now=now)
    targets = plan.targets(workspace)
    communes = workspace.store.read("boundary").to_crs(workspace.calc_epsg)
    cards = {}
    for code, rows in communes.groupby("code", sort=False):
        people = rows["population_registered"].dropna()
        registered = float(people.sum()) if len(people) else None
        one = reading_of.part(whole, rows.geometry.union_all(), registered=registered)
        cards[str(code)] = read(one, targets)
    return MappingProxyType(cards)


def gather(workspace: Workspace, *, commune: str | None = None, now: dt.datetime) -> Evidence:
    """
    All that the targets read.

    Parameters
    ----------
    workspace
        The workspace; a 5G estimate is made where there is none and masts are known.
    commune
        Code of one commune, or None for the whole workspace.
    now
        Present moment.

    Returns
    -------
    evidence
        With the 5G estimate, and the 4G estimate where one is kept.

    Raises
    ------
    NotFoundError
        There is no outline, or no commune of that code.
    """
    found = runs.latest(workspace, technology=gap.TARGET) or _estimate(workspace, now)
    # The floor is told where somebody has asked for it: a look at the targets makes no estimate beside 5G.
    floor = runs.latest(workspace, technology=FLOOR)
    return reading_of.gather(workspace, found, floor=floor, commune=commune, today=now.date())


def _estimate(workspace: Workspace, now: dt.datetime) -> CoverageRun | None:
    # Without a mast nothing can be estimated, and the other targets can still be read.
    if workspace.store.count("site") == 0:
        return None
    return coverage.run(workspace, CoverageOptions(technology=gap.TARGET), now=now)


def read(evidence: Evidence, targets: Sequence[Target]) -> Scorecard:
    """
    Read targets from evidence.

    Parameters
    ----------
    evidence
        What there is.
    targets
        What the plan asks for.

    Returns
    -------
    scorecard
        A row for each target, and one for each operator where a target is read for each.
    """
    rows = tuple(row for target in targets for row in _rows(evidence, target))
    return Scorecard(
        rows=rows,
        calls=calls(rows),
        run=reading_of.runs_of(evidence),
        model="" if evidence.mobile is None else "+".join(evidence.mobile.found.models),
        basis=evidence.settlement.basis,
        today=evidence.today,
        hamlets=evidence.hamlet_names,
    )


def _rows(evidence: Evidence, target: Target) -> Iterator[Row]:
    operators: tuple[str, ...] = ("",)
    if target.argument == EACH:
        operators = evidence.mobile.found.operators if evidence.mobile is not None else ()
    for operator in operators:
        reading = INDICATORS[target.indicator](evidence, operator or target.argument)
        yield Row(
            target=target,
            operator=operator,
            reading=reading,
            oldest_input=_oldest(evidence, target.layers),
            published_share=survey.published(evidence, operator or target.argument)
            if target.indicator == "people"
            else None,
        )


def _oldest(evidence: Evidence, layers: Sequence[str]) -> str:
    dates = [
        str(table["as_of"].dropna().min())
        for name in layers
        for table in [evidence.hamlets if name == "hamlet" else evidence.tables.get(name)]
        if table is not None and table["as_of"].notna().any()
    ]
    return min(dates, default="")


def calls(rows: Sequence[Row]) -> tuple[Call, ...]:
    """
    Whom to ask first.

    Parameters
    ----------
    rows
        Rows of a scorecard.

    Returns
    -------
    calls
        One for each who could tell something; ranked by the percentage points at stake over targets with a
        threshold, those without one last.
    """
    wants: dict[str, list[tuple[Row, Missing]]] = {}
    for row in rows:
        for missing in row.reading.missing:
            if missing.asked:
                wants.setdefault(missing.asked, []).append((row, missing))
    found = [
        Call(
            asked=asked,
            wants=tuple(sorted(items, key=lambda item: (-item[1].share, item[0].id))),
            share=math.fsum(
                missing.share for row, missing in items if row.target.threshold_share is not None
            ),
        )
        for asked, items in wants.items()
    ]
    return tuple(sorted(found, key=lambda call: (-call.share, -len(call.wants), call.asked)))


def to_json(card: Scorecard, language: str) -> dict[str, object]:
    """
    The scorecard as scripts read it.

    Parameters
    ----------
    card
        The scorecard.
    language
        ``vi`` or ``en``.

    Returns
    -------
    json
        Plain values, keys stable.
    """
    return {
        "run": card.run,
        "population_basis": card.basis,
        "date": card.today.isoformat(),
        "targets": [_row_json(row, card.hamlets, language) for row in card.rows],
        "calls": calls_json(card, language),
    }


def calls_json(card: Scorecard, language: str) -> list[dict[str, object]]:
    """
    Whom to ask, as scripts read it.

    Parameters
    ----------
    card
        The scorecard.
    language
        ``vi`` or ``en``.

    Returns
    -------
    records
        The weightiest first, with the percentage points at stake.
    """
    return [
        {
            "who": who(call.asked, language),
            "points": 100 * call.share,
            "wants": [
                {"target": row.id, "what": missing_text(missing, language), "points": 100 * missing.share}
                for row, missing in call.wants
            ],
        }
        for call in card.calls
    ]


def _row_json(row: Row, hamlets: Sequence[str], language: str) -> dict[str, object]:
    reading, figures = row.reading, row.reading.figures
    return {
        "id": row.id,
        "clause": row.target.clause,
        "text": sentence(row, language),
        "unit": row.target.unit,
        "value": reading.value if reading.value is not None else row.share,
        "share": row.share,
        "covered": None if figures is None else figures.covered,
        "uncovered": None if figures is None else figures.uncovered,
        "unknown": None if figures is None else figures.unknown,
        "denominator": None if figures is None else figures.total,
        "low": _plain(reading.low),
        "high": _plain(reading.high),
        "published_share": row.published_share,
        "assumed_share": None if figures is None else _plain(figures.assumed_share),
        "threshold_share": row.target.threshold_share,
        "path": {str(year): share for year, share in row.target.path.items()},
        "formula": formula(row, language),
        "source": row.target.source,
        "source_date": row.target.source_date or None,
        "office": tr(row.target.office, language),
        "oldest_input": row.oldest_input or None,
        "missing": [missing_text(missing, language) for missing in reading.missing],
        "hamlets": [
            {
                "name": name,
                "covered": part.covered,
                "uncovered": part.uncovered,
                "unknown": part.unknown,
                "denominator": part.total,
            }
            for name, part in zip(hamlets, reading.hamlets, strict=False)
        ],
    }


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def sentence(row: Row, language: str) -> str:
    """
    What the plan asks for, in words.

    Parameters
    ----------
    row
        The row.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        The sentence; with the operator's name where it is read for each.
    """
    text = row.target.texts[language]
    return f"{text}: {who(row.operator, language)}" if row.operator else text


def formula(row: Row, language: str) -> str:
    """
    How the figure is computed, in words and in today's numbers.

    Parameters
    ----------
    row
        The row.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        Never empty.
    """
    words = tr(f"formula.{row.target.indicator}", language, **settings_named())
    figures = row.reading.figures
    if row.reading.value is not None:
        digits = 0 if row.reading.value.is_integer() else 2
        return f"{words} = {number(row.reading.value, language, digits=digits)}"
    if figures is None or row.share is None:
        return f"{words} = {tr('formula.no_data', language)}"
    digits = 2 if row.target.unit in MEASURED else 0
    part, whole = (number(value, language, digits=digits) for value in (figures.covered, figures.total))
    return f"{words} = {part} / {whole} = {share_text(figures.share, language)}"


def settings_named() -> Mapping[str, object]:
    """
    Editable numbers that formulas name.

    Returns
    -------
    settings
        Name to value.
    """
    return MappingProxyType({name: setting.value for name, setting in data.settings().items()})


def who(asked: str, language: str) -> str:
    """
    Name of who is asked.

    Parameters
    ----------
    asked
        Operator id, hamlet name or text key of an office.
    language
        ``vi`` or ``en``.

    Returns
    -------
    name
        In words.
    """
    names = {operator.id: operator.names[language] for operator in data.operators()}
    return names.get(asked) or (tr(asked, language) if asked.startswith("office.") else asked)


def missing_text(missing: Missing, language: str) -> str:
    """
    What is missing, in words.

    Parameters
    ----------
    missing
        The record.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        With whom to ask and how many percentage points it could move.
    """
    facts = {**missing.facts, "who": who(missing.asked, language)}
    if "indicator" in facts:
        facts["indicator"] = tr(f"survey.{facts['indicator']}", language)
    points = number(100 * missing.share, language, digits=1)
    return tr(f"missing.{missing.key}", language, **{**facts, "points": points})
