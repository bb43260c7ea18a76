"""A commune of 2 × 2 km worked out on paper: 4 hamlets, 20 houses, 3 masts, and every figure by hand.

Hamlets are the quarters of the square, five houses each; each house holds a fifth of its hamlet's people.

==========  =======  =======  ==========  ======  ===============  ============
hamlet      people   adults   households  fibre   smartphones      safety
==========  =======  =======  ==========  ======  ===============  ============
NW          100      60       25          10      45               5
NE          80       50       20          20      50               –
SW          60       40       15          –       20               15
SE          40       30       10          4       –                30 (too many)
==========  =======  =======  ==========  ======  ===============  ============

Signal, drawn by hand: operator a covers the west half; operator b covers the south half, and of b nothing is
known in the north-east. So *any*: NW, SW, SE covered (200), NE unknown for b and uncovered for a: unknown
(80). *Two or more*: SW covered (60); NE: a does not cover, b unknown: at most one: uncovered; NW: b does not
cover: uncovered; SE: a does not cover: uncovered.

Masts: M1 of a and b; M2 of a, tenants 1, 60 m east of M1; M3 of b, tenants not stated.
Backup: 5 h, 2 h, not stated. Power: solar, grid, not stated.

Main road: along the middle from west to east, 2 km: at north 1 000 m, on the edge of the south cells.
Cables: 1 000 m of a; 1 000 m of b, 5 m beside it for its whole length; 500 m of b alone.
Poles that carry cable: two of power, one of telecom, one unstated; one without cable does not count.
"""

from __future__ import annotations

PEOPLE = {"NW": 100, "NE": 80, "SW": 60, "SE": 40}
EXPECTED: dict[str, tuple[float | None, float | None, float | None]] = {
    # target: covered, uncovered, unknown
    "T5a": (200, 0, 80),
    "T5a-2": (60, 220, 0),
    "T5a-op:viettel": (160, 120, 0),
    "T5a-op:vnpt": (100, 100, 80),
    "T5a-thon": (3, 0, 1),
    "T5a-km2": (3, 0, 1),
    "N2-noi": (3, 0, 1),
    "N2-noi-nvh": (3, 0, 1),
    "N2-noi-truong": (0, 0, 0),
    "T5a-nha": (None, None, None),
    "T5a-4g": (None, None, None),
    "T5a-100": (None, None, None),
    "T1b": (450, 50, 0),
    "N1-ftth": (34, 21, 15),
    "T3": (1, 1, 2),
    "T3-nhanh": (0, 2, 2),
    "T4a": (20, 20, 30),
    "T2a": (115, 35, 30),
    "T2b": (None, None, None),
    "T6": (3, 1, 0),
    "G6-cot": (1, 1, 1),
    "G6-tuyen": (1.0, 0.5, 0),
    "G6-nganh": (2, 1, 1),
    "G6-trung": (1, 2, 0),
    "G6-ss": (0.5, 1.0, 0),
    "G7-dp": (1, 1, 1),
    "G7-sach": (1, 1, 1),
    "G7-lo": (1, 1, 0),
    "T4b": (0.1, 1.9, 0),
}
TENANCY = 1.5  # (2 + 1) / 2: M3 is not known
