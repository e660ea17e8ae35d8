"""Which agencies and months a figure covers, in words and in days, nation by nation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from onrecord.errors import NotCovered
from onrecord.measures.coverage import Nation, in_words, judged_at, nations
from onrecord.standard.periods import parse_period

MAY, JUNE = date(2014, 5, 31), date(2014, 6, 30)
SENT = {
    1: {"as_at": MAY, "period": "2013", "notes": ["The file has no flag."]},
    2: {"as_at": JUNE, "period": "2014", "notes": ["The file has no flag.", "It ends at arrest."]},
}


def agency(agency_id: str = "north", return_no: int = 1, **changed: Any) -> dict[str, Any]:
    """An agency of Northland whose source carries outcomes."""
    usual = {"agency_id": agency_id, "agency": f"{agency_id.title()} Police", "area_code": "N1", "area": "North"}
    usual |= {"nation": "Northland", "level": "agency", "carries_outcomes": True, "return_no": return_no}
    return usual | changed


def month(agency_id: str, label: str, state: str, return_no: int = 1) -> dict[str, Any]:
    return {"agency_id": agency_id, "month": label, "state": state, "return_no": return_no}


def only(found: list[Nation]) -> Nation:
    [nation] = found
    return nation


def with_months(agency_id: str, declared: str = "2014", **months: str) -> dict[str, Any]:
    """An agency with its months; ``jan="reported"`` is the state of 2014-01."""
    numbers = {"jan": "2014-01", "feb": "2014-02", "mar": "2014-03"}
    states = {numbers[name]: state for name, state in months.items()}
    return agency(agency_id, months=states, declared=parse_period(declared))


A_QUARTER = {"jan": "reported", "feb": "zero return", "mar": "reported"}


@pytest.mark.parametrize(
    ("agencies", "period", "coverage"),
    [
        ([with_months("a")], "2014-01..2014-06", "1 agency; months not stated"),
        (
            [with_months("a", "2014-03"), with_months("b", "2014-05")],
            "2014-03..2014-05",
            "2 agencies; months not stated",
        ),
        ([with_months("a", jan="reported")], "2014-01", "1 agency, 1 of 1 agency-months reported"),
        ([with_months("a", jan="zero return")], "2014-01", "1 agency, 1 of 1 agency-months reported"),
        ([with_months("a", jan="not reported")], "2014-01", "1 agency, 0 of 1 agency-months reported"),
        (
            [with_months("a", **A_QUARTER), with_months("b", feb="reported")],
            "2014-01..2014-03",
            "2 agencies, 4 of 6 agency-months reported",
        ),
        (
            [with_months("a", **A_QUARTER), with_months("b", "2014-02")],
            "2014-01..2014-03",
            "2 agencies, 3 of 3 agency-months reported; months of 1 not stated",
        ),
    ],
)
def test_period_and_coverage_in_words(agencies: list[dict[str, Any]], period: str, coverage: str) -> None:
    """Every agency is expected in every month: one that nobody sent is seen."""
    assert in_words(agencies, JUNE) == {"period": period, "coverage": coverage}


def test_a_period_that_was_asked_for_is_the_period_and_its_months_are_expected() -> None:
    asked = parse_period("2014-02..2014-03")
    found = in_words([with_months("a", **A_QUARTER), with_months("b", feb="reported")], JUNE, asked)
    assert found == {"period": "2014-02..2014-03", "coverage": "2 agencies, 3 of 4 agency-months reported"}


def test_a_period_runs_no_further_than_the_day_of_the_figure() -> None:
    assert in_words([with_months("a", **A_QUARTER)], date(2014, 2, 28))["period"] == "2014-01..2014-02"


def test_each_nation_has_its_own() -> None:
    found = nations([agency("south", nation="Southland"), agency()], [], SENT)
    assert [nation.name for nation in found] == ["Northland", "Southland"]
    assert [[row["agency_id"] for row in nation.agencies] for nation in found] == [["north"], ["south"]]


def test_a_nation_is_covered_up_to_the_day_of_its_agency_that_is_furthest_behind() -> None:
    nation = only(nations([agency(), agency("south", return_no=2)], [], SENT))
    assert nation.as_at == MAY


def test_an_agency_is_covered_up_to_the_latest_of_its_returns() -> None:
    nation = only(nations([agency(return_no=2), agency()], [], SENT))
    assert nation.as_at == JUNE
    assert [row["declared"].label for row in nation.agencies] == ["2013-01..2014-12"]
    assert nation.return_nos == {1, 2}


def test_a_body_without_outcomes_does_not_report_and_holds_nobody_back() -> None:
    nation = only(nations([agency(return_no=2), agency("south", carries_outcomes=False)], [], SENT))
    assert nation.not_reporting == ("South Police",)
    assert [row["agency_id"] for row in nation.agencies] == ["north"]
    assert nation.as_at == JUNE


def test_a_nation_in_which_nobody_carries_outcomes_has_no_agencies() -> None:
    nation = only(nations([agency(carries_outcomes=False)], [], SENT))
    assert nation.agencies == ()
    assert nation.not_reporting == ("North Police",)


def test_the_latest_return_says_what_an_agency_is() -> None:
    rows = [agency(return_no=2, agency="North Constabulary"), agency(carries_outcomes=False)]
    nation = only(nations(rows, [], SENT))
    assert [row["agency"] for row in nation.agencies] == ["North Constabulary"]
    assert nation.not_reporting == ()


def test_a_month_is_as_the_latest_return_has_it() -> None:
    months = [month("north", "2014-01", "reported", 2), month("north", "2014-01", "missing", 1)]
    nation = only(nations([agency()], months, SENT))
    assert [row["months"] for row in nation.agencies] == [{"2014-01": "reported"}]


NORTHLAND = Nation("Northland", (), (), MAY, frozenset({1}), ())


def test_a_nation_is_judged_at_the_last_day_covered() -> None:
    assert judged_at(NORTHLAND, None, known_on=JUNE) == MAY


@pytest.mark.parametrize("asked", [MAY, date(2014, 1, 1)])
def test_a_nation_is_judged_at_the_day_asked_for(asked: date) -> None:
    assert judged_at(NORTHLAND, asked, known_on=JUNE) == asked


def test_a_day_after_the_last_one_covered_is_refused() -> None:
    with pytest.raises(NotCovered, match=r"Northland: the returns cover up to 2014-05-31; 2014-06-01 lies after"):
        judged_at(NORTHLAND, date(2014, 6, 1), known_on=JUNE)


def test_a_day_after_the_day_of_knowledge_is_refused() -> None:
    with pytest.raises(NotCovered, match=r"2014-05-31 lies after the day of this knowledge, 2014-05-30"):
        judged_at(NORTHLAND, MAY, known_on=date(2014, 5, 30))


def test_unasked_too_a_day_after_the_day_of_knowledge_is_refused() -> None:
    """The default as-at is subject to the same law: a figure never speaks for a day beyond its knowledge."""
    with pytest.raises(NotCovered, match="the day of this knowledge"):
        judged_at(NORTHLAND, None, known_on=date(2014, 5, 30))


def test_a_nation_says_once_what_a_reader_must_know_of_its_sources() -> None:
    [nation] = nations([agency("north", 1), agency("north", 2)], [], SENT)
    assert nation.notes == ("The file has no flag.", "It ends at arrest.")
