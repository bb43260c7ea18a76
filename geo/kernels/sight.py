"""
Line of sight from one mast over a surface of blocks.

Each cell is a block as high as its ground plus its clutter. The blocks of the mast's own cell and of the
receiver's own cell never block. Marks of a cell are bits: VISITED, BLOCKED (by known blocks), UNKNOWN (the
path crosses an unknown block), ASSUMED (the path or its end rests on an assumed height).

Heights are compared as slopes seen from the mast over an earth of effective radius a: a point h high at
distance d has the slope (h - h_mast) / d - d / (2 a).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

VISITED, BLOCKED, UNKNOWN, ASSUMED = 1, 2, 4, 8

TIE = 1e-9
"""Part of a path [share] below which two crossings of cell edges are one crossing of a corner."""

Heights = npt.NDArray[np.float32]
Values = npt.NDArray[np.float32]
Places = npt.NDArray[np.uint32]
Marks = npt.NDArray[np.uint8]
Single: TypeAlias = np.float32

ZERO = np.float32(0.0)
NO_BLOCK_M = np.float32(-1e9)
NOT_SEEN, SEEN, BEHIND = np.uint8(0), np.uint8(VISITED), np.uint8(VISITED | BLOCKED)


@compiled
def sweep(
    cell_m: float,
    mast_altitude_m: float,
    receiver_m: float,
    earth_m: float,
    rim_cells: int,
    ground_m: Heights,
    top_m: Heights,
    assumed: Marks,
    marks: Marks,
) -> None:
    """
    Line of sight to every cell of a disc, along rays to a rim with a running maximum.

    Slopes are held in single precision: to a tenth of a millimetre of height.

    Parameters
    ----------
    cell_m
        Side of a cell [m].
    mast_altitude_m
        Antenna above sea level [m]; it stands over the middle of the central cell.
    receiver_m
        Receivers above the ground [m].
    earth_m
        Effective radius of the earth [m].
    rim_cells
        Rays end this many lines away [cells], at least half the side: the same rim, the same marks, however
        small the disc.
    ground_m, top_m, assumed
        Ground, top of blocks above sea level [m], NaN where unknown, and 1 where assumed; square, odd side.
    marks
        Written: marks of the cells of the inscribed disc, same shape; 0 elsewhere and in unknown cells.
    """
    marks[:, :] = 0
    radius = marks.shape[0] // 2
    width, n_rays = 2 * radius + 3, 2 * rim_cells + 1  # the last place of a line stands for "no block"
    if not math.isnan(top_m[radius, radius]):
        marks[radius, radius] = VISITED | (ASSUMED if assumed[radius, radius] else 0)
    is_flagged = _is_flagged(top_m, assumed)
    of_rays, of_cells = np.empty((2, n_rays), dtype=np.uint32), np.empty((2, width), dtype=np.uint32)
    by_ray, by_cell = np.empty((4, n_rays), dtype=np.float32), np.empty((7, width), dtype=np.float32)
    ray_turn, stretch_m, first_m, second_m = by_ray[0], by_ray[1], by_ray[2], by_ray[3]
    cell_turn, cell_stretch, length_m = by_cell[0], by_cell[1], by_cell[2]
    low_m, rise_m, blocking, beside_m = by_cell[3], by_cell[4], by_cell[5], by_cell[6]
    seen, flags, turned = np.empty(width, np.uint8), np.zeros(width, np.uint8), np.zeros_like(marks)
    highest = np.full((4, n_rays), -np.inf, dtype=np.float32)
    carried = np.zeros((4, n_rays), dtype=np.uint8)
    for ray in range(n_rays):
        stretch_m[ray] = cell_m * math.sqrt(1.0 + ((ray - rim_cells) / rim_cells) ** 2)
    curve = np.float32(0.5 / earth_m)
    for n in range(1, radius + 1):
        rim = min(n, int(math.sqrt(radius * radius - n * n)))
        last = min(rim_cells, int(math.sqrt(radius * radius - n * n) * rim_cells / n) + 2)
        near, far = np.float32(n - 0.5), np.float32(n + 0.5)
        rays = slice(rim_cells - last, rim_cells + last + 1)
        _cross(n, radius, rim_cells, last, of_rays[0], of_rays[1], ray_turn)
        _lie(
            n, radius, rim_cells, rim, cell_m, stretch_m, of_cells[0], of_cells[1], cell_turn, cell_stretch,
            length_m,
        )  # fmt: skip
        for wedge in range(4):
            _fetch(wedge, n, radius, mast_altitude_m, receiver_m, ground_m, top_m, low_m, rise_m)
            inner = rim - 1 if wedge >= 2 and rim == n else rim
            cells = slice(radius - inner, radius + inner + 1)
            _gather(highest[wedge], of_cells[0][cells], blocking[cells])
            _gather(rise_m, of_cells[1][cells], beside_m[cells])
            _look(
                near, curve, blocking[cells], beside_m[cells], cell_turn[cells], cell_stretch[cells],
                length_m[cells], low_m[cells], rise_m[cells], seen[cells],
            )  # fmt: skip
            if is_flagged:
                _flag(wedge, n, radius, top_m, assumed, flags)
                _take(
                    carried[wedge], flags, flags[cells], of_cells[0][cells], of_cells[1][cells], seen[cells]
                )
            at = radius + n if wedge % 2 == 0 else radius - n
            if wedge < 2:
                marks[at][cells] = seen[cells]
            else:
                turned[at][cells] = seen[cells]
            _gather(rise_m, of_rays[0][rays], first_m[rays])
            _gather(rise_m, of_rays[1][rays], second_m[rays])
            _climb(
                near, far, curve, first_m[rays], second_m[rays], ray_turn[rays], stretch_m[rays],
                highest[wedge][rays],
            )  # fmt: skip
            if is_flagged:
                for ray in range(rim_cells - last, rim_cells + last + 1):
                    carried[wedge, ray] |= flags[of_rays[0, ray]] | flags[of_rays[1, ray]]
    _turn_back(turned, marks)


@compiled
def _is_flagged(top_m: Heights, assumed: Marks) -> bool:
    for row in range(top_m.shape[0]):
        n_flagged = 0
        for col in range(top_m.shape[1]):
            n_flagged += (1 if math.isnan(top_m[row, col]) else 0) + assumed[row, col]
        if n_flagged > 0:
            return True
    return False


@compiled
def _cross(
    n_away: int,
    radius_cells: int,
    rim_cells: int,
    last_cells: int,
    first: Places,
    second: Places,
    turn: Values,
) -> None:
    # Ray o ends at offset o of the rim. It crosses the n-th line from n - 1/2 to n + 1/2, in one cell or in
    # two that meet at ``turn``; where they meet at an end, the other cell counts alone.
    near, far = n_away - 0.5, n_away + 0.5
    to_near, to_far = near / rim_cells, far / rim_cells
    for k in range(rim_cells - last_cells, rim_cells + last_cells + 1):
        o = k - rim_cells
        one, two = math.floor(o * to_near + 0.5), math.floor(o * to_far + 0.5)
        at = far
        if one != two:
            at = min(max((max(one, two) - 0.5) * rim_cells / o, near), far)
        if at <= near + TIE:
            one, at = two, far
        elif at >= far - TIE:
            two, at = one, far
        first[k], second[k], turn[k] = one + radius_cells, two + radius_cells, at


@compiled
def _lie(
    n_away: int, radius_cells: int, rim_cells: int, half_cells: int, cell_m: float, stretch_m: Values,
    ray_of: Places, beside: Places, turn: Values, cell_stretch_m: Values, length_m: Values,
) -> None:  # fmt: skip
    # Cell j of the n-th line belongs to the ray round(j R / n), which passes near its centre, perhaps through
    # the cell ``beside`` it up to ``turn``.
    near, far = n_away - 0.5, n_away + 0.5
    to_ray, to_near = rim_cells / n_away, near / rim_cells
    nowhere = 2 * radius_cells + 2
    for k in range(radius_cells - half_cells, radius_cells + half_cells + 1):
        j = k - radius_cells
        o = math.floor(j * to_ray + 0.5)
        first = math.floor(o * to_near + 0.5)
        ray_of[k], beside[k], turn[k] = o + rim_cells, nowhere, far
        if first != j:
            at = min(max((max(first, j) - 0.5) * rim_cells / o, near), far)
            if at > near + TIE:
                beside[k], turn[k] = first + radius_cells, at
        length_m[k] = cell_m * math.sqrt(n_away * n_away + j * j)
        cell_stretch_m[k] = stretch_m[o + rim_cells]


@compiled
def _fetch(
    side: int, n_away: int, radius_cells: int, mast_altitude_m: float, receiver_m: float,
    ground_m: Heights, top_m: Heights, low_m: Values, rise_m: Values,
) -> None:  # fmt: skip
    # Receivers and tops of blocks of a line over the antenna: a row for the first two wedges, else a column.
    altitude, lower = np.float32(mast_altitude_m), np.float32(receiver_m - mast_altitude_m)
    rise_m[2 * radius_cells + 2] = NO_BLOCK_M
    at = radius_cells + n_away if side % 2 == 0 else radius_cells - n_away
    width = min(n_away + 1, radius_cells)
    first, n_cells = radius_cells - width, 2 * width + 1
    low, rise = low_m[first : first + n_cells], rise_m[first : first + n_cells]
    if side < 2:
        grounds, tops = ground_m[at][first : first + n_cells], top_m[at][first : first + n_cells]
        for k in range(n_cells):
            low[k] = grounds[k] + lower
            rise[k] = tops[k] - altitude
    else:
        for k in range(n_cells):
            low[k] = ground_m[np.uint64(first + k), np.uint64(at)] + lower
        for k in range(n_cells):
            rise[k] = top_m[np.uint64(first + k), np.uint64(at)] - altitude


@compiled
def _flag(side: int, n_away: int, radius_cells: int, top_m: Heights, assumed: Marks, flags: Marks) -> None:
    at = radius_cells + n_away if side % 2 == 0 else radius_cells - n_away
    width = min(n_away + 1, radius_cells)
    for k in range(radius_cells - width, radius_cells + width + 1):
        row, col = (at, k) if side < 2 else (k, at)
        flags[k] = (ASSUMED if assumed[row, col] else 0) | (UNKNOWN if math.isnan(top_m[row, col]) else 0)


@compiled
def _take(carried: Marks, flags: Marks, own: Marks, ray_of: Places, beside: Places, seen: Marks) -> None:
    # What the ray has met, the block beside, and the cell itself.
    for k in range(seen.size):
        if seen[k]:
            seen[k] |= carried[ray_of[k]] | flags[beside[k]] | (own[k] & ASSUMED)


@compiled
def _gather(values: Values, place: Places, gathered: Values) -> None:
    for k in range(gathered.size):
        gathered[k] = values[place[k]]


@compiled
def _look(
    near: Single, curve: Single, highest: Values, beside_m: Values, turn: Values, stretch_m: Values,
    length_m: Values, low_m: Values, rise_m: Values, seen: Marks,
) -> None:  # fmt: skip
    # Slope of the receivers against the highest slope before them, both times the distance. A block above the
    # antenna hides most by its near edge, one below it by its far edge.
    for k in range(seen.size):
        edge = (near if beside_m[k] >= ZERO else turn[k]) * stretch_m[k]
        slope = beside_m[k] / edge - edge * curve
        blocking = slope if slope > highest[k] else highest[k]  # noqa: FURB136 - NaN must lose
        length = length_m[k]
        hidden = low_m[k] - length * length * curve < blocking * length
        mark = BEHIND if hidden else SEEN
        seen[k] = mark if rise_m[k] == rise_m[k] else NOT_SEEN


@compiled
def _climb(
    near: Single, far: Single, curve: Single, one_m: Values, two_m: Values, turn: Values, stretch_m: Values,
    highest: Values,
) -> None:  # fmt: skip
    # The highest slope of each ray after the blocks of a line; an unknown block, NaN, raises nothing.
    for k in range(highest.size):
        turn_m = turn[k] * stretch_m[k]
        edge = near * stretch_m[k] if one_m[k] >= ZERO else turn_m
        slope = one_m[k] / edge - edge * curve
        best = slope if slope > highest[k] else highest[k]  # noqa: FURB136 - NaN must lose
        edge = turn_m if two_m[k] >= ZERO else far * stretch_m[k]
        slope = two_m[k] / edge - edge * curve
        highest[k] = slope if slope > best else best  # noqa: FURB136 - NaN must lose


@compiled
def _turn_back(turned: Marks, marks: Marks) -> None:
    # Add the wedges east and west, which were written as rows; in squares that stay in the fast memory.
    side, step = marks.shape[0], 32
    for top in range(0, side, step):
        for left in range(0, side, step):
            for row in range(top, min(top + step, side)):
                for col in range(left, min(left + step, side)):
                    marks[row, col] |= turned[col, row]


@compiled
def line(
    cell_m: float,
    mast_row: float,
    mast_col: float,
    mast_altitude_m: float,
    row: int,
    col: int,
    receiver_altitude_m: float,
    earth_m: float,
    top_m: Heights,
    assumed: Marks,
) -> int:
    """
    Line of sight to one cell, by a walk through every cell which the straight line crosses.

    Parameters
    ----------
    cell_m
        Side of a cell [m].
    mast_row, mast_col
        Place of the mast in cells; whole numbers are centres.
    mast_altitude_m, receiver_altitude_m
        Antenna and receiver above sea level [m].
    row, col
        Cell of the receiver, which stands over its centre.
    earth_m
        Effective radius of the earth [m].
    top_m, assumed
        Top of blocks above sea level [m], NaN where unknown, and 1 where assumed.

    Returns
    -------
    mark
        VISITED with BLOCKED, UNKNOWN, ASSUMED as they hold for the cells in between.
    """
    step_r, step_c = row - mast_row, col - mast_col
    length_m = cell_m * math.hypot(step_r, step_c)
    r, c = math.floor(mast_row + 0.5), math.floor(mast_col + 0.5)
    toward_r, toward_c = (1 if step_r > 0 else -1), (1 if step_c > 0 else -1)
    # Share of the path between two crossings of row edges, and up to the first; the same for columns.
    pace_r = 1.0 / abs(step_r) if step_r != 0.0 else math.inf
    pace_c = 1.0 / abs(step_c) if step_c != 0.0 else math.inf
    next_r = (0.5 + (r - mast_row) * toward_r) * pace_r if step_r != 0.0 else math.inf
    next_c = (0.5 + (c - mast_col) * toward_c) * pace_c if step_c != 0.0 else math.inf
    rise_m = receiver_altitude_m - mast_altitude_m
    bulge = length_m * length_m * 0.5 / earth_m
    mark, entered = VISITED, -1.0
    while True:
        left = min(next_r, next_c)
        if r == row and c == col:
            break
        if left > 1.0 + TIE:
            break
        if entered >= 0.0:
            top = top_m[r, c]
            if assumed[r, c]:
                mark |= ASSUMED
            if math.isnan(top):
                mark |= UNKNOWN
            else:
                # Height over the chord: h + x (D - x) / (2 a) against the straight line, at both edges.
                above = top - mast_altitude_m
                at_entry = above + bulge * entered * (1.0 - entered) - rise_m * entered
                at_exit = above + bulge * left * (1.0 - left) - rise_m * left
                if at_entry > 0.0 or at_exit > 0.0:
                    mark |= BLOCKED
        entered = left
        both = abs(next_r - next_c) < TIE
        if both or next_r < next_c:
            r += toward_r
            next_r += pace_r
        if both or left == next_c:
            c += toward_c
            next_c += pace_c
    return mark


@compiled
def walk(
    cell_m: float,
    mast_row: float,
    mast_col: float,
    mast_altitude_m: float,
    receiver_m: float,
    earth_m: float,
    ground_m: Heights,
    top_m: Heights,
    assumed: Marks,
    marks: Marks,
) -> None:
    """
    Line of sight to every cell of a disc, each by its own walk: slower than ``sweep``, and exact.

    Parameters
    ----------
    cell_m, mast_altitude_m, receiver_m, earth_m, ground_m, top_m, assumed
        As in ``sweep``.
    mast_row, mast_col
        Place of the mast in cells; whole numbers are centres.
    marks
        Written as in ``sweep``.
    """
    marks[:, :] = 0
    radius = marks.shape[0] // 2
    for row in range(marks.shape[0]):
        for col in range(marks.shape[1]):
            down, across = row - radius, col - radius
            if down * down + across * across > radius * radius or math.isnan(top_m[row, col]):
                continue
            altitude_m = ground_m[row, col] + receiver_m
            mark = line(
                cell_m, mast_row, mast_col, mast_altitude_m, row, col, altitude_m, earth_m, top_m, assumed
            )
            marks[row, col] = mark | (ASSUMED if assumed[row, col] else 0)
