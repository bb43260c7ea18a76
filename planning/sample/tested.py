"""What users of the sample measured and what its operators declare: enough to disagree here and there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from planning.sample import frame, network
from planning.sample.rows import Manner, table
from planning.sample.settlement import HAMLETS

N_MONTHS = 6
DECLARED_M = {"mau_a": 2600.0, "mau_b": 2100.0}
"""Radius around its masts that each operator declares [m]; operator C declares nothing."""
TESTS = ((11, 64), (10, 40), (7, 22), (13, 9), (18, 12), (1, 3))
"""Number of a hamlet and single tests taken there for each operator."""


def measurements(seed: int) -> gpd.GeoDataFrame:
    """
    Single tests of speed in six hamlets, and monthly totals of the commune.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``measurement``, EPSG:4326.
    """
    rng = frame.stream(seed, "measurement")
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry | None] = []
    by_number = {hamlet.number: hamlet for hamlet in HAMLETS}
    for number, count in TESTS:
        hamlet = by_number[number]
        for operator, usual_mbps in (("mau_a", 190.0), ("mau_b", 120.0), ("mau_c", 70.0)):
            for _ in range(count):
                speed = float(rng.lognormal(np.log(usual_mbps), 0.5))
                rows.append(
                    {
                        "id": f"MAU-ISP-{len(rows) + 1:04d}",
                        "operator": operator,
                        "technology": "5G" if speed > 45 else "4G",
                        "measured_at": f"2026-{rng.integers(6, 11):02d}-{rng.integers(1, 28):02d}T09:00:00",
                        "download_mbps": round(speed, 1),
                        "upload_mbps": round(speed * float(rng.uniform(0.12, 0.3)), 1),
                        "latency_ms": round(float(rng.uniform(14, 48)), 1),
                        "method": "i_speed",
                        "hamlet_id": hamlet.id,
                    }
                )
                east_m, north_m = rng.normal(0.0, 90.0, 2)
                shapes.append(frame.point(hamlet.x_m + float(east_m), hamlet.y_m + float(north_m)))
    for month in range(5, 5 + N_MONTHS):
        rows.append(_month(month, rng))
        shapes.append(None)
    manner = Manner(layer="measurement", sharing="internal", accuracy_m=15.0)
    return table(manner, rows, shapes, rng)


def _month(month: int, rng: np.random.Generator) -> dict[str, object]:
    return {
        "id": f"MAU-ISP-T{month:02d}",
        "operator": "all",
        "measured_at": f"2026-{month:02d}-28",
        "download_mbps": round(float(rng.uniform(85, 125)), 1),
        "upload_mbps": round(float(rng.uniform(22, 35)), 1),
        "latency_ms": round(float(rng.uniform(22, 34)), 1),
        "fixed_download_mbps": round(float(rng.uniform(210, 260)), 1),
        "fixed_upload_mbps": round(float(rng.uniform(150, 200)), 1),
        "fixed_latency_ms": round(float(rng.uniform(6, 12)), 1),
        "n_samples": int(rng.integers(40, 110)),
        "method": "i_speed_month",
    }


def declared(seed: int) -> gpd.GeoDataFrame:
    """
    Areas in which two operators declare 5G: circles around their masts.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``declared_coverage``, EPSG:4326.
    """
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry | None] = []
    for operator, radius_m in DECLARED_M.items():
        own = [network.position(mast) for mast in network.MASTS if operator in mast.operators and mast.bands]
        rows.append({"id": f"MAU-CB-{operator}", "operator": operator, "technology": "5G"})
        shapes.append(shapely.union_all([point.buffer(radius_m, quad_segs=16) for point in own]))
    manner = Manner(layer="declared_coverage", sharing="internal", accuracy_m=100.0)
    return table(manner, rows, shapes, frame.stream(seed, "declared_coverage"))
