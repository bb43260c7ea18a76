"""Maximal covering: lists of candidates and the points they cover, merged, searched and bounded."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

NOBODY = -1
"""Group of a point that counts for nothing: nobody covers it, a locked site does, or it has no weight."""

_LEAST_COST = 1e-12

Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@compiled
def mark(ptr: Ints, idx: npt.NDArray[Any], chosen: Ints, hit: Flags) -> None:
    """
    Set ``hit`` of every point that one of the ``chosen`` candidates covers.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    chosen
        Candidates, shape (k,).
    hit
        Whether a point is covered, shape (m,); filled.
    """
    for i in chosen:
        for t in range(ptr[i], ptr[i + 1]):
            hit[idx[t]] = True


@compiled
def sign(ptr: Ints, idx: npt.NDArray[Any], salts: Words, last: Ints32, signs: Words) -> None:
    """
    Sum of the salts of a point's candidates, modulo 2^64; a point named twice in one list counts once.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    salts
        Random number of each candidate, shape (n,).
    last
        Candidate that named each point last, shape (m,), −1 before; filled.
    signs
        Sum of each point, shape (m,); added to.
    """
    for i in range(ptr.size - 1):
        for t in range(ptr[i], ptr[i + 1]):
            j = idx[t]
            if last[j] != i:
                last[j] = i
                signs[j] += salts[i]


@compiled
def enlarged(keys: Words, groups: Ints32) -> tuple[Words, Ints32]:
    """
    A hash table of four times the size with the same entries.

    Parameters
    ----------
    keys
        Signs held, shape (2^a,).
    groups
        Group of each key, −1 where there is none, shape (2^a,).

    Returns
    -------
    keys, groups
        The larger table.
    """
    more = np.zeros(keys.size * 4, np.uint64)
    held = np.full(more.size, NOBODY, np.int32)
    mask = np.uint64(more.size - 1)
    for a in range(keys.size):
        if groups[a] != NOBODY:
            b = keys[a] & mask
            while held[b] != NOBODY:
                b = (b + np.uint64(1)) & mask
            more[b] = keys[a]
            held[b] = groups[a]
    return more, held


@compiled
def group(signs: Words, skip: Flags, last: Ints32, groups: Ints32) -> int:
    """
    Number the points by equal signs, in the order met; the number of groups.

    Parameters
    ----------
    signs
        Sum of each point, shape (m,).
    skip
        Points that count for nothing, shape (m,).
    last
        Candidate that named each point last, shape (m,), −1 before; filled.
    groups
        Group of each point, shape (m,); filled.

    Returns
    -------
    n_groups
        Number of groups.
    """
    keys = np.zeros(1 << 16, np.uint64)
    held = np.full(keys.size, NOBODY, np.int32)
    n = 0
    for j in range(signs.size):
        if skip[j] or last[j] < 0:
            groups[j] = NOBODY
            continue
        if 2 * n >= keys.size:
            keys, held = enlarged(keys, held)
        mask = np.uint64(keys.size - 1)
        b = signs[j] & mask
        while held[b] != NOBODY and keys[b] != signs[j]:
            b = (b + np.uint64(1)) & mask
        if held[b] == NOBODY:
            keys[b] = signs[j]
            held[b] = n
            n += 1
        groups[j] = held[b]
    return n


@compiled
def total(groups: Ints32, w: npt.NDArray[Any], weight: Floats, size: Ints32) -> None:
    """
    Weight and number of points of each group.

    Parameters
    ----------
    groups
        Group of each point, shape (m,).
    w
        Weight of each point, shape (m,).
    weight
        Weight of each group; added to.
    size
        Points of each group; added to.
    """
    for j in range(groups.size):
        if groups[j] != NOBODY:
            weight[groups[j]] += w[j]
            size[groups[j]] += 1


@compiled
def merge(
    ptr: Ints, idx: npt.NDArray[Any], groups: Ints32, size: Ints32, last: Ints32, out_ptr: Ints
) -> tuple[Ints32, bool]:
    """
    Lists of candidates over groups, and whether every group is covered whole or not at all.

    The second is the proof that equal signs meant equal cover sets; ``last`` comes filled with -1.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    groups
        Group of each point, shape (m,).
    size
        Points of each group; added to.
    last
        Candidate that named each point last, shape (m,), −1 before; filled.
    out_ptr
        Where the new lists begin, shape (n + 1,); filled.

    Returns
    -------
    idx, is_proven
        Groups of the lists, end to end; False where two cover sets shared a sign.
    """
    out = np.empty(max(1024, idx.size // 8), np.int32)
    met = np.zeros(size.size, np.int32)
    n = 0
    for i in range(ptr.size - 1):
        out_ptr[i] = n
        for t in range(ptr[i], ptr[i + 1]):
            j = idx[t]
            g = groups[j]
            if g == NOBODY or last[j] == i:
                continue
            last[j] = i
            if met[g] == 0:
                if n == out.size:
                    more = np.empty(2 * out.size, np.int32)
                    more[:n] = out
                    out = more
                out[n] = g
                n += 1
            met[g] += 1
        for a in range(out_ptr[i], n):
            if met[out[a]] != size[out[a]]:
                return out[:0], False
            met[out[a]] = 0
    out_ptr[ptr.size - 1] = n
    return out[:n].copy(), True


@compiled
def transpose(ptr: Ints, idx: Ints32, n_cols: int) -> tuple[Ints, Ints32]:
    """
    Lists the other way round, each ascending.

    Parameters
    ----------
    ptr
        Where the lists begin, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    n_cols
        Number of points.

    Returns
    -------
    ptr, idx
        The lists turned round.
    """
    out_ptr = np.zeros(n_cols + 1, np.int64)
    for t in range(idx.size):
        out_ptr[idx[t] + 1] += 1
    for j in range(n_cols):
        out_ptr[j + 1] += out_ptr[j]
    place = out_ptr[:-1].copy()
    out = np.empty(idx.size, np.int32)
    for i in range(ptr.size - 1):
        for t in range(ptr[i], ptr[i + 1]):
            j = idx[t]
            out[place[j]] = i
            place[j] += 1
    return out_ptr, out


@compiled
def covered(ptr: Ints, idx: Ints32, w: Floats, chosen: Ints) -> float:
    """
    Weight of the points that the chosen candidates cover.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    w
        Weight of each point, shape (m,).
    chosen
        Candidates, shape (k,).

    Returns
    -------
    weight
        Their weight.
    """
    hit = np.zeros(w.size, np.bool_)
    mark(ptr, idx, chosen, hit)
    value = 0.0
    for j in range(w.size):
        if hit[j]:
            value += w[j]
    return value


@compiled
def gain_of(ptr: Ints, idx: Ints32, w: Floats, hit: Flags, index: int) -> float:
    """
    Weight of the points of one candidate that nobody covers yet.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    w
        Weight of each point, shape (m,).
    hit
        Whether a point is covered, shape (m,); filled.
    index
        One candidate.

    Returns
    -------
    gain
        Weight it would add.
    """
    value = 0.0
    for t in range(ptr[index], ptr[index + 1]):
        if not hit[idx[t]]:
            value += w[idx[t]]
    return value


@compiled
def greedy(
    ptr: Ints, idx: Ints32, w: Floats, cost: Floats, limits: tuple[float, int, float], free: Flags
) -> Ints:
    """
    Lazy greedy by gain for each unit of cost; of equals the first. ``limits``: budget, sites, weight wanted.

    A gain only shrinks while sites are added, so an old one that is beaten need not be computed again.

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
        Budget, sites, weight wanted.
    free
        Candidates that may be chosen, shape (n,).

    Returns
    -------
    chosen
        Candidates in the order taken.
    """
    left, n_most, wanted = limits
    hit = np.zeros(w.size, np.bool_)
    stamp = np.zeros(ptr.size - 1, np.int64)
    rate = np.full(ptr.size - 1, -1.0)
    for i in range(ptr.size - 1):
        if free[i]:
            rate[i] = gain_of(ptr, idx, w, hit, i) / max(cost[i], _LEAST_COST)
    chosen = np.empty(min(n_most, ptr.size - 1), np.int64)
    n = 0
    value = 0.0
    while n < chosen.size and value < wanted:
        i = int(np.argmax(rate))
        if rate[i] <= 0.0:
            break
        if cost[i] > left:
            rate[i] = -1.0
            continue
        gain = gain_of(ptr, idx, w, hit, i)
        if stamp[i] != n:
            stamp[i] = n
            rate[i] = gain / max(cost[i], _LEAST_COST)
            continue
        chosen[n] = i
        n += 1
        left -= cost[i]
        value += gain
        rate[i] = -1.0
        for t in range(ptr[i], ptr[i + 1]):
            hit[idx[t]] = True
    return chosen[:n]


@compiled
def shift(
    ptr: Ints, idx: Ints32, q: Ints, qi: Ints32, w: Floats, count: Ints32, gain: Floats, index: int, sign: int
) -> float:
    """
    Open (sign 1) or close (sign -1) one candidate; gains of all follow. The weight won or lost.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    q
        Where the list of each point begins, shape (m + 1,).
    qi
        Candidates of those lists, end to end, shape (q[-1],).
    w
        Weight of each point, shape (m,).
    count
        How many open candidates cover each point, shape (m,); changed.
    gain
        Weight that each candidate would add, shape (n,); changed.
    index
        One candidate.
    sign
        1 opens, −1 closes.

    Returns
    -------
    weight
        Weight won or lost, 0 or more.
    """
    value = 0.0
    for t in range(ptr[index], ptr[index + 1]):
        j = idx[t]
        before = count[j]
        count[j] = before + sign
        if before == 0 or before + sign == 0:
            value += w[j]
            for u in range(q[j], q[j + 1]):
                gain[qi[u]] -= sign * w[j]
    return value


@compiled
def swap(
    ptr: Ints,
    idx: Ints32,
    q: Ints,
    qi: Ints32,
    w: Floats,
    cost: Floats,
    limits: tuple[float, int, float],
    free: Flags,
    start: Ints,
    n_passes: int,
) -> Ints:
    """
    Close each chosen site in turn, open what gains most in its room, then what still fits.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    q
        Where the list of each point begins, shape (m + 1,).
    qi
        Candidates of those lists, end to end, shape (q[-1],).
    w
        Weight of each point, shape (m,).
    cost
        Cost of each candidate, shape (n,).
    limits
        Budget, sites, least gain that counts.
    free
        Candidates that may be chosen, shape (n,).
    start
        Choice to begin with.
    n_passes
        Most rounds over the choice.

    Returns
    -------
    chosen
        The improved choice.
    """
    budget, n_most, least = limits
    count = np.zeros(w.size, np.int32)
    gain = np.zeros(ptr.size - 1, np.float64)
    for j in range(w.size):
        for u in range(q[j], q[j + 1]):
            gain[qi[u]] += w[j]
    is_open = np.zeros(ptr.size - 1, np.bool_)
    left = budget
    n = start.size
    for i in start:
        is_open[i] = True
        left -= cost[i]
        shift(ptr, idx, q, qi, w, count, gain, i, 1)
    chosen = np.empty(min(n_most, ptr.size - 1), np.int64)
    chosen[:n] = start
    for _ in range(n_passes):
        has_moved = False
        a = 0
        while a < n:
            i = chosen[a]
            lost = shift(ptr, idx, q, qi, w, count, gain, i, -1)
            is_open[i] = False
            left += cost[i]
            b = i
            for c in range(ptr.size - 1):
                if free[c] and not is_open[c] and cost[c] <= left and gain[c] > max(lost, gain[b]) + least:
                    b = c
            has_moved |= b != i
            chosen[a] = b
            is_open[b] = True
            left -= cost[b]
            shift(ptr, idx, q, qi, w, count, gain, b, 1)
            a += 1
            while a == n and n < chosen.size:
                b = NOBODY
                most = least
                for c in range(ptr.size - 1):
                    if free[c] and not is_open[c] and cost[c] <= left and gain[c] > most:
                        b = c
                        most = gain[c]
                if b == NOBODY:
                    break
                has_moved = True
                chosen[n] = b
                n += 1
                a += 1
                is_open[b] = True
                left -= cost[b]
                shift(ptr, idx, q, qi, w, count, gain, b, 1)
        if not has_moved:
            break
    return chosen[:n]


@compiled
def overlap(ptr: Ints, idx: Ints32, q: Ints, qi: Ints32, w: Floats, index: int, shared: Floats) -> None:
    """
    Weight of the points that one candidate has in common with each other candidate.

    Parameters
    ----------
    ptr
        Where the list of each candidate begins, shape (n + 1,).
    idx
        Points of the lists, end to end, shape (ptr[-1],).
    q
        Where the list of each point begins, shape (m + 1,).
    qi
        Candidates of those lists, end to end, shape (q[-1],).
    w
        Weight of each point, shape (m,).
    index
        One candidate.
    shared
        Weight in common, shape (n,); filled.
    """
    shared[:] = 0.0
    for t in range(ptr[index], ptr[index + 1]):
        for u in range(q[idx[t]], q[idx[t] + 1]):
            shared[qi[u]] += w[idx[t]]
