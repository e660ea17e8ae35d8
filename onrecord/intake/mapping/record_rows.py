"""From source rows to record rows: conditions, splits, fields, and rows that stand once; all of it in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from onrecord.engine import Engine
from onrecord.intake.mapping.declared import Block, TableMap
from onrecord.intake.mapping.recipes import Cells, Stray, holds, made
from onrecord.intake.read import Sheet
from onrecord.standard.schema import Table

ADDRESS = ("sheet_no", "line")
PART, BLOCK, STANDS_ONCE, AGAIN = "part", "block", "stands_once", "again"


@dataclass(frozen=True)
class Sent:
    """The source rows of one table of the mapping, and the sheets they are from.

    Attributes:
        table: what the mapping says of them.
        rows: their text: a column c0, c1, ... for each column the mapping reads, and the address.
        places: which of all sheets the rows' sheet_no means.
        sheets: those sheets.
    """

    table: TableMap
    rows: ir.Table
    places: Sequence[int]
    sheets: Sequence[Sheet]


def column_at(place: int) -> str:
    """The name in the engine of the column that the mapping reads at this place."""
    return f"c{place}"


def cells_of(table: TableMap, rows: ir.Table) -> Cells:
    """The cells of the rows, by the sender's columns."""
    return Cells({column.lower(): rows[column_at(place)] for place, column in enumerate(table.columns)})


def reason_of(table: TableMap, cells: Cells) -> ir.StringValue:
    """Why a row is left out; null where it is not."""
    reasons = [(holds(each.when, cells), each.reason) for each in table.leave_out]
    return ibis.cases(*reasons, else_=ibis.null("string")) if reasons else ibis.null("string")


def makes(block: Block, cells: Cells) -> ir.BooleanValue:
    """Whether a row makes at least one record of the block."""
    chosen = holds(block.when, cells) if block.when else ibis.literal(True)
    return chosen & _any_part(block, cells) if block.split else chosen


def _parts(text: ir.StringValue, by: str) -> ir.ArrayValue:
    return text.split(by).map(lambda part: part.strip())


def _any_part(block: Block, cells: Cells) -> ir.BooleanValue:
    assert block.split
    parts = [_parts(cells.of(column), block.split.by) for column in block.split.columns]
    return reduce(or_, (each.filter(lambda part: part != "").length().fill_null(0) > 0 for each in parts))


def uneven(block: Block, cells: Cells) -> ir.BooleanValue | None:
    """Whether the columns of a split differ in how many parts they hold; None where it has one column."""
    if block.split is None or len(block.split.columns) == 1:
        return None
    first, *others = [_parts(cells.of(column), block.split.by).length().fill_null(0) for column in block.split.columns]
    return reduce(or_, (count != first for count in others))


def rows_of(sent: Sent, block: Block) -> tuple[ir.Table, list[Stray]]:
    """The record rows of one block: its fields, the address, and what code tables do not cover."""
    rows = chosen_rows(sent, block)
    rows = _split(sent.table, block, rows) if block.split else rows.mutate(**{PART: ibis.literal(1)})
    cells = cells_of(sent.table, rows)
    cells.part = rows[PART]
    fields = {name: made(recipe, cells) for name, recipe in block.fields.items()}
    strays = {stray_at(place): stray.written for place, stray in enumerate(cells.strays)}
    places = ibis.array([ibis.literal(place, type="int64") for place in sent.places])
    address = {"sheet_no": places[rows.sheet_no], "line": rows.line, PART: rows[PART]}
    once = {STANDS_ONCE: ibis.literal(block.distinct)}
    return rows.select(**fields, **strays, **address, **once), cells.strays


def stray_at(place: int) -> str:
    """The name in the engine of a column of values that a code table does not cover."""
    return f"stray {place}"


def chosen_rows(sent: Sent, block: Block) -> ir.Table:
    """The source rows that a block is made of."""
    cells = cells_of(sent.table, sent.rows)
    chosen = reason_of(sent.table, cells).isnull()
    return sent.rows.filter(chosen & holds(block.when, cells) if block.when else chosen)


def _split(table: TableMap, block: Block, rows: ir.Table) -> ir.Table:
    """A row for each part: the parts of several columns go together by their place; wholly empty ones make none."""
    assert block.split
    cells, lower = cells_of(table, rows), [column.lower() for column in table.columns]
    names = {column_at(lower.index(column.lower())): column for column in block.split.columns}
    rows = rows.mutate(**{f"parts {name}": _parts(cells.of(column), block.split.by) for name, column in names.items()})
    longest = ibis.greatest(*(rows[f"parts {name}"].length().fill_null(0) for name in names))
    rows = rows.mutate(**{PART: ibis.range(0, longest).unnest()})
    each = {name: rows[f"parts {name}"][rows[PART]].nullif("") for name in names}
    rows = rows.mutate(**each, **{PART: rows[PART] + 1})
    return rows.filter(reduce(or_, (rows[name].notnull() for name in names)))


def kept(engine: Engine, name: str, record: Table, blocks: Sequence[ir.Table], once: bool) -> ir.Table:
    """The rows of a record from all blocks, in the order of the files, as a table of the engine.

    Args:
        engine: the engine that holds the source rows.
        name: the table's name in it.
        record: the record.
        blocks: its rows, from :func:`rows_of`.
        once: whether some of them stand once where they repeat each other.
    """
    given = {field for block in blocks for field in block.columns} | _required(record)
    fields = [field for field in record.columns if field in given]
    alike = [_with_all(block, fields).mutate(**{BLOCK: ibis.literal(place)}) for place, block in enumerate(blocks)]
    rows = ibis.union(*alike) if len(alike) > 1 else alike[0]
    order = [*ADDRESS, BLOCK, PART]
    if once:
        again = ibis.row_number().over(ibis.window(group_by=[*fields, STANDS_ONCE], order_by=order))
        rows = rows.mutate(**{AGAIN: again})
        rows = rows.filter(~rows[STANDS_ONCE] | (rows[AGAIN] == 0))
    rows = rows.order_by(order)
    engine.create_table(name, rows.select(*fields, *ADDRESS), temp=True, overwrite=True)
    made_rows = engine.table(name)
    return made_rows.select(*fields, *ADDRESS, row=made_rows.rowid())


def _required(record: Table) -> set[str]:
    """The fields that the standard requires: where the mapping gives none, they are empty, and the rules say so."""
    return {field.name for field in record.fields if field.required} | {group[0] for group in record.at_least_one}


def _with_all(rows: ir.Table, fields: Sequence[str]) -> ir.Table:
    null = ibis.null("string")
    given = {field: rows[field].cast("string") if field in rows.columns else null for field in fields}
    return rows.select(
        **given, **{PART: rows[PART].cast("int64")}, **{name: rows[name] for name in (*ADDRESS, STANDS_ONCE)}
    )
