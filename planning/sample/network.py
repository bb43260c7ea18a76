"""Masts and cells of the sample, with the mixed quality of real lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from planning.sample import frame
from planning.sample.rows import Manner, table

N_INSIDE = 14
STALE_DAY = "2024-03-15"


class Quality(StrEnum):
    """How much of a mast is documented."""

    FULL = "full"
    PART = "part"
    BARE = "bare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """
    What one band of a documented cell transmits.

    Parameters
    ----------
    technology
        ``4G`` or ``5G``.
    frequency_mhz, bandwidth_mhz
        Downlink carrier and channel width [MHz].
    n_rb
        Number of resource blocks.
    scs_khz
        Subcarrier spacing [kHz].
    tx_power_dbm, gain_dbi
        Power [dBm] and antenna gain [dBi].
    vertical_beamwidth_deg
        3 dB beamwidth in the vertical plane [°].
    """

    technology: str
    frequency_mhz: float
    bandwidth_mhz: float
    n_rb: int
    scs_khz: float
    tx_power_dbm: float
    gain_dbi: float
    vertical_beamwidth_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mast:
    """
    One row of the list of masts.

    Parameters
    ----------
    number
        Number in the list; those above 14 stand outside the border.
    name
        Invented name.
    x_m, y_m
        East and north of the commune's middle [m].
    operators
        Who transmits from it.
    bands
        5G bands in use; empty where there is only 4G.
    quality
        How much is documented.
    height_m
        Height of the structure [m].
    first_azimuth_deg
        Direction of the first of three sectors [°], clockwise from true north.
    electrical_tilt_deg
        Downward tilt of its sectors [°].
    hidden
        Cell columns that the operator has not handed in.
    note
        Remark of the row.
    """

    number: int
    name: str
    x_m: float
    y_m: float
    operators: tuple[str, ...]
    bands: tuple[str, ...]
    quality: Quality
    height_m: float = 42.0
    first_azimuth_deg: int = 0
    electrical_tilt_deg: float = 4.0
    hidden: tuple[str, ...] = ()
    note: str | None = None

    @property
    def id(self) -> str:
        """Stable key of the row."""
        return f"MAU-BTS-{self.number:02d}"

    @property
    def is_inside(self) -> bool:
        """True where it stands within the border."""
        return self.number <= N_INSIDE


_LIST = (
    ("n41", "5G", 2550.0, 100.0, 273, 30.0, 53.0, 22.0, 8.0),
    ("n78", "5G", 3750.0, 100.0, 273, 30.0, 53.0, 22.0, 8.0),
    ("n77", "5G", 3850.0, 100.0, 273, 30.0, 52.0, 17.0, 8.0),
    ("n28", "5G", 763.0, 10.0, 52, 15.0, 49.0, 15.0, 10.0),
    ("B3", "4G", 1840.0, 20.0, 100, 15.0, 46.0, 17.0, 8.0),
)
CARRIERS: Mapping[str, Carrier] = MappingProxyType(
    {
        band: Carrier(
            technology=technology,
            frequency_mhz=carrier_mhz,
            bandwidth_mhz=width_mhz,
            n_rb=n_rb,
            scs_khz=scs_khz,
            tx_power_dbm=power_dbm,
            gain_dbi=gain_dbi,
            vertical_beamwidth_deg=beam_deg,
        )
        for band, technology, carrier_mhz, width_mhz, n_rb, scs_khz, power_dbm, gain_dbi, beam_deg in _LIST
    }
)
BANDS_OF = MappingProxyType({"mau_a": ("n41", "n28"), "mau_b": ("n78", "n28"), "mau_c": ("n77",)})
A, B, C = "mau_a", "mau_b", "mau_c"
EVERY = (A, B, C)
FULL, PART, BARE = Quality.FULL, Quality.PART, Quality.BARE
MASTS = (
    Mast(
        number=1,
        name="Trung tâm xã",
        x_m=820,
        y_m=120,
        operators=(A, B),
        bands=("n41", "n78"),
        first_azimuth_deg=20,
        quality=FULL,
        height_m=45,
    ),
    Mast(
        number=2,
        name="Đồng Ngô",
        x_m=-1600,
        y_m=1050,
        operators=(A,),
        bands=("n41",),
        quality=BARE,
        note="Chỉ có vị trí và nhà mạng; thông số phải giả định",
    ),
    Mast(
        number=3,
        name="Vườn Cau",
        x_m=600,
        y_m=1950,
        operators=(B,),
        bands=("n78", "n28"),
        first_azimuth_deg=40,
        quality=FULL,
    ),
    Mast(
        number=4,
        name="Giếng Mít",
        x_m=-700,
        y_m=-1500,
        operators=(A,),
        bands=("n41",),
        first_azimuth_deg=56,
        electrical_tilt_deg=2.5,
        quality=FULL,
    ),
    Mast(
        number=5,
        name="Giếng Mít 2",
        x_m=-671,
        y_m=-1518,
        operators=(B,),
        bands=("n78",),
        first_azimuth_deg=30,
        quality=PART,
        hidden=("tx_power_dbm", "gain_dbi"),
        note="Nghi là cùng một cột với MAU-BTS-04 do hai nhà mạng cùng khai",
    ),
    Mast(
        number=6,
        name="Đê Quai",
        x_m=2150,
        y_m=-700,
        operators=(B,),
        bands=("n78",),
        first_azimuth_deg=90,
        quality=PART,
        height_m=36,
        hidden=("mechanical_tilt_deg", "electrical_tilt_deg"),
    ),
    Mast(
        number=7,
        name="Ruộng Thơm",
        x_m=1500,
        y_m=-1500,
        operators=(C,),
        bands=("n77",),
        quality=PART,
        height_m=36,
        hidden=("azimuth_deg",),
    ),
    Mast(
        number=8,
        name="Quán Lau",
        x_m=-500,
        y_m=300,
        operators=(C,),
        bands=("n77",),
        first_azimuth_deg=10,
        quality=FULL,
    ),
    Mast(
        number=9,
        name="Lạch Ngọc",
        x_m=1750,
        y_m=1500,
        operators=(C,),
        bands=("n77",),
        first_azimuth_deg=60,
        quality=PART,
        hidden=("horizontal_beamwidth_deg", "vertical_beamwidth_deg", "cable_loss_db"),
    ),
    Mast(
        number=10,
        name="Lũng Rươi",
        x_m=-2450,
        y_m=-1850,
        operators=(A,),
        bands=(),
        quality=PART,
        hidden=("height_m", "tx_power_dbm", "azimuth_deg"),
    ),
    Mast(
        number=11,
        name="Vải Ngọt",
        x_m=-3080,
        y_m=-420,
        operators=(B,),
        bands=(),
        quality=PART,
        hidden=("tx_power_dbm", "gain_dbi", "cable_loss_db"),
    ),
    Mast(
        number=12,
        name="Bãi Nhót",
        x_m=2960,
        y_m=330,
        operators=(A,),
        bands=(),
        quality=BARE,
        note="Số liệu cũ, cần xác nhận lại",
    ),
    Mast(number=13, name="Bến Đậu", x_m=-1350, y_m=2050, operators=(C,), bands=(), quality=BARE),
    Mast(number=14, name="Ngòi Bạc", x_m=250, y_m=-2300, operators=(A, B), bands=(), quality=FULL),
    Mast(
        number=15,
        name="Ngoài xã – phía đông",
        x_m=4450,
        y_m=1250,
        operators=EVERY,
        bands=("n41", "n78", "n77"),
        first_azimuth_deg=13,
        electrical_tilt_deg=2.5,
        quality=FULL,
        height_m=45,
    ),
    Mast(
        number=16,
        name="Ngoài xã – phía đông bắc",
        x_m=2500,
        y_m=4000,
        operators=EVERY,
        bands=(),
        quality=PART,
        hidden=("azimuth_deg",),
    ),
    Mast(
        number=17,
        name="Ngoài xã – phía tây bắc",
        x_m=-2400,
        y_m=3600,
        operators=EVERY,
        bands=(),
        quality=PART,
        hidden=("tx_power_dbm",),
    ),
    Mast(
        number=18,
        name="Ngoài xã – phía tây",
        x_m=-5200,
        y_m=300,
        operators=EVERY,
        bands=(),
        quality=PART,
        hidden=("gain_dbi",),
    ),
    Mast(
        number=19,
        name="Ngoài xã – phía tây nam",
        x_m=-3300,
        y_m=-4200,
        operators=EVERY,
        bands=(),
        quality=PART,
        hidden=("azimuth_deg",),
    ),
    Mast(
        number=20,
        name="Ngoài xã – phía đông nam",
        x_m=2600,
        y_m=-3800,
        operators=EVERY,
        bands=("n41", "n28", "n78", "n77"),
        first_azimuth_deg=100,
        quality=FULL,
    ),
)


def position(mast: Mast) -> shapely.Point:
    """
    Where a mast stands.

    Parameters
    ----------
    mast
        The mast.

    Returns
    -------
    point
        In EPSG:9210.
    """
    return frame.point(mast.x_m, mast.y_m)


def sites(seed: int) -> gpd.GeoDataFrame:
    """
    The 20 rows of masts, 14 within the border.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``site``, EPSG:4326.
    """
    rng = frame.stream(seed, "site")
    rows = [_site_row(mast, rng) for mast in MASTS]
    return table(
        Manner(layer="site", sharing="internal", accuracy_m=10.0),
        rows,
        [position(mast) for mast in MASTS],
        rng,
    )


def _site_row(mast: Mast, rng: np.random.Generator) -> dict[str, object]:
    row: dict[str, object] = {
        "id": mast.id,
        "name": f"BTS {mast.name}",
        "operators": ";".join(mast.operators),
        "technologies": "4G;5G" if mast.bands else "4G",
        "note": mast.note,
        "position_basis": "given",
    }
    backup_h, year = float(rng.integers(2, 9)), int(rng.integers(2012, 2025))
    if mast.number == 12:
        row["as_of"] = STALE_DAY
    if mast.quality is Quality.BARE:
        return row | {"accuracy_m": 100.0}
    row |= {"owner": mast.operators[0], "height_m": mast.height_m, "mast_class": "A2b", "standing": "ground"}
    if mast.quality is Quality.PART:
        return row
    return row | {
        "structure": "self_supporting" if mast.height_m > 42 else "guyed",
        "n_tenants": len(mast.operators),
        "shared_with": ";".join(mast.operators[1:]) or None,
        "commissioned": f"{year}-06-01",
        "power": "grid_battery",
        "backup_h": backup_h,
        "backhaul": "fiber",
        "accuracy_m": 3.0,
    }


def cells(seed: int) -> gpd.GeoDataFrame:
    """
    Cells of the documented masts: three sectors for each operator and band.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``cell``, EPSG:4326.
    """
    rng = frame.stream(seed, "cell")
    documented = [mast for mast in MASTS if mast.quality is not Quality.BARE]
    pairs = [(mast, row) for mast in documented for row in _cell_rows(mast)]
    shapes = [position(mast) for mast, _ in pairs]
    manner = Manner(layer="cell", sharing="operator", accuracy_m=10.0)
    return table(manner, [row for _, row in pairs], shapes, rng)


def _cell_rows(mast: Mast) -> list[dict[str, object]]:
    rows = []
    for operator in mast.operators:
        own = [band for band in mast.bands if band in BANDS_OF[operator]]
        for band in (*own, "B3"):
            for sector in range(3):
                row = _cell_row(mast, operator, band, sector, (mast.first_azimuth_deg + 120 * sector) % 360)
                rows.append({name: None if name in mast.hidden else value for name, value in row.items()})
    return rows


def _cell_row(mast: Mast, operator: str, band: str, sector: int, azimuth_deg: int) -> dict[str, object]:
    carrier = CARRIERS[band]
    letter = operator.removeprefix("mau_").upper()
    return {
        "id": f"{mast.id}-{letter}-{band}-{sector + 1}",
        "name": f"{mast.name} {letter} {band} cung {sector + 1}",
        "owner": operator,
        "site_id": mast.id,
        "operators": operator,
        "technology": carrier.technology,
        "band": band,
        "frequency_mhz": carrier.frequency_mhz,
        "bandwidth_mhz": carrier.bandwidth_mhz,
        "n_rb": carrier.n_rb,
        "scs_khz": carrier.scs_khz,
        "tx_power_dbm": carrier.tx_power_dbm,
        "gain_dbi": carrier.gain_dbi,
        "horizontal_beamwidth_deg": 65.0,
        "vertical_beamwidth_deg": carrier.vertical_beamwidth_deg,
        "cable_loss_db": 0.0 if carrier.bandwidth_mhz > 20 else 1.0,
        "height_m": mast.height_m - 6.0,
        "azimuth_deg": float(azimuth_deg),
        "mechanical_tilt_deg": 2.0,
        "electrical_tilt_deg": mast.electrical_tilt_deg,
    }
