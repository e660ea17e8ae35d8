"""Why a report is unaccounted: every reason once, and which comes first. Each is tried on engine and oracle."""

from __future__ import annotations

from onrecord.standard import codelists
from tests.spec.drawn import Follow, table

EVERY_REASON = """
    report | reason
    1      | status_unavailable
    2      | no_activity_carried
    3      | closed_without_outcome
    4      | transfer_not_acknowledged
    5      | vanished
    6      | never_acted_on
    7      | silent
    """


def test_every_reason(follow: Follow) -> None:
    """A report that is unaccounted always has a reason, and there are seven."""
    assert [row["reason"] for row in table(EVERY_REASON)] == [key for key, _ in codelists.reasons()]
    follow(
        """
        report | day        | what                                  | to
        1      | 2014-01-10 | received                              |
        1      | 2014-02-03 | status unavailable                    |
        2      | 2014-01-10 | received by a source without activity |
        3      | 2014-01-10 | received                              |
        3      | 2014-02-03 | closed                                |
        4      | 2014-01-10 | received                              |
        4      | 2014-02-03 | transferred                           | Southshire
        5      | 2014-01-10 | received                              |
        5      | 2014-03-31 | vanished                              |
        6      | 2014-01-10 | received                              |
        7      | 2014-01-10 | received                              |
        7      | 2014-02-03 | interview                             |
        """,
        as_at="2014-06-30",
    ).shows(EVERY_REASON)


def test_the_first_reason_that_fits(follow: Follow) -> None:
    """Where several reasons fit, the first of the list is the one that is stored."""
    follow(
        """
        report | day        | what                                  | to
        1      | 2014-01-10 | received by a source without activity |
        1      | 2014-02-03 | closed                                |
        1      | 2014-02-04 | status unavailable                    |
        2      | 2014-01-10 | received by a source without activity |
        2      | 2014-02-03 | closed                                |
        2      | 2014-02-04 | vanished                              |
        3      | 2014-01-10 | received                              |
        3      | 2014-02-03 | transferred                           | Southshire
        3      | 2014-02-04 | closed                                |
        4      | 2014-01-10 | received                              |
        4      | 2014-02-03 | transferred                           | Southshire
        4      | 2014-02-04 | vanished                              |
        5      | 2014-01-10 | received                              |
        5      | 2014-02-04 | vanished                              |
        5      | 2014-02-05 | interview                             |
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | reason
        1      | status_unavailable
        2      | no_activity_carried
        3      | closed_without_outcome
        4      | transfer_not_acknowledged
        5      | vanished
        """
    )


def test_two_lines_two_reasons(follow: Follow) -> None:
    """Among the lines of a report that are unaccounted, too, the first reason of the list is the report's."""
    follow(
        """
        day        | what      | suspect
        2014-01-10 | received  |
        2014-02-03 | interview | A
        2014-02-03 | closed    | B
        """,
        suspects="A, B",
        as_at="2014-06-30",
    ).shows(
        """
        standing    | reason
        unaccounted | closed_without_outcome
        """
    )


def test_receipt_alone_is_no_action(follow: Follow) -> None:
    """A report with nothing but its receipt was never acted on, though the receipt is written as an event too."""
    follow(
        """
        day        | what
        2014-01-10 | received
        2014-01-10 | a receipt written as an event
        """,
        as_at="2014-06-30",
    ).shows(
        """
        standing    | reason
        unaccounted | never_acted_on
        """
    )


def test_what_is_reopened_is_closed_no_more(follow: Follow) -> None:
    """Opened again, a line is not closed: what fell silent since is silent, not closed without an outcome."""
    follow(
        """
        report | day        | what
        1      | 2013-10-10 | received
        1      | 2013-11-11 | closed
        1      | 2014-01-10 | reopened
        2      | 2013-10-10 | received
        2      | 2013-11-11 | no suspect identified
        2      | 2013-11-12 | closed
        2      | 2014-01-10 | reopened
        3      | 2013-10-10 | received
        3      | 2013-11-11 | reopened
        3      | 2014-01-10 | closed
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | unaccounted | silent
        2      | unaccounted | silent
        3      | unaccounted | closed_without_outcome
        """
    )


def test_within_the_window_no_reason_is_needed(follow: Follow) -> None:
    """A report that is live needs no reason, whatever would fit; a status called unavailable is the exception."""
    follow(
        """
        report | day        | what                                  | to
        1      | 2014-06-01 | received by a source without activity |
        2      | 2014-06-01 | received                              |
        2      | 2014-06-10 | closed                                |
        3      | 2014-06-01 | received                              |
        3      | 2014-06-10 | vanished                              |
        4      | 2014-06-01 | received                              |
        4      | 2014-06-10 | status unavailable                    |
        """,
        as_at="2014-06-30",
    ).shows(
        """
        report | standing    | reason
        1      | live        |
        2      | live        |
        3      | live        |
        4      | unaccounted | status_unavailable
        """
    )
