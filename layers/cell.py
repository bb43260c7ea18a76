"""Cells (sectors): what one antenna of a site transmits, and for whom; conversion to transmitters."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from geo.crs import transform
from geo.errors import InputError, RangeError
from geo.panel import Antenna, to_aerial
from geo.radio import Transmitter, eirp_per_re_dbm
from geo.units import watt_to_dbm
from layers.carrier import carrier_mhz, given
from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="cell",
    geometry=Geometry.POINT,
    geometry_required=False,
    columns=columns(
        Column(name="site_id", required=True),
        Column(name="operators", kind=Kind.LIST, required=True),
        Column(name="technology", vocabulary=("2G", "3G", "4G", "5G"), required=True),
        Column(name="band"),
        Column(name="frequency_mhz", kind=Kind.REAL, unit="MHz", low=400, high=53_000),
        Column(name="nr_arfcn", kind=Kind.INTEGER, low=0, high=3_279_165, technical=True),
        Column(name="pci", kind=Kind.INTEGER, low=0, high=1007, technical=True),
        Column(name="bandwidth_mhz", kind=Kind.REAL, unit="MHz", low=0.2, high=400),
        Column(name="n_rb", kind=Kind.INTEGER, low=1, high=275),
        Column(name="scs_khz", kind=Kind.REAL, unit="kHz", low=15, high=120),
        Column(name="antenna"),
        Column(name="tx_power_dbm", kind=Kind.REAL, unit="dBm", low=0, high=60),
        Column(name="gain_dbi", kind=Kind.REAL, unit="dBi", low=-5, high=35),
        Column(name="horizontal_beamwidth_deg", kind=Kind.REAL, unit="°", low=1, high=360),
        Column(name="vertical_beamwidth_deg", kind=Kind.REAL, unit="°", low=1, high=180),
        Column(name="cable_loss_db", kind=Kind.REAL, unit="dB", low=0, high=20),
        Column(name="height_m", kind=Kind.REAL, unit="m", low=3, high=120),
        Column(name="azimuth_deg", kind=Kind.REAL, unit="°", low=0, high=360),
        Column(name="mechanical_tilt_deg", kind=Kind.REAL, unit="°", low=-5, high=20),
        Column(name="electrical_tilt_deg", kind=Kind.REAL, unit="°", low=-5, high=20),
    ),
    style=Style(colour="#7b1fa2", by_operator=True, radius_px=4.0),
    group="mobile",
)

TECHNOLOGIES = ("2G", "3G", "4G", "5G")
ON_AIR = ("operational",)
_FROM_BAND = ("frequency_mhz", "bandwidth_mhz", "n_rb", "scs_khz")
_FROM_DEFAULTS = (
    "tx_power_dbm",
    "gain_dbi",
    "horizontal_beamwidth_deg",
    "vertical_beamwidth_deg",
    "cable_loss_db",
    "mechanical_tilt_deg",
    "electrical_tilt_deg",
)
_FROM_ANTENNA = frozenset(
    {"gain_dbi", "horizontal_beamwidth_deg", "vertical_beamwidth_deg", "electrical_tilt_deg"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """
    A radio band with the carrier usual in Vietnam.

    Parameters
    ----------
    name
        3GPP name, such as ``n41``.
    frequency_mhz, bandwidth_mhz
        Downlink carrier and channel width [MHz].
    n_rb
        Number of resource blocks (TS 38.101-1 Table 5.3.2-1).
    scs_khz
        Subcarrier spacing [kHz].
    low_mhz, high_mhz
        Ends of the band [MHz].
    tdd
        True where uplink and downlink share the carrier in time.
    max_radius_m
        Largest distance estimated [m].
    """

    name: str
    frequency_mhz: float
    bandwidth_mhz: float
    n_rb: int
    scs_khz: float
    low_mhz: float
    high_mhz: float
    tdd: bool
    max_radius_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDefaults:
    """
    Assumed parameters of a cell of which they are not known.

    Parameters
    ----------
    operator
        Whose cells; ``*`` for any operator without a row of its own.
    technology
        Technology of the cells.
    band
        Band for which they hold. The first row of an operator and a technology says which band is assumed
        where none is stated.
    azimuths_deg
        One azimuth for each sector assumed [°], clockwise from true north.
    height_m
        Antenna height above ground [m].
    tx_power_dbm, gain_dbi, cable_loss_db
        Power [dBm], antenna gain [dBi], loss between them [dB].
    horizontal_beamwidth_deg, vertical_beamwidth_deg
        3 dB beamwidths [°].
    mechanical_tilt_deg, electrical_tilt_deg
        Downward tilts [°].
    """

    operator: str
    technology: str
    band: str
    azimuths_deg: tuple[float, ...]
    height_m: float
    tx_power_dbm: float
    gain_dbi: float
    horizontal_beamwidth_deg: float
    vertical_beamwidth_deg: float
    cable_loss_db: float
    mechanical_tilt_deg: float
    electrical_tilt_deg: float


def split(values: object) -> tuple[str, ...]:
    """
    Items of a list column.

    Parameters
    ----------
    values
        Text with items joined by ";", or a missing value.

    Returns
    -------
    items
        Items without blanks.
    """
    if not isinstance(values, str):
        return ()
    return tuple(item.strip() for item in values.split(";") if item.strip())


def to_transmitters(
    sites: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    *,
    bands: Mapping[str, Band],
    defaults: Sequence[CellDefaults],
    blocks: Mapping[tuple[float, float], int],
    technology: str,
    epsg: int,
    antennas: Mapping[str, Antenna] = MappingProxyType({}),
) -> tuple[Transmitter, ...]:
    """
    Transmitters of one technology: cells as documented, gaps filled with named assumptions.

    Parameters
    ----------
    sites, cells
        Tables of the layers ``site`` and ``cell``, EPSG:4326.
    bands
        Known bands.
    defaults
        Assumed parameters; the operator ``*`` stands for any other.
    blocks
        (subcarrier spacing [kHz], channel width [MHz]) to the number of resource blocks.
    technology
        ``5G`` or another one of the vocabulary.
    epsg
        Projected CRS of the positions returned.
    antennas
        Antennas that a cell may name, by ``antenna_key``.

    Returns
    -------
    transmitters
        Ordered by id. Sites on air with the technology but without cells of an operator get the sectors
        of the defaults. ``assumed`` names every parameter that is not given, ``antenna`` where the one
        named is not known. A known antenna brings its own gain and beams, and the tilt that its file holds.
        Rows without a position, and rows planned, inactive or dismantled, are left out.

    Raises
    ------
    InputError
        Parameters are missing and no assumptions exist for the technology; a cell's number is impossible.
    """
    placed = on_air(sites)
    by_site = {row["id"]: row for row in placed.to_dict("records")}
    off_air = set(sites["id"][~_works(sites)])
    wanted = on_air(cells)
    wanted = wanted[(wanted["technology"] == technology) & ~wanted["site_id"].isin(off_air)]
    found = [
        _possible(
            row,
            by_site.get(row["site_id"]),
            bands=bands,
            defaults=defaults,
            blocks=blocks,
            epsg=epsg,
            antennas=antennas,
        )
        for row in wanted.to_dict("records")
    ]
    served = {
        (row["site_id"], operator)
        for row in wanted.to_dict("records")
        for operator in split(row["operators"])
    }
    found += [
        transmitter
        for site in by_site.values()
        if technology in split(site["technologies"])
        for operator in split(site["operators"])
        if (site["id"], operator) not in served
        for transmitter in _from_site(
            site, operator, bands=bands, defaults=defaults, technology=technology, epsg=epsg
        )
    ]
    return tuple(sorted(found, key=lambda transmitter: transmitter.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRange:
    """
    Radiated powers that are usual for a technology.

    Parameters
    ----------
    low_eirp_per_re_dbm, high_eirp_per_re_dbm
        Of one resource element of a large site [dBm].
    most_dbm
        Largest power of a carrier at the antenna port [dBm].
    """

    low_eirp_per_re_dbm: float
    high_eirp_per_re_dbm: float
    most_dbm: float


def watts_as_dbm(
    row: Mapping[str, object],
    *,
    bands: Mapping[str, Band],
    defaults: Sequence[CellDefaults],
    ranges: Mapping[str, PowerRange],
) -> float | None:
    """
    Power that a cell has if its number was watts, typed into a column of dBm.

    Parameters
    ----------
    row
        A cell.
    bands, defaults
        As for ``to_transmitters``.
    ranges
        Technology to its usual powers.

    Returns
    -------
    power_dbm
        The number read as watts [dBm]; None where there is no such doubt: read as dBm the cell radiates as
        much as usual, or read as watts it does not either.
    """
    power_dbm, technology = given(row, "tx_power_dbm"), str(row.get("technology"))
    usual = ranges.get(technology)
    if power_dbm is None or power_dbm <= 0.0 or usual is None:
        return None
    in_watts_dbm = float(watt_to_dbm(power_dbm))
    if power_dbm > usual.most_dbm:
        return in_watts_dbm
    operators = split(row.get("operators"))
    band, _ = _band_of(row, bands, defaults_for(defaults, operators, technology).band)
    gain_dbi, n_rb = given(row, "gain_dbi"), given(row, "n_rb")
    if gain_dbi is None:
        gain_dbi = defaults_for(defaults, operators, technology, band=band.name).gain_dbi
    over_dbm = [
        eirp_per_re_dbm(tx_power_dbm=one, n_rb=int(n_rb or band.n_rb), gain_dbi=gain_dbi)
        for one in (power_dbm, in_watts_dbm)
    ]
    is_doubtful = over_dbm[0] < usual.low_eirp_per_re_dbm <= over_dbm[1] <= usual.high_eirp_per_re_dbm
    return in_watts_dbm if is_doubtful else None


def edges(bands: Mapping[str, Band]) -> Mapping[str, tuple[float, float]]:
    """
    Ends of bands, as ``geo.channel`` asks for them.

    Parameters
    ----------
    bands
        Known bands.

    Returns
    -------
    edges
        Name to the lower and upper end [MHz].
    """
    return {name: (band.low_mhz, band.high_mhz) for name, band in bands.items()}


def antenna_key(name: object) -> str:
    """
    Spelling by which antennas are found: without capitals and doubled blanks.

    Parameters
    ----------
    name
        As written, or a missing value.

    Returns
    -------
    key
        Empty where nothing is named.
    """
    return " ".join(name.casefold().split()) if isinstance(name, str) else ""


def defaults_for(
    defaults: Sequence[CellDefaults],
    operators: Sequence[str],
    technology: str,
    *,
    band: str | None = None,
) -> CellDefaults:
    """
    Assumed parameters that fit a cell best.

    Parameters
    ----------
    defaults
        All records, in the order of the table.
    operators
        Whom the cell serves, the first one asked first.
    technology
        Its technology.
    band
        Its band. None: not known.

    Returns
    -------
    defaults
        The record of the operator, else that of any operator (``*``): for the band where there is one,
        else for the first band of the operator.

    Raises
    ------
    InputError
        There is none for the technology.
    """
    fitting = [
        record
        for operator in (*operators, "*")
        for record in defaults
        if (record.operator, record.technology) == (operator, technology)
    ]
    if not fitting:
        raise InputError("technology_without_defaults", technology=technology)
    return next((record for record in fitting if record.band == band), fitting[0])


def operators_of(sites: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> tuple[str, ...]:
    """
    Operators of whom the workspace knows at least one site or cell on air.

    Parameters
    ----------
    sites, cells
        Tables of the layers ``site`` and ``cell``.

    Returns
    -------
    operators
        Sorted ids.
    """
    lists: Collection[object] = [*on_air(sites)["operators"], *on_air(cells)["operators"]]
    return tuple(sorted({operator for values in lists for operator in split(values)}))


def on_air(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Rows that have a position and are not known to be planned, switched off or dismantled.

    Parameters
    ----------
    table
        Sites or cells.

    Returns
    -------
    table
        Those rows.
    """
    return table[_works(table) & table.geometry.notna()]


