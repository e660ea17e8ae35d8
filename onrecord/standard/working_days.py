"""Working days of England and Wales: Monday to Friday, but for bank holidays.

The bank holidays come from the package ``holidays``; both nations have the same ones. Days are counted as the law's
clocks count them: the day something starts is day 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

FIRST, LAST = date(1990, 1, 1), date(2049, 12, 31)
WORKING_WEEK = 5


@dataclass(frozen=True)
class Day:
    """One day of the calendar.

    Attributes:
        day: which.
        is_working: whether it is a working day.
        number: how many working days there were from ``FIRST`` up to and with this day: the difference of two is the
            working days after the first, up to and with the second.
    """

    day: date
    is_working: bool
    number: int


@cache
def bank_holidays(first_year: int, last_year: int) -> tuple[date, ...]:
    """The bank holidays of England and Wales that fall on Monday to Friday, in order.

    Args:
        first_year: the first year.
        last_year: the last year, which is in.
    """
    # Loaded when it is needed: it takes a while.
    import holidays

    found = holidays.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1))
    return tuple(sorted(day for day in found if day.weekday() < WORKING_WEEK))


@cache
def calendar(first: date = FIRST, last: date = LAST) -> tuple[Day, ...]:
    """Every day of a range, in order."""
    return tuple(_days(first, last))


def _days(first: date, last: date) -> Iterator[Day]:
    free = set(bank_holidays(first.year, last.year))
    number = 0
    for place in range((last - first).days + 1):
        day = first + timedelta(place)
        is_working = day.weekday() < WORKING_WEEK and day not in free
        number += is_working
        yield Day(day, is_working, number)
