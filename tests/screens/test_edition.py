"""A map in an edition shows what a file of that edition would hold."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from streamlit.testing.v1 import AppTest

from layers.store import create_store


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - the page is a script of its own

    from screens import edition, state  # noqa: PLC0415

    for name in ("internal", "public", "operator:viettel"):
        with edition.shown(name):
            cells = state.table("cell")["id"].tolist()
            ducts = state.table("fiber_span").geometry.to_wkt().tolist()
        st.text(f"{name} {sorted(cells)} {'106.47123' in str(ducts)}")
    st.text(f"after {len(state.table('cell'))}")


def test_tables_and_the_map_follow_the_edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = create_store(tmp_path / "w", {"name": "Thử", "calc_epsg": "9210"})
    line = shapely.LineString([(106.4712345, 20.83), (106.49, 20.84)])
    point = shapely.Point(106.47, 20.83)
    rows = {
        "id": ["v", "n", "p"],
        "site_id": "s",
        "operators": ["viettel", "vnpt", "vnpt"],
        "technology": "5G",
    }
    levels = ["internal", "internal", "operator"]  # the office holds what one operator gave it in confidence
    store.replace(
        {
            "cell": gpd.GeoDataFrame(rows | {"sharing": levels}, geometry=[point] * 3, crs=4326),
            "fiber_span": gpd.GeoDataFrame({"id": ["f"], "sharing": ["public"]}, geometry=[line], crs=4326),
        }
    )
    store.close()
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(tmp_path / "w"))
    shown = AppTest.from_function(page, default_timeout=60).run()
    assert not shown.exception
    assert [one.value for one in shown.text] == [
        "internal ['n', 'v'] True",
        "public [] False",
        "operator:viettel ['v'] True",
        "after 3",
    ]
