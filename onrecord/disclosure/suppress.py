"""The cheapest cells to hide so that small counts stay hidden although every total still adds up.

Whether a pattern is safe is the attacker's linear programme (`attack`). Which pattern is cheapest is a
whole-number programme over the cells, one yes or no each. The two talk by *cuts*: whenever a pattern leaves
a small count exposed, the attacker's multipliers say which cells, by how much, would have to be hidden too;
that sentence joins the master programme, which is solved again. Patterns are never enumerated.

Method: M. Fischetti and J. J. Salazar-González (2001), "Solving the cell suppression problem on tabular
data with linear constraints", Management Science 47(7):1008-1027 (capacity constraints).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from onrecord.disclosure.attack import (
    TOLERANCE,
    BoolArray,
    FloatArray,
    IntArray,
    Relations,
    Unknowns,
    as_mask,
    as_numbers,
    attacker_intervals,
    extremes,
    least_loss,
    unknowns_of,
)
from onrecord.errors import NotSafe

_DEFAULT_PROTECT = (1.0, 5.0)
_HIDE = 0.5
_NEAR = 0.05


@dataclass(frozen=True, eq=False)
class Pattern:
    """Which of the n cells are hidden, and what an attacker can still deduce.

    `hidden` (n,) is the mask of all hidden cells, `secondary` (n,) of those hidden only to protect others;
    `cost` is the summed weight of the secondary cells; `intervals` (primary cells, 2) is the attacker's
    interval for each primary cell, in the order of the cells.
    """

    hidden: BoolArray
    secondary: BoolArray
    cost: float
    intervals: FloatArray


@dataclass(frozen=True, eq=False)
class _Problem:
    """A checked question. `free` cells may be hidden too; the bounds are what the attacker knows."""

    values: FloatArray
    relations: Relations
    primary: BoolArray
    free: BoolArray
    protect: tuple[float, float]
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, eq=False)
class _Needs:
    """For each need, sign * y[cell] must be able to reach sign * target, `width` beyond the truth."""

    cells: IntArray
    signs: FloatArray
    targets: FloatArray
    widths: FloatArray

    def only(self, chosen: BoolArray | IntArray) -> _Needs:
        return _Needs(self.cells[chosen], self.signs[chosen], self.targets[chosen], self.widths[chosen])


def find_suppression(
    values: npt.ArrayLike,
    relations: Relations,
    primary: npt.ArrayLike,
    always_shown: npt.ArrayLike,
    weights: npt.ArrayLike,
    protect: tuple[float, float] = _DEFAULT_PROTECT,
    *,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
) -> Pattern:
    """Return the cheapest pattern that leaves every primary cell an interval containing `protect`.

    Let n be the number of cells, totals included. `values` (n,) are counts that add up; `primary` and
    `always_shown` (n,) are masks; `weights` (n,) say what hiding a cell costs, none negative. Zeros and
    `always_shown` cells are never hidden; any other cell may be, a total too. `lower` and `upper`, (n,) or
    single numbers, are what the attacker knows of hidden cells beforehand (0 and infinity): pass lower=1
    where readers are told that zeros are shown.

    The optimum is exact for whole-number weights. Ties lean to cells that come first in the table, by a
    perturbation of the weights that sums to less than half a unit (for other weights: to less than a
    ten-thousandth of the smallest); the solver itself is deterministic, so the same input gives the same
    pattern.

    Raises NotSafe if no pattern protects every primary cell. Raises ValueError if shapes differ, a weight
    is negative, the table does not add up or leaves the attacker's bounds, or a primary cell is zero or
    always shown. Source: Fischetti and Salazar-González 2001.
    """
    problem = _checked(values, relations, primary, always_shown, protect, lower, upper)
    price = as_numbers(weights, relations.cells, "weights")
    if not (np.isfinite(price).all() and (price >= 0).all()):
        raise ValueError("weights must be finite and not negative")
    _refuse_the_impossible(problem)
    hidden = _cheapest_safe(problem, price + _perturbation(price))
    return _verified(problem, hidden, price)


def is_possible(
    values: npt.ArrayLike,
    relations: Relations,
    primary: npt.ArrayLike,
    always_shown: npt.ArrayLike,
    protect: tuple[float, float] = _DEFAULT_PROTECT,
    *,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
) -> bool:
    """Say whether any pattern protects every primary cell. Arguments and ValueErrors as in
    `find_suppression`.
    """
    problem = _checked(values, relations, primary, always_shown, protect, lower, upper)
    return not len(_unprotectable(problem))


def _checked(
    values: npt.ArrayLike,
    relations: Relations,
    primary: npt.ArrayLike,
    always_shown: npt.ArrayLike,
    protect: tuple[float, float],
    lower: npt.ArrayLike | None,
    upper: npt.ArrayLike | None,
) -> _Problem:
    cells = relations.cells
    numbers = as_numbers(values, cells, "values")
    small = as_mask(primary, cells, "primary")
    may_hide = (numbers > 0) & ~as_mask(always_shown, cells, "always_shown")
    low = as_numbers(0.0 if lower is None else lower, cells, "lower")
    high = as_numbers(np.inf if upper is None else upper, cells, "upper")
    problem = _Problem(numbers, relations, small, may_hide & ~small, protect, low, high)
    _refuse_nonsense(problem, may_hide)
    return problem


def _refuse_nonsense(problem: _Problem, may_hide: BoolArray) -> None:
    if not (np.isfinite(problem.values).all() and (problem.values >= 0).all()):
        raise ValueError("values must be counts: finite and not negative")
    if (np.abs(problem.relations.matrix @ problem.values) > TOLERANCE).any():
        raise ValueError("the table does not add up")
    if (problem.primary & ~may_hide).any():
        raise ValueError("a primary cell is zero or always shown: it cannot be hidden")
    if not problem.protect[0] <= problem.protect[1]:
        raise ValueError("protect must be (low, high) with low not above high")
    beyond = (problem.values < problem.lower) | (problem.values > problem.upper)
    if (beyond & may_hide).any():
        raise ValueError("a cell that may be hidden lies outside the bounds the attacker is said to know")


def _refuse_the_impossible(problem: _Problem) -> None:
    exposed = len(_unprotectable(problem))
    if exposed:
        raise NotSafe(
            f"{exposed} of the {np.count_nonzero(problem.primary)} small cells cannot be protected, however "
            "many others are hidden: the zeros and the cells that are always shown give them away. "
            "Merge categories, or let a total be hidden."
        )


def _unprotectable(problem: _Problem) -> IntArray:
    """Cells that stay exposed even with all hidden that may be: hiding more never tells an attacker more."""
    needs = _needs(problem)
    unknowns = _attacked(problem, problem.primary | problem.free)
    unmet, _ = _unmet(unknowns, needs)
    return np.unique(needs.cells[unmet])


def _needs(problem: _Problem) -> _Needs:
    cells = np.tile(np.flatnonzero(problem.primary), 2)
    half = len(cells) // 2
    signs = np.repeat([-1.0, 1.0], half)
    targets = np.repeat(np.asarray(problem.protect, dtype=np.float64), half)
    widths = signs * (targets - problem.values[cells])
    # A target that lies on the truth's other side is met by the truth itself.
    return _Needs(cells, signs, targets, widths).only(widths > TOLERANCE)


def _attacked(problem: _Problem, hidden: BoolArray) -> Unknowns:
    return unknowns_of(problem.values, problem.relations, hidden, problem.lower, problem.upper)


# --- which needs a pattern leaves unmet -------------------------------------------------------------------


def _unmet(unknowns: Unknowns, needs: _Needs) -> tuple[IntArray, FloatArray]:
    """Return which needs (u,) are not met, and the attacker's multipliers (u, m) that prove it."""
    positions = np.searchsorted(unknowns.cells, needs.cells)
    pending = _not_met_together(unknowns, needs, positions)
    stops = _stops(unknowns, needs, positions, pending)
    answer = extremes(unknowns, positions[pending], needs.signs[pending], stops)
    short = answer.reach < needs.signs[pending] * needs.targets[pending] - TOLERANCE
    return pending[short], answer.multipliers[short]


