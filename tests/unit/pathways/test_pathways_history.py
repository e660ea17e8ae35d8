"""Reports and their events put together: what is kept of an event, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from onrecord.engine import arrow_table, open_engine, table_of
from onrecord.pathways.durations import durations
from onrecord.pathways.history import EPOCH, History, date_of, day_number, day_of, step_of
from onrecord.pathways.standings import report_places, report_standings, unaccounted_reports
from onrecord.pathways.steps import INSIDE, TRANSFERS, steps
from onrecord.settings import Settings
from onrecord.standard.measures import measure_named
from onrecord.standard.records import CRIME, EVENT, REPORT
from onrecord.standard.schema import Table

RECEIVED, AS_AT = date(2014, 1, 10), date(2014, 6, 30)
OF_ENGINE = {"string": pa.string(), "int64": pa.int64(), "date": pa.date32(), "boolean": pa.bool_()}
TO_OUTCOME = measure_named("timeliness").settings["steps"]["received to outcome"]


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


def rows_of(record: Table, rows: list[dict[str, Any]]) -> Any:
    types = dict(record.types) | ({"as_at": "date"} if record is REPORT else {})
    schema = pa.schema([(name, OF_ENGINE[kind]) for name, kind in types.items()])
    return arrow_table(pa.Table.from_pylist([{name: row.get(name) for name in types} for row in rows], schema))


def history(events: list[dict[str, Any]], crimes: tuple[str, ...] = (), **changed: Any) -> History:
    """One report of a source that carries activity, and what happened."""
    report = {"report_id": "r", "agency_id": "north", "received_date": RECEIVED, "as_at": AS_AT}
    report |= {"carries_activity": True, "vanished": False} | changed
    happened = [{"event_id": f"{number}", "report_id": "r"} | event for number, event in enumerate(events)]
    return History(
        rows_of(REPORT, [report]),
        rows_of(CRIME, [{"report_id": "r", "crime_id": crime} for crime in crimes]) if crimes else None,
        None,
        rows_of(EVENT, happened),
        table_of([{"agency_id": "south"}]),
    )


def outcome(code: str, day: date, **more: Any) -> dict[str, Any]:
    return {
        "kind": "outcome",
        "event_date": day,
        "outcome_scheme": "home-office",
        "outcome_code": code,
    } | more


def told(known: History) -> list[dict[str, Any]]:
    event = known.told
    read = event.mutate(day=date_of(day_of(event.order)), step=step_of(event.order))
    return list(read.order_by("order").to_pyarrow().to_pylist())


def test_every_day_is_the_same_day_again() -> None:
    days = [EPOCH + timedelta(days=number) for number in (*range(80_000), 2**18 - 1)]
    row = table_of([{"day": day} for day in days])
    found = row.select("day", number=day_number(row.day), again=date_of(day_number(row.day))).to_pyarrow().to_pylist()
    assert {each["day"]: each["number"] for each in found} == {day: (day - EPOCH).days for day in days}
    assert [each["again"] for each in found] == [each["day"] for each in found]


def test_an_order_says_day_and_step_and_sorts_by_them() -> None:
    later = RECEIVED + timedelta(days=3)
    found = told(history([outcome("1", later), {"kind": "interview", "event_date": RECEIVED}, outcome("18", later)]))
    by_number = {step.step_no: (step.kind, step.outcome_code) for step in steps()}
    assert [(row["day"], *by_number[row["step"]]) for row in found] == [
        (RECEIVED, "interview", ""),
        (later, "outcome", "18"),
        (later, "outcome", "1"),
    ]


def test_what_is_not_known_by_the_as_at_or_of_no_kind_is_left_out() -> None:
    events = [outcome("1", AS_AT + timedelta(days=1)), {"kind": "no such kind", "event_date": RECEIVED}]
    assert told(history(events)) == []
    assert told(history([outcome("1", RECEIVED)], duplicate_of="another")) == []


def test_a_day_that_cannot_be_right_disturbs_no_other() -> None:
    """Years go wrong by a digit: such an event comes first, or was written down last, and all others stay in order."""
    far = [
        outcome("18", date(214, 3, 1), recorded_date=date(9999, 12, 31)),
        outcome("1", RECEIVED, recorded_date=date(9999, 12, 31)),
        outcome("14", RECEIVED, recorded_date=date(1, 1, 1)),
    ]
    by_number = {step.step_no: step.outcome_code for step in steps()}
    assert [(row["day"], by_number[row["step"]]) for row in told(history(far))] == [
        (EPOCH, "18"),
        (RECEIVED, "14"),
        (RECEIVED, "1"),
    ]
    (row,) = report_standings(history(far, received_date=date(214, 1, 10)), 90).to_pyarrow().to_pylist()
    assert (row["is_prosecuted"], row["misplaced"]) == (True, False)
    (waits,) = unaccounted_reports(history([], received_date=date(214, 1, 10)), 90).to_pyarrow().to_pylist()
    assert (waits["reason"], waits["since"]) == ("never_acted_on", EPOCH)


def test_a_transfer_says_whether_its_body_lies_inside() -> None:
    sent = [
        {"kind": "transferred", "event_date": RECEIVED + timedelta(days=number), "counterpart": body}
        for number, body in enumerate(("south", "abroad", None))
    ]
    assert [bool(row["tells"] & INSIDE) for row in told(history(sent))] == [True, False, False]
    assert all(row["tells"] & TRANSFERS for row in told(history(sent)))
    named = told(history([{"kind": "interview", "event_date": RECEIVED, "counterpart": "south"}]))
    assert [row["tells"] & INSIDE for row in named] == [0]


def test_where_a_report_has_one_line_an_event_of_another_tells_nothing() -> None:
    found = told(history([outcome("1", RECEIVED, crime_id="c"), outcome("18", RECEIVED, person_id="p")]))
    assert [row["tells"] for row in found] == [0, 0]
    with_crime = told(history([outcome("1", RECEIVED, crime_id="c")], ("c",)))
    assert [bool(row["tells"]) for row in with_crime] == [True]


def test_an_acknowledgement_on_one_line_ends_the_wait_of_another() -> None:
    """A body acknowledges a report, whichever of its crimes it names."""
    sent = {"kind": "transferred", "event_date": RECEIVED, "counterpart": "south", "crime_id": "one"}
    known = {"kind": "transfer acknowledged", "event_date": AS_AT, "crime_id": "two"}
    closed = outcome("18", RECEIVED, crime_id="two")
    (waits,) = report_standings(history([sent, closed], ("one", "two")), 90).to_pyarrow().to_pylist()
    assert (waits["is_unaccounted"], waits["reason"]) == (True, "transfer_not_acknowledged")
    (moved,) = report_standings(history([sent, closed, known], ("one", "two")), 90).to_pyarrow().to_pylist()
    assert (moved["is_transferred"], moved["reason"]) == (True, None)


@pytest.mark.parametrize("codes", [("18", "1"), ("1", "18")])
def test_of_two_outcomes_of_one_day_a_clock_stops_at_that_where_the_report_stands(codes: tuple[str, str]) -> None:
    day = RECEIVED + timedelta(days=5)
    known = history([outcome(code, day) for code in codes] + [outcome("14", day + timedelta(days=1))])
    (row,) = durations(known, report_places(known, 90), TO_OUTCOME).to_pyarrow().to_pylist()
    assert (row["ended_as"], row["days"], row["exit"]) == ("prosecuted", 5, day)
    assert row["followed"] == (AS_AT - RECEIVED).days
