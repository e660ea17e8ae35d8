"""Curves at their edges, and Gray's test where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from onrecord.incidence import gray as of_gray
from onrecord.incidence.counts import ENTERED, LIVE, Counts, counts_from
from onrecord.incidence.curves import FROM_THE_START, NEVER, curves, starts
from onrecord.incidence.estimates import estimates, summary, time_lost
from onrecord.incidence.gray import gray
from onrecord.incidence.periods import Periods, steady_period_ratio


def counts(*rows: tuple[int, float, int, int], from_start: tuple[int, ...], outcomes: int = 2) -> Counts:
    """Rows of group, time, what and number; groups and outcomes are called by letters."""
    group, time, what, number = (np.array(column) for column in zip(*rows, strict=True))
    names = "ABCDE"[: len(from_start)]
    called = ("charged", "closed", "withdrawn")[:outcomes]
    return counts_from(names, called, group, time.astype(float), what, number, np.array(from_start))


def test_rows_of_one_group_time_and_kind_are_added_up_in_any_order() -> None:
    found = counts((1, 5, 0, 1), (0, 9, LIVE, 2), (0, 5, 0, 3), (0, 5, 0, 4), from_start=(9, 1))
    assert found.first.tolist() == [0, 2, 3]
    assert found.time.tolist() == [5, 9, 5]
    assert found.ended.tolist() == [[7, 0], [0, 0], [1, 0]]
    assert found.live.tolist() == [0, 2, 0]
    assert found.at_risk.tolist() == [9, 2, 1]
    assert found.at_risk_at(6).tolist() == [2, 0]
    assert found.cases.tolist() == [9, 1]


def test_those_begun_later_are_those_still_open() -> None:
    late = counts((0, 2, ENTERED, 4), (0, 3, 0, 1), (0, 8, LIVE, 5), from_start=(2,))
    assert starts(late, 5).tolist() == [2]
    assert starts(late, 7).tolist() == [NEVER]
    begun = late.begun_at(np.array([3.0]))
    assert (begun.from_start.tolist(), begun.time.tolist()) == ([5], [8])
    assert late.begun_at(np.array([FROM_THE_START])).time.tolist() == [2, 3, 8]


def test_a_summary_says_since_when_and_until_when() -> None:
    found = curves(
        counts(
            (0, 5, 0, 5), (1, 5, 0, 5), (1, 9, LIVE, 3), (2, 1, ENTERED, 6), (2, 7, 1, 6), (3, 4, 0, 2),
            from_start=(5, 8, 0, 2),
        )
    )  # fmt: skip
    assert summary(found) == [
        {"group": "A", "cases": 5, "still_open": 0, "since": None, "until": None},
        {"group": "B", "cases": 8, "still_open": 3, "since": None, "until": 9},
        {"group": "C", "cases": 6, "still_open": 0, "since": 1, "until": None},
        {"group": "D", "cases": 2, "still_open": 0, "since": None, "until": None},
    ]
    assert estimates(found, [4]).reason[:, 0].tolist() == ["", "", "", "too few"]


def test_all_that_end_so_are_exactly_one() -> None:
    # A tenth ten times is not one in a computer's fractions.
    found = curves(counts(*[(0, day, 0, 1) for day in range(10)], from_start=(10,)))
    read = estimates(found, [9])
    assert read.estimate[0, 0].tolist() == [1, 0]
    assert read.std_error[0, 0].tolist() == [0, 0]
    assert read.is_exact.all()


def test_nothing_at_all_happened_yet() -> None:
    found = estimates(curves(counts((0, 30, LIVE, 8), from_start=(8,))), [10, 30, 31])
    assert found.estimate[0, :2].tolist() == [[0, 0], [0, 0]]
    assert found.high[0, 0].tolist() == pytest.approx([1 - 0.025 ** (1 / 8)] * 2)
    assert found.reason[0].tolist() == ["", "", "too early"]


def test_the_mean_time_is_not_said_beyond_what_was_followed() -> None:
    found = curves(counts((0, 10, 0, 5), (0, 30, LIVE, 5), (1, 2, ENTERED, 9), (1, 5, 0, 9), from_start=(10, 0)))
    assert time_lost(found, 20)[0].tolist() == [5.0, 0.0]
    assert np.isnan(time_lost(found, 31)[0]).all()
    assert np.isnan(time_lost(found, 20)[1]).all()


def test_one_group_is_no_comparison() -> None:
    found = gray(counts((0, 5, 0, 9), from_start=(9,)))
    assert [test.reason for test in found] == ["there is one group, and a test compares two or more"] * 2
    assert {(test.statistic, test.p, test.df) for test in found} == {(None, None, 0)}


def test_an_outcome_that_nobody_had_is_not_compared() -> None:
    found = gray(counts((0, 5, 0, 9), (1, 6, 0, 9), from_start=(9, 9)))
    assert found[0].reason is None
    assert found[1].reason == "nobody ended so"


def test_a_group_that_was_gone_before_is_not_compared() -> None:
    found = gray(counts((0, 5, LIVE, 9), (1, 6, 0, 9), from_start=(9, 9)))
    assert found[0].reason == "a group was never at risk when somebody ended so: there is nothing to compare"


def test_groups_that_all_end_at_once_leave_nothing_to_test() -> None:
    found = gray(counts((0, 5, 0, 9), (1, 5, 0, 9), from_start=(9, 9)))
    assert found[0].reason == "all who were at risk ended so at once: nothing is left that could vary"


def test_more_groups_than_a_test_is_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_gray, "MOST_GROUPS", 1)
    found = gray(counts((0, 5, 0, 9), (1, 6, 0, 9), from_start=(9, 9)))
    assert {test.reason for test in found} == {"there are more than 1 groups: compare fewer"}


def test_a_group_that_is_too_small_is_left_out_by_name() -> None:
    found = gray(counts((0, 5, 0, 9), (0, 6, 1, 3), (1, 6, 0, 9), (1, 7, 1, 2), (2, 3, 0, 2), from_start=(12, 11, 2)))
    assert {test.left_out for test in found} == {("C",)}
    assert [test.df for test in found] == [1, 1]
    assert found[0].row()["left_out"] == ["C"]


def test_groups_are_compared_from_the_latest_beginning_on() -> None:
    early = ((0, 3, 0, 4), (0, 9, 0, 4), (0, 12, 1, 4))
    late = ((1, 6, ENTERED, 9), (1, 8, 0, 4), (1, 11, 1, 5))
    found = gray(counts(*early, *late, from_start=(12, 0)))
    # What the first group did before time 6 is no part of the comparison.
    alone = gray(counts((0, 9, 0, 4), (0, 12, 1, 4), (1, 8, 0, 4), (1, 11, 1, 5), from_start=(8, 9)))
    assert [test.since for test in found] == [6, 6]
    assert [test.statistic for test in found] == pytest.approx([test.statistic for test in alone])


def test_a_period_without_receipts_has_no_ratio() -> None:
    received = [{"period": "2022", "outcome": None, "number": 3}, {"period": "2022", "outcome": "charged", "number": 1}]
    dated = [{"period": "2023", "outcome": "charged", "number": 1}]
    assert Periods.of(received, dated).rows() == [
        {
            "period": "2022", "outcome": "charged", "received": 4, "dated_in_period": 0, "period_ratio": 0.0,
            "ended_so_far": 1, "share_so_far": 0.25, "share_among_ended": 1.0, "still_open": 3,
        },
        {
            "period": "2023", "outcome": "charged", "received": 0, "dated_in_period": 1, "period_ratio": None,
            "ended_so_far": 0, "share_so_far": None, "share_among_ended": None, "still_open": 0,
        },
    ]  # fmt: skip


@pytest.mark.parametrize(("rate", "growth"), [(0, 0.1), (0.5, -0.5), (0.5, -0.6)])
def test_a_ratio_that_never_settles(rate: float, growth: float) -> None:
    with pytest.raises(ValueError, match="settles only"):
        steady_period_ratio(0.1, rate, growth)
