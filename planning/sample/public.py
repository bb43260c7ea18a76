"""Public places, Wi-Fi and zones of the sample."""

from __future__ import annotations

import geopandas as gpd
import shapely

from planning.sample import frame, land, settlement
from planning.sample.rows import Manner, table
from planning.sample.settlement import HAMLETS

WITHOUT_WIFI = (6, 13, 18, 19)
CENTRE_ID = "MAU-TTX-01"
PLACES = (
    (CENTRE_ID, "commune_centre", "Trung tâm xã Mẫu", 11, 700, -60),
    ("MAU-CQ-01", "agency", "Trụ sở UBND Xã Mẫu", 11, 740, -110),
    ("MAU-CQ-02", "agency", "Trung tâm Phục vụ hành chính công Xã Mẫu", 11, 770, -60),
    ("MAU-CQ-03", "agency", "Công an Xã Mẫu", 11, 640, -130),
    ("MAU-TH-01", "school", "Trường Tiểu học Mẫu Thượng", 7, -250, 1000),
    ("MAU-TH-02", "school", "Trường Tiểu học Mẫu Hạ", 16, 620, -1080),
    ("MAU-TH-03", "school", "Trường THCS Xã Mẫu", 11, 880, 30),
    ("MAU-TH-04", "school", "Trường Mầm non Bờ Thị", 14, -1700, -860),
    ("MAU-TH-05", "school", "Điểm trường Vải Ngọt", 13, -2900, -520),
    ("MAU-YT-01", "clinic", "Trạm Y tế Xã Mẫu", 10, -180, -160),
    ("MAU-YT-02", "clinic", "Điểm y tế Đồng Ngô", 9, -1480, 480),
    ("MAU-DT-01", "relic", "Đình Sung (di tích mẫu)", 12, 1640, 330),
    ("MAU-DT-02", "relic", "Chùa Cồn Mây (di tích mẫu)", 1, -560, 2350),
    ("MAU-DL-01", "tourism", "Điểm du lịch vườn vải Vải Ngọt", 13, -2700, -1160),
    ("MAU-GT-01", "transport", "Bến xe Xã Mẫu", 11, 480, -310),
    ("MAU-GT-02", "transport", "Bến đò Sông Cái Mẫu", 8, 2560, 620),
    ("MAU-CHO-01", "market", "Chợ Quán Lau", 10, -560, -240),
    ("MAU-CHO-02", "market", "Chợ Bến Đậu", 3, -1640, 1760),
)
ZONES = (
    ("MAU-VUT-HCC", "HCC", "Khu hành chính công", 1.0, 700, -90, 150),
    ("MAU-VUT-YTE", "YTE", "Khu vực Trạm Y tế", 1.0, -180, -160, 120),
    ("MAU-VUT-DTDL-1", "DTDL", "Khu di tích Đình Sung", 0.7, 1640, 330, 180),
    ("MAU-VUT-DTDL-2", "DTDL", "Vườn vải du lịch Vải Ngọt", 0.7, -2700, -1160, 200),
    ("MAU-VUT-DMGT-1", "DMGT", "Bến xe Xã Mẫu", 0.8, 480, -310, 120),
    ("MAU-VUT-DMGT-2", "DMGT", "Bến đò Sông Cái Mẫu", 0.8, 2560, 620, 100),
    ("MAU-VUT-KCN", "KCN", "Cụm công nghiệp mẫu", 0.8, 1250, -420, 220),
    ("MAU-VUT-GD", "GD", "Khu trường học trung tâm", 0.8, 880, 30, 120),
    ("MAU-VUT-NVH", "NVH", "Nhà văn hóa thôn Quán Lau", 0.6, -390, 10, 80),
    ("MAU-A1-01", "a1_only", "Quảng trường trung tâm: chỉ cột không cồng kềnh", None, 700, -60, 100),
    ("MAU-BV-01", "protected", "Khu vực bảo vệ di tích Đình Sung", None, 1640, 330, 60),
)


def _house_of_culture(number: int) -> shapely.Point:
    hamlet = HAMLETS[number - 1]
    return frame.point(hamlet.x_m + 27, hamlet.y_m + 21)


