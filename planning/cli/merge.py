"""Ghép gói của các xã, hoặc gói trả lời của thành phố (merge packages, three versions of each row)."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import asdict
from pathlib import Path

from geo.errors import NotFoundError
from planning import merge
from planning.text import tr
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
    parser.add_argument("packs", nargs="*", type=Path, metavar="PACK", help="các gói")
    parser.add_argument(
        "--decide",
        action="append",
        default=[],
        metavar="CODE:LAYER:ID=theirs|ours",
        help="giải quyết một mâu thuẫn đã liệt kê",
    )


def run(options: argparse.Namespace) -> Result:
    """
    Merge packages, or settle conflicts.

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
    now = dt.datetime.now(dt.UTC)
    for text in options.decide:
        _decide(workspace, text, actor=options.actor, now=now)
    report = merge.merge(workspace, options.packs, actor=options.actor, now=now)
    lines = [
        tr(
            "parcel.line",
            options.language,
            code=line.code,
            name=line.name,
            version=line.version,
            made_at=line.made_at,
            outcome=tr(f"parcel.outcome.{line.outcome}", options.language),
            added=line.n_added,
            changed=line.n_changed,
            removed=line.n_removed,
            kept=line.n_kept,
        )
        for line in report.packs
    ]
    lines += [
        tr(
            "parcel.conflict",
            options.language,
            code=one.code,
            layer=one.layer,
            id=one.id,
            kind=tr(f"parcel.conflict.{one.kind}", options.language),
        )
        for one in report.conflicts
    ]
    lines.append(tr("parcel.duplicates", options.language, n=len(report.duplicates)))
    return 0, asdict(report), "\n".join(lines)


def _decide(workspace: Workspace, text: str, *, actor: str, now: dt.datetime) -> None:
    place, _, side = text.rpartition("=")
    for one in merge.open_conflicts(workspace):
        if f"{one.code}:{one.layer}:{one.id}" == place and side in ("theirs", "ours"):
            merge.decide(workspace, one, take_theirs=side == "theirs", actor=actor, now=now)
            return
    raise NotFoundError("parcel_no_conflict", layer=place, id=side)
