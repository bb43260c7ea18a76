"""
OpenStreetMap extracts (.osm, .osm.pbf) as tables of our layers, in the words of those layers.

Positions are of the order of a few metres; every row carries the number of its object in OpenStreetMap.

References
----------
OpenStreetMap wiki, "Map features": building, highway, power, telecom, man_made, amenity, place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import shapely

from layers.exchange import vector
from layers.exchange.fault import refusal
from layers.exchange.raw import Cell, Limits, RawTable
from layers.issue import Issue

LICENCE = "© OpenStreetMap contributors, ODbL 1.0"
ACCURACY_M = 10.0
"""Usual error of an outline drawn from an aerial photograph [m]."""

Tags = Mapping[str, Cell]
Row = dict[str, Cell]

_AREAS = ("building", "amenity", "healthcare", "office", "shop", "tourism", "historic", "leisure", "power",
          "telecom", "public_transport", "man_made", "landuse", "railway", "place")  # fmt: skip
_TAGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "points": ("name", "operator", "power", "telecom", "man_made", "street_cabinet", "tower:type",
                   "tower:construction", "height", "communication:gsm", "communication:umts",
                   "communication:lte", "communication:5g", "communication:mobile_phone", "amenity",
                   "healthcare", "office", "tourism", "historic", "public_transport", "railway", "place"),
        "lines": ("name", "operator", "highway", "width", "power", "telecom"),
        "multipolygons": ("name", "operator", "building", "building:levels", "height", "amenity",
                          "healthcare", "office", "tourism", "historic", "public_transport", "railway",
                          "power", "telecom", "man_made", "tower:type"),
    }
)  # fmt: skip
_ROADS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("motorway", "trunk"), "national"),
        **dict.fromkeys(("primary", "secondary"), "provincial"),
        **dict.fromkeys(("tertiary", "unclassified"), "commune"),
        **dict.fromkeys(("residential", "living_street"), "hamlet"),
        **dict.fromkeys(("service", "track", "path", "footway", "cycleway", "pedestrian", "steps"), "lane"),
    }
)
_MAIN = ("national", "provincial", "commune")
_HOUSES: Mapping[str, str | None] = MappingProxyType(
    {
        "yes": None,
        **dict.fromkeys(("house", "residential", "detached", "terrace", "semidetached_house", "hut",
                         "bungalow", "farm", "cabin"), "house"),
        **dict.fromkeys(("apartments", "dormitory"), "apartment"),
        **dict.fromkeys(("public", "school", "kindergarten", "university", "college", "hospital", "clinic",
                         "government", "civic", "church", "temple", "pagoda", "mosque", "train_station",
                         "office", "sports_centre", "stadium"), "public"),
        **dict.fromkeys(("industrial", "warehouse", "factory", "manufacture"), "industrial"),
    }
)  # fmt: skip
_PLACES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        **{("amenity", one): "school" for one in ("school", "kindergarten", "college", "university")},
        **{("amenity", one): "clinic" for one in ("hospital", "clinic", "doctors")},
        **{("healthcare", one): "clinic" for one in ("hospital", "clinic", "centre", "doctor")},
        **{("amenity", one): "agency" for one in ("townhall", "police", "courthouse", "post_office")},
        ("office", "government"): "agency",
        ("amenity", "community_centre"): "cultural_house",
        ("amenity", "marketplace"): "market",
        **{("amenity", one): "transport" for one in ("bus_station", "ferry_terminal")},
        ("railway", "station"): "transport",
        ("amenity", "place_of_worship"): "relic",
        **{("historic", one): "relic" for one in ("memorial", "monument", "temple", "ruins", "castle")},
        **{("tourism", one): "tourism" for one in ("attraction", "museum", "theme_park")},
    }
)
_HAMLETS = ("village", "hamlet", "isolated_dwelling", "neighbourhood", "quarter")
_TECHNOLOGIES = (
    ("2G", "communication_gsm"),
    ("3G", "communication_umts"),
    ("4G", "communication_lte"),
    ("5G", "communication_5g"),
)
_STRUCTURES = MappingProxyType(
    {"lattice": "self_supporting", "freestanding": "self_supporting", "guyed_lattice": "guyed",
     "guyed_tube": "guyed", "tube": "monopole", "monopole": "monopole", "concealed": "disguised"}
)  # fmt: skip
_NUMBER = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(?:m\b.*)?$")


def read(
    path: Path, found: str, folder: Path, limits: Limits
) -> tuple[tuple[RawTable, ...], tuple[Issue, ...]]:
    """
    Buildings, roads, power, masts, telecom cabinets, places and hamlets of an extract.

    Parameters
    ----------
    path
        Server-made path.
    found
        osm or pbf.
    folder
        Private folder for the list of tags wanted.
    limits
        Largest number of rows.

    Returns
    -------
    tables, issues
        One table for each of our layers that the extract has something for, and faults found.

    Raises
    ------
    FileError
        The extract is damaged or too large, or holds nothing of the kind (``layer_empty``).
    """
    settings = folder / "tags.ini"
    settings.write_text(_settings(), "utf-8")
    options = {"CONFIG_FILE": str(settings)}
    faults: list[Issue] = []
    rows: dict[str, list[tuple[Row, bytes | None]]] = {name: [] for name in _MAKERS}
    for layer in _TAGS:
        table = vector.read_layer(path, found, layer, limits, faults, where=_wanted(layer), options=options)
        if table is not None:
            _sort(table, layer, rows)
    tables = tuple(_table(name, found_rows) for name, found_rows in rows.items() if found_rows)
    if not tables:
        raise refusal("layer_empty")
    return tables, tuple(faults)


def _settings() -> str:
    parts = [f"closed_ways_are_polygons={','.join(_AREAS)}", "attribute_name_laundering=yes"]
    for layer, tags in _TAGS.items():
        parts += [
            f"[{layer}]",
            "osm_id=yes",
            "osm_way_id=yes",
            f"attributes={','.join(tags)}",
            "other_tags=no",
        ]
    return "\n".join(parts)


def _wanted(layer: str) -> str:
    keys = [
        tag.replace(":", "_") for tag in _TAGS[layer] if tag not in ("name", "operator", "width", "height")
    ]
    return " OR ".join(f'"{key}" IS NOT NULL' for key in keys)


def _sort(table: RawTable, layer: str, rows: Mapping[str, list[tuple[Row, bytes | None]]]) -> None:
    """Each object to the layers that it says something for."""
    shapes = table.shapes or ()
    for values, shape in zip(table.rows, shapes, strict=True):
        tags = dict(zip(table.headings, values, strict=True))
        for name, make in _MAKERS.items():
            if layer not in _SOURCES[name]:
                continue
            row = make(tags)
            if row is not None:
                rows[name].append(({"id": _id(tags, layer), **row, "accuracy_m": ACCURACY_M}, shape))


def _id(tags: Tags, layer: str) -> str:
    if layer == "points":
        return f"osm-n{tags.get('osm_id')}"
    if layer == "lines":
        return f"osm-w{tags.get('osm_id')}"
    way = tags.get("osm_way_id")
    return f"osm-w{way}" if way else f"osm-r{tags.get('osm_id')}"


def _table(name: str, rows: list[tuple[Row, bytes | None]]) -> RawTable:
    headings = tuple(dict.fromkeys(key for row, _ in rows for key in row))
    shapes = [shape for _, shape in rows]
    if name in _POINTS:
        loaded = shapely.from_wkb(np.array(shapes, dtype=object))
        areas = shapely.get_dimensions(loaded) == 2
        loaded[areas] = shapely.point_on_surface(loaded[areas])
        shapes = [bytes(one) for one in shapely.to_wkb(loaded)]
    return RawTable(
        name=name,
        headings=headings,
        rows=tuple(tuple(row.get(key) for key in headings) for row, _ in rows),
        row_numbers=tuple(range(1, len(rows) + 1)),
        shapes=tuple(shapes),
        epsg=4326,
        is_crs_declared=True,
        crs_name="EPSG:4326",
        licence=LICENCE,
    )


def _metres(cell: Cell) -> float | None:
    found = _NUMBER.match(str(cell)) if cell is not None else None
    return float(found.group(1).replace(",", ".")) if found else None


def _building(tags: Tags) -> Row | None:
    kind = tags.get("building")
    if kind is None or kind == "no":
        return None
    floors = _metres(tags.get("building_levels"))
    return {
        "name": tags.get("name"),
        "kind": _HOUSES.get(str(kind), "other"),
        "height_m": _metres(tags.get("height")),
        "n_floors": None if floors is None else round(floors),
    }


def _road(tags: Tags) -> Row | None:
    highway = str(tags.get("highway") or "").removesuffix("_link")
    if not highway or highway in ("proposed", "construction", "razed"):
        return None
    kind = _ROADS.get(highway, "other")
    width_m = _metres(tags.get("width"))
    return {"name": tags.get("name"), "kind": kind, "is_main": kind in _MAIN, "width_m": width_m}


def _power(tags: Tags) -> Row | None:
    kinds = {"line": "medium_voltage", "minor_line": "low_voltage", "cable": "medium_voltage",
             "transformer": "transformer", "substation": "transformer"}  # fmt: skip
    kind = kinds.get(str(tags.get("power")))
    return None if kind is None else {"name": tags.get("name"), "owner": tags.get("operator"), "kind": kind}


def _passive(tags: Tags) -> Row | None:
    if tags.get("power") not in ("pole", "tower"):
        return None
    row = {"name": tags.get("name"), "owner": tags.get("operator"), "kind": "pole", "sector": "power"}
    return row | {"height_m": _metres(tags.get("height"))}


def _site(tags: Tags) -> Row | None:
    said = [name for name, key in _TECHNOLOGIES if tags.get(key) == "yes"]
    is_mast = tags.get("man_made") in ("mast", "tower", "communications_tower") and (
        tags.get("tower_type") == "communication" or tags.get("man_made") == "communications_tower"
    )
    if not (is_mast or said or tags.get("communication_mobile_phone") == "yes"):
        return None
    return {
        "name": tags.get("name"),
        "owner": tags.get("operator"),
        "technologies": ";".join(said) or None,
        "structure": _STRUCTURES.get(str(tags.get("tower_construction"))),
        "height_m": _metres(tags.get("height")),
    }


def _fiber_node(tags: Tags) -> Row | None:
    kinds = {"exchange": "olt", "connection_point": "terminal_box", "distribution_point": "terminal_box",
             "service_device": "cabinet"}  # fmt: skip
    kind = kinds.get(str(tags.get("telecom")))
    if kind is None and tags.get("street_cabinet") == "telecom":
        kind = "cabinet"
    return None if kind is None else {"name": tags.get("name"), "owner": tags.get("operator"), "kind": kind}


def _fiber_span(tags: Tags) -> Row | None:
    if tags.get("telecom") not in ("line", "cable"):
        return None
    return {"name": tags.get("name"), "owner": tags.get("operator")}


def _place(tags: Tags) -> Row | None:
    if tags.get("name") is None:
        return None
    kind = next((one for (key, value), one in _PLACES.items() if tags.get(key) == value), None)
    return None if kind is None else {"name": tags.get("name"), "owner": tags.get("operator"), "kind": kind}


def _hamlet(tags: Tags) -> Row | None:
    if tags.get("place") not in _HAMLETS or tags.get("name") is None:
        return None
    return {"name": tags.get("name")}


_MAKERS: Mapping[str, Callable[[Tags], Row | None]] = MappingProxyType(
    {
        "building": _building,
        "road": _road,
        "power": _power,
        "passive": _passive,
        "site": _site,
        "fiber_node": _fiber_node,
        "fiber_span": _fiber_span,
        "place": _place,
        "hamlet": _hamlet,
    }
)
_SOURCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "building": ("multipolygons",),
        "road": ("lines",),
        "power": ("points", "lines", "multipolygons"),
        "passive": ("points",),
        "site": ("points", "multipolygons"),
        "fiber_node": ("points", "multipolygons"),
        "fiber_span": ("lines",),
        "place": ("points", "multipolygons"),
        "hamlet": ("points",),
    }
)
_POINTS = ("site", "fiber_node", "place")
