"""Tìm nơi chưa đạt chỉ tiêu (find who is not served)."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import replace

from planning import gap, runs, spread
from planning.gap import GapResult
from planning.runs import ANY
from planning.text import number, share_text, tr
from planning.workspace import Workspace, open_workspace

Result = tuple[int, object, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--commune", default=None, metavar="CODE")


def run(options: argparse.Namespace) -> Result:
    """
    Analyse.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    workspace = open_workspace(options.workspace)
    moment = dt.datetime.now(dt.UTC)
    result = gap.run(workspace, commune=options.commune, refresh=True, now=moment)
    if options.commune in (None, workspace.code):
        result = _with_spread(result, workspace, now=moment)
    language = options.language
    lines = [
        f"{name}: {share_text(figures.share, language)}"
        f" · {tr('state.covered', language)} {number(figures.covered, language)}"
        f" · {tr('state.uncovered', language)} {number(figures.uncovered, language)}"
        f" · {tr('state.unknown', language)} {number(figures.unknown, language)}"
        f" · {tr('cli.gap.assumed', language)} {share_text(figures.assumed_share, language)}"
        for name, figures in result.operators.items()
    ]
    lines += [
        tr(
            "cli.gap.expected",
            language,
            name=name,
            covered=number(people.covered, language),
            deviation=number(people.deviation, language),
        )
        for name, people in result.expected.items()
    ]
    lines += [
        tr(
            "cli.gap.speed",
            language,
            name=name,
            target=result.speed_target_mbps,
            share=share_text(figures.share, language),
        )
        for name, figures in result.speed.items()
    ]
    lines += _more(result, language)
    lines += [
        f"{area.rank}. {area.hamlet}: {number(area.people, language)}; "
        f"{tr(f'gap.reason.{area.reason}', language)}"
        for area in result.areas_of(ANY)[:10]
    ]
    return 0, gap.to_json(result), "\n".join(lines)


def _with_spread(result: GapResult, workspace: Workspace, *, now: dt.datetime) -> GapResult:
    # Estimates made by older editions, or made just now, get what other models say where that is cheap.
    found = runs.latest(workspace, technology=gap.TARGET)
    if result.spread or found is None or found.digest != result.run or not spread.is_cheap(workspace, found):
        return result
    return replace(result, spread=spread.spread(workspace, found, now=now).spread)


def _more(result: GapResult, language: str) -> list[str]:
    told = runs.spread_range(result.spread, ANY)
    lines = []
    if told is not None:
        shares = {"low": share_text(told.low, language), "high": share_text(told.high, language)}
        lines.append(tr("cli.gap.spread", language, **shares))
    for name, figures in result.indoor.items():
        share = share_text(figures[ANY].share, language)
        lines.append(tr("cli.gap.indoor", language, walls=tr(f"indoor.{name}", language), share=share))
    for technology, presence in result.technologies.items():
        if technology != gap.TARGET:
            share = share_text(presence.operators[ANY].share, language)
            lines.append(tr("cli.gap.technology", language, technology=technology, share=share))
    return lines
