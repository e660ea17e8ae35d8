"""The safeguarding strand: engine and plain oracle agree on made-up histories, and the standing of children too.

Seeds: Hypothesis runs derandomised, so the examples are fixed by the tests' own source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine
from onrecord.pathways.history import History
from onrecord.pathways.safeguarding import Help, reasons, report_standings, standing_keys, unmatched, within_senders
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.records import ASSESSMENT, EVENT, INVOLVEMENT, REPORT
from onrecord.standard.schema import Table
from tests.generative.oracle import Stands
from tests.generative.safeguarding_oracle import Plain, stand

AS_AT, WINDOW = date(2024, 6, 30), 90
TYPES = {"string": pa.string(), "int64": pa.int64(), "date": pa.date32(), "boolean": pa.bool_()}
DAYS = [AS_AT - timedelta(days) for days in (300, 200, 150, 120, 92, 91, 90, 89, 30, 1, 0, -1)]
day = st.sampled_from([*DAYS[:6] * 2, *DAYS])
often_none = st.one_of(st.none(), st.none(), st.none(), day)
CLOSINGS = ["RC8", "RC2", "unknown", None, "RC1", "RC5", "RC7", "RC9"]
KINDS = ["received", "contact", "strategy discussion", "referral", "referral closed", "help given", "referred on"]
PEOPLE = ["Ada", "Bea"]
QUIET = ("referral_no_further_action", "section_47_date", "need_plan_start", "protection_plan_start")


@st.composite
def histories(draw: Callable[..., Any]) -> Plain:
    """One to three reports with up to two children, four assessments and four events."""
    names = [f"report {number}" for number in range(draw(st.integers(1, 3)))]
    reports = [
        {
            "report_id": name,
            "agency_id": "north",
            "received_date": draw(day),
            "duplicate_of": draw(st.sampled_from([None] * 5 + [names[0]])) if name != names[0] else None,
            "vanished": draw(st.sampled_from([None, False, False, True])),
            "carries_safeguarding": draw(st.sampled_from([None, True, True, True, False])),
        }
        for name in names
    ]
    involved = [
        {"report_id": name, "person_id": person, "role": draw(st.sampled_from(["child", "child", "child", "suspect"]))}
        for name in names
        for person in draw(st.sampled_from([PEOPLE[:1], PEOPLE, PEOPLE, PEOPLE[1:], []]))
    ]
    return {
        "report": reports,
        "involvement": involved,
        "assessment": [draw(_assessment(number, names)) for number in range(draw(st.integers(1, 3)))],
        "event": [
            {
                "event_id": f"event {number}",
                "report_id": draw(st.sampled_from(names)),
                "person_id": draw(st.sampled_from([None, None, *PEOPLE])),
                "kind": draw(st.sampled_from(KINDS)),
                "event_date": draw(day),
            }
            for number in range(draw(st.sampled_from([0, 0, 0, 1, 2, 4])))
        ],
    }


@st.composite
def _assessment(draw: Callable[..., Any], number: int, reports: list[str]) -> dict[str, Any]:
    # Half of them run a plain course: begun, perhaps ended, perhaps closed, and no plan.
    course: dict[str, Any] = {"start_date": draw(st.sampled_from(DAYS[:3])), "end_date": None, "closed_date": None}
    if draw(st.booleans()):
        course["end_date"] = draw(st.sampled_from(DAYS[2:5]))
    if draw(st.booleans()):
        course |= {"closed_date": draw(st.sampled_from(DAYS[2:6])), "closed_reason": draw(st.sampled_from(CLOSINGS))}
    quiet = dict.fromkeys(QUIET) | course if draw(st.booleans()) else {}
    return {
        "assessment_id": f"assessment {number}",
        "agency_id": "council",
        "person_id": draw(st.sampled_from(PEOPLE)),
        "report_id": draw(st.sampled_from([None, *reports])),
        "referral_date": draw(st.one_of(st.none(), day)),
        "referral_no_further_action": draw(st.sampled_from([None, False, False, True])),
        "start_date": draw(st.one_of(st.none(), day, day)),
        "end_date": draw(st.one_of(st.none(), day)),
        "section_47_date": draw(often_none),
        "conference_date": draw(often_none),
        "need_plan_start": draw(often_none),
        "need_plan_end": draw(often_none),
        "protection_plan_start": draw(often_none),
        "protection_plan_end": draw(often_none),
        "closed_date": draw(st.one_of(st.none(), day)),
        "closed_reason": draw(st.sampled_from(CLOSINGS)),
        **quiet,
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


def known_in(engine: Backend, plain: Plain) -> Help:
    """The plain rows as tables of the engine, with every column of the standard."""
    tables = {record.name: _rows_of(record, plain[record.name]) for record in (REPORT, INVOLVEMENT, ASSESSMENT, EVENT)}
    reports = plain["report"]
    carries = pa.array([row.get("carries_safeguarding") for row in reports], pa.bool_())
    tables["report"] = (
        tables["report"]
        .append_column("as_at", pa.array([AS_AT] * len(reports), pa.date32()))
        .append_column("carries_safeguarding", carries)
    )
    made = {name: engine.create_table(name, rows, temp=True, overwrite=True) for name, rows in tables.items()}
    return Help(**made)


def _rows_of(record: Table, rows: list[dict[str, Any]]) -> pa.Table:
    schema = pa.schema([(name, TYPES[kind]) for name, kind in record.types.items()])
    return pa.Table.from_pylist([{name: row.get(name) for name in record.columns} for row in rows], schema)


def by_engine(engine: Backend, plain: Plain) -> dict[str, Stands]:
    found = {}
    for row in engine.to_pyarrow(report_standings(known_in(engine, plain), WINDOW)).to_pylist():
        assert not row["misplaced"], row
        [standing] = [key for key in standing_keys() if row[f"is_{key}"]]
        found[row["report_id"]] = Stands(standing, row["reason"], row["has_open_lines"])
    return found


made_up = hypothesis_settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
IDS = {"agency_id", "report_id", "event_id", "assessment_id", "person_id", "duplicate_of"}


@pytest.fixture(scope="module")
def many() -> Plain:
    """Many made-up histories in one, each named apart from all others: the engine is slow to start."""
    together: Plain = {name: [] for name in ("report", "involvement", "assessment", "event")}
    number = iter(range(10_000))

    @hypothesis_settings(made_up, max_examples=500)
    @given(histories())
    def collect(plain: Plain) -> None:
        town = f"town {next(number)}, "
        for name, rows in plain.items():
            together[name] += [
                {key: town + value if key in IDS and value else value for key, value in row.items()} for row in rows
            ]

    collect()
    return together


def oracle_of(many: Plain) -> dict[str, Stands]:
    """The oracle's answer, a town at a time: it looks at every row for every report."""
    towns: dict[str, Plain] = {}
    for name, rows in many.items():
        for row in rows:
            town = towns.setdefault((row["report_id"] or row["assessment_id"]).split(",")[0], {key: [] for key in many})
            town[name].append(row)
    return {report: place for own in towns.values() for report, place in stand(own, WINDOW, AS_AT).items()}


