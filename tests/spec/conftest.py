"""The one call of a spec: follow a story to where its reports stand, by the engine and by the plain oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine, table_of
from onrecord.figures import Figures
from onrecord.incidence.curves import curves
from onrecord.incidence.estimates import estimates
from onrecord.measures.attrition import attrition
from onrecord.measures.cohorts import counted as counted_durations
from onrecord.measures.completeness import completeness
from onrecord.measures.cuts import Cut
from onrecord.measures.flow import flow
from onrecord.measures.ledger import ledger, ledger_of_people
from onrecord.measures.operations import operations
from onrecord.measures.outcomes_by_time import Shares, cohorts
from onrecord.measures.protective_actions import protective_actions
from onrecord.measures.safeguarding import safeguarding
from onrecord.measures.timeliness import timeliness
from onrecord.pathways.history import History
from onrecord.pathways.latest import asked_for
from onrecord.pathways.safeguarding import within_senders
from onrecord.pathways.standings import report_places, report_standings
from onrecord.pathways.subjects import PEOPLE, naming_none, places_of_people
from onrecord.pathways.transfers import with_transfers
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.periods import parse_period
from onrecord.standard.records import table_named
from tests.generative.histories import history_in, rows_of
from tests.generative.oracle import Plain, Stands, stand
from tests.spec.drawn import INSIDE, Answer, Follow, answer, beside_reports, day, history, table


@pytest.fixture(scope="session")
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


@pytest.fixture(params=["engine", "oracle"])
def follow(request: pytest.FixtureRequest) -> Follow:
    """Where the reports of a story stand at a day."""

    def followed(story: str, as_at: str, crimes: str = "", suspects: str = "", window_days: int = 90) -> Answer:
        made = history(story, crimes, suspects)
        if request.param == "oracle":
            return answer(stand(made, window_days, day(as_at)))
        return answer(_by_engine(request.getfixturevalue("engine"), made, as_at, window_days))

    return followed


def _by_engine(engine: Backend, made: Plain, as_at: str, window_days: int) -> dict[str, Stands]:
    found = report_standings(history_in(engine, made, day(as_at)), window_days).to_pyarrow().to_pylist()
    assert not any(row["misplaced"] for row in found)
    return {row["report_id"]: Stands(_standing(row), row["reason"], row["has_open_lines"]) for row in found}


def _standing(row: dict[str, bool]) -> str:
    return " and ".join(key for key in codelists.standing_keys() if row[f"is_{key}"])


@pytest.fixture
def measured(engine: Backend) -> Follow:
    """A measure of a story's reports at a day."""

    def counted(
        name: str,
        story: str,
        as_at: str,
        by: str = "nation",
        unit: str = "report",
        period: str | None = "2014",
        people: str = "",
        named: str = "",
        assessments: str = "",
        **listed: str,
    ) -> Answer:
        made = history_in(engine, history(story, **listed), day(as_at))
        made = replace(made, report=made.report.mutate(sender=ibis.literal(SENDER)))
        within = parse_period(period) if period else None
        cut = Cut(by, agencies_of(made, as_at), "2014-07-01", unit, within)
        drawn = beside_reports(people, named, assessments)
        beside = {record: drawn_rows(engine, record, rows) for record, rows in drawn.items()}
        rows = MEASURES[name](made, cut, beside).rows()
        return Answer([{key: _in_a_drawing(value) for key, value in row.items()} for row in rows])

    return counted


SENDER = "one sender"


def drawn_rows(engine: Backend, record: str, rows: list[dict[str, Any]]) -> ir.Table:
    """Rows of a record that belongs to no one report, of one sender but where they say of whom."""
    senders = pa.array([row.get("sender") or SENDER for row in rows], pa.string())
    made = rows_of(table_named(record), rows).append_column("sender", senders)
    return engine.create_table(record, made, temp=True, overwrite=True)


def _safeguarding(made: History, cut: Cut, beside: dict[str, ir.Table]) -> Figures:
    """The senders of assessments are those of the drawn ones."""
    known = within_senders(made, beside["assessment"], beside["assessment"].select("sender"))
    return safeguarding(known, asked_for(made.report, cut.period, None), cut, 90)


MEASURES: dict[str, Callable[[History, Cut, dict[str, ir.Table]], Figures | Shares]] = {
    "attrition": lambda made, cut, _: attrition(made, cut),
    "cohorts": lambda made, cut, _: cohorts(made, cut, 90, (10.0, 90.0), minimum=1),
    "timeliness": lambda made, cut, _: timeliness(made, cut, 90),
    "flow": lambda made, cut, _: flow(made, cut, 90),
    "protective actions": lambda made, cut, _: protective_actions(made, cut),
    "completeness": lambda made, cut, beside: completeness(made, beside["person"], cut),
    "safeguarding": _safeguarding,
    "operations": lambda made, cut, beside: operations(made, beside["operation"], beside["operation_report"], cut),
}


def agencies_of(made: History, as_at: str) -> list[dict[str, Any]]:
    """The agencies of a story, with all that figures need of them."""
    sent = {"as_at": day(as_at), "months": {}, "declared": parse_period("2014")}
    ids = made.report.agency_id.to_pyarrow().unique().to_pylist()
    own = ("area", "area_code", "agency", "agency_id")
    return [{"nation": "Everywhere", "level": "agency"} | dict.fromkeys(own, key) | sent for key in sorted(ids)]


@pytest.fixture
def count(engine: Backend) -> Follow:
    """The ledger of a story's reports at a day, by nation or by month."""

    def counted(
        story: str, as_at: str, by: str = "nation", unit: str = "report", period: str | None = None, **listed: str
    ) -> Answer:
        made = history_in(engine, history(story, **listed), day(as_at))
        within = parse_period(period) if period else None
        if unit in PEOPLE:
            return _of_people(made, Cut(by, agencies_of(made, as_at), "2014-07-01", unit, within))
        made = with_transfers(made, table_of([{"agency_id": name, "nation": "Everywhere"} for name in INSIDE]))
        places = report_places(made, 90)
        repeats = made.report.filter(made.report.duplicate_of.notnull(), made.report.received_date <= made.report.as_at)
        rows = ledger(places, repeats, agencies_of(made, as_at), by, "2014-07-01", "report", within).rows()
        return Answer([{name: str(value) for name, value in row.items()} for row in rows])

    return counted


def _of_people(made: History, cut: Cut) -> Answer:
    made = replace(made, report=made.report.mutate(sender=ibis.literal("one sender")))
    rows = ledger_of_people(places_of_people(made, cut.unit, 90), naming_none(made, cut.unit), cut).rows()
    return Answer([{name: str(value) for name, value in row.items()} for row in rows])


@pytest.fixture
def cohort(engine: Backend) -> Follow:
    """What had become of the cases of a drawn table by each time: shares rounded to four decimals."""

    def followed(story: str, at: str, minimum: int = 1) -> Answer:
        cases = [
            {
                "group": row.get("group") or "all",
                "entry": float(row["entry"]) if row.get("entry") else None,
                "exit": float(row["exit"]),
                "outcome": row["outcome"] or None,
            }
            for row in table(story)
        ]
        rows = table_of(cases).cast({"entry": "float64", "outcome": "string"})
        found = estimates(curves(counted_durations(rows, ["group"]), minimum), [float(time) for time in at.split(",")])
        return Answer([{name: _in_a_drawing(value) for name, value in row.items()} for row in found.rows()])

    return followed


def _in_a_drawing(value: object) -> str:
    return "" if value is None else str(round(value, 4)) if isinstance(value, float) else str(value)
