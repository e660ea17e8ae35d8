"""Reading the curves at given times: the estimate with its interval, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onrecord.incidence.counts import Numbers, Whole
from onrecord.incidence.curves import FROM_THE_START, NEVER, Curves
from onrecord.incidence.intervals import EXACT, LEVEL, ON_SHARE, interval

# Why there is no estimate; "" where there is one.
TOO_EARLY, TOO_FEW, NOT_YET = "too early", "too few", "before the curve"
WHY_NOT = {
    TOO_EARLY: "the group has not been followed so long, and some of its cases are still open",
    TOO_FEW: "fewer were at risk than the minimum risk set asks for",
    NOT_YET: "entry is delayed, and too few were under observation by then",
}


@dataclass(frozen=True)
class Estimates:
    """Shares that had ended with each outcome by each time asked for.

    Attributes:
        curves: what was read.
        at: the times; shape (times).
        estimate: nan where there is none; shape (groups, times, outcomes), as the next three.
        std_error: of Greenwood's type.
        low: the lower ends of the intervals.
        high: the upper ends.
        is_exact: where an exact bound stands; shape (groups, times, outcomes).
        at_risk: how many were at risk then; shape (groups, times).
        reason: a key of ``WHY_NOT``, or ""; shape (groups, times).
        form: which log-log the intervals are.
        level: of the intervals.
    """

    curves: Curves
    at: Numbers
    estimate: Numbers
    std_error: Numbers
    low: Numbers
    high: Numbers
    is_exact: NDArray[np.bool_]
    at_risk: Whole
    reason: NDArray[np.str_]
    form: str
    level: float

    def rows(self) -> list[dict[str, Any]]:
        """One row for each group, outcome and time; numbers are None where there is no estimate."""
        counts = self.curves.counts
        return [
            self._row(group, time, outcome)
            for group in range(len(counts.groups))
            for outcome in range(len(counts.outcomes))
            for time in range(len(self.at))
        ]

    def _row(self, group: int, time: int, outcome: int) -> dict[str, Any]:
        place = (group, time, outcome)
        reason = str(self.reason[group, time])
        numbers = {
            name: None if reason else float(values[place])
            for name, values in (
                ("estimate", self.estimate),
                ("std_error", self.std_error),
                ("low", self.low),
                ("high", self.high),
            )
        }
        start = float(self.curves.start[group])
        return {
            "group": self.curves.counts.groups[group],
            "outcome": self.curves.counts.outcomes[outcome],
            "time": plain(float(self.at[time])),
            **numbers,
            "at_risk": int(self.at_risk[group, time]),
            "interval": None if reason else EXACT if self.is_exact[place] else self.form,
            "reason": reason or None,
            "since": None if start in (FROM_THE_START, NEVER) else plain(start),
        }


def estimates(found: Curves, at: Sequence[float], form: str = ON_SHARE, level: float = LEVEL) -> Estimates:
    """Read the curves at times, in their own order.

    Args:
        found: the curves.
        at: times, in the unit of the durations.
        form: which intervals, a value of ``FORMS``.
        level: of the intervals.

    Raises:
        WrongWords: the form is unknown, or the level is none.
    """
    counts = found.counts
    groups, outcomes = len(counts.groups), len(counts.outcomes)
    shape = (groups, len(at), outcomes)
    share, variance, effective = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    at_risk, reason = np.zeros(shape[:2], dtype=np.int64), np.zeros(shape[:2], dtype="U20")
    for place, time in enumerate(at):
        rows = counts.rows_before(time, inclusive=True)
        # A group of which nothing has happened yet: nobody has ended, and all of it is at risk.
        some, row = rows > 0, np.maximum(counts.first[:-1] + rows - 1, 0)
        at_risk[:, place] = found.given.at_risk_at(time)
        reason[:, place] = _why_not(found, time)
        if len(counts.time):
            share[some, place] = found.share[row[some]]
            variance[some, place] = found.variance[row[some]]
        effective[:, place] = _effective(found, some, row, at_risk[:, place])[:, None]
    std_error = np.sqrt(variance)
    bounds = interval(share, std_error, effective, form, level)
    none = (reason != "")[:, :, None]
    return Estimates(
        found,
        np.asarray(at, dtype=np.float64),
        np.where(none, np.nan, share),
        np.where(none, np.nan, std_error),
        np.where(none, np.nan, bounds.low),
        np.where(none, np.nan, bounds.high),
        bounds.is_exact & ~none,
        at_risk,
        reason,
        form,
        level,
    )


def _why_not(found: Curves, time: float) -> NDArray[np.str_]:
    """The reason why there is no estimate at a time, for each group. The first that is true."""
    return np.select(
        [found.start == NEVER, found.start >= time, found.stop <= time, found.last < time],
        [TOO_FEW, NOT_YET, TOO_FEW, TOO_EARLY],
        "",
    )


def _effective(found: Curves, some: NDArray[np.bool_], row: Whole, at_risk: Whole) -> Numbers:
    """How many cases, all followed, would tell as much up to a time: see ``intervals``. Shape (groups)."""
    if not len(found.counts.time):
        return at_risk.astype(np.float64)
    so_far = np.where(some, found.effective[row], np.inf)
    # S just before the time: after the rows before it. Rows at the time itself are among ``so_far`` already.
    open_then = np.where(some, found.still_open[row], 1.0)
    now = np.divide(at_risk, open_then, out=np.full(len(row), np.inf), where=(at_risk > 0) & (open_then > 0))
    return np.asarray(np.minimum(so_far, now), dtype=np.float64)


def plain(time: float) -> int | float:
    """A time as people write it: days without a fraction."""
    return int(time) if time.is_integer() else time


def time_lost(found: Curves, horizon: float) -> Numbers:
    """The mean time spent in each outcome up to a horizon: the area under F. What is left of the horizon is spent open.

    Returns:
        Shape (groups, outcomes); nan where a curve does not reach the horizon or begins later than at the beginning.
    """
    counts = found.counts
    following = np.append(counts.time[1:], horizon)
    following[counts.first[1:] - 1] = horizon
    width = np.clip(following, None, horizon) - np.clip(counts.time, None, horizon)
    area = np.zeros((len(counts.groups), len(counts.outcomes)))
    np.add.at(area, counts.group, found.share * width[:, None])
    known = (found.start == FROM_THE_START) & (found.last >= horizon) & (found.stop >= horizon)
    return np.where(known[:, None], area, np.nan)


def summary(found: Curves) -> list[dict[str, Any]]:
    """Of each group: how many cases it has, how many are still open, since when and until when its curve holds.

    ``until`` is None where nobody is still open: nothing is left to happen.
    """
    counts = found.given
    live = counts.sums(counts.live)
    ends = np.minimum(found.last, found.stop)
    return [
        {
            "group": group,
            "cases": int(counts.cases[place]),
            "still_open": int(live[place]),
            "since": _bounded(float(found.start[place])),
            "until": _bounded(float(ends[place])),
        }
        for place, group in enumerate(counts.groups)
    ]


def _bounded(time: float) -> int | float | None:
    return plain(time) if np.isfinite(time) else None