def test_engine_and_oracle_agree(engine: Backend, many: Plain) -> None:
    found, expected = by_engine(engine, many), oracle_of(many)
    differ = [key for key in found.keys() | expected if found.get(key) != expected.get(key)]
    assert not differ, _story(many, differ, found, expected)
    # Else agreement would prove little.
    assert {place.standing for place in expected.values()} == set(standing_keys())
    assert {place.reason for place in expected.values()} == {None, *reasons()}
    assert any(place.has_open_lines for place in expected.values())


def _story(many: Plain, differ: list[str], found: dict[str, Stands], expected: dict[str, Stands]) -> str:
    report = min(differ, key=lambda name: sum(name.split(",")[0] + "," in str(row) for row in many["assessment"]))
    rows = "\n".join(str(row) for own in many.values() for row in own if report.split(",")[0] + "," in str(row))
    return f"{len(differ):,} differ; {report}: engine {found.get(report)}, oracle {expected.get(report)}\n{rows}"


def test_unmatched_assessments_are_those_that_the_plain_rule_finds(engine: Backend, many: Plain) -> None:
    """They name a report that counts, by its day, and a child who is none of the children that it has."""
    children = _children_of(many)
    counts = {row["report_id"] for row in many["report"] if row["received_date"] <= AS_AT and not row["duplicate_of"]}
    expected = [
        row["report_id"]
        for row in many["assessment"]
        if row["report_id"] in counts
        and (began := row["referral_date"] or row["start_date"]) is not None
        and began <= AS_AT
        and children.get(row["report_id"])
        and row["person_id"] not in children[row["report_id"]]
    ]
    found = engine.to_pyarrow(unmatched(known_in(engine, many))).column("report_id").to_pylist()
    assert sorted(found) == sorted(expected)
    assert 0 < len(expected) < len(many["assessment"])


