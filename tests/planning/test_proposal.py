"""Proposals in a workspace: taken in, judged, decided in one transaction, whatever is killed meanwhile."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import random
import signal
import time
import zipfile
from multiprocessing.connection import Connection
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo.errors import FileError, NotFoundError, ReviewError, RoleError, StaleVersionError
from layers.store import documents, open_store
from planning import audit, evaluated, proposal, submission
from planning.review import Action, Actor, Role, Seen, State
from planning.workspace import Workspace, open_workspace
from tests import commune
from tests.planning.test_addition import on_map
from tests.planning.test_whatif import made, usual

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
AN = Actor(name="an", role=Role.APPROVER)
N_KILLS = 200
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"


def row(**values: object) -> dict[str, object]:
    usual_row: dict[str, object] = {
        "id": "DX-01",
        "operator": "viettel",
        "accuracy_m": 5.0,
        "structure": "self_supporting",
        "height_m": 30.0,
        "bands": "n41",
        "sharing_statement": "none_shareable",
        "expected_on": "2027-03-01",
        "geometry": on_map(2400, 900),
    }
    return usual_row | values


def table(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    columns = [column.name for column in submission.SPEC.columns]
    plain = pd.DataFrame([{k: v for k, v in one.items() if k != "geometry"} for one in rows])
    points = [one.get("geometry") for one in rows]
    return gpd.GeoDataFrame(plain.reindex(columns=columns), geometry=points, crs=4326)


def submit(workspace: Workspace, *rows: dict[str, object], actor: Actor = AN, **values: object) -> None:
    submission.submit(
        workspace, table(*rows), actor, author="", is_submitted=True, source="thử", now=NOW, **values
    )  # type: ignore[arg-type]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return commune.empty(tmp_path / "xa", population=1200)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"azimuths_deg": "0;400"}, "proposal_azimuth"),
        ({"azimuths_deg": "bắc"}, "proposal_azimuth"),
        ({"tx_power_dbm": 60.0, "gain_dbi": 35.0}, "proposal_eirp"),
        ({"bands": "n999"}, "proposal_band"),
        ({"height_m": None}, "proposal_required"),
        ({"geometry": None}, "proposal_required"),
        ({"height_m": 1_000.0}, "value_range"),
        ({"geometry": on_map(1500, 200)}, "proposal_in_water"),
        ({"geometry": on_map(700, 705)}, "proposal_on_mast"),
        ({"geometry": shapely.Point(105.8, 21.0)}, "proposal_outside"),
    ],
)
def test_a_bad_proposal_is_refused_with_its_reason_and_nothing_is_written(workspace, changes, code):
    river = commune.table([{"id": "Z1", "kind": "water"}], [commune.block(0, 100, 3000, 200)])
    rows, points = zip(commune.site(1, commune.at(700, 700)), strict=True)
    workspace.store.replace({"zone": river, "site": commune.table(list(rows), list(points))})
    before = workspace.store.last_change()
    with pytest.raises(FileError, match="proposal_refused") as refused:
        submit(workspace, row(id="DX-02"), row(**changes))
    assert code in {one.code for one in refused.value.issues}
    assert workspace.store.last_change() == before
    assert not (workspace.folder / documents.FOLDER).exists()
    submit(workspace, row(), row(id="DX-03", geometry=on_map(700, 705), sharing_statement="on_existing"))


def test_documents_are_kept_by_digest_and_what_is_none_is_refused(workspace):
    for name, content in (("a.pdf", b"<html>"), ("a.pdf", b"%PDF-1.7 cut"), ("a.png", PDF[:0])):
        with pytest.raises(FileError, match="document_kind"):
            submit(workspace, row(), documents={"DX-01": {name: content}})
    with pytest.raises(FileError, match="document_large"):
        documents.require(PDF, "a.pdf", most_bytes=10)
    assert workspace.store.count("proposal") == 0
    submit(workspace, row(), documents={"DX-01": {"bản vẽ.pdf": PDF}})
    (one,) = submission.attachments(proposal.find(workspace, "DX-01", AN).row)
    assert (one.kind, one.name) == ("pdf", "bản vẽ.pdf")
    assert documents.read(workspace.folder, one.digest) == PDF
    with pytest.raises(NotFoundError, match="document_missing"):
        documents.read(workspace.folder, "../workspace.gpkg")


def test_an_operator_fills_the_package_and_sees_its_own_alone(workspace, tmp_path):
    submission.write_template(workspace, tmp_path / "goi.zip", language="vi", now=NOW)
    with zipfile.ZipFile(tmp_path / "goi.zip") as archive:
        assert {submission.FORM, submission.README} <= set(archive.namelist())
    submit(workspace, row(), row(id="DX-02", operator="vnpt", bands="n78", geometry=on_map(900, 900)))
    own = Actor(name="bình", role=Role.OPERATOR, operator="vnpt")
    assert [case.proposal.id for case in proposal.read(workspace, own)] == ["DX-02"]
    with pytest.raises(NotFoundError, match="proposal_unknown"):
        proposal.act(workspace, "DX-01", Action.COMMENT, own, seen=None, now=NOW, reason="?")
    with pytest.raises(RoleError, match="role_not_allowed"):
        submit(workspace, row(id="DX-03"), actor=own)
    with pytest.raises(RoleError, match="role_not_allowed"):
        submit(workspace, row(id="DX-03"), actor=Actor(name="xem", role=Role.VIEWER))
    assert workspace.store.count("proposal") == 2


def test_an_opinion_binds_its_evaluation_and_is_refused_once_data_change(tmp_path):
    workspace = made(tmp_path / "one", cells=usual())
    submit(workspace, row())
    case = proposal.find(workspace, "DX-01", AN)
    kept, _, case = evaluated.run(workspace, case, AN, now=NOW)
    assert case.proposal.evaluation == kept.digest
    assert evaluated.changed(workspace, "DX-01", kept.record) == ()
    proposal.act(workspace, "DX-01", Action.COMMENT, AN, seen=None, now=NOW, reason="đã gọi điện")
    assert evaluated.changed(workspace, "DX-01", kept.record) == ()
    site = workspace.store.read("site").iloc[:1].assign(height_m=55.0)
    workspace.store.upsert({"site": site})
    changed = evaluated.changed(workspace, "DX-01", kept.record)
    assert {"site", "estimate"} <= set(changed)
    version = proposal.find(workspace, "DX-01", AN).proposal.version
    seen = Seen(version=version, evaluation=kept.digest, changed=changed)
    with pytest.raises(ReviewError, match="evaluation_outdated"):
        proposal.act(workspace, "DX-01", Action.AGREE, AN, seen=seen, now=NOW, reason="phù hợp")
    assert proposal.find(workspace, "DX-01", AN).proposal.state is State.UNDER_REVIEW


def test_a_stale_page_and_a_second_click_write_nothing(workspace):
    submit(workspace, row())
    proposal.act(workspace, "DX-01", Action.START, AN, seen=Seen(version=1), now=NOW)
    n_entries = workspace.store.count("audit")
    for _ in range(2):
        with pytest.raises(StaleVersionError, match="proposal_stale"):
            proposal.act(workspace, "DX-01", Action.ASK, AN, seen=Seen(version=1), now=NOW, reason="thiếu")
    with pytest.raises(ReviewError, match="reason_missing"):
        proposal.act(workspace, "DX-01", Action.ASK, AN, seen=None, now=NOW)
    assert workspace.store.count("audit") == n_entries
    assert proposal.verify(workspace).ok


def _decide(folder: Path, line: Connection) -> None:
    """Ask and answer without end; each is told through the pipe after it was committed."""
    workspace = open_workspace(folder)
    while True:
        case = proposal.find(workspace, "DX-01", AN)
        action = Action.ANSWER if case.proposal.state is State.MORE_ASKED else Action.ASK
        done, _ = proposal.act(workspace, "DX-01", action, AN, seen=None, now=NOW, reason="bổ sung")
        line.send(done.proposal.version)


def killed(folder: Path, *, n_kills: int, limit_s: float) -> int:
    """Kill the decider at random moments; nothing told may be lost, nothing may lack its record."""
    chance, context, told = random.Random(4), multiprocessing.get_context("fork"), 0
    end, n_done = time.monotonic() + limit_s, 0
    for _ in range(n_kills):
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_decide, args=(folder, sender), daemon=True)
        child.start()
        sender.close()
        receiver.poll(20)
        time.sleep(chance.uniform(0.0, 0.12))
        os.kill(child.pid, signal.SIGKILL)  # type: ignore[arg-type]
        child.join()
        while receiver.poll(0):
            try:
                told = max(told, receiver.recv())
            except EOFError:
                break
        store = open_store(folder)
        entries = store.read("audit")
        rows = store.read("proposal")
        last = audit.to_entries(entries)[-1]
        assert audit.verify(entries).ok
        assert int(rows["version"].iloc[0]) == last.proposal_version >= told
        assert rows["state"].iloc[0] == last.state_to
        store.close()
        n_done += 1
        if time.monotonic() > end:
            break
    return n_done


def test_no_decision_is_lost_halved_or_without_its_record_when_killed(workspace):
    submit(workspace, row())
    proposal.act(workspace, "DX-01", Action.START, AN, seen=None, now=NOW)
    assert killed(workspace.folder, n_kills=N_KILLS, limit_s=45.0) >= 20


@pytest.mark.slow
def test_a_thousand_kills_lose_nothing(workspace):
    submit(workspace, row())
    proposal.act(workspace, "DX-01", Action.START, AN, seen=None, now=NOW)
    assert killed(workspace.folder, n_kills=1_000, limit_s=3_600.0) == 1_000
