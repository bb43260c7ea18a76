"""Tìm nơi chưa đạt chỉ tiêu (find who is not served)."""

from __future__ import annotations

import argparse
import datetime as dt

from planning import gap
from planning.runs import ANY
from planning.text import number, share_text, tr
from planning.workspace import open_workspace

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
    result = gap.run(workspace, commune=options.commune, refresh=True, now=dt.datetime.now(dt.UTC))
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
    lines += [
        f"{area.rank}. {area.hamlet}: {number(area.people, language)}; "
        f"{tr(f'gap.reason.{area.reason}', language)}"
        for area in result.areas_of(ANY)[:10]
    ]
    return 0, gap.to_json(result), "\n".join(lines)