def _stops(unknowns: Unknowns, needs: _Needs, positions: IntArray, asked: IntArray) -> FloatArray:
    """Return where to stop asking: at the target, or before it at what the attacker knows anyway."""
    at = positions[asked]
    stops: FloatArray = np.clip(needs.targets[asked], unknowns.lower[at], unknowns.upper[at])
    return stops


def _not_met_together(unknowns: Unknowns, needs: _Needs, positions: IntArray) -> IntArray:
    """Return the needs that no single table, drawn so as to meet many at once, has shown to be met."""
    pending = np.arange(len(needs.cells))
    for sign in (-1.0, 1.0):
        progress = True
        while progress:
            asked = pending[needs.signs[pending] == sign]
            met = _met_by_one_table(unknowns, needs, positions, asked)
            progress = bool(len(met))
            pending = np.setdiff1d(pending, met, assume_unique=True)
    return pending


def _met_by_one_table(unknowns: Unknowns, needs: _Needs, positions: IntArray, asked: IntArray) -> IntArray:
    """Push all asked cells towards their targets at once; return the needs that the outcome meets."""
    if not len(asked):
        return asked
    at, sign = positions[asked], needs.signs[asked[0]]
    loss = np.zeros(len(unknowns.cells))
    loss[at] = -sign
    bounds = np.column_stack([unknowns.lower, unknowns.upper])
    bounds[at, 1 if sign > 0 else 0] = _stops(unknowns, needs, positions, asked)
    table: FloatArray = least_loss(unknowns.matrix, unknowns.right_side, loss, bounds).x
    met: BoolArray = sign * table[at] >= sign * needs.targets[asked] - TOLERANCE
    return asked[met]


