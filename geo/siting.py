"""Best next sites: the most people covered by so many sites or for so much money, with a proven gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from geo.covering import Cover, Merged, merge, of_lists
from geo.errors import InfeasibleError, InputError
from geo.kernels import siting as kernel
from geo.siting_bound import Dual, Tree, bounds_by_number
from geo.siting_search import Space, first, swapped, wander
from geo.units import Booleans, Floats, Integers

_CHUNK = 5
_TRY_EVERY = 10
_DUAL_SHARE = 0.75
_POLISH_SHARE = 0.5
_POLISH_ROUNDS = 200
_IDLE_ROUNDS = 60
_NODE_STEPS = 60
_LEAST_NODES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    Which sites to choose from, and how many.

    Parameters
    ----------
    cover
        The points that each candidate covers, with their people.
    n_sites
        Most candidates that may be chosen, locked ones counted, 1 to n_candidates; None: no such limit.
    budget
        Most that the chosen may cost together, locked ones counted; None: no such limit.
    cost
        Cost of each candidate, 0 or more, shape (n_candidates,); None: 1 each.
    fixed
        Locked candidates: chosen in any case, such as existing sites.
    """

    cover: Cover
    n_sites: int | None = None
    budget: float | None = None
    cost: Floats | None = None
    fixed: Integers = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        _check(self)

    @property
    def costs(self) -> Floats:
        """Cost of each candidate, shape (n_candidates,)."""
        given = self.cost
        return np.ones(self.cover.n_candidates) if given is None else np.asarray(given, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    Where the search stands.

    Parameters
    ----------
    covered
        People covered by the best choice so far.
    upper_bound
        People that any choice covers at most, as far as proven.
    """

    covered: float
    upper_bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """
    Why a site was chosen.

    Parameters
    ----------
    candidate
        The site.
    alone
        People it covers, whoever else covers them too.
    added
        People it adds to the locked sites and the chosen before it.
    lost_without
        People whom nobody covers if it alone is left out.
    """

    candidate: int
    alone: float
    added: float
    lost_without: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """
    One point of the curve of cost and people.

    Parameters
    ----------
    n_sites, cost
        Sites chosen beside the locked ones, and what they cost.
    covered
        People covered by them.
    upper_bound
        People that any choice of as many sites covers at most; not-a-number where that is not proven.
    """

    n_sites: int
    cost: float
    covered: float
    upper_bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    A choice of sites with its proof.

    Parameters
    ----------
    selected
        Candidates: the locked first, then in the order in which they add most.
    covered
        People they cover.
    upper_bound
        People that any choice within the limits covers at most.
    reasons
        For each chosen candidate that is not locked, in the order of ``selected``.
    curve
        People for each number of sites, from none.
    is_stopped
        True where time ran out, or the user stopped the search, before the gap was closed.
    """

    selected: tuple[int, ...]
    covered: float
    upper_bound: float
    reasons: tuple[Reason, ...]
    curve: tuple[CurvePoint, ...]
    is_stopped: bool

    @property
    def gap(self) -> float:
        """Share of people that a better choice could cover more, at most, 0 to 1."""
        return (self.upper_bound - self.covered) / max(self.upper_bound, 1.0)


def solve(
    problem: Problem,
    *,
    seconds_s: float,
    clock: Callable[[], float],
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    seed: int = 1,
) -> Answer:
    """
    Choose sites so that most people are covered.

    Points with equal cover sets are merged; greedy and swaps give a choice, a Lagrangian relaxation the
    bound, which also decides candidates for good; branch and bound closes what is left, as far as the time
    goes.

    Parameters
    ----------
    problem
        What may be chosen.
    seconds_s
        Time allowed [s], by ``clock``.
    clock
        Seconds, ascending.
    progress
        Told now and then.
    cancelled
        Asked now and then; once it answers True the best so far is returned.
    seed
        Of the search's random steps. Without a limit of time met, equal seeds give equal answers.

    Returns
    -------
    answer
        The best choice met, and a bound on every other.

    Raises
    ------
    InfeasibleError
        The budget reaches no candidate that covers anybody.

    References
    ----------
    Church and ReVelle (1974), maximal covering; Minoux (1978), lazy greedy; Beasley (1993), Lagrangian bound
    and reduced-cost fixing.
    """
    ends_s = clock() + seconds_s
    merged = merge(problem.cover, problem.fixed)
    space = _space(problem, merged)
    _refuse_nothing(problem, space)
    search = _Search(space, is_integer=problem.cover.is_integer, progress=progress)
    search.run(_Watch(clock, ends_s, cancelled), np.random.default_rng(seed))
    return _answer(problem, space, search)


def warm() -> None:
    """Compile the kernels on a tiny problem, so that the first real one is not kept waiting."""
    rng = np.random.default_rng(1)
    for kind in (np.int64, np.float64):
        lists = [np.flatnonzero(rng.random(60) < 0.2) for _ in range(12)]
        cover = of_lists(lists, rng.integers(1, 9, 60).astype(kind))
        for budget in (None, 7.0):
            problem = Problem(cover=cover, n_sites=4, budget=budget, cost=np.arange(12.0) % 3 + 1)
            solve(problem, seconds_s=60.0, clock=_Steps())


class _Steps:
    """A clock that counts how often it was asked."""

    def __init__(self) -> None:
        self._n = 0.0

    def __call__(self) -> float:
        self._n += 1.0
        return self._n


@dataclass(frozen=True, slots=True)
class _Watch:
    clock: Callable[[], float]
    ends_s: float
    cancelled: Callable[[], bool] | None

    @property
    def left_s(self) -> float:
        """Time left; nothing once the user stopped the search."""
        if self.cancelled is not None and self.cancelled():
            return 0.0
        return max(0.0, self.ends_s - self.clock())


class _Search:
    """The best choice and the bound, as the steps of the search improve them."""

    def __init__(
        self, space: Space, *, is_integer: bool, progress: Callable[[Progress], None] | None
    ) -> None:
        self._space = space
        self._is_integer = is_integer
        self._progress = progress
        self.chosen = first(space)
        self.covered = space.merged.covered(self.chosen)
        self.dual = Dual(space, self.chosen)
        self.bound = float(space.merged.weight.sum()) + space.merged.held
        self.is_stopped = False

    def goal_of(self, covered: float) -> float:
        """What a better choice covers at least, less what rounding may take away."""
        slack = 1e-6 + 1e-12 * abs(self.bound)
        return covered + 1.0 - slack if self._is_integer else covered * (1.0 + 1e-9) + 1e-9

    @property
    def is_closed(self) -> bool:
        """True where no better choice exists."""
        return self.bound < self.goal_of(self.covered)

    def run(self, watch: _Watch, rng: np.random.Generator) -> None:
        """Bound, polish, branch."""
        started_s = watch.left_s
        n_steps = self._descend(watch, least_left_s=(1.0 - _DUAL_SHARE) * started_s)
        step_s = (started_s - watch.left_s) / max(n_steps, 1)
        # Where a tree could not grow, all the time that is left goes into better choices.
        can_branch = watch.left_s > _LEAST_NODES * _NODE_STEPS * step_s
        self._polish(watch, rng, least_left_s=(1.0 - _POLISH_SHARE) * watch.left_s if can_branch else 0.0)
        if can_branch and not self.is_closed:
            self._branch(watch)
        self.is_stopped = not self.is_closed

    def _take(self, chosen: Integers) -> None:
        covered = self._space.merged.covered(chosen)
        if covered > self.covered:
            self.chosen, self.covered = chosen, covered

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(Progress(covered=self.covered, upper_bound=max(self.bound, self.covered)))

    def _descend(self, watch: _Watch, *, least_left_s: float) -> int:
        n = 0
        while not self.is_closed and not self.dual.is_converged and watch.left_s > least_left_s:
            self.dual.run(self.goal_of(self.covered), _CHUNK)
            self.bound = min(self.bound, self.dual.bound)
            n += 1
            if n % _TRY_EVERY == 0:
                self._try()
            self._tell()
        if not self.is_closed:
            self._try()
        return n * _CHUNK

    def _try(self) -> None:
        # What the bound opens, as a choice.
        space = self._space
        opened = np.flatnonzero(self.dual.take)
        if opened.size <= space.n_sites and space.cost[opened].sum() <= space.budget:
            self._take(swapped(space, opened))

    def _polish(self, watch: _Watch, rng: np.random.Generator, *, least_left_s: float) -> None:
        n_idle = 0
        for n, best in enumerate(wander(self._space, self.chosen, rng)):
            before = self.covered
            self._take(best)
            n_idle = 0 if self.covered > before else n_idle + 1
            self._tell()
            is_over = n >= _POLISH_ROUNDS or n_idle >= _IDLE_ROUNDS
            if is_over or self.is_closed or watch.left_s <= least_left_s:
                return

    def _branch(self, watch: _Watch) -> None:
        self.dual.run(self.goal_of(self.covered), 1)
        tree = Tree(self._space, self.dual, self.chosen, self.goal_of)
        while not tree.is_done and watch.left_s > 0:
            tree.grow()
            self._take(tree.best)
            self.bound = min(self.bound, tree.bound)
            self._tell()
        self.bound = min(self.bound, tree.bound)


def _space(problem: Problem, merged: Merged) -> Space:
    cost = problem.costs
    free = np.diff(merged.ptr) > 0
    free[problem.fixed] = False
    n_left = (problem.n_sites or merged.n_candidates) - problem.fixed.size
    left = np.inf if problem.budget is None else problem.budget - float(cost[problem.fixed].sum())
    left *= 1.0 + 1e-12
    if np.isfinite(left) and np.ptp(cost) == 0 and cost[0] > 0:
        n_left, left = min(n_left, int(left / cost[0])), np.inf
    return Space(
        merged=merged,
        cost=cost,
        budget=left,
        n_sites=n_left,
        free=free & (cost <= left),
        least=1.0 if problem.cover.is_integer else 1e-9 * max(float(merged.weight.sum()), 1e-300),
    )


def _refuse_nothing(problem: Problem, space: Space) -> None:
    if problem.budget is None or problem.fixed.size or (space.free.any() and space.n_sites > 0):
        return
    useful = np.diff(space.merged.ptr) > 0
    if useful.any():
        raise InfeasibleError(
            "siting_budget_reaches_nothing",
            budget=problem.budget,
            cheapest=float(problem.costs[useful].min()),
        )


def _answer(problem: Problem, space: Space, search: _Search) -> Answer:
    merged, cost = space.merged, space.cost
    chosen = np.zeros(merged.n_candidates, np.bool_)
    chosen[search.chosen] = True
    order = kernel.greedy(
        merged.ptr,
        merged.idx,
        merged.weight,
        np.ones_like(cost),
        (np.inf, merged.n_candidates, np.inf),
        chosen,
    )
    reasons = _reasons(merged, order)
    covered = merged.covered(order)
    bound = covered if search.is_closed else search.bound
    if problem.cover.is_integer:
        bound = np.floor(bound + 1e-6)
    return Answer(
        selected=(*(int(one) for one in problem.fixed), *(int(one) for one in order)),
        covered=covered,
        upper_bound=max(float(bound), covered),
        reasons=reasons,
        curve=_curve(space, search, order, reasons),
        is_stopped=search.is_stopped,
    )


def _reasons(merged: Merged, order: Integers) -> tuple[Reason, ...]:
    count = np.zeros(merged.weight.size, np.int32)
    for candidate in order:
        count[_groups(merged, candidate)] += 1
    hit = np.zeros(merged.weight.size, np.bool_)
    reasons = []
    for candidate in order:
        groups = _groups(merged, candidate)
        weight = merged.weight[groups]
        reasons.append(
            Reason(
                candidate=int(candidate),
                alone=float(weight.sum()),
                added=float(weight[~hit[groups]].sum()),
                lost_without=float(weight[count[groups] == 1].sum()),
            )
        )
        hit[groups] = True
    return tuple(reasons)


def _curve(
    space: Space, search: _Search, order: Integers, reasons: tuple[Reason, ...]
) -> tuple[CurvePoint, ...]:
    # A fresh greedy choice for fewer sites may beat the first of the chosen; the better is shown.
    merged, cost = space.merged, space.cost
    n = order.size
    greedy = kernel.greedy(
        merged.ptr, merged.idx, merged.weight, np.ones_like(cost), (np.inf, n, np.inf), space.free
    )
    own = np.cumsum([0.0, *(one.added for one in reasons)])
    other = np.cumsum([0.0, *(one.added for one in _reasons(merged, greedy))])
    bounds = bounds_by_number(space, search.dual.prices, n)
    points = []
    for number in range(n + 1):
        use_other = number < other.size and other[number] > own[number] and number < n
        sites = greedy[:number] if use_other else order[:number]
        points.append(
            CurvePoint(
                n_sites=number,
                cost=float(cost[sites].sum()),
                covered=float(merged.held + (other if use_other else own)[number]),
                upper_bound=float(bounds[number]),
            )
        )
    return tuple(points)


def _groups(merged: Merged, candidate: int) -> Integers:
    return np.asarray(merged.idx[merged.ptr[candidate] : merged.ptr[candidate + 1]])


def _check(problem: Problem) -> None:
    n = problem.cover.n_candidates
    if problem.n_sites is None and problem.budget is None:
        raise InputError("siting_no_limit")
    if problem.n_sites is not None and not 1 <= problem.n_sites <= n:
        raise InputError("siting_k", value=problem.n_sites, n=n)
    if problem.budget is not None and not 0 < problem.budget < np.inf:
        raise InputError("siting_budget", value=problem.budget)
    _check_cost(problem.cost, n)
    _check_fixed(problem)


def _check_cost(cost: Floats | None, n: int) -> None:
    if cost is None:
        return
    if cost.dtype.kind not in "iuf":
        raise InputError("siting_not_number", column="cost")
    if cost.shape != (n,):
        raise InputError("siting_cost_length", value=int(cost.size), n=n)
    wrong: Booleans = ~((cost >= 0) & (cost < np.inf))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise InputError("siting_cost", candidate=at, value=float(cost[at]), n=int(wrong.sum()))


def _check_fixed(problem: Problem) -> None:
    fixed, n = problem.fixed, problem.cover.n_candidates
    if fixed.size and (fixed.dtype.kind not in "iu" or fixed.min() < 0 or fixed.max() >= n):
        raise InputError("siting_fixed", n=n)
    if np.unique(fixed).size != fixed.size:
        raise InputError("siting_fixed_twice")
    if problem.n_sites is not None and fixed.size > problem.n_sites:
        raise InfeasibleError("siting_fixed_beyond_k", n=int(fixed.size), value=problem.n_sites)
    spent = float(problem.costs[fixed].sum())
    if problem.budget is not None and spent > problem.budget * (1.0 + 1e-12):
        raise InfeasibleError("siting_fixed_beyond_budget", value=spent, budget=problem.budget)
