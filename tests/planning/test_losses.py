"""Path losses kept on disk change nothing but the time, and stay within their size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from geo import io
from geo.loss import Losses
from planning import coverage
from planning.losses import DiskLosses
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune

OPTIONS = CoverageOptions(cell_m=50)


@pytest.fixture
def bare(tmp_path: Path) -> Workspace:
    made = commune.empty(tmp_path / "w")
    commune.with_ground(made, clutter_m=6)
    row, point = commune.site(1, commune.at(1500, 1500))
    made.store.append({"site": commune.table([row], [point])})
    return made


def kept(workspace: Workspace) -> list[Path]:
    return sorted((workspace.cache / "loss").rglob("*.npz"))


def power(workspace: Workspace) -> np.ndarray:
    found = coverage.run(workspace, OPTIONS, now=commune.NOW)
    with rasterio.open(found.power_paths["viettel"]) as source:
        return source.read(1)


def tilt(workspace: Workspace, degrees: float) -> None:
    row, point = commune.site(1, commune.at(1500, 1500))
    cell = {"id": "C1", "site_id": row["id"], "operators": "viettel", "technology": "5G", "band": "n41",
            "electrical_tilt_deg": degrees, "azimuth_deg": 0.0}  # fmt: skip
    workspace.store.replace({"cell": commune.table([cell], [point])})


def test_a_tilted_antenna_takes_the_loss_computed_before(bare: Workspace) -> None:
    tilt(bare, 2.0)
    before = power(bare)
    (first,) = kept(bare)
    written = first.stat().st_mtime_ns
    contents = first.read_bytes()
    tilt(bare, 8.0)
    after = power(bare)
    assert (before != after).any()
    assert kept(bare) == [first]
    assert first.read_bytes() == contents
    assert first.stat().st_mtime_ns >= written
    first.unlink()
    tilt(bare, 8.0)
    bare.store.replace({"coverage5g": bare.store.read("coverage5g").iloc[:0]})
    assert (power(bare) == after).all()


def test_a_damaged_file_is_computed_again(bare: Workspace) -> None:
    tilt(bare, 2.0)
    before = power(bare)
    (first,) = kept(bare)
    first.write_bytes(first.read_bytes()[:1000])
    bare.store.replace({"coverage5g": bare.store.read("coverage5g").iloc[:0]})
    assert (power(bare) == before).all()


def losses() -> Losses:
    loss = np.full((50, 50), 9000, dtype=np.int16)
    return Losses(loss_cdb=loss, least_cdb=loss, marks=np.ones((50, 50), dtype=np.uint8))


def test_the_folder_stays_within_its_size(tmp_path: Path) -> None:
    size = 60_000
    for run in range(4):
        store = DiskLosses(folder=tmp_path, surface_key=f"s{run}", most_bytes=size)
        for number in range(5):
            store.put(f"{run}-{number}", losses())
        store.trim()
        found = list(tmp_path.rglob("*.npz"))
        assert 0 < sum(path.stat().st_size for path in found) <= size
    assert store.get("3-0") is not None
    assert store.get("0-0") is None
    assert io.load_arrays(tmp_path / "none.npz") is None
