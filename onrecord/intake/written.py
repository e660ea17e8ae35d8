"""What was sent, laid out as records of the standard, every cell still the text that was written.

Files in the standard's own layout name their records themselves: ``report.csv``, a sheet ``report``, elements
``<report>``; where the name says nothing, the header does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_

import ibis.expr.types as ir

from onrecord.engine import Engine
from onrecord.errors import FileRefused
from onrecord.intake.read import Sheet, Source, listed, sheets, text_of
from onrecord.settings import Settings
from onrecord.standard.records import TABLES
from onrecord.standard.schema import Table

NOT_OF_THE_STANDARD = "not_of_the_standard"
EMPTY_ROW = "empty_row"
# What else the standard's own templates hold.
BESIDE = frozenset({"read me", "about", "lists"})
ADDRESS = ("sheet_no", "row", "line")
LISTED = 8


@dataclass(frozen=True)
class Written:
    """The records as they were written.

    Attributes:
        records: record name to a table of text: the fields that were sent, and the address of each row
            (``sheet_no``, ``row``, ``line``).
        sheets: record name to the sheets its rows came from, in the order of ``sheet_no``.
        left_out: reason key to the rows that are not of the standard.
        notes: what a reader must know, in sentences.
        headers: record name and field to the header the sender wrote, where it is another.
        counts: record name to its rows, where they were counted already.
        plain: the records of which it is known that no control sign stands in any cell.
    """

    records: Mapping[str, ir.Table]
    sheets: Mapping[str, Sequence[Sheet]]
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()
    headers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()


def in_the_standards_layout(engine: Engine, sources: Sequence[Source], settings: Settings, name: str) -> Written:
    """Files in the standard's own layout as records; ``name`` begins the names of their tables in the engine.

    Raises:
        FileRefused: a file cannot be read, or none of the tables is a record of the standard.
    """
    found = [sheet for sheet in sheets(engine, sources, settings) if sheet.name.lower() not in BESIDE]
    by_record: dict[str, list[Sheet]] = {}
    strange: list[Sheet] = []
    for sheet in found:
        record = record_of(sheet)
        if record is None:
            strange.append(sheet)
        else:
            by_record.setdefault(record.name, []).append(sheet)
    if not by_record:
        raise FileRefused(_nothing_known(found))
    records = {}
    for table in TABLES:
        if chosen := by_record.get(table.name):
            wanted = [_fields_in(sheet, table) for sheet in chosen]
            _begin_with_a_header(chosen, wanted, table)
            records[table.name] = text_of(engine, f"{name}_{table.name}", chosen, wanted, settings)
    notes = [note for sheet in found for note in _notes(sheet, record_of(sheet))]
    left_out = {NOT_OF_THE_STANDARD: _rows_in(engine, f"{name}_beside", strange, settings), EMPTY_ROW: 0}
    counts = {}
    for kept, rows in records.items():
        records[kept], counts[kept], empty = _without_empty_rows(rows)
        left_out[EMPTY_ROW] += empty
    return Written(
        records,
        by_record,
        {reason: rows for reason, rows in left_out.items() if rows},
        notes,
        counts=counts,
        plain=frozenset(record for record, chosen in by_record.items() if all(sheet.plain for sheet in chosen)),
    )


def _without_empty_rows(rows: ir.Table) -> tuple[ir.Table, int, int]:
    """The rows without those in which nothing stands (lines of commas that a spreadsheet leaves); how many there are
    of the one kind and of the other."""
    nothing = reduce(and_, [rows[name].isnull() for name in rows.columns if name not in ADDRESS])
    # As a filter: where a column is never empty, no row need be looked at.
    every, empty = (int(some.count().to_pyarrow().as_py()) for some in (rows, rows.filter(nothing)))
    return (rows.filter(~nothing) if empty else rows), every - empty, empty


def record_of(sheet: Sheet) -> Table | None:
    """The record that a sheet holds: by its name, else by a header that fits one record alone."""
    stem = sheet.stem.strip().replace("-", "_").replace(" ", "_")
    named = [table for table in TABLES if stem in (table.name, f"{table.name}s")]
    if named:
        return named[0]
    head = {column.lower() for column in sheet.columns}
    fitting = [table for table in TABLES if set(table.key) <= head and head <= {*table.columns}]
    return fitting[0] if len(fitting) == 1 else None


def _begin_with_a_header(chosen: Sequence[Sheet], wanted: Sequence[Mapping[str, str]], table: Table) -> None:
    for sheet, fields in zip(chosen, wanted, strict=True):
        if not fields:
            raise FileRefused(
                f"{sheet.shown}: its first row names none of the columns of {table.name} "
                f"({', '.join(table.columns[:LISTED])}, …). Is there a title above the header? Delete what stands "
                "above it, so that the header comes first."
            )


def _fields_in(sheet: Sheet, table: Table) -> dict[str, str]:
    by_lower = {column.lower(): column for column in reversed(sheet.columns)}
    return {name: by_lower[name] for name in table.columns if name in by_lower}


def _notes(sheet: Sheet, record: Table | None) -> list[str]:
    notes = [f"{sheet.shown}: {note}" for note in sheet.notes]
    if record is None:
        return [
            *notes,
            f"{sheet.shown}: it is no record of the standard, so its rows are out of scope. Its columns: "
            f"{listed(sheet.columns, LISTED)}. "
            "Name the file or sheet after its record (report, crime, event, …), or give a mapping.",
        ]
    lower = [column.lower() for column in sheet.columns]
    twice = [name for name in record.columns if f"{name}#1" in lower]
    if twice:
        notes.append(
            f"{sheet.shown}: {', '.join(twice)} stands twice in the header; the first column was read, the other was "
            "not. Take one of them out."
        )
    strange = [
        column
        for column in sheet.columns
        if column.lower() not in record.columns and column.lower().partition("#")[0] not in twice
    ]
    if strange:
        notes.append(
            f"{sheet.shown}: the standard's {record.name} has no column {listed(strange, LISTED)}; "
            "what stands there was not read. Check the spelling."
        )
    return notes


def _rows_in(engine: Engine, name: str, chosen: Sequence[Sheet], settings: Settings) -> int:
    if not chosen:
        return 0
    first = [{"first": sheet.columns[0]} for sheet in chosen]
    return int(text_of(engine, name, chosen, first, settings).count().to_pyarrow().as_py())


def _nothing_known(found: Sequence[Sheet]) -> str:
    shown = ", ".join(sheet.shown for sheet in found[:LISTED]) or "these files"
    return (
        f"{shown}: none of them is a record of the standard. Name each file or sheet after its record "
        f"({', '.join(table.name for table in TABLES[:8])}, …): 'onrecord standard export --format csv' writes "
        "templates; or give another layout with --as or --mapping."
    )
