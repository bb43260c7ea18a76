"""Loss and received power around one mast, and the best of many masts."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.beam import NOTHING, ONE, TINY, Single, directed, everywhere
from geo.kernels.compiled import compiled
from geo.kernels.lobe import Lobes, tabled
from geo.kernels.p1812_tail import HALF, log2
from geo.kernels.pathloss import Terms, los_loss, nlos_loss
from geo.kernels.sight import ASSUMED, BLOCKED, UNKNOWN

EXTENDED = 16
"""Mark of a cell whose server's height lies outside the model's table."""

NO_LOSS = -32768
"""Loss of a cell for which there is none."""

CENTI = 100.0
"""Losses are held in hundredths of a decibel."""

MOST = 32767.0

NEAREST_M = 10.0
"""Below this horizontal distance [m] the loss at this distance counts."""

DEGREES = 180.0 / math.pi

NONE = np.int16(NO_LOSS)
NO_MARK = np.uint8(0)
KEPT = np.uint8(BLOCKED | UNKNOWN | ASSUMED | EXTENDED)
HALF_LOG = np.float32(0.5 * math.log10(2.0))
"""Turns the power of two of a square into the logarithm of its root."""

Row = npt.NDArray[np.float32]
Values = npt.NDArray[np.float32]
Marks = npt.NDArray[np.uint8]
Servers = npt.NDArray[np.int16]
Losses = npt.NDArray[np.int16]
Sectors = npt.NDArray[np.float64]


@compiled
def loss(
    cell_m: float,
    east_m: float,
    north_m: float,
    reach_m: float,
    mast_altitude_m: float,
    mast_height_m: float,
    receiver_m: float,
    los_limit_m: float,
    nlos_limit_m: float,
    terms: Terms,
    ground_m: Values,
    marks: Marks,
    loss_cdb: Losses,
    least_cdb: Losses,
) -> None:
    """
    Loss from one mast to every cell of a disc.

    Parameters
    ----------
    cell_m
        Side of a cell [m].
    east_m, north_m
        Mast relative to the centre of the central cell [m].
    reach_m
        Nothing is computed beyond this horizontal distance [m].
    mast_altitude_m
        Antenna above sea level [m]. NaN: unknown, then only ``least_cdb`` is written.
    mast_height_m, receiver_m
        Antenna and receivers above the ground [m].
    los_limit_m, nlos_limit_m
        Upper distances of the model [m].
    terms
        Coefficients of the model.
    ground_m
        Ground above sea level [m], square, odd side.
    marks
        Line of sight from ``kernels.sight``, same shape.
    loss_cdb
        Written: loss that is certain not to be exceeded [0.01 dB]; ``NO_LOSS`` where there is none.
    least_cdb
        Written where not all is known: lower bound of the loss [0.01 dB]; ``NO_LOSS`` where nothing is open.
    """
    loss_cdb[:, :] = NO_LOSS
    least_cdb[:, :] = NO_LOSS
    radius = marks.shape[0] // 2
    flat_m = mast_height_m - receiver_m
    ends_db = _ends(los_limit_m, nlos_limit_m, flat_m, terms)
    scratch = np.empty((3, marks.shape[1]), dtype=np.float32)
    for row in range(marks.shape[0]):
        dy = (radius - row) * cell_m - north_m
        part = chord(radius, row)
        level_m, los_db, nlos_db = scratch[0][part], scratch[1][part], scratch[2][part]
        _row_distances(cell_m, (part.start - radius) * cell_m - east_m, dy, reach_m, level_m)
        _row_losses(
            mast_altitude_m - receiver_m, flat_m, terms, ground_m[row][part], level_m, los_db, nlos_db
        )
        _row_decided(
            (los_limit_m, nlos_limit_m), ends_db, mast_altitude_m, marks[row][part], level_m, los_db,
            nlos_db, loss_cdb[row][part], least_cdb[row][part],
        )  # fmt: skip


@compiled
def chord(radius_cells: int, row: int) -> slice:
    """
    Columns of a square that lie in its inscribed disc.

    Parameters
    ----------
    radius_cells
        Half the side less one half [cells].
    row
        A row of the square.

    Returns
    -------
    columns
        From the first to past the last.
    """
    away = row - radius_cells
    half = int(math.sqrt(radius_cells * radius_cells - away * away))
    return slice(radius_cells - half, radius_cells + half + 1)


@compiled
def _row_distances(cell_m: float, first_m: float, dy_m: float, reach_m: float, level_m: Row) -> None:
    # Horizontal distance of each cell, at least ``NEAREST_M``; infinite beyond the reach.
    square_m2, most_m2 = dy_m * dy_m, reach_m * reach_m
    for k in range(level_m.size):
        dx = first_m + k * cell_m
        square = dx * dx + square_m2
        level_m[k] = max(math.sqrt(square), NEAREST_M) if square <= most_m2 else math.inf


@compiled
def _row_losses(
    from_m: float, flat_m: float, terms: Terms, ground_m: Row, level_m: Row, los_db: Row, nlos_db: Row
) -> None:
    # ``kernels.pathloss.los_loss`` and ``nlos_loss`` without a branch.
    over_m, level_rise = np.float32(from_m), np.float32(flat_m)
    break_m, a1, b1, c1 = (
        np.float32(terms[0]),
        np.float32(terms[1]),
        np.float32(terms[2]),
        np.float32(terms[3]),
    )
    a2, b2 = np.float32(terms[4]), np.float32(terms[5])
    a3, b3 = np.float32(terms[6]), np.float32(terms[7])
    for k in range(los_db.size):
        rise = over_m - ground_m[k]
        dz = rise if rise == rise else level_rise
        square = level_m[k] * level_m[k] + dz * dz
        log_d3 = HALF_LOG * log2(square)
        near_db = a1 + b1 * log_d3 + c1 * np.sqrt(square)
        far_db = a2 + b2 * log_d3
        loss_db = near_db if level_m[k] <= break_m else far_db
        los_db[k] = loss_db
        nlos_db[k] = max(loss_db, a3 + b3 * log_d3)


@compiled
def _row_decided(
    limits_m: tuple[float, float], ends_db: tuple[float, float], mast_altitude_m: float, marks: Marks,
    level_m: Row, los_db: Row, nlos_db: Row, loss_cdb: Losses, least_cdb: Losses,
) -> None:  # fmt: skip
    los_limit, nlos_limit = np.float32(limits_m[0]), np.float32(limits_m[1])
    los_end, nlos_end = np.float32(min(ends_db[0], MOST)), np.float32(min(ends_db[1], MOST))
    beyond, certain = np.float32(math.inf), not math.isnan(mast_altitude_m)
    for k in range(marks.size):
        mark, level = marks[k], level_m[k]
        is_there = (mark != 0) and (level < beyond)
        blocked, hidden = (mark & BLOCKED) != 0, (mark & (BLOCKED | UNKNOWN)) != 0
        seen_db = los_end if level > los_limit else los_db[k]
        limit = nlos_limit if hidden else los_limit
        sure = certain and (level <= limit)
        loss_db = nlos_db[k] if hidden else seen_db
        known = is_there and sure
        loss_cdb[k] = _centi(loss_db) if known else NONE
        # Behind a known block the loss is that without line of sight; behind an unknown one it may be less.
        behind = certain and blocked
        least_db = nlos_end if behind else seen_db
        opened = is_there and ((not sure) or (hidden and not behind))
        least_cdb[k] = _centi(least_db) if opened else NONE


@compiled
def _centi(loss_db: float | np.float32) -> np.int16:
    # Hundredths of a decibel, rounded; a loss is never below 0.
    return np.int16(min(loss_db * np.float32(CENTI) + HALF, np.float32(MOST)))


@compiled
def blend(
    cell_m: float,
    east_m: float,
    north_m: float,
    near_m: float,
    far_m: float,
    far_db: Values,
    loss_cdb: Losses,
    least_cdb: Losses,
) -> None:
    """
    Replace the loss beyond a distance by that of a model of the whole profile.

    Parameters
    ----------
    cell_m, east_m, north_m
        As in ``loss``.
    near_m, far_m
        Horizontal distances [m] between which the weight of the profile's loss grows from 0 to 1 in
        proportion.
    far_db
        Loss over the profile [dB], same shape; NaN where the profile is not known, infinite where the loss
        does not matter.
    loss_cdb, least_cdb
        From ``loss``; updated. Where the profile is not known nothing is certain beyond ``near_m``.
    """
    radius = loss_cdb.shape[0] // 2
    for row in range(loss_cdb.shape[0]):
        for col in range(loss_cdb.shape[1]):
            here, least = loss_cdb[row, col], least_cdb[row, col]
            if here == NO_LOSS and least == NO_LOSS:
                continue
            level_m = math.hypot((col - radius) * cell_m - east_m, (radius - row) * cell_m - north_m)
            if level_m <= near_m:
                continue
            if math.isinf(far_db[row, col]):
                loss_cdb[row, col] = NO_LOSS
                least_cdb[row, col] = NO_LOSS
                continue
            if math.isnan(far_db[row, col]):
                least_cdb[row, col] = here if least == NO_LOSS else least
                loss_cdb[row, col] = NO_LOSS
                continue
            weight = min((level_m - near_m) / (far_m - near_m), 1.0)
            if here == NO_LOSS:
                weight = 1.0
            base_db = 0.0 if here == NO_LOSS else here / CENTI
            loss_cdb[row, col] = _centi((1.0 - weight) * base_db + weight * far_db[row, col])
            least_cdb[row, col] = NO_LOSS


@compiled
def leave_out(wanted: Marks, loss_cdb: Losses, least_cdb: Losses) -> None:
    """
    Take away the losses that nobody wants.

    Parameters
    ----------
    wanted
        0 where no loss is wanted, shape (rows, cols).
    loss_cdb, least_cdb
        From ``loss``; updated: there ``NO_LOSS``.
    """
    for row in range(wanted.shape[0]):
        for col in range(wanted.shape[1]):
            loss_cdb[row, col] = loss_cdb[row, col] if wanted[row, col] else NONE
            least_cdb[row, col] = least_cdb[row, col] if wanted[row, col] else NONE


@compiled
def correct(
    cell_m: float,
    east_m: float,
    north_m: float,
    slope_db: float,
    from_m: float,
    to_m: float,
    certain_db: Values,
    least_db: Values,
    loss_cdb: Losses,
    least_cdb: Losses,
) -> None:
    """
    Add to the loss what measurements have taught.

    Parameters
    ----------
    cell_m, east_m, north_m
        As in ``loss``.
    slope_db
        Added for each tenfold distance beyond 1 km [dB].
    from_m, to_m
        Horizontal distances [m] beyond which the slope's value stays as it is there.
    certain_db, least_db
        Added to the loss, and to its lower bound, apart from the slope [dB], shape (rows, cols).
    loss_cdb, least_cdb
        From ``loss``; updated, and never below 0.
    """
    radius = loss_cdb.shape[0] // 2
    for row in range(loss_cdb.shape[0]):
        for col in range(loss_cdb.shape[1]):
            here, least = loss_cdb[row, col], least_cdb[row, col]
            if here == NO_LOSS and least == NO_LOSS:
                continue
            level_m = math.hypot((col - radius) * cell_m - east_m, (radius - row) * cell_m - north_m)
            slant_db = slope_db * math.log10(min(max(level_m, from_m), to_m) / 1_000.0)
            if here != NO_LOSS:
                loss_cdb[row, col] = _centi(max(here / CENTI + certain_db[row, col] + slant_db, 0.0))
            if least != NO_LOSS:
                least_cdb[row, col] = _centi(max(least / CENTI + least_db[row, col] + slant_db, 0.0))


@compiled
def _ends(los_limit_m: float, nlos_limit_m: float, flat_m: float, terms: Terms) -> tuple[float, float]:
    # Loss at the two upper distances of the model, over flat ground.
    los_end_db, nlos_end_db = math.inf, math.inf
    if not math.isinf(los_limit_m):
        d3 = math.hypot(los_limit_m, flat_m)
        los_end_db = los_loss(los_limit_m, d3, math.log10(d3), terms)
    if not math.isinf(nlos_limit_m):
        d3 = math.hypot(nlos_limit_m, flat_m)
        nlos_end_db = nlos_loss(los_loss(nlos_limit_m, d3, math.log10(d3), terms), math.log10(d3), terms)
    return los_end_db, nlos_end_db


@compiled
def pattern_db(
    forward: float,
    right: float,
    up: float,
    cos_tilt: float,
    sin_tilt: float,
    electrical_deg: float,
    horizontal_deg: float,
    vertical_deg: float,
    omni_share: float,
) -> float:
    """
    Attenuation of an antenna towards a direction.

    Parameters
    ----------
    forward, right, up
        Unit vector to the receiver; forward is the azimuth of the antenna.
    cos_tilt, sin_tilt
        Of the mechanical tilt, downwards positive: it turns the pattern.
    electrical_deg
        Electrical tilt [°], downwards positive: it shifts the vertical pattern.
    horizontal_deg, vertical_deg
        Half-power widths [°].
    omni_share
        Above 0.5: the azimuth is unknown, and the horizontal pattern and the turn are left out.

    Returns
    -------
    attenuation_db
        0 to 30 [dB].

    References
    ----------
    TR 38.901 Table 7.3-1.
    """
    if omni_share > 0.5:
        # The downtilt then holds in every direction.
        tilt_deg = electrical_deg + math.atan2(sin_tilt, cos_tilt) * DEGREES
        below_deg = -math.asin(max(-1.0, min(1.0, up))) * DEGREES
        off_deg = (below_deg - tilt_deg) / vertical_deg
        return min(12.0 * off_deg * off_deg, 30.0)
    turned = forward * cos_tilt - up * sin_tilt
    risen = forward * sin_tilt + up * cos_tilt
    below_deg = -math.asin(max(-1.0, min(1.0, risen))) * DEGREES
    phi_deg = math.atan2(right, turned) * DEGREES
    off_v = (below_deg - electrical_deg) / vertical_deg
    off_h = phi_deg / horizontal_deg
    return min(min(12.0 * off_v * off_v, 30.0) + min(12.0 * off_h * off_h, 30.0), 30.0)


@compiled
def sectors(
    cell_m: float,
    east_m: float,
    north_m: float,
    mast_altitude_m: float,
    mast_height_m: float,
    receiver_m: float,
    table: Sectors,
    lobes: Lobes,
    servers: Servers,
    extra: Marks,
    ground_m: Values,
    marks: Marks,
    loss_cdb: Losses,
    least_cdb: Losses,
    power_dbm: Values,
    server: Servers,
    possible_dbm: Values,
) -> None:
    """
    Strongest sector of a mast in every cell of a disc.

    Parameters
    ----------
    cell_m, east_m, north_m, mast_altitude_m, mast_height_m, receiver_m, ground_m
        As in ``loss``.
    table
        One row for each sector: radiated power of a resource element [dBm], reach [m], cosine and sine of
        the grid azimuth, cosine and sine of the mechanical tilt, electrical tilt [°], horizontal and
        vertical width [°], 1 where the azimuth is unknown, place of its antenna in ``lobes`` or −1. Shape
        (n, 11).
    lobes
        Attenuation of antennas towards every direction [dB], shape (n, 3, 181, 361), of which the first of
        the three tables counts.
    servers, extra
        Index of each sector, and marks which its cells get, shape (n,).
    marks
        Read: line of sight. Written: marks of the strongest sector.
    loss_cdb, least_cdb
        From ``loss``.
    power_dbm, server, possible_dbm
        Written: strongest certain power [dBm] (NaN: none), its sector (−1: none), and the largest power
        that is still possible where something is unknown [dBm] (−inf: nothing is).
    """
    radius = marks.shape[0] // 2
    flat_m = mast_height_m - receiver_m
    scratch = np.empty((5, marks.shape[1]), dtype=np.float32)
    dx, dz, level, per_length, best = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    chosen = np.empty(marks.shape[1], dtype=np.int16)
    for row in range(marks.shape[0]):
        power_dbm[row, :] = np.nan
        server[row, :] = -1
        possible_dbm[row, :] = -np.inf
        part = chord(radius, row)
        dy = np.float32((radius - row) * cell_m - north_m)
        ground, across, rise = ground_m[row][part], dx[part], dz[part]
        far, per, most, number = level[part], per_length[part], best[part], chosen[part]
        row_geometry(
            cell_m, (part.start - radius) * cell_m - east_m, dy, receiver_m - mast_altitude_m, -flat_m,
            ground, across, rise, far, per,
        )  # fmt: skip
        radiated(table, lobes, across, dy, rise, far, per, most, number)
        _received(most, number, loss_cdb[row][part], power_dbm[row][part])
        _received(most, number, least_cdb[row][part], possible_dbm[row][part])
        _named(number, servers, extra, power_dbm[row][part], server[row][part], marks[row][part])
        _closed(possible_dbm[row][part])


@compiled
def row_geometry(
    cell_m: float, first_m: float, dy_m: Single, over_m: float, flat_m: float, ground_m: Row, dx: Row,
    dz: Row, level: Row, per_length: Row,
) -> None:  # fmt: skip
    """
    Receivers of a row relative to the antenna.

    Parameters
    ----------
    cell_m, first_m, dy_m
        Side of a cell, and the first receiver east and north of the antenna [m].
    over_m, flat_m
        Receiver over ground at sea level less the antenna, and over ground as high as the mast's [m].
    ground_m
        Ground above sea level [m].
    dx, dz, level, per_length
        Written: as ``kernels.beam.directed`` takes them.
    """
    over, flat = np.float32(over_m), np.float32(flat_m)
    for col in range(dx.size):
        dx[col] = first_m + col * cell_m
        rise_m = ground_m[col] + over
        dz[col] = rise_m if rise_m == rise_m else flat
        square = dx[col] * dx[col] + dy_m * dy_m
        level[col] = np.sqrt(square)
        per_length[col] = ONE / np.sqrt(square + dz[col] * dz[col] + TINY)


@compiled
def radiated(
    table: Sectors, lobes: Lobes, dx: Row, dy_m: Single, dz: Row, level: Row, per_length: Row, best: Row,
    chosen: Servers,
) -> None:  # fmt: skip
    """
    What the strongest sector radiates towards each receiver of a row.

    Parameters
    ----------
    table, lobes
        As in ``sectors``.
    dx, dy_m, dz, level, per_length
        From ``row_geometry``.
    best, chosen
        Written: power [dBm], and the number of the sector; −1 where none reaches.
    """
    for col in range(best.size):
        best[col] = NOTHING
        chosen[col] = -1
    for k in range(table.shape[0]):
        if table[k, 10] >= 0.0:
            lobe = lobes[int(table[k, 10]), 0]
            tabled(dx, dy_m, dz, level, per_length, table[k], k, lobe, best, chosen)
        elif table[k, 9] > 0.5:
            everywhere(dz, level, per_length, table[k], k, best, chosen)
        else:
            directed(dx, dy_m, dz, level, per_length, table[k], k, best, chosen)


@compiled
def _received(radiated_dbm: Row, chosen: Servers, loss_cdb: Losses, power_dbm: Row) -> None:
    # NaN where no sector reaches or there is no loss.
    nothing, centi = np.float32(math.nan), np.float32(CENTI)
    for col in range(power_dbm.size):
        power = radiated_dbm[col] - np.float32(loss_cdb[col]) / centi
        there = (chosen[col] >= 0) and (loss_cdb[col] != NONE)
        power_dbm[col] = power if there else nothing


@compiled
def _named(
    chosen: Servers, servers: Servers, extra: Marks, power_dbm: Row, server: Servers, marks: Marks
) -> None:
    # The strongest sector by its index in the run, and its marks, where its power is certain.
    for k in range(servers.size):
        number, index, mark = np.int16(k), servers[k], extra[k]
        for col in range(server.size):
            is_it = (chosen[col] == number) and (power_dbm[col] == power_dbm[col])
            server[col] = index if is_it else server[col]
            marks[col] |= mark if is_it else NO_MARK


@compiled
def _closed(possible_dbm: Row) -> None:
    nothing = np.float32(-math.inf)
    for col in range(possible_dbm.size):
        possible_dbm[col] = possible_dbm[col] if possible_dbm[col] == possible_dbm[col] else nothing


@compiled
def merge(
    row0: int,
    col0: int,
    power_dbm: Values,
    server: Servers,
    possible_dbm: Values,
    marks: Marks,
    all_power_dbm: Values,
    all_server: Servers,
    all_possible_dbm: Values,
    all_marks: Marks,
) -> None:
    """
    Best of what was known and what one mast adds. Equal powers go to the lower index.

    Parameters
    ----------
    row0, col0
        Place in the whole grid of the upper left cell of the mast's square; may lie outside.
    power_dbm, server, possible_dbm, marks
        From ``sectors``.
    all_power_dbm, all_server, all_possible_dbm, all_marks
        Updated: the same for the whole grid.
    """
    rows, cols = all_power_dbm.shape
    first, last = max(0, -col0), min(power_dbm.shape[1], cols - col0)
    if last <= first:
        return
    part, whole = slice(first, last), slice(first + col0, last + col0)
    for row in range(max(0, -row0), min(power_dbm.shape[0], rows - row0)):
        _merge_row(
            power_dbm[row][part], server[row][part], possible_dbm[row][part], marks[row][part],
            all_power_dbm[row + row0][whole], all_server[row + row0][whole],
            all_possible_dbm[row + row0][whole], all_marks[row + row0][whole],
        )  # fmt: skip


@compiled
def _merge_row(
    power_dbm: Row, server: Servers, possible_dbm: Row, marks: Marks, all_power_dbm: Row,
    all_server: Servers, all_possible_dbm: Row, all_marks: Marks,
) -> None:  # fmt: skip
    for k in range(power_dbm.size):
        most = max(all_possible_dbm[k], possible_dbm[k])
        all_possible_dbm[k] = most
        power, best = power_dbm[k], all_power_dbm[k]
        higher = (best != best) or (power > best)
        higher = higher or ((power == best) and (server[k] < all_server[k]))
        higher = higher and (server[k] >= 0)
        all_power_dbm[k] = power if higher else best
        all_server[k] = server[k] if higher else all_server[k]
        all_marks[k] = (marks[k] & KEPT) if higher else all_marks[k]
