"""Attrition, flow and revisions: the engine counts what the plain oracle counts, and every identity holds.

Seeds: Hypothesis runs derandomised, so the examples are fixed by the tests' own source.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from onrecord.engine import arrow_table, open_engine
from onrecord.measures.attrition import attrition
from onrecord.measures.cuts import Cut
from onrecord.measures.flow import flow
from onrecord.measures.revisions import COMES_IN, GOES_OUT, revised
from onrecord.settings import Settings
from onrecord.standard.periods import parse_period
from tests.generative import measures_oracle as oracle
from tests.generative.histories import AS_AT, histories, history_in
from tests.generative.oracle import Plain

WINDOW = 90
KNOWN_AT = "2014-07-01T00:00:00+00:00"
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


def cut(period: str) -> Cut:
    named = {"nation": "Northland", "area": "North", "area_code": "N1", "level": "agency", "months": {}}
    agencies = [
        {**named, "agency_id": name, "agency": name, "as_at": AS_AT, "declared": parse_period("2014")}
        for name in ("north", "south")
    ]
    return Cut("nation", agencies, KNOWN_AT, "report", parse_period(period))


def only(rows: list[dict[str, Any]], wanted: dict[str, int]) -> dict[str, int]:
    """The counts of the one row there is, or zeros."""
    assert len(rows) <= 1
    return {name: rows[0][name] for name in wanted} if rows else dict.fromkeys(wanted, 0)


@hypothesis_settings(made_up, max_examples=25)
@given(histories())
def test_attrition_counts_what_the_oracle_counts(engine: Backend, made: Plain) -> None:
    expected = oracle.attrition(made, AS_AT)
    rows = attrition(history_in(engine, made, AS_AT), cut("2013..2014")).rows()
    assert only(rows, expected) == expected


@hypothesis_settings(made_up, max_examples=25)
@given(histories(), st.sampled_from(["2014-01..2014-06", "2014-03", "2014-04..2014-05", "2014-06"]))
def test_what_flows_in_flows_out(engine: Backend, made: Plain, period: str) -> None:
    span = parse_period(period)
    expected = oracle.flow(made, span.first_day, min(span.last_day, AS_AT), WINDOW)
    assert (
        expected["open_at_start"] + expected["received"] + expected["reopened"]
        == expected["settled"] + expected["open_at_end"]
    )
    rows = flow(history_in(engine, made, AS_AT), cut(period), WINDOW).rows()
    assert only(rows, expected) == expected


STATES = st.dictionaries(
    st.sampled_from([f"report {number}" for number in range(8)]), st.sampled_from(["counted", "outside", "duplicate"])
)


def known(states: dict[str, str]) -> Any:
    return arrow_table(
        pa.table(
            {"report_id": pa.array(list(states), pa.string()), "state": pa.array(list(states.values()), pa.string())}
        )
    )


@hypothesis_settings(made_up, max_examples=20)
@given(STATES, STATES)
def test_received_later_is_received_earlier_and_what_came_and_went(
    engine: Backend, then: dict[str, str], now: dict[str, str]
) -> None:
    expected = oracle.revised(then, now)
    came = sum(expected[name] for name in COMES_IN)
    assert came == sum(expected[name] for name in GOES_OUT)
    [row] = revised(known(then), known(now), "2014-07-01", "2014-08-01", "report").rows()
    assert {name: row[name] for name in expected} == expected
    assert (row["at_stake"], date.fromisoformat(row["known_later"])) == (came, date(2014, 8, 1))
