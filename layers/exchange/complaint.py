"""Rows of the layer ``report``: what people say about reception, without who they are."""

from __future__ import annotations

from layers.exchange.fault import issue
from layers.exchange.particular import Filled, Rows
from layers.exchange.values import Value, word_in
from layers.exchange.word import fold, holds
from layers.issue import Issue, Severity

_OTHER = ("wifi", "wi fi", "truyen hinh", "dien thoai ban", "camera", "mat dien", "loa", "cap quang")
_MOBILE = ("song", "2g", "3g", "4g", "5g", "goi", "di dong", "mang di dong", "sim")


def fill(rows: Rows) -> Filled:
    """
    What is particular to reports of the hamlets.

    Parameters
    ----------
    rows
        Rows of the layer ``report``.

    Returns
    -------
    filled
        What fails, from the words; a row about something else than mobile reception is asked about, one
        without an operator is a warning.
    """
    notes = [str(one or "") for one in rows.values["note"]]
    fails: list[Value] = [
        known or word_in(note, field="fails", layer="report", aliases=rows.aliases)
        for known, note in zip(rows.values["fails"], notes, strict=True)
    ]
    faults: list[Issue] = []
    for number, note, operator in zip(rows.raw.row_numbers, notes, rows.values["operator"], strict=True):
        said = fold(note)
        if any(holds(said, one) for one in _OTHER) and not any(holds(said, one) for one in _MOBILE):
            faults.append(issue("report_not_mobile", Severity.ASK, row=number))
        elif not operator:
            faults.append(issue("report_operator_unknown", Severity.WARNING, row=number))
    return Filled(values={"fails": fails}, faults=faults)
