"""Loss and received power around one mast, and the best of many masts."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.beam import NOTHING, ONE, TINY, directed, everywhere
from geo.kernels.compiled import compiled
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
    radius = marks.shape[0] // 2
    flat_m = mast_height_m - receiver_m
    los_end_db, nlos_end_db = _ends(los_limit_m, nlos_limit_m, flat_m, terms)
    for row in range(marks.shape[0]):
        for col in range(marks.shape[1]):
            loss_cdb[row, col] = NO_LOSS
            least_cdb[row, col] = NO_LOSS
            mark = marks[row, col]
            dx = (col - radius) * cell_m - east_m
            dy = (radius - row) * cell_m - north_m
            square = dx * dx + dy * dy
            if mark == 0 or square > reach_m * reach_m:
                continue
            d2 = max(math.sqrt(square), NEAREST_M)
            certain = not math.isnan(mast_altitude_m)
            dz = mast_altitude_m - ground_m[row, col] - receiver_m if certain else flat_m
            d3 = math.sqrt(d2 * d2 + dz * dz)
            log_d3 = math.log10(d3)
            los_db = los_loss(d2, d3, log_d3, terms)
            if d2 > los_limit_m:
                los_db = los_end_db
            if mark & BLOCKED or mark & UNKNOWN:
                if d2 <= nlos_limit_m and certain:
                    loss_cdb[row, col] = _centi(nlos_loss(los_db, log_d3, terms))
                elif mark & BLOCKED and certain:
                    least_cdb[row, col] = _centi(nlos_end_db)
                if not (mark & BLOCKED) or not certain:
                    least_cdb[row, col] = _centi(los_db)
            elif d2 <= los_limit_m and certain:
                loss_cdb[row, col] = _centi(los_db)
            else:
                least_cdb[row, col] = _centi(los_db)


@compiled
def _centi(loss_db: float) -> int:
    # Hundredths of a decibel, rounded; a loss is never below 0.
    return int(min(loss_db * CENTI + 0.5, MOST))


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
        Loss over the profile [dB], same shape; NaN where the profile is not known.
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
        vertical width [°], 1 where the azimuth is unknown. Shape (n, 10).
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
    for col in range(dx.size):
        dx[col] = (col - radius) * cell_m - east_m
    for row in range(marks.shape[0]):
        dy = np.float32((radius - row) * cell_m - north_m)
        for col in range(dx.size):
            rise_m = ground_m[row, col] + np.float32(receiver_m - mast_altitude_m)
            dz[col] = rise_m if rise_m == rise_m else np.float32(-flat_m)
            square = dx[col] * dx[col] + dy * dy
            level[col] = math.sqrt(square)
            per_length[col] = ONE / math.sqrt(square + dz[col] * dz[col] + TINY)
            best[col] = NOTHING
            chosen[col] = -1
        for k in range(servers.size):
            if table[k, 9] > 0.5:
                everywhere(dz, level, per_length, table[k], k, best, chosen)
            else:
                directed(dx, dy, dz, level, per_length, table[k], k, best, chosen)
        for col in range(dx.size):
            power_dbm[row, col] = np.nan
            server[row, col] = -1
            possible_dbm[row, col] = -np.inf
            if chosen[col] < 0:
                continue
            certain, is_open = loss_cdb[row, col], least_cdb[row, col]
            if is_open != NO_LOSS:
                possible_dbm[row, col] = best[col] - np.float32(is_open / CENTI)
            if certain != NO_LOSS:
                power_dbm[row, col] = best[col] - np.float32(certain / CENTI)
                server[row, col] = servers[chosen[col]]
                marks[row, col] |= extra[chosen[col]]


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
    for row in range(max(0, -row0), min(power_dbm.shape[0], rows - row0)):
        for col in range(max(0, -col0), min(power_dbm.shape[1], cols - col0)):
            r, c = row + row0, col + col0
            all_possible_dbm[r, c] = max(all_possible_dbm[r, c], possible_dbm[row, col])
            if server[row, col] < 0:
                continue
            power, best = power_dbm[row, col], all_power_dbm[r, c]
            higher = math.isnan(best) or power > best
            if higher or (power == best and server[row, col] < all_server[r, c]):
                all_power_dbm[r, c] = power
                all_server[r, c] = server[row, col]
                all_marks[r, c] = marks[row, col] & (BLOCKED | UNKNOWN | ASSUMED | EXTENDED)
