"""Closings, what moved a figure between two, and where it goes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from types import MappingProxyType

import pytest

from geo.errors import NotFoundError, StoreError
from geo.gap import Figures
from planning import edit
from planning.progress import change, closing, forecast
from planning.progress.closing import Closed, Figure
from planning.progress.forecast import Gain
from planning.scorecard import index_sheet, job
from planning.scorecard.evidence import gather
from planning.scorecard.row import shipped
from planning.workspace import Workspace, create
from tests import commune
from tests.commune import block, table

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
EMAIL = next(target for target in shipped() if target.id == "T2b")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two hamlets of 60 and 40 adults; one has told that 30 have an e-mail address."""
    made = create(
        tmp_path / "xa",
        boundary=table([{}], [block(0, 0, 2000)]),
        name="Xã Giấy",
        code="99998",
        calc_epsg=commune.EPSG,
        population=None,
        now=commune.NOW,
    )
    rows = [{"id": "A", "name": "An", "adults": 60}, {"id": "B", "name": "Bình", "adults": 40}]
    made.store.replace({"hamlet": table(rows, [block(0, 0, 1000), block(1000, 0, 1000)])})
    made.store.replace({"survey": table([_answer("A", 30, "2026-10-01")], [None])})
    return made


def _answer(hamlet: str, value: float, day: str) -> dict[str, object]:
    key = f"{hamlet}{day}"
    return {"id": key, "hamlet_id": hamlet, "indicator": "adults_email", "value": value, "surveyed_on": day}


def _close(workspace: Workspace, name: str, day: dt.datetime) -> Closed:
    evidence = gather(workspace, None, commune=None, today=day.date())
    closing.keep(workspace, job.read(evidence, shipped()), name, actor="a", now=day)
    return closing.closing(workspace, name)


def test_a_closing_keeps_the_figures_of_its_day(workspace: Workspace) -> None:
    """Closed, then changed: the closing still says 30 of 100, hamlets included."""
    kept = _close(workspace, "Q3", NOW)
    workspace.store.append({"survey": table([_answer("A", 50, "2026-10-20")], [None])})
    again = closing.closing(workspace, "Q3")
    assert again == kept
    whole = again.of("T2b")
    assert whole is not None
    assert whole.figures == Figures(total=100, covered=30, uncovered=30, unknown=40, assumed=0)
    assert again.figures["T2b", "Bình"].figures == Figures(
        total=40, covered=0, uncovered=0, unknown=40, assumed=0
    )
    with pytest.raises(StoreError, match="snapshot_exists"):
        _close(workspace, "Q3", NOW)
    with pytest.raises(NotFoundError, match="snapshot_missing"):
        closing.closing(workspace, "Q9")


@pytest.mark.parametrize(
    ("hamlet", "value", "day", "real", "data"),
    [
        ("A", 50, "2026-12-15", 0.2, 0.0),  # 20 more have one, asked after the closing
        ("A", 50, "2026-10-02", 0.0, 0.2),  # the same, but it was so before: only known better
        ("B", 40, "2026-12-15", 0.0, 0.4),  # a hamlet that had not answered
    ],
)
def test_what_moved_a_figure(
    workspace: Workspace, hamlet: str, value: float, day: str, real: float, data: float
) -> None:
    """Real change and better data are told apart, and add up to the whole."""
    before = _close(workspace, "Q3", NOW)
    workspace.store.append({"survey": table([_answer(hamlet, value, day)], [None])})
    after = _close(workspace, "Q4", NOW + dt.timedelta(days=60))
    one = next(one for one in change.compare(workspace, before, after, shipped()) if one.target_id == "T2b")
    assert (one.real, one.data, one.reckoning) == pytest.approx((real, data, 0.0))
    assert one.before is not None
    assert one.after == pytest.approx(one.before + real + data)


