"""The engine and the plain oracle agree on made-up histories, and every ledger made from them balances.

Seeds: Hypothesis runs derandomised, so the examples are fixed by the tests' own source.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine
from onrecord.measures.cuts import BY
from onrecord.measures.ledger import ledger
from onrecord.pathways.history import History
from onrecord.pathways.standings import report_places, report_standings
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.periods import parse_period
from tests.generative.histories import AS_AT, MONTH_ENDS, histories, history_in
from tests.generative.oracle import Plain, Row, Stands, stand

WINDOW = 90
ROWS = ("report", "crime", "involvement", "event")
PLACES = {
    "north": ("Northland", "North", "N1"),
    "south": ("Northland", "South", "S1"),
    "isle": ("The Isle", "Isle", "I1"),
}
made_up = hypothesis_settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


def judge(history: History, window_days: int) -> dict[str, Stands]:
    """The engine's answer in the oracle's words."""
    rows = report_standings(history, window_days).to_pyarrow().to_pylist()
    return {row["report_id"]: _stands(row) for row in rows}


def _stands(row: Row) -> Stands:
    assert not row["misplaced"]
    [standing] = [key for key in codelists.standing_keys() if row[f"is_{key}"]]
    return Stands(standing, row["reason"], row["has_open_lines"])


@hypothesis_settings(made_up, max_examples=60)
@given(histories(), st.sampled_from([WINDOW, 30]), st.sampled_from([AS_AT, MONTH_ENDS[-2]]))
def test_engine_and_oracle_agree(engine: Backend, made: Plain, window_days: int, as_at: date) -> None:
    expected = stand(made, window_days, as_at)
    assert judge(history_in(engine, made, as_at), window_days) == expected


@pytest.fixture(scope="module")
def many() -> dict[str, Plain]:
    """Report id to its own history, for thousands of reports, each named apart from all others."""
    apart: dict[str, Plain] = {}
    number = iter(range(10_000))

    @hypothesis_settings(made_up, max_examples=1_500)
    @given(histories())
    def collect(made: Plain) -> None:
        town = f"town {next(number)}, "
        for name in ROWS:
            for row in made[name]:
                own = apart.setdefault(
                    town + row["report_id"], {table: [] for table in ROWS} | {"covered": made["covered"]}
                )
                own[name].append(_renamed(row, town))

    collect()
    return apart


def _renamed(row: Row, town: str) -> Row:
    return {
        name: town + value if value and name in ("report_id", "event_id", "duplicate_of") else value
        for name, value in row.items()
    }


def test_engine_and_oracle_agree_on_thousands_at_once(engine: Backend, many: dict[str, Plain]) -> None:
    """What can be shrunk is few; this is many, in one table, where reports could disturb each other."""
    expected = {name: place for own in many.values() for name, place in stand(own, WINDOW, AS_AT).items()}
    together = {name: [row for own in many.values() for row in own[name]] for name in ROWS}
    covered = next(iter(many.values()))["covered"]
    found = judge(history_in(engine, together | {"covered": covered}, AS_AT), WINDOW)
    assert found.keys() == expected.keys()
    differ = {name: (found[name], expected[name]) for name in found if found[name] != expected[name]}
    assert not differ, _told(differ, many)


def _told(differ: dict[str, tuple[Stands, Stands]], many: dict[str, Plain]) -> str:
    """The shortest of the histories on which the two differ, in full; and how many do."""
    shortest = min(differ, key=lambda name: sum(len(many[name][table]) for table in ROWS))
    found, expected = differ[shortest]
    story = "\n".join(str(row) for table in ROWS for row in many[shortest][table])
    return f"{len(differ):,} differ; on {shortest} the engine says {found}, the oracle {expected}:\n{story}"


def test_made_up_histories_reach_every_place(many: dict[str, Plain]) -> None:
    """Else agreement would prove little."""
    reached = [place for own in many.values() for place in stand(own, WINDOW, AS_AT).values()]
    assert {place.standing for place in reached} == set(codelists.standing_keys())
    assert {place.reason for place in reached} == {None, *(key for key, _ in codelists.reasons())}
    assert {place.standing for place in reached if place.has_open_lines} == {
        "prosecuted",
        "out_of_court",
        "diverted",
    }


AGENCIES = [
    {
        "agency_id": agency_id,
        "agency": f"{area} Police",
        "nation": nation,
        "area": area,
        "area_code": code,
        "level": "agency",
        "months": {},
        "as_at": AS_AT,
        "declared": parse_period("2014"),
    }
    for agency_id, (nation, area, code) in PLACES.items()
]


@hypothesis_settings(made_up, max_examples=20)
@given(histories(agencies=tuple(PLACES)), st.sampled_from(list(BY)))
def test_every_ledger_counts_what_the_oracle_counts(engine: Backend, made: Plain, by: str) -> None:
    history = history_in(engine, made, AS_AT)
    report = history.report
    places = report_places(history, WINDOW)
    duplicate = report.filter(report.duplicate_of.notnull(), report.received_date <= report.as_at)
    rows = ledger(places, duplicate, AGENCIES, by, "2014-07-01T00:00:00+00:00", "report").rows()
    for row in rows:
        assert row["received"] == sum(row[key] for key in codelists.standing_keys())
        assert row["unaccounted"] == sum(row[f"because_{key}"] for key, _ in codelists.reasons())
    assert {tuple(row[key] for key in BY[by]): _counts_of(row) for row in rows} == _counted_plainly(made, by)


def _counts_of(row: dict[str, Any]) -> dict[str, int]:
    """What a ledger's row counts, without its zeros."""
    wanted = [
        "received",
        "duplicates",
        "still_open",
        *codelists.standing_keys(),
        *(f"because_{key}" for key, _ in codelists.reasons()),
    ]
    return {name: row[name] for name in wanted if row[name]}


def _counted_plainly(made: Plain, by: str) -> dict[tuple[str, ...], dict[str, int]]:
    """The oracle's standings, and the duplicates received by the as-at, counted one by one."""
    places = stand(made, WINDOW, AS_AT)
    counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for report in made["report"]:
        count = counts[_key(report, by)] if report["received_date"] <= AS_AT else Counter()
        if place := places.get(report["report_id"]):
            count.update(["received", place.standing])
            count.update([f"because_{place.reason}"] if place.reason else [])
            count.update(["still_open"] if place.has_open_lines else [])
        else:
            count.update(["duplicates"])
    return {key: dict(count) for key, count in counts.items()}


def _key(report: Row, by: str) -> tuple[str, ...]:
    nation, area, code = PLACES[report["agency_id"]]
    values = {
        "nation": nation,
        "area": area,
        "area_code": code,
        "agency": f"{area} Police",
        "agency_id": report["agency_id"],
        "month": f"{report['received_date']:%Y-%m}",
    }
    return tuple(values[name] for name in BY[by])
