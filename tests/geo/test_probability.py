"""Shadow fading as probability, and people expected to be covered."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InputError, RangeError, ShapeError
from geo.probability import (
    coverage_probability,
    expected_people,
    joint_sigma_db,
    required_margin_db,
    shadow_sigma_db,
    two_of_several,
    union_limits,
)


def q_function(value: float) -> float:
    return 0.5 * math.erfc(value / math.sqrt(2.0))


def test_probability_is_q_of_threshold_less_median() -> None:
    medians = np.linspace(-140.0, -70.0, 57)
    found = coverage_probability(medians, threshold_dbm=-105.0, sigma_db=8.0)
    expected = [q_function((-105.0 - median) / 8.0) for median in medians]
    assert found == pytest.approx(expected, abs=1e-14)
    assert float(coverage_probability(-105.0, threshold_dbm=-105.0, sigma_db=6.0)) == 0.5


def test_the_edges_unknown_nothing_and_no_fading() -> None:
    medians = [math.nan, -math.inf, -105.0, -105.1]
    found = coverage_probability(medians, threshold_dbm=-105.0, sigma_db=8.0)
    assert math.isnan(found[0])
    assert found[1] == 0.0
    still = coverage_probability(medians, threshold_dbm=-105.0, sigma_db=0.0)
    assert math.isnan(still[0])
    assert still[1:].tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(RangeError):
        coverage_probability(-100.0, threshold_dbm=-105.0, sigma_db=[8.0, -1.0])


def test_probability_replaces_the_margin() -> None:
    """The usual margin is the one that gives its probability; taking it off first would count it twice."""
    margin_db = required_margin_db(0.75, sigma_db=8.0)
    assert margin_db == pytest.approx(5.396, abs=0.001)
    at_edge = coverage_probability(-105.0 + margin_db, threshold_dbm=-105.0, sigma_db=8.0)
    assert float(at_edge) == pytest.approx(0.75)
    assert required_margin_db(0.9, sigma_db=8.0) == pytest.approx(10.252, abs=0.001)
    with pytest.raises(RangeError):
        required_margin_db(1.0, sigma_db=8.0)


def test_the_best_server_alone_is_the_least_for_any_correlation() -> None:
    rng = np.random.default_rng(8)
    medians = np.array([-103.0, -106.0, -108.0])
    each = coverage_probability(medians, threshold_dbm=-105.0, sigma_db=7.0)
    least, most = union_limits(each[:, np.newaxis])
    assert least[0] == each.max()
    for correlation in (0.0, 0.5, 1.0):
        shared, own = rng.standard_normal((20_000, 1)), rng.standard_normal((20_000, 3))
        fading = 7.0 * (math.sqrt(correlation) * shared + math.sqrt(1.0 - correlation) * own)
        covered = ((medians + fading) >= -105.0).any(axis=1).mean()
        assert least[0] - 0.012 <= covered <= most[0] + 0.012
        if correlation == 1.0:
            assert covered == pytest.approx(each.max(), abs=0.012)


def test_an_unknown_server_leaves_the_union_unknown_unless_another_is_certain() -> None:
    least, most = union_limits([[0.5, 1.0, 0.2], [math.nan, math.nan, 0.9]])
    assert np.isnan([least[0], most[0]]).all()
    assert (least[1], most[1]) == (1.0, 1.0)
    assert (least[2], most[2]) == (0.9, 1.0)


def test_people_add_up_to_all_and_the_unknown_are_said() -> None:
    people, probability = [100.0, 40.0, 10.0, 7.0], [0.9, 0.25, 0.0, math.nan]
    found = expected_people(people, probability)
    assert found.covered == pytest.approx(100.0)
    assert found.unknown == 7.0
    assert found.covered + found.uncovered + found.unknown == pytest.approx(sum(people))
    assert found.deviation == pytest.approx(math.sqrt(100**2 * 0.09 + 40**2 * 0.1875))


def test_people_and_probability_must_fit() -> None:
    with pytest.raises(ShapeError):
        expected_people([1.0, 2.0], [0.5])
    for people, probability in (([-1.0], [0.5]), ([1.0], [1.5]), ([math.nan], [0.5])):
        with pytest.raises(RangeError):
            expected_people(people, probability)


def test_sigma_is_that_of_the_table() -> None:
    assert shadow_sigma_db(
        "rma", los=[True, True, False], beyond_breakpoint=[False, True, True]
    ).tolist() == [
        4.0,
        6.0,
        8.0,
    ]
    assert shadow_sigma_db("umi", los=[True, False]).tolist() == [4.0, 7.82]
    assert joint_sigma_db(6.0, 4.4) == pytest.approx(7.4404, abs=1e-4)
    with pytest.raises(InputError):
        shadow_sigma_db("free_space", los=True)


def test_two_of_several_is_the_lower_of_together_and_independent() -> None:
    assert two_of_several([[0.9], [0.8]]) == pytest.approx([0.72])  # independent; together 0.8
    assert two_of_several([[0.9], [0.9], [0.9]]) == pytest.approx([0.9])  # together; independent 0.972
    assert two_of_several([[1.0], [1.0], [0.0]]) == pytest.approx([1.0])
    assert two_of_several([[1.0], [0.0], [0.0]]) == pytest.approx([0.0])
    assert np.isnan(two_of_several([[1.0], [1.0], [np.nan]])).all()
    with pytest.raises(ShapeError):
        two_of_several([[0.5]])


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=5))
def test_two_of_several_never_exceeds_one_of_several(chances: list[float]) -> None:
    found = float(two_of_several([[one] for one in chances])[0])
    assert -1e-12 <= found <= sorted(chances)[-2] + 1e-12
