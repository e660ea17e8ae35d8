"""The words of the calendar, what is expected of whom, and what to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from onrecord.errors import WrongWords
from onrecord.store.catalogue import COLUMNS, Expected, Return, same_name
from onrecord.store.expected import (
    DUE,
    OVERDUE,
    RECEIVED,
    Slot,
    agencies_expected,
    checked_words,
    next_step,
    periods_of,
)

MONTHLY = Expected(1, "North", "month", "2024-01", "", 28, (), False, "")
BLANK = Return(**{**dict.fromkeys(COLUMNS, ""), "number": 1, "sender": "North", "receipt": {}})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"every": "week"}, "every month, quarter, year, financial-year, not every 'week'"),
        ({"first": "2024"}, "--first 2024 is no month. Write it as 2024-01"),
        ({"first": "soon"}, "is not a period"),
        ({"every": "quarter", "first": "2024-02..2024-04"}, "no quarter. Write it as 2024-01..2024-03"),
        ({"every": "year", "first": "2024/25"}, "no year. Write it as 2024"),
        ({"every": "financial-year", "first": "2024"}, "no financial year. Write it as 2024/25"),
        ({"last": "2023-12"}, "--last 2023-12 lies before --first 2024-01"),
        ({"last": "2024"}, "--last 2024 is no month"),
        ({"due_days": -1}, "--due-days is -1"),
        ({"due_days": 100_000}, "from 0 to 3660"),
        ({"agencies": (" ",)}, "--agency is empty"),
    ],
)
def test_words_that_make_no_sense_are_a_letter(changed: dict[str, object], says: str) -> None:
    with pytest.raises(WrongWords, match=says.replace("(", r"\(")):
        checked_words(replace(MONTHLY, **changed))  # type: ignore[arg-type]


def test_a_period_that_begins_after_today_is_not_there_yet() -> None:
    assert [period.label for period in periods_of(MONTHLY, date(2024, 2, 1))] == ["2024-01", "2024-02"]
    assert periods_of(MONTHLY, date(2023, 12, 31)) == []


def test_a_month_is_expected_of_an_agency_once_it_is_over() -> None:
    found = agencies_expected([MONTHLY], [BLANK], {1: ["n1", "n2"]}, date(2024, 2, 29))
    assert found == dict.fromkeys(["n1", "n2"], frozenset({"2024-01"}))
    assert agencies_expected([MONTHLY], [], {}, date(2024, 2, 29)) == {"North": frozenset({"2024-01"})}
    named = replace(MONTHLY, agencies=("n3",))
    assert set(agencies_expected([named], [BLANK], {1: ["n1"]}, date(2024, 2, 29))) == {"n3"}
    assert agencies_expected([MONTHLY], [], {}, date(2024, 1, 31)) == {}


def test_names_are_the_same_but_for_blanks_and_capitals() -> None:
    assert same_name(" North  Police ", "north police")
    assert not same_name("North", "South")


def slot(state: str, sender: str = "North", due: str = "2024-02-28", days: int | None = None) -> Slot:
    return Slot(sender, "2024-01", state, due, days, (), ("R0001",), "")


@pytest.mark.parametrize(
    ("slots", "says"),
    [
        ([], "Next: nothing is due."),
        ([slot(DUE, due="2024-03-28"), slot(DUE, "South")], "Next: South sends 2024-01 by 2024-02-28."),
        ([slot(DUE), slot(RECEIVED, "South")], "Next: somebody looks at R0001 of South and accepts it."),
        ([slot(OVERDUE, days=2), slot(RECEIVED)], "Next: ask North for 2024-01, 2 days overdue."),
        (
            [slot(OVERDUE, days=2), slot(OVERDUE, "South", days=2000)],
            "Next: ask South for 2024-01, 2,000 days overdue. Overdue beside it: 1.",
        ),
    ],
)
def test_what_to_do_next(slots: list[Slot], says: str) -> None:
    assert next_step(slots) == says
