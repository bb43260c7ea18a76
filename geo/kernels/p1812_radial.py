"""
ITU-R P.1812-8 at the median for every pixel round a mast, by rays to the rim of its square.

Ray o of a wedge ends at offset o of the last line; the pixel j of line n belongs to the ray round(j R / n),
which passes it within half a cell. Along a ray the first rises are running maxima and the smooth earth is a
pair of running sums; all else is found on the upper hull of the profile bent by the earth, by halving: the
second rises are its tangents, the third is reached next to the point of it where it is greatest. No pixel
looks back along the whole ray. Without earth bulge every point of the hull lies on that hull too, so it also
gives what stands over the straight line (the hull may then sag by less than its bulge, which halving
overlooks). Formulas are applied to all pixels of a ray at once (``kernels.p1812_tail``). Sampling is that of
``kernels.p1812_exact``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.p1812_median import (
    CLEAR_SQUARE,
    STEEP_M_PER_KM,
    Median,
    combined,
    hidden_path,
    in_sight,
    smooth_ends,
    sphere_excess,
)
from geo.kernels.p1812_tail import Pixels, finish, pixels_of

Singles = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int32]
Marks = npt.NDArray[np.uint8]
Trace = tuple[Singles, Singles, Whole, Singles]
"""Ground over that under the mast, with clutter, corner of the hull before each, highest so far [m]."""
Rows = npt.NDArray[np.float32]
"""A row for each field of ``Pixels``; or a hull: numbers of its corners, their bent heights [m]."""
Seen = tuple[float, float, float, float, float, float]
"""Steepest rise with clutter, over bare ground, its number; without bulge; sums of heights and moments."""

D_KM, RX, FIRST, SECOND, THIRD, SPHERE, BARE_FIRST, BARE_SECOND = range(8)
FIRST_SHARE, SECOND_SHARE, TX_HEIGHT, RX_HEIGHT, SPHERE_TX, SPHERE_RX, N_FIELDS = 8, 9, 10, 11, 14, 15, 16
"""Rows of ``Pixels``; heights over the sphere, the last 0 where that cannot count; number of rows."""
SMOOTH_M = 10.0
"""Roughness up to which it does not matter (eq. 55)."""
OF_SIGHT = 2
"""Mark of a pixel that matters in sight only."""
CLEAR_M = -1e6
"""A third rise that costs nothing [m]."""


@compiled
def radial_wedge(
    sign: int, strides: tuple[int, int], reach_cells: float, rim_cells: int, cell_km: float,
    rx_height_m: float, median: Median, ground_m: Singles, clutter_m: Singles, wanted: Marks,
    loss_db: Singles,
) -> None:  # fmt: skip
    """
    One quarter of the disc round the mast.

    Parameters
    ----------
    sign, strides, reach_cells, cell_km, rx_height_m, median, ground_m, clutter_m, loss_db
        As in ``p1812_exact.exact_wedge``.
    rim_cells
        Rays end this many lines away [cells], at least half the side of the square.
    wanted
        0 where no loss is wanted, ``OF_SIGHT`` where it is only if nothing rises over the line, flat like
        ``ground_m``; empty: it is wanted everywhere. Where ``OF_SIGHT`` does not hold an infinite loss is
        written.
    """
    radius_cells = round(math.sqrt(ground_m.size)) // 2
    width = radius_cells + 2
    trace = (
        np.zeros(width, dtype=np.float32),
        np.zeros(width, dtype=np.float32),
        np.zeros(width, dtype=np.int32),
        np.zeros(width, dtype=np.float32),
    )
    lines = _lines(radius_cells, rim_cells, sign, reach_cells, wanted)
    top_hull, bare_hull = np.zeros((2, width), dtype=np.float32), np.zeros((2, width), dtype=np.float32)
    rows = np.zeros((N_FIELDS, width), dtype=np.float32)
    pixels = pixels_of(rows)
    places, numbers = np.zeros(width, dtype=np.int64), np.zeros(width, dtype=np.int64)
    bound, marks = np.zeros(width, dtype=np.float32), np.zeros(width, dtype=np.bool_)
    for ray_index in range(-rim_cells, rim_cells + 1):
        n_pixels = _ray(
            ray_index, radius_cells, rim_cells, lines[ray_index + rim_cells], sign, strides, reach_cells,
            cell_km, rx_height_m, median, ground_m, clutter_m, wanted, trace[0], trace[1], trace[2],
            trace[3], top_hull, bare_hull, rows, places, numbers, loss_db,
        )  # fmt: skip
        for t in range(n_pixels):
            rows[SPHERE, t] = 0.0
            if rows[SPHERE_RX, t] > 0.0:
                heights = float(rows[SPHERE_TX, t]), float(rows[SPHERE_RX, t])
                rows[SPHERE, t] = sphere_excess(median, float(rows[D_KM, t]), heights[0], heights[1])
        finish(median, n_pixels, pixels, bound, marks)
        for t in range(n_pixels):
            if marks[t]:
                pixels.loss_db[t] = _together(median, numbers[t], t, pixels, trace)
            loss_db[places[t]] = pixels.loss_db[t]


@compiled
def _lines(radius_cells: int, rim_cells: int, sign: int, reach_cells: float, wanted: Marks) -> Whole:
    # How many lines each ray goes: to its end, or to the last pixel that is wanted of it.
    lines, side = np.zeros(2 * rim_cells + 1, dtype=np.int32), 2 * radius_cells + 1
    if wanted.size == 0:
        for ray in range(lines.size):
            stretch = math.sqrt(1.0 + ((ray - rim_cells) / rim_cells) ** 2)
            lines[ray] = min(radius_cells, int(reach_cells / stretch) + 1)
        return lines
    for n in range(1, radius_cells + 1):
        line = (radius_cells + sign * n) * side + radius_cells
        for j in range(-n, n + 1):
            if wanted[line + j]:
                lines[math.floor(j * rim_cells / n + 0.5) + rim_cells] = n
    return lines


@compiled
def _ray(
    ray_index: int, radius_cells: int, rim_cells: int, n_lines: int, sign: int, strides: tuple[int, int],
    reach_cells: float, cell_km: float, rx_height_m: float, median: Median, ground_m: Singles,
    clutter_m: Singles, wanted: Marks, ground: Singles, top: Singles, before: Whole, peak: Singles,
    top_hull: Rows, bare_hull: Rows, rows: Rows,
    places: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64], loss_db: Singles,
) -> int:  # fmt: skip
    # Walks to the rim or to the first unknown height; gathers the pixels passed, and gives their number.
    side, cluttered = 2 * radius_cells + 1, clutter_m.size > 0
    tilt, highest = ray_index / rim_cells, -1e30
    stretch = math.sqrt(1.0 + tilt * tilt)
    bend = median.bulge_m * (cell_km * stretch) ** 2
    steepest, bare_steepest, flat_steepest, bare_at = -1e30, -1e30, -1e30, 0.0
    total, moment, size, bare_size, n_pixels, n_pushed = 0.0, 0.0, 0, 0, 0, 0
    for n in range(1, n_lines + 1):
        line = (radius_cells + sign * n) * side + radius_cells
        across = tilt * n
        j = math.floor(across + 0.5)
        last_m, asked = float(ground_m[line + j]), 1 if wanted.size == 0 else wanted[line + j]
        mine = (
            asked != 0
            and n > 1
            and math.floor(j * rim_cells / n + 0.5) == ray_index
            and n * n + j * j <= reach_cells * reach_cells
            and (strides[1] == 1 or abs(j) < n)
            and not math.isnan(last_m)
        )
        if mine and asked == OF_SIGHT:
            mine = n * steepest + bend * n * n < last_m + rx_height_m - median.tx_m
            if not mine:
                loss_db[(radius_cells + sign * n) * strides[0] + (radius_cells + j) * strides[1]] = math.inf
        if mine:
            # The hulls are brought on only where a pixel needs them.
            for k in range(n_pushed + 1, n):
                if cluttered:
                    size = _push(top_hull, size, k, top[k] - bend * k * k)
                bare_size = _push(bare_hull, bare_size, k, ground[k] - bend * k * k)
                before[k] = 0 if bare_size < 2 else int(bare_hull[0, bare_size - 2])
            n_pushed = n - 1
            seen = (steepest, bare_steepest, bare_at, flat_steepest, total, moment)
            d_km = cell_km * math.sqrt(n * n + j * j)
            _pixel(
                n_pixels, median.tx_m, median.bulge_m, median.link.wavelength_m, n, d_km, last_m, rx_height_m,
                bend, seen, size, bare_size,
                top if cluttered else ground, top_hull, bare_hull, rows,
            )  # fmt: skip
            places[n_pixels] = (radius_cells + sign * n) * strides[0] + (radius_cells + j) * strides[1]
            numbers[n_pixels] = n
            n_pixels += 1
        low = math.floor(across)
        part = across - low
        height = float(ground_m[line + low])
        if part > 1e-4:
            height += part * (float(ground_m[line + low + 1]) - height)
        if math.isnan(height):
            return n_pixels
        over = height
        if cluttered:
            over += float(clutter_m[line + low + (1 if part >= 0.5 else 0)])
            top[n] = over
        ground[n], highest = height, max(highest, height)
        peak[n] = highest
        total += height
        moment += n * height
        flat = (height - median.tx_m) / n
        flat_steepest = max(flat_steepest, flat)
        if flat - bend * n > bare_steepest:
            bare_steepest, bare_at = flat - bend * n, float(n)
        steepest = max(steepest, (over - median.tx_m) / n - bend * n)
    return n_pixels


@compiled
def _pixel(
    index: int, tx_m: float, bulge_m: float, wavelength_m: float, n_steps: int, d_km: float, last_m: float,
    rx_height_m: float, bend_m: float, seen: Seen, n_top: int, n_bare: int, top_m: Singles,
    top_hull: Rows, bare_hull: Rows, rows: Rows,
) -> None:  # fmt: skip
    rx_m = last_m + rx_height_m
    rise, hump = rx_m - tx_m, bend_m * n_steps * n_steps
    bare = _tangent(bare_hull, n_bare, n_steps, rx_m - hump)
    touch = _tangent(top_hull, n_top, n_steps, rx_m - hump) if n_top > 0 else bare
    first, second = n_steps * seen[0] + hump - rise, n_steps * touch[0] - hump + rise
    bare_first, third = n_steps * seen[1] + hump - rise, CLEAR_M
    # The third rise is at most -sqrt(first * second).
    if first < 0.0 and first * second * 0.002 < CLEAR_SQUARE * wavelength_m * d_km:
        if n_top > 0:
            third = _third(top_hull, n_top, top_m, n_steps, tx_m, rx_m, bend_m)
        else:
            third = _third(bare_hull, n_bare, top_m, n_steps, tx_m, rx_m, bend_m)
    smooth_tx, smooth_rx = smooth_ends(float(n_steps), seen[4], seen[5], last_m)
    tx_height, rx_height = tx_m - min(smooth_tx, 0.0), rx_m - min(smooth_rx, last_m)
    rows[D_KM, index], rows[RX, index], rows[SPHERE_RX, index] = d_km, rx_m, 0.0
    rows[FIRST, index], rows[SECOND, index], rows[THIRD, index] = first, second, third
    rows[BARE_FIRST, index], rows[BARE_SECOND, index] = bare_first, n_steps * bare[0] - hump + rise
    rows[FIRST_SHARE, index], rows[SECOND_SHARE, index] = seen[2] / n_steps, bare[1] / n_steps
    rows[TX_HEIGHT, index], rows[RX_HEIGHT, index] = tx_height, rx_height
    # As in ``sphere_excess``; what stands over the line is sought only where the sphere may count without it.
    needed = 17.456 * math.sqrt(wavelength_m * d_km)
    if 2.0 * math.sqrt(tx_height * rx_height) - 0.5 * bulge_m * d_km * d_km <= needed:
        if bare_first >= 0.0:
            highest, flat_second = _over_line(bare_hull, n_bare, n_steps, tx_m, rx_m, bend_m)
            if highest > 0.0:
                flat_first = n_steps * seen[3] - rise
                share = flat_first / (flat_first + flat_second)
                tx_height = tx_m - min(smooth_tx - highest * share, 0.0)
                rx_height = rx_m - min(smooth_rx - highest * (1.0 - share), last_m)
        rows[SPHERE_TX, index], rows[SPHERE_RX, index] = tx_height, rx_height


@compiled
def _push(hull: Rows, n_points: int, number: int, height_m: float) -> int:
    # Upper hull: drop what the new point covers.
    while n_points >= 2:
        last, before = hull[0, n_points - 1], hull[0, n_points - 2]
        if (hull[1, n_points - 1] - hull[1, n_points - 2]) * (number - last) > (
            height_m - hull[1, n_points - 1]
        ) * (last - before):
            break
        n_points -= 1
    hull[0, n_points], hull[1, n_points] = number, height_m
    return n_points + 1


@compiled
def _tangent(hull: Rows, n_points: int, number: int, height_m: float) -> tuple[float, float]:
    # Steepest rise backwards from a point after the hull, and the number of the point where it touches: the
    # last one whose predecessor does not rise more steeply.
    low, high = 0, n_points - 1
    while low < high:
        i = (low + high) >> 1
        after = (hull[1, i + 1] - height_m) * (number - hull[0, i])
        if after >= (hull[1, i] - height_m) * (number - hull[0, i + 1]):
            low = i + 1
        else:
            high = i
    return (hull[1, low] - height_m) / (number - hull[0, low]), float(hull[0, low])


@compiled
def _over_line(
    hull: Rows, n_points: int, n_steps: int, tx_m: float, rx_m: float, bend_m: float
) -> tuple[float, float]:
    # Highest bare ground over the straight line, and its second rise, without earth bulge. The corner where
    # the second is reached does not come before the highest.
    slope = (rx_m - tx_m) / n_steps
    low, high = 0, n_points - 1
    while low < high:
        i = (low + high) >> 1
        gap, both = hull[0, i + 1] - hull[0, i], hull[0, i + 1] + hull[0, i]
        if hull[1, i + 1] - hull[1, i] + bend_m * gap * both > slope * gap:
            low = i + 1
        else:
            high = i
    number = float(hull[0, low])
    highest = hull[1, low] + bend_m * number * number - tx_m - slope * number
    high = n_points - 1
    while low < high:
        i = (low + high) >> 1
        one, two = float(hull[0, i]), float(hull[0, i + 1])
        after = (hull[1, i + 1] + bend_m * two * two - rx_m) * (n_steps - one)
        if after >= (hull[1, i] + bend_m * one * one - rx_m) * (n_steps - two):
            low = i + 1
        else:
            high = i
    number = float(hull[0, low])
    second = (hull[1, low] + bend_m * number * number - rx_m) / (n_steps - number)
    return highest, n_steps * second + rx_m - tx_m


@compiled
def _third(
    hull: Rows, n_points: int, top_m: Singles, n_steps: int, tx_m: float, rx_m: float, bend_m: float
) -> float:
    # Under the line, c / sqrt(k (n - k)) has one maximum along the hull. Real points surpass the best corner
    # of it only where the side of the hull next to that corner does, so only these are looked at.
    linear = bend_m * n_steps + (tx_m - rx_m) / n_steps
    low, high = 0, n_points - 1
    while low < high:
        i = (low + high) >> 1
        one, two = float(hull[0, i]), float(hull[0, i + 1])
        here, after = hull[1, i] + linear * one - tx_m, hull[1, i + 1] + linear * two - tx_m
        if here * here * (two * (n_steps - two)) > after * after * (one * (n_steps - one)):
            low = i + 1
        else:
            high = i
    at = float(hull[0, low])
    over = hull[1, low] + linear * at - tx_m
    least = over * over / (at * (n_steps - at))
    start, stop = at, at
    if low + 1 < n_points:
        stop = max(at, min(_again(hull, low + 1, at, over, least, linear, tx_m), hull[0, low + 1] - 1.0))
    if low > 0 and stop < at + 1.0:
        start = min(at, max(_again(hull, low - 1, at, over, least, linear, tx_m), hull[0, low - 1] + 1.0))
    for k in range(math.ceil(start), math.floor(stop) + 1):
        over = top_m[k] - tx_m + (linear - bend_m * k) * k
        square = over * over
        if square < least * (k * (n_steps - k)):
            least = square / (k * (n_steps - k))
    return -n_steps * math.sqrt(least)


@compiled
def _again(
    hull: Rows, index: int, x: float, over_m: float, square_m2: float, linear_m: float, tx_m: float
) -> float:
    # Where c / sqrt(k (n - k)) is on the side to the neighbouring corner what it is at this one: the two
    # roots of (p + m x)^2 = square x (n - x) have the product p^2 / (m^2 + square).
    number = float(hull[0, index])
    m = (hull[1, index] + linear_m * number - tx_m - over_m) / (number - x)
    p = over_m - m * x
    return float(p * p / ((m * m + square_m2) * x))


@compiled
def _together(median: Median, n_steps: int, index: int, pixels: Pixels, trace: Trace) -> float:
    # A pixel to which ducting or troposcatter may add.
    d_km, rx_m, free_db = float(pixels.d_km[index]), float(pixels.rx_m[index]), float(pixels.free_db[index])
    loss_db = float(pixels.loss_db[index])
    tx_base_m, rx_base_m = median.tx_m - pixels.tx_height_m[index], rx_m - pixels.rx_height_m[index]
    ends = (tx_base_m, rx_base_m, rx_base_m)
    first, last = (
        round(float(pixels.first_share[index]) * n_steps),
        round(float(pixels.second_share[index]) * n_steps),
    )
    if pixels.bare_first_m[index] >= 0.0:
        rough_m = 0.0
        if trace[3][n_steps - 1] - min(tx_base_m, rx_base_m, 0.0) > SMOOTH_M:
            rough_m = _roughness(trace, n_steps, first, last, ends)
        horizons = (
            float(pixels.bare_first_m[index]), float(pixels.bare_second_m[index]), first / n_steps,
            last / n_steps,
        )  # fmt: skip
        path = hidden_path(median, d_km, rx_m, ends, horizons, rough_m)
        return combined(median, path, free_db, loss_db)
    extra_db = loss_db - free_db
    # Ducting is far off: the place of the horizon does not matter.
    if extra_db <= median.duct_db - median.free_db and abs(rx_m - median.tx_m) <= STEEP_M_PER_KM * d_km:
        return in_sight(median, d_km, rx_m, ends, 0.5, extra_db, 0.0)
    at = _nearest(trace, n_steps, median.tx_m, rx_m, median.bulge_m * (d_km / n_steps) ** 2)
    return in_sight(
        median, d_km, rx_m, ends, at / n_steps, extra_db, _roughness(trace, n_steps, at, at, ends)
    )


@compiled
def _nearest(trace: Trace, n_steps: int, tx_m: float, rx_m: float, bend_m: float) -> int:
    # Corner of the hull of bare ground that clears the line least.
    best, at, k = -1e30, 1, n_steps - 1
    slope = (rx_m - tx_m) / n_steps
    while k > 0:
        over = trace[0][k] + bend_m * k * (n_steps - k) - tx_m - slope * k
        if over * abs(over) > best * abs(best) * (k * (n_steps - k)):
            best, at = over / math.sqrt(k * (n_steps - k)), k
        k = trace[2][k]
    return at


@compiled
def _roughness(
    trace: Trace, n_steps: int, first_row: int, last_row: int, ends_m: tuple[float, float, float]
) -> float:
    # The highest over a line between two corners of the hull is a corner.
    tx_m, rx_m = min(ends_m[0], 0.0), min(ends_m[1], ends_m[2])
    rough_m, k = -math.inf, last_row
    while k >= max(first_row, 1):
        rough_m = max(rough_m, trace[0][k] - tx_m - (rx_m - tx_m) * k / n_steps)
        k = trace[2][k]
    return rough_m
