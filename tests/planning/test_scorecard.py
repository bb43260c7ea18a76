"""Every indicator of the commune worked out on paper, and what must hold for any commune."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import shapely

from geo.coverage import State, combine
from geo.gap import Figures
from geo.grid import Grid
from geo.raster import Raster
from geo.receiver import OutdoorCells
from planning.runs import ANY, TWO_OR_MORE, CoverageRun
from planning.scenario import CoverageOptions
from planning.scorecard import job
from planning.scorecard.evidence import Evidence, Mobile, gather, part
from planning.scorecard.mobile import pieces
from planning.scorecard.office import opinion_days
from planning.scorecard.row import Target, of_row, shipped
from planning.target import PlaceState
from planning.workspace import Workspace, create
from tests import commune
from tests.commune import at, block, table
from tests.golden.paper_commune import EXPECTED, PEOPLE, TENANCY

CORNER = {"NW": (0, 1000), "NE": (1000, 1000), "SW": (0, 0), "SE": (1000, 0)}
ADULTS = {"NW": 60, "NE": 50, "SW": 40, "SE": 30}
HOUSEHOLDS = {"NW": 25, "NE": 20, "SW": 15, "SE": 10}
FIBRE = {"NW": 10, "NE": 20, "SW": None, "SE": 4}
SURVEYS = (
    ("adults_smartphone", {"NW": 45, "NE": 50, "SW": 20}),
    ("household_safety", {"NW": 5, "SW": 15, "SE": 30}),
)
STATED = {"security_offered": 450, "users": 500, "agencies_ipv6": 3, "agencies": 4}
TODAY = dt.date(2026, 11, 1)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """The paper commune as the indicators read it."""
    workspace = _workspace(tmp_path_factory.mktemp("paper") / "xa")
    found = gather(workspace, None, commune=None, today=TODAY)
    return dataclasses.replace(found, mobile=_drawn(found), places=_places())


def _workspace(folder: Path) -> Workspace:
    outline = table([{}], [block(0, 0, 2000)])
    workspace = create(
        folder,
        boundary=outline,
        name="Xã Giấy",
        code="99998",
        calc_epsg=commune.EPSG,
        population=None,
        now=commune.NOW,
    )
    for layer, (rows, shapes) in _layers().items():
        workspace.store.replace({layer: table(rows, shapes)})
    return workspace


def _layers() -> dict[str, tuple[list[dict[str, object]], list[shapely.Geometry | None]]]:
    corners = list(CORNER.items())
    houses = [
        (
            {"id": f"N{name}{n}", "kind": "house", "n_people": people / 5},
            block(east + 300 + 40 * n, north + 300, 10),
        )
        for (name, (east, north)), people in zip(corners, PEOPLE.values(), strict=True)
        for n in range(5)
    ]
    surveys: list[dict[str, object]] = [
        {"id": f"K{indicator}{name}", "indicator": indicator, "hamlet_id": name, "value": value}
        for indicator, by_hamlet in SURVEYS
        for name, value in by_hamlet.items()
    ]
    surveys += [
        {"id": f"X{key}", "indicator": key, "hamlet_id": None, "value": n} for key, n in STATED.items()
    ]
    surveys = [row | {"surveyed_on": "2026-10-01"} for row in surveys]
    wifi = {"NW": ("yes", 20.0), "NE": ("no", None), "SW": (None, None), "SE": (None, None)}
    cable = lambda east, north, length: shapely.LineString([at(east, north), at(east + length, north)])  # noqa: E731
    return {
        "hamlet": (
            [
                {
                    "id": name,
                    "name": name,
                    "population": PEOPLE[name],
                    "adults": ADULTS[name],
                    "households": HOUSEHOLDS[name],
                    "households_fiber": FIBRE[name],
                }
                for name, _ in corners
            ],
            [block(*corner, 1000) for _, corner in corners],
        ),
        "building": ([row for row, _ in houses], [shape for _, shape in houses]),
        "place": (
            [
                {"id": f"P{name}", "name": f"NVH {name}", "kind": "cultural_house", "hamlet_id": name}
                | {"hamlet": name, "wifi_status": wifi[name][0], "wifi_mbps": wifi[name][1]}
                for name, _ in corners
            ],
            [None] * 4,
        ),
        "site": (
            [
                {"id": "M1", "name": "M1", "operators": "viettel;vnpt", "backup_h": 5.0, "power": "solar"},
                {
                    "id": "M2",
                    "name": "M2",
                    "operators": "viettel",
                    "n_tenants": 1,
                    "backup_h": 2.0,
                    "power": "grid",
                },
                {"id": "M3", "name": "M3", "operators": "vnpt"},
            ],
            [at(500, 500), at(560, 500), at(1500, 1500)],
        ),
        "fiber_span": (
            [
                {"id": "C1", "operators": "viettel"},
                {"id": "C2", "operators": "vnpt"},
                {"id": "C3", "operators": "vnpt"},
            ],
            [cable(100, 200, 1000), cable(100, 205, 1000), cable(100, 1700, 500)],
        ),
        "passive": (
            [
                {"id": f"T{n}", "kind": "pole", "sector": sector, "operators": operators}
                for n, (sector, operators) in enumerate(
                    [
                        ("power", "viettel"),
                        ("power", "vnpt"),
                        ("telecom", "vnpt"),
                        (None, "vnpt"),
                        ("power", None),
                    ]
                )
            ],
            [at(100 + 50 * n, 100) for n in range(5)],
        ),
        "road": ([{"id": "R1", "is_main": True}], [shapely.LineString([at(0, 1000), at(2000, 1000)])]),
        "camera": ([{"id": "V1", "range_m": 50.0}], [at(1000, 1000)]),
        "power": (
            [
                {"id": "L1", "feeder": "471", "n_outages_year": 2},
                {"id": "L2", "feeder": "472", "n_outages_year": 9},
            ],
            [at(10, 10), at(20, 20)],
        ),
        "survey": (surveys, [None] * len(surveys)),
    }


def _drawn(found: Evidence) -> Mobile:
    grid = Grid.from_bounds(block(0, 0, 2000).bounds, cell_m=100, epsg=commune.EPSG)
    x_m, y_m = np.meshgrid(*grid.centres())
    east, south = x_m > commune.WEST_M + 1000, y_m < commune.SOUTH_M + 1000
    drawn = {
        "viettel": np.where(east, State.UNCOVERED, State.COVERED).astype(np.uint8),
        "vnpt": np.where(south, State.COVERED, np.where(east, State.UNKNOWN, State.UNCOVERED)).astype(
            np.uint8
        ),
    }
    drawn[ANY], drawn[TWO_OR_MORE] = combine([drawn["viettel"], drawn["vnpt"]])
    land = {name: Raster(grid=grid, values=values, unit="", nodata=255) for name, values in drawn.items()}
    people = found.settlement.people
    states = {name: raster.sample(people.x_m, people.y_m).astype(np.uint8) for name, raster in land.items()}
    nobody = np.zeros(len(people.x_m), dtype=bool)
    empty = MappingProxyType({})
    run = CoverageRun(
        digest="paper",
        operators=("viettel", "vnpt"),
        made_at="2026-11-01T00:00:00+00:00",
        options=CoverageOptions(),
        models=("rma",),
        servers=(),
        n_cells=0,
        n_assumed_cells=0,
        assumptions=(),
        circles_key="",
        **{
            field.name: empty
            for field in dataclasses.fields(CoverageRun)
            if field.name.endswith("_paths") or field.name in ("area_share", "spread")
        },
    )
    return Mobile(
        found=run,
        grid=grid,
        states=states,
        assumed=dict.fromkeys(states, nobody),
        land=land,
        chance=empty,
        pairs=OutdoorCells(**dict.fromkeys(("building", "row", "col"), np.empty(0, np.int64)), n_buildings=0),
    )


def _places() -> tuple[PlaceState, ...]:
    state = {"NW": "covered", "NE": "unknown", "SW": "covered", "SE": "covered"}
    return tuple(
        PlaceState(id=f"P{n}", name=f"NVH {n}", kind="cultural_house", hamlet=n, state=state[n], note_key="")
        for n in CORNER
    )


@pytest.fixture(scope="module")
def card(evidence: Evidence) -> job.Scorecard:
    """Its scorecard."""
    return job.read(evidence, shipped())


@pytest.mark.parametrize("key", sorted(EXPECTED))
def test_paper_commune(card: job.Scorecard, key: str) -> None:
    """Each indicator gives the figure worked out by hand."""
    figures = next(row for row in card.rows if row.id == key).reading.figures
    got = (None, None, None) if figures is None else (figures.covered, figures.uncovered, figures.unknown)
    assert got == pytest.approx(EXPECTED[key], abs=1e-5)


def test_tenancy(card: job.Scorecard) -> None:
    """Tenants over the masts whose tenants are known; bounded by the mast not told."""
    reading = next(row for row in card.rows if row.id == "G6-ty").reading
    assert reading.value == pytest.approx(TENANCY)
    assert (reading.low, reading.high) == pytest.approx((4 / 3, 5 / 3))


def test_hamlets_add_up_to_the_commune(card: job.Scorecard) -> None:
    """Of every target with hamlets, those of people and households add up to the commune."""
    for row in card.rows:
        if row.id in ("T5a", "T5a-2", "T1a", "N1-ftth", "T2a", "T4a", "T5a-thon"):
            figures = row.reading.figures
            assert figures is not None
            for part in ("total", "covered", "uncovered", "unknown"):
                parts = math.fsum(getattr(hamlet, part) for hamlet in row.reading.hamlets)
                assert parts == pytest.approx(getattr(figures, part)), (row.id, part)


def test_whom_to_call(card: job.Scorecard) -> None:
    """The unknown 80 people hang on operator vnpt: with its data *any* can move by 80 of 280."""
    row = next(row for row in card.rows if row.id == "T5a")
    swing = {
        missing.asked: missing.share for missing in row.reading.missing if missing.key == "operator_cells"
    }
    assert swing["vnpt"] == pytest.approx(80 / 280)
    assert card.calls[0].share >= card.calls[-1].share


def test_a_hamlet_that_states_too_many_is_unknown(card: job.Scorecard) -> None:
    """30 of 10 households: not averaged away, asked again."""
    row = next(row for row in card.rows if row.id == "T4a")
    asked = [missing.asked for missing in row.reading.missing]
    assert asked == ["NE", "SE"]


def test_every_row_has_a_formula_and_a_source(card: job.Scorecard) -> None:
    """In both languages, with the numbers of today."""
    for language in ("vi", "en"):
        for row in job.to_json(card, language)["targets"]:
            assert row["formula"]
            assert row["source"]
            assert "{" not in row["formula"]
            assert not any("{" in text for text in row["missing"])


def test_splitting_a_hamlet_changes_no_total(evidence: Evidence) -> None:
    """Figures of the area do not depend on where its hamlets' borders run."""
    people = evidence.settlement.people
    one = dataclasses.replace(
        evidence,
        settlement=dataclasses.replace(
            evidence.settlement,
            people=dataclasses.replace(people, zone=np.where(people.zone == 1, 0, people.zone)),
        ),
    )
    target = [target for target in shipped() if target.id in ("T5a", "T5a-2")]
    before, after = (job.read(found, target).rows for found in (evidence, one))
    assert [row.reading.figures for row in before] == [row.reading.figures for row in after]


