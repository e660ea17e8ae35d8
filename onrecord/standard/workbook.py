"""The template workbook: one sheet a record, to be filled in where nothing but a spreadsheet is at hand.

The header row holds the exact names of the columns and nothing else, so that a filled sheet reads back as it is.
The same version gives the same bytes: no clock, and archives of one making.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, time

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import tostring

from onrecord.standard import STANDARD_VERSION, codelists, versions
from onrecord.standard.export import values_in_words
from onrecord.standard.records import tables_at
from onrecord.standard.schema import NOT_KNOWN, SEPARATOR, Field, Table

READ_ME, ABOUT, LISTS = "read me", "about", "lists"
TEXT, DAY, WHOLE = "@", "yyyy-mm-dd", "0"
LAST_ROW = 1_048_576
TRUE_OR_FALSE = '"true,false"'
REQUIRED = PatternFill("solid", fgColor="0B3C6F")
OPTIONAL = PatternFill("solid", fgColor="D5DADE")
READING_WIDTH, NARROWEST, WIDEST = 110, 12, 60
# What a comment box needs to show a sentence, in points.
COMMENT_WIDTH, COMMENT_HEIGHT = 320, 140
CORE = "docProps/core.xml"
EARLIEST = (1980, 1, 1, 0, 0, 0)


def as_workbook(version: str = STANDARD_VERSION) -> bytes:
    """The template of all records of a version, as the bytes of an xlsx file.

    Args:
        version: the version of the standard.

    Raises:
        KeyError: there is no such version.
    """
    book = Workbook()
    tables = tables_at(version)
    _read_me(_first(book), version, tables)
    lists = _Lists(book, version)
    for table in tables:
        _record(book.create_sheet(table.name), table, lists)
    _about(book.create_sheet(ABOUT), tables)
    lists.write()
    return _fixed(book, version)


def _first(book: Workbook) -> Worksheet:
    sheet = book.worksheets[0]
    sheet.title = READ_ME
    return sheet


# ---------------------------------------------------------------- the first sheet


def _read_me(sheet: Worksheet, version: str, tables: Sequence[Table]) -> None:
    words = {row["label"]: row["description"] for row in codelists.load(NOT_KNOWN, version)}
    lines = [
        f"The onrecord standard, version {version}: a template to fill in",
        "",
        "How to fill it",
        "One sheet a record, one row each. Leave a sheet empty where there is nothing to send; do not rename the "
        "sheets or the columns.",
        "Columns with a dark head are required in every row. Hold the pointer over a head to see what it means; the "
        "sheet about has it for all of them.",
        "A day is written 2013-04-05, a month 2013-04, a time 23:59, a period 2013, 2013-04, 2013/14 or "
        "2018-11..2019-01. Yes is true, no is false.",
        f"Where several codes may be given, one cell holds them with {SEPARATOR} between them.",
        "Cells with a list offer its codes. A code counts where it was in force at the date of the fact.",
        "There is no room for free text. Names and numbers of people stand in the sheet identity alone, which is "
        "sealed apart: send it as a file of its own, and only where the agreement says so.",
        "",
        "Four words for what is not known, where the sheet about says that they may be used",
        *(f"{word}: {says}" for word, says in words.items()),
        "An empty cell says nothing. It is none of the four.",
        "",
        "The sheets",
        *(f"{table.name}: {table.description}" for table in tables),
        "",
        "Licence",
        "The standard's text and lists: Creative Commons Attribution 4.0 (CC BY 4.0), "
        "https://creativecommons.org/licenses/by/4.0/. What you fill in stays yours.",
    ]
    headings = {0} | {place for place, line in enumerate(lines) if place and not lines[place - 1]}
    for place, line in enumerate(lines):
        cell = sheet.cell(place + 1, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if place in headings:
            cell.font = Font(bold=True, size=14 if place == 0 else 12)
    sheet.column_dimensions["A"].width = READING_WIDTH


# ---------------------------------------------------------------- a sheet a record


def _record(sheet: Worksheet, table: Table, lists: _Lists) -> None:
    for place, field in enumerate(table.fields, 1):
        letter = get_column_letter(place)
        cell = sheet.cell(1, place, field.name)
        cell.fill = REQUIRED if field.required else OPTIONAL
        cell.font = Font(bold=field.required, color="FFFFFF" if field.required else "0B0C0C")
        cell.number_format = TEXT
        cell.comment = _comment(field)
        column = sheet.column_dimensions[letter]
        column.width = min(max(len(field.name) + 3, NARROWEST), WIDEST)
        column.number_format = _number_format(field)
        if check := lists.validation(field):
            check.add(f"{letter}2:{letter}{LAST_ROW}")
            sheet.add_data_validation(check)
    sheet.freeze_panes = "A2"


def _number_format(field: Field) -> str:
    """Text wherever a spreadsheet would make something else of it: of 2013-04 a date, of 01 a number."""
    return {"date": DAY, "integer": WHOLE}.get(field.type, TEXT)


def _comment(field: Field) -> Comment:
    values = values_in_words(field)
    lines = ["* required" if field.required else "not required", field.description, f"Type: {field.type}"]
    lines += [f"Values: {values}"] if values else []
    return Comment("\n".join(lines), "onrecord", height=COMMENT_HEIGHT, width=COMMENT_WIDTH)


class _Lists:
    """The codes that cells offer: each list once, on the last sheet, under a name of its own."""

    def __init__(self, book: Workbook, version: str) -> None:
        self._book = book
        self._version = version
        self._columns: dict[str, tuple[str, ...]] = {}

    def validation(self, field: Field) -> DataValidation | None:
        """What a cell of the field offers; none where its values are no list, or where it may hold several."""
        if field.type == "boolean":
            return DataValidation("list", formula1=TRUE_OR_FALSE, allow_blank=True, showErrorMessage=True)
        if not field.code_list or field.many:
            return None
        return DataValidation(
            "list",
            formula1=self._named(field),
            allow_blank=True,
            # A list that is a part of a longer one offers its codes and takes others too.
            showErrorMessage=not field.open_list,
            errorTitle="Not in the list",
            error=f"{field.name} takes its values from the list {field.code_list}.",
        )

    def _named(self, field: Field) -> str:
        assert field.code_list
        codes = codelists.codes(field.code_list, field.scheme, self._version)
        name = "_".join(word.replace("-", "_") for word in ("list", field.code_list, field.scheme) if word)
        if field.not_known:
            name, codes = f"{name}_or_not_known", (*codes, *codelists.codes(NOT_KNOWN, version=self._version))
        self._columns[name] = tuple(dict.fromkeys(codes))
        return name

    def write(self) -> None:
        """Write the last sheet, and name its columns."""
        sheet = self._book.create_sheet(LISTS)
        for place, (name, codes) in enumerate(sorted(self._columns.items()), 1):
            letter = get_column_letter(place)
            for row, value in enumerate((name, *codes), 1):
                sheet.cell(row, place, value).number_format = TEXT
            sheet.cell(1, place).font = Font(bold=True)
            sheet.column_dimensions[letter].width = len(name) + 2
            self._book.defined_names[name] = DefinedName(
                name, attr_text=f"'{LISTS}'!${letter}$2:${letter}${len(codes) + 1}"
            )
        sheet.freeze_panes = "A2"


# ---------------------------------------------------------------- what each field means


def _about(sheet: Worksheet, tables: Iterable[Table]) -> None:
    head = ("record", "field", "required", "type", "values", "what it means", "who asks for it")
    rows = [
        (
            table.name,
            field.name,
            "yes" if field.required else "no",
            f"{field.type} ({field.unit})" if field.unit else field.type,
            values_in_words(field),
            field.description,
            field.source,
        )
        for table in tables
        for field in table.fields
    ]
    for row in (head, *rows):
        sheet.append(row)
    for place, column in enumerate(zip(head, *rows, strict=True), 1):
        sheet.column_dimensions[get_column_letter(place)].width = min(max(map(len, column)) + 2, WIDEST)
        sheet.cell(1, place).font = Font(bold=True)
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"


# ---------------------------------------------------------------- the same bytes each time


def _fixed(book: Workbook, version: str) -> bytes:
    # Stored, not compressed: builds of zlib differ in what they make of the same bytes.
    day = datetime.combine(versions.version(version).day, time())
    return fixed_bytes(book, f"onrecord standard {version}", day, zipfile.ZIP_STORED)


def fixed_bytes(book: Workbook, title: str, moment: datetime, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook as bytes that no clock has touched: the library writes the time into two places.

    Args:
        book: the workbook.
        title: what its properties call it.
        moment: when its properties say that it was made.
        compression: how the archive is packed, a constant of ``zipfile``.
    """
    written = io.BytesIO()
    book.properties.creator = "onrecord"
    book.properties.title = title
    book.save(written)
    book.properties.created = book.properties.modified = moment
    core = tostring(book.properties.to_tree())
    again = io.BytesIO()
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(again, "w", compression) as after:
        for name in before.namelist():
            entry = zipfile.ZipInfo(name, EARLIEST)
            # Else it would tell on which system it was made.
            entry.create_system = 0
            entry.compress_type = compression
            after.writestr(entry, core if name == CORE else before.read(name))
    return again.getvalue()
