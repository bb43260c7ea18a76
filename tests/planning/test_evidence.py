"""Surveys, tests of speed, and the four kinds of evidence: judged before kept, never averaged away."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely

from geo.errors import FileError, InputError
from layers.issue import Severity
from planning.evidence import measure, sides, survey, survey_file
from planning.evidence.survey import Entry
from planning.scorecard.evidence import gather
from planning.scorecard.row import shipped
from planning.workspace import Workspace, create
from tests import commune
from tests.commune import at, block, table

TODAY = dt.date(2026, 11, 1)
NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
ASKED = survey.questions(shipped())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two hamlets, one of which has told no number of adults."""
    made = create(
        tmp_path / "xa",
        boundary=table([{}], [block(0, 0, 2000)]),
        name="Xã Giấy",
        code="99998",
        calc_epsg=commune.EPSG,
        population=None,
        now=commune.NOW,
    )
    rows = [
        {"id": "A", "name": "Thôn An", "population": 100, "adults": 60, "households": 25},
        {"id": "B", "name": "Thôn Bình", "population": 80},
    ]
    made.store.replace({"hamlet": table(rows, [block(0, 0, 1000), block(1000, 0, 1000)])})
    houses = [{"id": "H1", "kind": "house"}, {"id": "H2", "kind": "house"}]
    made.store.replace({"building": table(houses, [block(500, 500, 10), block(1500, 500, 10)])})
    return made


def _entry(
    value: float, *, day: str = "2026-10-01", hamlet: str = "A", indicator: str = "adults_email"
) -> Entry:
    return Entry(indicator=indicator, hamlet_id=hamlet, value=value, surveyed_on=dt.date.fromisoformat(day))


@pytest.mark.parametrize(
    ("entries", "codes"),
    [
        ([_entry(60)], set()),
        ([_entry(61)], {"survey_above_whole"}),
        ([_entry(-1)], {"survey_negative"}),
        ([_entry(1, day="2026-11-02")], {"survey_future"}),
        ([_entry(1, day="2025-12-31")], {"survey_before_plan"}),
        ([_entry(10), _entry(20)], {"survey_twice"}),
        ([_entry(10), _entry(10)], set()),
        ([_entry(10, hamlet="B")], {"survey_no_whole"}),
        ([_entry(10, hamlet="C")], {"survey_hamlet_unknown"}),
        ([_entry(10, indicator="cows")], {"survey_question_unknown"}),
        (
            [_entry(5, hamlet="", indicator="agencies_ipv6"), _entry(4, hamlet="", indicator="agencies")],
            {"survey_above_whole"},
        ),
    ],
)
def test_an_answer_is_judged(workspace: Workspace, entries: list[Entry], codes: set[str]) -> None:
    """Above 100 %, in the future, twice for one day: said."""
    assert {issue.code for issue in survey.judge(workspace, entries, ASKED, today=TODAY)} == codes


def test_two_answers_for_one_day_are_refused_whichever_came_first(workspace: Workspace) -> None:
    """The one kept before stays; no mean of the two is taken."""
    first = [_entry(10)]
    survey.keep(workspace, first, (), source="giấy", actor="a", now=NOW)
    again = [_entry(30)]
    issues = survey.judge(workspace, again, ASKED, today=TODAY)
    with pytest.raises(InputError, match="survey_refused"):
        survey.keep(workspace, again, issues, source="giấy", actor="a", now=NOW)
    assert workspace.store.read("survey")["value"].tolist() == [10.0]
    assert survey.latest(workspace, ASKED, today=TODAY)["adults_email"].tolist()[0] == 10.0


