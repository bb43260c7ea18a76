"""Town or country around a mast, and the model that follows."""

from __future__ import annotations

import numpy as np
import pytest

from geo.coverage import estimate
from geo.errors import RangeError
from geo.field import choose
from geo.surroundings import UrbanRule, built_share, judged
from geo.terrain import Surface
from tests import build

RULE = UrbanRule(around_m=200.0, clutter_m=12.0, from_share=0.05, to_share=0.6)


def town(share: float, *, clutter_m: float = 15.0) -> Surface:
    on = build.grid(rows=100, cols=100)
    clutter = np.zeros(on.shape, dtype=np.float32)
    clutter.ravel()[:: max(round(1 / share), 1)] = clutter_m
    return Surface(grid=on, ground_m=np.zeros(on.shape, dtype=np.float32), clutter_height_m=clutter)


@pytest.mark.parametrize(
    ("share", "clutter_m", "height_m", "urban"),
    [
        (0.2, 15.0, 30.0, True),
        (0.2, 8.0, 30.0, False),  # low houses
        (0.01, 15.0, 30.0, False),  # few of them
        (1.0, 15.0, 30.0, False),  # a wood
        (0.2, 15.0, 60.0, False),  # the urban model does not admit the height
    ],
)
def test_high_houses_make_a_town(share: float, clutter_m: float, height_m: float, urban: bool) -> None:
    surface = town(share, clutter_m=clutter_m)
    (one,) = judged([build.sector(row=50, col=50, on=surface.grid, height_m=height_m)], surface, RULE)
    assert one.urban == urban
    model = choose(one, model="auto", dense=False, receiver_height_m=1.5)
    assert model is not None
    assert model.name == ("uma" if urban else "rma")


def test_each_mast_is_judged_by_what_stands_around_it() -> None:
    on = build.grid(rows=100, cols=200)
    clutter = np.zeros(on.shape, dtype=np.float32)
    clutter[::2, :80:2] = 15.0
    surface = Surface(grid=on, ground_m=np.zeros(on.shape, dtype=np.float32), clutter_height_m=clutter)
    sectors = [build.sector(row=50, col=col, on=on, id=f"s{col}", mast_id=f"m{col}") for col in (30, 160)]
    marked = judged(sectors, surface, RULE)
    assert [one.urban for one in marked] == [True, False]
    found = estimate(marked, surface, levels=build.levels(), limits={"default": 900.0})
    assert found.model == "rma+uma"


def test_unknown_clutter_is_no_town() -> None:
    surface = Surface.unknown(build.grid())
    assert np.isnan(built_share(surface, x_m=575_300.0, y_m=2_304_700.0, rule=RULE))
    (one,) = judged([build.sector()], surface, RULE)
    assert not one.urban


def test_a_rule_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(RangeError):
        UrbanRule(around_m=500.0, clutter_m=12.0, from_share=0.6, to_share=0.05)
