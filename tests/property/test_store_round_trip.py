"""What is written comes back equal, whatever the values."""

import tempfile

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.catalogue import spec_of
from layers.store import create_store

SPEC = spec_of("site")
DEGREES = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text("abcđêẵ019-_. ", min_size=1, max_size=12),
            "name": TEXT,
            "height_m": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "n_tenants": st.none() | st.integers(-(2**63), 2**63 - 1),
            "is_sample": st.none() | st.booleans(),
            "as_of": st.none() | st.dates().map(lambda day: day.isoformat()),
            "geometry": st.none() | DEGREES.map(shapely.Point),
        }
    ),
    max_size=6,
    unique_by=lambda row: row["id"],
)
RINGS = st.builds(
    lambda x, y, width, height, parts: shapely.unary_union(
        [shapely.box(x + i * 2 * width, y, x + i * 2 * width + width, y + height) for i in range(parts)]
    ),
    st.floats(-100, 100),
    st.floats(-80, 80),
    st.floats(1e-5, 1),
    st.floats(1e-5, 1),
    st.integers(1, 3),
)
FOLDER = tempfile.TemporaryDirectory(prefix="hatangso-")
STORE = create_store(f"{FOLDER.name}/xa", {})


def as_table(rows):
    columns = ["id", "name", "height_m", "n_tenants", "is_sample", "as_of"]
    data = {name: pd.Series([row[name] for row in rows], dtype=object) for name in columns}
    shapes = np.full(len(rows), None, dtype=object)
    shapes[:] = [row["geometry"] for row in rows]
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(shapes, crs=4326), crs=4326)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_rows_come_back_as_written(rows):
    STORE.replace({"site": as_table(rows)})
    table = STORE.read("site")
    assert len(table) == STORE.count("site") == len(rows)
    for row, (_, found) in zip(rows, table.iterrows(), strict=True):
        for name, value in row.items():
            if value is None:
                assert found[name] is None or pd.isna(found[name])
            elif name == "geometry":
                assert found[name].equals(value)
            elif isinstance(value, str):
                assert found[name] == pd.Series([value]).str.normalize("NFC")[0]
            else:
                assert found[name] == value


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, st.randoms(use_true_random=False))
def test_order_does_not_change_the_digest_and_reading_then_writing_changes_nothing(rows, random):
    STORE.replace({"site": as_table(rows)})
    digest = STORE.digest("site")
    STORE.replace({"site": STORE.read("site")})
    assert STORE.digest("site") == digest
    shuffled = list(rows)
    random.shuffle(shuffled)
    STORE.replace({"site": as_table(shuffled)})
    assert STORE.digest("site") == digest


@settings(max_examples=40, deadline=None)
@given(st.lists(RINGS, min_size=1, max_size=4))
def test_areas_of_one_or_more_parts_come_back_and_are_indexed(shapes):
    ids = [str(i) for i in range(len(shapes))]
    STORE.replace({"building": gpd.GeoDataFrame({"id": ids}, geometry=shapes, crs=4326)})
    table = STORE.read("building")
    assert [found.equals(given) for found, given in zip(table.geometry, shapes, strict=True)] == [True] * len(
        ids
    )
    for id_, shape in zip(ids, shapes, strict=True):
        assert id_ in STORE.read("building", bounds=shape.bounds)["id"].tolist()
