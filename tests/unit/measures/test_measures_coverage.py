"""Which agencies and months a figure covers, in words and in days, nation by nation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from onrecord.errors import NotCovered
from onrecord.measures.coverage import (
    LEFT_OUT,
    SILENT,
    Known,
    Nation,
    in_words,
    judged_at,
    nations,
    spoken_for,
    state_of,
)
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
        ([with_months("a", jan="zero return")], "2014-01", "1 agency, 1 of 1 agency-months reported (1 zero return)"),
        ([with_months("a", jan="not reported")], "2014-01", "1 agency, 0 of 1 agency-months reported"),
        (
            [with_months("a", **A_QUARTER), with_months("b", feb="reported")],
            "2014-01..2014-03",
            "2 agencies, 4 of 6 agency-months reported (1 zero return)",
        ),
        (
            [with_months("a", **A_QUARTER), with_months("b", "2014-02")],
            "2014-01..2014-03",
            "2 agencies, 3 of 3 agency-months reported (1 zero return); months of 1 not stated",
        ),
    ],
)
def test_period_and_coverage_in_words(agencies: list[dict[str, Any]], period: str, coverage: str) -> None:
    """Every agency is expected in every month: one that nobody sent is seen."""
    assert in_words(agencies, JUNE) == {"period": period, "coverage": coverage}


def test_a_period_that_was_asked_for_is_the_period_and_its_months_are_expected() -> None:
    asked = parse_period("2014-02..2014-03")
    found = in_words([with_months("a", **A_QUARTER), with_months("b", feb="reported")], JUNE, asked)
    coverage = "2 agencies, 3 of 4 agency-months reported (1 zero return)"
    assert found == {"period": "2014-02..2014-03", "coverage": coverage}


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


# ---------------------------------------------------------------- silence, none, and left out

FIRST_QUARTER = frozenset({"2014-01", "2014-02", "2014-03"})
MARCH = date(2014, 3, 31)


def expected_in(row: dict[str, Any], *months: str) -> dict[str, Any]:
    return row | {"expected": frozenset(months) if months else FIRST_QUARTER}


def absent(agency_id: str, what: str, why: str = "", **changed: Any) -> dict[str, Any]:
    return agency(agency_id, months={}, absent=what, why=why, **changed)


def coverage(*agencies: dict[str, Any], asked: str | None = "2014-01..2014-03") -> str:
    return in_words(agencies, MARCH, parse_period(asked) if asked else None)["coverage"]


def test_an_agency_that_is_expected_and_sent_nothing_is_named_and_its_months_count() -> None:
    sent = expected_in(with_months("a", **A_QUARTER))
    silent = expected_in(absent("south", SILENT))
    assert coverage(sent, expected_in(with_months("b", jan="reported")), silent) == (
        "2 of 3 expected agencies (nothing from South Police), 4 of 9 agency-months reported (1 zero return)"
    )


def test_a_month_in_which_nobody_expects_an_agency_is_not_missed() -> None:
    assert coverage(expected_in(with_months("a", jan="reported"), "2014-01")) == (
        "1 of 1 expected agency, 1 of 1 agency-months reported"
    )
    assert coverage(with_months("a", jan="reported")) == "1 agency, 1 of 3 agency-months reported"


def test_agencies_that_nobody_expected_are_counted_as_more() -> None:
    found = coverage(expected_in(with_months("a", **A_QUARTER)), with_months("b", **A_QUARTER))
    assert found == "1 of 1 expected agency and 1 more, 6 of 6 agency-months reported (2 zero returns)"


def test_an_agency_left_out_is_named_with_the_reason_and_its_months_do_not_count() -> None:
    found = coverage(with_months("a", **A_QUARTER), absent("south", LEFT_OUT, "known to be incomplete"))
    assert found == (
        "1 agency, 3 of 3 agency-months reported (1 zero return); "
        "left out at the sender's word: South Police (known to be incomplete)"
    )


def test_a_long_list_of_silent_agencies_is_cut_with_its_number() -> None:
    silent = [expected_in(absent(f"s{number}", SILENT)) for number in range(7)]
    assert "(nothing from S0 Police, S1 Police, S2 Police, S3 Police, S4 Police and 2 more)" in coverage(
        expected_in(with_months("a", **A_QUARTER)), *silent
    )


@pytest.mark.parametrize(
    ("states", "expected", "month", "state"),
    [
        ({"jan": "reported"}, FIRST_QUARTER, "2014-01", "reported"),
        ({"jan": "zero return"}, FIRST_QUARTER, "2014-01", "zero return"),
        ({"jan": "reported"}, FIRST_QUARTER, "2014-02", "not reported"),
        ({"jan": "reported"}, FIRST_QUARTER, "2014-04", None),
        ({"jan": "reported"}, None, "2014-04", "not reported"),
        ({"mar": "not reported"}, frozenset(), "2014-03", "not reported"),
    ],
)
def test_the_state_of_a_month(
    states: dict[str, str], expected: frozenset[str] | None, month: str, state: str | None
) -> None:
    assert state_of(with_months("a", **states) | {"expected": expected}, month) == state


def test_what_is_known_beside_the_returns_reaches_the_nation() -> None:
    silent = {key: value for key, value in agency("west").items() if key != "return_no"}
    known = Known(
        expected={"north": FIRST_QUARTER, "west": FIRST_QUARTER},
        silent=[silent, silent | {"agency_id": "far", "nation": "Farland"}],
        left_out={"south": "known to be incomplete"},
        said={"north": "made under another definition"},
    )
    nation = only(nations([agency(), agency("south", return_no=2)], [], SENT, known))
    assert [(row["agency_id"], row["expected"]) for row in nation.agencies] == [("north", FIRST_QUARTER)]
    assert [(row["agency_id"], row["absent"], row["why"]) for row in nation.absent] == [
        ("south", LEFT_OUT, "known to be incomplete"),
        ("west", SILENT, "not reported"),
    ]
    assert "North Police: made under another definition, says its sender of the ledger." in nation.notes
    assert nation.as_at == MAY


def test_who_is_left_out_holds_nobody_back() -> None:
    known = Known(left_out={"north": "not collected"})
    assert only(nations([agency(), agency("south", return_no=2)], [], SENT, known)).as_at == JUNE
    alone = only(nations([agency()], [], SENT, known))
    assert (alone.agencies, alone.as_at) == ((), MAY)


def test_an_agency_that_sent_a_zero_return_is_marked() -> None:
    sent = {1: SENT[1] | {"zero": True}, 2: SENT[2] | {"zero": False}}
    nation = only(nations([agency(), agency("south", return_no=2)], [], sent))
    assert {row["agency_id"]: row["zero"] for row in nation.agencies} == {"north": True, "south": False}


def test_a_return_speaks_for_the_months_it_states_or_for_all_of_its_period() -> None:
    rows = [{"agency_id": name, "return_no": 1} for name in ("north", "south")]
    months = [month("north", "2014-01", "reported"), month("north", "2014-02", "not reported")]
    assert spoken_for(rows, months, {1: "2014-01..2014-02"}) == {
        1: {("north", "2014-01"), ("south", "2014-01"), ("south", "2014-02")}
    }
