"""Cumulative incidence the slow, plain way: one case after another, one day after another, lists and loops.

The covariance is the whole matrix, carried from day to day, where the engine's side has one closed sum for each
outcome: V <- A' V A + P0^2 C, with P the shares in each state, A a step, C what a step's numbers can vary by.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Case:
    group: str
    entry: float
    exit: float
    outcome: str | None


@dataclass(frozen=True)
class Told:
    """What there is to say of a group and an outcome at a time; ``reason`` says why there is nothing."""

    at_risk: int
    still_open: float
    shares: dict[str, float]
    variances: dict[str, float]
    effective: float
    reason: str | None


def is_at_risk(case: Case, day: float) -> bool:
    """Entered before the day, or watched from the beginning; and not gone before it."""
    return (case.entry < day or case.entry == 0) and case.exit >= day


def begins(cases: list[Case], minimum: int) -> float | None:
    """The first day from which at least so many are watched: 0 for the beginning, None for never."""
    if sum(1 for case in cases if case.entry == 0) >= minimum:
        return -1.0
    for day in sorted({day for case in cases for day in (case.entry, case.exit)}):
        if sum(1 for case in cases if case.entry <= day < case.exit) >= minimum:
            return day
    return None


def stops(cases: list[Case], begin: float, minimum: int) -> float | None:
    """The first day on which an outcome meets too few, while somebody is still to enter."""
    for day in sorted({case.exit for case in cases if case.outcome is not None and case.exit > begin}):
        few = sum(1 for case in cases if is_at_risk(case, day)) < minimum
        if few and any(case.entry >= day and case.entry > max(begin, 0) for case in cases):
            return day
    return None


def told(every: list[Case], outcomes: list[str], time: float, minimum: int) -> Told:
    """What is known of one group's cases at a time."""
    at_risk = sum(1 for case in every if is_at_risk(case, time))
    begin = begins(every, minimum)

    def nothing(reason: str) -> Told:
        return Told(at_risk, 1.0, {}, {}, 0.0, reason)

    if begin is None:
        return nothing("too few")
    if begin >= time:
        return nothing("before the curve")
    cases = [case for case in every if case.exit > begin]
    stop = stops(cases, begin, minimum)
    if stop is not None and stop <= time:
        return nothing("too few")
    if any(case.outcome is None for case in cases) and max(case.exit for case in cases) < time:
        return nothing("too early")
    return walked(cases, outcomes, begin, time, at_risk)


def walked(cases: list[Case], outcomes: list[str], begin: float, time: float, at_risk: int) -> Told:
    states = len(outcomes) + 1
    shares = [1.0] + [0.0] * len(outcomes)
    covariance = [[0.0] * states for _ in range(states)]
    effective = float("inf")
    for day in sorted({day for case in cases for day in (case.entry, case.exit) if begin < day <= time}):
        risk = sum(1 for case in cases if is_at_risk(case, day))
        if risk and shares[0] > 0:
            effective = min(effective, risk / shares[0])
        ended = [sum(1 for case in cases if case.exit == day and case.outcome == each) for each in outcomes]
        if not sum(ended):
            continue
        chances = [1 - sum(ended) / risk] + [number / risk for number in ended]
        step = [[float(row == column) for column in range(states)] for row in range(states)]
        step[0] = chances
        spread = [
            [(chances[i] * (i == j) - chances[i] * chances[j]) / risk for j in range(states)] for i in range(states)
        ]
        carried = product(product(transposed(step), covariance), step)
        covariance = [[carried[i][j] + shares[0] ** 2 * spread[i][j] for j in range(states)] for i in range(states)]
        shares = [sum(shares[i] * step[i][j] for i in range(states)) for j in range(states)]
    if at_risk and shares[0] > 0:
        effective = min(effective, at_risk / shares[0])
    return Told(
        at_risk,
        shares[0],
        dict(zip(outcomes, shares[1:], strict=True)),
        {each: covariance[place][place] for place, each in enumerate(outcomes, 1)},
        effective,
        None,
    )


def product(one: list[list[float]], other: list[list[float]]) -> list[list[float]]:
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*other, strict=True)] for row in one
    ]


def transposed(matrix: list[list[float]]) -> list[list[float]]:
    return [list(column) for column in zip(*matrix, strict=True)]


def is_rising(values: list[float]) -> bool:
    return all(later >= earlier - 1e-12 for earlier, later in pairwise(values))
