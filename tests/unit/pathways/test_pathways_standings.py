"""The engine's own parts: every reason has its predicate, a ledger that does not balance is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine
from onrecord.errors import DoesNotBalance
from onrecord.pathways import standings
from onrecord.pathways.history import History
from onrecord.pathways.standings import balance, report_standings
from onrecord.pathways.steps import steps
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.records import EVENT, INVOLVEMENT, REPORT
from onrecord.standard.schema import Table

LONG_AGO, AS_AT = date(2014, 1, 10), date(2014, 6, 30)
TYPES = {"string": pa.string(), "int64": pa.int64(), "date": pa.date32(), "boolean": pa.bool_()}
CHARGED = {"kind": "outcome", "outcome_scheme": "home-office", "outcome_code": "1"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


def rows_of(engine: Backend, record: Table, rows: list[dict[str, Any]]) -> ir.Table:
    """Rows of a record, with what is left out as null, and the day at which a report is judged."""
    types = dict(record.types) | ({"as_at": "date"} if record is REPORT else {})
    schema = pa.schema([(name, TYPES[kind]) for name, kind in types.items()])
    filled = [{name: row.get(name) for name in types} for row in rows]
    return engine.create_table(record.name, pa.Table.from_pylist(filled, schema), temp=True, overwrite=True)


def report(**changed: Any) -> dict[str, Any]:
    """A report received long ago by a source that carries activity."""
    usual = {"report_id": "r", "agency_id": "north", "received_date": LONG_AGO, "received_precision": "day"}
    return usual | {"concern": "CSE", "carries_activity": True, "vanished": False, "as_at": AS_AT} | changed


def event(**changed: Any) -> dict[str, Any]:
    """An interview soon after the receipt."""
    return {"event_id": "e", "report_id": "r", "kind": "interview", "event_date": date(2014, 2, 3)} | changed


UNACCOUNTED = {
    "status_unavailable": ({}, "status unavailable", None),
    "no_activity_carried": ({"carries_activity": False}, "correction", None),
    "closed_without_outcome": ({}, "closed", None),
    "transfer_not_acknowledged": ({}, "transferred", "south"),
    "vanished": ({"vanished": True}, "interview", None),
    "never_acted_on": ({}, "correction", None),
    "silent": ({}, "interview", None),
}


def test_every_reason_has_an_example() -> None:
    assert list(UNACCOUNTED) == [key for key, _ in codelists.reasons()]


@pytest.mark.parametrize("reason", list(UNACCOUNTED))
def test_every_reason_has_a_predicate(engine: Backend, reason: str) -> None:
    changed, kind, counterpart = UNACCOUNTED[reason]
    history = History(
        report=rows_of(engine, REPORT, [report(**changed)]),
        crime=None,
        involvement=None,
        event=rows_of(engine, EVENT, [event(kind=kind, counterpart=counterpart)]),
        covered=engine.create_table("covered", pa.table({"agency_id": ["south"]}), temp=True, overwrite=True),
    )
    [row] = report_standings(history, 90).to_pyarrow().to_pylist()
    assert row["is_unaccounted"]
    assert row["reason"] == reason
    assert not row["misplaced"]


def test_a_reason_added_to_the_list_needs_a_predicate(monkeypatch: pytest.MonkeyPatch, engine: Backend) -> None:
    """Whoever adds a reason is reminded by its name, before any ledger is made."""
    more = (*codelists.reasons(), ("a_new_reason", "a new reason"))
    monkeypatch.setattr(codelists, "reasons", lambda: more)
    history = History(rows_of(engine, REPORT, [report()]), None, None, rows_of(engine, EVENT, []))
    with pytest.raises(KeyError, match="a_new_reason"):
        report_standings(history, 90)


def test_a_source_without_crimes_or_suspects_has_one_line_a_report(engine: Backend) -> None:
    history = History(rows_of(engine, REPORT, [report()]), None, None, rows_of(engine, EVENT, [event(**CHARGED)]))
    [row] = report_standings(history, 90).to_pyarrow().to_pylist()
    assert (row["is_prosecuted"], row["detail"], row["has_open_lines"]) == (True, "charged or summonsed", False)


def test_suspects_of_a_report_without_a_crime_have_a_line_each(engine: Backend) -> None:
    involved = [{"report_id": "r", "person_id": person, "role": "suspect"} for person in ("a", "b")]
    history = History(
        rows_of(engine, REPORT, [report()]),
        None,
        rows_of(engine, INVOLVEMENT, involved),
        rows_of(engine, EVENT, [event(**CHARGED, person_id="a")]),
    )
    [row] = report_standings(history, 90).to_pyarrow().to_pylist()
    assert (row["is_prosecuted"], row["has_open_lines"]) == (True, True)


def test_a_child_or_a_bystander_has_no_line(engine: Backend) -> None:
    involved = [{"report_id": "r", "person_id": role, "role": role} for role in ("suspect", "child", "other")]
    history = History(
        rows_of(engine, REPORT, [report()]),
        None,
        rows_of(engine, INVOLVEMENT, involved),
        rows_of(engine, EVENT, [event(**CHARGED, person_id="suspect")]),
    )
    [row] = report_standings(history, 90).to_pyarrow().to_pylist()
    assert (row["is_prosecuted"], row["has_open_lines"]) == (True, False)


def test_the_report_keeps_what_is_asked_of_it(engine: Backend) -> None:
    """What a ledger groups by passes through; of the standard's fields those do that say where a report stands."""
    given = rows_of(engine, REPORT, [report()]).mutate(nation=ibis.literal("Northland"))
    found = report_standings(History(given, None, None, rows_of(engine, EVENT, [])), 90)
    made = {f"is_{key}" for key in codelists.standing_keys()}
    made |= {"detail", "reason", "has_open_lines", "misplaced", "report_no"}
    kept = {"report_id", "agency_id", "received_date", "carries_activity", "vanished", "as_at", "nation"}
    assert set(found.columns) == kept | made


