"""Antennas of a workspace on their screen: what is kept, what cells use, the width of a beam."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from planning import antenna
from screens.antenna import _width_deg
from tests import commune


def page() -> None:
    from screens import antenna as screen  # noqa: PLC0415 - the page is a script of its own

    screen.render()


def msi() -> str:
    cut = "\n".join(
        f"{angle} {min(12 * (min(angle, 360 - angle) / 65) ** 2, 30):.2f}" for angle in range(360)
    )
    return f"NAME Thử\nFREQUENCY 2600\nGAIN 17.5 dBi\nHORIZONTAL 360\n{cut}\nVERTICAL 360\n{cut}\n"


def test_antennas_kept_and_used_are_listed_and_unknown_ones_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = commune.empty(tmp_path / "w")
    (tmp_path / "hãng 18.msi").write_text(msi(), encoding="utf-8")
    antenna.import_file(made, tmp_path / "hãng 18.msi", replace=False)
    row, point = commune.site(1, commune.at(1500, 1500))
    cells = [
        {"id": f"C{n}", "site_id": "S1", "operators": "viettel", "technology": "5G", "antenna": name}
        for n, name in enumerate(("Hãng 18", "hãng 18", "KHÔNG CÓ", None))
    ]
    made.store.append({"site": commune.table([row], [point]), "cell": commune.table(cells, [point] * 4)})
    made.store.close()
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(tmp_path / "w"))
    shown = AppTest.from_function(page, default_timeout=60).run()
    assert not shown.exception
    assert not shown.error
    listed = shown.dataframe[0].value
    kept = listed[listed.iloc[:, 0] == "hãng 18"]
    assert kept.iloc[0, 2:].tolist() == [17.5, 2]
    assert "không có" in shown.warning[0].value.lower()


def test_the_width_of_a_beam_is_where_half_the_power_is_lost() -> None:
    angle = np.abs((np.arange(360) + 180) % 360 - 180)
    for width_deg in (10, 64, 120):
        lost_db = 12.0 * (angle / width_deg) ** 2
        assert _width_deg(lost_db) == pytest.approx(width_deg, abs=1.0)
        assert _width_deg(np.roll(lost_db, 77)) == _width_deg(lost_db)
    assert _width_deg(np.zeros(360)) == 360.0