# --- the cuts ---------------------------------------------------------------------------------------------


def _cheapest_safe(problem: _Problem, price: FloatArray) -> BoolArray:
    """Solve the master programme, add what the attacker still finds, and again, until nothing is found.

    While patterns are still exposed a near-cheapest one teaches as much as the cheapest, and is found much
    sooner; only the last answer must be the cheapest.
    """
    needs = _needs(problem)
    cuts = _line_cuts(problem, needs)
    company = _company(problem)
    gap = _NEAR
    while True:
        hidden = problem.primary | _cheapest(problem, cuts, company, price, gap)
        unknowns = _attacked(problem, hidden)
        unmet, multipliers = _unmet(unknowns, needs)
        if len(unmet):
            found = _cuts(problem, needs.only(unmet), unknowns.rows, multipliers)
            cuts = np.unique(np.vstack([cuts, _biting(problem, found, hidden)]), axis=0)
        elif gap > 0:
            gap = 0.0
        else:
            return hidden


def _cuts(problem: _Problem, needs: _Needs, rows: IntArray, multipliers: FloatArray) -> FloatArray:
    """Turn multipliers (u, m) on relations `rows` (m,) into cuts (u, n): cut @ hidden >= 1 if safe.

    For ANY multipliers g, with a = positive and b = negative part of sign * e_cell - matrix.T @ g, weak
    duality gives reach - truth <= sum over hidden i of a_i * up_i + b_i * down_i, where up_i and down_i are
    how far cell i may go in the attacker's mind. So that sum must be at least the width needed. A careless
    solver can thus only make a cut weak, not wrong (what is left below a millionth is noise). What the
    primary cells give is taken off the need first, as they are hidden in any case; then no cell need give
    more than the rest (which also settles infinite up_i).
    """
    residual = -(multipliers @ problem.relations.matrix[rows])
    residual[np.arange(len(residual)), needs.cells] += needs.signs
    residual[np.abs(residual) < TOLERANCE] = 0.0
    room = np.where(residual > 0, problem.upper - problem.values, problem.lower - problem.values)
    gives = np.zeros_like(residual)
    np.multiply(residual, room, out=gives, where=residual != 0)
    rest = needs.widths - gives[:, problem.primary].sum(axis=1)
    gives[:, ~problem.free] = 0.0
    open_needs = rest > TOLERANCE
    cuts: FloatArray = np.minimum(gives[open_needs] / rest[open_needs, np.newaxis], 1.0)
    return cuts


