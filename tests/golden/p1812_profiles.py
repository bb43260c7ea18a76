"""
Make the inputs of p1812.csv: forty short profiles from a seed, every branch of the method among them.

The column ``loss_db`` was then computed by the formulas of other authors: the functions of crc-covlib
(Communications Research Centre Canada, MIT licence; ``src/ITURP_1812.cpp`` of commit 4622d53 and
``src/ITURP_452_1812_common.cpp`` of commit eb0836d), retyped from the published source into a C++ program
apart from this project and run there. Only its figures stand here. It takes the wavelength from
c = 299792458 m/s where the Recommendation rounds to 0.2998 / f, which moves a loss by up to 0.001 dB.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

TABLE = Path(__file__).with_name("p1812.csv")
HEADER = (
    "case", "frequency_mhz", "tx_height_m", "rx_height_m", "time_percent", "location_percent", "lapse_rate",
    "refractivity", "polarisation", "latitude_deg", "tx_coast_km", "rx_coast_km", "square_m", "step_m",
    "ground_m", "clutter_m", "zones", "loss_db",
)  # fmt: skip


def zones(rng: np.random.Generator, n: int, kind: int) -> np.ndarray:
    """All inland; or sea in the middle between coasts; or nearly all sea."""
    found = np.full(n, 4)
    if kind == 1:
        found[n // 4 : 3 * n // 4] = 1
        found[n // 4 - 2 : n // 4] = found[3 * n // 4 : 3 * n // 4 + 2] = 3
    elif kind == 2:
        found[int(rng.integers(1, 3)) :] = 1
    return found


def rows() -> list[list[object]]:
    """Every row without its loss."""
    rng, made = np.random.default_rng(1812), []
    for case in range(40):
        n = int(rng.integers(12, 40))
        relief = float(rng.choice([0.0, 3.0, 15.0, 60.0, 250.0]))
        ground = np.round(np.abs(np.cumsum(rng.normal(0.0, relief, n)) / np.sqrt(n)), 1)
        clutter = np.where(rng.random(n) < 0.4, rng.choice([5.0, 8.0, 15.0], n), 0.0)
        clutter *= case % 3 > 0
        zone = zones(rng, n, case % 5 if case % 5 < 3 else 0)
        ground[zone == 1], clutter[zone == 1] = 0.0, 0.0
        coasts = (0.2, 1.5) if case % 5 == 2 else (500.0, 500.0)
        made.append([
            case, rng.choice([98.2, 450.0, 763.0, 2550.0, 3500.0, 5900.0]),
            rng.choice([12.0, 30.0, 60.0, 250.0]), rng.choice([1.5, 4.0, 10.0, 30.0]),
            rng.choice([1.0, 10.0, 30.0, 50.0]), rng.choice([10.0, 50.0, 90.0]),
            rng.choice([40.0, 45.0, 70.0]), rng.choice([301.0, 325.0, 380.0]), int(rng.choice([1, 2])),
            rng.choice([-35.0, 10.5, 20.8, 72.0]), *coasts, rng.choice([50.0, 100.0]),
            rng.choice([25.0, 100.0, 700.0, 2500.0]),
            *(" ".join(f"{value:g}" for value in line) for line in (ground, clutter, zone)),
        ])  # fmt: skip
    return made


def main() -> None:
    """Write the table; the losses come one a line from standard input."""
    losses = [line.strip() for line in sys.stdin if line.strip()]
    with TABLE.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows([*row, loss] for row, loss in zip(rows(), losses, strict=True))


if __name__ == "__main__":
    main()
