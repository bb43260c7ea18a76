"""Ways along lines and light in fibre: against what a ruler and a sum give."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import ShapeError
from geo.route import Network, attenuation, network, ways

CROSS = np.array(
    [shapely.LineString([(0, 0), (400, 0)]), shapely.LineString([(200, -100), (200, 300)]), None],
    dtype=object,
)


def _ways(places, *, sources=((0.0, 5.0),), limit_m=1000.0, off_m=50.0, lines=CROSS):
    found = network(lines, step_m=10, join_m=12)
    return ways(found, np.array(sources), np.array(places), limit_m=limit_m, off_limit_m=off_m)


def test_along_the_street_and_round_the_corner():
    """200 m to the crossing, 300 m up the other street, 5 m to the first and 20 m from the second."""
    found = _ways([(220.0, 300.0)])
    assert found.length_m[0] == pytest.approx(525, abs=12)
    assert found.source.tolist() == [0]


def test_beyond_the_limit_and_off_the_network_there_is_no_way():
    """A house across the fields has no way, however close the access point is in a straight line."""
    assert np.isinf(_ways([(220.0, 300.0)], limit_m=500).length_m[0])
    assert np.isinf(_ways([(100.0, 80.0)]).length_m[0])
    assert _ways([(100.0, 80.0)]).off_m[0] == pytest.approx(80, abs=1)


def test_two_streets_that_never_meet_are_two_networks():
    """No way leads from one to the other."""
    apart = np.array([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 40), (100, 40)])])
    assert np.isinf(_ways([(100.0, 40.0)], lines=apart, off_m=10).length_m[0])


@given(st.integers(2, 6), st.integers(0, 400))
def test_more_sources_never_lengthen_a_way(number, at):
    """The nearest of more is never farther."""
    places = [(float(at), 8.0)]
    sources = [(60.0 * place, 0.0) for place in range(number)]
    some, more = _ways(places, sources=sources[:1]), _ways(places, sources=sources)
    assert more.length_m[0] <= some.length_m[0] + 1e-9


def test_nothing_from_nothing():
    """No lines, no sources, no places: no way and no error."""
    blank = np.array([None], dtype=object)
    assert np.isinf(_ways([(0.0, 0.0)], lines=blank).length_m).all()
    assert len(_ways(np.empty((0, 2))).length_m) == 0
    with pytest.raises(ShapeError):
        Network(x_m=np.empty(1), y_m=np.empty(2), start=np.empty(0), end=np.empty(0), length_m=np.empty(0))


def test_light_takes_the_least_loss_and_reaches_no_lone_node():
    """Exchange 0 to 2 over 1 (1.0 + 0.1 + 0.5 + 0.1), not straight (3.0 + 0.1); 3 hangs on nothing."""
    loss_db = attenuation(
        np.array([0, 1, 0]),
        np.array([1, 2, 2]),
        np.array([1.0, 0.5, 3.0]),
        np.full(4, 0.1),
        np.array([0]),
    )
    assert loss_db[:3] == pytest.approx([0.0, 1.1, 1.7])
    assert np.isinf(loss_db[3])
