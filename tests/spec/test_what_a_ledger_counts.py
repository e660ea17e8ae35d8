"""What a ledger counts: the rules in plain English, with their examples."""

from __future__ import annotations

from tests.spec.drawn import Follow


def test_every_report_balances(count: Follow) -> None:
    """Every report received stands in exactly one place, and the places add up to what was received."""
    count(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | charged
        2      | 2014-01-10 | received
        2      | 2014-02-03 | interview
        3      | 2014-06-01 | received
        4      | 2014-01-10 | received
        4      | 2014-02-03 | no suspect identified
        """,
        as_at="2014-06-30",
    ).shows(
        """
        received | prosecuted | live | unaccounted | no_further_action | because_silent
        4        | 1          | 1    | 1           | 1                 | 1
        """
    )


def test_a_duplicate_is_counted_beside_the_reports(count: Follow) -> None:
    """A report that repeats another is not received again: it is counted as a duplicate, and never dropped."""
    count(
        """
        report | day        | what     | repeats
        1      | 2014-06-01 | received |
        2      | 2014-06-02 | received | 1
        """,
        as_at="2014-06-30",
    ).shows(
        """
        received | duplicates | live
        1        | 1          | 1
        """
    )


def test_a_month_with_nothing_but_duplicates(count: Follow) -> None:
    """A month in which nothing but duplicates came in has its row: received 0, and the duplicates."""
    count(
        """
        report | day        | what     | repeats
        1      | 2014-05-01 | received |
        2      | 2014-06-02 | received | 1
        """,
        as_at="2014-06-30",
        by="month",
    ).shows(
        """
        month   | received | duplicates | live
        2014-05 | 1        | 0          | 1
        2014-06 | 0        | 1          | 0
        """
    )


def test_formal_action_with_a_line_still_open(count: Follow) -> None:
    """Beside the standings of formal action stands how many of those reports have a line that is open still."""
    count(
        """
        report | day        | what      | suspect
        1      | 2014-01-10 | received  |
        1      | 2014-02-03 | charged   | A
        2      | 2014-01-10 | received  |
        2      | 2014-02-03 | charged   |
        """,
        suspects="A, B",
        as_at="2014-06-30",
    ).shows(
        """
        received | prosecuted | unaccounted | still_open
        2        | 2          | 0           | 1
        """
    )
