"""The records: nothing is declared without saying what it means, who asks for it and what can fill it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from onrecord.standard import codelists
from onrecord.standard.records import FORMS_OF_COUNTS, PARTS, RECORDS, TABLES, table_named
from onrecord.standard.schema import Field, Table
from tests.unit.factories import Incident, nibrs_zip, read_as, street_csv, street_row
from tests.unit.standard.plain_schema import faults

FIELDS = [pytest.param(table, field, id=f"{table.name}.{field.name}") for table in TABLES for field in table.fields]
NINE = {"return", "report", "crime", "person", "involvement", "assessment", "operation", "event", "identity"}


def test_the_records_are_nine_and_no_name_stands_twice() -> None:
    assert {record.name for record in RECORDS} == NINE
    assert {part.part_of for part in PARTS} <= NINE
    assert {form.name for form in FORMS_OF_COUNTS} == {"ledger_return"}
    assert len({table.name for table in TABLES}) == len(TABLES)
    assert not {table.name for table in TABLES} & set(codelists.names())


@pytest.mark.parametrize(("table", "field"), FIELDS)
def test_every_field_says_what_it_means_and_who_asks_for_it(table: Table, field: Field) -> None:
    assert field.description.endswith(".")
    assert field.source
    assert re.fullmatch("[a-z][a-z0-9_]*", field.name)
    assert table.columns.count(field.name) == 1


@pytest.mark.parametrize(("table", "field"), FIELDS)
def test_every_source_says_what_it_can_fill_or_why_it_cannot(table: Table, field: Field) -> None:
    crossings = table.crossings(field)
    assert tuple(crossing.source for crossing in crossings) == codelists.codes("crosswalk_sources")
    assert all(crossing.says for crossing in crossings)
    assert set(field.crosswalk) | set(field.cannot) <= set(table.cannot)
    assert not set(field.crosswalk) & set(field.cannot)
    assert all(crossing.says.endswith(".") for crossing in crossings if not crossing.can)


@pytest.mark.parametrize(("table", "field"), FIELDS)
def test_what_a_field_leans_on_is_there(table: Table, field: Field) -> None:
    if field.code_list:
        assert field.code_list in codelists.names()
        assert field.type == "string"
    if field.scheme:
        assert field.scheme in codelists.schemes(str(field.code_list))
    if field.scheme_field:
        assert set(codelists.schemes(str(field.code_list))) <= set(
            codelists.codes(str(table.field_named(field.scheme_field).code_list))
        )
    if field.refers_to:
        *shared, _ = table_named(field.refers_to).key
        assert set(shared) <= set(table.columns)
    if field.pattern:
        re.compile(field.pattern)
    if field.type == "integer":
        assert field.unit


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_are_required_fields(table: Table) -> None:
    assert all(table.field_named(name).required for name in table.key)
    assert {name for group in table.at_least_one for name in group} <= set(table.columns)


def test_what_is_no_text_has_a_field_beside_it_that_says_why_it_is_missing() -> None:
    """A number or a date has no room for "refused"; a text has."""
    for table in TABLES:
        assert all(field.type == "string" for field in table.fields if field.not_known)
    assert table_named("person").field_named("age_not_known").code_list == "not_known"
    assert table_named("involvement").field_named("age_at_the_time_not_known").code_list == "not_known"


@pytest.mark.parametrize("name", ["sex", "ethnicity", "nationality", "disability"])
def test_a_missing_attribute_of_a_person_is_a_stored_value(name: str) -> None:
    field = table_named("person").field_named(name)
    assert field.required
    assert field.not_known


def test_a_ledger_return_has_the_standings_in_rank_order_between_what_was_received_and_the_duplicates() -> None:
    table = table_named("ledger_return")
    keys = codelists.standing_keys()
    assert table.columns == ("agency_id", "month", "as_at", "definition_version", "received", *keys, "duplicates")
    counts = [field for field in table.fields if field.type == "integer"]
    assert all(field.required and field.unit == "reports" for field in counts)
    assert all(field.type != "string" or field.name in ("agency_id", "definition_version") for field in table.fields)


def test_names_are_sealed_apart() -> None:
    assert [table.name for table in TABLES if table.sealed] == ["identity"]


def test_the_census_gives_assessments_and_never_reports() -> None:
    assert not any("cin" in field.crosswalk for field in table_named("report").fields)
    factors = table_named("assessment").field_named("factors")
    assert "only once the assessment has ended" in factors.crosswalk["cin"]


def test_an_unknown_record_or_field_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="report"):
        table_named("moon")
    with pytest.raises(KeyError, match="report_id"):
        table_named("report").field_named("moon")


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: a date is written."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


@pytest.mark.parametrize("adapter", ["police-uk", "nibrs"])
def test_what_the_adapters_make_is_what_the_standard_declares(adapter: str, tmp_path: Path) -> None:
    statuses = ("Under investigation", "Suspect charged", "Status update unavailable", "")
    streets = [street_row(f"c{place}", category=category) for place, category in enumerate(statuses)]
    clearances = [
        Incident(str(place), clearance=code, arrests=("11A",) * (code == "N"))
        for place, code in enumerate(("A", "B", "N"), 1)
    ]
    file = street_csv(tmp_path, *streets) if adapter == "police-uk" else nibrs_zip(tmp_path, *clearances)
    made = read_as(adapter, file)
    for name, rows in {"report": made.report, "crime": made.crime, "event": made.event}.items():
        assert rows
        assert [fault for row in rows for fault in faults(table_named(name), as_json(row))] == []
