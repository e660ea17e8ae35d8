"""What inquiries ask for is there: IICSA recommendation 1, the report on networks, the Casey audit.

Witness: ``data/iicsa_core_data_set.csv``, gathered from the inquiries' pages apart from the standard.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from onrecord.standard import codelists
from onrecord.standard.records import TABLES, table_named

WITNESS = Path(__file__).parent / "data" / "iicsa_core_data_set.csv"
ASKED = list(csv.DictReader(WITNESS.read_text(encoding="utf-8").splitlines()))
ANSWERS = codelists.load("asked_for")
ATTRIBUTES = {"AGE": {"age", "birth_month"}, "SEX": {"sex"}, "ETH": {"ethnicity"}, "DIS": {"disability"}}
ATTRIBUTES |= {"NAT": {"nationality"}}


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked["code"])
def test_every_item_asked_for_is_answered_by_a_field(asked: dict[str, str]) -> None:
    answers = [row for row in ANSWERS if row["item"] == asked["code"]]
    assert answers
    for row in answers:
        assert row["field"] in table_named(row["record"]).columns
        assert row["label"] == asked["label"]
        assert row["source"]


def test_nothing_is_answered_that_nobody_asked() -> None:
    assert {row["item"] for row in ANSWERS} == {asked["code"] for asked in ASKED}
    assert {row["record"] for row in ANSWERS} <= {table.name for table in TABLES}


@pytest.mark.parametrize("item", [asked["code"] for asked in ASKED if asked["code"][:2] in ("V-", "P-")])
def test_an_attribute_of_a_victim_or_perpetrator_is_read_by_role(item: str) -> None:
    """One person record serves both: the role in the report says which of them a figure is about."""
    fields = {(row["record"], row["field"]) for row in ANSWERS if row["item"] == item}
    assert ("involvement", "role") in fields
    assert {("person", name) for name in ATTRIBUTES[item[2:]]} <= fields
    assert {"child", "suspect"} <= set(codelists.codes("roles"))


def test_exploitation_can_be_told_from_other_abuse_and_networks_from_both() -> None:
    assert {"CSE", "other CSA"} <= set(codelists.codes("concerns"))
    assert {"known", "suspected"} <= set(codelists.codes("network_states"))