def test_the_workbook_goes_out_and_comes_back(workspace: Workspace, tmp_path: Path) -> None:
    """Filled in Excel, with a word where a number belongs in one cell."""
    path = tmp_path / "khao_sat.xlsx"
    survey_file.write(workspace, ASKED, path, language="vi", now=NOW)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    heads = [cell.value for cell in sheet[1]]
    column = heads.index("số người lớn có hộp thư điện tử") + 1
    sheet.cell(2, column).value = 45
    sheet.cell(3, column).value = "hai mươi"
    book.save(path)
    entries, issues = survey_file.read(workspace, ASKED, path, today=TODAY)
    assert [(one.hamlet_id, one.value, one.row) for one in entries] == [("A", 45.0, 2)]
    assert [(issue.code, issue.row) for issue in issues] == [("survey_no_number", 3)]
    (tmp_path / "x.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(FileError, match="survey_file_unread"):
        survey_file.read(workspace, ASKED, tmp_path / "x.csv", today=TODAY)


def _tests(
    count: int, *, method: str = "i_speed", day: str = "2026-10-01", speed: float = 120.0, number=None
):
    return [
        {
            "id": f"{method}{day}{n}",
            "operator": "viettel",
            "technology": "5G",
            "measured_at": f"{day}T10:00:00",
            "download_mbps": speed + 4 * (n % 5),
            "method": method,
            "report_number": number,
        }
        for n in range(count)
    ]


def test_samples_are_counted_by_hamlet_and_those_out_of_place_are_said(workspace: Workspace) -> None:
    """Six in An; one outside, one in the future, one without a day."""
    rows = [*_tests(6), *_tests(1, day="2026-12-24"), *_tests(1, method="walk")]
    rows += [{"id": "nie", "operator": "viettel", "technology": "5G", "download_mbps": 9.0}]
    shapes = [*[at(500, 500)] * 7, at(9000, 9000), at(500, 500)]
    workspace.store.replace({"measurement": table(rows, shapes)})
    tracker = measure.track(workspace, today=TODAY)
    one = next(
        tally
        for tally in tracker.tallies
        if (tally.hamlet, tally.operator, tally.network) == ("Thôn An", "viettel", "mobile")
    )
    assert (one.n_samples, one.n_left) == (6, 294)
    assert one.download_mbps == pytest.approx(126.0)
    assert {issue.code for issue in tracker.issues} == {
        "measurement_outside",
        "measurement_future",
        "measurement_undated",
    }
    assert tracker.stops[0].n_left == 300


def test_only_a_tagged_test_gets_a_verdict(workspace: Workspace) -> None:
    """Users' tests are set beside the regulation; a report with a number is judged."""
    rows = [*_tests(40), *_tests(40, method="qcvn_126", day="2026-09-01", speed=60.0, number="BC 12/2026")]
    workspace.store.replace({"measurement": table(rows, [at(500, 500)] * len(rows))})
    found = {
        (one.rule_id, one.report_number): one for one in measure.track(workspace, today=TODAY).comparisons
    }
    users, tested = found["qcvn126-dl", ""], found["qcvn126-dl", "BC 12/2026"]
    assert (users.verdict, users.value, users.is_adequate) == ("", pytest.approx(128.0), True)
    assert (tested.verdict, tested.value) == ("missed", pytest.approx(68.0))
    assert found["qcvn126-dl95", "BC 12/2026"].verdict == "met"


def test_intervals() -> None:
    """Mean 10 ± 1.96·s/√n; Wilson's interval of 8 in 10 after its paper: 0.490 to 0.943."""
    mean, low, high = measure.average(np.array([8.0, 12.0, 8.0, 12.0]))
    assert (mean, high - mean) == pytest.approx((10.0, 1.96 * np.sqrt(16 / 3) / 2))
    assert low == pytest.approx(2 * mean - high)
    share = measure.proportion(np.array([True] * 8 + [False] * 2))
    assert share == pytest.approx((0.8, 0.490, 0.943), abs=1e-3)


def test_what_disagrees_is_a_work_list(workspace: Workspace) -> None:
    """Declared everywhere, reported as dead in An; a second area over the sea reaches nobody and is said."""
    rows = [{"id": "D1", "operator": "viettel", "technology": "5G"}, {"id": "D2", "operator": "vnpt"}]
    workspace.store.replace(
        {
            "declared_coverage": table(rows, [block(-100, -100, 2500), block(90_000, 0, 100)]),
            "report": table(
                [
                    {"id": "R1", "hamlet_id": "A", "operator": "viettel", "fails": "no_signal"}
                    | {"reported_on": "2026-10-02"},
                    {"id": "R2", "hamlet_id": "B", "operator": "viettel", "fails": "no_signal"}
                    | {"reported_on": "2027-10-02"},
                ],
                [None, None],
            ),
        }
    )
    evidence = gather(workspace, None, commune=None, today=TODAY)
    beside = sides.put(workspace, evidence, measure.track(workspace, today=TODAY), today=TODAY)
    assert [(one.code, one.sides.hamlet) for one in beside.of_operator("viettel")] == [
        ("declared_but_reported", "Thôn An")
    ]
    shares = {(one.hamlet, one.operator): one.declared_share for one in beside.sides}
    assert shares["Thôn An", "viettel"] == 1.0
    assert shares["Thôn An", "vnpt"] == 0.0
    assert {issue.code for issue in beside.issues} == {"declared_outside", "report_future"}
    assert all(issue.severity is Severity.WARNING for issue in beside.issues)
    assert isinstance(evidence.outline, shapely.Geometry)
