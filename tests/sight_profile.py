"""Line of sight by its definition: cut the straight line at every cell edge and look at each piece."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

Heights = npt.NDArray[np.floating]

EARTH_M = 6_371_000.0 * 4.0 / 3.0


def pieces(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[int, int, float, float]]:
    """Cells crossed between two points given in cells (whole numbers are centres), with their shares."""
    first, last = np.array(start), np.array(end)
    cuts = [0.0, 1.0]
    for axis in range(2):
        span = last[axis] - first[axis]
        if span != 0.0:
            low, high = sorted((first[axis], last[axis]))
            edges = np.arange(np.floor(low) - 0.5, np.ceil(high) + 1.0, 1.0)
            shares = (edges - first[axis]) / span
            cuts.extend(shares[(shares > 0.0) & (shares < 1.0)].tolist())
    cuts.sort()
    found = []
    for enter, leave in itertools.pairwise(cuts):
        if leave - enter > 1e-9:
            row, col = np.floor(first + (last - first) * (enter + leave) / 2.0 + 0.5).astype(int)
            found.append((int(row), int(col), enter, leave))
    return found


def is_blocked(
    top_m: Heights,
    start: tuple[float, float],
    start_altitude_m: float,
    end: tuple[float, float],
    end_altitude_m: float,
    *,
    cell_m: float,
) -> bool:
    """Whether a block of another cell than the two ends' own rises above the line over a round earth."""
    length_m = cell_m * float(np.hypot(end[0] - start[0], end[1] - start[1]))
    own = {tuple(np.floor(np.array(point) + 0.5).astype(int).tolist()) for point in (start, end)}
    for row, col, enter, leave in pieces(start, end):
        if (row, col) in own:
            continue
        for share in (enter, leave):
            line_m = start_altitude_m + (end_altitude_m - start_altitude_m) * share
            bulge_m = (share * length_m) * ((1.0 - share) * length_m) / (2.0 * EARTH_M)
            if top_m[row, col] + bulge_m > line_m:
                return True
    return False
