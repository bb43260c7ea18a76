"""The fictional city: its figures, its shape, and that the jobs work on it. The full one is slow."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from geo.errors import InputError, StoreError
from layers.catalogue import spec_of
from layers.cell import split
from layers.check import check
from layers.issue import Severity
from planning import coverage, data, exchange, gap
from planning.cli.main import parser
from planning.cli.sample import run as run_sample
from planning.runs import CoverageRun
from planning.sample import SampleReport, city, city_fibre, city_house, city_land
from planning.scenario import CoverageOptions
from planning.workspace import Workspace, open_workspace

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
ROOT = Path(__file__).resolve().parents[2]
N_COMMUNES = 3
PART = N_COMMUNES / 114
LAYERS = (
    *("boundary", "hamlet", "building", "road", "place", "zone", "site", "cell", "fiber_node"),
    *("fiber_span", "wifi"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SampleReport:
    return city.make(tmp_path_factory.mktemp("city") / "tp-mau", n_communes=N_COMMUNES, now=NOW)


@pytest.fixture(scope="module")
def workspace(made: SampleReport) -> Iterator[Workspace]:
    opened = open_workspace(made.folder)
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def tables(workspace: Workspace) -> Mapping[str, gpd.GeoDataFrame]:
    return {name: workspace.store.read(name).to_crs(9210) for name in LAYERS}


@pytest.fixture(scope="module")
def run(workspace: Workspace) -> CoverageRun:
    return coverage.run(workspace, CoverageOptions(cell_m=20.0), now=NOW)


def test_a_small_city_has_its_part_of_every_figure(
    made: SampleReport, tables: Mapping[str, gpd.GeoDataFrame]
) -> None:
    assert made.counts["boundary"] == N_COMMUNES
    assert made.counts["building"] == round(400_000 * PART)
    assert made.counts["site"] == round(1_700 * PART)
    assert made.counts["cell"] == 3 * round(15_000 * PART / 3)
    assert made.counts["fiber_span"] == round(30_000 * PART)
    area_km2 = tables["boundary"].geometry.area.sum() / 1e6
    assert area_km2 == pytest.approx(3_200 * PART, rel=1e-6)
    assert tables["boundary"]["population_registered"].sum() == round(4_700_000 * PART)


def test_equal_seeds_give_equal_digests_and_other_seeds_do_not(made: SampleReport, tmp_path: Path) -> None:
    again = city.make(tmp_path / "again", n_communes=N_COMMUNES, now=NOW + dt.timedelta(days=400))
    other = city.make(tmp_path / "other", seed=2, n_communes=N_COMMUNES, now=NOW)
    assert again.digests == made.digests
    assert set(made.digests) == {*LAYERS, "rasters/terrain.tif", "rasters/clutter.tif"}
    assert not [name for name, digest in made.digests.items() if other.digests[name] == digest]


def test_every_row_is_marked_as_fictional_and_passes_the_check(
    tables: Mapping[str, gpd.GeoDataFrame], workspace: Workspace
) -> None:
    assert workspace.is_sample
    known = [operator.id for operator in data.operators() if operator.is_sample]
    for name in tables:
        table = workspace.store.read(name)
        assert table["is_sample"].all()
        assert (table["source"] == "dữ liệu mẫu (giả lập)").all()
        faults = check(table, spec_of(name), operators=known).issues
        assert not [fault for fault in faults if fault.severity in (Severity.ERROR, Severity.ASK)], name
    assert tables["boundary"]["name"].str.endswith("(mẫu)").all()


def test_communes_meet_without_gap_or_overlap_and_together_are_the_outline(
    tables: Mapping[str, gpd.GeoDataFrame], workspace: Workspace
) -> None:
    outline = workspace.boundary()
    assert outline.geom_type == "Polygon"
    assert not outline.interiors
    assert outline.area == pytest.approx(tables["boundary"].geometry.area.sum(), abs=1.0)
    hamlets = tables["hamlet"].geometry
    assert hamlets.area.sum() == pytest.approx(outline.area, abs=1.0)


def test_no_two_buildings_touch_and_none_stands_in_water_or_beyond_the_border(
    tables: Mapping[str, gpd.GeoDataFrame], workspace: Workspace
) -> None:
    shapes = tables["building"].geometry.to_numpy()
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (one == two).all()
    land = city_land.lay_out(city_land.Size(n_communes=N_COMMUNES), 1)
    assert not shapely.intersects(land.water, shapes).any()
    assert tables["building"].within(workspace.boundary()).all()


def test_people_of_houses_are_the_people_of_their_hamlet(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    counted = tables["hamlet"].set_index("id")["population"].dropna()
    held = tables["building"].groupby("hamlet_id")["n_people"].sum()
    assert (held[counted.index] == counted).all()
    assert 0 < tables["hamlet"]["population"].isna().sum() < len(tables["hamlet"]) / 20


def test_towns_have_taller_houses_and_lower_masts_than_villages(
    tables: Mapping[str, gpd.GeoDataFrame],
) -> None:
    hamlets = tables["hamlet"]
    wards = hamlets[hamlets["name"].str.startswith("Tổ dân phố")].union_all()
    houses, sites = tables["building"], tables["site"]
    urban = houses.centroid.within(wards)
    assert 0.1 < urban.mean() < 0.9
    assert houses["height_m"][urban].between(10, 20).all()
    assert houses["height_m"][~urban].between(4, 12).all()
    in_ward = sites.within(wards)
    assert sites["height_m"][in_ward].between(20, 35).all()
    assert sites["height_m"][~in_ward].between(36, 45).all()


def test_masts_carry_the_real_band_sets_and_some_parameters_are_missing(
    tables: Mapping[str, gpd.GeoDataFrame], workspace: Workspace
) -> None:
    sites, cells = tables["site"], tables["cell"]
    with_5g = cells[cells["technology"] == "5G"]
    assert set(with_5g["site_id"]) == set(sites["id"])
    bands = {row.id: set(row.bands) for row in data.operators() if row.is_sample}
    assert {key: set(group["band"]) for key, group in with_5g.groupby("operators")} == bands
    listed = {(row.id, name) for row in sites.itertuples() for name in split(row.operators)}
    assert listed == set(zip(cells["site_id"], cells["operators"], strict=True))
    for column in ("azimuth_deg", "tx_power_dbm", "electrical_tilt_deg"):
        assert 0 < cells[column].isna().mean() < 0.35
    outside = ~sites.within(workspace.boundary())
    assert 0 < outside.sum() < len(sites) / 5
    assert (sites[outside].distance(workspace.boundary()) < 5_000).all()


def test_every_fibre_node_hangs_on_the_exchange(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    nodes, spans = tables["fiber_node"], tables["fiber_span"]
    assert len(nodes) == len(spans) + 1
    assert spans["end_node"].is_unique
    above = dict(zip(spans["end_node"], spans["start_node"], strict=True))
    roots = set(nodes["id"])
    for _ in range(len(nodes)):
        roots = {above.get(key, key) for key in roots}
        if len(roots) == 1:
            break
    assert len(roots) == 1
    at = nodes.set_index("id").geometry
    ends = shapely.get_point(spans.geometry.to_numpy(), -1)
    assert shapely.distance(ends, at[spans["end_node"]].to_numpy()).max() < 0.01


def test_fibre_leaves_some_village_hamlets_out() -> None:
    land = city_land.lay_out(city_land.Size(n_communes=20), 3)
    parent = city_fibre.tree(land)
    left = city_fibre.unserved(land, parent)
    assert left.sum() == round(0.04 * len(parent))
    assert not land.is_urban[left].any()
    assert not np.isin(parent, np.flatnonzero(left)).any()


def test_rasters_reach_five_kilometres_beyond_and_show_hills_delta_rivers_and_houses(
    made: SampleReport, tables: Mapping[str, gpd.GeoDataFrame], workspace: Workspace
) -> None:
    west_m, south_m, east_m, north_m = workspace.boundary().buffer(4_990).bounds
    heights = {}
    for name in ("terrain", "clutter"):
        with rasterio.open(made.folder / "rasters" / f"{name}.tif") as source:
            assert source.res == (10.0, 10.0)
            assert source.crs.to_epsg() == 9210
            box = source.bounds
            assert shapely.box(*box).contains(shapely.box(west_m, south_m, east_m, north_m))
            heights[name] = source.read(1)
            if name == "clutter":
                middles = tables["building"].centroid
                seen = np.array([value[0] for value in source.sample(zip(middles.x, middles.y, strict=True))])
    assert heights["terrain"].min() == pytest.approx(-1.5)
    assert heights["terrain"].max() > 100
    assert 0.3 < np.mean(heights["terrain"] < 5) < 0.95
    assert np.isfinite(heights["clutter"]).all()
    assert (np.abs(seen - tables["building"]["height_m"].to_numpy(dtype=float)) < 0.06).mean() > 0.97


def test_the_jobs_work_one_operator_misses_people_and_the_three_states_add_up(
    workspace: Workspace, run: CoverageRun
) -> None:
    result = gap.run(workspace, now=NOW)
    assert set(result.operators) == {"mau_a", "mau_b", "mau_c", "any", "two_or_more"}
    people = round(4_700_000 * PART)
    for figures in result.operators.values():
        assert figures.covered + figures.uncovered + figures.unknown == pytest.approx(people)
    assert result.operators["any"].share > 0.85
    assert 0.4 < result.operators["mau_c"].share < 0.9
    assert result.operators["mau_c"].uncovered > people / 100
    assert len(result.hamlets) == round(3_040 * PART)
    assert run.n_assumed_cells > 0


def test_the_layers_can_be_taken_to_qgis(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "xa.gpkg"
    exchange.export(
        workspace,
        layer="boundary",
        format="gpkg",
        epsg=9210,
        out=path,
        sharing="public",
        language="vi",
        now=NOW,
    )
    assert len(gpd.read_file(path, layer="boundary")) == N_COMMUNES


def test_the_third_of_the_buildings_is_told_wherever_the_city_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: SampleReport
) -> None:
    monkeypatch.setattr(city, "make", lambda *_, **__: made)
    options = parser().parse_args(["sample", "--size", "city", "--workspace", str(tmp_path / "new")])
    status, record, text = run_sample(options)
    assert status == 0
    assert record["building_share"] == pytest.approx(1 / 3)
    assert record["digests"] == dict(made.digests)
    assert "một phần ba" in text
    properties = open_workspace(made.folder).store.properties()
    assert float(properties["sample_building_share"]) == pytest.approx(1 / 3, abs=0.001)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"n_communes": 2}, "sample_communes"),
        ({"n_communes": 115}, "sample_communes"),
        ({"seed": -1}, "sample_seed"),
    ],
)
def test_impossible_wishes_are_refused(values: Mapping[str, int], code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        city.make(tmp_path / "x", now=NOW, **values)
    assert raised.value.code == code
    assert not (tmp_path / "x").exists()


def test_a_workspace_is_not_overwritten(made: SampleReport) -> None:
    with pytest.raises(StoreError) as raised:
        city.make(made.folder, n_communes=N_COMMUNES, now=NOW)
    assert raised.value.code == "workspace_exists"


def test_the_plan_of_the_full_city_has_the_figures_described() -> None:
    land = city_land.lay_out(city_land.Size(), 1)
    assert land.outline.area / 1e6 == pytest.approx(3_200)
    assert land.people.sum() == 4_700_000
    assert len(land.commune_shapes) == 114
    assert (shapely.area(land.commune_shapes) > 0).all()
    assert 20 <= land.is_ward.sum() <= 50
    assert np.isin(shapely.get_type_id(land.commune_shapes), (3, 6)).all()
    assert len(city_house.plots(land).hamlet) == 400_000


@pytest.mark.slow
def test_the_full_city_is_made_within_ten_minutes_and_eight_gigabytes(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "planning", "sample", "--size", "city", "--seed", "1", "--json"]
    command = [*arguments, "--workspace", str(tmp_path / "tp-mau")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        record = json.loads(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert used.ru_utime + used.ru_stime < 600
    assert used.ru_maxrss * 1024 < 8e9
    counts = record["counts"]
    assert (counts["boundary"], counts["building"]) == (114, 400_000)
    assert (counts["site"], counts["cell"], counts["fiber_span"]) == (1_700, 15_000, 30_000)
    assert open_workspace(tmp_path / "tp-mau").boundary().area / 1e6 == pytest.approx(3_200, rel=1e-6)
