"""
ITU-R P.1812-8 at the median for every pixel round a mast, by rays to the rim of its square.

Ray o of a wedge ends at offset o of the last line; the pixel j of line n belongs to the ray round(j R / n),
which passes it within half a cell. Along a ray the first rises are running maxima, the second ones tangents
to the upper hull of the profile bent by the earth, and the smooth earth is a pair of running sums, whatever
the distance. The rises that fewer pixels need are found by a scan of the ray. Sampling is that of
``kernels.p1812_exact``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.p1812 import bullington
from geo.kernels.p1812_median import (
    DONE,
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
Ends = tuple[float, float, float]
Seen = tuple[float, float, float, float, float, float]
"""Steepest rise with clutter, over bare ground, its number; without bulge; sums of heights and moments."""
Ray = tuple[Singles, Singles, Singles, Singles]
"""Ground over that under the mast, the same with clutter [m]; 1 / sqrt(i) and 1 / i, from the last i to 0."""

PARTS_PER_M = 1000.0
"""Scans compare whole millimetres: of whole numbers the compiler takes the maximum of many at a time."""


@compiled
def radial_wedge(
    sign: int, strides: tuple[int, int], reach_cells: float, cell_km: float, rx_height_m: float,
    median: Median, ground_m: Singles, clutter_m: Singles, loss_db: Singles,
) -> None:  # fmt: skip
    """
    One quarter of the disc round the mast.

    Parameters
    ----------
    sign, strides, reach_cells, cell_km, rx_height_m, median, ground_m, clutter_m, loss_db
        As in ``p1812_exact.exact_wedge``.
    """
    side = round(math.sqrt(ground_m.size))
    radius_cells = side // 2
    ground, top = np.zeros((2, radius_cells + 2), dtype=np.float32)
    backwards = 1.0 / np.maximum(np.arange(radius_cells + 1, -1, -1), 1)
    roots, shares = np.sqrt(backwards).astype(np.float32), backwards.astype(np.float32)
    hulls = (
        np.zeros(radius_cells + 2, dtype=np.float32),
        np.zeros(radius_cells + 2, dtype=np.float32),
        np.zeros(radius_cells + 2, dtype=np.float32),
        np.zeros(radius_cells + 2, dtype=np.float32),
    )
    for ray_index in range(-radius_cells, radius_cells + 1):
        _ray(
            ray_index, radius_cells, sign, strides, reach_cells, cell_km, rx_height_m, median, ground_m,
            clutter_m, (ground, top, roots, shares), hulls, loss_db,
        )  # fmt: skip


@compiled
def _ray(
    ray_index: int, radius_cells: int, sign: int, strides: tuple[int, int], reach_cells: float,
    cell_km: float, rx_height_m: float, median: Median, ground_m: Singles, clutter_m: Singles, ray: Ray,
    hulls: Ray, loss_db: Singles,
) -> None:  # fmt: skip
    side, cluttered = 2 * radius_cells + 1, clutter_m.size > 0
    tilt = ray_index / radius_cells
    stretch = math.sqrt(1.0 + tilt * tilt)
    bend = median.bulge_m * (cell_km * stretch) ** 2
    ground, top = ray[0], ray[1]
    numbers, heights, bare_numbers, bare_heights = hulls
    steepest, bare_steepest, flat_steepest, bare_at = -1e30, -1e30, -1e30, 0.0
    total, moment, size, bare_size = 0.0, 0.0, 0, 0
    for n_steps in range(1, min(radius_cells, int(reach_cells / stretch) + 1) + 1):
        line = (radius_cells + sign * n_steps) * side + radius_cells
        across = tilt * n_steps
        j = math.floor(across + 0.5)
        mine = (
            math.floor(j * radius_cells / n_steps + 0.5) == ray_index
            and n_steps * n_steps + j * j <= reach_cells * reach_cells
        )
        if n_steps > 1 and mine and (strides[1] == 1 or abs(j) < n_steps):
            seen = (steepest, bare_steepest, bare_at, flat_steepest, total, moment)
            last_m = float(ground_m[line + j])
            rx_m = last_m + rx_height_m
            d_km = cell_km * math.sqrt(n_steps * n_steps + j * j)
            from_m = rx_m - bend * n_steps * n_steps
            touch = _tangent(numbers, heights, size, n_steps, from_m)
            slope = touch[0]
            loss, state = _clear(median, n_steps, d_km, rx_m, last_m, bend, seen, slope)
            if state != DONE and not math.isnan(rx_m):
                if cluttered:
                    touch = _tangent(bare_numbers, bare_heights, bare_size, n_steps, from_m)
                loss = _again(median, n_steps, d_km, rx_m, last_m, bend, seen, slope, touch, state, ray)
            loss_db[(radius_cells + sign * n_steps) * strides[0] + (radius_cells + j) * strides[1]] = loss
        low = math.floor(across)
        part = across - low
        height = float(ground_m[line + low])
        if part > 1e-4:
            height += part * (float(ground_m[line + low + 1]) - height)
        if math.isnan(height):
            return
        over = height
        if cluttered:
            over += float(clutter_m[line + low + (1 if part >= 0.5 else 0)])
        ground[n_steps], top[n_steps] = height, over
        total += height
        moment += n_steps * height
        flat = (height - median.tx_m) / n_steps
        flat_steepest = max(flat_steepest, flat)
        if flat - bend * n_steps > bare_steepest:
            bare_steepest, bare_at = flat - bend * n_steps, float(n_steps)
        steepest = max(steepest, (over - median.tx_m) / n_steps - bend * n_steps)
        size = _push(numbers, heights, size, n_steps, over - bend * n_steps * n_steps)
        if cluttered:
            bare_size = _push(
                bare_numbers, bare_heights, bare_size, n_steps, height - bend * n_steps * n_steps
            )


@compiled
def _clear(
    median: Median,
    n_steps: int,
    d_km: float,
    rx_m: float,
    last_m: float,
    bend_m: float,
    seen: Seen,
    slope_ratio: float,
) -> tuple[float, int]:
    rise, hump = rx_m - median.tx_m, bend_m * n_steps * n_steps
    smooth = smooth_ends(float(n_steps), seen[4], seen[5], last_m)
    ends = (smooth[0], smooth[1], last_m)
    rises = (
        n_steps * seen[0] + hump - rise,
        n_steps * slope_ratio - hump + rise,
        n_steps * seen[1] + hump - rise,
    )
    return first_look(median, d_km, rx_m, ends, rises)


@compiled
def _again(
    median: Median, n_steps: int, d_km: float, rx_m: float, last_m: float, bend_m: float, seen: Seen,
    slope_ratio: float, touch: tuple[float, float], state: int, ray: Ray,
) -> float:  # fmt: skip
    # ``touch``: tangent to the hull of bare ground, and the number of its point.
    rise, hump = rx_m - median.tx_m, bend_m * n_steps * n_steps
    smooth = smooth_ends(float(n_steps), seen[4], seen[5], last_m)
    ends = (smooth[0], smooth[1], last_m)
    rises = (n_steps * seen[0] + hump - rise, n_steps * slope_ratio - hump + rise)
    if state == OPEN:
        return _open(median, n_steps, d_km, rx_m, ends, rises, bend_m, ray)
    bare = (
        n_steps * seen[1] + hump - rise,
        n_steps * touch[0] - hump + rise,
        seen[2] / n_steps,
        touch[1] / n_steps,
    )
    highest, second = _over_line(ray[0], ray[3][ray[3].size - 1 - n_steps :], n_steps, median.tx_m, rx_m)
    flat = (highest, n_steps * seen[3] - rise, second)
    return _hidden(median, d_km, rx_m, ends, rises, flat, bare, n_steps, ray[0])


@compiled
def _open(
    median: Median, n_steps: int, d_km: float, rx_m: float, ends_m: Ends, rises_m: tuple[float, float],
    bend_m: float, ray: Ray,
) -> float:  # fmt: skip
    back = ray[2][ray[2].size - 1 - n_steps :]
    third = float(_third(ray[1], back, n_steps, median.tx_m, rx_m, bend_m))
    loss_db = bullington((rises_m[0], rises_m[1], third), d_km, median.link.wavelength_m)
    tx_height_m, rx_height_m = median.tx_m - min(ends_m[0], 0.0), rx_m - min(ends_m[1], ends_m[2])
    loss_db += sphere_excess(median, d_km, tx_height_m, rx_height_m)
    rise_m = rx_m - median.tx_m
    if loss_db <= floor_of(median) and abs(rise_m) <= STEEP_M_PER_KM * d_km:
        return free(median, d_km, rise_m) + loss_db
    # Ducting is far off: the place of the horizon does not matter.
    if loss_db <= median.duct_db - median.free_db and abs(rise_m) <= STEEP_M_PER_KM * d_km:
        return in_sight(median, d_km, rx_m, ends_m, 0.5, loss_db, 0.0)
    at = _nearest(ray[0], n_steps, median.tx_m, rx_m, bend_m)
    rough_m = _roughness(ray[0], n_steps, at, at, ends_m)
    return in_sight(median, d_km, rx_m, ends_m, at / n_steps, loss_db, rough_m)


@compiled
def _hidden(
    median: Median, d_km: float, rx_m: float, ends_m: Ends, rises_m: tuple[float, float], flat_m: Ends,
    horizons: tuple[float, float, float, float], n_steps: int, ground_m: Singles,
) -> float:  # fmt: skip
    free_db = free(median, d_km, rx_m - median.tx_m)
    loss_db = free_db + hidden_loss(median, d_km, rx_m, ends_m, rises_m, flat_m)
    path = hidden_path(median, d_km, rx_m, ends_m, horizons, 0.0)
    if least_duct(median, path) < loss_db:
        rough_m = _roughness(
            ground_m, n_steps, round(horizons[2] * n_steps), round(horizons[3] * n_steps), ends_m
        )
        path = hidden_path(median, d_km, rx_m, ends_m, horizons, rough_m)
    return combined(median, path, free_db, loss_db)


@compiled
def _push(numbers: Singles, heights_m: Singles, n_points: int, number: int, height_m: float) -> int:
    # Upper hull: drop what the new point covers.
    while n_points >= 2:
        last, before = numbers[n_points - 1], numbers[n_points - 2]
        if (heights_m[n_points - 1] - heights_m[n_points - 2]) * (number - last) > (
            height_m - heights_m[n_points - 1]
        ) * (last - before):
            break
        n_points -= 1
    numbers[n_points], heights_m[n_points] = number, height_m
    return n_points + 1


@compiled
def _tangent(
    numbers: Singles, heights_m: Singles, n_points: int, number: int, height_m: float
) -> tuple[float, float]:
    # Steepest rise backwards from a point after the hull, and the number of the point where it touches: the
    # last one whose predecessor does not rise more steeply.
    low, high = 0, n_points - 1
    while low < high:
        i = (low + high) >> 1
        after = (heights_m[i + 1] - height_m) * (number - numbers[i])
        if after >= (heights_m[i] - height_m) * (number - numbers[i + 1]):
            low = i + 1
        else:
            high = i
    return (heights_m[low] - height_m) / (number - numbers[low]), float(numbers[low])


@compiled
def _third(top_m: Singles, back: Singles, n_steps: int, tx_m: float, rx_m: float, bend_m: float) -> float:
    linear, square = np.float32(bend_m * n_steps + (tx_m - rx_m) / n_steps), np.float32(bend_m)
    base, fine = np.float32(tx_m), np.float32(n_steps * PARTS_PER_M)
    best = np.int32(-(2**30))
    for k in range(1, n_steps):
        number = np.float32(k)
        over = (top_m[k] - base + (linear - square * number) * number) * back[k] / np.sqrt(number)
        best = max(best, np.int32(over * fine))
    return best / PARTS_PER_M


@compiled
def _over_line(
    ground_m: Singles, back: Singles, n_steps: int, tx_m: float, rx_m: float
) -> tuple[float, float]:
    # Highest bare ground over the straight line, and its second rise, without earth bulge.
    slope, base = np.float32((tx_m - rx_m) / n_steps), np.float32(tx_m)
    part, fine = np.float32(PARTS_PER_M), np.float32(n_steps * PARTS_PER_M)
    highest, second = np.int32(-(2**30)), np.int32(-(2**30))
    for k in range(1, n_steps):
        over = ground_m[k] - base + slope * np.float32(k)
        highest = max(highest, np.int32(over * part))
        second = max(second, np.int32(over * back[k] * fine))
    return highest / PARTS_PER_M, second / PARTS_PER_M


@compiled
def _nearest(ground_m: Singles, n_steps: int, tx_m: float, rx_m: float, bend_m: float) -> int:
    best, at = -1e30, 1
    slope = (rx_m - tx_m) / n_steps
    for k in range(1, n_steps):
        over = ground_m[k] + bend_m * k * (n_steps - k) - tx_m - slope * k
        if over * abs(over) > best * abs(best) * (k * (n_steps - k)):
            best, at = over / math.sqrt(k * (n_steps - k)), k
    return at


@compiled
def _roughness(ground_m: Singles, n_steps: int, first_row: int, last_row: int, ends_m: Ends) -> float:
    tx_m, rx_m = min(ends_m[0], 0.0), min(ends_m[1], ends_m[2])
    rough_m = -math.inf
    for k in range(first_row, last_row + 1):
        rough_m = max(rough_m, ground_m[k] - tx_m - (rx_m - tx_m) * k / n_steps)
    return rough_m