def places(seed: int) -> gpd.GeoDataFrame:
    """
    Every kind of place, one cultural house for each hamlet; exactly four of these have no Wi-Fi.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``place``, EPSG:4326.
    """
    rng = frame.stream(seed, "place")
    rows: list[dict[str, object]] = []
    shapes = []
    for key, kind, name, number, x_m, y_m in PLACES:
        hamlet = HAMLETS[number - 1]
        row = {"id": key, "name": name, "kind": kind, "hamlet": f"Thôn {hamlet.name}", "hamlet_id": hamlet.id}
        rows.append(row | {"position_basis": "given", "wifi_status": "yes" if key == CENTRE_ID else None})
        shapes.append(frame.point(x_m, y_m))
    for hamlet in HAMLETS:
        has_wifi = hamlet.number not in WITHOUT_WIFI
        speed_mbps = round(float(rng.uniform(60, 220)), 1)
        rows.append(
            {
                "id": f"MAU-NVH-{hamlet.number:02d}",
                "name": f"Nhà văn hóa thôn {hamlet.name}",
                "kind": "cultural_house",
                "hamlet": f"Thôn {hamlet.name}",
                "hamlet_id": hamlet.id,
                "wifi_status": "yes" if has_wifi else "no",
                "wifi_mbps": speed_mbps if has_wifi else None,
                "position_basis": "given",
            }
        )
        shapes.append(_house_of_culture(hamlet.number))
    return table(
        Manner(layer="place", sharing="public", accuracy_m=10.0, owner="UBND Xã Mẫu"), rows, shapes, rng
    )


def hotspots(seed: int) -> gpd.GeoDataFrame:
    """
    Wi-Fi: free at 18 cultural houses and the centre, paid at one market.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``wifi``, EPSG:4326.
    """
    rng = frame.stream(seed, "wifi")
    houses = [hamlet for hamlet in HAMLETS if hamlet.number not in WITHOUT_WIFI]
    at = [
        (f"MAU-NVH-{h.number:02d}", f"Wi-Fi nhà văn hóa {h.name}", _house_of_culture(h.number))
        for h in houses
    ]
    at.append((CENTRE_ID, "Wi-Fi trung tâm xã", frame.point(702, -58)))
    at.append(("MAU-CHO-01", "Wi-Fi trả tiền Chợ Quán Lau", frame.point(-558, -238)))
    rows = [
        {
            "id": f"MAU-WIFI-{number:02d}",
            "name": name,
            "owner": "UBND Xã Mẫu",
            "place_id": place_id,
            "operators": ("mau_a", "mau_b")[number % 2],
            "is_free": place_id != "MAU-CHO-01",
            "speed_mbps": round(float(rng.uniform(60, 220)), 1),
            "radius_m": 50.0,
        }
        for number, (place_id, name, _) in enumerate(at, start=1)
    ]
    return table(
        Manner(layer="wifi", sharing="public", accuracy_m=10.0), rows, [point for _, _, point in at], rng
    )


def zones(seed: int) -> gpd.GeoDataFrame:
    """
    Priority zones of the plan, land for small masts only, protected land, flood strips, rivers.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``zone``, EPSG:4326.
    """
    rng = frame.stream(seed, "zone")
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry] = []
    for key, kind, name, weight, x_m, y_m, radius_m in ZONES:
        rows.append({"id": key, "kind": kind, "name": name, "weight": weight})
        shapes.append(frame.point(x_m, y_m).buffer(radius_m, quad_segs=4))
    rows.append({"id": "MAU-VUT-TDB", "kind": "TDB", "name": "Dọc đường tỉnh 900M (mẫu)", "weight": 0.7})
    shapes.append(land.main_road())
    rows.append({"id": "MAU-VUT-KDC", "kind": "KDC", "name": "Khu dân cư Cầu Trám", "weight": 1.0})
    shapes.append(shapely.MultiLineString(settlement.lanes(HAMLETS[10])).convex_hull)
    for number, ((name, _, _), river) in enumerate(zip(land.RIVERS, land.rivers(), strict=True), start=1):
        rows.append({"id": f"MAU-LU-{number:02d}", "kind": "flood", "name": f"Bãi ngoài đê {name}"})
        shapes.append(river.buffer(40).intersection(land.outline()))
        rows.append({"id": f"MAU-SONG-{number:02d}", "kind": "water", "name": name})
        shapes.append(river.intersection(land.outline()))
    return table(
        Manner(layer="zone", sharing="public", accuracy_m=20.0, owner="UBND Xã Mẫu"), rows, shapes, rng
    )


def boundary(seed: int) -> gpd.GeoDataFrame:
    """
    The made-up outline of 33 km².

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``boundary``, EPSG:4326, one row.
    """
    row = {
        "id": "MAU-XA",
        "name": "Xã Mẫu",
        "code": "00000",
        "area_stated_km2": 33.0,
        "population_registered": settlement.N_PEOPLE,
    }
    manner = Manner(layer="boundary", sharing="public", accuracy_m=10.0, owner="UBND Xã Mẫu")
    return table(manner, [row], [land.outline()], frame.stream(seed, "boundary"))
