"""The fictional commune: its size, its planted stories, and that equal seeds give equal workspaces."""

from __future__ import annotations

import csv
import datetime as dt
import time
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.features
import shapely

from geo.coverage import State, combine, estimate
from geo.crs import transform
from geo.errors import InputError, StoreError
from geo.receiver import outdoor_cells, states_at
from geo.terrain import Surface
from layers.catalogue import spec_of
from layers.cell import split, to_transmitters
from layers.check import check
from layers.issue import Severity
from layers.spec import Kind
from layers.store.filled import create_filled
from planning import coverage, data, gap, sample
from planning.sample import build, incoming, land, network, public, settlement, way
from planning.scenario import CoverageOptions
from planning.workspace import Workspace, inventory, open_workspace, stale_before

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
ROOT = Path(__file__).resolve().parents[2]
STORY = (ROOT / "data" / "sample" / "STORY.md").read_text(encoding="utf-8")
OPERATORS = ("mau_a", "mau_b", "mau_c")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[sample.SampleReport, float]:
    started = time.process_time()  # of all threads: no less than the time on an idle machine
    report = sample.make(tmp_path_factory.mktemp("sample") / "xa-mau", now=NOW)
    return report, time.process_time() - started


@pytest.fixture(scope="module")
def workspace(made: tuple[sample.SampleReport, float]) -> Iterator[Workspace]:
    opened = open_workspace(made[0].folder)
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def tables(workspace: Workspace) -> Mapping[str, gpd.GeoDataFrame]:
    return {name: workspace.store.read(name).to_crs(9210) for name in build.tables(1)}


@pytest.fixture(scope="module")
def result(workspace: Workspace) -> gap.GapResult:
    coverage.run(workspace, CoverageOptions(), now=NOW)
    return gap.run(workspace, now=NOW)


def of_hamlet(result: gap.GapResult, key: str, operator: str = "any") -> gap.Figures:
    return next(hamlet.figures[operator] for hamlet in result.hamlets if hamlet.id == key)


def test_equal_seeds_give_equal_digests_and_other_seeds_do_not(
    made: tuple[sample.SampleReport, float], tmp_path: Path
) -> None:
    report = made[0]
    again = sample.make(tmp_path / "again", now=NOW + dt.timedelta(days=400))
    other = sample.make(tmp_path / "other", seed=2, now=NOW)
    assert again.digests == report.digests
    assert again.counts == report.counts
    assert set(report.digests) == {*build.tables(1), "rasters/terrain.tif", "rasters/clutter.tif"}
    for name in ("building", "hamlet", "rasters/terrain.tif", "rasters/clutter.tif"):
        assert other.digests[name] != report.digests[name]


def test_it_is_made_within_twenty_seconds_and_leaves_nothing_behind(
    made: tuple[sample.SampleReport, float],
) -> None:
    report, seconds = made
    assert seconds < 20
    names = {path.name for path in report.folder.iterdir()}
    assert names == {"workspace.gpkg", "rasters", "cache", "incoming"}


def test_it_says_of_itself_that_it_is_fictional(workspace: Workspace) -> None:
    assert (workspace.name, workspace.code, workspace.calc_epsg) == ("Xã Mẫu", "00000", 9210)
    assert workspace.is_sample


