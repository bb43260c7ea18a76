"""Ai đã thay đổi gì, lúc nào, từ đâu (who changed what, when, from where)."""

from __future__ import annotations

import argparse

from layers.store import Change
from planning.history import undoable
from planning.text import tr
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
    parser.add_argument("--limit", type=int, default=None, metavar="N", help="chỉ N thay đổi gần nhất")
    parser.add_argument("--rows", type=int, default=None, metavar="NUMBER", help="các dòng của một thay đổi")


def run(options: argparse.Namespace) -> Result:
    """
    List the changes, the last first.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    store = open_workspace(options.workspace).store
    changes = store.history()
    possible = {change.number for change in undoable(changes)}
    shown = changes[: options.limit]
    record: dict[str, object] = {
        "changes": [_record(change, can_undo=change.number in possible) for change in shown]
    }
    if options.rows is not None:
        rows = store.changed_rows(options.rows)
        record = {
            "number": options.rows,
            "rows": [
                {"layer": row.layer, "id": row.id, "before": row.before, "after": row.after} for row in rows
            ],
        }
        return 0, record, "\n".join(f"{row.layer} {row.id}: {row.before} → {row.after}" for row in rows)
    return 0, record, "\n".join(_line(change, options.language) for change in shown)


def _record(change: Change, *, can_undo: bool) -> dict[str, object]:
    layers = [
        {
            "layer": part.layer,
            "added": part.n_added,
            "changed": part.n_changed,
            "removed": part.n_removed,
            "previous": part.digest,
        }
        for part in change.layers
    ]
    note = change.note
    return {
        "number": change.number,
        "at": note.at,
        "actor": note.actor,
        "action": note.action,
        "source": note.source,
        "reason": note.reason,
        "undoes": change.undoes,
        "undone": change.is_undone,
        "can_undo": can_undo,
        "layers": layers,
    }


def _line(change: Change, language: str) -> str:
    parts = ", ".join(
        f"{tr(f'layer.{part.layer}', language)} +{part.n_added} ~{part.n_changed} −{part.n_removed}"
        for part in change.layers
    )
    note = change.note
    who = note.actor or tr("history.program", language)
    words = [str(change.number), note.at, who, tr(f"action.{note.action}", language), note.source, parts]
    if change.is_undone:
        words.append(tr("history.undone", language))
    return " · ".join(word for word in words if word)
