"""Coverage: levels, states, the best server, what stays unknown, cancelling."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geo.coverage import Coverage, Levels, State, combine, estimate
from geo.errors import CancelledError, InputError, PlannerError, RangeError, ShapeError
from geo.field import reach_m
from geo.grid import Grid
from geo.kernels.field import pattern_db
from geo.propagation import path_loss_db
from geo.radio import Transmitter, antenna_gain_dbi
from geo.terrain import Surface
from tests import build

CENTI_DB = 0.006  # losses are held in hundredths of a decibel


def run(transmitters: list[Transmitter], surface: Surface, **changes: object) -> Coverage:
    usual: dict[str, object] = {"levels": build.levels(), "limits": build.LIMITS_M}
    return estimate(transmitters, surface, **(usual | changes))  # type: ignore[arg-type]


def expected_dbm(distance_m: float, *, los: bool, model: str = "rma", height_m: float = 36.0) -> float:
    loss_db, _ = path_loss_db(
        model, frequency_mhz=2550, distance_m=distance_m, tx_height_m=height_m, rx_height_m=1.5, los=los
    )
    return build.sector().eirp_per_re_dbm - float(loss_db)


def side_db(sector: Transmitter, *, up_m: float, distance_m: float) -> float:
    theta = 90.0 + np.degrees(np.arctan2(up_m, distance_m))
    return float(
        antenna_gain_dbi(
            theta,
            0.0,
            gain_dbi=0.0,
            horizontal_beamwidth_deg=65.0,
            vertical_beamwidth_deg=sector.vertical_beamwidth_deg,
        )
    )


def test_power_over_flat_ground_is_budget_less_loss_less_pattern(flat: Surface) -> None:
    sector = build.sector()
    power = run([sector], flat).power_dbm["A"]
    for cells in (1, 7, 20, 29):
        wanted = expected_dbm(10.0 * cells, los=True) + side_db(sector, up_m=34.5, distance_m=10.0 * cells)
        assert float(power[30, 30 + cells]) == pytest.approx(wanted, abs=CENTI_DB), cells


def test_below_ten_metres_the_loss_at_ten_metres_counts() -> None:
    grid = build.grid(rows=11, cols=11, cell_m=2.0)
    sector = build.sector(on=grid, row=5, col=5)
    power = run([sector], build.surface(grid)).power_dbm["A"]
    wanted = expected_dbm(10.0, los=True) + side_db(sector, up_m=34.5, distance_m=4.0)
    assert float(power[5, 7]) == pytest.approx(wanted, abs=CENTI_DB)


@pytest.mark.parametrize("sight", ["radial", "exact"])
def test_behind_a_wall_the_loss_without_line_of_sight_counts(ridge: Surface, sight: str) -> None:
    found = run([build.sector()], ridge, sight=sight)
    assert not found.blocked["A"][30, 39]
    assert found.blocked["A"][30, 45]
    wanted = expected_dbm(150.0, los=False) + side_db(build.sector(), up_m=34.5, distance_m=150.0)
    assert float(found.power_dbm["A"][30, 45]) == pytest.approx(wanted, abs=CENTI_DB)


def test_sectors_shine_where_their_azimuth_points(flat: Surface) -> None:
    shape = {"horizontal_beamwidth_deg": 65.0, "vertical_beamwidth_deg": 90.0}
    north = run([build.sector(azimuth_deg=0.0, **shape)], flat, convergence_deg=0.0).power_dbm["A"]
    east = run([build.sector(azimuth_deg=90.0, **shape)], flat, convergence_deg=0.0).power_dbm["A"]
    assert north[10, 30] - north[50, 30] == pytest.approx(30.0 - side_db_at_90(20), abs=0.01)
    np.testing.assert_allclose(north[10, 30], east[30, 50], atol=1e-4)
    assert north[30, 20] == pytest.approx(float(north[30, 40]), abs=1e-4)


def side_db_at_90(cells: int) -> float:
    # Below boresight the vertical part is lost in front already; behind, 30 dB is the floor of both parts.
    return 12.0 * (np.degrees(np.arctan2(34.5, 10.0 * cells)) / 90.0) ** 2


def test_azimuth_counts_from_true_north(flat: Surface) -> None:
    shape = {"horizontal_beamwidth_deg": 30.0, "vertical_beamwidth_deg": 90.0}
    turned = run([build.sector(azimuth_deg=45.0, **shape)], flat, convergence_deg=45.0).power_dbm["A"]
    straight = run([build.sector(azimuth_deg=0.0, **shape)], flat, convergence_deg=0.0).power_dbm["A"]
    np.testing.assert_allclose(turned, straight, atol=1e-4)


def test_unknown_azimuth_is_the_same_all_around_and_assumed(flat: Surface) -> None:
    found = run([build.sector(azimuth_deg=None, horizontal_beamwidth_deg=65.0)], flat)
    power = found.power_dbm["A"]
    assert power[30, 50] == power[30, 10] == power[10, 30] == power[50, 30]
    assert found.assumed["A"][30, 50]


def test_mechanical_tilt_turns_and_electrical_tilt_shifts() -> None:
    def loss(azimuth_deg: float, down_deg: float, *, mechanical: float, electrical: float) -> float:
        a, e, m = np.radians([azimuth_deg, -down_deg, mechanical])
        return pattern_db(
            np.cos(e) * np.cos(a),
            np.cos(e) * np.sin(a),
            np.sin(e),
            np.cos(m),
            np.sin(m),
            electrical,
            65,
            8,
            0.0,
        )

    assert loss(0, 6, mechanical=6, electrical=0) == pytest.approx(0, abs=1e-9)
    assert loss(0, 6, mechanical=0, electrical=6) == pytest.approx(0, abs=1e-9)
    # Sideways a turned panel looks at the horizon; a shifted one looks down all around.
    assert loss(90, 0, mechanical=6, electrical=0) == pytest.approx(12 * (90 / 65) ** 2, abs=0.05)
    sideways = 12 * (90 / 65) ** 2
    assert loss(90, 0, mechanical=0, electrical=6) == pytest.approx(
        min(sideways + 12 * (6 / 8) ** 2, 30), abs=1e-9
    )
    assert loss(180, 0, mechanical=6, electrical=0) == 30


def test_best_server_is_the_stronger_one(flat: Surface, two_sites: tuple[Transmitter, Transmitter]) -> None:
    first, second = two_sites[0], build.sector(row=50, col=50, id="s2", mast_id="m2")
    found = run([second, first], flat)
    assert found.transmitter_ids == ("s1", "s2")
    assert found.server["A"][15, 15] == 0
    assert found.server["A"][45, 45] == 1


def test_a_shared_cell_serves_each_of_its_operators(flat: Surface) -> None:
    found = run([build.sector(operators=("A", "B"))], flat, operators=("C",))
    assert found.operators == ("A", "B", "C")
    np.testing.assert_array_equal(found.power_dbm["A"], found.power_dbm["B"])
    assert np.isnan(found.power_dbm["C"]).all()
    assert (found.state("C") == State.UNCOVERED).all()


def test_levels_and_covered_follow_the_margin() -> None:
    levels = build.levels()
    wanted = {-84.9: 0, -85.0: 0, -85.1: 1, -95.0: 1, -104.9: 2, -105.0: 2, -105.1: 3, -110.0: 3, -110.1: 4}
    assert levels.index(list(wanted)).tolist() == list(wanted.values())
    assert levels.index(np.nan) == 4
    assert (levels.lowest_covered_dbm, levels.lowest_dbm) == (-105.0, -110.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"lower_dbm": (-85.0, -80.0)},
        {"covered": (False, True)},
        {"covered": (False, False)},
        {"covered": (True,)},
        {"margin_db": -1.0},
    ],
)
def test_levels_that_contradict_themselves_are_refused(changes: dict[str, object]) -> None:
    usual = {"names": ("a", "b"), "lower_dbm": (-85.0, -105.0), "covered": (True, True), "margin_db": 8.0}
    with pytest.raises(PlannerError):
        Levels(**(usual | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("tx_power_dbm", "state"), [(15.0, State.UNCOVERED), (32.0, State.COVERED)])
def test_covered_where_planning_level_reaches_the_lowest_covered_level(
    ridge: Surface, tx_power_dbm: float, state: State
) -> None:
    found = run([build.sector(tx_power_dbm=tx_power_dbm)], ridge)
    planning = float(found.planning_dbm("A")[30, 50])
    assert planning == pytest.approx(float(found.power_dbm["A"][30, 50]) - 8, abs=1e-4)
    assert (planning >= -105) == (state == State.COVERED)
    assert found.state("A")[30, 50] == state


def unknown_strip(tiny_grid: Grid) -> Surface:
    clutter = np.zeros(tiny_grid.shape, dtype=np.float32)
    clutter[:, 40] = np.nan
    return Surface(grid=tiny_grid, ground_m=np.full_like(clutter, 2.0), clutter_height_m=clutter)


def test_a_place_of_unknown_height_is_unknown_even_under_a_mast(tiny_grid: Grid) -> None:
    found = run([build.sector(row=30, col=39)], unknown_strip(tiny_grid))
    assert (found.state("A")[:, 40] == State.UNKNOWN).all()


def test_without_any_heights_everything_is_unknown(tiny_grid: Grid) -> None:
    found = run([build.sector()], Surface.unknown(tiny_grid))
    assert (found.state("A") == State.UNKNOWN).all()


def test_behind_an_unknown_cell_the_worse_case_is_certain_and_the_better_possible(tiny_grid: Grid) -> None:
    found = run([build.sector(tx_power_dbm=15.0)], unknown_strip(tiny_grid))
    certain, possible = float(found.power_dbm["A"][30, 50]), float(found.possible_dbm["A"][30, 50])
    pattern = side_db(build.sector(), up_m=34.5, distance_m=200.0) - 38.0
    assert certain == pytest.approx(expected_dbm(200.0, los=False) + pattern, abs=CENTI_DB)
    assert possible == pytest.approx(expected_dbm(200.0, los=True) + pattern, abs=CENTI_DB)
    assert found.state("A")[30, 50] == State.UNKNOWN
    assert found.possible_dbm["A"][30, 35] == -np.inf


def test_assumed_heights_make_the_outcome_known_and_flagged(tiny_grid: Grid) -> None:
    surface = unknown_strip(tiny_grid).filled(clutter_m=6.0)
    found = run([build.sector()], surface)
    assert (found.state("A")[30, 31:] == State.COVERED).all()
    assert found.assumed["A"][30, 40:].all()
    assert not found.assumed["A"][30, 20:39].any()


def test_a_mast_on_unknown_ground_covers_nothing_for_certain(tiny_grid: Grid) -> None:
    found = run([build.sector(row=30, col=40)], unknown_strip(tiny_grid))
    assert np.isnan(found.power_dbm["A"]).all()
    assert found.state("A")[30, 45] == State.UNKNOWN


def test_a_mast_beyond_the_grid_reaches_in_over_unknown_ground(flat: Surface) -> None:
    found = run([build.sector(row=30, col=-30)], flat)
    assert np.isnan(found.power_dbm["A"]).all()
    assert (found.state("A") == State.UNKNOWN).all()


def strong(**changes: object) -> Transmitter:
    on = build.grid(rows=5, cols=650)
    usual = {
        "row": 2,
        "col": 10,
        "on": on,
        "band": "n28",
        "frequency_mhz": 763.0,
        "n_rb": 52,
        "scs_khz": 15.0,
    }
    return build.sector(**(usual | changes))  # type: ignore[arg-type]


def test_beyond_the_upper_distance_without_line_of_sight_only_a_bound_is_known() -> None:
    surface = build.ridge(build.grid(rows=5, cols=650), col=30, height_m=200.0)
    found = run([strong(tx_power_dbm=60.0)], surface)
    inside, beyond = 10 + 499, 10 + 501
    assert found.power_dbm["A"][2, inside] == pytest.approx(
        float(found.possible_dbm["A"][2, beyond]), abs=0.05
    )
    assert np.isnan(found.power_dbm["A"][2, beyond])
    assert found.state("A")[2, beyond] == State.UNKNOWN
    weak = run([strong(tx_power_dbm=46.0)], surface)
    assert weak.state("A")[2, beyond] == State.UNCOVERED


def test_radius_is_where_free_space_and_twenty_decibels_fall_to_the_lowest_level() -> None:
    sector = build.sector(tx_power_dbm=5.0, gain_dbi=8.0)
    found_m = reach_m(sector, lowest_dbm=-110.0, allowance_db=20.0, limits_m=build.LIMITS_M)
    loss_db, _ = path_loss_db(
        "free_space", frequency_mhz=2550, distance_m=found_m, tx_height_m=0, rx_height_m=0, los=True
    )
    assert sector.eirp_per_re_dbm - float(loss_db) - 20.0 == pytest.approx(-110.0)
    assert found_m < 5000.0


@pytest.mark.parametrize(("band", "limit_m"), [("n41", 5000.0), ("n28", 8000.0), ("n2", 5000.0)])
def test_radius_is_limited_by_band(band: str, limit_m: float) -> None:
    sector = build.sector(band=band, frequency_mhz=763.0)
    assert reach_m(sector, lowest_dbm=-110.0, allowance_db=20.0, limits_m=build.LIMITS_M) == limit_m


def test_a_band_without_a_limit_is_refused(flat: Surface) -> None:
    with pytest.raises(RangeError):
        run([build.sector()], flat, limits={"n28": 8000.0})


@pytest.mark.parametrize(
    ("height_m", "dense", "model", "extended"),
    [
        (36.0, False, "rma", False),
        (25.0, True, "uma", False),
        (40.0, True, "uma", True),
        (8.0, False, "umi", True),
    ],
)
def test_auto_takes_the_rural_model_unless_dense_or_low(
    flat: Surface, height_m: float, *, dense: bool, model: str, extended: bool
) -> None:
    found = run([build.sector(height_m=height_m)], flat, dense=dense)
    assert found.model == model
    assert (found.extended["A"] > 0) is extended


def test_where_no_model_holds_places_are_unknown_not_covered(flat: Surface) -> None:
    found = run([build.sector(height_m=60.0)], flat, model="uma")
    assert found.outside_model == ("s1",)
    assert (found.state("A") == State.UNKNOWN).all()


@pytest.mark.parametrize("changes", [{"model": "hata"}, {"sight": "guess"}])
def test_unknown_choices_are_refused(flat: Surface, changes: dict[str, object]) -> None:
    with pytest.raises(InputError):
        run([build.sector()], flat, **changes)


def test_an_id_that_occurs_twice_is_refused(flat: Surface) -> None:
    with pytest.raises(ShapeError):
        run([build.sector(), build.sector(row=3)], flat)


def test_progress_rises_to_one_and_cancelling_ends_the_run(flat: Surface) -> None:
    sectors = [build.sector(id=f"s{n}", row=5.0 * n) for n in range(8)]
    told: list[float] = []
    run(sectors, flat, progress=told.append)
    assert told == [n / 8 for n in range(1, 9)]
    asked = itertools.count()
    with pytest.raises(CancelledError):
        run(sectors, flat, cancelled=lambda: next(asked) >= 3, workers=1)
    assert next(asked) < 12


def test_number_of_threads_does_not_matter(flat: Surface) -> None:
    sectors = [build.sector(id=f"s{n}", row=7.0 * n, col=50.0 - 6 * n) for n in range(8)]
    one, four = (run(sectors, flat, workers=workers) for workers in (1, 4))
    np.testing.assert_array_equal(one.power_dbm["A"], four.power_dbm["A"])
    np.testing.assert_array_equal(one.server["A"], four.server["A"])


def test_no_transmitter_means_uncovered(flat: Surface) -> None:
    assert (run([], flat, operators=["A"]).state("A") == State.UNCOVERED).all()


def test_window_and_unknown_border(flat: Surface) -> None:
    found = run(
        [build.sector(tx_power_dbm=0.0, gain_dbi=-5.0)], build.ridge(flat.grid, col=32, height_m=30.0)
    )
    border = np.zeros(flat.grid.shape, dtype=bool)
    border[:, 50:] = True
    opened = found.with_unknown(border, operators=["A"])
    assert (found.state("A")[:, 50:] == State.UNCOVERED).all()
    assert (opened.state("A")[:, 50:] == State.UNKNOWN).all()
    np.testing.assert_array_equal(opened.state("A")[:, :50], found.state("A")[:, :50])
    xmin, ymin, _, _ = found.grid.bounds
    part = opened.window((xmin, ymin, xmin + 100, ymin + 200))
    assert part.grid.shape == (20, 10)
    np.testing.assert_array_equal(part.power_dbm["A"], found.power_dbm["A"][40:, :10])


U, C, N = State.UNKNOWN, State.COVERED, State.UNCOVERED


@pytest.mark.parametrize(
    ("states", "anyone", "two"),
    [
        ((N, N, N), N, N),
        ((C, N, N), C, N),
        ((C, C, N), C, C),
        ((C, U, N), C, U),
        ((U, N, N), U, N),
        ((U, U, N), U, U),
        ((C, C, U), C, C),
        ((U,), U, N),
        ((C,), C, N),
    ],
)
def test_operators_together(states: tuple[State, ...], anyone: State, two: State) -> None:
    found = combine([np.full((1, 1), state, dtype=np.uint8) for state in states])
    assert (found[0][0, 0], found[1][0, 0]) == (anyone, two)