def _works(table: gpd.GeoDataFrame) -> pd.Series[bool]:
    works: pd.Series[bool] = table["status"].isna() | table["status"].isin(ON_AIR)
    return works


def _stated_assumptions(row: Mapping[str, object] | None) -> set[str]:
    if row is None:
        return set()
    return {name for name in split(row.get("is_assumed")) if name != "name"}


def _band_of(row: Mapping[str, object], bands: Mapping[str, Band], usual: str) -> tuple[Band, set[str]]:
    named = row.get("band")
    if isinstance(named, str) and named in bands:
        return bands[named], set()
    frequency_mhz = carrier_mhz(row)
    if frequency_mhz is None:
        return bands[usual], {"band"}
    holding = [band for band in bands.values() if band.low_mhz <= frequency_mhz <= band.high_mhz]
    nearest = min(
        holding or bands.values(), key=lambda band: abs(math.log(band.frequency_mhz / frequency_mhz))
    )
    return nearest, set() if holding else {"band"}


def _carrier(
    row: Mapping[str, object], band: Band, blocks: Mapping[tuple[float, float], int]
) -> tuple[dict[str, float], set[str]]:
    stated = {name: given(row, name) for name in _FROM_BAND} | {"frequency_mhz": carrier_mhz(row)}
    values = {name: float(getattr(band, name)) if value is None else value for name, value in stated.items()}
    assumed = {name for name, value in stated.items() if value is None}
    fitting = blocks.get((values["scs_khz"], values["bandwidth_mhz"]))
    if stated["n_rb"] is None and fitting is not None:
        values["n_rb"] = float(fitting)
        assumed -= {"n_rb"} if stated["bandwidth_mhz"] is not None else set()
    return values, assumed - ({"frequency_mhz", "scs_khz"} if isinstance(row.get("band"), str) else set())


