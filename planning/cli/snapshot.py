"""Chốt số liệu: lưu, liệt kê, so sánh (close the figures: keep, list, compare)."""

from __future__ import annotations

import argparse
import datetime as dt

from geo.errors import InputError
from planning import history
from planning.progress import change, closing
from planning.progress.change import Change
from planning.scorecard import job, plan
from planning.text import number, tr
from planning.workspace import Workspace, open_workspace

Result = tuple[int, object, str]
NAMES = {"save": (0, 1), "list": (0, 0), "compare": (1, 2)}
"""Least and greatest number of names that each takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("what", choices=tuple(NAMES), help="lưu, liệt kê, so sánh")
    parser.add_argument("names", nargs="*", metavar="NAME", help="save [tên] · compare TRƯỚC [SAU]")
    parser.add_argument("--commune", default=None, metavar="CODE")
    parser.add_argument(
        "--rows-only", action="store_true", help="chỉ lưu các lớp dữ liệu, không chốt chỉ tiêu"
    )


def run(options: argparse.Namespace) -> Result:
    """
    Keep, list or compare.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    least, most = NAMES[options.what]
    if not least <= len(options.names) <= most:
        raise InputError("names_count", what=options.what, least=least, most=most)
    workspace = open_workspace(options.workspace)
    if options.what == "save":
        return _save(workspace, options)
    return _list(workspace, options.commune) if options.what == "list" else _compare(workspace, options)


def _save(workspace: Workspace, options: argparse.Namespace) -> Result:
    now, asked = dt.datetime.now(dt.UTC), "".join(options.names)
    if options.rows_only:
        name = history.save_snapshot(workspace, asked, actor=options.actor, now=now)
        return 0, {"name": name}, name
    card = job.run(workspace, commune=options.commune, now=now)
    name = closing.keep(workspace, card, asked, actor=options.actor, now=now, commune=options.commune)
    return 0, {"name": name, "targets": len(card.rows)}, name


def _list(workspace: Workspace, commune: str | None) -> Result:
    found = workspace.store.snapshots()
    closed = {one.name: one for one in closing.closings(workspace, commune=commune)}
    record = [
        {"name": one.name, "at": one.at, "actor": one.actor, "rows": dict(one.n_rows)}
        | {"has_figures": one.name in closed}
        for one in found
    ]
    return 0, {"snapshots": record}, "\n".join(f"{one.name} · {one.at} · {one.actor}" for one in found)


def _compare(workspace: Workspace, options: argparse.Namespace) -> Result:
    names, language = options.names, options.language
    found = history.compare(workspace, *names)
    record: dict[str, object] = {
        "layers": [
            {
                "layer": one.layer,
                "added": list(one.added),
                "changed": list(one.changed),
                "removed": list(one.removed),
                "columns": dict(one.columns),
            }
            for one in found
        ]
    }
    lines = [
        f"{tr(f'layer.{one.layer}', language)}: +{len(one.added)} ~{len(one.changed)} −{len(one.removed)}"
        for one in found
    ]
    closed = {one.name: one for one in closing.closings(workspace, commune=options.commune)}
    if len(names) == NAMES["compare"][1] and closed.keys() >= set(names):
        before, after = (closed[name] for name in names)
        changes = change.compare(workspace, before, after, plan.targets(workspace))
        record |= {
            "targets": [_json(one) for one in changes],
            "assumption": tr("change.assumption", language),
        }
        lines += [line for one in changes for line in _line(one, language)]
    return 0, record, "\n".join(lines or [tr("history.compare.same", language)])


def _json(one: Change) -> dict[str, object]:
    return {
        "target": one.target_id,
        "before": one.before,
        "after": one.after,
        "real": one.real,
        "data": one.data,
        "reckoning": one.reckoning,
        "is_mixed": one.is_mixed,
        "layers": list(one.layers),
    }


def _line(one: Change, language: str) -> list[str]:
    if one.before is None or one.after is None or one.before == one.after:
        return []
    if one.real is None or one.data is None or one.reckoning is None:
        return [f"{one.target_id}: {tr('change.mixed', language)}"]
    parts = ("real", "data", "reckoning")
    told = {name: number(100 * float(getattr(one, name)), language, digits=1) for name in parts}
    points = number(100 * (one.after - one.before), language, digits=1)
    return [f"{one.target_id}: {tr('change.line', language, points=points, **told)}"]
