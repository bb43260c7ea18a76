"""Best next sites: as good as trying every choice, never beyond the bound, refused where unsound."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from geo import covering
from geo.covering import Cover, merge, of_lists
from geo.errors import InfeasibleError, PlannerError
from geo.kernels import siting as kernel
from geo.siting import Problem, solve, warm
from tests.facilities import bds, ragged

NONE = np.zeros(0, np.int64)


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """Seconds allowed to a search are not for compiling."""
    warm()


def random_cover(rng, n=9, m=30, *, whole=True):
    lists = [np.flatnonzero(rng.random(m) < rng.uniform(0.05, 0.4)) for _ in range(n)]
    return of_lists(lists, rng.integers(0, 9, m) if whole else rng.random(m) * 9)


def covered(cover, chosen):
    hit = np.zeros(cover.n_points, bool)
    for one in chosen:
        hit[cover.idx[cover.ptr[one] : cover.ptr[one + 1]]] = True
    return float(cover.weight[hit].sum())


def best_by_trying(problem):
    cover, cost, fixed = problem.cover, problem.costs, set(problem.fixed.tolist())
    best = 0.0
    for n in range((problem.n_sites or cover.n_candidates) + 1):
        for chosen in itertools.combinations(range(cover.n_candidates), n):
            in_budget = problem.budget is None or cost[list(chosen)].sum() <= problem.budget + 1e-9
            if fixed <= set(chosen) and in_budget:
                best = max(best, covered(cover, chosen))
    return best


def run(problem, seconds_s=20.0, **given):
    return solve(problem, seconds_s=seconds_s, clock=time.process_time, **given)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["sites", "budget", "both"])
@pytest.mark.parametrize("whole", [True, False])
def test_no_choice_is_better(seed, kind, whole):
    rng = np.random.default_rng(seed)
    cover = random_cover(rng, whole=whole)
    cost = rng.integers(1, 6, 9).astype(float)
    fixed = rng.permutation(9)[: seed % 3].astype(np.int64)
    budget = float(cost[fixed].sum() + rng.integers(4, 9))
    problem = Problem(
        cover=cover,
        n_sites=None if kind == "budget" else 4,
        budget=None if kind == "sites" else budget,
        cost=cost,
        fixed=fixed,
    )
    answer = run(problem)
    assert answer.covered == pytest.approx(best_by_trying(problem))
    assert answer.upper_bound == pytest.approx(answer.covered, rel=1e-6)
    assert answer.covered == pytest.approx(covered(cover, answer.selected))
    assert not answer.is_stopped
    assert set(fixed.tolist()) <= set(answer.selected)
    if kind != "sites":
        assert cost[list(answer.selected)].sum() <= budget + 1e-9
    if kind != "budget":
        assert len(answer.selected) <= 4


@pytest.mark.parametrize(("n_sites", "optimum"), [(10, 441_545), (15, 498_935)])
def test_optimum_of_ten_thousand_customers_is_proven(n_sites, optimum):
    answer = run(Problem(cover=bds(10_000), n_sites=n_sites), 60.0)
    assert (answer.covered, answer.upper_bound, answer.gap) == (optimum, optimum, 0.0)


def test_a_budget_of_equal_costs_is_a_number_of_sites():
    answer = run(Problem(cover=bds(10_000), budget=25.0, cost=np.full(100, 2.5)), 60.0)
    assert answer.covered == answer.upper_bound == 441_545


def test_bound_holds_and_is_near_when_time_is_short():
    cover = ragged(200, 5_000, 0.02, seed=1)
    short = run(Problem(cover=cover, n_sites=15), 0.3)
    long = run(Problem(cover=cover, n_sites=15), 10.0)
    assert short.covered <= long.covered <= long.upper_bound <= short.upper_bound
    assert short.gap <= 0.02


def test_equal_runs_give_equal_answers():
    cover = ragged(60, 2_000, 0.03, seed=2)
    problem = Problem(cover=cover, n_sites=6)
    assert run(problem, 60.0) == run(problem, 60.0)


def test_reasons_say_what_each_site_adds_and_what_is_lost_without_it():
    cover = ragged(60, 2_000, 0.03, seed=3)
    answer = run(Problem(cover=cover, n_sites=6, fixed=np.array([4], np.int64)), 60.0)
    assert answer.selected[0] == 4
    assert len(answer.reasons) == len(answer.selected) - 1
    everybody = list(answer.selected)
    for place, reason in enumerate(answer.reasons, start=1):
        before = covered(cover, everybody[:place])
        assert reason.added == covered(cover, everybody[: place + 1]) - before
        others = [one for one in everybody if one != reason.candidate]
        assert reason.lost_without == answer.covered - covered(cover, others)


def test_curve_rises_from_what_stands_to_the_answer_and_stays_under_its_bound():
    cover = ragged(60, 2_000, 0.03, seed=4)
    fixed = np.array([2, 7], np.int64)
    answer = run(Problem(cover=cover, n_sites=8, fixed=fixed), 60.0)
    people = [point.covered for point in answer.curve]
    assert people == sorted(people)
    assert people[0] == covered(cover, fixed)
    assert people[-1] == answer.covered
    assert [point.n_sites for point in answer.curve] == list(range(7))
    assert all(point.covered <= point.upper_bound + 1e-6 for point in answer.curve)
    three = best_by_trying(Problem(cover=of_lists_of(cover, 12), n_sites=3))
    twelve = run(Problem(cover=of_lists_of(cover, 12), n_sites=5), 60.0)
    assert twelve.curve[3].covered <= three <= twelve.curve[3].upper_bound + 1e-6


def of_lists_of(cover, n):
    return of_lists([cover.idx[cover.ptr[one] : cover.ptr[one + 1]] for one in range(n)], cover.weight)


def test_a_stopped_search_returns_the_best_so_far_and_was_told_of_it():
    cover = ragged(200, 5_000, 0.02, seed=1)
    told = []
    answer = run(
        Problem(cover=cover, n_sites=15), 60.0, progress=told.append, cancelled=lambda: len(told) > 5
    )
    assert answer.is_stopped
    assert 5 < len(told) < 10
    assert answer.covered >= max(one.covered for one in told)
    assert answer.covered <= answer.upper_bound <= told[0].upper_bound


def test_merging_changes_no_choice_and_is_verified(monkeypatch):
    rng = np.random.default_rng(5)
    cover = random_cover(rng, n=6, m=400)
    doubled = Cover(
        ptr=cover.ptr * 2, idx=np.repeat(cover.idx, 2), weight=cover.weight
    )  # points named twice count once
    for one in (cover, doubled):
        merged = merge(one, np.array([0], np.int64))
        assert merged.weight.size < 64
        for chosen in itertools.combinations(range(1, 6), 3):
            assert merged.covered(np.array(chosen)) == covered(cover, (0, *chosen))
    real = kernel.sign
    monkeypatch.setattr(
        kernel, "sign", lambda ptr, idx, salts, last, signs: real(ptr, idx, salts * 0 + 1, last, signs)
    )
    with pytest.raises(PlannerError, match="siting_merge"):
        covering.merge(cover, NONE)


COVER = {"ptr": [0, 2, 3], "idx": [0, 1, 1], "w": [3.0, 4.0]}
LIMITS = {"n_sites": 1}


@pytest.mark.parametrize(
    ("change", "limits", "code"),
    [
        ({"w": [3.0, -1.0]}, LIMITS, "siting_weight"),
        ({"w": [3.0, np.nan]}, LIMITS, "siting_weight"),
        ({"w": [3.0, np.inf]}, LIMITS, "siting_weight"),
        ({"idx": [0, 1, 2]}, LIMITS, "siting_idx"),
        ({"idx": [0, -1, 1]}, LIMITS, "siting_idx"),
        ({"idx": [0.0, 1.0, 1.0]}, LIMITS, "siting_not_whole"),
        ({"ptr": [0, 3, 2]}, LIMITS, "siting_ptr"),
        ({"ptr": [0, 2, 4]}, LIMITS, "siting_ptr_ends"),
        ({}, {"n_sites": 0}, "siting_k"),
        ({}, {"n_sites": 3}, "siting_k"),
        ({}, {}, "siting_no_limit"),
        ({}, {"budget": 0.5}, "siting_budget_reaches_nothing"),
        ({}, {"budget": float("nan")}, "siting_budget"),
        ({}, {"budget": 9.0, "cost": np.array([1.0, -2.0])}, "siting_cost"),
        ({}, {"budget": 9.0, "cost": np.array([1.0])}, "siting_cost_length"),
        ({}, {"n_sites": 1, "fixed": np.array([2])}, "siting_fixed"),
        ({}, {"n_sites": 2, "fixed": np.array([1, 1])}, "siting_fixed_twice"),
        ({}, {"n_sites": 1, "fixed": np.array([0, 1])}, "siting_fixed_beyond_k"),
        ({}, {"budget": 1.5, "fixed": np.array([0, 1])}, "siting_fixed_beyond_budget"),
    ],
)
def test_unsound_numbers_are_refused_by_name(change, limits, code):
    given = {name: np.asarray(values) for name, values in (COVER | change).items()}
    with pytest.raises(PlannerError) as refused:
        run(Problem(cover=Cover(ptr=given["ptr"], idx=given["idx"], weight=given["w"]), **limits))
    assert refused.value.code == code


def test_candidates_that_cover_nobody_are_not_chosen():
    cover = of_lists([np.array([0]), NONE, NONE], np.array([5]))
    assert run(Problem(cover=cover, n_sites=3)).selected == (0,)
    with pytest.raises(InfeasibleError):
        run(Problem(cover=cover, budget=1.0, cost=np.array([2.0, 1.0, 1.0])))
