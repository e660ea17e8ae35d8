"""What senders declare of a measure: the last word of each holds, for all that it sends."""

from __future__ import annotations

from typing import Any

import pytest

from onrecord.measures.declarations import Declared, declared
from onrecord.standard import codelists

SENDERS = {1: "north", 2: "south", 3: "north"}
HOLDS = {1: ["n1", "n2"], 2: ["s1"], 3: ["n1"]}


def says(return_no: int, included: bool, reason: str = "complete", measure: str = "ledger") -> dict[str, Any]:
    return {"return_no": return_no, "included": included, "reason": reason, "measure": measure}


def test_who_declares_nothing_is_counted() -> None:
    assert declared("ledger", [], SENDERS, HOLDS) == Declared()


def test_a_sender_that_wants_to_be_left_out_is_left_out_with_all_its_agencies() -> None:
    found = declared("ledger", [says(1, False, "not collected")], SENDERS, HOLDS)
    assert found == Declared(left_out=dict.fromkeys(["n1", "n2"], "the sender does not collect it"))


def test_the_last_word_of_a_sender_holds() -> None:
    rows = [says(3, True), says(1, False, "incomplete")]
    assert declared("ledger", rows, SENDERS, HOLDS) == Declared()
    assert set(declared("ledger", [says(1, True), says(3, False, "incomplete")], SENDERS, HOLDS).left_out) == {
        "n1",
        "n2",
    }


def test_what_is_said_of_another_measure_moves_nothing() -> None:
    assert declared("ledger", [says(1, False, "incomplete", "timeliness")], SENDERS, HOLDS) == Declared()


@pytest.mark.parametrize("reason", codelists.codes("declaration_reasons"))
def test_every_reason_but_complete_is_said_beside_the_number(reason: str) -> None:
    found = declared("ledger", [says(2, True, reason)], SENDERS, HOLDS)
    label = codelists.labels("declaration_reasons", "code")[reason]
    assert found == Declared(said={} if reason == "complete" else {"s1": label})


def test_an_agency_of_two_senders_is_left_out_where_one_says_so() -> None:
    rows = [says(1, True, "incomplete"), says(2, False, "incomplete")]
    found = declared("ledger", rows, SENDERS, {**HOLDS, 2: ["n1"]})
    assert (set(found.left_out), set(found.said)) == ({"n1"}, {"n2"})
