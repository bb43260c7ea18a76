"""Instances of maximal covering: those of Cordeau, Furini and Ljubic, and ragged ones like real coverage."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geo.covering import Cover, of_lists

MOST = 2_147_483_647


def c_random(seed: int, n: int) -> np.ndarray:
    """The numbers of the C library's rand(), additive feedback of degree 31."""
    state = [seed]
    for _ in range(30):
        state.append(16807 * state[-1] % MOST)
    state += state[:3]
    mask = (1 << 32) - 1
    for _ in range(310 + n):
        state.append((state[-31] + state[-3]) & mask)
    return np.array(state[344:], np.int64) >> 1


def bds(n_customers: int, *, seed: int = 1, radius: float = 5.5) -> Cover:
    """100 facilities and customers in a square of side 30, demands of 1 to 100 (EJOR 2019)."""
    numbers = c_random(seed, 3 * (100 + n_customers))
    places = np.round(numbers[: 2 * (100 + n_customers)] / MOST * 30, 6).reshape(-1, 2)
    demand = numbers[2 * (100 + n_customers) + 100 :] % 100 + 1
    return cover_of(places[:100], places[100:], radius, demand)


def cover_of(sites, points, radius, weight=None) -> Cover:
    """Cover by discs."""
    lists = cKDTree(points).query_ball_point(sites, radius, return_sorted=True)
    weight = np.ones(len(points), np.int64) if weight is None else weight
    return of_lists([np.array(one, np.int32) for one in lists], weight)


def ragged(n: int, m: int, share: float, *, seed: int) -> Cover:
    """People in clusters, sites with another reach in each of 24 directions."""
    rng = np.random.default_rng(seed)
    towns = rng.random((max(5, n // 6), 2))
    points = np.clip(towns[rng.integers(0, len(towns), m)] + rng.normal(0, 0.06, (m, 2)), 0, 1)
    sites = rng.random((n, 2))
    reach = np.sqrt(share / np.pi) * np.exp(rng.normal(0, 0.3, (n, 24)))
    lists = []
    for site, far in zip(sites, reach, strict=True):
        dx, dy = (points - site).T
        sector = ((np.arctan2(dy, dx) / np.pi + 1) * 12).astype(int) % 24
        lists.append(np.flatnonzero(np.hypot(dx, dy) <= far[sector]))
    return of_lists(lists, rng.integers(1, 40, m))
