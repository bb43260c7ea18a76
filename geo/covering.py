"""Who would cover whom: candidates with the points they reach, checked, and merged for the search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.errors import InputError, ShapeError
from geo.kernels import siting as kernel
from geo.units import Array, Booleans, Floats, Integers

_TRIES = 8
_EXACT = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """
    The points that each candidate covers.

    Parameters
    ----------
    ptr
        Where each candidate's list begins in ``idx``, shape (n_candidates + 1,), int64, ascending from 0.
    idx
        Points covered, shape (ptr[-1],), an integer type; a point named twice counts once.
    weight
        People at each point, shape (n_points,), 0 or more, an integer or floating type.
    """

    ptr: Integers
    idx: Array
    weight: Array

    def __post_init__(self) -> None:
        _check_lists(self)
        _check_weight(self.weight)

    @property
    def n_candidates(self) -> int:
        """Number of candidates."""
        return int(self.ptr.size) - 1

    @property
    def n_points(self) -> int:
        """Number of points."""
        return int(self.weight.size)

    @property
    def is_integer(self) -> bool:
        """True where every weight is a whole number and their sum is exact."""
        if self.weight.dtype.kind in "iub":
            return True
        return bool(self.weight.sum() < _EXACT and np.all(self.weight == np.rint(self.weight)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """
    A covering problem with points of equal cover sets taken together.

    Parameters
    ----------
    ptr, idx
        Groups that each candidate covers, ascending; shapes (n_candidates + 1,) and (ptr[-1],).
    group_ptr, group_idx
        Candidates that cover each group, ascending; shapes (n_groups + 1,) and (ptr[-1],).
    weight
        People of each group, shape (n_groups,).
    held
        People that the locked sites cover; they are in no group.
    group_of
        Group of each point, −1 where it is in none, shape (n_points,).
    """

    ptr: Integers
    idx: Array
    group_ptr: Integers
    group_idx: Array
    weight: Floats
    held: float
    group_of: Array

    @property
    def n_candidates(self) -> int:
        """Number of candidates."""
        return int(self.ptr.size) - 1

    def covered(self, chosen: Integers) -> float:
        """
        People covered.

        Parameters
        ----------
        chosen
            Candidates opened beside the locked sites.

        Returns
        -------
        people
            Those of the locked sites included.
        """
        return self.held + float(kernel.covered(self.ptr, self.idx, self.weight, chosen))


def of_lists(lists: list[Integers], weight: Array) -> Cover:
    """
    Cover from one list a candidate.

    Parameters
    ----------
    lists
        Points of each candidate.
    weight
        People at each point, shape (n_points,).

    Returns
    -------
    cover
        Checked.
    """
    ptr = np.cumsum([0, *(len(one) for one in lists)], dtype=np.int64)
    idx = np.concatenate([np.asarray(one, np.int32) for one in lists]) if lists else np.zeros(0, np.int32)
    return Cover(ptr=ptr, idx=idx.astype(np.int32), weight=weight)


def merge(cover: Cover, fixed: Integers, *, seed: int = 7) -> Merged:
    """
    Take together the points that the same candidates cover, after what the locked sites cover is set aside.

    Equal cover sets are found by 64-bit sums of random numbers of the candidates, and then verified: each
    candidate must cover a group whole or not at all. Should two sets ever share a sum, other numbers are
    drawn.

    Parameters
    ----------
    cover
        The problem.
    fixed
        Locked candidates.
    seed
        Of the random numbers; the result does not depend on it but for the order of groups in a collision.

    Returns
    -------
    merged
        The same problem, exactly. Locked candidates cover nothing more in it.

    References
    ----------
    Isomorphic aggregation: Lv et al., arXiv 2409.09834.
    """
    skip = np.zeros(cover.n_points, np.bool_)
    kernel.mark(cover.ptr, cover.idx, fixed, skip)
    held = float(cover.weight[skip].sum())
    skip |= cover.weight == 0
    for attempt in range(_TRIES):
        found = _merged(cover, skip, held, seed + attempt)
        if found is not None:
            return found
    raise InputError("siting_merge")


def keep(merged: Merged, state_open: Integers, dropped: Booleans) -> Merged:
    """
    The problem that is left once some candidates are decided.

    Parameters
    ----------
    merged
        The problem.
    state_open
        Candidates that are opened for good.
    dropped
        True for candidates that are closed for good, shape (n_candidates,).

    Returns
    -------
    smaller
        The same candidates; the decided ones cover nothing, and more points are merged. Its ``group_of`` is
        of the groups of ``merged``.
    """
    lengths = np.diff(merged.ptr)
    kept = np.repeat(~dropped, lengths)
    ptr = np.concatenate([[0], np.cumsum(np.where(dropped, 0, lengths))]).astype(np.int64)
    rest = Cover(ptr=ptr, idx=merged.idx[kept], weight=merged.weight)
    smaller = merge(rest, state_open)
    return Merged(
        ptr=smaller.ptr,
        idx=smaller.idx,
        group_ptr=smaller.group_ptr,
        group_idx=smaller.group_idx,
        weight=smaller.weight,
        held=merged.held + smaller.held,
        group_of=smaller.group_of,
    )


def _merged(cover: Cover, skip: Booleans, held: float, seed: int) -> Merged | None:
    n = cover.n_candidates
    salts = np.random.default_rng(seed).integers(1, 2**64, n, dtype=np.uint64, endpoint=False)
    last = np.full(cover.n_points, -1, np.int32)
    signs = np.zeros(cover.n_points, np.uint64)
    kernel.sign(cover.ptr, cover.idx, salts, last, signs)
    groups = np.empty(cover.n_points, np.int32)
    n_groups = kernel.group(signs, skip, last, groups)
    del signs
    weight, size = np.zeros(n_groups), np.zeros(n_groups, np.int32)
    kernel.total(groups, cover.weight, weight, size)
    last.fill(-1)
    ptr = np.zeros(n + 1, np.int64)
    idx, is_proven = kernel.merge(cover.ptr, cover.idx, groups, size, last, ptr)
    if not is_proven:
        return None
    group_ptr, group_idx = kernel.transpose(ptr, idx, n_groups)
    ptr, idx = kernel.transpose(group_ptr, group_idx, n)
    return Merged(
        ptr=ptr,
        idx=idx,
        group_ptr=group_ptr,
        group_idx=group_idx,
        weight=weight,
        held=held,
        group_of=groups,
    )


def _check_lists(cover: Cover) -> None:
    ptr, idx = cover.ptr, cover.idx
    if ptr.ndim != 1 or idx.ndim != 1 or cover.weight.ndim != 1 or ptr.size < 2:
        raise ShapeError("siting_shape")
    if ptr.dtype.kind not in "iu" or idx.dtype.kind not in "iu":
        raise ShapeError("siting_not_whole")
    falls = np.flatnonzero(np.diff(ptr) < 0)
    if falls.size:
        raise ShapeError("siting_ptr", candidate=int(falls[0]))
    if ptr[0] != 0 or ptr[-1] != idx.size:
        raise ShapeError("siting_ptr_ends", first=int(ptr[0]), last=int(ptr[-1]), n=int(idx.size))
    if idx.size and (idx.min() < 0 or idx.max() >= cover.weight.size):
        wrong = int(np.flatnonzero((idx < 0) | (idx >= cover.weight.size))[0])
        raise ShapeError("siting_idx", place=wrong, value=int(idx[wrong]), n=int(cover.weight.size))


def _check_weight(weight: Array) -> None:
    if weight.dtype.kind not in "iufb":
        raise InputError("siting_not_number", column="w")
    wrong = np.flatnonzero(~(weight >= 0) | (weight == np.inf) if weight.dtype.kind == "f" else weight < 0)
    if wrong.size:
        raise InputError(
            "siting_weight", point=int(wrong[0]), value=float(weight[wrong[0]]), n=int(wrong.size)
        )
