"""A mast list as an operator sends it: the old zone 105°30', X is the northing, decimal commas."""

from __future__ import annotations

from geo.crs import transform
from planning.sample import network
from planning.sample.frame import EPSG

FILE_NAME = "BTS_kinh_tuyen_105_30.csv"
FILE_EPSG = 9209
HEADINGS = ("STT", "Mã trạm", "Tên trạm", "X (Bắc)", "Y (Đông)", "Nhà mạng", "Công nghệ", "Ghi chú")
OPERATOR = "mau_b"


def rows() -> list[tuple[str, ...]]:
    """
    The masts of operator B within the border, as its own list has them.

    Returns
    -------
    rows
        Texts under ``HEADINGS``; X is the northing and Y the easting in EPSG:9209 [m].
    """
    masts = [mast for mast in network.MASTS if mast.is_inside and OPERATOR in mast.operators]
    found: list[tuple[str, ...]] = []
    for number, mast in enumerate(masts, start=1):
        point = network.position(mast)
        east_m, north_m = transform(point.x, point.y, epsg_from=EPSG, epsg_to=FILE_EPSG)
        found.append(
            (
                str(number),
                f"NMB-{300 + mast.number}",
                f"Trạm {mast.name}",
                _comma(float(north_m)),
                _comma(float(east_m)),
                "Nhà mạng B (mẫu)",
                "4G;5G" if mast.bands else "4G",
                "dữ liệu mẫu (giả lập)",
            )
        )
    return found


def _comma(value_m: float) -> str:
    return f"{value_m:.3f}".replace(".", ",")
