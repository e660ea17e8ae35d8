"""How many entered, ended and were last seen open: by group, at each time at which anything happens.

A case is at risk at time t where entry < t <= exit. One that is observed from its own beginning (time 0) is at risk at
every time up to its exit, and at time 0 itself: an outcome on the day of receipt counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

# What a number of cases did at a time; from 0 on, the place of their outcome.
LIVE, ENTERED = -1, -2


@dataclass(frozen=True)
class Counts:
    """Numbers of cases, a row for each group and time; rows of one group stand together, in order of time.

    Attributes:
        groups: what each group is called.
        outcomes: what each outcome is called.
        first: where the rows of each group begin, and where the last ends; shape (groups + 1).
        time: in the unit of the durations; shape (rows).
        entered: how many came under observation then, later than at their own beginning; shape (rows).
        ended: how many ended, by outcome; shape (rows, outcomes).
        live: how many were last seen then, without an outcome; shape (rows).
        from_start: how many were observed from the beginning; shape (groups).
    """

    groups: tuple[str, ...]
    outcomes: tuple[str, ...]
    first: Whole
    time: Numbers
    entered: Whole
    ended: Whole
    live: Whole
    from_start: Whole

    @cached_property
    def group(self) -> Whole:
        """The group of each row."""
        return np.repeat(np.arange(len(self.groups)), np.diff(self.first))

    @cached_property
    def at_risk(self) -> Whole:
        """How many are at risk at the time of each row: entered before it, and not gone before it."""
        return self.from_start[self.group] + self.before(self.entered - self.left)

    @cached_property
    def left(self) -> Whole:
        """How many left observation at each row, with an outcome or without."""
        return np.asarray(self.ended.sum(axis=1) + self.live, dtype=np.int64)

    @cached_property
    def cases(self) -> Whole:
        """How many cases each group has."""
        return self.from_start + self.sums(self.entered)

    def sums(self, values: Whole) -> Whole:
        """The sum over the rows of each group. Shape (rows) in, (groups) out."""
        running = np.concatenate([[0], np.cumsum(values)])
        return np.asarray(running[self.first[1:]] - running[self.first[:-1]], dtype=np.int64)

    def rows_before(self, time: float, inclusive: bool = False) -> Whole:
        """How many rows of each group lie before a time, or until it. Shape (groups)."""
        return self.sums((self.time <= time if inclusive else self.time < time).astype(np.int64))

    def at_risk_at(self, time: float) -> Whole:
        """How many of each group are at risk at a time. Shape (groups)."""
        change = np.concatenate([[0], np.cumsum(self.entered - self.left)])
        until = self.first[:-1] + self.rows_before(time)
        return np.asarray(self.from_start + change[until] - change[self.first[:-1]], dtype=np.int64)

    def begun_at(self, start: Numbers) -> Counts:
        """Those still open just after a time of each group, from then on; -inf leaves a group as it is.

        Args:
            start: shape (groups).
        """
        kept = self.time > start[self.group]
        gone = ~kept
        change = self.sums(np.where(gone, self.entered - self.left, 0))
        return Counts(
            self.groups,
            self.outcomes,
            np.concatenate([[0], np.cumsum(self.sums(kept.astype(np.int64)))]),
            self.time[kept],
            self.entered[kept],
            self.ended[kept],
            self.live[kept],
            self.from_start + change,
        )

    def before(self, values: Whole) -> Whole:
        """The sum over the earlier rows of the same group, for each row."""
        running = np.concatenate([[0], np.cumsum(values)])
        return np.asarray(running[:-1] - running[self.first[:-1]][self.group], dtype=np.int64)


def counts_from(
    groups: Sequence[str],
    outcomes: Sequence[str],
    group: Whole,
    time: Numbers,
    what: Whole,
    number: Whole,
    from_start: Whole,
) -> Counts:
    """Counts from a long table in any order; rows of one group, time and kind are added up.

    Args:
        groups: what each group is called.
        outcomes: what each outcome is called.
        group: the place of each row's group; shape (rows), as the next three.
        time: its time.
        what: LIVE, ENTERED, or the place of an outcome.
        number: of how many cases it is true.
        from_start: how many of each group were observed from their own beginning; shape (groups).
    """
    order = np.lexsort((time, group))
    group, time, what, number = group[order], time[order], what[order], number[order]
    is_new = np.ones(len(time), dtype=np.bool_)
    is_new[1:] = (np.diff(group) != 0) | (np.diff(time) != 0)
    table = np.zeros((int(is_new.sum()), len(outcomes) + 2), dtype=np.int64)
    # Places -1 and -2 are the last two columns.
    np.add.at(table, (np.cumsum(is_new) - 1, what), number)
    sizes = np.bincount(group[is_new], minlength=len(groups))
    return Counts(
        tuple(groups),
        tuple(outcomes),
        np.concatenate([[0], np.cumsum(sizes)]),
        time[is_new],
        table[:, ENTERED],
        table[:, : len(outcomes)],
        table[:, LIVE],
        np.asarray(from_start, dtype=np.int64),
    )
