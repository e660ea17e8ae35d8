"""How held rows move a ledger: the shortcut through the touched reports agrees with two whole ledgers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from onrecord.engine import Engine, open_engine
from onrecord.measures.effect import DUPLICATES, FOLLOWED, NEEDED, RECEIVED, effect_of_held
from onrecord.pathways.history import History
from onrecord.pathways.standings import report_standings
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.records import table_named

AS_AT, WINDOW, RETURNS = date(2024, 12, 31), 90, 8
KINDS = [row["kind"] for row in codelists.load("event_kinds")]
TYPES = {"string": pa.string(), "date": pa.date32(), "boolean": pa.bool_(), "int64": pa.int64()}
Made = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine(Settings(threads=2)) as opened:
        yield opened


def _day(chance: random.Random) -> date:
    return AS_AT - timedelta(chance.randrange(-20, 400))


def _made(chance: random.Random, strangers: bool) -> Made:
    """Rows of which some have two with one key, some name no report; each with whether it is held."""
    reports = [f"R{number}" for number in range(chance.randrange(3, 25))]
    agencies = ["A", "B", "C"] if strangers else ["A"]

    def about() -> str | None:
        return chance.choice(reports) if chance.random() < 0.97 else None

    made: Made = {
        "report": [
            {"report_id": each, "agency_id": chance.choice(agencies), "received_date": _day(chance),
             "duplicate_of": chance.choice([None] * 9 + reports[:1]), "carries_activity": chance.random() < 0.9,
             "vanished": chance.random() < 0.1}
            for each in [*reports, *chance.sample(reports, 2)]
        ],
        "crime": [{"report_id": about(), "crime_id": f"C{chance.randrange(20)}"} for _ in range(chance.randrange(12))],
        "involvement": [
            {"report_id": about(), "person_id": f"P{chance.randrange(9)}", "role": chance.choice(["suspect", "child"])}
            for _ in range(chance.randrange(12))
        ],
        "event": [
            {"event_id": f"E{chance.randrange(200)}", "report_id": about(),
             "crime_id": chance.choice([None, None, f"C{chance.randrange(20)}"]), "person_id": None,
             "kind": chance.choice(KINDS), "event_date": chance.choice([None, *[_day(chance)] * 9]),
             "recorded_date": None, "outcome_scheme": "home-office", "outcome_code": chance.choice(["1", "2", "5"]),
             "counterpart": chance.choice([None, *agencies, "Z"])}
            for _ in range(chance.randrange(80))
        ],
    }  # fmt: skip
    for name, rows in made.items():
        for number, row in enumerate(rows):
            row["row"], row["held"] = number, chance.random() < 0.1
        _hold_what_must_be_held(name, rows)
    gone = {row["report_id"] for row in made["report"] if row["held"]}
    for rows in made.values():
        for row in rows:
            row["held"] = row["held"] or row["report_id"] in gone
    return made


def _hold_what_must_be_held(name: str, rows: list[dict[str, Any]]) -> None:
    """As the rules do: a row without what is needed, and every row of those with one key."""
    keys = [tuple(row[column] for column in table_named(name).key) for row in rows]
    for row, key in zip(rows, keys, strict=True):
        lacks = any(row[column] is None for column in NEEDED[name])
        row["held"] = row["held"] or lacks or keys.count(key) > 1


def _table(engine: Engine, name: str, rows: list[dict[str, Any]]) -> ir.Table:
    types = {"row": "int64", **{column: table_named(name).types[column] for column in FOLLOWED[name]}}
    columns = {column: pa.array([row[column] for row in rows], TYPES[kind]) for column, kind in types.items()}
    return ibis.memtable(pa.table(columns))


def _whole_ledger(engine: Engine, made: Made) -> dict[str, int]:
    """The ledger of rows as they stand: of two with one key the first, none without what is needed."""
    tables = {}
    for name, rows in made.items():
        first: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            if all(row[column] is not None for column in NEEDED[name]):
                first.setdefault(tuple(row[column] for column in table_named(name).key), row)
        tables[name] = _table(engine, name, list(first.values())).drop("row")
    report = tables["report"].mutate(as_at=ibis.literal(AS_AT))
    inside = report.select("agency_id").distinct()
    history = History(report, tables["crime"], tables["involvement"], tables["event"], inside)
    found = report_standings(history, WINDOW).to_pyarrow().to_pylist()
    counted = {key: sum(row[f"is_{key}"] for row in found) for key in codelists.standing_keys()}
    repeats = report.filter(report.duplicate_of.notnull(), report.received_date <= report.as_at)
    return {
        RECEIVED: len(found),
        **counted,
        DUPLICATES: int(repeats.count().to_pyarrow().as_py()),
    }


@pytest.mark.parametrize("strangers", [False, True], ids=["one agency", "agencies that only held reports name"])
def test_the_shortcut_agrees_with_two_whole_ledgers(engine: Engine, strangers: bool) -> None:
    chance = random.Random(f"effect {strangers}")
    moved = 0
    for _ in range(RETURNS):
        made = _made(chance, strangers)
        held: Mapping[str, ir.Table] = {
            name: ibis.memtable(pa.table({"row": pa.array([row["row"] for row in rows if row["held"]], pa.int64())}))
            for name, rows in made.items()
            if any(row["held"] for row in rows)
        }
        if not held:
            continue
        accepted = {name: [row for row in rows if not row["held"]] for name, rows in made.items()}
        sent = {name: _table(engine, name, rows) for name, rows in made.items()}
        reports = _table(engine, "report", accepted["report"])
        without, with_held = _whole_ledger(engine, accepted), _whole_ledger(engine, made)
        expected = {line: (count, with_held[line]) for line, count in without.items() if count != with_held[line]}
        assert effect_of_held(sent, held, reports, AS_AT, WINDOW) == expected
        moved += len(expected)
    assert moved > RETURNS
