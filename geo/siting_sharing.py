"""Sharing first: a new mast is a candidate only where no existing structure would do nearly as well."""

from __future__ import annotations

import numpy as np

from geo.covering import Merged
from geo.errors import RangeError
from geo.kernels import siting as kernel
from geo.units import Booleans


def needed(merged: Merged, is_existing: Booleans, kept_share: float) -> Booleans:
    """
    Candidates that sharing leaves.

    Parameters
    ----------
    merged
        People whom each candidate would gain.
    is_existing
        True for structures that stand already, shape (n_candidates,).
    kept_share
        From this share of a new mast's gain on, one existing structure takes its place, above 0 to 1.

    Returns
    -------
    needed
        True for every existing structure, and for new masts of whose gain none keeps that share; shape
        (n_candidates,).

    Raises
    ------
    RangeError
        The share is not above 0 and at most 1.
    """
    if not 0.0 < kept_share <= 1.0:
        raise RangeError("kept_share", kept_share, 0.0, 1.0, "")
    found = is_existing.copy()
    common = np.zeros(merged.n_candidates)
    for new in np.flatnonzero(~is_existing):
        kernel.overlap(
            merged.ptr, merged.idx, merged.group_ptr, merged.group_idx, merged.weight, int(new), common
        )
        found[new] = common[is_existing].max(initial=0.0) < kept_share * common[new]
    return found