def _possible(
    row: Mapping[str, object],
    site: Mapping[str, object] | None,
    *,
    bands: Mapping[str, Band],
    defaults: Sequence[CellDefaults],
    blocks: Mapping[tuple[float, float], int],
    epsg: int,
    antennas: Mapping[str, Antenna],
) -> Transmitter:
    try:
        sector = _from_cell(row, site, bands=bands, defaults=defaults, blocks=blocks, epsg=epsg)
        return _with_antenna(sector, row, antennas)
    except RangeError as error:
        raise _named(error, str(row["id"])) from error


def _named(error: RangeError, cell: str) -> InputError:
    quantity, value = error.facts["quantity"], error.facts["value"]
    number = float(value) if isinstance(value, (int, float)) else math.nan
    if quantity == "height_m" and number <= 0.0:
        return InputError("cell_under_ground", cell=cell, value=value)
    if quantity == "tx_power_dbm" and number > 0.0:
        return InputError("cell_power_watts", cell=cell, value=value, dbm=float(watt_to_dbm(number)))
    return InputError("cell_range", issues=(), cell=cell, **error.facts)


def _with_antenna(
    sector: Transmitter, row: Mapping[str, object], antennas: Mapping[str, Antenna]
) -> Transmitter:
    key = antenna_key(row.get("antenna"))
    if not key:
        return sector
    antenna = antennas.get(key)
    if antenna is None:
        return replace(sector, assumed=sector.assumed | {"antenna"})
    tilt_deg = given(row, "electrical_tilt_deg") or 0.0  # the file of a pattern holds its own
    aerial = to_aerial(antenna, str(row["antenna"]).strip(), electrical_tilt_deg=tilt_deg)
    return replace(
        sector,
        aerial=aerial,
        gain_dbi=aerial.gain_dbi,
        electrical_tilt_deg=tilt_deg,
        assumed=sector.assumed - _FROM_ANTENNA,
    )


