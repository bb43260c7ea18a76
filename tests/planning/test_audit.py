"""The record of the reviews: whatever is changed, removed, added, moved or cut off is found."""

from __future__ import annotations

import json
import random

import geopandas as gpd
import pytest

from geo.errors import InputError
from planning import audit
from planning.audit import Entry, Head

N_ENTRIES, N_TAMPERINGS = 60, 1_000


@pytest.fixture(scope="module")
def table() -> gpd.GeoDataFrame:
    entries: list[Entry] = []
    for number in range(N_ENTRIES):
        entries.append(
            Entry.after(
                entries[-1] if entries else None,
                at=f"2026-11-20T09:{number:02d}:00+00:00",
                actor=f"cán bộ {number % 3}",
                role="reviewer",
                action="comment",
                proposal_id=f"DX-{number % 7}",
                proposal_version=number // 7 + 2,
                state_from="under_review",
                state_to="under_review",
                reason=f"ý kiến {number}",
                shown_digest="",
            )
        )
    return audit.to_table(entries)


def altered(table: gpd.GeoDataFrame, chance: random.Random) -> tuple[str, gpd.GeoDataFrame]:
    """The table with one thing done to it, at a random place."""
    kind = chance.choice(("value", "remove", "cut", "swap", "double", "rewrite"))
    rows, at = table.drop(columns="geometry").to_dict("records"), chance.randrange(len(table))
    if kind == "value":
        name = chance.choice(list(rows[at]))
        value = rows[at][name]
        rows[at][name] = value + 1 if isinstance(value, int) else f"{value}x"
    elif kind == "remove":
        del rows[min(at, len(rows) - 2)]
    elif kind == "cut":
        rows = rows[:at]
    elif kind == "swap":
        other = (at + chance.randrange(1, len(rows))) % len(rows)
        rows[at], rows[other] = rows[other], rows[at]
    elif kind == "double":
        rows.insert(at, dict(rows[at]))
    else:  # an entry with a digest that fits its new content
        rows[at]["reason"] = "sửa"
        fields = {name: rows[at][name] for name in Entry.__dataclass_fields__}
        rows[at]["digest"] = audit.digest_of(fields)
    return kind, gpd.GeoDataFrame(rows or None, columns=table.columns, geometry=[None] * len(rows), crs=4326)


def test_a_whole_record_verifies(table):
    found = audit.verify(table)
    assert (found.entries, found.ok, found.first_bad) == (N_ENTRIES, True, None)
    assert audit.verify(table, Head(entries=N_ENTRIES, head=found.head)).ok
    assert audit.verify(table, Head(entries=0, head=audit.FIRST)).ok
    assert audit.verify(table.iloc[:0]).ok


def test_each_of_a_thousand_tamperings_is_found(table):
    head = Head(entries=N_ENTRIES, head=audit.verify(table).head)
    chance, missed, seen = random.Random(6), [], set()
    for number in range(N_TAMPERINGS):
        kind, changed = altered(table, chance)
        seen.add(kind)
        found = audit.verify(changed, head)
        if found.ok or found.first_bad is None:
            missed.append((number, kind))
    assert not missed
    assert len(seen) == 6


def test_a_tail_cut_off_shows_only_against_a_head_kept_elsewhere(table):
    head = audit.head_of(json.dumps({"entries": N_ENTRIES, "head": audit.verify(table).head, "ok": True}))
    cut = table.iloc[:50]
    assert audit.verify(cut).ok
    found = audit.verify(cut, head)
    assert (found.ok, found.first_bad) == (False, 51)
    with pytest.raises(InputError, match="head_unreadable"):
        audit.head_of("không phải JSON")
