"""The template workbook: it opens, offers the codes, and a filled sheet reads back with the exact columns."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists
from onrecord.standard.records import TABLES, tables_at
from onrecord.standard.schema import Field, Table
from onrecord.standard.workbook import as_workbook

EVERY = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


@pytest.fixture(scope="module")
def book() -> Workbook:
    return load_workbook(io.BytesIO(as_workbook()))


def check_of(book: Workbook, table: Table, field: Field) -> DataValidation | None:
    letter = get_column_letter(table.columns.index(field.name) + 1)
    found = [check for check in book[table.name].data_validations.dataValidation if f"{letter}7" in check.sqref]
    assert len(found) <= 1
    return found[0] if found else None


def offered(book: Workbook, check: DataValidation) -> list[str]:
    ((sheet, cells),) = book.defined_names[check.formula1].destinations
    return [cell.value for (cell,) in book[sheet][cells]]


@pytest.mark.parametrize("version", VERSIONS)
def test_there_is_a_sheet_a_record_between_the_reading_and_the_lists(version: str) -> None:
    sheets = load_workbook(io.BytesIO(as_workbook(version))).sheetnames
    assert sheets == ["read me", *(table.name for table in tables_at(version)), "about", "lists"]


@EVERY
def test_the_head_holds_the_exact_columns_and_stays_in_sight(book: Workbook, table: Table) -> None:
    sheet = book[table.name]
    assert [cell.value for cell in sheet[1]] == list(table.columns)
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "A2"
    for cell, field in zip(sheet[1], table.fields, strict=True):
        assert cell.font.bold is field.required
        assert (cell.fill.fgColor.rgb == "000B3C6F") is field.required
        assert cell.comment is not None
        assert cell.comment.text.startswith("* required") is field.required
        assert field.description in cell.comment.text


@EVERY
def test_every_column_has_the_form_that_keeps_what_is_typed(book: Workbook, table: Table) -> None:
    sheet = book[table.name]
    for place, field in enumerate(table.fields, 1):
        column = sheet.column_dimensions[get_column_letter(place)]
        assert column.number_format == {"date": "yyyy-mm-dd", "integer": "0"}.get(field.type, "@"), field.name
        assert column.width >= len(field.name)


@EVERY
def test_every_field_with_one_code_offers_its_list(book: Workbook, table: Table) -> None:
    for field in table.fields:
        check = check_of(book, table, field)
        if field.type == "boolean":
            assert check is not None
            assert check.formula1 == '"true,false"'
        elif field.code_list and not field.many:
            assert check is not None
            words = codelists.codes("not_known") if field.not_known else ()
            assert offered(book, check) == [*codelists.codes(field.code_list, field.scheme), *words]
            assert check.showErrorMessage is not field.open_list
        else:
            assert check is None


def test_the_first_sheet_says_how_to_fill_it(book: Workbook) -> None:
    said = "\n".join(str(cell.value or "") for (cell,) in book["read me"].iter_rows())
    for word in ("CC BY 4.0", f"version {STANDARD_VERSION}", *codelists.codes("not_known"), *(t.name for t in TABLES)):
        assert word in said


def test_the_sheet_about_has_every_field(book: Workbook) -> None:
    rows = list(book["about"].iter_rows(min_row=2, values_only=True))
    assert [row[:2] for row in rows] == [(table.name, field.name) for table in TABLES for field in table.fields]
    assert all(row[5] for row in rows)


def test_a_filled_sheet_reads_back(book: Workbook) -> None:
    filled = load_workbook(io.BytesIO(as_workbook()))
    sheet = filled["operation"]
    sheet.append(["0042", "Example", "a1", "a2;a3", date(2013, 4, 5), None, "investigation"])
    written = io.BytesIO()
    filled.save(written)
    head, row = load_workbook(written)["operation"].iter_rows(values_only=True)
    found = dict(zip(head, row, strict=True))
    assert found["operation_id"] == "0042"
    assert found["start_date"] == datetime(2013, 4, 5)  # noqa: DTZ001 - a spreadsheet has no time zones
    assert found["end_date"] is None


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_version_gives_the_same_bytes(version: str) -> None:
    """Also in a process of its own."""
    code = (
        "import hashlib; from onrecord.standard.workbook import as_workbook; "
        f"print(hashlib.sha256(as_workbook({version!r})).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert there.stdout.strip() == hashlib.sha256(as_workbook(version)).hexdigest()


def test_no_clock_is_in_it(book: Workbook) -> None:
    assert book.properties.modified == book.properties.created == datetime(2026, 11, 22)  # noqa: DTZ001
    with zipfile.ZipFile(io.BytesIO(as_workbook())) as archive:
        assert {(entry.date_time, entry.create_system) for entry in archive.infolist()} == {((1980, 1, 1, 0, 0, 0), 0)}


def test_versions_differ() -> None:
    assert as_workbook("1.0.0") != as_workbook("1.1.0")
