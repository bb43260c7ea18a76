"""A file judged by itself: its faults with their places, for a report."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

from layers.catalogue import spec_of
from planning import data, exchange, intake, quality, surroundings
from planning.intake import Answers
from planning.quality import QualityReport


def of_file(path: Path, *, layer: str | None, epsg: int | None, today: dt.date) -> QualityReport:
    """
    Judge a file, with the place of every fault; nothing is written and no workspace is needed.

    Parameters
    ----------
    path
        The file.
    layer
        Layer that it is meant for; None: the file is judged alone, and no rule about rows is asked.
    epsg
        System of its coordinates, where known.
    today
        Present day.

    Returns
    -------
    report
        All faults, the gravest first.

    Raises
    ------
    NotFoundError
        There is no such file or layer.
    """
    judged = exchange.check(path, layer=layer, epsg=epsg)
    known = partial(quality.of_file, path.name, n_rows=judged.n_rows, today=today, layer=layer)
    if layer is None or not judged.n_rows:
        return known(judged.issues)
    answers = Answers(epsg=epsg)
    shown = intake.preview(
        path, spec_of(layer), surroundings.context(None), answers=answers, limits=data.limits()
    )
    if shown.converted is None:
        return known(judged.issues)
    table, numbers = shown.converted.table, shown.converted.row_numbers
    found = quality.incoming(None, layer, table, row_numbers=numbers, today=today)
    issues = [*judged.issues, *(quality.headed(one, shown.columns) for one in found)]
    return known(issues, table=table, row_numbers=numbers)
