"""Calibration: what measured levels say about a model's path loss, judged where the fit has not looked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np

from geo.correction import N_CLASSES, REFERENCE_M, UNKNOWN_CLASS, Correction, clutter_class
from geo.errors import InputError, ShapeError
from geo.kernels.field import NEAREST_M
from geo.units import Booleans, Floats, Integers

HUBER, TUKEY = 1.345, 4.685
"""Differences beyond so many standard deviations weigh less, or nothing (95 % efficient on normal errors)."""

NORMAL_MAD = 1.4826
"""Standard deviation of a normal error over its median absolute value."""

MOST_ROUNDS = 100
Solution = tuple[Correction, bool, float]
"""Correction, whether it has a slope, and the robust standard deviation of what is left [dB]."""

REASONS = ("no_prediction", "no_level", "distance", "age", "accuracy", "noise_floor", "same_bin")
"""Why a sample is left out, in the order asked."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """
    Measured levels beside those predicted. All arrays are float64 of shape (n,).

    Parameters
    ----------
    x_m, y_m
        Places [m] in one projected system.
    measured_dbm, predicted_dbm
        Levels [dBm]; NaN where there is none.
    distance_m
        Horizontal distance to the mast predicted to serve [m].
    clutter_height_m
        Houses and trees at the place [m]; NaN where unknown.
    age_days
        Age of the measurement [d]; NaN where unknown.
    accuracy_m
        Accuracy of the position [m]; NaN where unknown.

    Raises
    ------
    ShapeError
        The arrays have not the same length.
    """

    x_m: Floats
    y_m: Floats
    measured_dbm: Floats
    predicted_dbm: Floats
    distance_m: Floats
    clutter_height_m: Floats
    age_days: Floats
    accuracy_m: Floats

    def __post_init__(self) -> None:
        shapes = {getattr(self, item.name).shape for item in fields(self)}
        if shapes != {(self.x_m.size,)}:
            raise ShapeError("samples_shape", met=str(sorted(shapes)))

    @property
    def error_db(self) -> Floats:
        """Measured less predicted [dB]: above 0 where the place is served better than predicted."""
        return self.measured_dbm - self.predicted_dbm

    def take(self, chosen: Booleans | Integers) -> Samples:
        """
        Some of the samples.

        Parameters
        ----------
        chosen
            Mask of shape (n,), or places in the arrays.

        Returns
        -------
        samples
            In that order.
        """
        return Samples(**{item.name: getattr(self, item.name)[chosen] for item in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    Which samples count, and how many are enough.

    Parameters
    ----------
    nearest_m, farthest_m
        Horizontal distances to the mast [m], ends included.
    max_age_days, max_accuracy_m
        Oldest measurement [d] and worst position [m]; what is not known is not left out.
    floor_dbm
        Levels of which either, measured or predicted, lies below it [dBm] are left out.
    guard_db
        Places where the corrected prediction lies less than this above the floor [dB] are left out of the
        fit: there only what is stronger than expected has been measured.
    bin_m
        Side of the square in which one value counts [m].
    block_m, held_out_share
        Side of the squares [m] of which a share (0–1) is kept from the fit to judge it.
    min_samples, min_blocks
        Fewest values and squares.
    class_prior_samples
        Number of samples that halves the correction of a class which has only as many.
    min_decades
        Smallest span of log10(distance), between the 5th and the 95th of 100 samples, for a slope.
    """

    nearest_m: float
    farthest_m: float
    max_age_days: float
    max_accuracy_m: float
    floor_dbm: float
    guard_db: float
    bin_m: float
    block_m: float
    held_out_share: float
    min_samples: int
    min_blocks: int
    class_prior_samples: float
    min_decades: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """
    How far levels predicted lie from those measured.

    Parameters
    ----------
    rmse_db
        Root of the mean squared error [dB].
    bias_db
        Mean of measured less predicted [dB].
    """

    rmse_db: float
    bias_db: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """
    Outcome of a fit.

    Parameters
    ----------
    correction
        To be added to the path loss.
    before, after
        Accuracy without and with it, in the squares held out.
    held_out
        True for samples which only judge, shape (n,).
    n_fitted, n_held_out
        Samples in the fit, and those held out.
    n_near_floor
        Samples that are neither: too near to the floor.
    n_blocks, n_blocks_held_out
        Squares with samples, and those held out.
    class_counts
        Samples in the fit for each class of clutter; those of unknown clutter are in none.
    has_slope
        False where the distances do not span enough for a slope.
    spread_db
        Robust standard deviation of what the fit leaves [dB].
    """

    correction: Correction
    before: Accuracy
    after: Accuracy
    held_out: Booleans
    n_fitted: int
    n_held_out: int
    n_near_floor: int
    n_blocks: int
    n_blocks_held_out: int
    class_counts: tuple[int, ...]
    has_slope: bool
    spread_db: float

    @property
    def is_better(self) -> bool:
        """Whether the correction brings prediction and measurement nearer where it has not looked."""
        return self.after.rmse_db < self.before.rmse_db


