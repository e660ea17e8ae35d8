"""Laying out: the sheets that a mapping knows become records of text, every row with the address of its source.

Where rows go: every record row made counts as a row received, as it does in the standard's own layout. A source
row that makes records is found again in them; one that makes none is counted as left out, with its reason; so is
every row of a sheet that the mapping does not know. Nothing else happens to a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Entries
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.engine import Engine
from onrecord.errors import DoesNotBalance
from onrecord.intake.examine import Layout
from onrecord.intake.mapping.declared import MAKES_NO_RECORD, Block, Mapping, TableMap
from onrecord.intake.mapping.reading import read_mapping
from onrecord.intake.mapping.recipes import Stray
from onrecord.intake.mapping.record_rows import (
    Sent,
    cells_of,
    chosen_rows,
    column_at,
    kept,
    makes,
    reason_of,
    rows_of,
    stray_at,
    uneven,
)
from onrecord.intake.mapping.testing import hold_against_the_standard, matched, missing_fields, short_years, unused
from onrecord.intake.read import Sheet, Source, listed, sheets, text_of
from onrecord.intake.written import BESIDE, NOT_OF_THE_STANDARD, Written
from onrecord.settings import Settings
from onrecord.standard.records import tables_at

LISTED = 12


def mapping_from(path: Path) -> Layout:
    """The layout that a mapping file describes.

    Raises:
        WrongWords: the file is no mapping, or does not fit the standard.
    """
    mapping = _sound(path)
    return Layout(
        mapping.name, f"the layout of mapping {mapping.name}", partial(_lay_out, mapping), tuple(mapping.files)
    )


def _sound(path: Path) -> Mapping:
    mapping = read_mapping(path)
    hold_against_the_standard(mapping)
    return mapping


def _lay_out(
    mapping: Mapping, engine: Engine, sources: Sequence[Source], settings: Settings, name: str, quoting: bool = False
) -> Written:
    """Files as records, by the mapping; ``name`` begins the names of their tables in the engine."""
    found = _tables_in(engine, sources, settings)
    known = matched(mapping, found)
    notes = [_says(mapping), *missing_fields(mapping), *_notes_on_years(mapping)]
    notes += [f"{sheet.shown}: {note}" for sheet in found for note in sheet.notes]
    left_out: Counter[str] = Counter()
    blocks: dict[str, list[ir.Table]] = {}
    for sent in _all_sent(engine, mapping, known, found, settings, name):
        counted = _placed(sent)
        left_out.update({reason: rows for reason, rows in counted.items() if reason})
        notes.append(_account(sent, counted))
        for block in sent.table.blocks:
            rows, strays = rows_of(sent, block)
            blocks.setdefault(block.record, []).append(rows)
            notes += [*_notes_on_strays(rows, block, strays, quoting), *_notes_on_splits(sent, block)]
    strange = [sheet for place, sheet in enumerate(found) if place not in known]
    if count := _rows_in(engine, f"{name}_beside", strange, settings):
        left_out[NOT_OF_THE_STANDARD] += count
    notes += [_unknown(mapping, sheet) for sheet in strange]
    once = {block.record for table in mapping.tables for block in table.blocks if block.distinct} & set(blocks)
    records = {
        table.name: kept(engine, f"{name}_{table.name}", table, blocks[table.name], table.name in once)
        for table in tables_at(mapping.standard)
        if table.name in blocks
    }
    notes += [note for record in sorted(once) for note in _notes_on_repeats(record, records, blocks)]
    return Written(records, dict.fromkeys(records, found), dict(left_out), notes, _headers(mapping))


def _tables_in(engine: Engine, sources: Sequence[Source], settings: Settings) -> list[Sheet]:
    return [sheet for sheet in sheets(engine, sources, settings) if sheet.name.lower() not in BESIDE]


def _says(mapping: Mapping) -> str:
    return (
        f"Laid out by the mapping {mapping.name}, version {mapping.version}, made to the standard {mapping.standard} "
        f"(SHA-256 begins {mapping.mark})."
    )


# ---------------------------------------------------------------- source rows, and where each goes


def _all_sent(
    engine: Engine,
    mapping: Mapping,
    known: Entries[int, TableMap],
    found: Sequence[Sheet],
    settings: Settings,
    name: str,
) -> Iterator[Sent]:
    """The source rows, table by table of the mapping."""
    for number, table in enumerate(mapping.tables):
        places = [place for place, each in known.items() if each is table]
        if not places:
            continue
        chosen = [found[place] for place in places]
        rows = text_of(engine, f"{name}_from_{number}", chosen, [_wanted(table, sheet) for sheet in chosen], settings)
        missing = {column_at(place): ibis.null("string") for place in range(len(table.columns))}
        rows = rows.mutate(**{column: null for column, null in missing.items() if column not in rows.columns})
        yield Sent(table, rows, places, chosen)


def _wanted(table: TableMap, sheet: Sheet) -> dict[str, str]:
    """The columns that the mapping reads; where it reads none of this sheet, its first, so that its rows are read."""
    there = {column.lower() for column in sheet.columns}
    wanted = {column_at(place): column for place, column in enumerate(table.columns) if column.lower() in there}
    return wanted or {"first": sheet.columns[0]}


def _placed(sent: Sent) -> dict[str, int]:
    """Reason to the source rows left out for it, and "" to those that make records.

    Raises:
        DoesNotBalance: they are not all the rows there are.
    """
    cells = cells_of(sent.table, sent.rows)
    makes_some = reduce(or_, (makes(block, cells) for block in sent.table.blocks))
    nothing = ibis.ifelse(makes_some, "", MAKES_NO_RECORD)
    placed = sent.rows.select(reason=ibis.coalesce(reason_of(sent.table, cells), nothing))
    counted = {row["reason"]: row["rows"] for row in _counts(placed)}
    read = int(sent.rows.count().to_pyarrow().as_py())
    if sum(counted.values()) != read:
        raise DoesNotBalance(f"{read:,} rows were read, but {sum(counted.values()):,} are accounted for.")
    return counted


def _counts(placed: ir.Table) -> list[dict[str, Any]]:
    counted = placed.group_by("reason").agg(rows=placed.count()).order_by("reason")
    found: list[dict[str, Any]] = counted.to_pyarrow().to_pylist()
    return found


def _account(sent: Sent, counted: Entries[str, int]) -> str:
    shown = sent.sheets[0].shown + (f" and {len(sent.sheets) - 1:,} more" if len(sent.sheets) > 1 else "")
    left = sum(rows for reason, rows in counted.items() if reason)
    return f"{shown}: {sum(counted.values()):,} rows read; {counted.get('', 0):,} made records, {left:,} were left out."


def _headers(mapping: Mapping) -> dict[tuple[str, str], str]:
    """Record and field to the sender's own column, or columns, so that findings point at them."""
    named: dict[tuple[str, str], list[str]] = {}
    for table in mapping.tables:
        for block in table.blocks:
            for field, recipe in block.fields.items():
                columns = " + ".join(dict.fromkeys(recipe.read_from()))
                named.setdefault((block.record, field), []).append(columns or f"{field} (constant of the mapping)")
    return {place: " or ".join(dict.fromkeys(columns)) for place, columns in named.items()}


