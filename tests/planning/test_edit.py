"""Rows changed by hand: checked like an import, told in the history, undone, refused when stale."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import shapely

from geo.errors import InputError, StaleVersionError
from planning import edit, history
from planning.workspace import Workspace
from tests import commune

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
TODAY = NOW.date()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = commune.empty(tmp_path / "w")
    rows = [
        commune.site(number, commune.at(700 * number, 500), is_assumed="height_m;geometry", height_m=30.0)
        for number in range(1, 4)
    ]
    made.store.append({"site": commune.table([row for row, _ in rows], [shape for _, shape in rows])})
    return made


def rows_of(workspace: Workspace, *ids: str):  # type: ignore[no-untyped-def]
    table = workspace.store.read("site")
    return table[table["id"].isin(ids)]


def test_a_change_is_written_with_who_and_why_and_can_be_undone(workspace: Workspace) -> None:
    seen = rows_of(workspace, "S2")
    before = workspace.store.digest("site")
    place = shapely.Point(seen.geometry.x.iloc[0] + 0.001, seen.geometry.y.iloc[0])
    values = {"name": "Tên mới", "height_m": 42.0, "geometry": place}
    prepared = edit.change(workspace, "site", seen, values, today=TODAY)
    assert prepared.is_possible
    assert workspace.store.digest("site") == before
    number = edit.keep(workspace, prepared, actor="An", now=NOW, reason="đo lại")
    row = rows_of(workspace, "S2").iloc[0]
    assert (row["name"], row["height_m"], row["is_assumed"]) == ("Tên mới", 42.0, None) or row[
        "is_assumed"
    ] != row["is_assumed"]
    assert row.geometry.equals(place)
    note = workspace.store.history()[0].note
    assert (note.action, note.actor, note.reason, note.at) == (
        "edit",
        "An",
        "đo lại",
        "2026-11-22T09:30:00+00:00",
    )
    history.undo(workspace, number, actor="An", now=NOW)
    assert workspace.store.digest("site") == before


def test_what_is_stated_now_is_no_assumption_and_the_rest_stays_one(workspace: Workspace) -> None:
    prepared = edit.change(workspace, "site", rows_of(workspace, "S1"), {"height_m": 31.0}, today=TODAY)
    assert prepared.rows["is_assumed"].tolist() == ["geometry"]


def test_many_rows_are_changed_together(workspace: Workspace) -> None:
    prepared = edit.change(workspace, "site", rows_of(workspace, "S1", "S3"), {"owner": "vnpt"}, today=TODAY)
    edit.keep(workspace, prepared, actor="An", now=NOW)
    assert workspace.store.read("site")["owner"].fillna("").tolist() == ["vnpt", "", "vnpt"]
    assert workspace.store.history()[0].layers[0].n_changed == 2


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"height_m": -5.0}, "value_range"),
        ({"height_m": "cao"}, "value_type"),
        ({"status": "hỏng"}, "value_vocabulary"),
        ({"geometry": shapely.Point(20.8, 106.5)}, "position_swapped"),
    ],
)
def test_a_fault_stops_the_saving(workspace: Workspace, values: dict[str, object], code: str) -> None:
    prepared = edit.change(workspace, "site", rows_of(workspace, "S1"), values, today=TODAY)
    assert code in {issue.code for issue in prepared.issues}
    before = workspace.store.digest("site")
    with pytest.raises(InputError, match="edit_refused"):
        edit.keep(workspace, prepared, actor="An", now=NOW)
    assert workspace.store.digest("site") == before
    assert len(workspace.store.history()) == 2


def test_the_second_of_two_who_opened_a_row_is_told(workspace: Workspace) -> None:
    seen = rows_of(workspace, "S1", "S2")
    first = edit.change(workspace, "site", seen.iloc[:1], {"name": "Một"}, today=TODAY)
    edit.keep(workspace, first, actor="An", now=NOW)
    for second in (
        edit.change(workspace, "site", seen, {"name": "Hai"}, today=TODAY),
        edit.remove(workspace, "site", seen),
    ):
        with pytest.raises(StaleVersionError, match="row_stale"):
            edit.keep(workspace, second, actor="Bình", now=NOW)
    assert rows_of(workspace, "S1", "S2")["name"].tolist() == ["Một", "Trạm 2"]


def test_a_row_is_added_by_its_coordinates(workspace: Workspace) -> None:
    place = rows_of(workspace, "S1").geometry.iloc[0]
    prepared = edit.add(workspace, "site", {"name": "Trạm mới", "operators": "viettel"}, place, today=TODAY)
    edit.keep(workspace, prepared, actor="An", now=NOW)
    row = workspace.store.read("site").iloc[-1]
    assert (row["id"], row["name"], row["as_of"], row["sharing"]) == (
        "site-4",
        "Trạm mới",
        "2026-11-22",
        "internal",
    )
    assert workspace.store.history()[0].note.action == "add"
    with pytest.raises(InputError, match="ids_exist"):
        edit.add(workspace, "site", {"id": "site-4"}, place, today=TODAY)


def test_a_removal_tells_of_rows_that_refer_to_it(workspace: Workspace) -> None:
    cells = commune.table([{"id": "C1", "site_id": "S1"}], [None])
    workspace.store.append({"cell": cells})
    prepared = edit.remove(workspace, "site", rows_of(workspace, "S1"))
    (issue,) = prepared.issues
    assert (issue.code, issue.facts["other"], issue.facts["n"]) == ("row_referred_to", "cell", 1)
    edit.keep(workspace, prepared, actor="An", now=NOW)
    assert workspace.store.read("site")["id"].tolist() == ["S2", "S3"]


def test_what_the_program_makes_is_not_edited(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="layer_not_editable"):
        edit.add(workspace, "coverage5g", {}, None, today=TODAY)
    assert "coverage5g" not in {spec.name for spec in edit.editable()}