def clean(samples: Samples, rules: Rules) -> tuple[Samples, Mapping[str, int]]:
    """
    Samples that count.

    Parameters
    ----------
    samples
        All of them.
    rules
        Which count.

    Returns
    -------
    kept
        One for each bin: the sample with the middle difference, its measured level moved so that the
        difference is the median of the bin.
    left_out
        Reason of ``REASONS`` to the number of samples, each counted once.
    """
    too_weak = np.fmin(samples.measured_dbm, samples.predicted_dbm) < rules.floor_dbm
    too_far = (samples.distance_m < rules.nearest_m) | (samples.distance_m > rules.farthest_m)
    wrong = (
        ~np.isfinite(samples.predicted_dbm),
        ~np.isfinite(samples.measured_dbm),
        too_far | np.isnan(samples.distance_m),
        samples.age_days > rules.max_age_days,
        samples.accuracy_m > rules.max_accuracy_m,
        too_weak,
    )
    left, counts = np.ones(samples.x_m.size, dtype=np.bool_), {}
    for reason, found in zip(REASONS, wrong, strict=False):
        counts[reason] = int((left & found).sum())
        left &= ~found
    kept = _one_in_a_bin(samples.take(left), rules.bin_m)
    counts[REASONS[-1]] = int(left.sum()) - kept.x_m.size
    return kept, MappingProxyType(counts)


def fit(samples: Samples, rules: Rules, *, seed: int) -> Calibration:
    """
    Robust least squares of offset, slope and classes on some squares, judged on the others.

    Parameters
    ----------
    samples
        What ``clean`` keeps.
    rules
        Sides and fewest numbers.
    seed
        Chooses the squares held out.

    Returns
    -------
    calibration
        Equal for equal inputs.

    Raises
    ------
    InputError
        ``calibration_samples_few`` or ``calibration_blocks_few``.

    References
    ----------
    Iteratively reweighted least squares: weights of P. J. Huber, Annals of Mathematical Statistics 35 (1964),
    then of A. E. Beaton and J. W. Tukey, Technometrics 16 (1974).
    """
    if samples.x_m.size < rules.min_samples:
        raise InputError("calibration_samples_few", n=samples.x_m.size, needed=rules.min_samples)
    blocks = _squares(samples, rules.block_m)
    n_blocks = int(blocks.max()) + 1
    if n_blocks < max(rules.min_blocks, 2):
        raise InputError("calibration_blocks_few", n=n_blocks, needed=rules.min_blocks, block_m=rules.block_m)
    n_judges = min(max(round(n_blocks * rules.held_out_share), 1), n_blocks - 1)
    judges = np.random.default_rng(seed).permutation(n_blocks)[:n_judges]
    held_out = np.isin(blocks, judges)
    offered, judged = samples.take(~held_out), samples.take(held_out)
    fitted, (correction, has_slope, spread_db) = _solve_above_floor(offered, rules)
    classes = clutter_class(fitted.clutter_height_m)
    added_db = correction.loss_db(judged.distance_m, judged.clutter_height_m)
    return Calibration(
        correction=correction,
        before=_accuracy(judged.error_db),
        after=_accuracy(judged.error_db + added_db),
        held_out=held_out,
        n_fitted=fitted.x_m.size,
        n_held_out=judged.x_m.size,
        n_near_floor=offered.x_m.size - fitted.x_m.size,
        n_blocks=n_blocks,
        n_blocks_held_out=n_judges,
        class_counts=tuple(int((classes == one).sum()) for one in range(N_CLASSES)),
        has_slope=has_slope,
        spread_db=spread_db,
    )


def _accuracy(error_db: Floats) -> Accuracy:
    return Accuracy(rmse_db=float(np.sqrt(np.mean(error_db**2))), bias_db=float(error_db.mean()))