def test_within_senders_nobody_is_taken_for_another(engine: Backend, many: Plain) -> None:
    """People go by sender and pseudonym; a sender covers its reports, an assessment a report that names no child."""
    sends = {row["report_id"]: ("police", "council")[place % 2] for place, row in enumerate(many["report"])}
    assesses = {
        row["assessment_id"]: ("council", "another")[place % 3 == 0] for place, row in enumerate(many["assessment"])
    }
    known = known_in(engine, many)
    of_report = _words(engine, "of_report", sends, "report_id")
    report = known.report.drop("carries_safeguarding").inner_join(of_report, "report_id")
    assert known.assessment is not None
    assessment = known.assessment.inner_join(_words(engine, "of_case", assesses, "assessment_id"), "assessment_id")
    carrying = engine.create_table("carrying", pa.table({"sender": ["council"]}), temp=True, overwrite=True)
    assert known.event is not None
    made = within_senders(History(report, None, known.involvement, known.event), assessment, carrying)
    children = _children_of(many)
    spoken_of = {row["report_id"] for row in many["assessment"]}
    covered = {name: sends[name] == "council" or (name in spoken_of and name not in children) for name in sends}
    assert _pairs(engine, made.report, "report_id", "carries_safeguarding") == sorted(covered.items())
    assert _pairs(engine, made.involvement, "report_id", "person_id") == sorted(
        {(name, f"{sends[name]}/{child}") for name, named in children.items() for child in named}
    )
    assert _pairs(engine, made.assessment, "assessment_id", "person_id") == sorted(
        (row["assessment_id"], f"{assesses[row['assessment_id']]}/{row['person_id']}") for row in many["assessment"]
    )
    assert set(covered.values()) == {True, False}


def _children_of(many: Plain) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in many["involvement"]:
        if row["role"] == "child":
            found.setdefault(row["report_id"], set()).add(row["person_id"])
    return found


def _words(engine: Backend, name: str, senders: dict[str, str], key: str) -> ir.Table:
    rows = pa.table({key: list(senders), "sender": list(senders.values())})
    return engine.create_table(name, rows, temp=True, overwrite=True)


def _pairs(engine: Backend, table: ir.Table | None, *names: str) -> list[tuple[Any, ...]]:
    assert table is not None
    return sorted(tuple(row.values()) for row in engine.to_pyarrow(table.select(*names)).to_pylist())


def test_a_source_may_lack_all_but_reports(engine: Backend) -> None:
    plain: Plain = {
        "report": [{"report_id": "r", "received_date": AS_AT}],
        "involvement": [],
        "assessment": [],
        "event": [],
    }
    (row,) = engine.to_pyarrow(report_standings(Help(known_in(engine, plain).report), WINDOW)).to_pylist()
    assert (row["is_live"], row["misplaced"]) == (True, False)


def test_the_list_of_steps_names_what_there_is() -> None:
    """Fields of assessment, kinds of events, standings; every safeguarding kind and closing reason has its step."""
    steps = codelists.load("safeguarding_steps")
    fields = {name for row in steps if row["record"] == "assessment" for name in (row["field"], row["value_field"])}
    assert fields - {""} <= set(ASSESSMENT.columns)
    kinds = {row["value"] for row in steps if row["record"] == "event"}
    assert kinds <= set(codelists.codes("event_kinds"))
    own = {row["kind"] for row in codelists.load("event_kinds") if row["strand"] == "safeguarding"}
    assert own <= kinds
    assert {row["value"] for row in steps if row["value_field"] == "closed_reason"} == set(
        codelists.codes("closure_reasons")
    )
    assert {row["standing"] for row in steps} - {""} <= set(standing_keys())
    assert {row["merge_1"] for row in codelists.load("safeguarding_standings")} | {"settled"} == set(
        codelists.labels("merged_safeguarding")
    )
