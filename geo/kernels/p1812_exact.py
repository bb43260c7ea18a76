"""
ITU-R P.1812-8 at the median for every pixel round a mast, each over its own profile.

The sampling convention of both area methods: the way from the centre of the mast's cell to the centre of a
pixel is sampled where it crosses the lines of cell centres along its longer axis, so the steps are equal. The
ground is linear between the two nearest centres on such a line, the clutter is that of the nearer one. The
ends stand on the ground of their own cells, their clutter does not obstruct.

The loops run over all pixels of one line at once: the k-th samples of their profiles lie on one line of the
terrain, at k/n of their offsets. Where a loop would be slowed by what the compiler cannot know about arrays,
it is cut in two.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.p1812 import bullington
from geo.kernels.p1812_median import (
    DONE,
    HIDDEN,
    OPEN,
    STEEP_M_PER_KM,
    Median,
    combined,
    first_look,
    floor_of,
    free,
    hidden_loss,
    hidden_path,
    in_sight,
    least_duct,
    smooth_ends,
    sphere_excess,
)

Singles = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int32]
Scratch = tuple[Whole, Singles, Doubles, Singles, Singles, Singles, Singles]

ON_CENTRE = np.float32(1e-4)
"""Part of a cell within which a crossing counts as a centre [share]."""
HALF = np.float32(0.5)
LOW = np.float32(-1e30)


@compiled
def exact_wedge(
    sign: int, strides: tuple[int, int], reach_cells: float, cell_km: float, rx_height_m: float,
    median: Median, ground_m: Singles, pairs: Doubles, clutter_m: Singles, loss_db: Singles,
) -> None:  # fmt: skip
    """
    One quarter of the disc round the mast.

    Parameters
    ----------
    sign
        +1 or -1: to the lines after or before the mast's.
    strides
        Steps in ``loss_db`` from line to line, and along a line. The wedge holds its diagonals where the
        second is 1.
    reach_cells
        Radius of the disc [cells].
    cell_km
        Side of a cell [km].
    rx_height_m
        Receivers above the ground [m].
    median
        The antenna.
    ground_m
        Ground over that under the mast [m], NaN where unknown; a square of odd side, flat, lines first.
    pairs
        For each cell its ground and that of the next on its line, as two float32 in 8 bytes; flat.
    clutter_m
        Clutter above the ground [m], flat; of size 0 where there is none.
    loss_db
        Written: L_b [dB], flat; only pixels of this wedge. NaN where a profile is unknown or has no inner
        point.
    """
    side = round(math.sqrt(ground_m.size))
    radius = side // 2
    width = 2 * radius + 2
    scratch = _scratch(width)
    state = np.empty((5, width), dtype=np.float32)
    for n in range(1, radius + 1):
        if n > reach_cells:
            break
        rim = min(n, int(math.sqrt(reach_cells * reach_cells - n * n)))
        if strides[1] != 1 and rim == n:
            rim -= 1
        offset = np.arange(-rim, rim + 1).astype(np.float32)
        line = (radius + sign * n) * side + radius
        rx_m = ground_m[line - rim : line + rim + 1] + np.float32(rx_height_m)
        d_km = cell_km * np.sqrt(n * n + offset.astype(np.float64) ** 2)
        bulge_m = (median.bulge_m * d_km * d_km).astype(np.float32)
        step = sign * side
        centre = radius * side + radius
        loss = np.full(offset.size, np.float32(np.nan))
        if n > 1:
            start = (n, centre, step)
            _rises(start, offset, bulge_m, rx_m, median.tx_m, pairs, clutter_m, scratch, state)
            _line(
                start,
                offset,
                d_km,
                bulge_m,
                rx_m,
                rx_height_m,
                median,
                pairs,
                clutter_m,
                scratch,
                state,
                loss,
            )
        first = (radius + sign * n) * strides[0] + radius * strides[1]
        for t in range(offset.size):
            loss_db[first + (t - rim) * strides[1]] = loss[t]


@compiled
def _scratch(n_cells: int) -> Scratch:
    raw = np.empty(n_cells, dtype=np.float64)
    return (
        np.empty(n_cells, dtype=np.int32),
        np.empty(n_cells, dtype=np.float32),
        raw,
        raw.view(np.float32),
        np.empty(n_cells, dtype=np.float32),
        np.empty(n_cells, dtype=np.float32),
        np.empty(n_cells, dtype=np.float32),
    )


@compiled
def _sample(
    start: tuple[int, int, int], k: int, offset: Singles, bulge_m: Singles, rx_m: Singles, tx_m: float,
    pairs: Doubles, clutter_m: Singles, scratch: Scratch,
) -> None:  # fmt: skip
    # The k-th points of all profiles: ground (scratch 4), bare and with clutter over the line (5, 6).
    place, part, raw, raw32, ground, bare, top = scratch
    n, centre, step = start
    x = np.float32(k / n)
    for t in range(offset.size):
        across = offset[t] * x
        low = np.floor(across)
        part[t] = across - low
        place[t] = np.int32(low)
    line = centre + k * step
    for t in range(offset.size):
        raw[t] = pairs[line + place[t]]
    for t in range(offset.size):
        near, far = raw32[2 * t], raw32[2 * t + 1]
        ground[t] = near + part[t] * (far - near) if part[t] > ON_CENTRE else near
    hump, under = np.float32(k / n * (1.0 - k / n)), np.float32(tx_m * (1.0 - k / n))
    for t in range(offset.size):
        bare[t] = ground[t] + bulge_m[t] * hump - under - rx_m[t] * x
    if clutter_m.size > 0:
        for t in range(offset.size):
            place[t] += np.int32(1) if part[t] >= HALF else np.int32(0)
        for t in range(offset.size):
            raw32[t] = clutter_m[line + place[t]]
        for t in range(offset.size):
            top[t] = bare[t] + raw32[t]


@compiled
def _highest(best: Singles, over: Singles, weight: np.float32, n_pixels: int) -> None:
    for t in range(n_pixels):
        value = over[t] * weight
        best[t] = max(best[t], value)


@compiled
def _rises(
    start: tuple[int, int, int], offset: Singles, bulge_m: Singles, rx_m: Singles, tx_m: float,
    pairs: Doubles, clutter_m: Singles, scratch: Scratch, state: Singles,
) -> None:  # fmt: skip
    # state: first and second rise, first rise of bare ground, sum of heights, sum of number times height.
    size, n = offset.size, start[0]
    state[:3, :size] = LOW
    state[3:, :size] = np.float32(0.0)
    total, moment = state[3], state[4]
    ground = scratch[4]
    over = scratch[6] if clutter_m.size > 0 else scratch[5]
    for k in range(1, n):
        _sample(start, k, offset, bulge_m, rx_m, tx_m, pairs, clutter_m, scratch)
        _highest(state[0], over, np.float32(n / k), size)
        _highest(state[1], over, np.float32(n / (n - k)), size)
        if clutter_m.size > 0:
            _highest(state[2], scratch[5], np.float32(n / k), size)
        number = np.float32(k)
        for t in range(size):
            total[t] += ground[t]
            moment[t] += number * ground[t]
    if clutter_m.size == 0:
        state[2, :size] = state[0, :size]


@compiled
def _line(
    start: tuple[int, int, int], offset: Singles, d_km: Doubles, bulge_m: Singles, rx_m: Singles,
    rx_height_m: float, median: Median, pairs: Doubles, clutter_m: Singles, scratch: Scratch, state: Singles,
    loss_db: Singles,
) -> None:  # fmt: skip
    # From rises to losses: at once where the pixel is clear, else after a second look at the profiles.
    kind = np.zeros(offset.size, dtype=np.int8)
    for t in range(offset.size):
        kind[t] = DONE
        if not math.isnan(state[3, t] + rx_m[t]):
            low, high, bare = float(state[0, t]), float(state[1, t]), float(state[2, t])
            ground = smooth_ends(
                float(start[0]), float(state[3, t]), float(state[4, t]), rx_m[t] - rx_height_m
            )
            ends = (ground[0], ground[1], rx_m[t] - rx_height_m)
            loss_db[t], kind[t] = first_look(median, d_km[t], rx_m[t], ends, (low, high, bare))
    for group in (OPEN, HIDDEN):
        chosen = np.flatnonzero(kind == group)
        if chosen.size == 0:
            continue
        rows = state[:, chosen]
        seen = _second_look(
            start, offset[chosen], bulge_m[chosen], rx_m[chosen], median.tx_m, pairs, clutter_m, scratch,
            group,
        )  # fmt: skip
        for i in range(chosen.size):
            t = chosen[i]
            loss_db[t] = _settle(
                median, start, offset[t], d_km[t], rx_m[t], rx_height_m, pairs, rows[:, i], seen[:, i],
                group,
            )  # fmt: skip


@compiled
def _second_look(
    start: tuple[int, int, int], offset: Singles, bulge_m: Singles, rx_m: Singles, tx_m: float,
    pairs: Doubles, clutter_m: Singles, scratch: Scratch, state: int,
) -> Singles:  # fmt: skip
    # Not hidden: third rise, third rise of bare ground and its number. Hidden: first and second rise of bare
    # ground and their numbers; without earth bulge the highest point and the first two rises.
    size, n = offset.size, start[0]
    seen = np.full((7, size), LOW)
    bare = scratch[5]
    over = scratch[6] if clutter_m.size > 0 else bare
    for k in range(1, n):
        _sample(start, k, offset, bulge_m, rx_m, tx_m, pairs, clutter_m, scratch)
        to_tx, to_rx = np.float32(n / k), np.float32(n / (n - k))
        number = np.float32(k)
        if state == HIDDEN:
            _highest_where(seen[0], seen[2], bare, to_tx, number, size)
            _highest_last(seen[1], seen[3], bare, to_rx, number, size)
            hump = np.float32(k / n * (1.0 - k / n))
            for t in range(size):
                bare[t] -= bulge_m[t] * hump
            _highest(seen[4], bare, np.float32(1.0), size)
            _highest(seen[5], bare, to_tx, size)
            _highest(seen[6], bare, to_rx, size)
        else:
            steep = np.float32(math.sqrt(n / k * n / (n - k)))
            _highest(seen[0], over, steep, size)
            _highest_where(seen[1], seen[2], bare, steep, number, size)
    return seen


@compiled
def _highest_where(
    best: Singles, where: Singles, over: Singles, weight: np.float32, number: np.float32, n_pixels: int
) -> None:
    # Of equals the first.
    for t in range(n_pixels):
        where[t] = number if over[t] * weight > best[t] else where[t]
    _highest(best, over, weight, n_pixels)


@compiled
def _highest_last(
    best: Singles, where: Singles, over: Singles, weight: np.float32, number: np.float32, n_pixels: int
) -> None:
    # Of equals the last.
    for t in range(n_pixels):
        where[t] = number if over[t] * weight >= best[t] else where[t]
    _highest(best, over, weight, n_pixels)


@compiled
def _settle(
    median: Median, start: tuple[int, int, int], offset_cells: float, d_km: float, rx_m: float,
    rx_height_m: float, pairs: Doubles, row: Singles, seen: Singles, state: int,
) -> float:  # fmt: skip
    n, d = start[0], d_km
    last_m = rx_m - rx_height_m
    smooth = smooth_ends(float(n), float(row[3]), float(row[4]), last_m)
    ends = (smooth[0], smooth[1], last_m)
    free_db = free(median, d, rx_m - median.tx_m)
    first, second = float(row[0]), float(row[1])
    if state == HIDDEN:
        flat = (float(seen[4]), float(seen[5]), float(seen[6]))
        loss_db = hidden_loss(median, d, rx_m, ends, (first, second), flat)
        horizons = (float(seen[0]), float(seen[1]), seen[2] / n, seen[3] / n)
        path = hidden_path(median, d, rx_m, ends, horizons, 0.0)
        if least_duct(median, path) < free_db + loss_db:
            rough_m = _roughness(start, offset_cells, pairs, ends, int(seen[2]), int(seen[3]))
            path = hidden_path(median, d, rx_m, ends, horizons, rough_m)
        return combined(median, path, free_db, free_db + loss_db)
    loss_db = bullington((first, second, float(seen[0])), d, median.link.wavelength_m)
    loss_db += sphere_excess(median, d, median.tx_m - min(ends[0], 0.0), rx_m - min(ends[1], last_m))
    if loss_db <= floor_of(median) and abs(rx_m - median.tx_m) <= STEEP_M_PER_KM * d:
        return free_db + loss_db
    rough_m = _roughness(start, offset_cells, pairs, ends, int(seen[2]), int(seen[2]))
    return in_sight(median, d, rx_m, ends, seen[2] / n, loss_db, rough_m)


@compiled
def _roughness(
    start: tuple[int, int, int], offset_cells: float, pairs: Doubles, ends_m: tuple[float, float, float],
    first_row: int, last_row: int,
) -> float:  # fmt: skip
    # h_m (eq. 93) between two samples, both included.
    n, centre, step = start
    tx_m, rx_m = min(ends_m[0], 0.0), min(ends_m[1], ends_m[2])
    both = np.empty(1, dtype=np.float64)
    heights = both.view(np.float32)
    rough_m = -math.inf
    for k in range(first_row, last_row + 1):
        across = offset_cells * k / n
        low = math.floor(across)
        both[0] = pairs[centre + k * step + low]
        ground_m = heights[0] + (across - low) * (heights[1] - heights[0])
        if across - low <= ON_CENTRE:
            ground_m = heights[0]
        rough_m = max(rough_m, ground_m - (tx_m + (rx_m - tx_m) * k / n))
    return rough_m
