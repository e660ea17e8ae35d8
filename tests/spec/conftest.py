"""The one call of a spec: follow a story to where its reports stand, by the engine and by the plain oracle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine, table_of
from onrecord.incidence.curves import curves
from onrecord.incidence.estimates import estimates
from onrecord.measures.cohorts import counted as counted_durations
from onrecord.measures.ledger import ledger
from onrecord.pathways.standings import report_standings
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.periods import parse_period
from tests.generative.histories import history_in
from tests.generative.oracle import Plain, Stands, stand
from tests.spec.drawn import Answer, Follow, answer, day, history, table


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
def count(engine: Backend) -> Follow:
    """The ledger of a story's reports at a day, by nation or by month."""

    def counted(story: str, as_at: str, by: str = "nation", suspects: str = "") -> Answer:
        made = history_in(engine, history(story, suspects=suspects), day(as_at))
        standing = report_standings(made, 90)
        repeats = made.report.filter(made.report.duplicate_of.notnull(), made.report.received_date <= made.report.as_at)
        named = ("nation", "area", "area_code", "agency", "level")
        sent = {"as_at": day(as_at), "months": {}, "declared": parse_period("2014")}
        ids = made.report.agency_id.to_pyarrow().unique().to_pylist()
        agencies = [dict.fromkeys(named, "Everywhere") | {"agency_id": key} | sent for key in ids]
        rows = ledger(standing, repeats, agencies, by, "2014-07-01", "report").rows()
        return Answer([{name: str(value) for name, value in row.items()} for row in rows])

    return counted


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
