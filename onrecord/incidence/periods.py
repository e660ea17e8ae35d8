"""The period ratio beside the cohort: outcomes dated in a period over cases received in it, and why it misleads.

Numerator and denominator of a period ratio are different cases, so it is no probability and has no binomial interval.
Where cases arrive at a rate that grows by g, and a share p of them ends so after a delay with rate r, the ratio
settles at p r / (r + g): below p while arrivals grow, above it while they fall, whatever becomes of the cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PERIOD_BASIS, COHORT_BASIS = "flow", "cohort"
WHY_THEY_DIFFER = (
    "A period ratio sets outcomes dated in a period against cases received in it: different cases, so it is no "
    "probability and has no interval. Where arrivals grow at rate g and a share p ends so after delays with rate r, it "
    "settles at p r / (r + g), not at p: too low while arrivals grow, too high while they fall."
)


@dataclass(frozen=True)
class Periods:
    """Numbers of cases by period and outcome.

    Attributes:
        received: cases received in each period.
        ended: of those received in a period, how many have ended with each outcome so far.
        dated: how many ended with each outcome in a period, whenever they were received.
    """

    received: Mapping[str, int]
    ended: Mapping[tuple[str, str], int]
    dated: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, received: Iterable[Mapping[str, Any]], dated: Iterable[Mapping[str, Any]]) -> Periods:
        """From rows of period, outcome (None where live) and number."""
        every: Counter[str] = Counter()
        ended: dict[tuple[str, str], int] = {}
        for row in received:
            every[row["period"]] += row["number"]
            if row["outcome"] is not None:
                ended[row["period"], row["outcome"]] = row["number"]
        return cls(every, ended, {(row["period"], row["outcome"]): row["number"] for row in dated})

    def rows(self) -> list[dict[str, Any]]:
        """One row for each period and outcome that occurs: the period ratio, the crude share of the cohort so far, and
        the share among those that have ended. A share of nothing is None.
        """
        outcomes = sorted({outcome for _, outcome in (*self.ended, *self.dated)})
        periods = sorted({*self.received, *(period for period, _ in self.dated)})
        return [self._row(period, outcome) for period in periods for outcome in outcomes]

    def _row(self, period: str, outcome: str) -> dict[str, Any]:
        received = self.received.get(period, 0)
        closed = sum(number for (when, _), number in self.ended.items() if when == period)
        ended, dated = self.ended.get((period, outcome), 0), self.dated.get((period, outcome), 0)
        return {
            "period": period,
            "outcome": outcome,
            "received": received,
            "dated_in_period": dated,
            "period_ratio": _share(dated, received),
            "ended_so_far": ended,
            "share_so_far": _share(ended, received),
            "share_among_ended": _share(ended, closed),
            "still_open": received - closed,
        }


def steady_period_ratio(share: float, rate: float, growth: float) -> float:
    """What a period ratio settles at, in a world where nothing changes but the number of cases.

    Args:
        share: which share of cases ends so in the end, from 0 to 1.
        rate: of the exponential delay until it does, a year; above 0.
        growth: of the number of cases, a year (0.25 is e^0.25 times as many after a year); above -rate.

    Raises:
        ValueError: there is no such limit.
    """
    if rate <= 0 or growth <= -rate:
        raise ValueError("A period ratio settles only where the rate is above 0 and arrivals fall more slowly than it.")
    return share * rate / (rate + growth)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
