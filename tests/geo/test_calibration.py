"""A known truth is found again, judged where the fit has not looked; too little is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.calibration import Rules, Samples, clean, fit
from geo.correction import UNKNOWN_CLASS, Correction, clutter_class
from geo.coverage import Coverage, estimate
from geo.errors import InputError, RangeError, ShapeError
from geo.link import budget, corrected
from geo.terrain import Surface
from tests import build

GRID = build.grid(rows=361, cols=361)
SECTOR = build.sector(row=180, col=180, on=GRID, height_m=45.0)
TRUTH = Correction(offset_db=7.0, slope_db_per_decade=6.0, class_db=(0.0, 3.0, -4.0, 9.0))
RULES = Rules(
    nearest_m=200.0,
    farthest_m=10_000.0,
    max_age_days=365.0,
    max_accuracy_m=30.0,
    floor_dbm=-120.0,
    guard_db=10.0,
    bin_m=20.0,
    block_m=500.0,
    held_out_share=0.3,
    min_samples=100,
    min_blocks=8,
    class_prior_samples=5.0,
    min_decades=0.3,
)


@pytest.fixture(scope="module")
def surface() -> Surface:
    rng = np.random.default_rng(11)
    kinds = rng.choice([0.0, 3.0, 7.0, 15.0], size=(45, 45), p=[0.55, 0.2, 0.15, 0.1])
    clutter = np.kron(kinds, np.ones((9, 9)))[: GRID.rows, : GRID.cols].astype(np.float32)
    return Surface(grid=GRID, ground_m=np.full(GRID.shape, 2.3, dtype=np.float32), clutter_height_m=clutter)


def field(surface: Surface, correction: Correction | None = None) -> Coverage:
    return estimate(
        (SECTOR,), surface, levels=build.levels(), limits=build.LIMITS_M, correction=correction, workers=1
    )


def at_cells(surface: Surface, row: np.ndarray, col: np.ndarray, measured: np.ndarray) -> Samples:
    """Samples in the middle of cells, recent and well placed."""
    x_m, y_m = GRID.to_xy(row, col)
    return Samples(
        x_m=x_m,
        y_m=y_m,
        measured_dbm=measured,
        predicted_dbm=field(surface).power_dbm["A"][row, col].astype(float),
        distance_m=np.hypot(x_m - SECTOR.x_m, y_m - SECTOR.y_m),
        clutter_height_m=surface.clutter_height_m[row, col].astype(float),
        age_days=np.full(row.size, 30.0),
        accuracy_m=np.full(row.size, 5.0),
    )


def drive(surface: Surface, *, n: int, seed: int = 5) -> Samples:
    """What a drive through the true field measures: noise of 4 dB, every 20th value far off."""
    rng = np.random.default_rng(seed)
    row, col = rng.integers(0, GRID.rows, n), rng.integers(0, GRID.cols, n)
    measured = field(surface, TRUTH).power_dbm["A"][row, col] + rng.normal(0.0, 4.0, n)
    measured += np.where(rng.random(n) < 0.05, rng.choice([-30.0, 30.0], n), 0.0)
    return at_cells(surface, row, col, measured)


def spoilt(samples: Samples, seed: int = 6) -> Samples:
    """A quarter of the samples made unfit: old, badly placed, or both, with levels that mean nothing."""
    rng = np.random.default_rng(seed)
    unfit = rng.random(samples.x_m.size) < 0.25
    is_old = unfit & (rng.random(samples.x_m.size) < 0.5)
    return replace(
        samples,
        measured_dbm=np.where(unfit, -60.0, samples.measured_dbm),
        age_days=np.where(is_old, 800.0, samples.age_days),
        accuracy_m=np.where(unfit & ~is_old, 200.0, samples.accuracy_m),
    )


def test_a_known_truth_is_recovered_within_half_a_decibel(surface: Surface) -> None:
    kept, left_out = clean(spoilt(drive(surface, n=9000)), RULES)
    assert left_out["age"] > 500
    assert left_out["accuracy"] > 500
    assert left_out["distance"] > 50
    found = fit(kept, RULES, seed=1)
    assert found.correction.offset_db == pytest.approx(TRUTH.offset_db, abs=0.5)
    assert found.correction.slope_db_per_decade == pytest.approx(TRUTH.slope_db_per_decade, abs=0.5)
    assert found.correction.class_db == pytest.approx(TRUTH.class_db, abs=0.5)
    assert found.has_slope
    assert found.spread_db == pytest.approx(4.0, abs=0.5)
    # the error left in what was never seen is the noise with its outliers: √(0,95·4² + 0,05·(4² + 30²)) = 7.8
    assert found.after.rmse_db < 8.5 < found.before.rmse_db
    assert abs(found.after.bias_db) < 0.5 < abs(found.before.bias_db)
    assert found.is_better


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_blocks_held_out_share_no_place_with_those_fitted(surface: Surface, seed: int) -> None:
    kept, _ = clean(drive(surface, n=3000), RULES)
    found = fit(kept, RULES, seed=seed)
    blocks = np.stack([kept.x_m // RULES.block_m, kept.y_m // RULES.block_m], axis=1)
    judges = {tuple(block) for block in blocks[found.held_out]}
    assert judges.isdisjoint({tuple(block) for block in blocks[~found.held_out]})
    assert len(judges) == found.n_blocks_held_out
    assert found.n_blocks_held_out / found.n_blocks == pytest.approx(0.3, abs=0.02)
    again = fit(kept, RULES, seed=seed)
    assert again.correction == found.correction


def test_too_few_samples_or_places_are_refused(surface: Surface) -> None:
    kept, _ = clean(drive(surface, n=4000), RULES)
    with pytest.raises(InputError) as few:
        fit(kept.take(np.arange(99)), RULES, seed=1)
    assert (few.value.code, few.value.facts) == ("calibration_samples_few", {"n": 99, "needed": 100})
    corner = kept.take((kept.x_m < kept.x_m.min() + 900) & (kept.y_m < kept.y_m.min() + 900))
    with pytest.raises(InputError) as near:
        fit(corner, replace(RULES, min_samples=20), seed=1)
    assert near.value.code == "calibration_blocks_few"
    fit(kept.take(np.arange(100)), RULES, seed=1)


def test_a_class_hardly_seen_stays_nearer_to_nothing(surface: Surface) -> None:
    kept, _ = clean(drive(surface, n=6000), RULES)
    rare = np.flatnonzero(clutter_class(kept.clutter_height_m) == 3)
    nearest = rare[np.argsort(kept.distance_m[rare])]
    few = kept.take(np.setdiff1d(np.arange(kept.x_m.size), nearest[6:]))
    shrunk = fit(few, RULES, seed=1)
    free = fit(few, replace(RULES, class_prior_samples=1e-6), seed=1)
    n = shrunk.class_counts[3]
    assert 0 < n <= 6
    # weights of at most 1 on n samples against a prior of 5
    assert 0.0 < shrunk.correction.class_db[3] < free.correction.class_db[3] * (n / (n + 5.0) + 0.1)
    assert free.correction.class_db[3] == pytest.approx(9.0, abs=6.0)


def test_distances_that_hardly_differ_give_no_slope(surface: Surface) -> None:
    kept, _ = clean(drive(surface, n=20_000), RULES)
    ring = kept.take((kept.distance_m > 900) & (kept.distance_m < 1200))
    found = fit(ring, RULES, seed=1)
    assert not found.has_slope
    assert found.correction.slope_db_per_decade == 0.0


def test_one_value_in_a_bin_is_the_median() -> None:
    measured = np.array([-80.0, -90.0, -100.0, -85.0, -87.0, -70.0])
    place = np.array([1.0, 2.0, 3.0, 41.0, 42.0, 81.0])
    samples = Samples(
        x_m=place,
        y_m=np.ones(6),
        measured_dbm=measured,
        predicted_dbm=np.full(6, -88.0),
        distance_m=np.full(6, 500.0),
        clutter_height_m=np.zeros(6),
        age_days=np.full(6, np.nan),
        accuracy_m=np.full(6, np.nan),
    )
    kept, left_out = clean(samples, RULES)
    assert kept.error_db.tolist() == [-2.0, 2.0, 18.0]
    assert left_out["same_bin"] == 3


def test_each_sample_left_out_is_counted_once_under_its_first_reason() -> None:
    nan = np.nan
    samples = Samples(
        x_m=np.arange(8) * 100.0,
        y_m=np.zeros(8),
        measured_dbm=np.array([-90.0, nan, -90.0, -90.0, -90.0, -125.0, -90.0, -90.0]),
        predicted_dbm=np.array([nan, -90.0, -90.0, -90.0, -90.0, -90.0, -125.0, -90.0]),
        distance_m=np.array([nan, 500.0, 100.0, 500.0, 500.0, 500.0, 500.0, 500.0]),
        clutter_height_m=np.zeros(8),
        age_days=np.array([1.0, 1.0, 900.0, 900.0, 1.0, 1.0, 1.0, 1.0]),
        accuracy_m=np.array([1.0, 1.0, 1.0, 99.0, 99.0, 1.0, 1.0, 1.0]),
    )
    kept, left_out = clean(samples, RULES)
    assert kept.x_m.tolist() == [700.0]
    assert left_out == {
        "no_prediction": 1, "no_level": 1, "distance": 1, "age": 1, "accuracy": 1, "noise_floor": 2,
        "same_bin": 0,
    }  # fmt: skip


def test_a_correction_changes_the_estimate_by_exactly_itself(surface: Surface) -> None:
    plain, corrected = field(surface), field(surface, TRUTH)
    x_m, y_m = np.meshgrid(*GRID.centres())
    distance_m = np.hypot(x_m - SECTOR.x_m, y_m - SECTOR.y_m)
    expected = TRUTH.loss_db(distance_m, surface.clutter_height_m)
    change = plain.power_dbm["A"] - corrected.power_dbm["A"]
    known = np.isfinite(change)
    assert known.mean() > 0.75
    # losses are held in hundredths of a decibel
    assert np.abs(change - expected)[known].max() <= 0.0101
    assert np.array_equal(np.isfinite(plain.power_dbm["A"]), np.isfinite(corrected.power_dbm["A"]))


def test_what_is_only_possible_is_corrected_with_the_smallest_class() -> None:
    grid = build.grid(rows=121, cols=121)
    clutter = np.zeros(grid.shape, dtype=np.float32)
    clutter[:, 80:] = np.nan
    unknown = Surface(
        grid=grid, ground_m=np.full(grid.shape, 2.0, dtype=np.float32), clutter_height_m=clutter
    )
    sector = build.sector(row=60, col=60, on=grid)
    both = [
        estimate((sector,), unknown, levels=build.levels(), limits=build.LIMITS_M, correction=one, workers=1)
        for one in (None, Correction(offset_db=5.0, class_db=(0.0, 3.0, -4.0, 9.0)))
    ]
    beyond = (slice(20, 100), slice(82, 118))
    for coverage in both:
        assert (coverage.possible_dbm["A"][beyond] == np.inf).all()
    behind = (slice(20, 100), slice(62, 79))
    change = both[0].power_dbm["A"][behind] - both[1].power_dbm["A"][behind]
    assert np.abs(change - 5.0).max() <= 0.0101


def test_why_reckons_with_the_correction_as_the_estimate_does() -> None:
    x_m, y_m = SECTOR.x_m + 1234.0, SECTOR.y_m - 210.0
    plain = budget(SECTOR, x_m, y_m, los=False, receiver_height_m=1.5, convergence_deg=0.0)
    mended = corrected(plain, TRUTH, clutter_height_m=12.0)
    added = float(TRUTH.loss_db(np.hypot(1234.0, 210.0), 12.0))
    assert mended.loss_db - plain.loss_db == pytest.approx(added, abs=1e-9)
    assert mended.correction_db == pytest.approx(added, abs=1e-9)
    assert mended.power_dbm == pytest.approx(plain.power_dbm - added, abs=1e-9)
    assert corrected(plain, None, clutter_height_m=12.0) is plain
    assert added == pytest.approx(7.0 + 6.0 * np.log10(1.2517) + 9.0, abs=1e-3)


def test_beyond_what_was_measured_the_slope_stays() -> None:
    held = replace(TRUTH, from_m=300.0, to_m=2000.0)
    assert held.loss_db([50.0, 300.0], [0.0, 0.0]) == pytest.approx([float(held.loss_db(300.0, 0.0))] * 2)
    assert held.loss_db([2000.0, 9000.0], [0.0, 0.0]) == pytest.approx([float(held.loss_db(2000.0, 0.0))] * 2)


def test_classes_begin_at_their_edges() -> None:
    heights = np.array([0.0, 0.99, 1.0, 4.99, 5.0, 9.99, 10.0, 80.0, np.nan])
    assert clutter_class(heights).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, UNKNOWN_CLASS]
    on_hills = np.float32(1234.3) + np.float32(5.0) - np.float32(1234.3)
    assert clutter_class(on_hills) == 2


def test_an_impossible_correction_is_refused() -> None:
    with pytest.raises(RangeError):
        Correction(offset_db=float("nan"))
    with pytest.raises(RangeError):
        Correction(offset_db=0.0, from_m=500.0, to_m=400.0)
    with pytest.raises(ShapeError):
        Correction(offset_db=0.0, class_db=(0.0, 1.0))