def test_each_report_is_judged_at_its_own_day(engine: Backend) -> None:
    reports = [report(), report(report_id="early", as_at=LONG_AGO), report(report_id="later", received_date=AS_AT)]
    reports.append(report(report_id="not yet", received_date=AS_AT, as_at=LONG_AGO))
    history = History(rows_of(engine, REPORT, reports), None, None, rows_of(engine, EVENT, []))
    rows = report_standings(history, 90).to_pyarrow().to_pylist()
    assert {row["report_id"]: row["is_live"] for row in rows} == {"r": False, "early": True, "later": True}


@pytest.mark.parametrize(("ranks", "is_misplaced"), [((1,), False), ((1, 2), True), ((), True)])
def test_a_line_with_two_places_or_none_is_seen(
    monkeypatch: pytest.MonkeyPatch, engine: Backend, ranks: tuple[int, ...], is_misplaced: bool
) -> None:
    """A step table gone wrong, in which a charge has two ranks, or none: no ledger may be made of that."""
    charges = [step for step in steps() if step.rank == codelists.rank_of("prosecuted")]
    others = [step for step in steps() if step.rank != codelists.rank_of("prosecuted")]
    wrong = (*others, *(replace(step, rank=rank) for step in charges for rank in ranks))
    monkeypatch.setattr(standings, "steps", lambda: wrong)
    history = History(rows_of(engine, REPORT, [report()]), None, None, rows_of(engine, EVENT, [event(**CHARGED)]))
    [row] = report_standings(history, 90).to_pyarrow().to_pylist()
    assert row["misplaced"] is is_misplaced


def test_a_ledger_that_balances_says_nothing() -> None:
    balance(0)


def test_a_ledger_that_does_not_balance_is_refused() -> None:
    with pytest.raises(DoesNotBalance, match=r"1,234 reports stand in no place or in more than one"):
        balance(1234)
