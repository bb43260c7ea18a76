"""
Shadow fading: how probable it is that a place is covered, and what that means for people.

The level at a place is taken as normal in decibels around its median, with the standard deviation of the
model. The probability **replaces** the planning margin: it is reckoned from the median, never from a level
from which a margin was taken.

Several servers. Fading towards masts in different directions is partly correlated (0.5 between masts is
usual, 1 between sectors of one mast), and how much is not known here. Independence would promise too much, so
the figure shown is that of the **best server alone**. It is the least that holds for any correlation, and
exact where the servers fade together; ``union_limits`` gives the most as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from geo.errors import InputError, RangeError, ShapeError
from geo.units import Floats

_SIGMA_DB: Final = {
    ("rma", "los"): 4.0,
    ("rma", "los_far"): 6.0,
    ("rma", "nlos"): 8.0,
    ("uma", "los"): 4.0,
    ("uma", "los_far"): 4.0,
    ("uma", "nlos"): 6.0,
    ("umi", "los"): 4.0,
    ("umi", "los_far"): 4.0,
    ("umi", "nlos"): 7.82,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPeople:
    """
    People by the probability of being covered.

    Parameters
    ----------
    covered
        Σ people × probability, over places with a known probability.
    uncovered
        The others there.
    unknown
        People at places without a known probability. The three add up to all people.
    deviation
        Standard deviation of ``covered`` if places faded independently; people near each other fade together,
        so that the true one is larger.
    """

    covered: float
    uncovered: float
    unknown: float
    deviation: float


def shadow_sigma_db(model: str, *, los: npt.ArrayLike, beyond_breakpoint: npt.ArrayLike = False) -> Floats:
    """
    Standard deviation of the shadow fading of a model.

    Parameters
    ----------
    model
        ``"rma"``, ``"uma"`` or ``"umi"``.
    los
        True where there is line of sight, any shape.
    beyond_breakpoint
        True beyond the breakpoint distance, broadcast against it; matters for ``rma`` with line of sight.

    Returns
    -------
    sigma_db
        [dB].

    Raises
    ------
    InputError
        The model has no fading of its own.

    References
    ----------
    TR 38.901 Table 7.4.1-1, column σ_SF.
    """
    if (model, "los") not in _SIGMA_DB:
        known = ", ".join(dict.fromkeys(name for name, _ in _SIGMA_DB))
        raise InputError("model_unknown", model=model, known=known)
    near, far, nlos = (_SIGMA_DB[model, sight] for sight in ("los", "los_far", "nlos"))
    with_sight = np.where(np.asarray(beyond_breakpoint, dtype=bool), far, near)
    return np.asarray(np.where(np.asarray(los, dtype=bool), with_sight, nlos))


def joint_sigma_db(*sigma_db: float) -> float:
    """
    Standard deviation of independent losses together, such as fading and building entry.

    Parameters
    ----------
    sigma_db
        Standard deviations [dB].

    Returns
    -------
    sigma_db
        Root of the sum of squares [dB].
    """
    return float(np.sqrt(np.sum(np.square(sigma_db))))


def coverage_probability(
    median_dbm: npt.ArrayLike, *, threshold_dbm: float, sigma_db: npt.ArrayLike
) -> Floats:
    """
    Probability that the level reaches a threshold.

    Parameters
    ----------
    median_dbm
        Median level of the best server [dBm], no margin taken from it, any shape; −inf: nothing is received;
        NaN: unknown.
    threshold_dbm
        Level needed [dBm].
    sigma_db
        Standard deviation of the fading [dB], at least 0, broadcast against it.

    Returns
    -------
    probability
        Q((threshold − median) / σ), 0 to 1; NaN where the median is unknown. Without fading, 1 where the
        median reaches the threshold and 0 elsewhere.

    Raises
    ------
    RangeError
        A standard deviation is negative or not a number.

    References
    ----------
    ITU-R P.1812 clause 4.8, P.1546 Annex 5 clause 12: normal variation in decibels over locations.
    """
    median, sigma = np.asarray(median_dbm, dtype=np.float64), np.asarray(sigma_db, dtype=np.float64)
    outside = sigma[~(sigma >= 0.0)]
    if outside.size:
        raise RangeError("sigma_db", float(outside.flat[0]), 0.0, np.inf, "dB")
    above_db = median - threshold_dbm
    fading = ndtr(above_db / np.where(sigma > 0.0, sigma, 1.0))
    still = np.where(np.isnan(above_db), np.nan, above_db >= 0.0)
    return np.asarray(np.where(sigma > 0.0, fading, still))


def required_margin_db(probability: float, *, sigma_db: float) -> float:
    """
    By how much the median must lie above the threshold for a probability at that place.

    Parameters
    ----------
    probability
        Wanted, above 0, below 1.
    sigma_db
        Standard deviation of the fading [dB], above 0.

    Returns
    -------
    margin_db
        [dB]; negative below one half.

    Raises
    ------
    RangeError
        The probability is not between 0 and 1.
    """
    if not 0.0 < probability < 1.0:
        raise RangeError("probability", probability, 0.0, 1.0, "")
    return float(-sigma_db * ndtri(1.0 - probability))


def union_limits(probability: npt.ArrayLike) -> tuple[Floats, Floats]:
    """
    Least and most probability that at least one of several servers covers, whatever the correlation.

    Parameters
    ----------
    probability
        Probability of each server, shape (k, ...), k at least 1; NaN: unknown.

    Returns
    -------
    least, most
        The largest of the probabilities (all fade together), and their sum, at most 1; shape (...). NaN where
        a server is unknown, unless the least is 1 without it.

    References
    ----------
    Fréchet's inequalities.
    """
    each = np.asarray(probability, dtype=np.float64)
    known = np.nan_to_num(each, nan=0.0)
    open_ = np.isnan(each).any(axis=0) & (known.max(axis=0) < 1.0)
    least = np.where(open_, np.nan, known.max(axis=0))
    most = np.where(open_, np.nan, np.minimum(known.sum(axis=0), 1.0))
    return least, most


def two_of_several(probability: npt.ArrayLike) -> Floats:
    """
    Probability that at least two of several operators cover, taken with care.

    Parameters
    ----------
    probability
        Probability of each operator, shape (k, ...), k at least 2; NaN: unknown.

    Returns
    -------
    probability
        The lower of two cases, shape (...): operators that fade together (the second largest of the
        probabilities), and operators that fade independently. NaN where one is unknown.

    Raises
    ------
    ShapeError
        There are fewer than two operators.
    """
    each = np.asarray(probability, dtype=np.float64)
    if each.ndim == 0 or len(each) < 2:
        raise ShapeError("too_few_operators", shape=each.shape)
    none, one = np.ones(each.shape[1:]), np.zeros(each.shape[1:])
    for share in each:
        none, one = none * (1.0 - share), one * (1.0 - share) + none * share
    together = np.sort(each, axis=0)[-2]
    return np.asarray(np.where(np.isnan(each).any(axis=0), np.nan, np.minimum(together, 1.0 - none - one)))


def expected_people(people: npt.ArrayLike, probability: npt.ArrayLike) -> ExpectedPeople:
    """
    People that are to be expected covered.

    Parameters
    ----------
    people
        People at each place, at least 0.
    probability
        Probability at the same places, 0 to 1; NaN: unknown.

    Returns
    -------
    expected
        Covered, uncovered and unknown; they add up to all people.

    Raises
    ------
    ShapeError
        The two have different shapes.
    RangeError
        A probability lies outside 0 to 1, or a number of people is negative.
    """
    persons, share = np.asarray(people, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    if persons.shape != share.shape:
        raise ShapeError("people_other_shape", people=persons.shape, probability=share.shape)
    known = ~np.isnan(share)
    for quantity, values, high in (("people", persons, np.inf), ("probability", share[known], 1.0)):
        outside = values[~((values >= 0.0) & (values <= high))]
        if outside.size:
            raise RangeError(quantity, float(outside[0]), 0.0, high, "")
    here, chance = persons[known], share[known]
    return ExpectedPeople(
        covered=float(here @ chance),
        uncovered=float(here @ (1.0 - chance)),
        unknown=float(persons[~known].sum()),
        deviation=float(np.sqrt(here**2 @ (chance * (1.0 - chance)))),
    )
