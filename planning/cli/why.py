"""Giải thích một điểm: vì sao có hay chưa có sóng (why a place is or is not served)."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from planning import coverage, runs
from planning.scenario import CoverageOptions
from planning.text import number, tr
from planning.why import Answer, Link, explain
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
    parser.add_argument("--lon", type=float, required=True)
    parser.add_argument("--lat", type=float, required=True)
    parser.add_argument("--operator", required=True)


def run(options: argparse.Namespace) -> Result:
    """
    Explain, with the choices of the latest estimate.

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
    latest = runs.latest(workspace)
    chosen = CoverageOptions() if latest is None else latest.options
    answer = explain(
        coverage.read_inputs(workspace, chosen),
        chosen,
        operator=options.operator,
        lon=options.lon,
        lat=options.lat,
        epsg=workspace.calc_epsg,
        dense=workspace.is_dense(),
        found=latest,
    )
    lines = [tr(f"state.{answer.state.name.lower()}", options.language)]
    lines += [_line(link, options.language) for link in answer.links]
    return 0, to_json(answer), "\n".join(lines)


def to_json(answer: Answer) -> dict[str, object]:
    """
    An answer as scripts read it.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    record
        State, terms of each link, and the obstacle on the way to the best.
    """
    obstacle = answer.obstacle
    return {
        "operator": answer.operator,
        "state": answer.state.name.lower(),
        "open_border": answer.open_border,
        "margin_db": answer.margin_db,
        "threshold_dbm": answer.threshold_dbm,
        "links": [_link_json(link) for link in answer.links],
        "obstacle": None
        if obstacle is None
        else {
            "distance_m": obstacle.distance_m,
            "clutter_height_m": obstacle.clutter_height_m,
            "excess_m": obstacle.excess_m,
        },
    }


def _link_json(link: Link) -> Mapping[str, object]:
    terms = link.budget
    return {
        "cell": link.sector.id,
        "site": link.sector.mast_id,
        "model": None if terms.model is None else terms.model.name,
        "urban": link.sector.urban,
        "distance_m": terms.distance_m,
        "los": link.los,
        "eirp_per_re_dbm": terms.eirp_per_re_dbm,
        "attenuation_db": terms.attenuation_db,
        "antenna": link.antenna,
        "gain_dbi": link.gain_dbi,
        "loss_db": terms.loss_db,
        "correction_db": terms.correction_db,
        "power_dbm": terms.power_dbm,
        "planning_dbm": link.planning_dbm,
        "state": link.state.name.lower(),
        "assumed": sorted(link.sector.assumed),
    }


def _line(link: Link, language: str) -> str:
    sight = {True: "free", False: "blocked", None: "unknown"}[link.los]
    said = "" if link.antenna is None else tr("cli.why.antenna", language, name=link.antenna)
    line = tr(
        "cli.why.link",
        language,
        cell=link.sector.id,
        distance=number(link.budget.distance_m / 1000, language, digits=2),
        sight=tr(f"why.sight.{sight}", language),
        loss=number(link.budget.loss_db, language, digits=1),
        level=number(link.planning_dbm, language, digits=1),
    )
    gain = tr("cli.why.gain", language, gain=number(link.gain_dbi, language, digits=1))
    return "; ".join(part for part in (line, said, gain) if part)