def test_any_is_at_least_each(card: job.Scorecard) -> None:
    """The union covers no fewer people than an operator alone."""
    rows = {row.id: row.reading.figures for row in card.rows}
    most = rows["T5a"]
    assert isinstance(most, Figures)
    assert all(figures.covered <= most.covered for key, figures in rows.items() if key.startswith("T5a-op"))


def test_pieces_keep_the_length() -> None:
    """Cut lines are as long as before."""
    lines = np.array(
        [
            shapely.LineString([(0, 0), (103, 0)]),
            shapely.MultiLineString([[(0, 0), (0, 7)], [(5, 5), (9, 5)]]),
        ]
    )
    _, _, length_km = pieces(lines, 25)
    assert length_km.sum() * 1000 == pytest.approx(114)


def test_no_people_no_share() -> None:
    """A zero denominator gives no share, and no error."""
    row = {
        **dict.fromkeys(("argument", "source_date", "layers"), ""),
        "id": "X",
        "clause": "",
        "text_vi": "a",
    }
    target = of_row(
        row
        | {
            "text_en": "a",
            "indicator": "people",
            "unit": "person",
            "threshold_share": "1",
            "source": "s",
            "office": "",
        }
    )
    assert isinstance(target, Target)
    figures = Figures(total=0.0, covered=0.0, uncovered=0.0, unknown=0.0, assumed=0.0)
    reading = job.Reading(figures=figures)
    assert job.Row(target=target, operator="", reading=reading, oldest_input="").share is None


