"""Upper bounds of maximal covering: the Lagrangian dual by deflected subgradients, fixing by reduced cost."""

from __future__ import annotations

import numpy as np

from geo.kernels.compiled import compiled
from geo.kernels.siting import Flags, Floats, Ints, Ints32

FREE, OPEN, CLOSED = 0, 1, 2
_HALVINGS = 40
_BEYOND_SHARE = 1e-3


@compiled
def values_of(ptr: Ints, idx: Ints32, prices: Floats, state: Ints32, value: Floats) -> None:
    """
    Sum of the prices of each candidate's points; closed candidates are worth nothing.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    prices
        Price of each point, 0 to its weight, shape (m,).
    state
        FREE, OPEN or CLOSED, shape (n,).
    value
        Worth of each candidate, shape (n,); filled.
    """
    for i in range(ptr.size - 1):
        s = 0.0
        if state[i] != CLOSED:
            for t in range(ptr[i], ptr[i + 1]):
                s += prices[idx[t]]
        value[i] = s


@compiled
def best_of(net: Floats, n_left: int, scratch: Floats) -> tuple[float, float, float]:
    """
    Sum of the ``n_left`` largest positive numbers; the last of them and the next, else 0.

    Parameters
    ----------
    net
        Worth above cost, shape (n,).
    n_left
        Sites left.
    scratch
        Room, shape (n,).

    Returns
    -------
    total, last, after
        The sum and both thresholds.
    """
    n = 0
    for i in range(net.size):
        if net[i] > 0.0:
            scratch[n] = net[i]
            n += 1
    if n == 0 or n_left <= 0:
        top = 0.0
        for a in range(n):
            top = max(top, scratch[a])
        return 0.0, 0.0 if n_left > 0 else np.inf, top
    if n <= n_left:
        return scratch[:n].sum(), scratch[:n].min() if n == n_left else 0.0, 0.0
    ordered = np.partition(scratch[:n], n - n_left)
    return ordered[n - n_left :].sum(), ordered[n - n_left :].min(), ordered[: n - n_left].max()


@compiled
def net_of(value: Floats, cost: Floats, state: Ints32, rate: float, net: Floats) -> None:
    """
    Value of each free candidate above its cost at a rate; minus infinity for the others.

    Parameters
    ----------
    value
        Worth of each candidate at the prices, shape (n,).
    cost
        Cost of each candidate, shape (n,).
    state
        FREE, OPEN or CLOSED, shape (n,).
    rate
        Price of a unit of cost.
    net
        Worth above cost, shape (n,); filled.
    """
    for i in range(value.size):
        net[i] = value[i] - rate * cost[i] if state[i] == FREE else -np.inf


@compiled
def spent_by(net: Floats, cost: Floats, low: float) -> float:
    """
    Cost of the candidates whose net value is positive and at least ``low``.

    Parameters
    ----------
    net
        Worth above cost, shape (n,).
    cost
        Cost of each candidate, shape (n,).
    low
        Smallest net worth that counts.

    Returns
    -------
    cost
        Their cost.
    """
    s = 0.0
    for i in range(net.size):
        if net[i] > 0.0 and net[i] >= low:
            s += cost[i]
    return s


@compiled
def rate_of(
    value: Floats, cost: Floats, state: Ints32, left: float, n_left: int, net: Floats, scratch: Floats
) -> float:
    """
    Price of a unit of cost at which the best candidates just fit the budget; 0 where they fit anyway.

    Parameters
    ----------
    value
        Worth of each candidate at the prices, shape (n,).
    cost
        Cost of each candidate, shape (n,).
    state
        FREE, OPEN or CLOSED, shape (n,).
    left
        Budget left.
    n_left
        Sites left.
    net
        Room, shape (n,).
    scratch
        Room, shape (n,).

    Returns
    -------
    rate
        The price.
    """
    net_of(value, cost, state, 0.0, net)
    if spent_by(net, cost, best_of(net, n_left, scratch)[1]) <= left:
        return 0.0
    low = 0.0
    high = 0.0
    for i in range(value.size):
        if state[i] == FREE and cost[i] > 0.0:
            high = max(high, value[i] / cost[i])
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        net_of(value, cost, state, middle, net)
        if spent_by(net, cost, best_of(net, n_left, scratch)[1]) > left:
            low = middle
        else:
            high = middle
    return high


@compiled
def choose(
    value: Floats, cost: Floats, state: Ints32, budget: float, n_most: int, take: Flags, net: Floats
) -> tuple[float, float, float]:
    """
    Best worth of a choice within the limits, as a bound; and the two thresholds for fixing.

    ``take`` marks what the bound opens. A limit that is already broken gives minus infinity.

    Parameters
    ----------
    value
        Worth of each candidate at the prices, shape (n,).
    cost
        Cost of each candidate, shape (n,).
    state
        FREE, OPEN or CLOSED, shape (n,).
    budget
        Budget.
    n_most
        Most sites.
    take
        What is opened, shape (n,); filled.
    net
        Worth above cost, shape (n,); filled.

    Returns
    -------
    worth, last, after
        Bound on the worth, and the two thresholds.
    """
    worth = 0.0
    left = budget
    n_left = n_most
    for i in range(value.size):
        take[i] = state[i] == OPEN
        if take[i]:
            worth += value[i]
            left -= cost[i]
            n_left -= 1
    if n_left < 0 or left < -1e-9 * max(1.0, budget):
        return -np.inf, 0.0, 0.0
    scratch = np.empty(value.size)
    rate = 0.0 if left == np.inf else rate_of(value, cost, state, left, n_left, net, scratch)
    net_of(value, cost, state, rate, net)
    best, last, after = best_of(net, n_left, scratch)
    worth += best + (rate * left if rate > 0.0 else 0.0)
    n = 0
    for i in range(value.size):
        if net[i] > 0.0 and net[i] > last and n < n_left:
            take[i] = True
            n += 1
    for i in range(value.size):
        if net[i] > 0.0 and net[i] == last and n < n_left:
            take[i] = True
            n += 1
    return worth, last, after


