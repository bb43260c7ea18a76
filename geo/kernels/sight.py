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

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

VISITED, BLOCKED, UNKNOWN, ASSUMED = 1, 2, 4, 8

TIE = 1e-9
"""Part of a path [share] below which two crossings of cell edges are one crossing of a corner."""

Heights = npt.NDArray[np.float32]
Marks = npt.NDArray[np.uint8]


@compiled
def sweep(
    cell_m: float,
    mast_altitude_m: float,
    receiver_m: float,
    earth_m: float,
    ground_m: Heights,
    top_m: Heights,
    assumed: Marks,
    marks: Marks,
) -> None:
    """
    Line of sight to every cell of a disc, along rays to its rim with a running maximum.

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
    ground_m, top_m, assumed
        Ground, top of blocks above sea level [m], NaN where unknown, and 1 where assumed; square, odd side.
    marks
        Written: marks of the cells of the inscribed disc, same shape; 0 elsewhere and in unknown cells.
    """
    marks[:, :] = 0
    side = marks.shape[0]
    radius = side // 2
    if not math.isnan(top_m[radius, radius]):
        marks[radius, radius] = VISITED | (ASSUMED if assumed[radius, radius] else 0)
    flat = (ground_m.ravel(), top_m.ravel(), assumed.ravel(), marks.ravel())
    for away, along in ((side, 1), (-side, 1), (1, side), (-1, side)):
        _wedge(away, along, radius, cell_m, mast_altitude_m, receiver_m, 0.5 / earth_m, *flat)


@compiled
def _wedge(
    away_cells: int,
    along_cells: int,
    radius_cells: int,
    cell_m: float,
    mast_altitude_m: float,
    receiver_m: float,
    curve_factor: float,
    ground_m: Heights,
    top_m: Heights,
    assumed: Marks,
    marks: Marks,
) -> None:
    # One quarter of the disc, in flat arrays: steps from line to line and from cell to cell of a line.
    # Ray o ends at offset o of the rim. It crosses the n-th line from n - 1/2 to n + 1/2, in one cell or in
    # two that meet at ``turn``. Cell j belongs to the ray round(j R / n), which passes near its centre.
    # Unsigned indices spare the test for negative ones.
    centre = radius_cells * (2 * radius_cells + 1) + radius_cells
    highest = np.full(2 * radius_cells + 1, -np.inf)
    carried = np.zeros(2 * radius_cells + 1, dtype=np.uint8)
    stretch_m = cell_m * np.sqrt(1.0 + (np.arange(-radius_cells, radius_cells + 1) / radius_cells) ** 2)
    some_assumed = assumed.any()
    for n in range(1, radius_cells + 1):
        rim = min(n, int(math.sqrt(radius_cells * radius_cells - n * n)))
        inner = rim - 1 if along_cells != 1 and rim == n else rim
        line_start = centre + n * away_cells
        near, far = n - 0.5, n + 0.5
        to_ray, to_near, to_far = radius_cells / n, near / radius_cells, far / radius_cells
        for j in range(-inner, inner + 1):
            cell = np.uint64(line_start + j * along_cells)
            if math.isnan(top_m[cell]):
                continue
            o = math.floor(j * to_ray + 0.5)
            ray = np.uint64(o + radius_cells)
            mark, blocking = VISITED | carried[ray], highest[ray]
            first = math.floor(o * to_near + 0.5)
            if first != j:
                turn = min(max((max(first, j) - 0.5) * radius_cells / o, near), far)
                beside = np.uint64(line_start + first * along_cells)
                if turn > near + TIE:
                    rise_m = top_m[beside] - mast_altitude_m
                    mark |= (ASSUMED if assumed[beside] else 0) | (UNKNOWN if math.isnan(rise_m) else 0)
                    blocking = max(blocking, _slope(rise_m, near, turn, stretch_m[ray], curve_factor))
            # Slope of the receiver against the highest slope before it, both times the distance.
            square_m2 = cell_m * cell_m * (n * n + j * j)
            rise_m = ground_m[cell] + receiver_m - mast_altitude_m
            if rise_m - square_m2 * curve_factor < blocking * math.sqrt(square_m2):
                mark |= BLOCKED
            if some_assumed and assumed[cell]:
                mark |= ASSUMED
            marks[cell] = mark
        last = min(radius_cells, int(rim * to_ray) + 1)
        per_near, per_far = 1.0 / near, 1.0 / far
        for o in range(-last, last + 1):
            ray = np.uint64(o + radius_cells)
            first, second = math.floor(o * to_near + 0.5), math.floor(o * to_far + 0.5)
            cell = np.uint64(line_start + first * along_cells)
            rise_m = top_m[cell] - mast_altitude_m
            if first == second and not math.isnan(rise_m):
                if rise_m >= 0.0:
                    slope = rise_m * per_near / stretch_m[ray] - near * stretch_m[ray] * curve_factor
                else:
                    slope = rise_m * per_far / stretch_m[ray] - far * stretch_m[ray] * curve_factor
                if slope > highest[ray]:
                    highest[ray] = slope
                if some_assumed and assumed[cell]:
                    carried[ray] |= ASSUMED
                continue
            turn = far
            if first != second:
                turn = min(max((max(first, second) - 0.5) * radius_cells / o, near), far)
            if turn > near + TIE:
                carried[ray] |= (ASSUMED if assumed[cell] else 0) | (UNKNOWN if math.isnan(rise_m) else 0)
                highest[ray] = max(highest[ray], _slope(rise_m, near, turn, stretch_m[ray], curve_factor))
            if turn < far - TIE:
                cell = np.uint64(line_start + second * along_cells)
                rise_m = top_m[cell] - mast_altitude_m
                carried[ray] |= (ASSUMED if assumed[cell] else 0) | (UNKNOWN if math.isnan(rise_m) else 0)
                highest[ray] = max(highest[ray], _slope(rise_m, turn, far, stretch_m[ray], curve_factor))


@compiled
def _slope(
    rise_m: float, near_cells: float, far_cells: float, stretch_m: float, curve_factor: float
) -> float:
    # A block above the antenna hides most by its near edge, one below it by its far edge; unknown: -inf.
    if math.isnan(rise_m):
        return -math.inf
    edge_m = (near_cells if rise_m >= 0.0 else far_cells) * stretch_m
    return rise_m / edge_m - edge_m * curve_factor


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
