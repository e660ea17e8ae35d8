"""Gray's test: is the cumulative incidence of an outcome the same in all groups?

R. J. Gray (1988), Annals of Statistics 16:1141, as ``cmprsk::cuminc`` reports it. It compares, at each time, the
cases of an outcome with what each group would have had at the common rate, where a case that ended otherwise stays in
the risk set: R = Y (1 - F(before)) / S(before). The variance follows how noise in one step moves all later ones; where
several end on one day it is that of drawing without putting back.

With delayed entry the same risk sets are used, those under observation at the time (Geskus 2011, Biometrics 67:39,
shows that such weights hold there), and all groups are compared from the latest beginning of their curves on. No
package computes the variance for that case, so its p-value has no outside witness; a simulation stands behind it
(``tests/reference/test_gray.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from onrecord.incidence.counts import Counts, Numbers
from onrecord.incidence.curves import FROM_THE_START, MINIMUM, NEVER, starts

TWO = 2
# The covariance of more groups than this takes more time and memory than its answer is worth.
MOST_GROUPS = 100
# A share still open that is smaller is a fraction that did not quite come out.
NOTHING_LEFT = 1e-12


@dataclass(frozen=True)
class Gray:
    """The test of one outcome.

    Attributes:
        outcome: what the outcome is called.
        statistic: chi-square, or None where there is no test.
        df: its degrees of freedom.
        p: its p-value, or None.
        since: from when the groups are compared, or None from the beginning.
        left_out: groups that had nobody at risk, or too few to begin with.
        reason: why there is no test, or None.
    """

    outcome: str
    statistic: float | None
    df: int
    p: float | None
    since: float | None
    left_out: tuple[str, ...]
    reason: str | None

    def row(self) -> dict[str, Any]:
        """The test as a row."""
        return {
            "outcome": self.outcome,
            "statistic": self.statistic,
            "df": self.df,
            "p": self.p,
            "since": self.since,
            "left_out": list(self.left_out),
            "reason": self.reason,
        }


@dataclass(frozen=True)
class _Steps:
    """What happened at each time at which anything ended; shape (times, groups).

    Attributes:
        at_risk: Y, and 0 where a group's curve is over.
        of_it: cases that ended with the outcome tested.
        otherwise: cases that ended with another.
        open_before: S before the time.
        open_after: S after it.
        share_before: F of the outcome before it.
    """

    at_risk: Numbers
    of_it: Numbers
    otherwise: Numbers
    open_before: Numbers
    open_after: Numbers
    share_before: Numbers


def gray(counts: Counts, minimum: int = MINIMUM, rho: float = 0.0) -> list[Gray]:
    """Test every outcome.

    Args:
        counts: numbers by group and time; groups that never have ``minimum`` at risk are left out.
        minimum: how many must be at risk for a group to be compared.
        rho: weight early (above 0) or late (below 0) differences by the common (1 - F)^rho; 0 is the test as usual.
    """
    start = starts(counts, minimum)
    chosen = np.flatnonzero(start < NEVER)
    left_out = tuple(counts.groups[place] for place in np.flatnonzero(start == NEVER))
    since = float(start[chosen].max()) if len(chosen) else FROM_THE_START
    said_since = None if since == FROM_THE_START else since
    if len(chosen) > MOST_GROUPS:
        reason = f"there are more than {MOST_GROUPS} groups: compare fewer"
        return [Gray(each, None, len(chosen) - 1, None, said_since, left_out, reason) for each in counts.outcomes]
    tables = _tables(counts.begun_at(np.where(start < NEVER, since, NEVER)), chosen)
    return [
        _tested(_steps(tables, place), outcome, said_since, left_out, rho)
        for place, outcome in enumerate(counts.outcomes)
    ]


def _tested(steps: _Steps, outcome: str, since: float | None, left_out: tuple[str, ...], rho: float) -> Gray:
    groups = steps.at_risk.shape[1]
    df = max(groups - 1, 0)

    def no_test(reason: str) -> Gray:
        return Gray(outcome, None, df, None, since, left_out, reason)

    if groups < TWO:
        return no_test("there is one group, and a test compares two or more")
    if not steps.of_it.sum():
        return no_test("nobody ended so")
    score, variance = _score_and_variance(steps, rho)
    if np.linalg.matrix_rank(variance[:-1, :-1], hermitian=True) < df:
        return no_test(_why_nothing_varies(steps))
    statistic = float(score[:-1] @ np.linalg.solve(variance[:-1, :-1], score[:-1]))
    return Gray(outcome, statistic, df, float(chdtrc(df, statistic)), since, left_out, None)


def _why_nothing_varies(steps: _Steps) -> str:
    there = steps.at_risk[steps.of_it.sum(axis=1) > 0].any(axis=0)
    if not there.all():
        return "a group was never at risk when somebody ended so: there is nothing to compare"
    return "all who were at risk ended so at once: nothing is left that could vary"


# ---------------------------------------------------------------- tables of times by groups


@dataclass(frozen=True)
class _Tables:
    """Numbers on the times that all groups share; shapes (times, groups) and (times, groups, outcomes)."""

    at_risk: Numbers
    ended: Numbers


def _tables(counts: Counts, chosen: NDArray[np.intp]) -> _Tables:
    times, place = np.unique(counts.time, return_inverse=True)
    shape = (len(times), len(counts.groups))
    change = np.zeros(shape, dtype=np.int64)
    ended = np.zeros((*shape, len(counts.outcomes)))
    change[place, counts.group] = counts.entered - counts.left
    ended[place, counts.group] = counts.ended
    at_risk = counts.from_start + np.cumsum(change, axis=0) - change
    anything = ended.any(axis=(1, 2))
    return _Tables(at_risk[anything][:, chosen].astype(np.float64), ended[anything][:, chosen])


def _steps(tables: _Tables, outcome: int) -> _Steps:
    at_risk, of_it = tables.at_risk, tables.ended[:, :, outcome]
    every = tables.ended.sum(axis=2)
    safe = np.maximum(at_risk, 1)
    after = np.cumprod((safe - every) / safe, axis=0)
    before = np.vstack([np.ones((1, after.shape[1])), after[:-1]])
    share = np.cumsum(before * of_it / safe, axis=0)
    share_before = np.vstack([np.zeros((1, after.shape[1])), share[:-1]])
    # Who enters after S has come to 0 has no curve to be compared on.
    at_risk = np.where(before > 0, at_risk, 0)
    compared = at_risk > 0
    return _Steps(at_risk, of_it * compared, (every - of_it) * compared, before, after, share_before)


# ---------------------------------------------------------------- the score and its variance


@dataclass(frozen=True)
class _Common:
    """What all groups share at each time; shape (times), but for the first.

    Attributes:
        known: Y / S(before), as if nobody had ended; shape (times, groups).
        all_known: its sum over the groups.
        of_it: how many ended with the outcome tested.
        share: F of all together, after the time.
        pace: by how much it grew, of those who had not ended so before.
        weight: (1 - F(before))^rho.
    """

    known: Numbers
    all_known: Numbers
    of_it: Numbers
    share: Numbers
    pace: Numbers
    weight: Numbers


def _common(steps: _Steps, rho: float) -> _Common:
    known = _ratio(steps.at_risk, steps.open_before, steps.at_risk > 0)
    all_known, of_it = known.sum(axis=1), steps.of_it.sum(axis=1)
    growth = _ratio(of_it, all_known, all_known > 0)
    share: Numbers = np.cumsum(growth)
    rest = np.maximum(1 - (share - growth), NOTHING_LEFT)
    return _Common(known, all_known, of_it, share, growth / rest, rest**rho)


def _score_and_variance(steps: _Steps, rho: float) -> tuple[Numbers, Numbers]:
    """Observed less expected of each group, shape (groups); and its covariance, shape (groups, groups)."""
    common = _common(steps, rho)
    risk = common.known * (1 - steps.share_before)
    expected = risk * _ratio(common.of_it, risk.sum(axis=1), common.of_it > 0)[:, None]
    score: Numbers = (common.weight[:, None] * (steps.of_it - expected)).sum(axis=0)
    groups = steps.at_risk.shape[1]
    variance = np.zeros((groups, groups))
    for group in range(groups):
        variance += _noise_of(group, steps, common)
    return score, variance


def _noise_of(group: int, steps: _Steps, common: _Common) -> Numbers:
    """What the noise of one group's steps puts into the covariance of all scores. Shape (groups, groups)."""
    own = common.known[:, group]
    at_once = -(common.weight * _ratio(own, common.all_known, own > 0))[:, None] * common.known
    at_once[:, group] += common.weight * own
    gathered = np.cumsum(at_once * common.pace[:, None], axis=0)
    still_to_come = gathered[-1] - gathered
    before, after, at_risk = steps.open_before[:, group], steps.open_after[:, group], steps.at_risk[:, group]
    odds = _ratio(1 - common.share, after, after > 0)
    # A case of the outcome moves the score at once and, by way of S, later; a case of another only later.
    by_it = at_once + np.where(after > 0, 1 - odds, 1)[:, None] * still_to_come
    by_other = -odds[:, None] * still_to_come
    of_it, otherwise = common.of_it, steps.otherwise[:, group]
    size = _drawn(of_it, common.all_known * before) * _ratio(before * of_it, common.all_known * at_risk, own > 0)
    other = _drawn(otherwise, at_risk) * _ratio(before**2 * otherwise, at_risk**2, (own > 0) & (after > 0))
    return np.asarray(by_it.T @ (by_it * size[:, None]) + by_other.T @ (by_other * other[:, None]), dtype=np.float64)


def _drawn(number: Numbers, among: Numbers) -> Numbers:
    """The factor for several drawn at once without putting back."""
    return 1 - _ratio(number - 1, among - 1, (number > 1) & (among > 1))


def _ratio(part: Numbers, whole: Numbers, where: NDArray[np.bool_]) -> Numbers:
    """A division where it makes sense, and 0 elsewhere."""
    return np.divide(part, whole, out=np.zeros_like(part), where=where)
