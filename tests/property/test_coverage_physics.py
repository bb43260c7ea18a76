"""What must hold for every network and every surface."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import Coverage, State, estimate
from geo.kernels.sight import BLOCKED
from geo.propagation import MODELS, path_loss_db
from geo.radio import Transmitter
from geo.sight import visible
from geo.terrain import Surface
from geo.units import Array
from tests import build

GRID = build.grid(rows=24, cols=24)
QUICK = settings(max_examples=40, deadline=None)

cells = st.integers(0, 23)
sites = st.lists(
    st.tuples(
        cells, cells, st.sampled_from("AB"), st.one_of(st.none(), st.floats(0, 359)), st.floats(12, 60)
    ),
    min_size=1,
    max_size=4,
)


def network(drawn: list[tuple[int, int, str, float | None, float]]) -> list[Transmitter]:
    return [
        build.sector(
            on=GRID, row=row, col=col, id=f"s{number}", mast_id=f"m{number}", operators=(operator,),
            azimuth_deg=azimuth, horizontal_beamwidth_deg=65.0, vertical_beamwidth_deg=20.0, height_m=height,
            tx_power_dbm=20.0,
        )
        for number, (row, col, operator, azimuth, height) in enumerate(drawn)
    ]  # fmt: skip


def holed(seed: int) -> Surface:
    surface = build.rough(GRID, seed=seed)
    clutter = surface.clutter_height_m.copy()
    clutter[np.random.default_rng(seed).random(GRID.shape) < 0.05] = np.nan
    return Surface(grid=GRID, ground_m=surface.ground_m, clutter_height_m=clutter)


def run(sectors: list[Transmitter], surface: Surface) -> Coverage:
    return estimate(sectors, surface, levels=build.levels(), limits={"default": 200.0}, operators=["A", "B"])


def received(values: Array) -> Array:
    return np.nan_to_num(values, nan=-np.inf)


@QUICK
@given(sites, st.integers(0, 99))
def test_a_site_added_never_lowers_the_best_power_nor_takes_coverage_away(
    drawn: list[tuple[int, int, str, float | None, float]], seed: int
) -> None:
    sectors, surface = network(drawn), holed(seed)
    fewer, more = run(sectors[:-1], surface), run(sectors, surface)
    for operator in "AB":
        assert (received(more.power_dbm[operator]) >= received(fewer.power_dbm[operator])).all()
        assert (more.state(operator)[fewer.state(operator) == State.COVERED] == State.COVERED).all()
        assert (more.possible_dbm[operator] >= fewer.possible_dbm[operator]).all()


@QUICK
@given(sites, st.integers(0, 99), st.randoms(use_true_random=False))
def test_order_of_sites_does_not_matter(
    drawn: list[tuple[int, int, str, float | None, float]], seed: int, shuffle: object
) -> None:
    sectors, surface = network(drawn), holed(seed)
    mixed = list(sectors)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = run(sectors, surface), run(mixed, surface)
    assert one.transmitter_ids == other.transmitter_ids
    for operator in "AB":
        np.testing.assert_array_equal(one.power_dbm[operator], other.power_dbm[operator])
        np.testing.assert_array_equal(one.server[operator], other.server[operator])
        np.testing.assert_array_equal(one.state(operator), other.state(operator))
        np.testing.assert_array_equal(one.assumed[operator], other.assumed[operator])


@QUICK
@given(sites, st.integers(0, 99))
def test_each_place_is_in_one_of_three_states_and_an_unknown_place_is_unknown(
    drawn: list[tuple[int, int, str, float | None, float]], seed: int
) -> None:
    surface = holed(seed)
    found = run(network(drawn), surface)
    for operator in "AB":
        state, power = found.state(operator), found.power_dbm[operator]
        assert set(np.unique(state)) <= set(State)
        assert (state[~surface.known] == State.UNKNOWN).all()
        assert ((found.server[operator] >= 0) == np.isfinite(power)).all()


@QUICK
@given(sites, st.integers(0, 99))
def test_more_knowledge_only_settles_what_was_unknown(
    drawn: list[tuple[int, int, str, float | None, float]], seed: int
) -> None:
    sectors, truth = network(drawn), build.rough(GRID, seed=seed)
    partly, wholly = run(sectors, holed(seed)), run(sectors, truth)
    for operator in "AB":
        before, after = partly.state(operator), wholly.state(operator)
        settled = before != State.UNKNOWN
        np.testing.assert_array_equal(before[settled], after[settled])


@QUICK
@given(st.tuples(cells, cells, cells, cells), st.integers(0, 99), st.floats(3, 30))
def test_line_of_sight_is_the_same_from_both_ends(
    ends: tuple[int, int, int, int], seed: int, height_m: float
) -> None:
    surface, (row, col, other_row, other_col) = build.rough(GRID, seed=seed), ends

    def blocked(from_row: int, from_col: int, to_row: int, to_col: int) -> bool:
        x_m, y_m = GRID.to_xy(from_row, from_col)
        _, marks = visible(
            surface,
            x_m=float(x_m),
            y_m=float(y_m),
            height_m=height_m,
            receiver_height_m=height_m,
            radius_m=400.0,
        )
        return bool(marks[40 + to_row - from_row, 40 + to_col - from_col] & BLOCKED)

    assert blocked(row, col, other_row, other_col) == blocked(other_row, other_col, row, col)


@given(
    st.sampled_from(sorted(MODELS)),
    st.floats(500, 6000),
    st.floats(10, 4900),
    st.floats(1.0, 100),
    st.booleans(),
)
def test_loss_grows_with_distance_and_is_never_less_without_line_of_sight(
    model: str, frequency_mhz: float, distance_m: float, further_m: float, los: bool
) -> None:
    where = {"frequency_mhz": frequency_mhz, "tx_height_m": 25.0, "rx_height_m": 1.5}
    pair, _ = path_loss_db(model, distance_m=[distance_m, distance_m + further_m], los=los, **where)
    # The rural model steps down by some thousandths of a decibel at its breakpoint, as published.
    assert pair[1] > pair[0] - (0.05 if model == "rma" else 1e-9)
    without, _ = path_loss_db(model, distance_m=distance_m, los=False, **where)
    assert float(without) >= float(pair[0]) - 1e-9
