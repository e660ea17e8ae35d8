"""Periods as the standard writes them."""

from __future__ import annotations

from datetime import date

import pytest

from onrecord.errors import WrongWords
from onrecord.standard.periods import parse_period, span_label


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2013", date(2013, 1, 1), date(2013, 12, 31)),
        ("2013-04", date(2013, 4, 1), date(2013, 4, 30)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2013/14", date(2013, 4, 1), date(2014, 3, 31)),
        ("1999/00", date(1999, 4, 1), date(2000, 3, 31)),
        ("2018-11..2019-01", date(2018, 11, 1), date(2019, 1, 31)),
        ("2013..2014/15", date(2013, 1, 1), date(2015, 3, 31)),
        ("  2013 ", date(2013, 1, 1), date(2013, 12, 31)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(text: str, first: date, last: date) -> None:
    period = parse_period(text)
    assert (period.first_day, period.last_day, period.label) == (first, last, text.strip())
    assert first in period
    assert last in period
    assert date(1990, 1, 1) not in period
    assert date(2030, 1, 1) not in period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "13",
        "2013-13",
        "2013-00",
        "2013-4",
        "2013/15",
        "2013/13",
        "0000",
        "0000-01",
        "0000/01",
        "April 2013",
        "2014..2013",
        "..2013",
        "2013...2014",
        "2013-04-01",
        "２０１３-99",
        "2013\n2014",
    ],
)
def test_what_is_no_period_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(WrongWords) as refused:
        parse_period(text)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("text", ["2013..", "9999/00"])
def test_a_period_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(WrongWords):
        parse_period(text)


@pytest.mark.parametrize(
    ("first", "last", "label"),
    [
        (date(2013, 4, 3), date(2013, 4, 9), "2013-04"),
        (date(2013, 1, 1), date(2013, 12, 2), "2013"),
        (date(2013, 2, 1), date(2013, 12, 2), "2013-02..2013-12"),
        (date(2018, 11, 30), date(2019, 1, 31), "2018-11..2019-01"),
    ],
)
def test_a_span_is_written_so_that_it_can_be_read(first: date, last: date, label: str) -> None:
    assert span_label(first, last) == label
    assert first in parse_period(label)
    assert last in parse_period(label)
