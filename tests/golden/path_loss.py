"""
Write path_loss.csv: TR 38.901 Table 7.4.1-1 in a second formulation, with 50 digits.

The product's kernels add decibels. Here each loss is a ratio of powers, a product of powers of distance,
frequency and heights, turned into decibels once at the end, so that a slip in one form shows in the other.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 50
TABLE = Path(__file__).with_name("path_loss.csv")
HEADER = ("model", "frequency_mhz", "distance_m", "tx_height_m", "rx_height_m", "los", "building_height_m",
          "street_width_m", "loss_db")  # fmt: skip
NOTE = (
    "# 3GPP TR 38.901 clause 7.4.1, Table 7.4.1-1 (c = 3.0e8 m/s in breakpoints); ITU-R P.525 eq. (3) "
    "(c = 299792458 m/s). Tolerance 1e-6 dB. Made by path_loss.py with 50 digits."
)


def ten(exponent: mpf) -> mpf:
    """Ten to a power."""
    return mp.power(10, exponent)


def decibels(ratio: mpf) -> mpf:
    """Decibels of a ratio."""
    return 10 * mp.ln(ratio) / mp.ln(10)


def free_space(d3: mpf, mhz: mpf) -> mpf:
    """Ratio of powers in free space."""
    wavelength = mpf(299792458) / (mhz * 10**6)
    return (4 * mp.pi * d3 / wavelength) ** 2


def rma_near(d: mpf, ghz: mpf, h: mpf) -> mpf:
    """PL1 of the rural model as a ratio."""
    bend = h ** mpf("1.72")
    spread = (40 * mp.pi * d * ghz / 3) ** 2 * d ** (min(mpf("0.03") * bend, mpf(10)) / 10)
    return spread * ten((mpf("0.002") * d * mp.log10(h) - min(mpf("0.044") * bend, mpf("14.77"))) / 10)


def rma(d2: mpf, mhz: mpf, hb: mpf, hu: mpf, *, los: bool, h: mpf, w: mpf) -> mpf:
    """Rural macro as a ratio."""
    d3, ghz = mp.hypot(d2, hb - hu), mhz / 1000
    bend_m = 2 * mp.pi * hb * hu * mhz * 10**6 / (3 * mpf(10) ** 8)
    ratio = rma_near(d3, ghz, h) if d2 <= bend_m else rma_near(bend_m, ghz, h) * (d3 / bend_m) ** 4
    if los:
        return ratio
    slope = mpf("4.342") - mpf("0.31") * mp.log10(hb)
    shade = ten(mpf("16.104")) * h ** mpf("0.75") / w ** mpf("0.71") * ghz**2 * (d3 / 1000) ** slope
    height = hb ** -((mpf("24.37") - mpf("3.7") * (h / hb) ** 2) / 10)
    user = ten(-(mpf("3.2") * mp.log10(mpf("11.75") * hu) ** 2 - mpf("4.97")) / 10)
    return max(ratio, shade * height * user)


def urban(d2: mpf, mhz: mpf, hb: mpf, hu: mpf, *, los: bool, micro: bool) -> mpf:
    """Urban macro or micro as a ratio."""
    d3, ghz = mp.hypot(d2, hb - hu), mhz / 1000
    bend_m = 4 * (hb - 1) * (hu - 1) * mhz * 10**6 / (3 * mpf(10) ** 8)
    start, near, corner = ("3.24", "2.1", "0.95") if micro else ("2.8", "2.2", "0.9")
    if d2 <= bend_m:
        ratio = ten(mpf(start)) * d3 ** mpf(near) * ghz**2
    else:
        ratio = ten(mpf(start)) * d3**4 * ghz**2 / (bend_m**2 + (hb - hu) ** 2) ** mpf(corner)
    if los:
        return ratio
    if micro:
        behind = (
            ten(mpf("2.24")) * d3 ** mpf("3.53") * ghz ** mpf("2.13") * ten(-mpf("0.03") * (hu - mpf("1.5")))
        )
    else:
        behind = ten(mpf("1.354")) * d3 ** mpf("3.908") * ghz**2 * ten(-mpf("0.06") * (hu - mpf("1.5")))
    return max(ratio, behind)


def rows() -> list[tuple[str, ...]]:
    """Every row of the table as it is written."""
    found = []
    cases = itertools.product(("763", "2550", "3850"), ("12.5", "431", "2750.25", "4980"), (True, False))
    shapes = {"rma": (("36", "1.5", "5", "20"), ("12", "4", "11", "8")), "uma": (("25", "1.5", "", ""),),
              "umi": (("10", "1.5", "", ""),), "free_space": (("30", "1.5", "", ""),)}  # fmt: skip
    for (mhz, d2, los), model in itertools.product(cases, shapes):
        for hb, hu, h, w in shapes[model]:
            f, d, b, u = mpf(mhz), mpf(d2), mpf(hb), mpf(hu)
            if model == "rma":
                ratio = rma(d, f, b, u, los=los, h=mpf(h), w=mpf(w))
            elif model == "free_space":
                ratio = free_space(mp.hypot(d, b - u), f)
            else:
                ratio = urban(d, f, b, u, los=los, micro=model == "umi")
            loss = mp.nstr(decibels(ratio), 15, strip_zeros=False)
            found.append((model, mhz, d2, hb, hu, str(int(los)), h, w, loss))
    return found


def main() -> None:
    """Write the table beside this script."""
    with TABLE.open("w", encoding="utf-8", newline="") as target:
        target.write(NOTE + "\n")
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows())


if __name__ == "__main__":
    main()
