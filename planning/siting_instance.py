"""The search for sites on an instance of a file: checked, solved, told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from geo.covering import Cover
from geo.siting import Answer, Problem, solve
from geo.units import Array, Integers
from layers.exchange.instance import read_instance


def run(
    path: Path, *, n_sites: int | None, budget: float | None, seconds_s: float, clock: Callable[[], float]
) -> Answer:
    """
    Solve an instance.

    Parameters
    ----------
    path
        ``.npz`` as ``layers.exchange.instance`` reads it; ``fixed`` lists locked candidates, or marks them.
    n_sites, budget
        Limits, locked candidates counted; None: none.
    seconds_s
        Time allowed, reading included [s].
    clock
        Seconds, ascending.

    Returns
    -------
    answer
        With whole numbers where the weights are whole.

    Raises
    ------
    FileError
        The file is not such an archive.
    InputError
        An array or a limit makes no sense.
    InfeasibleError
        The limits allow no choice.
    """
    ends_s = clock() + seconds_s
    problem = _problem(path, n_sites, budget)
    return solve(problem, seconds_s=max(0.0, ends_s - clock()), clock=clock)


def _problem(path: Path, n_sites: int | None, budget: float | None) -> Problem:
    arrays = read_instance(path)
    cover = Cover(ptr=arrays["ptr"], idx=arrays["idx"], weight=arrays["w"])
    fixed = arrays.get("fixed", np.zeros(0, np.int64))
    return Problem(
        cover=cover,
        n_sites=n_sites,
        budget=budget,
        cost=arrays.get("cost"),
        fixed=_indices(fixed, cover.n_candidates),
    )


def _indices(fixed: Array, n: int) -> Integers:
    # A mark for each candidate, or the indices themselves.
    is_mark = fixed.dtype.kind == "b" or (
        fixed.size == n > 2 and fixed.dtype.kind in "iu" and fixed.max() <= 1
    )
    return np.flatnonzero(fixed) if is_mark and fixed.size == n else fixed.astype(np.int64, copy=False)