# ---------------------------------------------------------------- what a reader must know


def _notes_on_strays(rows: ir.Table, block: Block, strays: Sequence[Stray], quoting: bool) -> list[str]:
    """How many values no code table covers. Which they are is for the sender's own eyes: a note is kept."""
    if not strays:
        return []
    counts: dict[str, ir.Scalar] = {}
    for place in range(len(strays)):
        written = rows[stray_at(place)]
        counts |= {f"rows {place}": written.count(), f"values {place}": written.nunique()}
    (found,) = rows.agg(**counts).to_pyarrow().to_pylist()
    return [
        f"Column '{stray.column}', read into {block.record}: {_many(found[f'values {place}'], 'different value')} on "
        f"{_many(found[f'rows {place}'], 'row')} {stray.becomes}."
        + (f" {_quoted(rows[stray_at(place)])}" if quoting else "")
        for place, stray in enumerate(strays)
        if found[f"rows {place}"]
    ]


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _quoted(written: ir.StringValue) -> str:
    """The commonest of these values, with the rows of each."""
    counted = written.name("value").as_table().filter(lambda row: row.value.notnull()).group_by("value")
    found = counted.agg(rows=lambda row: row.count()).order_by(ibis.desc("rows"), "value").limit(LISTED)
    return (
        "They are: " + ", ".join(f"{row['value']!r} ({row['rows']:,})" for row in found.to_pyarrow().to_pylist()) + "."
    )