@compiled
def fix(
    bound_value: float,
    goal_value: float,
    last_value: float,
    after_value: float,
    take: Flags,
    net: Floats,
    state: Ints32,
) -> int:
    """
    Open or close for good what could not be otherwise and still reach the goal; how many.

    Parameters
    ----------
    bound_value
        Bound of this node.
    goal_value
        What a better choice reaches.
    last_value
        Least net worth that was taken.
    after_value
        Largest net worth that was not.
    take
        Candidates that the bound opens, shape (n,).
    net
        Worth above cost, shape (n,).
    state
        FREE, OPEN or CLOSED, shape (n,); changed.

    Returns
    -------
    n
        How many were decided.
    """
    n = 0
    for i in range(state.size):
        if state[i] != FREE:
            continue
        if take[i] and bound_value - net[i] + after_value < goal_value:
            state[i] = OPEN
            n += 1
        elif not take[i] and bound_value - last_value + net[i] < goal_value:
            state[i] = CLOSED
            n += 1
    return n


@compiled
def count_covers(ptr: Ints, idx: Ints32, take: Flags, count: Ints32) -> None:
    """
    How many of the taken candidates cover each point.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    take
        Candidates that are open, shape (n,).
    count
        How many of them cover each point, shape (m,); filled.
    """
    count[:] = 0
    for i in range(take.size):
        if take[i]:
            for t in range(ptr[i], ptr[i + 1]):
                count[idx[t]] += 1


@compiled
def step(
    w: Floats, count: Ints32, prices: Floats, heading: Floats, reach_factor: float, keep_share: float
) -> float:
    """
    Move the prices against the deflected subgradient, scaled by weight, inside [0, w]; the norm.

    Parameters
    ----------
    w
        Weight of each point, shape (m,).
    count
        How many open candidates cover each point, shape (m,).
    prices
        Price of each point, 0 to its weight, shape (m,); changed.
    heading
        Direction of the last step, shape (m,); filled.
    reach_factor
        Length of the step.
    keep_share
        Share of the last direction that is kept.

    Returns
    -------
    norm
        Squared length of the projected direction; 0 at an optimum.
    """
    norm = 0.0
    for j in range(w.size):
        d = count[j] - 1.0 + keep_share * heading[j]
        heading[j] = d
        if not ((prices[j] <= 0.0 and d > 0.0) or (prices[j] >= w[j] and d < 0.0)):
            norm += d * d * w[j]
    if norm > 0.0:
        far = reach_factor / norm
        for j in range(w.size):
            prices[j] = min(max(prices[j] - far * heading[j] * w[j], 0.0), w[j])
    return norm


@compiled
def descend(
    ptr: Ints,
    idx: Ints32,
    w: Floats,
    cost: Floats,
    limits: tuple[float, int, float, float],
    steps: tuple[int, float, int],
    state: Ints32,
    prices: Floats,
    heading: Floats,
    memory: Floats,
    kept: Floats,
    take: Flags,
) -> None:
    """
    Lower the bound of a node by some steps; ``state`` is fixed where that is proven.

    ``limits``: budget, sites, weight already held, goal. ``steps``: number, least length, patience.
    ``memory``, to go on with later: length, steps without progress, best bound (met at ``kept``, where
    ``take`` is opened).

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    w
        Weight of each point, shape (m,).
    cost
        Cost of each candidate, shape (n,).
    limits
        Budget, sites, weight already held, what a better choice reaches.
    steps
        Number, least length, patience.
    state
        FREE, OPEN or CLOSED, shape (n,); changed.
    prices
        Price of each point to go on from, shape (m,); changed.
    heading
        Direction of the last step, shape (m,); filled.
    memory
        Length, steps without progress, best bound; filled.
    kept
        Prices at the best bound, shape (m,); filled.
    take
        Candidates that the bound opens, shape (n,).
    """
    budget, n_most, held, goal = limits
    n_steps, least, patience = steps
    value = np.empty(ptr.size - 1)
    net = np.empty(ptr.size - 1)
    now = np.empty(ptr.size - 1, np.bool_)
    count = np.zeros(w.size, np.int32)
    whole = w.sum()
    for _ in range(n_steps):
        values_of(ptr, idx, prices, state, value)
        worth, last, after = choose(value, cost, state, budget, n_most, now, net)
        bound = worth + whole - prices.sum() + held
        memory[1] += 1.0
        if bound < memory[2]:
            memory[1] = 0.0 if bound < memory[2] - 1e-6 * abs(bound) else memory[1]
            memory[2] = bound
            kept[:] = prices
            take[:] = now
        if min(memory[2], whole + held) < goal or memory[0] < least:
            break
        fix(bound, goal, last, after, now, net, state)
        if memory[1] >= patience:
            memory[0] *= 0.6
            memory[1] = 0.0
            prices[:] = kept
            heading[:] = 0.0
            continue
        count_covers(ptr, idx, now, count)
        if (
            step(w, count, prices, heading, memory[0] * (max(bound - goal, 0.0) + _BEYOND_SHARE * whole), 0.8)
            == 0.0
        ):
            memory[0] = 0.0
            break
