"""What became of a cohort by a time: the rules in plain English, with their examples."""

from __future__ import annotations

from tests.spec.drawn import Follow


def test_without_live_cases_it_is_a_share(cohort: Follow) -> None:
    """Where every case has ended, the estimate is the share that had ended so by then."""
    cohort(
        """
        exit | outcome
        10   | charged
        20   | closed
        30   | closed
        40   | charged
        """,
        at="10, 30, 90",
    ).shows(
        """
        outcome | time | estimate | at_risk
        charged | 10   | 0.25     | 4
        charged | 30   | 0.25     | 2
        charged | 90   | 0.5      | 0
        closed  | 10   | 0.0      | 4
        closed  | 30   | 0.5      | 2
        closed  | 90   | 0.5      | 0
        """
    )


def test_a_live_case_counts_as_long_as_it_was_followed(cohort: Follow) -> None:
    """A live case is at risk until the day it was last seen, and is neither a failure nor left out."""
    cohort(
        """
        exit | outcome
        10   | charged
        15   |
        20   | charged
        40   | closed
        """,
        at="10, 20",
    ).shows(
        """
        outcome | time | estimate | at_risk
        charged | 10   | 0.25     | 4
        charged | 20   | 0.625    | 2
        closed  | 10   | 0.0      | 4
        closed  | 20   | 0.0      | 2
        """
    )


def test_outcomes_of_one_day_are_counted_as_one_day(cohort: Follow) -> None:
    """Several that end on one day, or end and are last seen on it, were all at risk that day: no order is made up."""
    cohort(
        """
        exit | outcome
        10   | charged
        10   | closed
        10   |
        20   | closed
        """,
        at="10",
    ).shows(
        """
        outcome | time | estimate | at_risk
        charged | 10   | 0.25     | 4
        closed  | 10   | 0.25     | 4
        """
    )


def test_an_outcome_on_the_day_of_receipt_counts(cohort: Follow) -> None:
    """A case that ends on the day it came in ended at time 0, and counts from time 0 on."""
    cohort(
        """
        exit | outcome
        0    | closed
        10   | charged
        """,
        at="0, 10",
    ).shows(
        """
        outcome | time | estimate | at_risk
        charged | 0    | 0.0      | 2
        charged | 10   | 0.5      | 1
        closed  | 0    | 0.5      | 2
        closed  | 10   | 0.5      | 1
        """
    )


def test_nothing_is_said_beyond_what_was_followed(cohort: Follow) -> None:
    """Where some of a group are live, there is no estimate later than anybody was followed: it is too early."""
    cohort(
        """
        group | exit | outcome
        2022  | 10   | charged
        2022  | 90   |
        2023  | 10   | charged
        2023  | 30   |
        """,
        at="30, 90",
    ).shows(
        """
        group | time | estimate | reason
        2022  | 30   | 0.5      |
        2022  | 90   | 0.5      |
        2023  | 30   | 0.5      |
        2023  | 90   |          | too early
        """
    )


def test_a_case_that_enters_late_is_at_risk_from_then_on(cohort: Follow) -> None:
    """A case that was open already when recording began is at risk after its entry, not before."""
    cohort(
        """
        entry | exit | outcome
              | 10   | charged
              | 30   | charged
        20    | 30   | closed
        20    | 40   | charged
        """,
        at="10, 30",
    ).shows(
        """
        outcome | time | estimate | at_risk
        charged | 10   | 0.5      | 2
        charged | 30   | 0.6667   | 3
        closed  | 10   | 0.0      | 2
        closed  | 30   | 0.1667   | 3
        """
    )


def test_a_curve_begins_where_enough_are_watched(cohort: Follow) -> None:
    """With delayed entry a curve begins once the minimum risk set is there, and is about those still open then."""
    cohort(
        """
        entry | exit | outcome
        5     | 6    | charged
        10    | 20   | charged
        10    | 30   | closed
        """,
        at="6, 20, 30",
        minimum=2,
    ).shows(
        """
        outcome | time | estimate | since | reason
        charged | 6    |          | 10    | before the curve
        charged | 20   | 0.5      | 10    |
        charged | 30   | 0.5      | 10    |
        closed  | 6    |          | 10    | before the curve
        closed  | 20   | 0.0      | 10    |
        closed  | 30   | 0.5      | 10    |
        """
    )


def test_a_curve_ends_where_too_few_are_watched_while_others_are_to_come(cohort: Follow) -> None:
    """If the only case at risk ends before others enter, nobody would be left for ever: the curve stops there."""
    cohort(
        """
        entry | exit | outcome
              | 10   | closed
              | 20   | charged
        30    | 40   | charged
        30    | 50   | closed
        """,
        at="10, 40",
        minimum=2,
    ).shows(
        """
        outcome | time | estimate | reason
        charged | 10   | 0.0      |
        charged | 40   |          | too few
        closed  | 10   | 0.5      |
        closed  | 40   |          | too few
        """
    )


def test_a_group_that_is_too_small_has_no_curve(cohort: Follow) -> None:
    """A group in which the minimum risk set is never reached has no estimate, and says why."""
    cohort(
        """
        exit | outcome
        10   | charged
        20   | charged
        """,
        at="10",
        minimum=5,
    ).shows(
        """
        time | estimate | at_risk | reason
        10   |          | 2       | too few
        """
    )


def test_at_none_or_all_the_bound_is_exact(cohort: Follow) -> None:
    """Where none or all have ended so, no log-log interval exists: an exact bound stands there, and is called so."""
    cohort(
        """
        exit | outcome
        10   | closed
        20   | closed
        30   | closed
        """,
        at="10, 30",
    ).shows(
        """
        time | estimate | low    | high   | interval
        10   | 0.3333   | 0.009  | 0.7741 | log-log
        30   | 1.0      | 0.2924 | 1.0    | exact bound
        """
    )
