"""
The record of what was done with proposals, as a chain: each entry is bound to the one before it.

Whoever changes, removes, adds or moves an entry breaks the chain from there on. Whoever cuts off its end does
not; that shows only against a head kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import geopandas as gpd
import pandas as pd

from geo.crs import WGS84
from geo.errors import InputError

FIRST = "0" * 64
"""What the first entry is bound to."""
LEVEL = "internal"
ID_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One thing done.

    Parameters
    ----------
    entry
        Counted up from 1 over all proposals: the order of the record, whatever the clocks say.
    at
        When, ISO 8601 in universal time.
    actor, role
        Who, as what.
    action
        What.
    proposal_id, proposal_version
        With which proposal, and its version afterwards.
    state_from, state_to
        Its state before and after.
    reason
        In the actor's words.
    shown_digest
        Digest of the evaluation that was shown; empty where none decided.
    previous_digest
        Digest of the entry before.
    digest
        SHA-256 of all this, hexadecimal.
    """

    entry: int
    at: str
    actor: str
    role: str
    action: str
    proposal_id: str
    proposal_version: int
    state_from: str
    state_to: str
    reason: str
    shown_digest: str
    previous_digest: str
    digest: str

    @classmethod
    def after(cls, last: Entry | None, **values: object) -> Entry:
        """
        The next entry of a record.

        Parameters
        ----------
        last
            The last one; None: the record is empty.
        values
            Everything but its number and the digests.

        Returns
        -------
        entry
            Bound to the last one.
        """
        number, previous = (1, FIRST) if last is None else (last.entry + 1, last.digest)
        fields: dict[str, object] = {"entry": number, **values, "previous_digest": previous}
        return cls(**fields, digest=digest_of(fields))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What a look through the record found.

    Parameters
    ----------
    entries
        Number of entries.
    ok
        True where the chain is whole and holds the head kept elsewhere.
    first_bad
        Number of the first entry that is not as it was written, or missing; None: none.
    head
        Digest of the last entry; of nothing where the record is empty.
    """

    entries: int
    ok: bool
    first_bad: int | None
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    The end of a record at some time, kept where its keeper cannot write.

    Parameters
    ----------
    entries
        Number of entries then.
    head
        Digest of the last of them.
    """

    entries: int
    head: str


def digest_of(fields: Mapping[str, object]) -> str:
    """
    Digest of an entry.

    Parameters
    ----------
    fields
        All its fields but ``digest``.

    Returns
    -------
    digest
        SHA-256 of its canonical JSON, hexadecimal.
    """
    kept = {key: value for key, value in fields.items() if key != "digest"}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def to_table(entries: Sequence[Entry]) -> gpd.GeoDataFrame:
    """
    Entries as rows of the layer ``audit``.

    Parameters
    ----------
    entries
        The entries.

    Returns
    -------
    table
        One row each.
    """
    rows = [{"id": f"{one.entry:0{ID_DIGITS}d}", **asdict(one), "sharing": LEVEL} for one in entries]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=[None] * len(rows), crs=WGS84)


def to_entries(table: gpd.GeoDataFrame) -> tuple[Entry, ...]:
    """
    Rows of the layer ``audit`` as entries, unjudged.

    Parameters
    ----------
    table
        Rows of the layer.

    Returns
    -------
    entries
        In the order of their numbers.
    """
    return tuple(sorted((_entry(row) for row in table.to_dict("records")), key=lambda one: one.entry))


def _entry(row: Mapping[str, object]) -> Entry:
    numbers = ("entry", "proposal_version")
    fields: dict[str, object] = {name: _number(row[name]) for name in numbers}
    fields |= {name: _text(row[name]) for name in Entry.__dataclass_fields__ if name not in numbers}
    return Entry(**fields)  # type: ignore[arg-type]


def _number(value: object) -> int:
    return -1 if pd.isna(value) else int(str(value))  # type: ignore[call-overload]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def verify(table: gpd.GeoDataFrame, head: Head | None = None) -> Verdict:
    """
    Look through a record.

    Parameters
    ----------
    table
        Rows of the layer ``audit``, in the order in which they stand.
    head
        Its end at an earlier time, kept elsewhere; None: none was kept.

    Returns
    -------
    verdict
        Whole or not, and where it breaks first.
    """
    previous, first_bad = FIRST, None
    rows = table.to_dict("records")
    for number, row in enumerate(rows, start=1):
        found = _entry(row)
        fields = asdict(found)
        is_own = row["id"] == f"{number:0{ID_DIGITS}d}" and row["sharing"] == LEVEL
        is_bound = found.entry == number and found.previous_digest == previous
        if not (is_own and is_bound and found.digest == digest_of(fields)):
            first_bad = number
            break
        previous = found.digest
    if first_bad is None and head is not None:
        first_bad = _against(rows, head)
    last = _text(rows[-1]["digest"]) if rows else FIRST
    return Verdict(entries=len(rows), ok=first_bad is None, first_bad=first_bad, head=last)


def _against(rows: Sequence[Mapping[str, object]], head: Head) -> int | None:
    if head.entries > len(rows):
        return len(rows) + 1
    there = FIRST if head.entries == 0 else _text(rows[head.entries - 1]["digest"])
    return None if there == head.head else max(head.entries, 1)


def head_of(text: str) -> Head:
    """
    The end of a record that was kept elsewhere.

    Parameters
    ----------
    text
        JSON with ``entries`` and ``head``, as ``audit verify --json`` prints it.

    Returns
    -------
    head
        Number of entries and digest then.

    Raises
    ------
    InputError
        ``head_unreadable``.
    """
    try:
        found = json.loads(text)
        return Head(entries=int(found["entries"]), head=str(found["head"]))
    except (ValueError, TypeError, KeyError):
        raise InputError("head_unreadable") from None
