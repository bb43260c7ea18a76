"""All sectors of one mast at once: what interferes, and who stands second."""

from __future__ import annotations

import math

import numpy as np

from geo.kernels.compiled import compiled
from geo.kernels.field import CENTI, NO_LOSS, Losses, Marks, Sectors, Servers, Values, pattern_db
from geo.kernels.lobe import Lobes, lobe_db

TO_NEPER = math.log(10.0) / 10.0


@compiled
def gather(
    row0: int,
    col0: int,
    cell_m: float,
    east_m: float,
    north_m: float,
    mast_altitude_m: float,
    mast_height_m: float,
    receiver_m: float,
    threshold_dbm: float,
    table: Sectors,
    servers: Servers,
    lobes: Lobes,
    ground_m: Values,
    loss_cdb: Losses,
    least_cdb: Losses,
    total_mw: Values,
    own_mw: Values,
    best_dbm: Values,
    second_dbm: Values,
    served_dbm: Values,
    best: Servers,
    second: Servers,
    n_servers: Marks,
) -> None:
    """
    Add one mast to the sums over all masts of one carrier.

    Parameters
    ----------
    row0, col0
        Place in the whole grid of the upper left cell of the mast's square; may lie outside.
    cell_m, east_m, north_m, mast_altitude_m, mast_height_m, receiver_m, ground_m, loss_cdb, least_cdb
        As in ``kernels.field.sectors``.
    table, servers, lobes
        As in ``kernels.field.sectors``.
    threshold_dbm
        Median from which a sector counts as a server [dBm].
    total_mw
        Updated: power of all sectors [mW]; where a path is not wholly known, as much as could be. Antennas
        with beams count with the beams of others.
    own_mw
        Updated: the part of the strongest certain sector in it [mW].
    best_dbm, second_dbm
        Updated: the two strongest certain sectors [dBm]; −inf where there are none.
    served_dbm
        Updated: traffic power of the strongest certain sector [dBm].
    best, second
        Updated: numbers of the two strongest certain sectors; −1 where there are none.
    n_servers
        Updated: number of certain sectors that reach the threshold, at most 255.
    """
    rows, cols = total_mw.shape
    radius = loss_cdb.shape[0] // 2
    flat_m = mast_height_m - receiver_m
    for row in range(max(0, -row0), min(loss_cdb.shape[0], rows - row0)):
        for col in range(max(0, -col0), min(loss_cdb.shape[1], cols - col0)):
            certain, is_open = loss_cdb[row, col], least_cdb[row, col]
            if certain == NO_LOSS and is_open == NO_LOSS:
                continue
            r, c = row + row0, col + col0
            least_db = (certain if is_open == NO_LOSS else is_open) / CENTI
            dx = (col - radius) * cell_m - east_m
            dy = (radius - row) * cell_m - north_m
            dz = ground_m[row, col] + receiver_m - mast_altitude_m
            if math.isnan(dz):
                dz = -flat_m
            level = math.sqrt(dx * dx + dy * dy)
            length = math.sqrt(dx * dx + dy * dy + dz * dz)
            if length == 0.0:
                length = 1.0
            for k in range(table.shape[0]):
                if level > table[k, 1]:
                    continue
                forward = (dx * table[k, 3] + dy * table[k, 2]) / length
                right = (dx * table[k, 2] - dy * table[k, 3]) / length
                if table[k, 10] >= 0.0:
                    lobe, up, omni = lobes[int(table[k, 10])], dz / length, table[k, 9]
                    cos_tilt, sin_tilt = table[k, 4], table[k, 5]
                    sent_dbm = table[k, 0] - lobe_db(forward, right, up, cos_tilt, sin_tilt, omni, lobe[0])
                    traffic_dbm = table[k, 0] - lobe_db(forward, right, up, cos_tilt, sin_tilt, omni, lobe[1])
                    others_dbm = table[k, 0] - lobe_db(forward, right, up, cos_tilt, sin_tilt, omni, lobe[2])
                else:
                    sent_dbm = table[k, 0] - pattern_db(
                        forward, right, dz / length, table[k, 4], table[k, 5], table[k, 6], table[k, 7],
                        table[k, 8], table[k, 9],
                    )  # fmt: skip
                    traffic_dbm, others_dbm = sent_dbm, sent_dbm
                possible_mw = np.float32(math.exp((others_dbm - least_db) * TO_NEPER))
                total_mw[r, c] += possible_mw
                if certain == NO_LOSS:
                    continue
                power_dbm = sent_dbm - certain / CENTI
                if power_dbm > best_dbm[r, c]:
                    second_dbm[r, c], second[r, c] = best_dbm[r, c], best[r, c]
                    best_dbm[r, c], best[r, c] = power_dbm, servers[k]
                    served_dbm[r, c] = traffic_dbm - certain / CENTI
                    own_mw[r, c] = possible_mw
                elif power_dbm > second_dbm[r, c]:
                    second_dbm[r, c], second[r, c] = power_dbm, servers[k]
                if power_dbm >= threshold_dbm and n_servers[r, c] < 255:
                    n_servers[r, c] += 1