def _line_cuts(problem: _Problem, needs: _Needs) -> FloatArray:
    """Cuts that need no attacker: in any one relation, the others must give way for the primary cell."""
    found = [np.empty((0, problem.relations.cells))]
    for row in range(problem.relations.matrix.shape[0]):
        line = problem.relations.matrix[[row], :].toarray()[0]
        in_line = needs.only(line[needs.cells] != 0)
        multipliers = (in_line.signs / line[in_line.cells])[:, np.newaxis]
        found.append(_cuts(problem, in_line, np.array([row]), multipliers))
    return np.unique(np.vstack(found), axis=0)


def _biting(problem: _Problem, cuts: FloatArray, hidden: BoolArray) -> FloatArray:
    """Return the cuts that the unsafe pattern breaks; if rounding blunted all, "hide something more"."""
    broken = cuts[cuts @ hidden < 1 - TOLERANCE]
    return broken if len(broken) else (problem.free & ~hidden)[np.newaxis, :].astype(np.float64)


# --- the master programme ---------------------------------------------------------------------------------


def _cheapest(problem: _Problem, cuts: FloatArray, company: Any, price: FloatArray, gap: float) -> BoolArray:
    """Return the choice of free cells that obeys the cuts and is cheapest, or within `gap` of it."""
    chosen = np.zeros(problem.relations.cells, dtype=np.bool_)
    if not len(cuts):
        return chosen
    free = np.flatnonzero(problem.free)
    # Loaded here, as in the attack: most commands protect no table.
    from scipy.optimize import Bounds, LinearConstraint, milp

    demands = sparse.vstack([sparse.csr_array(cuts), company], format="csr")
    at_least = np.append(np.ones(len(cuts)), np.zeros(company.shape[0]))
    result: Any = milp(
        price[free],
        integrality=np.ones(len(free), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(demands[:, free], lb=at_least),
        options={"mip_rel_gap": gap},
    )
    if not result.success:
        raise RuntimeError(f"the master programme was not solved: {result.message}")
    chosen[free] = result.x > _HIDE
    return chosen


def _company(problem: _Problem) -> Any:
    """Return rows (sparse, x cells) with row @ hidden >= 0: no secondary cell is alone in a relation.

    An attacker would know such a cell exactly, so showing it would tell nothing and cost less (every price is
    positive). Fischetti and Salazar-González 2001 call the general form bridgeless inequalities. They halve
    the work, and more.
    """
    lines = abs(problem.relations.matrix).sign()
    lines = lines[np.flatnonzero(lines @ problem.primary == 0)]
    free_lines = sparse.csr_array(lines.multiply(problem.free))
    free_lines.eliminate_zeros()
    row, cell = free_lines.nonzero()
    twice = (np.full(len(cell), 2.0), (np.arange(len(cell)), cell))
    alone = sparse.csr_array(twice, (len(cell), lines.shape[1]))
    return free_lines[row] - alone


def _perturbation(price: FloatArray) -> FloatArray:
    """Make later cells dearer by so little that it decides ties and nothing else."""
    positive = price[price > 0]
    whole = bool((price == np.round(price)).all())
    least = 1.0 if whole or not len(positive) else 1e-4 * float(positive.min())
    size = len(price)
    return 0.8 * least * np.arange(1, size + 1) / (size * (size + 1))


def _verified(problem: _Problem, hidden: BoolArray, price: FloatArray) -> Pattern:
    """Attack the finished pattern afresh, seeing only what is shown. Raises AssertionError if exposed.

    It is raised and not asserted so that python -O cannot switch the check off.
    """
    small = np.flatnonzero(problem.primary)
    unseen = np.where(hidden, np.nan, problem.values)
    intervals = attacker_intervals(unseen, problem.relations, hidden, small, problem.lower, problem.upper)
    low, high = problem.protect
    if (intervals[:, 0] > low + TOLERANCE).any() or (intervals[:, 1] < high - TOLERANCE).any():
        raise AssertionError("a pattern was found but does not protect: this is a fault in onrecord")
    secondary = hidden & ~problem.primary
    return Pattern(hidden, secondary, float(price[secondary].sum()), intervals)
