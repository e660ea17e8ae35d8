"""The ledger's columns, what it groups by, and that it refuses what does not balance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine
from onrecord.errors import DoesNotBalance
from onrecord.figures import Figures
from onrecord.measures.cuts import ALWAYS, BY
from onrecord.measures.ledger import MEMO, OTHER_ARREST, REASON_PREFIX, ledger
from onrecord.pathways.history import STEPS
from onrecord.pathways.standings import NO_REASON
from onrecord.pathways.steps import steps
from onrecord.settings import Settings
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.periods import parse_period

KNOWN_AT = "2014-07-01T00:00:00+00:00"
NORTH = {
    "nation": "Northland",
    "area": "North",
    "area_code": "N1",
    "agency": "North Police",
    "agency_id": "north",
    "level": "agency",
    "months": {},
    "as_at": date(2014, 6, 30),
    "declared": parse_period("2014"),
}
SOUTH = NORTH | {"agency_id": "south", "agency": "South Police", "area": "South", "area_code": "S1"}
COUNCIL = NORTH | {"agency_id": "council", "agency": "North Council", "level": "council"}
SOUTHLAND = SOUTH | {"agency_id": "southland", "nation": "Southland"}
AGENCIES = [NORTH, SOUTH, COUNCIL, SOUTHLAND]
RECEIVED = date(2014, 1, 31)


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


def stands(standing: str = "live", **changed: Any) -> dict[str, Any]:
    """A report that stands somewhere: live in the north, unless said otherwise."""
    place = place_of(standing, changed.pop("reason", None), changed.pop("detail", None))
    usual = {"agency_id": "north", "received_date": RECEIVED, "place": place, "misplaced": False, "open_lines": False}
    return usual | changed


def place_of(standing: str, reason: str | None, detail: str | None) -> int:
    """The number in which a standing, the reason for it and the step that decided it lie."""
    reasons = [key for key, _ in codelists.reasons()]
    reason_no = NO_REASON if reason is None else reasons.index(reason)
    step_no = next((step.step_no for step in steps() if step.detail == detail), 0)
    return (codelists.rank_of(standing) * (NO_REASON + 1) + reason_no) * STEPS + step_no


def counted(engine: Backend, rows: list[dict[str, Any]], by: str = "nation", repeats: int = 0) -> Figures:
    standing, duplicate = table_in(engine, "standing", rows), table_in(engine, "duplicate", [stands()] * repeats)
    return ledger(standing, duplicate, AGENCIES, by, KNOWN_AT, "report")


def table_in(engine: Backend, name: str, rows: list[dict[str, Any]]) -> ir.Table:
    types = {bool: pa.bool_(), date: pa.date32(), int: pa.int64()}
    schema = pa.schema([(column, types.get(type(value), pa.string())) for column, value in stands().items()])
    return engine.create_table(name, pa.Table.from_pylist(rows, schema), temp=True, overwrite=True)


@pytest.mark.parametrize("by", list(BY))
def test_every_ledger_has_its_columns(engine: Backend, by: str) -> None:
    made = counted(engine, [stands()], by)
    assert made.keys == (*BY[by], *ALWAYS)
    assert made.total == "received"
    assert made.parts == codelists.standing_keys()
    assert made.memo == (*MEMO, *(f"{REASON_PREFIX}{key}" for key, _ in codelists.reasons()))
    assert tuple(made.table.column_names) == (*made.keys, made.total, *made.parts, *made.memo)


def test_a_ledger_says_what_it_is(engine: Backend) -> None:
    about = counted(engine, [stands(), stands()], repeats=1).about
    assert (about.name, about.unit, about.basis, about.known_at) == ("ledger", "report", "cohort", KNOWN_AT)
    assert (about.standard_version, about.origin, about.derived, about.records) == (
        STANDARD_VERSION,
        "records",
        False,
        3,
    )


@pytest.mark.parametrize("standing", codelists.standing_keys())
def test_every_standing_is_counted_in_its_column(engine: Backend, standing: str) -> None:
    [row] = counted(engine, [stands(standing), stands(standing)]).rows()
    assert row["received"] == 2
    assert {key for key in codelists.standing_keys() if row[key]} == {standing}


@pytest.mark.parametrize("reason", [key for key, _ in codelists.reasons()])
def test_every_reason_is_counted_in_its_column(engine: Backend, reason: str) -> None:
    [row] = counted(engine, [stands("unaccounted", reason=reason), stands("live", reason=reason)]).rows()
    assert {key: row[key] for key in row if key.startswith(REASON_PREFIX) and row[key]} == {f"because_{reason}": 1}


def test_what_stands_beside_the_ledger(engine: Backend) -> None:
    rows = [stands("prosecuted", open_lines=True), stands("prosecuted", detail=OTHER_ARREST), stands()]
    [row] = counted(engine, rows, repeats=2).rows()
    assert {name: row[name] for name in MEMO} == {
        "duplicates": 2,
        "transferred_in": 0,
        "matched_transfers": 0,
        "still_open": 1,
        "arrest_for_another_offence": 1,
    }


def test_the_words_for_another_arrest_are_those_of_the_code_list() -> None:
    """The ledger finds them by their detail: were the list's words to change, it would count none."""
    assert OTHER_ARREST in {row["detail"] for row in codelists.load("outcomes")}


