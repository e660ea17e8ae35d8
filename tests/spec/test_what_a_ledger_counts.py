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


SENT_ON = """
    report | day        | what                  | at         | from       | to
    1      | 2014-01-10 | received              | Northshire |            |
    1      | 2014-01-20 | transferred           |            |            | Southshire
    1      | 2014-02-05 | transfer acknowledged |            |            |
    2      | 2014-02-01 | received              | Southshire | Northshire |
    2      | 2014-03-01 | charged               |            |            |
    3      | 2014-02-01 | received              | Southshire |            |
"""


def test_a_transfer_is_followed_to_its_end_and_counted_once(count: Follow) -> None:
    """Each area has its own report; the nation counts the end alone. Nation = sum of areas - matched."""
    count(SENT_ON, as_at="2014-06-30", by="area").shows(
        """
        area       | received | transferred_in | matched_transfers | transferred | prosecuted | unaccounted
        Northshire | 1        | 0              | 0                 | 1           | 0          | 0
        Southshire | 2        | 1              | 0                 | 0           | 1          | 1
        """
    )
    count(SENT_ON, as_at="2014-06-30").shows(
        """
        received | transferred_in | matched_transfers | transferred | prosecuted | unaccounted
        2        | 0              | 1                 | 0           | 1          | 1
        """
    )


def test_the_period_of_a_followed_transfer_is_that_of_first_receipt(count: Follow) -> None:
    """The nation's January holds the report that came to its end in February; February says how it came."""
    count(SENT_ON, as_at="2014-06-30", by="month").shows(
        """
        month   | received | prosecuted | matched_transfers
        2014-01 | 1        | 1          | 0
        2014-02 | 1        | 0          | 1
        """
    )
    count(SENT_ON, as_at="2014-06-30", period="2014-02").shows(
        """
        received | matched_transfers
        1        | 1
        """
    )


def test_what_fits_two_reports_is_left_unmatched(count: Follow) -> None:
    """Two reports came from the north in that time: nobody can say which of them it is."""
    count(
        SENT_ON.rstrip() + "\n    4      | 2014-02-02 | received              | Southshire | Northshire |\n",
        as_at="2014-06-30",
    ).shows(
        """
        received | transferred_in | matched_transfers
        4        | 2              | 0
        """
    )


def test_a_report_sent_on_twice_is_counted_at_its_last_end(count: Follow) -> None:
    count(
        """
        report | day        | what                  | at         | from       | to
        1      | 2014-01-10 | received              | Northshire |            |
        1      | 2014-01-20 | transferred           |            |            | Southshire
        2      | 2014-02-01 | received              | Southshire | Northshire |
        2      | 2014-02-20 | transferred           |            |            | Northshire
        3      | 2014-03-01 | received              | Northshire | Southshire |
        3      | 2014-03-02 | no suspect identified |            |            |
        """,
        as_at="2014-06-30",
        by="month",
    ).shows(
        """
        month   | received | no_further_action | matched_transfers
        2014-01 | 1        | 1                 | 0
        2014-02 | 0        | 0                 | 1
        2014-03 | 0        | 0                 | 1
        """
    )


def test_a_child_of_two_reports_stands_once(count: Follow) -> None:
    """At the lowest rank over her lines. Bea is in one report alone; report 3 names no child."""
    count(
        """
        report | day        | what
        1      | 2014-01-10 | received
        1      | 2014-02-03 | charged
        2      | 2014-01-10 | received
        2      | 2014-02-03 | no suspect identified
        3      | 2014-01-10 | received
        """,
        as_at="2014-06-30",
        unit="child",
        children="Anna of 1, Anna of 2, Bea of 2",
    ).shows(
        """
        received | prosecuted | no_further_action | reports_naming_none | records
        2        | 1          | 1                 | 1                   | 3
        """
    )


def test_a_child_to_whom_no_crime_was_done_is_not_left_out(count: Follow) -> None:
    """Both crimes were done to Anna. Bea stands where the report would without a crime: something was done about it."""
    count(
        """
        day        | what      | crime
        2014-01-10 | received  |
        2014-02-03 | charged   | X
        2014-06-01 | interview |
        """,
        as_at="2014-06-30",
        unit="child",
        crimes="X to Anna, Y to Anna",
        children="Anna, Bea",
    ).shows(
        """
        received | prosecuted | live | records
        2        | 1          | 1    | 2
        """
    )


def test_a_suspect_stands_by_the_lines_that_are_theirs(count: Follow) -> None:
    """A was charged; B was not, and nothing was heard since."""
    count(
        """
        day        | what     | suspect
        2014-01-10 | received |
        2014-02-03 | charged  | A
        """,
        as_at="2014-06-30",
        unit="suspect",
        suspects="A, B",
    ).shows(
        """
        received | prosecuted | unaccounted | because_never_acted_on
        2        | 1          | 1           | 1
        """
    )


def test_children_do_not_add_over_areas(count: Follow) -> None:
    """Anna is known to both forces: one child in each area, and one in the nation."""
    story = """
        report | day        | what     | at
        1      | 2014-01-10 | received | Northshire
        2      | 2014-01-10 | received | Southshire
        """
    count(story, as_at="2014-06-30", by="area", unit="child", children="Anna").shows(
        """
        area       | received
        Northshire | 1
        Southshire | 1
        """
    )
    count(story, as_at="2014-06-30", unit="child", children="Anna").shows(
        """
        received
        1
        """
    )
