"""The kernels give the same numbers when Python runs them line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = """
import json
import numba
import numpy as np
from geo.coverage import estimate
from geo.propagation import path_loss_db
from tests import build

grid = build.grid(rows=9, cols=9)
surface = build.rough(grid, seed=3)
sectors = [
    build.sector(on=grid, row=4, col=4, azimuth_deg=30.0, mechanical_tilt_deg=3.0),
    build.sector(on=grid, row=1, col=7, id="s2", mast_id="m2", azimuth_deg=None, height_m=12.0),
]
out = {"compiled": not numba.config.DISABLE_JIT}
for sight in ("radial", "exact"):
    found = estimate(sectors, surface, levels=build.levels(), limits={"default": 60.0}, sight=sight)
    out[sight] = np.nan_to_num(found.power_dbm["A"], nan=-999.0).tolist()
    out[sight + "_server"] = found.server["A"].tolist()
loss_db, _ = path_loss_db(
    "rma", frequency_mhz=763.0, distance_m=[5.0, 700.0], tx_height_m=30.0, rx_height_m=1.5, los=[True, False]
)
out["loss"] = loss_db.tolist()
print(json.dumps(out))
"""


def run(*, plain: bool) -> dict[str, object]:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": str(int(plain)), "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", SCRIPT],
        cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.mark.filterwarnings("ignore")
def test_plain_python_and_compiled_code_agree() -> None:
    plain, compiled = run(plain=True), run(plain=False)
    assert (plain.pop("compiled"), compiled.pop("compiled")) == (False, True)
    for name, values in plain.items():
        np.testing.assert_allclose(np.array(values), np.array(compiled[name]), atol=1e-4, err_msg=name)
