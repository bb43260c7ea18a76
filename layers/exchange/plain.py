"""Plain tables of texts, as offices send them: one CSV with semicolons."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from layers.exchange.staging import publish


def write_plain_csv(path: Path, *, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """
    Write a table of texts as CSV (UTF-8 with BOM, semicolons), whole or not at all.

    Parameters
    ----------
    path
        Where the file shall appear; its folder is made where it does not exist.
    headings
        Texts of the first row.
    rows
        Texts of the others.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    StoreError
        The folder may not be written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    build = partial(_build, name=path.name, lines=[list(headings), *(list(row) for row in rows)])
    _, sha256 = publish(path, build)
    return sha256


def _build(folder: Path, *, name: str, lines: Sequence[Sequence[str]]) -> tuple[Path, int]:
    built = folder / name
    with built.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(lines)
    return built, len(lines)
