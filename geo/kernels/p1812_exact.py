"""
ITU-R P.1812-8 at the median for every pixel round a mast, each over its own profile.

The sampling convention of both area methods: the way from the centre of the mast's cell to the centre of a
pixel is sampled where it crosses the lines of cell centres along its longer axis, so the steps are equal. The
ground is linear between the two nearest centres on such a line, the clutter is that of the nearer one. The
ends stand on the ground of their own cells, their clutter does not obstruct.

The loops run over all pixels of one line at once: the k-th samples of their profiles lie on one line of the
terrain, at k/n of their offsets. Where a loop would be slowed by what the compiler cannot know about arrays,
it is cut in two. The profiles are walked once: of each greatest rise the block of samples that holds it is
kept, and its number sought in that block only where horizons matter. A second walk is needed only behind
bare ground where the sphere may count. Formulas are applied to all pixels of a line at once
(``kernels.p1812_tail``).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.p1812_median import (
    Median,
    clears_sphere,
    combined,
    hidden_path,
    in_sight,
    smooth_ends,
    sphere_excess,
)
from geo.kernels.p1812_tail import Pixels, finish, pixels_of

Singles = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int32]
Scratch = tuple[Whole, Singles, Doubles, Singles, Singles, Singles, Singles]

ON_CENTRE = np.float32(1e-4)
"""Part of a cell within which a crossing counts as a centre [share]."""
HALF = np.float32(0.5)
LOW = np.float32(-1e30)
BLOCK = 16
"""Samples of a block: of a greatest rise first its block is kept, and its number sought only where needed."""
FIRST, SECOND, THIRD, BARE_FIRST, BARE_SECOND, BARE_THIRD, BLOCKS = 0, 1, 2, 3, 4, 5, 6
TOTAL, MOMENT, LOCAL, N_ROWS = 9, 10, 11, 14
"""Rows of the state of a line: rises with clutter, over bare ground, the blocks of the latter; sums of the
heights and of number times height; rises within the present block; number of rows."""
SPHERE, SHARES, TX_HEIGHT, RX_HEIGHT, LOSS, FREE, N_PIXEL_ROWS = 5, 8, 10, 11, 12, 13, 14
"""Rows of ``Pixels``; of the shares the first of two; number of rows."""
SHARE, HUMP, UNDER, WEIGHT, N_STEP_ROWS = 0, 1, 2, 3, 6
"""Rows of what samples share: part of the way, earth bulge there for 1 m in the middle over 4, straight line
to the mast [m], the weights of the three rises; number of rows."""


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
    state = np.empty((N_ROWS, width), dtype=np.float32)
    rows = np.zeros((N_PIXEL_ROWS, width), dtype=np.float32)
    pixels = pixels_of(rows)
    bound_db, marks = np.zeros(width, dtype=np.float32), np.zeros(width, dtype=np.bool_)
    steps = np.zeros((N_STEP_ROWS, width), dtype=np.float32)
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
            _step(n, median.tx_m, steps)
            _rises(start, offset, bulge_m, rx_m, steps, pairs, clutter_m, scratch, state)
            _line(
                start, offset, d_km, bulge_m, rx_m, rx_height_m, median, steps, pairs, scratch, state, rows,
                pixels, bound_db, marks, loss,
            )  # fmt: skip
        first = (radius + sign * n) * strides[0] + radius * strides[1]
        for t in range(offset.size):
            loss_db[first + (t - rim) * strides[1]] = loss[t]


@compiled
def _step(n_steps: int, tx_m: float, steps: Singles) -> None:
    # What the k-th points of all profiles of a line share.
    for k in range(1, n_steps):
        share = k / n_steps
        steps[SHARE, k], steps[HUMP, k] = share, share * (1.0 - share)
        steps[UNDER, k] = tx_m * (1.0 - share)
        steps[WEIGHT, k], steps[WEIGHT + 1, k] = n_steps / k, n_steps / (n_steps - k)
        steps[WEIGHT + 2, k] = math.sqrt(n_steps / k * n_steps / (n_steps - k))


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
    start: tuple[int, int, int], k: int, offset: Singles, bulge_m: Singles, rx_m: Singles, steps: Singles,
    pairs: Doubles, clutter_m: Singles, scratch: Scratch,
) -> None:  # fmt: skip
    # The k-th points of all profiles: ground (scratch 4), bare and with clutter over the line (5, 6).
    place, part, raw, raw32, ground, bare, top = scratch
    _, centre, step = start
    x, hump, under = steps[SHARE, k], steps[HUMP, k], steps[UNDER, k]
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
def _highest(
    first: Singles, second: Singles, third: Singles, over: Singles, to_tx: np.float32, to_rx: np.float32,
    steep: np.float32, n_pixels: int,
) -> None:  # fmt: skip
    # The three rises so far, with one more sample of each profile.
    for t in range(n_pixels):
        here = over[t]
        first[t] = max(first[t], here * to_tx)
        second[t] = max(second[t], here * to_rx)
        third[t] = max(third[t], here * steep)


@compiled
def _rises(
    start: tuple[int, int, int], offset: Singles, bulge_m: Singles, rx_m: Singles, steps: Singles,
    pairs: Doubles, clutter_m: Singles, scratch: Scratch, state: Singles,
) -> None:  # fmt: skip
    # Fills the rows of ``state``; of the rises over bare ground also the blocks of samples that hold them.
    size, n = offset.size, start[0]
    state[:BLOCKS, :size] = LOW
    state[BLOCKS:, :size] = np.float32(0.0)
    total, moment, ground, bare, top = state[TOTAL], state[MOMENT], scratch[4], scratch[5], scratch[6]
    for block in range((n + BLOCK - 2) // BLOCK):
        state[LOCAL:, :size] = LOW
        for k in range(1 + block * BLOCK, min(1 + (block + 1) * BLOCK, n)):
            _sample(start, k, offset, bulge_m, rx_m, steps, pairs, clutter_m, scratch)
            to_tx, to_rx, steep = steps[WEIGHT, k], steps[WEIGHT + 1, k], steps[WEIGHT + 2, k]
            if clutter_m.size > 0:
                _highest(state[FIRST], state[SECOND], state[THIRD], top, to_tx, to_rx, steep, size)
            _highest(state[LOCAL], state[LOCAL + 1], state[LOCAL + 2], bare, to_tx, to_rx, steep, size)
            number = np.float32(k)
            for t in range(size):
                total[t] += ground[t]
                moment[t] += number * ground[t]
        _merge(state[BARE_FIRST], state[BLOCKS], state[LOCAL], np.float32(block), size)
        _merge_last(state[BARE_SECOND], state[BLOCKS + 1], state[LOCAL + 1], np.float32(block), size)
        _merge(state[BARE_THIRD], state[BLOCKS + 2], state[LOCAL + 2], np.float32(block), size)
    if clutter_m.size == 0:
        for bare_row, row in ((BARE_FIRST, FIRST), (BARE_SECOND, SECOND), (BARE_THIRD, THIRD)):
            state[row, :size] = state[bare_row, :size]


@compiled
def _merge(best: Singles, where: Singles, local: Singles, block: np.float32, n_pixels: int) -> None:
    # Of equals the first.
    for t in range(n_pixels):
        where[t] = block if local[t] > best[t] else where[t]
    for t in range(n_pixels):
        best[t] = max(best[t], local[t])


@compiled
def _merge_last(best: Singles, where: Singles, local: Singles, block: np.float32, n_pixels: int) -> None:
    # Of equals the last.
    for t in range(n_pixels):
        where[t] = block if local[t] >= best[t] else where[t]
    for t in range(n_pixels):
        best[t] = max(best[t], local[t])


@compiled
def _line(
    start: tuple[int, int, int], offset: Singles, d_km: Doubles, bulge_m: Singles, rx_m: Singles,
    rx_height_m: float, median: Median, steps: Singles, pairs: Doubles, scratch: Scratch, state: Singles,
    rows: Singles, pixels: Pixels, bound_db: Singles, marks: Marks, loss_db: Singles,
) -> None:  # fmt: skip
    # From rises to losses: the formulas for all pixels of the line at once, then those that need more.
    raw, raw32, size = scratch[2], scratch[3], offset.size
    _gather(
        start, offset, bulge_m, d_km, rx_m, rx_height_m, median.tx_m, steps, pairs, raw, raw32, state, rows
    )
    _spheres(start, offset, d_km, rx_m, rx_height_m, median, steps, pairs, scratch, state, rows)
    finish(median, size, pixels, bound_db, marks)
    for t in range(size):
        if math.isnan(state[TOTAL, t] + rx_m[t]):
            continue
        loss_db[t] = rows[LOSS, t]
        if marks[t]:
            loss_db[t] = _together(
                median, start, offset[t], bulge_m[t], d_km[t], rx_m[t], rx_height_m, steps, pairs, raw,
                raw32, state, rows, t,
            )  # fmt: skip


@compiled
def _gather(
    start: tuple[int, int, int], offset: Singles, bulge_m: Singles, d_km: Doubles, rx_m: Singles,
    rx_height_m: float, tx_m: float, steps: Singles, pairs: Doubles, raw: Doubles, raw32: Singles,
    state: Singles, rows: Singles,
) -> None:  # fmt: skip
    # What ``finish`` reads, but for the sphere; of an unknown profile whatever comes.
    n = start[0]
    for source, row in ((FIRST, 2), (SECOND, 3), (THIRD, 4), (BARE_FIRST, 6), (BARE_SECOND, 7)):
        rows[row, : offset.size] = state[source, : offset.size]
    for t in range(offset.size):
        last_m = float(rx_m[t]) - rx_height_m
        smooth = smooth_ends(float(n), float(state[TOTAL, t]), float(state[MOMENT, t]), last_m)
        rows[0, t], rows[1, t] = d_km[t], rx_m[t]
        rows[TX_HEIGHT, t], rows[RX_HEIGHT, t] = tx_m - min(smooth[0], 0.0), rx_m[t] - min(smooth[1], last_m)
        if state[BARE_FIRST, t] >= 0.0:
            for rise in range(2):
                at = _number(start, offset[t], bulge_m[t], rx_m[t], steps, pairs, raw, raw32, state, t, rise)
                rows[SHARES + rise, t] = at / n


@compiled
def _spheres(
    start: tuple[int, int, int], offset: Singles, d_km: Doubles, rx_m: Singles, rx_height_m: float,
    median: Median, steps: Singles, pairs: Doubles, scratch: Scratch, state: Singles, rows: Singles,
) -> None:  # fmt: skip
    # What the sphere adds; behind bare ground it is lower by what stands over the straight line.
    rows[SPHERE, : offset.size] = np.float32(0.0)
    near = np.zeros(offset.size, dtype=np.bool_)
    for t in range(offset.size):
        near[t] = not clears_sphere(median, d_km[t], rows[TX_HEIGHT, t], rows[RX_HEIGHT, t])
    near &= ~np.isnan(state[TOTAL, : offset.size] + rx_m)
    curved = np.flatnonzero(near & (state[BARE_FIRST, : offset.size] >= 0.0))
    lowered = np.zeros((2, offset.size), dtype=np.float32)
    if curved.size > 0:
        flat = _without_bulge(start, offset[curved], rx_m[curved], steps, pairs, scratch)
        for i in range(curved.size):
            if flat[0, i] > 0.0:
                share = flat[1, i] / (flat[1, i] + flat[2, i])
                lowered[0, curved[i]] = flat[0, i] * share
                lowered[1, curved[i]] = flat[0, i] - flat[0, i] * share
    n = float(start[0])
    for t in range(offset.size):
        if not near[t]:
            continue
        last_m = float(rx_m[t]) - rx_height_m
        smooth = smooth_ends(n, float(state[TOTAL, t]), float(state[MOMENT, t]), last_m)
        rows[SPHERE, t] = sphere_excess(
            median, d_km[t], median.tx_m - min(smooth[0] - lowered[0, t], 0.0),
            rx_m[t] - min(smooth[1] - lowered[1, t], last_m),
        )  # fmt: skip


@compiled
def _without_bulge(
    start: tuple[int, int, int], offset: Singles, rx_m: Singles, steps: Singles, pairs: Doubles,
    scratch: Scratch,
) -> Singles:  # fmt: skip
    # Over bare ground without earth bulge: the highest point over the line, the first two rises.
    size, n = offset.size, start[0]
    flat, none = np.full((3, size), LOW), np.zeros(0, dtype=np.float32)
    level = np.zeros(size, dtype=np.float32)
    for k in range(1, n):
        _sample(start, k, offset, level, rx_m, steps, pairs, none, scratch)
        to_tx, to_rx = steps[WEIGHT, k], steps[WEIGHT + 1, k]
        _highest(flat[0], flat[1], flat[2], scratch[5], np.float32(1.0), to_tx, to_rx, size)
    return flat


@compiled
def _number(
    start: tuple[int, int, int], offset: np.float32, bulge_m: np.float32, rx_m: np.float32, steps: Singles,
    pairs: Doubles, raw: Doubles, raw32: Singles, state: Singles, index: int, rise_index: int,
) -> int:  # fmt: skip
    # Number of the sample that holds a rise over bare ground, within its block; sampled as in ``_sample``.
    n, centre, step = start
    block, best = int(state[BLOCKS + rise_index, index]), state[BARE_FIRST + rise_index, index]
    found = 1 + block * BLOCK
    for k in range(found, min(found + BLOCK, n)):
        across = offset * steps[SHARE, k]
        low = np.floor(across)
        part = across - low
        raw[0] = pairs[centre + k * step + np.int32(low)]
        near, far = raw32[0], raw32[1]
        ground = near + part * (far - near) if part > ON_CENTRE else near
        bare = ground + bulge_m * steps[HUMP, k] - steps[UNDER, k] - rx_m * steps[SHARE, k]
        if bare * steps[WEIGHT + rise_index, k] == best:
            found = k
            if rise_index != 1:
                break
    return found


@compiled
def _together(
    median: Median, start: tuple[int, int, int], offset: np.float32, bulge_m: np.float32, d_km: float,
    rx_m: np.float32, rx_height_m: float, steps: Singles, pairs: Doubles, raw: Doubles, raw32: Singles,
    state: Singles, rows: Singles, index: int,
) -> float:  # fmt: skip
    # A pixel to which ducting or troposcatter may add.
    n, last_m = start[0], float(rx_m) - rx_height_m
    smooth = smooth_ends(float(n), float(state[TOTAL, index]), float(state[MOMENT, index]), last_m)
    ends, free_db, loss_db = (
        (smooth[0], smooth[1], last_m),
        float(rows[FREE, index]),
        float(rows[LOSS, index]),
    )
    if state[BARE_FIRST, index] < 0.0:
        at = _number(start, offset, bulge_m, rx_m, steps, pairs, raw, raw32, state, index, 2)
        rough_m = _roughness(start, float(offset), pairs, raw, raw32, ends, at, at)
        return in_sight(median, d_km, float(rx_m), ends, at / n, loss_db - free_db, rough_m)
    first, last = round(float(rows[SHARES, index]) * n), round(float(rows[SHARES + 1, index]) * n)
    rough_m = _roughness(start, float(offset), pairs, raw, raw32, ends, first, last)
    horizons = (float(state[BARE_FIRST, index]), float(state[BARE_SECOND, index]), first / n, last / n)
    path = hidden_path(median, d_km, float(rx_m), ends, horizons, rough_m)
    return combined(median, path, free_db, loss_db)


@compiled
def _roughness(
    start: tuple[int, int, int], offset_cells: float, pairs: Doubles, raw: Doubles, raw32: Singles,
    ends_m: tuple[float, float, float], first_row: int, last_row: int,
) -> float:  # fmt: skip
    # h_m (eq. 93) between two samples, both included.
    n, centre, step = start
    tx_m, rx_m = min(ends_m[0], 0.0), min(ends_m[1], ends_m[2])
    rough_m = -math.inf
    for k in range(first_row, last_row + 1):
        across = offset_cells * k / n
        low = math.floor(across)
        raw[0] = pairs[centre + k * step + low]
        ground_m = raw32[0] + (across - low) * (raw32[1] - raw32[0])
        if across - low <= ON_CENTRE:
            ground_m = raw32[0]
        rough_m = max(rough_m, ground_m - (tx_m + (rx_m - tx_m) * k / n))
    return rough_m
