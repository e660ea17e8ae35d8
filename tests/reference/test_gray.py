"""Gray's test against R's cmprsk, and its p-value under delayed entry, which no package computes, by simulation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from onrecord.incidence.counts import ENTERED, LIVE, Counts, counts_from
from onrecord.incidence.gray import gray
from tests.reference.competing_risks import NOT_HERE, Row, cases, counts, rows

CLOSE = 1e-6
GRAY = rows("gray.csv")


def age_quartile(shared: Path) -> Callable[[Row], str]:
    """As R's cut() at quantile(): a value at an edge belongs below it."""
    ages = [float(case["age"]) for case in cases("mgus2", shared)]
    edges = np.quantile(ages, [0.25, 0.5, 0.75])
    return lambda case: str(np.searchsorted(edges, float(case["age"]), side="left"))


def grouped(row: dict[str, str], shared: Path | None) -> Counts:
    group = (lambda case: case[row["by"]]) if row["by"] != "age quartile" else age_quartile(shared or Path())
    return counts(row["dataset"], group, shared)


def check(row: dict[str, str], counted: Counts) -> None:
    found = {test.outcome: test for test in gray(counted, rho=float(row["rho"]))}[row["cause"]]
    assert found.df == int(row["df"])
    assert found.statistic == pytest.approx(float(row["stat"]), abs=CLOSE)
    assert found.p == pytest.approx(float(row["p"]), abs=CLOSE)


def name(row: dict[str, str]) -> str:
    return f"{row['dataset']} by {row['by']}, cause {row['cause']}, rho {row['rho']}"


@pytest.mark.parametrize("row", [row for row in GRAY if row["dataset"] not in NOT_HERE], ids=name)
def test_against_cmprsk(row: dict[str, str]) -> None:
    check(row, grouped(row, None))


@pytest.mark.parametrize("row", [row for row in GRAY if row["dataset"] in NOT_HERE], ids=name)
def test_against_cmprsk_on_data_that_lie_beside(row: dict[str, str], shared: Path) -> None:
    check(row, grouped(row, shared))


# ---------------------------------------------------------------- delayed entry

SEED, WORLDS, CASES, LEVEL = 20260402, 400, 150, 0.05
SHARE = 0.4


def a_world(chance: np.random.Generator, other_share: float) -> Counts:
    """Two groups of cases, a third of which come under observation late; whoever ended before is never seen."""
    wanted = 2 * CASES
    group = np.repeat([0, 1], CASES)
    outcome = (chance.random(wanted) >= np.where(group == 0, SHARE, other_share)).astype(np.int64)
    ends = np.ceil(chance.exponential(100, wanted))
    entry = np.where(chance.random(wanted) < 1 / 3, chance.integers(1, 80, wanted), 0)
    followed = entry + chance.integers(20, 300, wanted)
    seen = ends > entry
    group, outcome, ends, entry, followed = (each[seen] for each in (group, outcome, ends, entry, followed))
    what = np.where(ends <= followed, outcome, LIVE)
    late = entry > 0
    return counts_from(
        ("one", "other"),
        ("this", "that"),
        np.concatenate([group, group[late]]),
        np.concatenate([np.minimum(ends, followed), entry[late]]).astype(float),
        np.concatenate([what, np.full(int(late.sum()), ENTERED)]),
        np.ones(len(group) + int(late.sum()), dtype=np.int64),
        np.bincount(group[~late], minlength=2),
    )


def share_found(other_share: float) -> float:
    chance = np.random.default_rng(SEED)
    found = [gray(a_world(chance, other_share))[0].p for _ in range(WORLDS)]
    return float(np.mean([p is not None and p < LEVEL for p in found]))


def test_delayed_entry_raises_no_false_alarms() -> None:
    # Of 400 worlds without a difference 5 % are to be flagged; three standard errors are 3.3 points.
    assert share_found(SHARE) == pytest.approx(LEVEL, abs=3 * (LEVEL * (1 - LEVEL) / WORLDS) ** 0.5)


def test_delayed_entry_finds_a_difference_that_is_there() -> None:
    assert share_found(SHARE + 0.2) > 0.65
