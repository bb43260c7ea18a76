"""Three states as people of a hundred always add up to a hundred."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geo.gap import Figures
from screens import figure

PEOPLE = st.floats(min_value=0, max_value=1e6, allow_nan=False)


def figures(covered, uncovered, unknown):
    total = covered + uncovered + unknown
    return Figures(total=total, covered=covered, uncovered=uncovered, unknown=unknown, assumed=0.0)


@given(PEOPLE, PEOPLE, PEOPLE)
def test_of_a_hundred_people_each_is_counted_once(covered, uncovered, unknown):
    parts = figure.hundred(figures(covered, uncovered, unknown))
    total = covered + uncovered + unknown
    assert sum(parts) == (100 if total > 0 else 0)
    if total > 0:
        exact = [100 * value / total for value in (covered, uncovered, unknown)]
        assert all(abs(part - value) < 1 for part, value in zip(parts, exact, strict=True))


def test_where_nobody_is_counted_nothing_is_claimed():
    assert figure.hundred(figures(0.0, 0.0, 0.0)) == (0, 0, 0)


def test_the_lowest_covered_level_is_the_limit():
    assert figure.covered_limit() == -105


@given(PEOPLE, PEOPLE, PEOPLE)
def test_a_hundred_is_claimed_only_where_everybody_is_covered(covered, uncovered, unknown):
    parts = figure.hundred(figures(covered, uncovered, unknown))
    total = covered + uncovered + unknown
    if total > 0:
        assert parts[0] <= 100 * covered / total + 1e-6
