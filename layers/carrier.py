"""Numbers of a row that may be missing, and the carrier that they tell."""

from __future__ import annotations

import math
from collections.abc import Mapping

from geo.radio import nr_arfcn_to_mhz


def given(row: Mapping[str, object] | None, name: str) -> float | None:
    """
    Number of a row.

    Parameters
    ----------
    row
        The row, or None.
    name
        Its column.

    Returns
    -------
    value
        In the column's unit; None where there is none.
    """
    value = None if row is None else row.get(name)
    return float(value) if isinstance(value, (int, float)) and not math.isnan(value) else None


def carrier_mhz(row: Mapping[str, object]) -> float | None:
    """
    Carrier of a cell or of a measurement.

    Parameters
    ----------
    row
        A row with ``frequency_mhz`` or ``nr_arfcn``; the frequency goes before the channel number.

    Returns
    -------
    frequency_mhz
        Frequency stated, else that of the channel number [MHz]; None where the row tells neither.

    References
    ----------
    TS 38.104 clause 5.4.2.1.
    """
    stated_mhz, channel = given(row, "frequency_mhz"), given(row, "nr_arfcn")
    if stated_mhz is not None or channel is None:
        return stated_mhz
    return float(nr_arfcn_to_mhz(channel))
