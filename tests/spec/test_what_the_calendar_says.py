"""What the calendar says of each period: the rules in plain English, with their examples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onrecord.standard import codelists
from onrecord.standard.periods import months_between, parse_period
from onrecord.store.catalogue import COLUMNS, Expected, Return
from onrecord.store.expected import STATES, calendar
from tests.spec.drawn import Answer, day, table

BLANK = Return(**{**dict.fromkeys(COLUMNS, ""), "number": 0, "receipt": {}})


def calendar_of(expected: str, came: str, today: str) -> Answer:
    """The calendar of a drawn list of who is expected, and of what came, on a day."""
    said = [
        Expected(
            number,
            row["sender"],
            row.get("every") or "month",
            row["first"],
            row.get("last") or "",
            28,
            tuple(row.get("agencies", "").split()),
            row.get("said") == "no more",
            "",
        )
        for number, row in enumerate(table(expected))
    ]
    drawn = list(enumerate(table(came), 1)) if came.strip() else []
    returns = [
        replace(BLANK, number=number, id=f"R{number}", sender=row["sender"], period=row["period"], state=row["state"])
        for number, row in drawn
    ]
    spoken = {number: _spoken(row) for number, row in drawn}
    zero = frozenset(number for number, row in drawn if row.get("holds") == "nothing")
    slots = calendar(said, returns, spoken, zero, day(today))
    rows = [
        {
            "sender": slot.sender,
            "period": slot.period,
            "state": slot.state,
            "days overdue": "" if slot.days_overdue is None else str(slot.days_overdue),
            "due": slot.due,
            "lacking": " ".join(slot.lacking),
            "coverage": slot.coverage,
        }
        for slot in slots
    ]
    return Answer(rows)


def _spoken(row: dict[str, str]) -> frozenset[tuple[str, str]]:
    period = parse_period(row["period"])
    agencies = row.get("agencies", "").split() or [row["sender"]]
    return frozenset(
        (agency, month) for agency in agencies for month in months_between(period.first_day, period.last_day)
    )


def test_every_state_there_is() -> None:
    """Nothing is taken for silence that was said, and nothing for a zero that was not."""
    calendar_of(
        """
        sender | first
        North  | 2024-01
        """,
        """
        sender | period  | state    | holds
        North  | 2024-01 | accepted | reports
        North  | 2024-02 | accepted | nothing
        North  | 2024-03 | received | reports
        South  | 2024-01 | accepted | reports
        """,
        today="2024-06-10",
    ).shows(
        """
        sender | period  | state        | days overdue | coverage
        North  | 2024-01 | accepted     |              | reported
        North  | 2024-02 | zero return  |              | zero return
        North  | 2024-03 | received     |              | not reported
        North  | 2024-04 | overdue      | 13           | not reported
        North  | 2024-05 | due          |              | not reported
        North  | 2024-06 | not yet due  |              |
        South  | 2024-01 | not expected |              |
        """
    )


def test_the_day_it_is_due() -> None:
    """On the last day of a period nothing is due yet; on its day it is due still, and the day after overdue."""
    for today, state in (
        ("2024-01-31", "not yet due"),
        ("2024-02-01", "due"),
        ("2024-02-28", "due"),
        ("2024-02-29", "overdue"),
    ):
        calendar_of(
            """
            sender | first   | last
            North  | 2024-01 | 2024-01
            """,
            "",
            today,
        ).shows(
            f"""
            sender | period  | state   | due
            North  | 2024-01 | {state} | 2024-02-28
            """
        )


@pytest.mark.parametrize(
    ("every", "first", "second"),
    [
        ("month", "2024-12", "2025-01"),
        ("quarter", "2024-10..2024-12", "2025-01..2025-03"),
        ("year", "2024", "2025"),
        ("financial-year", "2024/25", "2025/26"),
    ],
)
def test_how_periods_follow_each_other(every: str, first: str, second: str) -> None:
    """Each period begins the day after the one before it ended, and is written as the standard writes it."""
    calendar_of(
        f"""
        sender | every   | first   | last
        North  | {every} | {first} | {second}
        """,
        "",
        today="2030-01-01",
    ).shows(
        f"""
        sender | period
        North  | {first}
        North  | {second}
        """
    )


def test_a_return_may_speak_for_more_or_less_than_a_period() -> None:
    """A return of a quarter fills three months; of a quarter two months do not fill it, three do."""
    calendar_of(
        """
        sender | every   | first            | last
        North  | month   | 2024-01          | 2024-03
        South  | quarter | 2024-01..2024-03 | 2024-04..2024-06
        """,
        """
        sender | period           | state
        North  | 2024-01..2024-03 | accepted
        South  | 2024-01          | accepted
        South  | 2024-02..2024-03 | accepted
        South  | 2024-04..2024-05 | accepted
        """,
        today="2024-07-10",
    ).shows(
        """
        sender | period           | state
        North  | 2024-01          | accepted
        North  | 2024-02          | accepted
        North  | 2024-03          | accepted
        South  | 2024-01..2024-03 | accepted
        South  | 2024-04..2024-06 | due
        """
    )


def test_the_later_return_holds() -> None:
    """A zero in place of reports is a zero, reports in place of a zero are none; what waits changes nothing."""
    calendar_of(
        """
        sender | first   | last
        North  | 2024-01 | 2024-03
        """,
        """
        sender | period  | state    | holds
        North  | 2024-01 | accepted | reports
        North  | 2024-01 | accepted | nothing
        North  | 2024-02 | accepted | nothing
        North  | 2024-02 | accepted | reports
        North  | 2024-03 | accepted | reports
        North  | 2024-03 | received | nothing
        """,
        today="2024-07-10",
    ).shows(
        """
        period  | state
        2024-01 | zero return
        2024-02 | accepted
        2024-03 | accepted
        """
    )


def test_a_quarter_is_a_zero_when_all_of_it_is() -> None:
    """A period that holds something in one month is no zero."""
    calendar_of(
        """
        sender | every   | first
        North  | quarter | 2024-01..2024-03
        """,
        """
        sender | period           | state    | holds
        North  | 2024-01..2024-02 | accepted | nothing
        North  | 2024-03          | accepted | reports
        North  | 2024-04..2024-06 | accepted | nothing
        """,
        today="2024-06-30",
    ).shows(
        """
        period           | state
        2024-01..2024-03 | accepted
        2024-04..2024-06 | zero return
        """
    )


def test_every_agency_of_a_sender_is_expected() -> None:
    """A sender that speaks for two agencies, and sends one, has not sent: the other is named as lacking."""
    calendar_of(
        """
        sender | first   | last    | agencies
        Region | 2024-01 | 2024-02 | north south
        """,
        """
        sender | period  | state    | agencies
        Region | 2024-01 | accepted | north south
        Region | 2024-02 | accepted | north
        """,
        today="2024-07-10",
    ).shows(
        """
        period  | state    | lacking | coverage
        2024-01 | accepted |         | reported
        2024-02 | overdue  | south   | not reported
        """
    )


def test_agencies_that_nobody_named_are_those_that_are_sent() -> None:
    """Where nobody said for whom a sender speaks, an agency that it sent once is expected again."""
    calendar_of(
        """
        sender | first   | last
        Region | 2024-01 | 2024-02
        """,
        """
        sender | period  | state    | agencies
        Region | 2024-01 | accepted | north south
        Region | 2024-02 | accepted | north
        """,
        today="2024-07-10",
    ).shows(
        """
        period  | state    | lacking
        2024-01 | accepted |
        2024-02 | overdue  | south
        """
    )


def test_the_last_word_holds() -> None:
    """Who is expected no more has no line; what it sent stands as not expected. Capitals are no other name."""
    calendar_of(
        """
        sender | first   | said
        North  | 2024-01 |
        NORTH  | 2024-01 | no more
        South  | 2024-06 |
        """,
        """
        sender | period  | state
        north  | 2024-01 | accepted
        """,
        today="2024-06-10",
    ).shows(
        """
        sender | period  | state
        South  | 2024-06 | not yet due
        north  | 2024-01 | not expected
        """
    )


def test_every_state_says_what_the_coverage_of_a_ledger_says() -> None:
    known = set(codelists.codes("coverage_states"))
    assert {coverage for _, coverage in STATES.values()} - {""} <= known
    assert all(meaning for meaning, _ in STATES.values())
