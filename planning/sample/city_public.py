"""Communes, hamlets, roads, places, Wi-Fi and zones of the sample city."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from planning.sample import frame
from planning.sample.city_land import Land
from planning.sample.city_rows import columns_table, numbered
from planning.sample.rows import Manner

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

FIRST_WORDS = ("Mây", "Lụa", "Nắng", "Sậy", "Trúc", "Sen", "Diều", "Gạo", "Cau", "Nhót", "Bưởi", "Thị")
SECOND_WORDS = ("Vàng", "Biếc", "Thượng", "Hạ", "Trung", "Đông", "Tây", "Nam", "Bắc", "Mới")
FIRST_CODE = 90_001
NO_NUMBER_SHARE = 0.01
WIFI_SHARE = 0.85
MAIN_ROADS = (
    ("Quốc lộ 901M (mẫu)", ((-1.6, -0.55), (-0.5, -0.40), (0.12, -0.10), (0.60, 0.42), (1.6, 0.8))),
    ("Quốc lộ 902M (mẫu)", ((-0.7, 1.6), (-0.2, 0.5), (0.12, -0.10), (0.25, -0.7), (0.2, -1.6))),
    (
        "Đường tỉnh 903M (mẫu)",
        ((-1.6, 0.1), (-0.4, 0.15), (0.35, 0.45), (0.60, 0.42), (0.8, -0.4), (0.7, -1.6)),
    ),
)
"""Name and course in parts of the city's radius."""

PLACES = (
    ("commune_centre", "Trung tâm", 0.0, 60.0),
    ("agency", "Trụ sở UBND", 70.0, 40.0),
    ("clinic", "Trạm Y tế", -90.0, 50.0),
    ("school", "Trường THCS", 60.0, -90.0),
    ("school", "Trường Tiểu học", -70.0, -80.0),
    ("market", "Chợ", 120.0, -20.0),
)
"""Kind, name, and position east and north of the middle of the commune's main hamlet [m]."""

CULTURAL_HOUSE_M = (27.0, 21.0)


def hamlet_ids(land: Land) -> Texts:
    """
    Keys of the hamlets.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    ids
        Shape (n_hamlets,).
    """
    return numbered("TPM-THON-", len(land.hamlet_xy_m))


def commune_names(land: Land) -> Texts:
    """
    Invented names, ``Phường`` for wards and ``Xã`` for communes.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    names
        All different, shape (n_communes,).
    """
    words = [f"{one} {two}" for two in SECOND_WORDS for one in FIRST_WORDS]
    kinds = np.where(land.is_ward, "Phường", "Xã")
    return np.array([f"{kind} {words[index]} (mẫu)" for index, kind in enumerate(kinds)], dtype=object)


def boundary(land: Land) -> gpd.GeoDataFrame:
    """
    One polygon for each commune; together the city.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    table
        Layer ``boundary``, EPSG:4326.
    """
    names = commune_names(land)
    people = np.bincount(land.commune_of, weights=land.people, minlength=len(names))
    columns: dict[str, object] = {
        "id": numbered("TPM-XA-", len(names), n_digits=3),
        "name": names,
        "code": np.array([str(FIRST_CODE + index) for index in range(len(names))], dtype=object),
        "area_stated_km2": (shapely.area(land.commune_shapes) / 1e6).round(2),
        "population_registered": people,
        "owner": "UBND Thành phố Mẫu",
    }
    manner = Manner(layer="boundary", sharing="public", accuracy_m=10.0)
    return columns_table(manner, columns, land.commune_shapes, frame.stream(land.seed, "city boundary"))


def hamlets(land: Land) -> gpd.GeoDataFrame:
    """
    Hamlets with their people; some have not handed in a number.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    table
        Layer ``hamlet``, EPSG:4326.
    """
    chance = frame.stream(land.seed, "city hamlet")
    names = commune_names(land)[land.commune_of]
    number = _number_in_commune(land)
    kind = np.where(land.is_urban, "Tổ dân phố", "Thôn")
    columns: dict[str, object] = {
        "id": hamlet_ids(land),
        "name": [f"{word} {index}, {name}" for word, index, name in zip(kind, number, names, strict=True)],
        "former_commune": names,
        "owner": names,
        "population_basis": "registered",
    } | _counts(land, chance)
    manner = Manner(layer="hamlet", sharing="internal", accuracy_m=20.0)
    return columns_table(manner, columns, land.hamlet_shapes, chance)


def _number_in_commune(land: Land) -> Ints:
    order = np.argsort(land.commune_of, kind="stable")
    first = np.searchsorted(land.commune_of[order], np.arange(land.size.n_communes))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order)) - first[land.commune_of[order]] + 1
    return found


def _counts(land: Land, chance: np.random.Generator) -> dict[str, object]:
    """Numbers of people and households; not-a-number where nobody has handed them in."""
    n_rows = len(land.people)
    people = land.people.astype(np.float64)
    people[chance.random(n_rows) < NO_NUMBER_SHARE] = np.nan
    households = np.round(people / chance.uniform(3.3, 3.7, n_rows))
    adults = np.round(people * chance.uniform(0.70, 0.75, n_rows))
    men = np.round(people * chance.uniform(0.485, 0.505, n_rows))
    return {
        "population": people,
        "households": households,
        "poor_households": np.round(households * chance.uniform(0.01, 0.04, n_rows)),
        "adults": adults,
        "men": men,
        "women": people - men,
        "adults_smartphone": np.round(adults * chance.uniform(0.72, 0.93, n_rows)),
        "households_fiber": np.round(households * chance.uniform(0.55, 0.85, n_rows)),
    }


