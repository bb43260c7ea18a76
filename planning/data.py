"""The one reader of ``data/**``: parameters with their sources, as frozen values handed down."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from geo.beam import Array, codebook
from geo.coverage import Levels
from geo.errors import NotFoundError
from geo.panel import Panel
from geo.throughput import Scheme
from layers.catalogue import CATALOGUE
from layers.cell import Band, CellDefaults, PowerRange
from layers.exchange.headings import ANY_LAYER, Aliases, ColumnAlias, ValueAlias, parse_aliases
from layers.exchange.word import fold

ROOT = Path(__file__).resolve().parent.parent / "data"
LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """
    A telecom enterprise.

    Parameters
    ----------
    id
        Key used in every layer.
    names
        Name for each language.
    colour, shape
        Colour ``#rrggbb`` and symbol, so that maps survive grey printing.
    bands
        5G bands it may use, the first one assumed where none is stated.
    is_active
        True where it is expected to hand in data.
    is_sample
        True for the fictional operators of the sample.
    aliases
        Other spellings, lower case without diacritics, and the codes of its mobile networks.
    """

    id: str
    names: Mapping[str, str]
    colour: str
    shape: str
    bands: tuple[str, ...]
    is_active: bool
    is_sample: bool
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """
    One editable number.

    Parameters
    ----------
    value
        The number, in ``unit``.
    unit
        Its unit.
    source
        Where it comes from, or that it is an assumption.
    """

    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """
    One level of received power, as a row of ``levels.csv``.

    Parameters
    ----------
    name
        Key of its text ``level.<name>``.
    lower_dbm
        Lowest planning level that belongs to it [dBm]; minus infinity for the last.
    is_covered
        True where it counts as covered.
    colour
        Colour ``#rrggbb`` on maps.
    """

    name: str
    lower_dbm: float
    is_covered: bool
    colour: str


def _text(relative: str) -> str:
    path = ROOT / relative
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError("data_missing", file=relative) from None


def _rows(relative: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_text(relative))))


@cache
def target_rows() -> tuple[Mapping[str, str], ...]:
    """
    Targets of the plan as they are shipped.

    Returns
    -------
    rows
        Rows of ``data/targets/targets.csv``, column to text, in the order of the file.
    """
    return tuple(MappingProxyType(row) for row in _rows("targets/targets.csv"))


@cache
def task_rows() -> tuple[Mapping[str, str], ...]:
    """
    Tasks of the plan as they are shipped, without deadlines.

    Returns
    -------
    rows
        Rows of ``data/targets/tasks.csv``, column to text, in the order of the file.
    """
    return tuple(MappingProxyType(row) for row in _rows("targets/tasks.csv"))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


@cache
def operators() -> tuple[Operator, ...]:
    """
    Telecom enterprises of ``data/operators.csv``.

    Returns
    -------
    operators
        In the order of the file.
    """
    return tuple(
        Operator(
            id=row["id"],
            names=MappingProxyType({"vi": row["name_vi"], "en": row["name_en"]}),
            colour=row["colour"],
            shape=row["shape"],
            bands=_parts(row["bands"]),
            is_active=row["is_active"] == "1",
            is_sample=row["is_sample"] == "1",
            aliases=(*_parts(row["aliases"]), *_parts(row["mcc_mnc"])),
        )
        for row in _rows("operators.csv")
    )


@cache
def settings() -> Mapping[str, Setting]:
    """
    Editable numbers of ``data/models/settings.csv``.

    Returns
    -------
    settings
        Name to value, unit and source.
    """
    return MappingProxyType(
        {
            row["name"]: Setting(value=float(row["value"]), unit=row["unit"], source=row["source"])
            for row in _rows("models/settings.csv")
        }
    )


def setting(name: str) -> float:
    """
    One editable number.

    Parameters
    ----------
    name
        Its name, with the unit.

    Returns
    -------
    value
        The number, in its unit.
    """
    return settings()[name].value


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """
    How a class of houses is reckoned with indoors, as a row of ``indoor.csv``.

    Parameters
    ----------
    model
        Key of ``geo.entry.ENTRIES``.
    probability
        Share of houses whose loss is not larger, where the model takes one, 0–1.
    indoor_m
        Way indoors, where the model takes one [m].
    source
        Where it comes from, or that it is an assumption.
    """

    model: str
    probability: float
    indoor_m: float
    source: str


@cache
def walls() -> Mapping[str, Wall]:
    """
    Classes of houses for estimates indoors.

    Returns
    -------
    walls
        Class, ``traditional`` or ``efficient``, to its row of ``data/models/indoor.csv``.
    """
    return MappingProxyType(
        {
            row["class"]: Wall(
                model=row["model"],
                probability=float(row["probability"]),
                indoor_m=float(row["indoor_m"]),
                source=row["source"],
            )
            for row in _rows("models/indoor.csv")
        }
    )


@cache
def level_rows() -> tuple[LevelRow, ...]:
    """
    Levels of received power, the best first.

    Returns
    -------
    rows
        Rows of ``data/models/levels.csv``.
    """
    return tuple(
        LevelRow(
            name=row["level"],
            lower_dbm=float(row["lower_dbm"] or "-inf"),
            is_covered=row["is_covered"] == "1",
            colour=row["colour"],
        )
        for row in _rows("models/levels.csv")
    )


@cache
def levels() -> Levels:
    """
    Levels and margin as the engine takes them.

    Returns
    -------
    levels
        Names, lower edges [dBm], which count as covered, and the margin [dB].
    """
    rows = level_rows()
    return Levels(
        names=tuple(row.name for row in rows),
        lower_dbm=tuple(row.lower_dbm for row in rows),
        covered=tuple(row.is_covered for row in rows),
        margin_db=float(_rows("models/levels.csv")[0]["margin_db"]),
    )


@cache
def bands() -> Mapping[str, Band]:
    """
    Radio bands with their usual carrier.

    Returns
    -------
    bands
        Band name to record.
    """
    return MappingProxyType(
        {
            row["band"]: Band(
                name=row["band"],
                frequency_mhz=float(row["frequency_mhz"]),
                bandwidth_mhz=float(row["bandwidth_mhz"]),
                n_rb=int(row["n_rb"]),
                scs_khz=float(row["scs_khz"]),
                low_mhz=float(row["low_mhz"]),
                high_mhz=float(row["high_mhz"]),
                tdd=row["duplex"] == "TDD",
                max_radius_m=float(row["max_radius_m"]),
            )
            for row in _rows("devices/bands.csv")
        }
    )


@cache
def cell_defaults() -> tuple[CellDefaults, ...]:
    """
    Assumed parameters of a cell of which nothing is known.

    Returns
    -------
    defaults
        In the order of the table; the operator ``*`` stands for any other.
    """
    return tuple(
        CellDefaults(
            operator=row["operator"],
            technology=row["technology"],
            band=row["band"],
            azimuths_deg=tuple(float(part) for part in _parts(row["azimuth_deg"])),
            height_m=float(row["height_m"]),
            tx_power_dbm=float(row["tx_power_dbm"]),
            gain_dbi=float(row["gain_dbi"]),
            horizontal_beamwidth_deg=float(row["horizontal_beamwidth_deg"]),
            vertical_beamwidth_deg=float(row["vertical_beamwidth_deg"]),
            cable_loss_db=float(row["cable_loss_db"]),
            mechanical_tilt_deg=float(row["mechanical_tilt_deg"]),
            electrical_tilt_deg=float(row["electrical_tilt_deg"]),
        )
        for row in _rows("devices/defaults.csv")
    )


@cache
def power_ranges() -> Mapping[str, PowerRange]:
    """
    Powers that are usual for a technology, beside which watts typed as dBm stand out.

    Returns
    -------
    ranges
        Technology to its row of ``data/devices/power.csv``.
    """
    return MappingProxyType(
        {
            row["technology"]: PowerRange(
                low_eirp_per_re_dbm=float(row["low_eirp_per_re_dbm"]),
                high_eirp_per_re_dbm=float(row["high_eirp_per_re_dbm"]),
                most_dbm=float(row["most_dbm"]),
            )
            for row in _rows("devices/power.csv")
        }
    )


@cache
def arrays() -> Mapping[str, Panel]:
    """
    Active antennas of ``data/devices/arrays.csv``.

    Returns
    -------
    arrays
        Name to panel.
    """
    return MappingProxyType({row["antenna"]: _panel(row) for row in _rows("devices/arrays.csv")})


def _panel(row: Mapping[str, str]) -> Panel:
    def elements(kind: str) -> Array:
        return Array(
            n_rows=int(row[f"{kind}_rows"]),
            n_columns=int(row[f"{kind}_columns"]),
            row_spacing_ratio=float(row["row_spacing_ratio"]),
            column_spacing_ratio=float(row["column_spacing_ratio"]),
            element_gain_dbi=float(row["element_gain_dbi"]),
            horizontal_beamwidth_deg=float(row["element_horizontal_deg"]),
            vertical_beamwidth_deg=float(row["element_vertical_deg"]),
        )

    def angles_deg(column: str) -> tuple[float, ...]:
        return tuple(float(part) for part in _parts(row[column]))

    return Panel(
        name=row["antenna"],
        signal=elements("signal"),
        signal_beams=codebook(
            right_deg=angles_deg("signal_right_deg"), down_deg=angles_deg("signal_down_deg")
        ),
        traffic=elements("traffic"),
        traffic_beams=codebook(
            right_deg=angles_deg("traffic_right_deg"), down_deg=angles_deg("traffic_down_deg")
        ),
    )


@cache
def resource_blocks() -> Mapping[tuple[float, float], int]:
    """
    Resource blocks of an NR carrier.

    Returns
    -------
    blocks
        (subcarrier spacing [kHz], channel width [MHz]) to their number.

    References
    ----------
    TS 38.101-1 Table 5.3.2-1.
    """
    return MappingProxyType(
        {
            (float(row["scs_khz"]), float(row["bandwidth_mhz"])): int(row["n_rb"])
            for row in _rows("devices/resource_blocks.csv")
        }
    )


@cache
def coding_schemes() -> tuple[Scheme, ...]:
    """
    Modulation and coding schemes of NR, with the least signal to interference and noise of each.

    Returns
    -------
    schemes
        Rows of ``data/models/mcs.csv``, the most robust first.

    References
    ----------
    TS 38.214 Table 5.1.3.1-2.
    """
    return tuple(
        Scheme(
            index=int(row["index"]),
            modulation_order=int(row["modulation_order"]),
            rate_1024=float(row["rate_1024"]),
            sinr_min_db=float(row["sinr_min_db"]),
        )
        for row in _rows("models/mcs.csv")
    )


@cache
def fiber_speeds() -> Mapping[str, float]:
    """
    Usual speed of fibre access technologies.

    Returns
    -------
    speeds
        Technology to downstream speed [Gbit/s].
    """
    return MappingProxyType(
        {row["technology"]: float(row["speed_gbps"]) for row in _rows("devices/fiber.csv")}
    )


@cache
def listed(path: str) -> tuple[Mapping[str, str], ...]:
    """
    Rows of a list that its reader turns into values itself.

    Parameters
    ----------
    path
        File below ``data``, without ``.csv``.

    Returns
    -------
    rows
        Column to text.
    """
    return tuple(MappingProxyType(row) for row in _rows(f"{path}.csv"))


@cache
def aliases() -> Aliases:
    """
    Spellings of headings and values met in office files.

    Returns
    -------
    aliases
        Tables for the import; the headings and the words for values that exports carry, in every language,
        are among them.
    """
    tables = parse_aliases(_text("aliases/columns.csv"), _text("aliases/values.csv"))
    own = {
        (key.removeprefix("column."), fold(heading))
        for language in LANGUAGES
        for key, heading in texts(language).items()
        if key.startswith("column.")
    }
    headings = [
        ColumnAlias(layer=ANY_LAYER, field=field, alias=alias, implies=MappingProxyType({}))
        for field, alias in sorted(own)
    ]
    return replace(tables, columns=(*tables.columns, *headings), values=(*tables.values, *_value_labels()))


def _value_labels() -> tuple[ValueAlias, ...]:
    """The words that exports write for the values of a vocabulary."""
    found = {
        (spec.name, column.name, fold(texts(language).get(f"value.{column.name}.{value}", value)), value)
        for spec in CATALOGUE
        for column in spec.columns
        for value in column.vocabulary
        for language in LANGUAGES
    }
    return tuple(
        ValueAlias(layer=layer, field=field, alias=alias, value=value)
        for layer, field, alias, value in sorted(found)
    )


@cache
def limits() -> Mapping[str, float]:
    """
    Limits of the guarded reader.

    Returns
    -------
    limits
        Name of each limit to its value.
    """
    return MappingProxyType({row["name"]: float(row["value"]) for row in _rows("limits.csv")})


@cache
def land_cover() -> Mapping[str, Mapping[float, float]]:
    """
    Heights that stand for the classes of land cover rasters (``data/landcover.csv``, to be edited).

    Returns
    -------
    heights
        Name of each scheme to its classes, and the height of each above the ground [m].
    """
    found: dict[str, dict[float, float]] = {}
    for row in _rows("landcover.csv"):
        found.setdefault(row["scheme"], {})[float(row["class"])] = float(row["height_m"])
    return MappingProxyType({name: MappingProxyType(heights) for name, heights in found.items()})


@cache
def texts(language: str) -> Mapping[str, str]:
    """
    Texts of one language.

    Parameters
    ----------
    language
        ``vi`` or ``en``.

    Returns
    -------
    texts
        Key to text with placeholders.
    """
    found: dict[str, str] = json.loads(_text(f"i18n/{language}.json"))
    return MappingProxyType(found)


@cache
def rule_rows(name: str) -> tuple[Mapping[str, str], ...]:
    """
    Rows of one rule table.

    Parameters
    ----------
    name
        File of ``data/rules`` without its ending.

    Returns
    -------
    rows
        Column to text, in the order of the file.
    """
    return tuple(MappingProxyType(row) for row in _rows(f"rules/{name}.csv"))
