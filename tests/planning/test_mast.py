"""One mast that several operators report: proposed, decided by a person, counted once, can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from planning import mast, quality
from planning.workspace import Workspace
from tests import commune
from tests.commune import NOW, at, site, table


@pytest.fixture
def shared(tmp_path: Path) -> Workspace:
    """Viettel and VNPT 10 m apart, MobiFone alone, a second Viettel mast 15 m from the first."""
    workspace = commune.empty(tmp_path / "w")
    rows = [
        site(1, at(500, 500), height_m=42.0, source="viettel.xlsx", accuracy_m=50.0, n_tenants=1),
        site(2, at(510, 500), operators="vnpt", technologies="4G", source="vnpt.xlsx", accuracy_m=5.0),
        site(3, at(2500, 2500), operators="mobifone"),
        site(4, at(515, 500), operators="viettel"),
    ]
    cell = {"id": "C1", "site_id": "S2", "operators": "vnpt", "technology": "4G", "azimuth_deg": 0.0}
    tables = {
        "site": table([row for row, _ in rows], [shape for _, shape in rows]),
        "cell": table([cell], [at(510, 500)]),
    }
    workspace.store.replace(tables)
    return workspace


def test_only_masts_of_different_operators_are_proposed(shared: Workspace) -> None:
    found = mast.proposals(shared)
    assert len(found) == 1
    assert set(found[0].ids) == {"S2", "S4"}
    assert found[0].spread_m == pytest.approx(5.0, abs=0.2)
    warned = [one.issue for one in quality.of_workspace(shared, today=NOW.date()).findings]
    assert {one.feature for one in warned if one.code == "mast_shared"} >= {"S2"}


def test_a_decision_makes_one_mast_with_all_tenants_cells_and_sources(shared: Workspace) -> None:
    kept = mast.join(shared, ("S1", "S2"), actor="An", now=NOW)
    sites, cells = shared.store.read("site").set_index("id"), shared.store.read("cell")
    assert kept == "S1"
    assert sorted(sites.index) == ["S1", "S3", "S4"]
    row = sites.loc["S1"]
    assert (row["operators"], row["technologies"], row["n_tenants"]) == ("viettel;vnpt", "4G;5G", 2)
    assert (row["source"], row["height_m"], row["accuracy_m"]) == ("viettel.xlsx;vnpt.xlsx", 42.0, 5.0)
    assert cells["site_id"].tolist() == ["S1"]
    change = shared.store.history()[0]
    assert (change.note.action, change.note.actor) == ("merge", "An")
    assert {one.layer for one in change.layers} == {"site", "cell"}


def test_a_join_can_be_undone(shared: Workspace) -> None:
    before = {layer: shared.store.digest(layer) for layer in ("site", "cell")}
    mast.join(shared, ("S1", "S2"), actor="An", now=NOW)
    change = shared.store.history()[0]
    shared.store.undo(change.number, note=change.note)
    assert {layer: shared.store.digest(layer) for layer in before} == before


def test_masts_kept_apart_are_not_proposed_again_and_stay_two(shared: Workspace) -> None:
    mast.keep_apart(shared, ("S2", "S4"), actor="An", now=NOW)
    assert {frozenset(one.ids) for one in mast.proposals(shared)} == {frozenset({"S1", "S2"})}
    mast.keep_apart(shared, ("S1", "S2"), actor="An", now=NOW)
    assert mast.proposals(shared) == ()
    assert shared.store.count("site") == 4
