"""Documented cells become transmitters as they are; every gap filled is named."""

from __future__ import annotations

import pytest
import shapely
from geopandas import GeoDataFrame

from layers.catalogue import spec_of
from layers.cell import to_transmitters
from planning import data

FULL = {
    "id": "A1-1",
    "site_id": "A1",
    "operators": "viettel",
    "technology": "5G",
    "band": "n41",
    "frequency_mhz": 2550.0,
    "bandwidth_mhz": 100.0,
    "n_rb": 273.0,
    "scs_khz": 30.0,
    "tx_power_dbm": 53.0,
    "gain_dbi": 24.0,
    "horizontal_beamwidth_deg": 65.0,
    "vertical_beamwidth_deg": 8.0,
    "cable_loss_db": 0.5,
    "height_m": 33.0,
    "azimuth_deg": 360.0,
    "mechanical_tilt_deg": 2.0,
    "electrical_tilt_deg": 3.0,
}


def table(layer: str, *rows: dict[str, object]) -> GeoDataFrame:
    """Rows of a layer at one point, absent columns unknown."""
    names = [column.name for column in spec_of(layer).columns]
    complete = [{name: row.get(name) for name in names} for row in rows]
    points = [row.get("geometry", shapely.Point(106.47, 20.83)) for row in rows]
    return GeoDataFrame(complete, columns=names, geometry=points, crs=4326)


def sectors(cells: list[dict[str, object]], sites: list[dict[str, object]] | None = None):
    return to_transmitters(
        table("site", *(sites or [{"id": "A1", "operators": "viettel", "technologies": "4G;5G"}])),
        table("cell", *cells),
        bands=data.bands(),
        defaults=data.cell_defaults(),
        blocks=data.resource_blocks(),
        technology="5G",
        epsg=9210,
    )


def test_a_fully_documented_cell_assumes_nothing() -> None:
    (found,) = sectors([FULL])
    assert found.assumed == frozenset()
    assert (found.azimuth_deg, found.height_m, found.gain_dbi) == (0.0, 33.0, 24.0)


def test_blocks_follow_the_channel_width_that_is_given() -> None:
    (found,) = sectors([{**FULL, "bandwidth_mhz": 20.0, "n_rb": None}])
    assert found.n_rb == 51
    assert found.assumed == frozenset()


def test_a_carrier_without_a_band_finds_its_band_and_names_what_it_takes_from_it() -> None:
    (found,) = sectors(
        [{**FULL, "band": None, "frequency_mhz": 763.0, "bandwidth_mhz": None, "n_rb": None, "scs_khz": None}]
    )
    assert (found.band, found.n_rb, found.bandwidth_mhz) == ("n28", 52, 10.0)
    assert {"bandwidth_mhz", "n_rb", "scs_khz"} <= found.assumed


@pytest.mark.parametrize(
    "name", ["tx_power_dbm", "gain_dbi", "azimuth_deg", "height_m", "electrical_tilt_deg"]
)
def test_each_gap_is_named(name: str) -> None:
    (found,) = sectors([{**FULL, name: None}])
    assert found.assumed == {name}


def test_a_bare_site_gets_three_assumed_sectors_for_each_operator_without_cells() -> None:
    bare = {"id": "B1", "operators": "viettel;vnpt", "technologies": "5G"}
    found = sectors([FULL], [{"id": "A1", "operators": "viettel", "technologies": "5G"}, bare])
    assert [one.id for one in found if one.mast_id == "B1"] == [
        f"B1/{operator}/{number}" for operator in ("viettel", "vnpt") for number in (1, 2, 3)
    ]
    assert {one.band for one in found if one.operators == ("vnpt",)} == {"n78"}
    assert all({"tx_power_dbm", "azimuth_deg", "height_m"} <= one.assumed for one in found[1:])


def test_a_placed_cell_counts_though_its_site_has_no_position_and_not_where_the_site_is_dismantled() -> None:
    site = {"id": "A1", "operators": "viettel", "technologies": "5G", "geometry": None}
    assert len(sectors([FULL], [site])) == 1
    assert sectors([FULL], [{**site, "status": "decommissioned"}]) == ()
