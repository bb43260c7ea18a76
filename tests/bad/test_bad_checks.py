"""One tiny wrong file for each rule: its code, severity, row, column and words in both languages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from layers import check
from layers.catalogue import spec_of
from layers.exchange import guard, worker
from layers.exchange.raw import Limits, RawFile
from layers.issue import Issue, Severity
from layers.rule.judge import JUDGES
from planning import exchange, quality, rulebook
from planning.intake import Answers
from planning.text import fault, tr
from planning.workspace import Workspace, open_workspace
from tests import commune
from tests.commune import NOW, at, block, site, table

FOLDER = Path(__file__).parent / "checks"
FILES = {path.name.split(".")[0]: path for path in sorted(FOLDER.glob("*.csv"))}
WHOLE = ("stale", "undated", "accuracy_missing", "hamlet_gap", "population_differs", "population_basis_mixed")
"""Rules that speak of the layer and not of a row."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A real commune: half of it one hamlet, one mast with a cell, two fibre nodes, nothing wrong."""
    made = commune.empty(tmp_path_factory.mktemp("checks") / "w", population=2000)
    row, shape = site(1, at(500, 500), technologies="5G", height_m=42.0, n_tenants=1, mast_class="A2b")
    cell = {
        "id": "C1",
        "site_id": "S1",
        "operators": "viettel",
        "technology": "5G",
        "band": "n41",
        "frequency_mhz": 2550.0,
        "azimuth_deg": 240.0,
        "height_m": 38.0,
    }
    fresh = {"as_of": "2026-10-01", "is_sample": False, "accuracy_m": 5.0}
    hamlet = {"id": "H1", "name": "Thôn Một", "population": 1000, "population_basis": "registered"}
    nodes = [{"id": "N1", "kind": "olt", **fresh}, {"id": "N2", "kind": "splitter", **fresh}]
    made.store.replace(
        {
            "site": table([{**row, **fresh}], [shape]),
            "cell": table([{**cell, **fresh}], [at(500, 500)]),
            "hamlet": table([{**hamlet, **fresh}], [block(0, 0, 1500, 3000)]),
            "fiber_node": table(nodes, [at(100, 100), at(1100, 100)]),
        }
    )
    return made


def found(workspace: Workspace, code: str, folder: Path) -> list[Issue]:
    """What a file brings up: on its way in, or in a copy of the whole workspace once it is there."""
    path = FILES[code]
    layer = path.name.split(".")[1]
    if any(rule.code == code and rule.is_asked_at_import for rule in rulebook.check_rules()):
        answers = Answers(epsg=commune.EPSG, is_confirmed=True)
        shown = exchange.preview(workspace, path, layer=layer, answers=answers, today=NOW.date())
        return [one for one in shown.issues if one.code == code]
    rows = check.check(as_stored(path), spec_of(layer)).rows
    shutil.copytree(workspace.folder, folder / "w")
    copy = open_workspace(folder / "w")
    copy.store.append({layer: rows})
    report = quality.of_workspace(copy, today=NOW.date())
    return [one.issue for one in report.findings if one.issue.code == code]


def as_stored(path: Path) -> gpd.GeoDataFrame:
    """The rows as another program would write them into the workspace: nothing mended on the way."""
    rows = pd.read_csv(path, dtype={"id": str, "site_id": str})
    if "WKT" in rows:
        shapes = gpd.GeoSeries.from_wkt(rows.pop("WKT"), crs=commune.EPSG)
    else:
        shapes = gpd.GeoSeries.from_xy(rows.pop("Y (Đông)"), rows.pop("X (Bắc)"), crs=commune.EPSG)
    return gpd.GeoDataFrame(rows, geometry=shapes.to_crs(4326))


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Our own tiny files are read without the guarding process, which has tests of its own."""

    def read(path: Path, *, name: str | None = None, **_: object) -> RawFile:
        return worker.read(path, name or path.name, tmp_path, Limits())

    monkeypatch.setattr(guard, "read", read)


def test_the_commune_without_the_wrong_files_has_no_warnings(workspace: Workspace) -> None:
    half = ("hamlet_gap", "population_differs")
    report = quality.of_workspace(workspace, today=NOW.date())
    left = [one.issue for one in report.findings if one.issue.severity is not Severity.INFO]
    assert [one for one in left if one.code not in half] == []


@pytest.mark.parametrize("code", sorted(FILES))
def test_each_wrong_file_raises_its_code_with_row_and_words(
    workspace: Workspace, code: str, tmp_path: Path
) -> None:
    issues = found(workspace, code, tmp_path)
    assert issues
    rule = next(rule for rule in rulebook.check_rules() if rule.code == code)
    one = issues[-1]
    assert one.severity is rule.severity
    if code not in WHOLE:
        assert one.feature
        is_incoming = rule.is_asked_at_import
        assert (one.row is not None) is is_incoming
    for language in ("vi", "en"):
        for sentence in (*fault(one, language), tr(f"check.stops.{rule.stops}", language)):
            assert len(sentence) > 8
            assert not re.search(r"…|\{|issue\.|check\.", sentence), sentence


def test_every_rule_has_a_file_and_every_code_of_a_layer_stands_in_the_table() -> None:
    assert set(FILES) == set(JUDGES)
    rules = {rule.code: rule for rule in rulebook.check_rules()}
    documented = dict(re.findall(r"^(\w+) +(error|ask|warning|info) ", check.__doc__ or "", re.MULTILINE))
    assert len(rules) >= 25
    assert set(rules) == set(JUDGES) | set(documented)
    assert {code: str(rules[code].severity) for code in documented} == documented
    for rule in rules.values():
        assert tr(f"check.stops.{rule.stops}", "vi") != f"check.stops.{rule.stops}"