def _notes_on_splits(sent: Sent, block: Block) -> list[str]:
    rows = chosen_rows(sent, block)
    differs = uneven(block, cells_of(sent.table, rows))
    count = int(rows.filter(differs).count().to_pyarrow().as_py()) if differs is not None else 0
    if not count or block.split is None:
        return []
    columns = " and ".join(f"'{column}'" for column in block.split.columns)
    return [
        f"Columns {columns}, split into {block.record}: different numbers of parts on {_many(count, 'row')}; what is "
        "missing was left empty. Look at those rows in the source."
    ]


def _notes_on_repeats(
    record: str, records: Entries[str, ir.Table], blocks: Entries[str, Sequence[ir.Table]]
) -> list[str]:
    before = sum(int(block.count().to_pyarrow().as_py()) for block in blocks[record])
    again = before - int(records[record].count().to_pyarrow().as_py())
    return [f"{record}: rows merged because they repeat another word for word: {again:,}."] if again else []


def _notes_on_years(mapping: Mapping) -> list[str]:
    return [
        f"{field}: a year of two signs ({', '.join(dict.fromkeys(formats))}) is read as 2000 to 2069 or 1970 to 1999."
        for field, formats in short_years(mapping).items()
    ]


def _unknown(mapping: Mapping, sheet: Sheet) -> str:
    return (
        f"{sheet.shown}: no table of the mapping {mapping.name} fits its name, so its rows are out of scope. Add it to "
        "the mapping, or leave it out."
    )


def _rows_in(engine: Engine, name: str, chosen: Sequence[Sheet], settings: Settings) -> int:
    if not chosen:
        return 0
    first = [{"first": sheet.columns[0]} for sheet in chosen]
    return int(text_of(engine, name, chosen, first, settings).count().to_pyarrow().as_py())


# ---------------------------------------------------------------- trying a mapping


def tried(path: Path, engine: Engine, sources: Sequence[Source], settings: Settings) -> list[str]:
    """What a mapping finds in files, in lines: tables, columns used and not used, rows, codes not covered.

    Raises:
        WrongWords: the file is no mapping, or does not fit the standard.
        FileRefused: a table or column is missing in the files.
    """
    mapping = _sound(path)
    found = _tables_in(engine, sources, settings)
    lines = []
    for place, table in matched(mapping, found).items():
        beside = unused(found[place], table)
        lines.append(f"{found[place].shown}: the table of line {table.line}; {len(table.columns):,} columns are read.")
        if beside:
            lines.append(f"  not read: {listed(beside, LISTED)}")
    written = _lay_out(mapping, engine, sources, settings, "tried", quoting=True)
    for record, rows in written.records.items():
        lines.append(f"  makes {_many(int(rows.count().to_pyarrow().as_py()), f'{record} row')}")
    lines += [f"  leaves out {_many(rows, 'row')}: {reason}" for reason, rows in written.left_out.items()]
    return [*lines, *(f"Note: {note}" for note in written.notes)]
