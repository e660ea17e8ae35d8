"""Queries and answers: which answer holds, for which rows, and how many stand open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from onrecord.engine import open_engine
from onrecord.measures import queries
from onrecord.settings import Settings

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def engine() -> Iterator[None]:
    with open_engine(Settings()):
        yield


def finding(key: str | None = "a", rule: str = "crime.offence_code.listed", **changed: Any) -> Row:
    usual = {"rule": rule, "rule_version": 1, "severity": "query", "record": "crime", "key": key, "line": 2}
    return usual | changed


def answer(key: str = "", reason: str = "correct as sent", return_id: str = "R0001", **changed: Any) -> Row:
    usual = {"rule": "crime.offence_code.listed", "rule_version": 1, "key": key, "reason": reason}
    return usual | {"return_id": return_id} | changed


def table(rows: list[Row]) -> ir.Table:
    kinds = {"rule_version": pa.int64(), "line": pa.int64()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in finding()])
    return ibis.memtable(pa.Table.from_pylist(rows, schema))


def counted(findings: list[Row], answers: list[Row], return_id: str = "R0001", earlier: tuple[str, ...] = ()) -> Row:
    return queries.rate(queries.by_answer(table(findings), queries.holding(answers, return_id, earlier)))


def test_errors_are_no_queries() -> None:
    found = counted([finding(), finding(severity="error")], [])
    assert found == {"queries": 1, "open": 1, "answered": 0, "answered_rate": 0.0}


def test_without_queries_there_is_no_rate() -> None:
    assert counted([], [])["answered_rate"] is None


def test_an_answer_to_a_rule_answers_every_finding_of_it() -> None:
    findings = [finding("a"), finding("b"), finding(None), finding("a", "report.source.allowed")]
    assert counted(findings, [answer()]) == {"queries": 4, "open": 1, "answered": 3, "answered_rate": 0.75}


def test_an_answer_to_a_row_answers_that_row() -> None:
    assert counted([finding("a"), finding("b"), finding(None)], [answer("a")])["answered"] == 1


def test_an_answer_to_another_version_of_the_rule_does_not_hold() -> None:
    assert counted([finding(rule_version=2)], [answer()], "R0002", ("R0001",))["answered"] == 0
    assert counted([finding(rule_version=2)], [answer(rule_version=2)], "R0002", ("R0001",))["answered"] == 1


def test_an_answer_holds_for_later_returns_and_for_no_earlier_one() -> None:
    later = answer(return_id="R0002")
    assert counted([finding()], [later], "R0003", ("R0001", "R0002"))["answered"] == 1
    assert counted([finding()], [later], "R0001")["answered"] == 0


def test_a_promise_answers_its_own_return_and_stands_open_in_the_next() -> None:
    promise = answer(reason=queries.PROMISE)
    assert counted([finding()], [promise])["answered"] == 1
    assert counted([finding()], [promise], "R0002", ("R0001",))["open"] == 1
    [row] = queries.by_answer(table([finding()]), queries.holding([promise], "R0002", ("R0001",)))
    assert (row["promised"], row["return_id"], row["reason"]) == (True, "R0001", queries.PROMISE)


def test_the_answer_to_the_row_goes_before_that_to_the_rule() -> None:
    answers = queries.holding([answer("a", "cannot be known"), answer()], "R0001", ())
    found = queries.by_answer(table([finding("a"), finding("b")]), answers)
    assert {row["answer_key"]: row["reason"] for row in found} == {"a": "cannot be known", "": "correct as sent"}


def test_of_two_answers_the_later_holds_but_never_over_the_return_s_own() -> None:
    first, second = answer(reason="cannot be known"), answer(reason="does not fit")
    assert [row["reason"] for row in queries.holding([first, second], "R0001", ())] == ["does not fit"]
    own, said_later = answer(return_id="R0002"), answer(reason=queries.PROMISE)
    [held] = queries.holding([own, said_later], "R0002", ("R0001",))
    assert (held["reason"], held["promised"]) == ("correct as sent", False)


def test_the_listing_says_what_each_rule_asks_and_which_rows_stand_open() -> None:
    findings = [finding("b"), finding("a"), finding(None), finding("z", "report.source.allowed", record="report")]
    [crime, report] = queries.by_rule(table(findings), queries.holding([answer("a")], "R0001", ()))
    assert (crime["rule"], crime["queries"], crime["open"], crime["answered"]) == ("crime.offence_code.listed", 3, 2, 1)
    assert (crime["open_keys"], report["open_keys"]) == (["b"], ["z"])
    assert [(given["answer_key"], given["findings"]) for given in crime["answers"]] == [("a", 1)]
    assert report["answers"] == []


def test_what_a_rule_asks_of_a_row() -> None:
    findings = table([finding("a"), finding("a"), finding("b", severity="error", rule="other")])
    assert queries.asked(findings, "crime.offence_code.listed", "a") == [
        {"severity": "query", "rule_version": 1, "findings": 2}
    ]
    assert queries.asked(findings, "crime.offence_code.listed", "c") == []
    assert [row["severity"] for row in queries.asked(findings, "other")] == ["error"]
