"""The Aalen-Johansen estimate: which share has ended with each outcome by each time, of all groups in one pass.

At each time, with y at risk and d_k ending with outcome k: F_k grows by S(before) d_k / y, and S falls by the factor
1 - d / y, where d is the sum of all d_k. Ties need no care: they are counts. The variance is of Greenwood's type
(Aalen and Johansen 1978, Scand J Stat 5:141; Allignol, Schumacher and Beyersmann 2011, J Stat Softw 38(4), ``etm``),
written as sums over time: noise in one step moves F_k at once and, by way of S, all its later growth.

A curve begins where enough are at risk: with delayed entry the first risk sets can be of one case, and when that one
ends S is 0 for ever. From then on the curve is about those still open at its beginning, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onrecord.incidence.counts import Counts, Numbers, Whole

# Fewer at risk than this, and a curve does not begin.
MINIMUM = 5
FROM_THE_START = -np.inf
NEVER = np.inf
# How many cells a grid of groups by times may have, so that one long group among many short ones costs no memory.
MOST_CELLS = 2_000_000


@dataclass(frozen=True)
class Curves:
    """Estimates just after each row of the counts.

    Attributes:
        given: all that was counted.
        counts: of it, those observed from the start of their group's curve on.
        start: from when each curve holds: ``FROM_THE_START`` unless entry is delayed, ``NEVER`` where too few are ever
            at risk; shape (groups).
        stop: the first time at which an outcome met too small a risk set while others were still to enter, or
            ``NEVER``; no estimate holds from then on; shape (groups).
        last: the last time at which the group was followed, or ``NEVER`` where nobody is still open: nothing is left
            to happen; shape (groups).
        still_open: S, the share without an outcome; shape (rows).
        share: F, by outcome; shape (rows, outcomes).
        variance: of F; shape (rows, outcomes).
        effective: the smallest number, so far, of y / S(before): as many cases, all followed, would tell as much;
            shape (rows).
    """

    given: Counts
    counts: Counts
    start: Numbers
    stop: Numbers
    last: Numbers
    still_open: Numbers
    share: Numbers
    variance: Numbers
    effective: Numbers


def curves(counts: Counts, minimum: int = MINIMUM) -> Curves:
    """Estimate the curves of all groups.

    Args:
        counts: numbers by group and time.
        minimum: how many must be at risk for a curve to begin, at least 1.
    """
    start = starts(counts, minimum)
    begun = counts.begun_at(start)
    rows, outcomes = len(begun.time), len(begun.outcomes)
    still_open, effective = np.ones(rows), np.zeros(rows)
    share, variance = np.zeros((rows, outcomes)), np.zeros((rows, outcomes))
    for place, inside in _grids(begun):
        of_grid = _grid(begun, place, inside)
        still_open[place[inside]] = of_grid.after[inside]
        effective[place[inside]] = of_grid.effective[inside]
        for outcome in range(outcomes):
            ended = np.where(inside, begun.ended[place, outcome], 0).astype(np.float64)
            grown, varied = _outcome(of_grid, ended)
            share[place[inside], outcome], variance[place[inside], outcome] = grown[inside], varied[inside]
    return Curves(
        counts, begun, start, _stops(begun, minimum), _last(begun, start), still_open, share, variance, effective
    )


def starts(counts: Counts, minimum: int = MINIMUM) -> Numbers:
    """From when at least ``minimum`` of each group are under observation. Shape (groups)."""
    after = counts.at_risk + counts.entered - counts.left
    enough = np.where(after >= minimum, counts.time, NEVER)
    first = np.full(len(counts.groups), NEVER)
    np.minimum.at(first, counts.group, enough)
    return np.where(counts.from_start >= minimum, FROM_THE_START, first)


def _stops(counts: Counts, minimum: int) -> Numbers:
    """When an outcome meets a small risk set to which somebody is still to be added. Shape (groups)."""
    to_come = counts.sums(counts.entered)[counts.group] - counts.before(counts.entered)
    thin = (counts.ended.sum(axis=1) > 0) & (counts.at_risk < minimum) & (to_come > 0)
    stop = np.full(len(counts.groups), NEVER)
    np.minimum.at(stop, counts.group, np.where(thin, counts.time, NEVER))
    return stop


def _last(counts: Counts, start: Numbers) -> Numbers:
    """Until when each group was followed; for ever, where all have ended. Shape (groups)."""
    last = np.full(len(counts.groups), -np.inf)
    np.maximum.at(last, counts.group, counts.time)
    return np.where((counts.sums(counts.live) == 0) & (start < NEVER), NEVER, last)


# ---------------------------------------------------------------- groups by times


@dataclass(frozen=True)
class _Grid:
    """What all outcomes of some groups share; shape (groups, times) each, padded with times at which nothing ends."""

    at_risk: Numbers
    ended: Numbers
    before: Numbers
    after: Numbers
    spread: Numbers
    effective: Numbers


def _grids(counts: Counts) -> Iterator[tuple[Whole, NDArray[np.bool_]]]:
    """Groups of similar length together: the place of each cell's row, and whether it is one."""
    sizes = np.diff(counts.first)
    order = np.argsort(sizes, kind="stable")[::-1]
    while len(order) and sizes[order[0]]:
        longest = int(sizes[order[0]])
        chosen, order = np.split(order, [max(1, MOST_CELLS // longest)])
        steps = np.arange(longest)
        inside = steps < sizes[chosen, None]
        yield np.where(inside, counts.first[chosen, None] + steps, 0), inside


def _grid(counts: Counts, place: Whole, inside: NDArray[np.bool_]) -> _Grid:
    """S before and after each time, and the part of the variance that all outcomes share."""
    at_risk = np.where(inside, np.maximum(counts.at_risk[place], 1), 1).astype(np.float64)
    ended = np.where(inside, counts.ended.sum(axis=1)[place], 0).astype(np.float64)
    after = np.asarray(np.cumprod((at_risk - ended) / at_risk, axis=1), dtype=np.float64)
    before = np.concatenate([np.ones((len(after), 1)), after[:, :-1]], axis=1)
    left = at_risk - ended
    # Where all end at once nothing grows afterwards, so the noise of S has nothing left to move.
    spread = np.divide(ended, at_risk * left, out=np.zeros_like(at_risk), where=left > 0)
    known = inside & (counts.at_risk[place] > 0) & (before > 0)
    effective = np.divide(at_risk, before, out=np.full_like(at_risk, np.inf), where=known)
    return _Grid(at_risk, ended, before, after, spread, np.minimum.accumulate(effective, axis=1))


def _outcome(grid: _Grid, ended: Numbers) -> tuple[Numbers, Numbers]:
    """F of one outcome and its variance. Shapes (groups, times)."""
    hazard = ended / grid.at_risk
    share = np.cumsum(grid.before * hazard, axis=1)
    own = np.cumsum(grid.before**2 * hazard * (1 - hazard) / grid.at_risk, axis=1)
    # Noise in S at one time moves all that F still grows, F(t) - F(then): the square is multiplied out into sums.
    zeroth, crossed = grid.spread, grid.before * hazard / grid.at_risk
    later = share**2 * _running(zeroth) - 2 * share * _running(share * zeroth) + _running(share**2 * zeroth)
    both = share * _running(crossed) - _running(share * crossed)
    variance = np.maximum(own + later - 2 * both, 0)
    # All have ended, and all so: exactly one, whatever the sums of fractions say.
    is_all = (grid.after == 0) & (_running(ended) == _running(grid.ended))
    return np.where(is_all, 1.0, share), np.where(is_all, 0.0, variance)


def _running(values: Numbers) -> Numbers:
    return np.cumsum(values, axis=1)
