"""The engine and a plain oracle agree on where every clock stands, for the clocks there are and for made-up ones.

Days are strewn around Christmas, Easter, month ends and the clocks' own limits. Seeds: Hypothesis runs derandomised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine
from onrecord.pathways.clocks import Clock, Facts, clocks, run_clocks
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.records import ASSESSMENT, CRIME, EVENT, REPORT
from onrecord.standard.schema import Table
from tests.generative.clock_oracle import Plain, Ran, run

AS_AT = date(2024, 4, 5)
TYPES = {"string": pa.string(), "int64": pa.int64(), "date": pa.date32(), "boolean": pa.bool_()}
KINDS = ["arrest", "bail", "contact", "file to prosecutor", "advice", "outcome"]
NATIONS = ["England", "England", "England", "Wales", "England and Wales", "England and Wales", "Scotland", None]
BEGINNINGS = [date(2023, 12, 22), date(2024, 1, 31), date(2024, 2, 28), date(2024, 3, 28), AS_AT]
LIMITS = [0, 1, 2, 3, 5, 14, 15, 21, 28, 29, 60, 65, 70]
DAYS = sorted({day + timedelta(sign * days) for day in BEGINNINGS for days in LIMITS for sign in (-1, 1)})
day = st.sampled_from([*DAYS, *[date(1989, 12, 31)] * 5])
seldom_none = st.one_of(st.none(), day, day, day)
ABLE = tuple(clock for clock in clocks() if not clock.lacks)
BASE = next(clock for clock in ABLE if clock.code == "C-CHG-28D")
MADE_UP = (
    replace(BASE, code="M-1", unit="months", limit=1, stop="event.contact"),
    replace(BASE, code="M-3", unit="months", limit=3, start="event.arrest"),
    replace(BASE, code="P-CD", limit=14, start="event.arrest", stop="event.outcome", pause="event.bail..advice"),
    replace(BASE, code="P-WD", limit=5, unit="working days", start="event.arrest", stop="event.outcome",
            pause="event.bail..advice"),
    replace(ABLE[0], code="M-2", unit="months", limit=2, waived_by="assessment.conference_not_required"),
    replace(next(clock for clock in ABLE if clock.unit == "hours"), code="H-36", limit=36),
    replace(BASE, code="OLD", valid_from=date(2024, 2, 1), valid_to=date(2024, 2, 29)),
)  # fmt: skip


@st.composite
def facts(draw: Callable[..., Any]) -> Plain:
    """One agency or two, up to three reports with a crime each, six events, four assessments."""
    agencies = [
        {
            "agency_id": name,
            "country": draw(st.sampled_from(NATIONS)),
            "as_at": AS_AT,
            "covered_to": draw(st.sampled_from([None, AS_AT, AS_AT - timedelta(days=9)])),
        }
        for name in ("north", "south")
    ]
    named = st.sampled_from(["north", "south", "nowhere"])
    reports = [f"report {number}" for number in range(draw(st.integers(1, 3)))]
    received = [
        {
            "report_id": name,
            "agency_id": draw(named),
            "received_date": draw(day),
            "received_time": draw(st.sampled_from([None, "00:00", "10:30", "23:59"])),
            "received_precision": draw(st.sampled_from(["day", "day", "month"])),
        }
        for name in reports
    ]
    return {
        "agency": agencies,
        "report": received,
        "crime": [
            {"crime_id": "crime", "report_id": report["report_id"], "recorded_date": draw(_recorded(report))}
            for report in received
        ],
        "event": [
            {
                "event_id": f"event {number}",
                "report_id": draw(st.sampled_from(reports)),
                "agency_id": draw(st.sampled_from([None, "south"])),
                "kind": draw(st.sampled_from(KINDS)),
                "event_date": draw(day),
            }
            for number in range(draw(st.integers(0, 6)))
        ],
        "assessment": [
            {
                "assessment_id": f"assessment {number}",
                "report_id": draw(st.sampled_from([None, *reports])),
                "agency_id": draw(named),
                "referral_date": draw(seldom_none),
                "start_date": draw(seldom_none),
                "end_date": draw(seldom_none),
                "section_47_date": draw(seldom_none),
                "conference_date": draw(seldom_none),
                "conference_not_required": draw(st.sampled_from([None, False, True])),
            }
            for number in range(draw(st.integers(0, 4)))
        ],
    }


def _recorded(report: dict[str, Any]) -> st.SearchStrategy[date | None]:
    """Often a few days after the receipt: hours matter there."""
    soon = st.integers(0, 4).map(lambda days: report["received_date"] + timedelta(days))
    return st.one_of(soon, soon, seldom_none)


@pytest.fixture(scope="module")
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


def facts_in(engine: Backend, plain: Plain) -> Facts:
    """The plain rows as tables of the engine, with every column of the standard."""
    made = {
        record.name: engine.create_table(record.name, _rows_of(record, plain), temp=True, overwrite=True)
        for record in (REPORT, CRIME, ASSESSMENT, EVENT)
    }
    schema = pa.schema(
        [("agency_id", pa.string()), ("country", pa.string()), ("as_at", pa.date32()), ("covered_to", pa.date32())]
    )
    agency = engine.create_table("agency", pa.Table.from_pylist(plain["agency"], schema), temp=True, overwrite=True)
    return Facts(agency, made["report"], made["crime"], made["assessment"], made["event"])


def _rows_of(record: Table, plain: Plain) -> pa.Table:
    schema = pa.schema([(name, TYPES[kind]) for name, kind in record.types.items()])
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in record.columns} for row in plain[record.name]], schema
    )


def by_engine(engine: Backend, plain: Plain, chosen: tuple[Clock, ...]) -> dict[tuple[str, str | None, str], Ran]:
    found = {}
    for row in engine.to_pyarrow(run_clocks(facts_in(engine, plain), chosen)).to_pylist():
        ran = Ran(row["because"], row["due"], row["elapsed"])
        assert (row["holding"], row["state"]) == (1, ran.state), row
        found[row["clock"], row["report_id"], row["thing_id"]] = ran
    return found


def by_oracle(plain: Plain, chosen: tuple[Clock, ...]) -> dict[tuple[str, str | None, str], Ran]:
    return {(clock.code, *key): ran for clock in chosen for key, ran in run(clock, plain).items()}


made_up = hypothesis_settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
IDS = {"agency_id", "report_id", "crime_id", "event_id", "assessment_id"}


@pytest.fixture(scope="module")
def many() -> Plain:
    """Hundreds of made-up stores in one, each named apart from all others: the engine is slow to start."""
    together: Plain = {name: [] for name in ("agency", "report", "crime", "event", "assessment")}
    number = iter(range(10_000))

    @hypothesis_settings(made_up, max_examples=400)
    @given(facts())
    def collect(plain: Plain) -> None:
        town = f"town {next(number)}, "
        for name, rows in plain.items():
            together[name] += [
                {key: town + value if key in IDS and value else value for key, value in row.items()} for row in rows
            ]

    collect()
    return together


def test_engine_and_oracle_agree(engine: Backend, many: Plain) -> None:
    chosen = (*ABLE, *MADE_UP)
    found, expected = by_engine(engine, many, chosen), by_oracle(many, chosen)
    differ = [
        (key, found.get(key), expected.get(key))
        for key in found.keys() | expected
        if found.get(key) != expected.get(key)
    ]
    assert not differ, f"{len(differ):,} differ, for instance {differ[:3]}"
    # Else agreement would prove little.
    assert {ran.because for ran in expected.values()} == set(codelists.labels("clock_states"))


def test_a_clock_without_things_has_no_rows(engine: Backend) -> None:
    """A source that lacks the records has nothing to time, and an unknown way is none."""
    agency = facts_in(engine, {name: [] for name in ("agency", "report", "crime", "event", "assessment")}).agency
    assert engine.to_pyarrow(run_clocks(Facts(agency), ABLE)).num_rows == 0