def _solve_above_floor(samples: Samples, rules: Rules) -> tuple[Samples, Solution]:
    # Chosen by what is expected, not by what was measured; where hardly anything is left, all samples count.
    chosen, solution = samples, _solve(samples, rules)
    for _ in range(MOST_ROUNDS):
        added_db = solution[0].loss_db(samples.distance_m, samples.clutter_height_m)
        clear = samples.predicted_dbm - added_db >= rules.floor_dbm + rules.guard_db
        if 2 * int(clear.sum()) < rules.min_samples:
            return samples, _solve(samples, rules)
        if int(clear.sum()) == chosen.x_m.size:
            break
        chosen = samples.take(clear)
        solution = _solve(chosen, rules)
    return chosen, solution


def _solve(samples: Samples, rules: Rules) -> Solution:
    # The loss lacks what the prediction is too strong by. Samples of unknown clutter settle the rest only.
    classes = clutter_class(samples.clutter_height_m)
    decades = np.log10(samples.distance_m / REFERENCE_M)
    low, high = np.percentile(decades, (5, 95))
    has_slope = bool(high - low >= rules.min_decades)
    columns = [np.ones_like(decades), *(classes == one for one in range(1, N_CLASSES))]
    columns += [decades] if has_slope else []
    design = np.stack(columns, axis=1).astype(np.float64)
    penalty = np.array([0.0, *(rules.class_prior_samples,) * (N_CLASSES - 1), *((0.0,) if has_slope else ())])
    settled = classes != UNKNOWN_CLASS if (classes != UNKNOWN_CLASS).any() else np.ones_like(decades, bool)
    found, spread_db = _robust(design[settled], -samples.error_db[settled], penalty)
    correction = Correction(
        offset_db=float(found[0]),
        slope_db_per_decade=float(found[N_CLASSES]) if has_slope else 0.0,
        class_db=(0.0, *(float(value) for value in found[1:N_CLASSES])),
        from_m=max(float(samples.distance_m.min()), NEAREST_M),
        to_m=max(float(samples.distance_m.max()), NEAREST_M),
    )
    return correction, has_slope, spread_db


def _robust(design: Floats, target_db: Floats, penalty: Floats) -> tuple[Floats, float]:
    # Huber's weights lead near, whatever the start; Tukey's then leave gross errors out altogether, for those
    # that pulled downwards often fell below the floor and were never measured.
    found, spread_db = _reweighted(design, target_db, penalty, np.zeros(design.shape[1]), weigh=_huber)
    found, _ = _reweighted(design, target_db, penalty, found, weigh=_tukey)
    return found, spread_db


def _reweighted(
    design: Floats, target_db: Floats, penalty: Floats, start: Floats, *, weigh: Callable[[Floats], Floats]
) -> tuple[Floats, float]:
    found, spread_db = start, 0.0
    for _ in range(MOST_ROUNDS):
        rest_db = target_db - design @ found
        spread_db = NORMAL_MAD * float(np.median(np.abs(rest_db)))
        weighted = design * weigh(rest_db / max(spread_db, 1e-9))[:, None]
        before, normal = found, weighted.T @ design + np.diag(penalty + 1e-9)
        found = np.asarray(np.linalg.solve(normal, weighted.T @ target_db), dtype=np.float64)
        if np.abs(found - before).max() < 1e-6:
            break
    return found, spread_db


def _huber(scaled: Floats) -> Floats:
    return np.minimum(1.0, HUBER / np.maximum(np.abs(scaled), 1e-9))


def _tukey(scaled: Floats) -> Floats:
    return np.asarray(np.clip(1.0 - (scaled / TUKEY) ** 2, 0.0, None) ** 2, dtype=np.float64)


def _squares(samples: Samples, side_m: float) -> Integers:
    # Number of the square that holds each sample; squares without samples have none.
    places = np.stack([np.floor(samples.x_m / side_m), np.floor(samples.y_m / side_m)], axis=1)
    _, numbers = np.unique(places.astype(np.int64), axis=0, return_inverse=True)
    return np.asarray(numbers, dtype=np.int64).ravel()


def _one_in_a_bin(samples: Samples, bin_m: float) -> Samples:
    if samples.x_m.size == 0:
        return samples
    bins, error_db = _squares(samples, bin_m), samples.error_db
    order = np.lexsort((error_db, bins))
    starts = np.flatnonzero(np.r_[True, np.diff(bins[order]) > 0])
    sizes = np.diff(np.r_[starts, order.size])
    lower, upper = order[starts + (sizes - 1) // 2], order[starts + sizes // 2]
    middle = samples.take(lower)
    shift_db = (error_db[upper] - error_db[lower]) / 2.0
    return Samples(
        **{item.name: getattr(middle, item.name) for item in fields(Samples) if item.name != "measured_dbm"},
        measured_dbm=middle.measured_dbm + shift_db,
    )