def test_areas_are_rows_in_order(engine: Backend) -> None:
    made = counted(engine, [stands(agency_id="south"), stands(), stands(agency_id="south")], "area")
    assert [(row["area"], row["received"]) for row in made.rows()] == [("North", 1), ("South", 2)]


@pytest.mark.parametrize("by", ["nation", "month"])
def test_a_nation_takes_in_agencies_of_every_level(engine: Backend, by: str) -> None:
    [row] = counted(engine, [stands(), stands(agency_id="council")], by).rows()
    assert (row["level"], row["received"]) == ("nation", 2)


@pytest.mark.parametrize("by", list(BY))
def test_duplicates_are_counted_though_nothing_else_came_in(engine: Backend, by: str) -> None:
    """A duplicate is never dropped: a month, area or agency with duplicates only has its row."""
    made = counted(engine, [stands(agency_id="southland")], by, repeats=2)
    assert [(row["nation"], row["received"], row["duplicates"]) for row in made.rows()] == [
        ("Northland", 0, 2),
        ("Southland", 1, 0),
    ]
    assert made.about.records == 3


def test_a_report_in_no_place_or_in_two_stops_the_ledger(engine: Backend) -> None:
    with pytest.raises(DoesNotBalance, match="2 reports stand in no place"):
        counted(engine, [stands(misplaced=True), stands(misplaced=True), stands()])


def test_parts_that_do_not_add_up_stop_the_ledger(engine: Backend) -> None:
    """The sum is checked though every predicate claims to be right."""
    nowhere = (max(standing.rank for standing in codelists.standings()) + 1) * (NO_REASON + 1) * STEPS
    with pytest.raises(DoesNotBalance, match="the parts add up to"):
        counted(engine, [stands(place=nowhere), stands()])


def test_nothing_received_is_an_empty_ledger(engine: Backend) -> None:
    assert counted(engine, []).rows() == []


ZERO = {"months": {"2014-02": "zero return", "2014-07": "zero return"}, "zero": True}


@pytest.mark.parametrize("by", list(BY))
def test_a_zero_return_has_its_row(engine: Backend, by: str) -> None:
    """A true zero is a number; months after the as-at are not there yet."""
    rows = ledger(*_none(engine), [NORTH | ZERO, SOUTHLAND], by, KNOWN_AT, "report").rows()
    assert [(row["nation"], row["received"], row.get("month")) for row in rows] == [
        ("Northland", 0, "2014-02" if by == "month" else None)
    ]
    assert all(row["coverage"].startswith("1 agency, 1 of") and "(1 zero return)" in row["coverage"] for row in rows)


def test_a_zero_return_of_another_period_than_asked_has_none(engine: Backend) -> None:
    asked = parse_period("2014-03")
    assert ledger(*_none(engine), [NORTH | ZERO], "nation", KNOWN_AT, "report", asked).rows() == []


def test_a_month_called_zero_in_a_return_that_holds_reports_makes_no_row(engine: Backend) -> None:
    """A release of a whole year marks months of hundreds of agencies so: they have no reports to be followed."""
    assert ledger(*_none(engine), [NORTH | ZERO | {"zero": False}], "nation", KNOWN_AT, "report").rows() == []


def test_an_absent_agency_is_in_the_words_alone(engine: Backend) -> None:
    silent = SOUTH | {"absent": "silent", "expected": frozenset({"2014-01"}), "why": "not reported"}
    standing = table_in(engine, "standing", [stands()])
    months = {"months": {"2014-01": "reported"}, "expected": frozenset({"2014-01"})}
    here = NORTH | months
    rows = ledger(standing, _none(engine)[1], [here, silent], "nation", KNOWN_AT, "report").rows()
    assert [row["coverage"] for row in rows] == [
        "1 of 2 expected agencies (nothing from South Police), 1 of 2 agency-months reported"
    ]
    by_area = ledger(standing, _none(engine)[1], [here, silent], "area", KNOWN_AT, "report").rows()
    assert [(row["area"], row["coverage"]) for row in by_area] == [
        ("North", "1 of 1 expected agency, 1 of 1 agency-months reported")
    ]


def _none(engine: Backend) -> tuple[ir.Table, ir.Table]:
    return table_in(engine, "no_standing", []), table_in(engine, "no_duplicate", [])
