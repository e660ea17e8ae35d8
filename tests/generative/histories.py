"""Made-up histories, small and nasty, and how to hand one to the engine.

Dates come from few days around the window's edge, so that ties, the 90th day and the 91st are common; month
ends are among them, as a month is written as its last day. Events come in short plots (charged, then
withdrawn; sent away, then acknowledged) so that what matters happens often, with stray events strewn between.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from onrecord.pathways.history import History
from onrecord.standard import codelists
from onrecord.standard.records import CRIME, EVENT, INVOLVEMENT, REPORT
from onrecord.standard.schema import Table
from tests.generative.oracle import Plain, Row

AS_AT = date(2014, 6, 30)
MONTH_ENDS = [date(2014, 2, 28), date(2014, 3, 31), date(2014, 4, 30), date(2014, 5, 31), AS_AT]
DAYS_BEFORE = [200, 92, 91, 90, 89, 31, 30, 2, 1, 0, -1, -40]
DAYS = sorted({AS_AT - timedelta(days=days) for days in DAYS_BEFORE} | set(MONTH_ENDS))
OFTEN_LONG_AGO = [day for day in DAYS if day <= MONTH_ENDS[1]] * 3 + DAYS
COVERED = ["north", "south"]
ELSEWHERE = ["abroad", None]
TYPES = {"string": pa.string(), "int64": pa.int64(), "date": pa.date32(), "boolean": pa.bool_()}
MOST_EVENTS = 8
MOST_PLOTS = 4

CHARGE, ALTERNATE = ("home-office", "1"), ("home-office", "1A")
CAUTION, DIVERSION, NO_SUSPECT = ("home-office", "3"), ("home-office", "22"), ("home-office", "18")
SENT_AWAY, NO_CRIME = ("home-office", "20"), ("cancellation", "not a crime: never one")
OTHER_FORCE, CONVICTED = ("cancellation", "another force"), ("court", "convicted")
UNKNOWN = [("home-office", "99"), ("a scheme of our own", "1"), (None, None), ("home-office", None)]
OUTCOMES = [CHARGE, ALTERNATE, CAUTION, DIVERSION, NO_SUSPECT, SENT_AWAY, NO_CRIME, OTHER_FORCE]
KINDS = [row["kind"] for row in codelists.load("event_kinds")]

Step = tuple[str, tuple[str | None, str | None] | None]


def _outcome(code: tuple[str | None, str | None]) -> Step:
    return "outcome", code


def _plain(kind: str) -> Step:
    return kind, None


DECISION = st.sampled_from([_outcome(code) for code in OUTCOMES])
OPENING = st.sampled_from([_plain(kind) for kind in ("reopened", "outcome withdrawn", "charge withdrawn")])
COURT = st.sampled_from([_plain("hearing"), _plain("court result")])
STRAY = st.one_of(
    st.sampled_from([_plain(kind) for kind in KINDS]),
    st.sampled_from(
        [_outcome(code) for code in UNKNOWN]
        + [
            ("cancelled", NO_CRIME),
            ("cancelled", OTHER_FORCE),
            ("cancelled", UNKNOWN[0]),
            _plain("a kind of our own"),
            ("interview", CHARGE),
            ("court result", CONVICTED),
            _plain("child abduction warning notice"),
        ]
    ),
)


def _plot(*steps: st.SearchStrategy[Step] | Step) -> st.SearchStrategy[list[Step]]:
    return st.tuples(*[step if isinstance(step, st.SearchStrategy) else st.just(step) for step in steps]).map(list)


PLOTS = st.one_of(
    _plot(STRAY),
    _plot(DECISION),
    _plot(DECISION, DECISION),
    _plot(_outcome(CHARGE), DECISION),
    _plot(DECISION, OPENING),
    _plot(_outcome(CHARGE), _plain("charge withdrawn")),
    _plot(_outcome(CHARGE), COURT, _plain("charge withdrawn")),
    _plot(COURT, _outcome(CHARGE), _plain("charge withdrawn")),
    _plot(_outcome(CHARGE), COURT, _outcome(ALTERNATE), _plain("charge withdrawn")),
    _plot(_plain("transferred")),
    _plot(_plain("transferred"), _plain("transfer acknowledged")),
    _plot(_plain("transferred"), _plain("reopened")),
    _plot(_outcome(SENT_AWAY), _plain("transfer acknowledged")),
    _plot(_plain("closed")),
    _plot(DECISION, _plain("closed"), OPENING),
    _plot(_plain("status unavailable")),
    _plot(_plain("interview"), _plain("status unavailable")),
    _plot(_plain("status unavailable"), _plain("interview")),
)


@st.composite
def histories(draw: Callable[..., Any], agencies: tuple[str, ...] = ("north", "south")) -> Plain:
    """One to four reports, each with up to three crimes, three suspects and eight events."""
    history: Plain = {"report": [], "crime": [], "involvement": [], "event": [], "covered": COVERED}
    names = [f"report {number}" for number in range(1, draw(st.integers(1, 4)) + 1)]
    for name in names:
        history["report"].append(draw(_reports(name, names, agencies)))
        crimes = [f"crime {number}" for number in range(1, draw(st.integers(0, 3)) + 1)]
        suspects = [f"suspect {number}" for number in range(1, draw(st.integers(0, 3)) + 1)]
        history["crime"] += [{"crime_id": crime, "report_id": name} for crime in crimes]
        history["involvement"] += draw(_involved(name, suspects))
        history["event"] += draw(_events(name, [None, None, *crimes], [None, None, *suspects]))
    return history


@st.composite
def _reports(draw: Callable[..., Any], name: str, names: list[str], agencies: tuple[str, ...]) -> Row:
    seldom = st.integers(0, 4).map(lambda number: number == 4)
    others = [other for other in names if other != name]
    return {
        "report_id": name,
        "agency_id": draw(st.sampled_from(agencies)),
        "received_date": draw(st.sampled_from(OFTEN_LONG_AGO)),
        "received_precision": "day",
        "concern": "CSE",
        "duplicate_of": draw(st.sampled_from(others)) if others and draw(seldom) else None,
        "carries_activity": not draw(seldom),
        "vanished": draw(seldom),
    }


@st.composite
def _involved(draw: Callable[..., Any], report: str, suspects: list[str]) -> list[Row]:
    """The suspects, and at times a child, a bystander and a suspect named twice."""
    roles = [(suspect, "suspect") for suspect in suspects]
    roles += draw(
        st.lists(
            st.sampled_from([("child 1", "child"), ("bystander", "other"), ("suspect 1", "other"), *roles[:1]]),
            max_size=2,
        )
    )
    return [{"report_id": report, "person_id": person, "role": role} for person, role in roles]


@st.composite
def _events(draw: Callable[..., Any], report: str, crimes: list[str | None], suspects: list[str | None]) -> list[Row]:
    """Up to eight events: plots, each about one crime and suspect (or none, or one the report lacks), in any order."""
    rows: list[Row] = []
    for steps in draw(st.lists(PLOTS, min_size=draw(st.integers(0, 3)), max_size=MOST_PLOTS)):
        crime = draw(st.sampled_from([*crimes * 3, "crime of another report"]))
        suspect = draw(st.sampled_from([*suspects * 3, "nobody known"]))
        days = sorted(draw(st.lists(st.sampled_from(OFTEN_LONG_AGO), min_size=len(steps), max_size=len(steps))))
        rows += [draw(_event(report, crime, suspect, day, step)) for day, step in zip(days, steps, strict=True)]
    rows = draw(st.permutations(rows[:MOST_EVENTS]))
    return [{**row, "event_id": f"{report} event {number}"} for number, row in enumerate(rows)]


@st.composite
def _event(draw: Callable[..., Any], report: str, crime: str | None, suspect: str | None, day: date, step: Step) -> Row:
    kind, outcome = step
    scheme, code = outcome or (None, None)
    recorded = draw(st.sampled_from([None, None, day, day + timedelta(days=1), AS_AT + timedelta(days=9)]))
    counterpart = draw(st.sampled_from([*COVERED, *ELSEWHERE])) if _may_name_a_body(step) else None
    return {
        "report_id": report,
        "crime_id": crime,
        "person_id": suspect,
        "kind": kind,
        "event_date": day,
        "recorded_date": recorded,
        "outcome_scheme": scheme,
        "outcome_code": code,
        "counterpart": counterpart,
    }


def _may_name_a_body(step: Step) -> bool:
    return step[0] in ("transferred", "transfer acknowledged") or step[1] in (SENT_AWAY, OTHER_FORCE)


def history_in(engine: Backend, plain: Plain, as_at: date) -> History:
    """The plain history as tables of the engine, with every column of the standard."""
    tables = {record.name: rows_of(record, plain[record.name]) for record in (REPORT, CRIME, INVOLVEMENT, EVENT)}
    when = pa.array([as_at] * len(plain["report"]), pa.date32())
    tables[REPORT.name] = tables[REPORT.name].append_column("as_at", when)
    made = {name: engine.create_table(name, rows, temp=True, overwrite=True) for name, rows in tables.items()}
    inside = pa.table({"agency_id": pa.array(plain["covered"], pa.string())})
    covered = engine.create_table("covered", inside, temp=True, overwrite=True)
    return History(made["report"], made["crime"], made["involvement"], made["event"], covered)


def rows_of(record: Table, rows: list[Row]) -> pa.Table:
    """Rows of a record with every column of the standard."""
    schema = pa.schema([(name, TYPES[kind]) for name, kind in record.types.items()])
    return pa.Table.from_pylist([{name: row.get(name) for name in record.columns} for row in rows], schema)
