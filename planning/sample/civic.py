"""What offices of the sample have counted, planned and been told: surveys, tasks, cameras, power, reports."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from planning import data
from planning.sample import frame, land
from planning.sample.rows import Manner, table
from planning.sample.settlement import HAMLETS

SURVEYED_ON = "2026-09-30"
NOT_SURVEYED = (4, 9, 13, 17, 22)
STATED = (
    ("agencies", 3),
    ("agencies_ipv6", 1),
    ("agencies_tslcd", 3),
    ("agencies_cloud", 2),
    ("officials", 46),
    ("officials_equipped", 41),
    ("users", 23_900),
    ("security_offered", 9_400),
    ("iot_connections", 1_870),
    ("checks_6g", 4),
    ("ready_6g", 1),
    ("published_any", 97),
    ("published_mau_a", 95),
    ("published_mau_b", 90),
)
DEADLINES = (
    ("NV-02", "2026-10-31", "doing"),
    ("NV-03", "2026-12-15", "doing"),
    ("GP-01", "2027-06-30", "open"),
    ("GP-04", "2026-11-15", "doing"),
    ("GP-07", "2026-12-05", "doing"),
    ("GP-08", "2026-09-30", "done"),
    ("GP-09", "2026-12-20", "open"),
)
REPORTS = (
    (13, "mau_a", "no_signal", "2026-10-02"),
    (13, "mau_b", "weak", "2026-10-05"),
    (13, "mau_a", "calls", "2026-10-19"),
    (19, "mau_c", "no_signal", "2026-09-21"),
    (19, "mau_a", "indoor", "2026-10-11"),
    (18, "mau_b", "slow", "2026-10-08"),
    (6, "mau_c", "weak", "2026-10-14"),
)


def surveys(seed: int) -> gpd.GeoDataFrame:
    """
    Counts by hamlet, and those of the commune itself; five hamlets have not answered.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``survey``, EPSG:4326, without shapes.
    """
    rng = frame.stream(seed, "survey")
    rows: list[dict[str, object]] = []
    for hamlet in HAMLETS:
        if hamlet.number in NOT_SURVEYED or hamlet.n_people is None:
            continue
        adults, households = 0.7 * hamlet.n_people, hamlet.n_people / 3.6
        for indicator, whole, low, high in (
            ("adults_email", adults, 0.35, 0.75),
            ("household_safety", households, 0.05, 0.3),
        ):
            value = float(round(whole * float(rng.uniform(low, high))))
            key = f"MAU-KS-{indicator}-{hamlet.number:02d}"
            rows.append({"id": key, "indicator": indicator, "hamlet_id": hamlet.id, "value": value})
    rows += [{"id": f"MAU-KS-{key}", "indicator": key, "value": float(value)} for key, value in STATED]
    rows = [row | {"surveyed_on": SURVEYED_ON} for row in rows]
    manner = Manner(layer="survey", sharing="internal", accuracy_m=0.0, owner="UBND Xã Mẫu")
    return table(manner, rows, [None] * len(rows), rng)


def tasks(seed: int) -> gpd.GeoDataFrame:
    """
    The tasks of the plan, seven of them with a deadline: two are late, two are due.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``task``, EPSG:4326, without shapes.
    """
    due = {key: (day, state) for key, day, state in DEADLINES}
    rows = [
        {**row, "name": row["text"], "due_on": due.get(row["id"], (None, "open"))[0]}
        | {"state": due.get(row["id"], (None, "open"))[1]}
        for row in data.task_rows()
    ]
    manner = Manner(layer="task", sharing="internal", accuracy_m=0.0, owner="UBND Xã Mẫu")
    without_source = [{key: value for key, value in row.items() if key != "source"} for row in rows]
    return table(manner, without_source, [None] * len(rows), frame.stream(seed, "task"))


def cameras(seed: int) -> gpd.GeoDataFrame:
    """
    Cameras along the middle of the main road.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``camera``, EPSG:4326.
    """
    rng = frame.stream(seed, "camera")
    road = land.main_road()
    along = np.linspace(0.3, 0.7, 24)
    rows: list[dict[str, object]] = [
        {"id": f"MAU-CAM-{number:02d}", "name": f"Camera {number}", "range_m": 60.0 if number % 3 else None}
        for number in range(1, len(along) + 1)
    ]
    shapes = [shapely.line_interpolate_point(road, float(share), normalized=True) for share in along]
    return table(
        Manner(layer="camera", sharing="internal", accuracy_m=10.0, owner="Công an Xã Mẫu"), rows, shapes, rng
    )


def sensors(seed: int) -> gpd.GeoDataFrame:
    """
    Sensors: street lamps, alarms, water levels at the dykes.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``sensor``, EPSG:4326.
    """
    rng = frame.stream(seed, "sensor")
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry | None] = []
    for number, hamlet in enumerate(HAMLETS[:16], start=1):
        kind = ("lighting", "security", "alert", "lighting")[number % 4]
        rows.append({"id": f"MAU-CB-{number:02d}", "kind": kind, "connection": "4G"})
        shapes.append(frame.point(hamlet.x_m - 40, hamlet.y_m + 15))
    for number, river in enumerate(land.rivers(), start=1):
        rows.append({"id": f"MAU-CB-N{number}", "kind": "water", "connection": "NB-IoT"})
        shapes.append(river.intersection(land.outline()).representative_point())
    manner = Manner(layer="sensor", sharing="internal", accuracy_m=20.0, owner="UBND Xã Mẫu")
    return table(manner, rows, shapes, rng)


def transformers(seed: int) -> gpd.GeoDataFrame:
    """
    Transformers on three feeders, one of which fails often and one of which nobody has counted.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``power``, EPSG:4326.
    """
    rng = frame.stream(seed, "power")
    outages = {"471": 3, "472": 11, "473": None}
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry | None] = []
    for number, hamlet in enumerate(HAMLETS, start=1):
        feeder = ("471", "472", "473")[number % 3]
        row = {"id": f"MAU-TBA-{number:02d}", "name": f"TBA {hamlet.name}", "kind": "transformer"}
        rows.append(row | {"feeder": feeder, "n_outages_year": outages[feeder]})
        shapes.append(frame.point(hamlet.x_m - 70, hamlet.y_m - 45))
    manner = Manner(layer="power", sharing="internal", accuracy_m=15.0, owner="Điện lực (mẫu)")
    return table(manner, rows, shapes, rng)


def reports(seed: int) -> gpd.GeoDataFrame:
    """
    What hamlets say fails: no person's name, a hamlet and an operator.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``report``, EPSG:4326.
    """
    rng = frame.stream(seed, "report")
    by_number = {hamlet.number: hamlet for hamlet in HAMLETS}
    rows: list[dict[str, object]] = [
        {
            "id": f"MAU-PA-{number:02d}",
            "hamlet_id": by_number[hamlet].id,
            "operator": operator,
            "fails": fails,
            "reported_on": day,
        }
        for number, (hamlet, operator, fails, day) in enumerate(REPORTS, start=1)
    ]
    shapes = [frame.point(by_number[hamlet].x_m, by_number[hamlet].y_m) for hamlet, *_ in REPORTS]
    return table(Manner(layer="report", sharing="internal", accuracy_m=300.0), rows, shapes, rng)


def plans(seed: int) -> gpd.GeoDataFrame:
    """
    Masts that operators mean to build.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``operator_plan``, EPSG:4326.
    """
    rows: list[dict[str, object]] = [
        {"id": key, "name": f"Trạm dự kiến {place}", "operator": operator, "due_on": day, "status": "planned"}
        for key, place, operator, day in (
            ("MAU-KH-01", "Vải Ngọt", "mau_a", "2027-06-30"),
            ("MAU-KH-02", "Lũng Rươi", "mau_c", "2028-03-31"),
        )
    ]
    by_number = {hamlet.number: hamlet for hamlet in HAMLETS}
    shapes = [frame.point(by_number[number].x_m + 90, by_number[number].y_m) for number in (13, 19)]
    manner = Manner(layer="operator_plan", sharing="operator", accuracy_m=100.0)
    return table(manner, rows, shapes, frame.stream(seed, "operator_plan"))


def public_land(seed: int) -> gpd.GeoDataFrame:
    """
    Public land with room for a mast.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``public_land``, EPSG:4326.
    """
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry | None] = []
    for number, hamlet in enumerate((HAMLETS[12], HAMLETS[18], HAMLETS[5], HAMLETS[10]), start=1):
        side_m = 30.0 + 5 * number
        rows.append({"id": f"MAU-DC-{number:02d}", "use": "Đất công thôn", "area_m2": side_m**2})
        corner = frame.point(hamlet.x_m + 120, hamlet.y_m + 60)
        shapes.append(shapely.box(corner.x, corner.y, corner.x + side_m, corner.y + side_m))
    manner = Manner(layer="public_land", sharing="public", accuracy_m=5.0, owner="UBND Xã Mẫu")
    return table(manner, rows, shapes, frame.stream(seed, "public_land"))
