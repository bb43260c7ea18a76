"""How many people any choice of sites could cover at most: Lagrangian bound, and branch and bound on it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geo.covering import keep
from geo.kernels import siting_bound as kernel
from geo.siting_search import Space, swapped
from geo.units import Array, Floats, Integers

_LEAST_LENGTH = 1e-3
_PATIENCE = 12
_NODE_STEPS = 30
_NODE_LENGTH = 0.3
_NODE_LEAST = 2e-3
_NODE_PATIENCE = 8
_OPEN_BYTES = 400e6


class Dual:
    """
    A bound on a choice of sites that each run lowers.

    Parameters
    ----------
    space
        What may be chosen.
    chosen
        A good choice; prices start from it.
    """

    def __init__(self, space: Space, chosen: Integers) -> None:
        merged = space.merged
        take = np.zeros(merged.n_candidates, np.bool_)
        take[chosen] = True
        count = np.zeros(merged.weight.size, np.int32)
        kernel.count_covers(merged.ptr, merged.idx, take, count)
        self._space = space
        self._heading = np.zeros_like(merged.weight)
        self._memory = np.array([1.0, 0.0, np.inf])
        self._now = merged.weight / np.maximum(1, count)
        self.prices = self._now.copy()
        """Price of each group at the best bound, shape (n_groups,)."""
        self.state = np.where(space.free, kernel.FREE, kernel.CLOSED).astype(np.int32)
        """Which candidates are decided for good, shape (n_candidates,)."""
        self.take = take
        """What the best bound opens, shape (n_candidates,)."""

    @property
    def bound(self) -> float:
        """Upper bound on the people covered by any choice."""
        merged = self._space.merged
        return min(float(self._memory[2]), float(merged.weight.sum()) + merged.held)

    @property
    def is_converged(self) -> bool:
        """True where further runs would hardly lower the bound."""
        return bool(self._memory[0] < _LEAST_LENGTH)

    def run(self, goal: float, n_steps: int) -> None:
        """
        Lower the bound.

        Parameters
        ----------
        goal
            A choice counts as better from here on; what cannot reach it is decided for good.
        n_steps
            Most steps.
        """
        space, merged = self._space, self._space.merged
        kernel.descend(
            merged.ptr,
            merged.idx,
            merged.weight,
            space.cost,
            (space.budget, space.n_sites, merged.held, goal),
            (n_steps, _LEAST_LENGTH, _PATIENCE),
            self.state,
            self._now,
            self._heading,
            self._memory,
            self.prices,
            self.take,
        )


@dataclass(frozen=True, slots=True)
class _Node:
    state: Array
    prices: Array


class Tree:
    """
    Branch and bound: the open part of all choices, the most hopeful first.

    Parameters
    ----------
    space
        What may be chosen.
    dual
        The bound of the root; its decided candidates stay decided.
    best
        The best choice so far.
    goal_of
        From the people covered by the best choice, what a better one covers at least.
    """

    def __init__(self, space: Space, dual: Dual, best: Integers, goal_of: Callable[[float], float]) -> None:
        self._opened = np.flatnonzero(dual.state == kernel.OPEN)
        merged = keep(space.merged, self._opened, dual.state != kernel.FREE)
        is_kept = merged.group_of >= 0
        prices = np.bincount(merged.group_of[is_kept], dual.prices[is_kept], minlength=merged.weight.size)
        left = space.budget - float(space.cost[self._opened].sum())
        self._space = Space(
            merged=merged,
            cost=space.cost,
            budget=left,
            n_sites=space.n_sites - self._opened.size,
            free=dual.state == kernel.FREE,
            least=space.least,
        )
        self._goal_of = goal_of
        self._full = space.merged
        self.best = best
        """The best choice so far."""
        self.covered = space.merged.covered(best)
        """People that it covers."""
        self.n_nodes = 0
        """Nodes bounded so far."""
        self._heap: list[tuple[float, int, float, _Node]] = []
        state = np.where(dual.state == kernel.FREE, kernel.FREE, kernel.CLOSED).astype(np.int8)
        self._push(dual.bound, _Node(state, np.minimum(prices, merged.weight).astype(np.float32)))

    @property
    def bound(self) -> float:
        """Upper bound on the people covered by any choice."""
        return max(self.covered, -self._heap[0][0]) if self._heap else self.covered

    @property
    def is_done(self) -> bool:
        """True where the best choice is proven."""
        return not self._heap or -self._heap[0][0] < self._goal_of(self.covered)

    def grow(self) -> None:
        """Branch once, at the most hopeful node."""
        bound, _, _, node = heapq.heappop(self._heap)
        branch = self._branch(node)
        if branch < 0:
            return
        for decided in (kernel.CLOSED, kernel.OPEN):
            state = node.state.astype(np.int32)
            state[branch] = decided
            self._bound(state, node.prices, -bound)

    def _bound(self, state: Array, prices: Array, above: float) -> None:
        merged, space = self._space.merged, self._space
        goal = self._goal_of(self.covered)
        now = np.minimum(prices.astype(np.float64), merged.weight)
        kept, heading = now.copy(), np.zeros_like(now)
        memory = np.array([_NODE_LENGTH, 0.0, np.inf])
        take = np.zeros(merged.n_candidates, np.bool_)
        kernel.descend(
            merged.ptr,
            merged.idx,
            merged.weight,
            space.cost,
            (space.budget, space.n_sites, merged.held, goal),
            (_NODE_STEPS, _NODE_LEAST, _NODE_PATIENCE),
            state,
            now,
            heading,
            memory,
            kept,
            take,
        )
        self.n_nodes += 1
        bound = min(float(memory[2]), above, float(merged.weight.sum()) + merged.held)
        if bound < goal:
            return
        self._try(np.flatnonzero(take))
        if bound >= self._goal_of(self.covered):
            self._push(bound, _Node(state.astype(np.int8), kept.astype(np.float32)))

    def _try(self, chosen: Integers) -> None:
        space = self._space
        if chosen.size > space.n_sites or space.cost[chosen].sum() > space.budget:
            return
        found = swapped(space, chosen)
        covered = space.merged.covered(found)
        if covered > self.covered:
            self.best, self.covered = np.union1d(self._opened, found), covered

    def _push(self, bound: float, node: _Node) -> None:
        # With many open nodes the deepest first: their number then stops growing.
        heapq.heappush(self._heap, (-bound, self.n_nodes, 0.0, node))

    def _branch(self, node: _Node) -> int:
        # The candidate about which the bound is least sure.
        merged, space = self._space.merged, self._space
        state = node.state.astype(np.int32)
        free = np.flatnonzero(state == kernel.FREE)
        if free.size == 0:
            return -1
        value, net = np.empty(state.size), np.empty(state.size)
        take = np.empty(state.size, np.bool_)
        kernel.values_of(merged.ptr, merged.idx, node.prices.astype(np.float64), state, value)
        _, last, after = kernel.choose(value, space.cost, state, space.budget, space.n_sites, take, net)
        return int(free[np.argmin(np.abs(net[free] - 0.5 * (last + after)))])


def bounds_by_number(space: Space, prices: Floats, n_most: int) -> Floats:
    """
    Upper bounds for every number of sites from one set of prices.

    Parameters
    ----------
    space
        What may be chosen; its limits are left aside.
    prices
        Prices of the groups, between 0 and their weight, shape (n_groups,).
    n_most
        Largest number.

    Returns
    -------
    bounds
        People covered at most by 0, 1, … ``n_most`` sites, shape (n_most + 1,).
    """
    merged = space.merged
    value = np.empty(merged.n_candidates)
    state = np.where(space.free, kernel.FREE, kernel.CLOSED).astype(np.int32)
    kernel.values_of(merged.ptr, merged.idx, prices, state, value)
    best = np.sort(value)[::-1][:n_most]
    whole = float(merged.weight.sum())
    bounds = np.concatenate([[0.0], np.cumsum(best)]) + whole - float(prices.sum())
    alone = np.concatenate([[0.0], np.cumsum(np.sort(_alone(space))[::-1][:n_most])])
    return np.asarray(np.minimum(np.minimum(bounds, whole), alone) + merged.held)


def _alone(space: Space) -> Floats:
    merged = space.merged
    value = np.empty(merged.n_candidates)
    state = np.where(space.free, kernel.FREE, kernel.CLOSED).astype(np.int32)
    kernel.values_of(merged.ptr, merged.idx, merged.weight, state, value)
    return value