def _from_cell(
    row: Mapping[str, object],
    site: Mapping[str, object] | None,
    *,
    bands: Mapping[str, Band],
    defaults: Sequence[CellDefaults],
    blocks: Mapping[tuple[float, float], int],
    epsg: int,
) -> Transmitter:
    operators = split(row["operators"])
    technology = str(row["technology"])
    band, band_assumed = _band_of(row, bands, defaults_for(defaults, operators, technology).band)
    usual = defaults_for(defaults, operators, technology, band=band.name)
    values, carrier_assumed = _carrier(row, band, blocks)
    assumed = _stated_assumptions(row) | (_stated_assumptions(site) & {"geometry", "height_m"})
    assumed |= band_assumed | carrier_assumed
    for name in _FROM_DEFAULTS:
        value = given(row, name)
        values[name] = float(getattr(usual, name)) if value is None else value
        assumed |= {name} if value is None else set()
    height_m = given(row, "height_m")
    if height_m is None:
        mast_m = given(site, "height_m")
        height_m = usual.height_m if mast_m is None else mast_m
        assumed |= {"height_m"}
    x_m, y_m = _position(row if site is None else site, epsg)
    azimuth_deg = given(row, "azimuth_deg")
    return Transmitter(
        id=str(row["id"]),
        mast_id=str(row["site_id"]),
        operators=operators,
        technology=technology,
        band=band.name,
        x_m=x_m,
        y_m=y_m,
        height_m=height_m,
        azimuth_deg=None if azimuth_deg is None else azimuth_deg % 360,
        assumed=frozenset(assumed | ({"azimuth_deg"} if azimuth_deg is None else set())),
        n_rb=int(values.pop("n_rb")),
        aerial=None,
        urban=False,
        **values,
    )


