"""Two estimates compared: people gained and lost, counted and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo import io
from geo.errors import ShapeError
from planning import coverage, gap, runs
from planning.compare import GAINED, LOST, OPENED, compare
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune


@pytest.fixture
def village(tmp_path: Path) -> Workspace:
    made = commune.empty(tmp_path / "w", population=9000)
    commune.with_ground(made, clutter_m=14)
    row, point = commune.site(1, commune.at(300, 300))
    made.store.append({"site": commune.table([row], [point])})
    return made


def test_people_gained_by_a_new_mast_are_the_difference_of_the_figures(village: Workspace) -> None:
    options = CoverageOptions(cell_m=50)
    before = coverage.run(village, options, now=commune.NOW)
    then = gap.run(village, now=commune.NOW).operators["viettel"]
    row, point = commune.site(2, commune.at(2500, 2500))
    village.store.append({"site": commune.table([row], [point])})
    after = coverage.run(village, options, now=commune.NOW)
    now = gap.run(village, now=commune.NOW).operators["viettel"]
    found = compare(village, before, after)
    change = found.people["viettel"]
    assert change.gained > 100
    assert change.lost == 0
    assert change.gained - change.lost == pytest.approx(now.covered - then.covered)
    values = io.read(found.rasters["viettel"]).values
    assert (values == GAINED).any()
    assert not (values == LOST).any()
    back = compare(village, after, before)
    assert back.people["viettel"].lost == pytest.approx(change.gained)


def test_what_becomes_unknown_is_told_apart_from_what_is_lost(village: Workspace) -> None:
    ring = [(x, y) for x in (-900, 1500, 3900) for y in (-900, 1500, 3900) if (x, y) != (1500, 1500)]
    rows = [commune.site(n, commune.at(*place), technologies="4G") for n, place in enumerate(ring, start=2)]
    alone = coverage.run(village, CoverageOptions(cell_m=50), now=commune.NOW)
    village.store.append({"site": commune.table([row for row, _ in rows], [point for _, point in rows])})
    told = coverage.run(village, CoverageOptions(cell_m=50), now=commune.NOW)
    change = compare(village, told, alone).people["viettel"]
    assert change.opened > 0
    assert change.lost == 0
    assert (io.read(compare(village, told, alone).rasters["viettel"]).values == OPENED).any()
    assert len(runs.history(village)) == 2


def test_other_cells_are_refused(village: Workspace) -> None:
    fine = coverage.run(village, CoverageOptions(cell_m=50), now=commune.NOW)
    coarse = coverage.run(village, CoverageOptions(cell_m=100), now=commune.NOW)
    with pytest.raises(ShapeError, match="compare_other_grid"):
        compare(village, fine, coarse)
