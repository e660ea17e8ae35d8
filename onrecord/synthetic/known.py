"""What is true of each report on the last day: where it stands and why, known from how it was drawn.

This is written apart from ``onrecord.pathways``, on purpose and in another way: it is what that code is held against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onrecord.standard import codelists
from onrecord.synthetic.courses import OUTCOMES, Courses
from onrecord.synthetic.draws import NEVER, Column, latest
from onrecord.synthetic.received import Received
from onrecord.synthetic.scenario import scenario

REASONS = tuple(key for key, _ in codelists.reasons())
NO_REASON = len(REASONS)
RANKS = {standing.key: standing.rank for standing in codelists.standings()}
KEYS = {standing.rank: standing.key for standing in codelists.standings()}
_STANDINGS = {(row["scheme"], row["code"]): row["standing"] for row in codelists.load("outcomes")}
OUTCOME_RANKS = np.array([RANKS[_STANDINGS["home-office", outcome["code"]]] for outcome in OUTCOMES])


@dataclass(frozen=True)
class Truth:
    """What is true of the reports of a force. A column has a value for each report.

    Attributes:
        rank: the rank of its standing; 0 for a report that repeats another.
        reason: a place in ``REASONS`` where it is unaccounted, else NO_REASON.
        still_open: whether formal action was taken, and a line is live or unaccounted all the same.
        last_sign: the last day on which anything was done, by whoever holds the report: courts aside.
        waits_since: of the lines that are unaccounted, and of these of those with the first reason that fits, the last
            sign of life on that which waits longest; or NEVER.
        first_action: the day on which something was first done, by the last day; or NEVER.
        decided: the day of the first decision on any line, by the last day; or NEVER.
        opened: how many of its lines were opened again, by the last day.
    """

    rank: Column
    reason: Column
    still_open: Column
    last_sign: Column
    waits_since: Column
    first_action: Column
    decided: Column
    opened: Column

    def ledger(self) -> dict[str, int]:
        """The ledger: received, standing by standing, duplicates, still_open and ``because_<reason>``."""
        counts = {key: int((self.rank == rank).sum()) for key, rank in RANKS.items()}
        because = {f"because_{key}": int((self.reason == place).sum()) for place, key in enumerate(REASONS)}
        return {
            "received": int((self.rank > 0).sum()),
            **counts,
            "duplicates": int((self.rank == 0).sum()),
            "still_open": int(self.still_open.sum()),
            **because,
        }


def truth(told: Received, taken: Courses, last_day: int, follows_neighbour: bool) -> Truth:
    """Where each report stands on the last day.

    Args:
        told: what the force received.
        taken: the course of each report.
        last_day: the day.
        follows_neighbour: whether the neighbouring force is made too: what was sent on to it then waits for its word.
    """
    count, line = len(told), taken.lines
    acted = latest(count, taken.action_report, _by(last_day, taken.action_day), np.full(count, -1))
    named = taken.suspects
    on_suspect = np.append(_by(last_day, np.minimum(named.arrested, named.bailed)), -1)
    on_line = np.maximum.reduce(
        [
            acted[line.report],
            on_suspect[line.suspect],
            *(_by(last_day, day) for day in (line.decided, line.opened, line.again)),
        ]
    )
    rank, open_line = _decided(line.decided, line.opened, line.again, line.outcome, line.second, last_day)
    ended = np.where(taken.ends <= last_day, taken.ends, NEVER)[line.report]
    of_course = {name: taken.takes(name)[line.report] & (ended < NEVER) for name in _ENDINGS}
    gone = taken.takes("sent on")[line.report] & (ended < NEVER)
    waits = gone & follows_neighbour & (taken.acknowledged[line.report] > last_day)
    rank = np.where(of_course["cancelled"], RANKS["not_a_crime"], rank)
    is_transferred = of_course["another force"] | of_course["sent elsewhere"] | (gone & ~waits)
    rank = np.where(is_transferred, RANKS["transferred"], rank)
    sign = np.maximum(np.maximum(on_line, told.day[line.report]), np.where(waits, ended, -1))
    unavailable = of_course["status unavailable"] & (ended >= sign)
    is_open = open_line & (rank == 0)
    silent = is_open & ((last_day - sign > scenario()["window_days"]) | unavailable)
    fits = {
        "status_unavailable": unavailable,
        "no_activity_carried": taken.takes("no activity carried")[line.report],
        "closed_without_outcome": of_course["closed without an outcome"],
        "transfer_not_acknowledged": waits,
        "vanished": taken.takes("no longer held")[line.report],
        "never_acted_on": on_line < 0,
        "silent": on_line >= 0,
    }
    reason = np.select([silent & fits[key] for key in REASONS], range(NO_REASON), NO_REASON)
    rank = np.where(is_open, np.where(silent, RANKS["unaccounted"], RANKS["live"]), rank)
    return _of_reports(told, taken, rank, reason, on_line, sign, last_day)


def _by(last_day: int, day: Column) -> Column:
    """The day, where it has come by then; else -1."""
    return np.where(day <= last_day, day, -1)


_ENDINGS = ("cancelled", "another force", "sent elsewhere", "status unavailable", "closed without an outcome")


def _decided(
    decided: Column, opened: Column, again: Column, outcome: Column, second: Column, last_day: int
) -> tuple[Column, Column]:
    """The rank that each line's last decision gives it by then, 0 where it has none or was opened since."""
    rank = np.where(decided <= last_day, OUTCOME_RANKS[outcome], 0)
    rank = np.where(opened <= last_day, 0, rank)
    rank = np.where(again <= last_day, OUTCOME_RANKS[second], rank)
    return rank, rank == 0


def _of_reports(
    told: Received, taken: Courses, rank: Column, reason: Column, done: Column, sign: Column, last_day: int
) -> Truth:
    """Each report at the lowest rank among its lines, and for the first reason among those.

    Args:
        told: what the force received.
        taken: the course of each report.
        rank, reason: where each line stands, and why.
        done: the last day on which anything was done about each line, -1 where nothing was.
        sign: the last sign of life on each line: that, its receipt, or the day it was sent on.
        last_day: the day.
    """
    line, count = taken.lines, len(told)
    begins = np.searchsorted(line.report, np.arange(count))
    lowest = np.minimum.reduceat(rank * (NO_REASON + 1) + reason, begins)
    is_open = np.isin(rank, [RANKS["live"], RANKS["unaccounted"]])
    counts = told.repeats < 0
    waits = np.where(counts[line.report] & (rank == RANKS["unaccounted"]), reason * NEVER + sign, NO_REASON * NEVER)
    longest = np.minimum.reduceat(waits, begins)
    standing = np.where(counts, lowest // (NO_REASON + 1), 0)
    decided = np.full(count, NEVER)
    np.minimum.at(decided, line.report, line.decided)
    opened = np.bincount(line.report, weights=line.opened <= last_day, minlength=count).astype(np.int64)
    return Truth(
        rank=standing,
        reason=np.where(counts, lowest % (NO_REASON + 1), NO_REASON),
        still_open=counts & (standing <= RANKS["diverted"]) & np.logical_or.reduceat(is_open, begins),
        last_sign=np.maximum(np.maximum.reduceat(done, begins), told.day),
        waits_since=np.where(longest < NO_REASON * NEVER, longest % NEVER, NEVER),
        first_action=np.where(taken.first <= last_day, taken.first, NEVER),
        decided=np.where(decided <= last_day, decided, NEVER),
        opened=opened,
    )