def test_a_commune_cut_out_of_a_city_reads_as_alone(tmp_path: Path) -> None:
    """Two communes in one workspace: each read out of the whole gives what it gives by itself."""
    workspace = _workspace(tmp_path / "city")
    rows = [{"id": "W", "name": "Tây", "code": "W"}, {"id": "E", "name": "Đông", "code": "E"}]
    halves = [block(0, 0, 1000, 2000), block(1000, 0, 1000, 2000)]
    workspace.store.replace({"boundary": table(rows, halves)})
    whole = gather(workspace, None, commune=None, today=TODAY)
    outlines = workspace.store.read("boundary").to_crs(workspace.calc_epsg).geometry
    for row, shape in zip(rows, outlines, strict=True):
        alone = job.read(gather(workspace, None, commune=row["code"], today=TODAY), shipped())
        cut = job.read(part(whole, shape, registered=None), shipped())
        assert len(alone.rows) == len(cut.rows)
        for one, other in zip(alone.rows, cut.rows, strict=True):
            assert one.reading.hamlets == other.reading.hamlets, one.id
            figures, same = one.reading.figures, other.reading.figures
            assert (figures is None) == (same is None), one.id
            if figures is not None and same is not None:
                assert dataclasses.astuple(figures) == pytest.approx(dataclasses.astuple(same)), one.id


def test_opinions_on_sites_take_their_median_days(evidence: Evidence) -> None:
    """4 and 10 days make 7; one still waits; of a proposal never handed in nothing is counted."""
    steps = [("A", "submit", "2026-10-01"), ("A", "agree", "2026-10-05"), ("B", "submit", "2026-10-01")]
    steps += [("B", "disagree", "2026-10-11"), ("C", "submit", "2026-10-20"), ("D", "create", "2026-10-20")]
    audit = [
        {"id": str(n), "entry": n, "proposal_id": key, "action": action, "at": f"{day}T08:00:00+00:00"}
        for n, (key, action, day) in enumerate(steps, start=1)
    ]
    tables = {"proposal": [{"id": key} for key in "ABCD"], "audit": audit}
    told = {name: table(rows, [None] * len(rows)) for name, rows in tables.items()}
    reading = opinion_days(
        dataclasses.replace(evidence, tables=MappingProxyType({**evidence.tables, **told}))
    )
    assert reading.value == 7
    assert reading.figures is not None
    assert (reading.figures.covered, reading.figures.uncovered) == (2, 1)