def test_a_changed_threshold_is_no_progress(workspace: Workspace) -> None:
    """Rows alike, another way of reckoning: neither real nor better data; both changed: nobody can tell."""
    before = _close(workspace, "Q3", NOW)
    after = dataclasses.replace(
        _close(workspace, "Q4", NOW),
        settings_digest="other",
        figures=MappingProxyType({("T2b", ""): _figure(0.4)}),
    )
    one = change.compare(workspace, before, after, shipped())[0]
    assert (one.real, one.data, one.reckoning) == pytest.approx((0.0, 0.0, 0.1))
    added = edit.add(workspace, "survey", _answer("B", 4, "2026-10-30"), None, today=NOW.date())
    edit.keep(workspace, added, actor="a", now=NOW)
    later = dataclasses.replace(_close(workspace, "Q5", NOW), settings_digest="other")
    mixed = next(one for one in change.compare(workspace, before, later, shipped()) if one.target_id == "T2b")
    assert (mixed.is_mixed, mixed.real) == (True, None)


def _figure(share: float) -> Figure:
    figures = Figures(total=100, covered=100 * share, uncovered=100 - 100 * share, unknown=0, assumed=0)
    return Figure(target_id="T2b", hamlet="", figures=figures, value=None)


def _closed(day: dt.date, share: float) -> Closed:
    return Closed(
        name=str(day),
        made_on=day,
        commune="",
        run="",
        model="",
        settings_digest="",
        basis="",
        figures=MappingProxyType({("T2b", ""): _figure(share)}),
    )


def test_a_steady_trend_goes_on() -> None:
    """Ten points a year on a straight line: 0.5 today, 0.6 a year later, no scatter, and never above 1."""
    today = dt.date(2026, 12, 31)
    days = [today - dt.timedelta(days=days) for days in (365, 240, 120)]
    past = [_closed(day, 0.5 + 0.1 * (day - today).days / 365.25) for day in days]
    found = forecast.of_target(EMAIL, "T2b", past, (0.5, 0.5, 0.5), today=today)
    assert found.assumption == "forecast.assumption.trend"
    by_year = {point.year: point for point in found.points}
    assert by_year[2027].share == pytest.approx(0.6, abs=1e-3)
    assert by_year[2027].wanted is None
    assert by_year[2030].wanted == 1.0
    assert all(0 <= point.low <= point.share <= point.high <= 1 for point in found.points)


def test_without_closings_only_announced_masts_move_it() -> None:
    """Flat at 0.5, bounded by 0.4 and 0.7; 0.2 more from mid-2028 on; an undated plan counts nowhere."""
    today = dt.date(2026, 11, 1)
    gains = [Gain(due_on=dt.date(2028, 6, 30), share=0.2), Gain(due_on=None, share=0.3)]
    found = forecast.of_target(EMAIL, "T2b", [], (0.5, 0.4, 0.7), gains=gains, today=today)
    assert found.assumption == "forecast.assumption.flat"
    assert [point.share for point in found.points] == pytest.approx([0.5, 0.5, 0.7, 0.7, 0.7])
    assert found.points[0].low == pytest.approx(0.4)
    nothing = forecast.of_target(EMAIL, "T2b", [], None, today=today)
    assert {point.share for point in nothing.points} == {None}


def test_the_index_is_filled_only_where_something_is_known(workspace: Workspace) -> None:
    """24 criteria, 300 points; 30 of 100 adults with an address give three tenths of its points, bounded."""
    evidence = gather(workspace, None, commune=None, today=NOW.date())
    sheet = index_sheet.fill(job.read(evidence, shipped()), index_sheet.criteria())
    assert (len(sheet.rows), sheet.most_points) == (24, 300)
    by_target = {row.criterion.target_id: row for row in sheet.rows}
    mail = by_target["T2b"]
    assert (mail.points, mail.low, mail.high) == pytest.approx((3.0, 3.0, 7.0))
    assert by_target["T5a"].points is None
    assert sheet.points == pytest.approx(sum(row.points for row in sheet.rows if row.points is not None))
    assert sheet.known_points < sheet.most_points
