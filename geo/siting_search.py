"""Good choices of sites, quickly: lazy greedy, swaps, and swaps again after a neighbourhood was cleared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geo.covering import Merged
from geo.kernels import siting as kernel
from geo.units import Booleans, Floats, Integers

PASSES = 20
_CLEARED = 9
_WORSE_SHARE = 3e-4
_ASTRAY_SHARE = 4e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """
    What may be chosen.

    Parameters
    ----------
    merged
        Points and candidates.
    cost
        Cost of each candidate, 0 or more, shape (n_candidates,).
    budget
        Most that the chosen may cost together; infinity where only their number is limited.
    n_sites
        Most candidates that may be chosen.
    free
        True for candidates that may be chosen, shape (n_candidates,).
    least
        Smallest gain that counts as one [people].
    """

    merged: Merged
    cost: Floats
    budget: float
    n_sites: int
    free: Booleans
    least: float


def first(space: Space) -> Integers:
    """
    Greedy choice, improved by swaps.

    Parameters
    ----------
    space
        What may be chosen.

    Returns
    -------
    chosen
        The better of gain and gain for each unit of cost.
    """
    flat = np.ones_like(space.cost)
    rates = [flat] if np.ptp(space.cost) == 0 else [flat, space.cost]
    return max((swapped(space, _greedy(space, rate)) for rate in rates), key=space.merged.covered)


def swapped(space: Space, start: Integers) -> Integers:
    """
    Improve a choice by closing one site and opening another, until no such exchange helps.

    Parameters
    ----------
    space
        What may be chosen.
    start
        A choice within the limits, or part of one.

    Returns
    -------
    chosen
        Within the limits.
    """
    return _swap(space, start, space.free)


def wander(space: Space, start: Integers, rng: np.random.Generator) -> Iterator[Integers]:
    """
    Clear a neighbourhood of a choice, fill it again by swaps, and go on from there.

    Parameters
    ----------
    space
        What may be chosen.
    start
        The best choice so far.
    rng
        Source of chance; equal seeds give equal choices.

    Yields
    ------
    best
        The best choice so far, after each step; without end.
    """
    merged, best, now = space.merged, start, start
    most = value = merged.covered(start)
    while True:
        now_left, cleared = _cleared(space, now, rng)
        free = space.free.copy()
        free[cleared[:1]] = False
        found = _swap(space, now_left, free)
        reached = merged.covered(found)
        if reached >= value * (1.0 - _WORSE_SHARE):
            now, value = found, reached
        if value > most + 0.5 * space.least:
            best, most = now, value
        if value < most * (1.0 - _ASTRAY_SHARE):
            now, value = best, most
        yield best


def _greedy(space: Space, rate: Floats) -> Integers:
    m = space.merged
    if rate is space.cost:
        return kernel.greedy(m.ptr, m.idx, m.weight, rate, (space.budget, space.n_sites, np.inf), space.free)
    return _by_gain(space)


def _by_gain(space: Space) -> Integers:
    # Greedy by gain alone; what does not fit the budget any more is left out.
    m = space.merged
    flat = np.ones_like(space.cost)
    order = kernel.greedy(m.ptr, m.idx, m.weight, flat, (np.inf, m.n_candidates, np.inf), space.free)
    if np.isinf(space.budget):
        return order[: space.n_sites]
    kept: list[int] = []
    left = space.budget
    for candidate in order:
        if len(kept) < space.n_sites and space.cost[candidate] <= left:
            kept.append(int(candidate))
            left -= float(space.cost[candidate])
    return np.asarray(kept, np.int64)


def _swap(space: Space, start: Integers, free: Booleans) -> Integers:
    m = space.merged
    limits = (space.budget, space.n_sites, 0.5 * space.least)
    return kernel.swap(
        m.ptr, m.idx, m.group_ptr, m.group_idx, m.weight, space.cost, limits, free, start, PASSES
    )


def _cleared(space: Space, chosen: Integers, rng: np.random.Generator) -> tuple[Integers, Integers]:
    # One site at random and some of those that share most of its points.
    m = space.merged
    if chosen.size == 0:
        return chosen, chosen
    n = int(rng.integers(2, max(3, min(_CLEARED + 1, chosen.size // 2))))
    middle = int(rng.choice(chosen))
    shared = np.zeros(m.n_candidates)
    kernel.overlap(m.ptr, m.idx, m.group_ptr, m.group_idx, m.weight, middle, shared)
    shared[middle] = np.inf
    near = chosen[np.argsort(-shared[chosen], kind="stable")]
    cleared = np.concatenate([near[:1], rng.permutation(near[1 : 2 * n + 1])[: n - 1]])
    return rng.permutation(np.setdiff1d(chosen, cleared)), cleared