def _from_site(
    site: Mapping[str, object],
    operator: str,
    *,
    bands: Mapping[str, Band],
    defaults: Sequence[CellDefaults],
    technology: str,
    epsg: int,
) -> Iterator[Transmitter]:
    usual = defaults_for(defaults, (operator,), technology)
    band = bands[usual.band]
    mast_m = given(site, "height_m")
    x_m, y_m = _position(site, epsg)
    assumed = {"band", "azimuth_deg", "height_m", *_FROM_DEFAULTS} | (
        _stated_assumptions(site) & {"geometry"}
    )
    for number, azimuth_deg in enumerate(usual.azimuths_deg, start=1):
        yield Transmitter(
            id=f"{site['id']}/{operator}/{number}",
            mast_id=str(site["id"]),
            operators=(operator,),
            technology=technology,
            band=band.name,
            x_m=x_m,
            y_m=y_m,
            height_m=usual.height_m if mast_m is None else mast_m,
            frequency_mhz=band.frequency_mhz,
            bandwidth_mhz=band.bandwidth_mhz,
            n_rb=band.n_rb,
            scs_khz=band.scs_khz,
            tx_power_dbm=usual.tx_power_dbm,
            gain_dbi=usual.gain_dbi,
            cable_loss_db=usual.cable_loss_db,
            azimuth_deg=azimuth_deg,
            horizontal_beamwidth_deg=usual.horizontal_beamwidth_deg,
            vertical_beamwidth_deg=usual.vertical_beamwidth_deg,
            mechanical_tilt_deg=usual.mechanical_tilt_deg,
            electrical_tilt_deg=usual.electrical_tilt_deg,
            assumed=frozenset(assumed),
        )


def _position(row: Mapping[str, object], epsg: int) -> tuple[float, float]:
    point = row["geometry"]
    x_m, y_m = transform(point.x, point.y, epsg_from=4326, epsg_to=epsg)  # type: ignore[attr-defined]
    return float(x_m), float(y_m)