def roads(land: Land, parent: Ints) -> gpd.GeoDataFrame:
    """
    Main roads through the city and one road to every hamlet.

    Parameters
    ----------
    land
        The city's land.
    parent
        Tree of the hamlets.

    Returns
    -------
    table
        Layer ``road``, EPSG:4326.
    """
    main = [
        shapely.intersection(
            frame.curve([(x * land.size.radius_m, y * land.size.radius_m) for x, y in course]), land.outline
        )
        for _, course in MAIN_ROADS
    ]
    end = np.flatnonzero(parent >= 0)
    pairs_m = np.stack([land.hamlet_xy_m[parent[end]], land.hamlet_xy_m[end]], axis=1)
    keys = hamlet_ids(land)[end]
    is_main = np.arange(len(main) + len(end)) < len(main)
    names = [name for name, _ in MAIN_ROADS] + [f"Đường vào {key} (mẫu)" for key in keys]
    columns: dict[str, object] = {
        "id": numbered("TPM-DUONG-", len(names)),
        "name": names,
        "kind": np.where(is_main, "national", "commune").astype(object),
        "is_main": is_main,
        "width_m": np.where(is_main, 12.0, 5.5),
        "owner": "UBND Thành phố Mẫu",
    }
    shapes = np.concatenate([np.array(main, dtype=object), shapely.linestrings(pairs_m)])
    manner = Manner(layer="road", sharing="public", accuracy_m=5.0)
    return columns_table(manner, columns, shapes, frame.stream(land.seed, "city road"))


def places(land: Land) -> gpd.GeoDataFrame:
    """
    A cultural house in every hamlet; centre, agency, clinic, schools and market in every commune.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    table
        Layer ``place``, EPSG:4326.
    """
    chance = frame.stream(land.seed, "city place")
    keys, names = hamlet_ids(land), commune_names(land)
    main = _main_hamlets(land)
    hamlet = np.concatenate([np.arange(len(keys)), np.tile(main, len(PLACES))])
    shift_m = np.repeat(
        [CULTURAL_HOUSE_M, *(place[2:] for place in PLACES)], [len(keys), *[len(main)] * 6], axis=0
    )
    n_rows = len(hamlet)
    is_culture = np.arange(n_rows) < len(keys)
    kinds = ["cultural_house"] * len(keys) + [place[0] for place in PLACES for _ in main]
    titles = [f"Nhà văn hóa {key}" for key in keys]
    titles += [f"{place[1]} {name}" for place in PLACES for name in names]
    is_told = is_culture | (np.array(kinds) == "commune_centre")
    status = np.where(chance.random(n_rows) < WIFI_SHARE, "yes", "no").astype(object)
    columns: dict[str, object] = {
        "id": numbered("TPM-NOI-", n_rows),
        "name": titles,
        "kind": kinds,
        "hamlet": keys[hamlet],
        "hamlet_id": keys[hamlet],
        "wifi_status": np.where(is_told, status, np.array(None, dtype=object)),
        "position_basis": "given",
        "owner": names[land.commune_of[hamlet]],
    }
    manner = Manner(layer="place", sharing="public", accuracy_m=10.0)
    return columns_table(manner, columns, shapely.points(land.hamlet_xy_m[hamlet] + shift_m), chance)


def _main_hamlets(land: Land) -> Ints:
    """The hamlet with most people in each commune."""
    order = np.lexsort((-land.people, land.commune_of))
    found: Ints = order[np.searchsorted(land.commune_of[order], np.arange(land.size.n_communes))]
    return found


def hotspots(land: Land, at_places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Free Wi-Fi where a place says that it has some.

    Parameters
    ----------
    land
        The city's land.
    at_places
        Layer ``place``.

    Returns
    -------
    table
        Layer ``wifi``, EPSG:4326.
    """
    chance = frame.stream(land.seed, "city wifi")
    own = at_places[at_places["wifi_status"] == "yes"]
    n_rows = len(own)
    columns: dict[str, object] = {
        "id": numbered("TPM-WIFI-", n_rows),
        "name": [f"Wi-Fi {name}" for name in own["name"]],
        "owner": own["owner"].to_numpy(),
        "place_id": own["id"].to_numpy(),
        "operators": np.where(np.arange(n_rows) % 2 == 0, "mau_a", "mau_b").astype(object),
        "is_free": True,
        "speed_mbps": chance.uniform(60, 220, n_rows).round(1),
        "radius_m": 50.0,
    }
    manner = Manner(layer="wifi", sharing="public", accuracy_m=10.0)
    return columns_table(manner, columns, own.geometry.to_crs(frame.EPSG).to_numpy(), chance)


def zones(land: Land) -> gpd.GeoDataFrame:
    """
    The priority zone around every commune's centre.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    table
        Layer ``zone``, EPSG:4326.
    """
    names = commune_names(land)
    shapes = shapely.buffer(shapely.points(land.hamlet_xy_m[_main_hamlets(land)]), 200.0, quad_segs=4)
    columns: dict[str, object] = {
        "id": numbered("TPM-VUT-", len(names), n_digits=3),
        "name": [f"Khu hành chính công {name}" for name in names],
        "kind": "HCC",
        "weight": 1.0,
        "owner": names,
    }
    manner = Manner(layer="zone", sharing="public", accuracy_m=20.0)
    return columns_table(manner, columns, shapes, frame.stream(land.seed, "city zone"))
