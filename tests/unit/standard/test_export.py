"""The exports: all from one declaration, true to it, and the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from typing import Any

import pytest

from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists, export
from onrecord.standard.records import TABLES, table_at, table_named, tables_at
from onrecord.standard.schema import Table
from tests.unit.standard.plain_schema import faults

EVERY = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
PLAIN_VALUES: dict[str, Any] = {
    "string": "a1",
    "integer": 14,
    "boolean": False,
    "date": "2013-04-05",
    "time": "23:59",
    "month": "2013-04",
    "period": "2013/14",
}
MADE_UP = {"nationality": "GBR", "postcode": "ZZ9 9ZZ", "nhs_number": "9434765919", "upn": "H243278544154"}
MADE_UP |= {"former_upn": "H243278544154"}


def good_row(table: Table) -> dict[str, Any]:
    """A made-up row with every field of a record filled in."""
    row = {}
    for field in table.fields:
        value = MADE_UP.get(field.name, PLAIN_VALUES[field.type])
        if field.code_list:
            scheme = field.scheme or next(iter(codelists.schemes(field.code_list)), "")
            value = codelists.codes(field.code_list, scheme)[0]
        row[field.name] = [value] if field.many else value
    return row


@EVERY
def test_a_good_row_passes_its_schema(table: Table) -> None:
    row = good_row(table)
    assert faults(table, row) == []
    bare = {field.name: row[field.name] for field in table.fields if field.required}
    bare |= {group[-1]: row[group[-1]] for group in table.at_least_one}
    assert faults(table, bare) == []
    empty: dict[str, Any] = dict.fromkeys(table.columns)
    assert faults(table, empty | bare) == []


@EVERY
def test_a_row_without_a_required_field_is_refused(table: Table) -> None:
    row = good_row(table)
    for field in table.fields:
        if field.required:
            without = {name: value for name, value in row.items() if name != field.name}
            assert f"{table.name}.{field.name}: required" in faults(table, without)
            assert f"{table.name}.{field.name}: type" in faults(table, row | {field.name: None})


@EVERY
def test_a_value_that_is_not_of_its_kind_is_refused(table: Table) -> None:
    for field in table.fields:
        bad = [{"of": "no kind"}] if field.many else {"of": "no kind"}
        assert faults(table, good_row(table) | {field.name: bad}), field.name
        if export.allowed(field) or export.PATTERNS.get(field.type) or field.pattern:
            assert faults(table, good_row(table) | {field.name: ["§"] if field.many else "§"}), field.name


@EVERY
def test_free_text_has_no_column_to_go_to(table: Table) -> None:
    assert faults(table, good_row(table) | {"notes": "anything"}) == [f"{table.name}.notes: not declared"]


def test_a_code_must_be_of_the_scheme_the_row_names() -> None:
    event = table_named("event")
    row = good_row(event)
    assert faults(event, row | {"outcome_scheme": "nibrs", "outcome_code": "arrest"}) == []
    assert faults(event, row | {"outcome_scheme": "home-office", "outcome_code": "arrest"}) == [
        "event.outcome_code: enum"
    ]
    person = table_named("person")
    swapped = {"ethnicity_scheme": "dfe", "ethnicity": "IC1"}
    assert faults(person, good_row(person) | swapped) == ["person.ethnicity: enum"]
    cancelled = good_row(table_named("crime")) | {"cancelled_reason": "22"}
    assert faults(table_named("crime"), cancelled) == ["crime.cancelled_reason: enum"]


@pytest.mark.parametrize("word", codelists.codes("not_known"))
def test_the_four_words_stand_where_they_may(word: str) -> None:
    person = table_named("person")
    unknown = {"sex": word, "ethnicity": word, "nationality": word, "disability": [word], "age_not_known": word}
    bare = good_row(person) | unknown | {"age": None, "birth_month": None}
    assert faults(person, bare) == []
    assert faults(person, bare | {"age_not_known": None}) == ["person: none of them"]
    assert faults(person, bare | {"age_date": word})


def test_an_open_list_lets_other_codes_through() -> None:
    crime = table_named("crime")
    assert faults(crime, good_row(crime) | {"offence_code": "Violence and sexual offences"}) == []


def test_the_data_package_declares_every_record() -> None:
    package = export.as_data_package()
    assert [resource["name"] for resource in package["resources"]] == [table.name for table in TABLES]
    assert package["version"] == STANDARD_VERSION
    for resource, table in zip(package["resources"], TABLES, strict=True):
        assert [field["name"] for field in resource["schema"]["fields"]] == list(table.columns)
        assert re.fullmatch("[a-z0-9._-]+", resource["name"])
        assert resource["path"] == f"{table.name}.csv"


def test_keys_of_the_data_package_point_at_fields_that_are_there() -> None:
    resources = {resource["name"]: resource["schema"] for resource in export.as_data_package()["resources"]}
    columns = {name: {field["name"] for field in schema["fields"]} for name, schema in resources.items()}
    pointed = 0
    for name, schema in resources.items():
        assert set(schema["primaryKey"]) <= columns[name]
        for foreign in schema["foreignKeys"]:
            other = foreign["reference"]["resource"] or name
            assert set(foreign["fields"]) <= columns[name]
            assert foreign["reference"]["fields"] == resources[other]["primaryKey"]
            assert len(foreign["fields"]) == len(foreign["reference"]["fields"])
            pointed += 1
    assert pointed == sum(bool(field.refers_to) for table in TABLES for field in table.fields)
    crime = next(key for key in resources["event"]["foreignKeys"] if "crime_id" in key["fields"])
    assert crime == {
        "fields": ["report_id", "crime_id"],
        "reference": {"resource": "crime", "fields": ["report_id", "crime_id"]},
    }


def test_the_data_package_says_what_the_schema_says() -> None:
    for resource, table in zip(export.as_data_package()["resources"], TABLES, strict=True):
        for described, field in zip(resource["schema"]["fields"], table.fields, strict=True):
            constraints = described.get("constraints", {})
            assert constraints.get("required", False) is field.required
            if field.many:
                assert (described["type"], described["delimiter"]) == ("list", ";")
            else:
                assert tuple(constraints.get("enum", ())) == export.allowed(field)


@EVERY
def test_a_template_is_a_line_of_columns(table: Table) -> None:
    text = export.as_csv_template(table)
    assert list(csv.reader(io.StringIO(text, newline=""))) == [list(table.columns)]
    assert text.endswith("\r\n")


def test_the_page_holds_every_record_field_and_list() -> None:
    page = export.as_markdown()
    for table in TABLES:
        assert f"\n## Record: {table.name}\n" in page
        for field in table.fields:
            assert f"| `{field.name}` | {field.type}" in page
            assert field.description in page
    for name in codelists.names():
        assert f"\n### {name}\n" in page
        assert all(row[codelists.key_column(name)] in page for row in codelists.load(name))


def test_every_row_of_a_table_on_the_page_has_as_many_cells_as_its_head() -> None:
    for block in export.as_markdown().split("\n\n"):
        if block.startswith("| "):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1, block[:200]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", export.PLAIN_FORMS)
def test_the_same_version_gives_the_same_bytes(form: str, version: str) -> None:
    """Also in a process of its own, whose sets are in another order."""
    here = export.exported(form, version)
    assert here == export.exported(form, version)
    code = f"from onrecord.standard import export; print(export.exported({form!r}, {version!r}))"
    there = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert there.stdout.strip() == repr(here)


def test_each_version_is_exported_as_it_was() -> None:
    first = export.as_json_schema(table_at("1.0.0", "crime"), "1.0.0")
    assert first["$id"] == "urn:onrecord:standard:1.0.0:crime"
    assert "flags" not in first["properties"]
    assert "flags" in export.as_json_schema(table_named("crime"))["properties"]
    package = export.as_data_package("1.0.0")
    assert package["version"] == "1.0.0"
    assert [resource["name"] for resource in package["resources"]] == [table.name for table in tables_at("1.0.0")]
    page = export.as_markdown("1.0.0")
    assert "version 1.0.0" in page
    assert "### crime_flags" not in page
    assert "### crime_flags" in export.as_markdown()
    with pytest.raises(KeyError, match=r"1\.1\.0"):
        export.exported(export.CSV, "0.9")


@pytest.mark.parametrize("form", [export.JSON_SCHEMA, export.DATA_PACKAGE])
def test_what_is_json_reads_as_json(form: str) -> None:
    for name, text in export.exported(form).items():
        assert name == export.LICENCE_FILE or json.loads(text)


def test_the_schema_of_the_receipt_goes_with_those_of_the_records() -> None:
    made = export.exported(export.JSON_SCHEMA)
    assert set(made) == {*(f"{table.name}.schema.json" for table in TABLES), "receipt.schema.json", "LICENSE-CC-BY-4.0"}
    assert json.loads(made["receipt.schema.json"])["$id"] == "urn:onrecord:receipt:1"


@pytest.mark.parametrize("form", export.PLAIN_FORMS)
def test_the_licence_goes_with_what_is_read_and_not_with_what_is_filled_in(form: str) -> None:
    """A folder of templates is sent back as a return: a file that is no table would be in its way."""
    assert (export.LICENCE_FILE in export.exported(form)) == (form not in (export.CSV, export.XLSX))


def test_the_licence_is_the_text_that_creative_commons_publishes() -> None:
    """The checksum is that of docroot/legalcode/by_4.0.txt in creativecommons/creativecommons.org."""
    checksum = hashlib.sha256(export.text_file(export.LICENCE_FILE)).hexdigest()
    assert checksum == "9ba9550ad48438d0836ddab3da480b3b69ffa0aac7b7878b5a0039e7ab429411"


def test_an_unknown_form_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="datapackage"):
        export.exported("pdf")
    with pytest.raises(KeyError, match="jsonschema"):
        export.exported(export.HTML)
