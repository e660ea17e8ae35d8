"""Cumulative incidence with variance of many groups, beside lifelines; and what ties do to either.

    python -m benchmarks.cohorts [--groups 300] [--cases 60] [--rounds 3]

The same durations go into both in one run: days, so that there are ties; some cases are live. Ours begins with rows in
the engine, as a store has them, and gives every outcome; lifelines begins with arrays of each group, made beforehand,
and gives one outcome, once: both to its advantage. It breaks ties at random, so its answer depends on its seed: how far
it strays from the exact one is printed. It is no dependency: pip install lifelines. Aim: at least 50 times as fast.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from onrecord.engine import arrow_table, open_engine
from onrecord.incidence.curves import Curves, curves
from onrecord.incidence.estimates import estimates
from onrecord.measures.cohorts import counted
from onrecord.settings import Settings

SEED, LEAST = 20260401, 50
OUTCOMES = ("charged", "no further action", "withdrawn")
AT = (90.0, 180.0, 365.0)
# The outcome that lifelines is asked for, from 1.
OF_INTEREST = 2


def made_up(groups: int, cases: int) -> dict[str, np.ndarray]:
    """Durations in whole days with three outcomes, and 0 for a case that is live."""
    chance = np.random.default_rng(SEED)
    size = groups * cases
    delay = np.floor(chance.exponential(200, size))
    followed = chance.integers(30, 900, size)
    outcome = chance.choice([1, 2, 3], size, p=[0.1, 0.65, 0.25])
    return {
        "group": np.repeat(np.arange(groups), cases),
        "exit": np.minimum(delay, followed),
        "outcome": np.where(delay <= followed, outcome, 0),
    }


def ours(cases: dict[str, np.ndarray]) -> Curves:
    """Rows in the engine to curves with variance, of all groups and all outcomes."""
    names = np.array([None, *OUTCOMES], dtype=object)[cases["outcome"]]
    rows = arrow_table(
        pa.table({
            "g": pa.array(np.char.mod("%04d", cases["group"])),
            "entry": pa.nulls(len(names), pa.float64()),
            "exit": pa.array(cases["exit"], pa.float64()),
            "outcome": pa.array(names, pa.string()),
        })
    )  # fmt: skip
    with open_engine(Settings()) as engine:
        engine.create_table("durations", rows, temp=True)
        begin = time.perf_counter()
        found = curves(counted(engine.table("durations"), ["g"]))
        estimates(found, AT)
        ours.seconds = time.perf_counter() - begin  # type: ignore[attr-defined]
    return found


def theirs(cases: dict[str, np.ndarray]) -> dict[int, float]:
    """lifelines, a fit for each group and of one outcome, with variance: F at the last day asked for."""
    from lifelines import AalenJohansenFitter

    pieces = [
        (group, cases["exit"][cases["group"] == group], cases["outcome"][cases["group"] == group])
        for group in np.unique(cases["group"])
    ]
    found: dict[int, float] = {}
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for group, durations, outcome in pieces:
            fitter = AalenJohansenFitter(calculate_variance=True, seed=SEED)
            fitter.fit(durations, outcome, event_of_interest=OF_INTEREST)
            table = fitter.cumulative_density_
            found[int(group)] = float(table[table.index <= AT[-1]].iloc[-1, 0])
    theirs.seconds = time.perf_counter() - begin  # type: ignore[attr-defined]
    return found


def _median(way: Callable[[dict[str, np.ndarray]], object], cases: dict[str, np.ndarray], rounds: int) -> float:
    taken = []
    for _ in range(rounds + 1):
        way(cases)
        taken.append(way.seconds)  # type: ignore[attr-defined]
    return statistics.median(taken[1:])


def _astray(cases: dict[str, np.ndarray], found: dict[int, float]) -> tuple[float, float]:
    """The largest distance from counting by hand, with ties kept: ours, and theirs."""
    exact = estimates(curves(_counts(cases)), AT)
    plain = {group: _by_hand(cases, group) for group in found}
    mine = max(abs(exact.estimate[group, -1, OF_INTEREST - 1] - value) for group, value in plain.items())
    return float(mine), max(abs(found[group] - value) for group, value in plain.items())


def _counts(cases: dict[str, np.ndarray]):  # type: ignore[no-untyped-def]
    from onrecord.incidence.counts import LIVE, counts_from

    groups = int(cases["group"].max()) + 1
    what = np.where(cases["outcome"] > 0, cases["outcome"] - 1, LIVE)
    names = [f"{number:04}" for number in range(groups)]
    ones = np.ones(len(what), dtype=np.int64)
    return counts_from(names, OUTCOMES, cases["group"], cases["exit"], what, ones, np.bincount(cases["group"]))


def _by_hand(cases: dict[str, np.ndarray], group: int) -> float:
    """Aalen and Johansen's estimate at the last day asked for, a day at a time, by lists and loops."""
    inside = cases["group"] == group
    rows = list(zip(cases["exit"][inside].tolist(), cases["outcome"][inside].tolist(), strict=True))
    still_open, share = 1.0, 0.0
    for day in sorted({day for day, end in rows if end and day <= AT[-1]}):
        at_risk = sum(1 for each, _ in rows if each >= day)
        ended = [end for each, end in rows if each == day and end]
        share += still_open * ended.count(OF_INTEREST) / at_risk
        still_open *= 1 - len(ended) / at_risk
    return share


def main() -> None:
    """Take turns, print medians and how far each strays; end with 1 where the aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cohorts")
    parser.add_argument("--groups", type=int, default=300)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    cases = made_up(asked.groups, asked.cases)
    print(f"{asked.groups} groups of {asked.cases:,} cases, {len(OUTCOMES)} outcomes, variance; seed {SEED}")
    mine = _median(ours, cases, asked.rounds)
    print(f"onrecord   {mine:8.3f} s (every outcome, median of {asked.rounds} after one)")
    try:
        import lifelines
    except ImportError:
        print("lifelines is not here. To measure beside it: pip install lifelines")
        return
    found = theirs(cases)
    other = theirs.seconds  # type: ignore[attr-defined]
    exact, astray = _astray(cases, found)
    print(f"lifelines  {other:8.3f} s (version {lifelines.__version__}, one outcome, once)")
    print(f"onrecord is {other / mine:,.0f} times as fast (aim: at least {LEAST})")
    print(f"farthest from counting by hand, ties kept: onrecord {exact:.1e}, lifelines {astray:.1e}")
    sys.exit(other / mine < LEAST)


if __name__ == "__main__":
    main()
