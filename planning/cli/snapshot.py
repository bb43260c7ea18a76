"""Lưu, liệt kê, so sánh trạng thái của bộ dữ liệu (keep, list, compare states)."""

from __future__ import annotations

import argparse
import datetime as dt

from geo.errors import InputError
from planning import history
from planning.text import tr
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
        asked = "".join(options.names)
        name = history.save_snapshot(workspace, asked, actor=options.actor, now=dt.datetime.now(dt.UTC))
        return 0, {"name": name}, name
    return (
        _list(workspace) if options.what == "list" else _compare(workspace, options.names, options.language)
    )


def _list(workspace: Workspace) -> Result:
    found = workspace.store.snapshots()
    record = [{"name": one.name, "at": one.at, "actor": one.actor, "rows": dict(one.n_rows)} for one in found]
    return 0, {"snapshots": record}, "\n".join(f"{one.name} · {one.at} · {one.actor}" for one in found)


def _compare(workspace: Workspace, names: list[str], language: str) -> Result:
    found = history.compare(workspace, *names)
    record = [
        {
            "layer": one.layer,
            "added": list(one.added),
            "changed": list(one.changed),
            "removed": list(one.removed),
            "columns": dict(one.columns),
        }
        for one in found
    ]
    lines = [
        f"{tr(f'layer.{one.layer}', language)}: +{len(one.added)} ~{len(one.changed)} −{len(one.removed)}"
        for one in found
    ]
    return 0, {"layers": record}, "\n".join(lines or [tr("history.compare.same", language)])
