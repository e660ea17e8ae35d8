"""Periods as the standard writes them: ``2013``, ``2013-04``, ``2013/14`` (April to March), and a span of
two of them, ``2018-11..2019-01``."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from onrecord.errors import WrongWords

YEAR = re.compile(r"(\d{4})")
MONTH = re.compile(r"(\d{4})-(\d{2})")
FINANCIAL_YEAR = re.compile(r"(\d{4})/(\d{2})")
SPAN = ".."
MONTHS_IN_YEAR = 12
CENTURY = 100


@dataclass(frozen=True)
class Period:
    """A period of whole months: how it is written, its first and its last day."""

    label: str
    first_day: date
    last_day: date

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


def parse_period(text: str) -> Period:
    """Read a period. Raises WrongWords, saying how periods are written."""
    begin, span, end = text.strip().partition(SPAN)
    if span:
        first, last = parse_period(begin), parse_period(end)
        if first.first_day > last.last_day:
            raise WrongWords(f"The period {text!r} ends before it begins.")
        return Period(text.strip(), first.first_day, last.last_day)
    found = _year(begin) or _month(begin) or _financial_year(begin)
    if found is None:
        raise WrongWords(
            f"{text!r} is not a period. Write 2013, 2013-04, 2013/14 (April to March) or a span such "
            "as 2018-11..2019-01."
        )
    return found


def _year(text: str) -> Period | None:
    if not (match := YEAR.fullmatch(text)):
        return None
    year = int(match[1])
    return Period(text, date(year, 1, 1), date(year, MONTHS_IN_YEAR, 31)) if year else None


def _month(text: str) -> Period | None:
    if not (match := MONTH.fullmatch(text)):
        return None
    year, month = int(match[1]), int(match[2])
    if not year or not 1 <= month <= MONTHS_IN_YEAR:
        return None
    return Period(text, date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _financial_year(text: str) -> Period | None:
    if not (match := FINANCIAL_YEAR.fullmatch(text)):
        return None
    year, short = int(match[1]), int(match[2])
    if not year or year == date.max.year or (year + 1) % CENTURY != short:
        return None
    return Period(text, date(year, 4, 1), date(year + 1, 3, 31))


def span_label(first: date, last: date) -> str:
    """How the months from ``first`` to ``last`` are written: a year or a month where they are just that."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y-%m}"
    if first.year == last.year and (first.month, last.month) == (1, MONTHS_IN_YEAR):
        return f"{first:%Y}"
    return f"{first:%Y-%m}{SPAN}{last:%Y-%m}"


def together(periods: Sequence[Period]) -> str:
    """How several periods are written as one: as each is, where they are the same, or from first to last."""
    labels = {period.label for period in periods}
    if len(labels) == 1:
        return labels.pop()
    return span_label(min(period.first_day for period in periods), max(period.last_day for period in periods))


def ends(label: str) -> tuple[date, date]:
    """The first day of the first and of the last month of a period. Raises WrongWords for no period."""
    period = parse_period(label)
    return period.first_day, period.last_day.replace(day=1)


def months_between(first: date, last: date) -> list[str]:
    """The months from ``first`` to ``last``, both included, as YYYY-MM."""
    count = (last.year - first.year) * MONTHS_IN_YEAR + last.month - first.month + 1
    numbers = (first.month - 1 + step for step in range(count))
    return [f"{first.year + number // MONTHS_IN_YEAR}-{number % MONTHS_IN_YEAR + 1:02}" for number in numbers]