def test_the_commune_has_the_size_that_the_description_states(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    outline, hamlets, houses = (tables[name] for name in ("boundary", "hamlet", "building"))
    assert outline.geometry.area.sum() / 1e6 == pytest.approx(33.0, abs=0.5)
    assert hamlets["population"].sum() == houses["n_people"].sum() == 32_120
    assert outline["population_registered"].tolist() == [33_000]
    assert len(hamlets) == 22
    assert hamlets["name"].is_unique
    assert (hamlets.geom_type == "Point").sum() == 2
    assert hamlets["population"].isna().sum() == 1
    assert (hamlets["men"] + hamlets["women"] == hamlets["population"]).dropna().all()
    assert len(houses) == 9_000
    assert houses["height_m"].between(4, 12).all()
    assert houses.within(outline.union_all()).all()
    by_hamlet = houses.groupby("hamlet_id")["n_people"].sum()
    counted = hamlets.set_index("id")["population"].dropna()
    assert (by_hamlet[counted.index] == counted).all()


def test_no_two_houses_overlap_and_none_stands_in_water_or_orchard(
    tables: Mapping[str, gpd.GeoDataFrame],
) -> None:
    shapes = tables["building"].geometry.to_numpy()
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (one == two).all()
    forbidden = shapely.union_all([land.water(), *land.orchards()])
    assert not shapely.intersects(forbidden, shapes).any()


def test_houses_stand_along_lanes_and_dykes(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    roads = tables["road"]
    ways = shapely.union_all(roads[roads["kind"].isin(["lane", "hamlet", "dyke"])].geometry.to_numpy())
    distance_m = shapely.distance(tables["building"].geometry.to_numpy(), ways)
    assert np.quantile(distance_m, 0.98) < 25
    dykes = shapely.union_all(roads[roads["kind"] == "dyke"].geometry.to_numpy())
    assert (shapely.distance(tables["building"].geometry.to_numpy(), dykes) < 30).sum() > 150


def test_every_kind_of_place_road_and_zone_is_there(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    for layer, column in (("place", "kind"), ("zone", "kind")):
        described = spec_of(layer).column(column)
        assert described is not None
        assert set(tables[layer][column]) == set(described.vocabulary)
    assert {"provincial", "commune", "hamlet", "lane", "dyke"} <= set(tables["road"]["kind"])
    assert {"pole", "duct", "manhole"} == set(tables["passive"]["kind"])
    assert len(land.rivers()) == 2


def test_every_row_is_marked_as_fictional_and_passes_the_check(
    tables: Mapping[str, gpd.GeoDataFrame], workspace: Workspace
) -> None:
    for name in tables:
        table = workspace.store.read(name)
        assert table["is_sample"].all()
        assert (table["source"] == "dữ liệu mẫu (giả lập)").all()
        assert table["accuracy_m"].notna().all()
        assert table["as_of"].notna().all()
        known = [operator.id for operator in data.operators() if operator.is_sample]
        faults = check(table, spec_of(name), operators=known).issues
        assert not [fault for fault in faults if fault.severity in (Severity.ERROR, Severity.ASK)], name
        for column in spec_of(name).columns:
            if column.kind in (Kind.TEXT, Kind.LIST):
                texts = table[column.name].dropna()
                assert all(unicodedata.is_normalized("NFC", text) for text in texts)
    levels = {name: set(table["sharing"]) for name, table in tables.items()}
    assert set().union(*levels.values()) == {"public", "internal", "operator"}
    assert levels["cell"] == {"operator"}
    assert levels["place"] == {"public"}


def test_masts_have_the_numbers_and_the_mixed_quality_described(
    tables: Mapping[str, gpd.GeoDataFrame],
) -> None:
    sites, cells, outline = tables["site"], tables["cell"], tables["boundary"].union_all()
    inside = sites.within(outline)
    has_5g = sites["technologies"].map(lambda value: "5G" in split(value))
    assert (inside.sum(), (~inside).sum()) == (14, 6)
    assert (inside & has_5g).sum() in (8, 9)
    outside = sites[~inside]
    assert outside.distance(outline).between(100, 5000).all()
    assert all(split(value) == OPERATORS for value in outside["operators"])
    parameters = [column.name for column in spec_of("cell").columns if column.unit] + ["n_rb"]
    gaps = cells.set_index("site_id")[parameters].isna().any(axis=1).groupby(level=0).any()
    n_full, n_part, n_bare = (~gaps).sum(), gaps.sum(), len(sites) - len(gaps)
    assert (n_full, n_part, n_bare) == (7, 10, 3)
    assert set(cells["site_id"]) <= set(sites["id"])


def test_operators_carry_the_three_real_band_sets(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    cells = tables["cell"][tables["cell"]["technology"] == "5G"]
    found = {key: set(group["band"]) for key, group in cells.groupby("operators")}
    assert found == {row.id: set(row.bands) for row in data.operators() if row.is_sample}
    for name, band in data.bands().items():
        carrier = network.CARRIERS[name]
        assert (carrier.frequency_mhz, carrier.bandwidth_mhz) == (band.frequency_mhz, band.bandwidth_mhz)
        assert (carrier.n_rb, carrier.scs_khz) == (band.n_rb, band.scs_khz)


def test_any_operator_reaches_88_to_96_percent_of_people_outdoors(result: gap.GapResult) -> None:
    figures = result.operators["any"]
    assert figures.total == pytest.approx(33_000)
    assert 0.88 <= figures.share <= 0.96
    assert figures.unknown == pytest.approx(940, abs=100)
    for operator in OPERATORS:
        assert 0.2 < result.operators[operator].share < figures.share


def test_story_the_hamlet_without_data_is_unknown_not_uncovered(result: gap.GapResult) -> None:
    figures = of_hamlet(result, "MAU-THON-22")
    assert figures.total == pytest.approx(33_000 - 32_120)
    assert figures.unknown > 0.98 * figures.total
    assert figures.uncovered == 0
    assert of_hamlet(result, "MAU-THON-21").unknown < of_hamlet(result, "MAU-THON-21").total / 10


def test_story_three_hamlets_rest_on_the_assumed_mast(
    result: gap.GapResult, tables: Mapping[str, gpd.GeoDataFrame]
) -> None:
    row = tables["site"].set_index("id").loc["MAU-BTS-02"]
    assert row["operators"] == "mau_a"
    assert row["technologies"] == "4G;5G"
    assert not row.notna()["height_m"]
    assert "MAU-BTS-02" not in set(tables["cell"]["site_id"])
    for key in ("MAU-THON-03", "MAU-THON-06", "MAU-THON-09"):
        assert of_hamlet(result, key).assumed_share > 0.5
    assert of_hamlet(result, "MAU-THON-20").assumed_share < 0.5


def test_story_one_mast_is_reported_twice(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    sites = tables["site"]
    shapes = sites.geometry.to_numpy()
    distance_m = shapely.distance(shapes[:, None], shapes[None, :])
    one, two = np.nonzero(np.triu(distance_m < 300, k=1))
    assert [(sites["id"][i], sites["id"][j]) for i, j in zip(one, two, strict=True)] == [
        ("MAU-BTS-04", "MAU-BTS-05")
    ]
    assert 12 <= distance_m[one[0], two[0]] <= 60
    assert sites["operators"][one[0]] != sites["operators"][two[0]]


def covered_share(
    workspace: Workspace, own: gpd.GeoDataFrame, *, inside_only: bool = False, orchard: bool = True
) -> float:
    """Share of these houses that any operator covers, with changes that the jobs do not offer."""
    sites, cells = workspace.store.read("site"), workspace.store.read("cell")
    if inside_only:
        sites = sites[sites["id"].isin([mast.id for mast in network.MASTS if mast.is_inside])]
        cells = cells[cells["site_id"].isin(sites["id"])]
    sectors = to_transmitters(
        sites,
        cells,
        bands=data.bands(),
        defaults=data.cell_defaults(),
        blocks=data.resource_blocks(),
        technology="5G",
        epsg=9210,
    )
    surface = coverage.read_inputs(workspace, CoverageOptions()).surface
    if not orchard:
        clutter_m = surface.clutter_height_m.copy()
        shapes = [(land.orchards()[0].buffer(15), 0.0)]
        rasterio.features.rasterize(shapes, out=clutter_m, transform=surface.grid.transform)
        surface = Surface(grid=surface.grid, ground_m=surface.ground_m, clutter_height_m=clutter_m)
    found = estimate(sectors, surface, levels=data.levels(), limits=coverage.limits())
    near = outdoor_cells(surface.grid, list(own.geometry), ring_m=data.setting("outdoor_ring_m"))
    states = [
        states_at(near, found.planning_dbm(name), found.state(name), levels=data.levels())
        for name in found.operators
    ]
    return float((combine(states)[0] == State.COVERED).mean())


def test_story_the_orchard_takes_the_signal_from_houses_behind_it(
    workspace: Workspace, result: gap.GapResult, tables: Mapping[str, gpd.GeoDataFrame]
) -> None:
    houses = tables["building"]
    row = houses[houses.dwithin(land.orchard_lane(), 20.0)]
    assert len(row) >= 30
    assert covered_share(workspace, row) < 0.1
    assert covered_share(workspace, row, orchard=False) > 0.6
    lane = land.orchard_lane()
    areas = result.areas_of("any")
    places = gpd.GeoSeries([area.geometry for area in areas], crs=4326).to_crs(9210)
    behind = [area for area, place in zip(areas, places, strict=True) if place.intersects(lane.buffer(40))]
    assert [(area.reason, area.facts["obstacle"], area.facts["mast"]) for area in behind] == [
        ("shadowed", "trees", "MAU-BTS-04")
    ]
    assert 90 < behind[0].people < 160


def test_story_a_border_hamlet_is_saved_by_a_mast_outside(
    workspace: Workspace, result: gap.GapResult, tables: Mapping[str, gpd.GeoDataFrame]
) -> None:
    houses = tables["building"]
    own = houses[houses["hamlet_id"] == "MAU-THON-08"]
    assert covered_share(workspace, own, inside_only=True) < 0.5
    assert of_hamlet(result, "MAU-THON-08").share > 0.85


def test_story_exactly_four_cultural_houses_have_no_wifi(
    tables: Mapping[str, gpd.GeoDataFrame], result: gap.GapResult
) -> None:
    places, hotspots = tables["place"], tables["wifi"]
    houses = places[places["kind"] == "cultural_house"]
    assert len(houses) == 22
    assert houses["hamlet_id"].nunique() == 22
    free = hotspots[hotspots["is_free"] & (hotspots["status"] == "operational")]
    near = (
        shapely.distance(houses.geometry.to_numpy()[:, None], free.geometry.to_numpy()[None, :]).min(axis=1)
        <= 50
    )
    without = houses[~near & ~houses["id"].isin(free["place_id"]).to_numpy()]
    assert without["id"].tolist() == [f"MAU-NVH-{number:02d}" for number in public.WITHOUT_WIFI]
    assert len(without) == 4
    assert (without["wifi_status"] == "no").all()
    assert not (hotspots["is_free"]).all()
    assert public.CENTRE_ID in set(free["place_id"])
    missing = [row.id for row in result.wifi.items if row.state == "uncovered"]
    assert sorted(missing) == without["id"].tolist()


def test_story_one_record_is_stale(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    limit = stale_before(NOW.date())
    stale = [key for table in tables.values() for key in table.loc[table["as_of"] < limit, "id"]]
    assert stale == ["MAU-BTS-12"]


def test_story_a_list_lies_in_the_old_zone_with_x_as_the_northing(
    made: tuple[sample.SampleReport, float], tables: Mapping[str, gpd.GeoDataFrame]
) -> None:
    path = made[0].folder / "incoming" / "BTS_kinh_tuyen_105_30.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    sites = tables["site"].set_index("id").geometry
    assert tuple(rows[0]) == incoming.HEADINGS
    assert len(rows) == 6
    for row in rows:
        north_m, east_m = (float(row[name].replace(",", ".")) for name in ("X (Bắc)", "Y (Đông)"))
        x_m, y_m = transform(east_m, north_m, epsg_from=9209, epsg_to=9210)
        meant = sites[row["Mã trạm"].replace("NMB-3", "MAU-BTS-")]
        assert np.hypot(x_m - meant.x, y_m - meant.y) < 0.005
        assert np.hypot(east_m - meant.x, north_m - meant.y) == pytest.approx(26_000, abs=300)


def test_story_fibre_leaves_exactly_two_hamlets_out(
    tables: Mapping[str, gpd.GeoDataFrame], result: gap.GapResult
) -> None:
    nodes, houses = tables["fiber_node"], tables["building"]
    fast = shapely.MultiPoint(list(nodes[nodes["speed_gbps"] >= 1].geometry))
    reached = houses.assign(ok=shapely.distance(fast, houses.geometry.to_numpy()) <= 300)
    share = reached.groupby("hamlet_id")["ok"].mean()
    assert share[share == 0].index.tolist() == ["MAU-THON-18", "MAU-THON-19"]
    assert share[share > 0].min() > 0.8
    assert 0.8 < result.fiber.figures.share < 0.98


def test_every_cable_ends_at_nodes_that_lead_to_the_exchange(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    nodes, spans = tables["fiber_node"].set_index("id"), tables["fiber_span"]
    assert set(spans["start_node"]) | set(spans["end_node"]) <= set(nodes.index)
    for span in spans.itertuples():
        ends = [shapely.Point(span.geometry.coords[0]), shapely.Point(span.geometry.coords[-1])]
        for end, key in zip(ends, (span.start_node, span.end_node), strict=True):
            assert end.distance(nodes.geometry[key]) < 1.0, span.id
    reached, edge = {"MAU-OLT-01"}, set(zip(spans["start_node"], spans["end_node"], strict=True))
    while found := {key for pair in edge for key in pair if reached & set(pair)} - reached:
        reached |= found
    assert set(nodes.index) - reached == {"MAU-TU-CU-18"}


def test_poles_stand_every_35_to_40_metres_along_lanes_with_fibre(
    tables: Mapping[str, gpd.GeoDataFrame],
) -> None:
    passive = tables["passive"]
    poles = passive[passive["kind"] == "pole"]
    assert passive.loc[passive["kind"] == "pole", "n_used"].isna().any()
    assert set(poles["sector"]) == {"telecom", "power", "lighting"}
    gaps_m: list[float] = []
    for hamlet in settlement.HAMLETS:
        spine, *lanes = (way.dry(lane) for lane in settlement.lanes(hamlet))
        for lane in lanes:
            beside = poles[poles.dwithin(lane, 3.0) & ~poles.dwithin(spine, 15.0)].geometry.to_numpy()
            if hamlet.number in settlement.WITHOUT_FIBRE:
                assert not len(beside)
                continue
            gaps_m += np.diff(np.sort(shapely.line_locate_point(lane, beside))).tolist()
    is_single = np.abs(np.array(gaps_m) - 37.5) <= 2.6
    is_double = np.abs(np.array(gaps_m) - 75.0) <= 6.0  # the pole between stands on the crossing lane
    assert is_single.mean() > 0.75
    assert (is_single | is_double).mean() > 0.95


def test_ducts_lie_on_the_main_road(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    ducts = tables["passive"][tables["passive"]["kind"] == "duct"]
    main = land.main_road()
    assert ducts.within(main.buffer(5)).all()
    assert ducts.length.sum() > 0.6 * main.length


def test_rasters_cover_five_kilometres_around_at_five_metres(workspace: Workspace) -> None:
    west_m, south_m, east_m, north_m = land.outline().bounds
    for name in ("terrain", "clutter"):
        with rasterio.open(workspace.rasters / f"{name}.tif", driver="GTiff") as raster:
            assert raster.crs.to_epsg() == 9210
            assert raster.res == (5, 5)
            assert raster.nodata is not None
            bounds = raster.bounds
            assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert bounds.left <= west_m - 5000
        assert bounds.right >= east_m + 5000
        assert bounds.bottom <= south_m - 5000
        assert bounds.top >= north_m + 5000


def test_orchards_are_six_to_eight_metres_high_and_rice_is_flat(workspace: Workspace) -> None:
    with rasterio.open(workspace.rasters / "clutter.tif", driver="GTiff") as raster:
        clutter_m = raster.read(1)
        transform_m = raster.transform
    inner = [orchard.buffer(-10) for orchard in land.orchards()]
    trees = rasterio.features.rasterize(inner, out_shape=clutter_m.shape, transform=transform_m).astype(bool)
    assert clutter_m[trees].min() >= 5.99
    assert clutter_m[trees].max() <= 8.01
    assert (clutter_m == 0).mean() > 0.9
    assert np.nanmax(clutter_m) <= 12.01


def test_the_story_file_names_rows_that_exist(tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    ids = {key for table in tables.values() for key in table["id"]}
    named = {word for word in STORY.split("`") if word.startswith("MAU-")}
    assert len(named) >= 15
    assert named <= ids
    assert "incoming/BTS_kinh_tuyen_105_30.csv" in STORY
    for number in public.WITHOUT_WIFI:
        assert f"MAU-NVH-{number:02d}" in named


def test_a_folder_with_a_workspace_is_refused_and_left_as_it_was(
    made: tuple[sample.SampleReport, float],
) -> None:
    file = made[0].folder / "workspace.gpkg"
    before = file.read_bytes()
    with pytest.raises(StoreError, match="workspace_exists"):
        sample.make(made[0].folder, now=NOW)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code"), [({"size": "moon"}, "sample_size"), ({"seed": -1}, "sample_seed")]
)
def test_unknown_sizes_and_negative_seeds_are_refused(
    tmp_path: Path, arguments: Mapping[str, object], code: str
) -> None:
    with pytest.raises(InputError, match=code):
        sample.make(tmp_path / "x", now=NOW, **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "x").exists()


def test_the_starter_is_empty_and_says_what_to_ask_from_whom(tmp_path: Path) -> None:
    workspace = open_workspace(sample.make_starter(tmp_path / "ha-dong", now=NOW))
    assert (workspace.name, workspace.code) == ("Xã Hà Đông – bộ dữ liệu bắt đầu", "10882")
    assert workspace.calc_epsg == 9210
    assert not workspace.is_sample
    found = inventory(workspace, today=NOW.date())
    assert all(layer.n_rows == 0 for layer in found.layers)
    asked = {ask.what_key for ask in found.asks}
    assert {"ask.boundary.what", "ask.hamlet.what", "ask.site.what", "ask.place.what"} <= asked
    assert all(ask.from_key for ask in found.asks)
    workspace.store.close()


def test_a_broken_attempt_leaves_no_half_workspace(tmp_path: Path) -> None:
    good = public.boundary(1)
    bad = good.assign(id=None)
    with pytest.raises(InputError, match="ids_missing"):
        create_filled(tmp_path / "w", {"name": "x"}, {"boundary": good, "hamlet": bad[["id", "geometry"]]})
    assert not [path for path in (tmp_path / "w").rglob("*") if path.is_file()]
    assert create_filled(tmp_path / "w", {"name": "x"}, {"boundary": good}).keys() == {"boundary"}
