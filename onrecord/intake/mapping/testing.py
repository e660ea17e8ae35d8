"""A mapping held against the standard and against the files, before anything is laid out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Entries
from fnmatch import fnmatchcase

from onrecord.errors import FileRefused
from onrecord.intake.mapping.declared import KEEP, Block, Mapping, Recipe, TableMap
from onrecord.intake.mapping.reading import nearest, refuse
from onrecord.intake.read import Sheet, listed
from onrecord.standard.export import PATTERNS, allowed
from onrecord.standard.records import table_at
from onrecord.standard.schema import SEPARATOR, Field

LISTED = 12


# ---------------------------------------------------------------- against the standard


def hold_against_the_standard(mapping: Mapping) -> None:
    """Refuse a mapping that would write what no rule of the standard can accept.

    Raises:
        WrongWords: a constant, or what a code table makes, is none of the field's values.
    """
    faults = []
    for block in _blocks(mapping):
        record = table_at(mapping.standard, block.record)
        for name, recipe in block.fields.items():
            field = record.field_named(name)
            faults += list(_wrong_words(mapping, block, field, recipe))
            if recipe.split and not field.many:
                faults.append((recipe.line, f"{block.record}.{name} takes one value. Split the record instead."))
    refuse(mapping.path, faults)


def _blocks(mapping: Mapping) -> Iterator[Block]:
    for table in mapping.tables:
        yield from table.blocks


def _wrong_words(mapping: Mapping, block: Block, field: Field, recipe: Recipe) -> Iterator[tuple[int, str]]:
    codes = allowed(field, mapping.standard)
    for line, word in _writes(recipe):
        parts = word.split(SEPARATOR) if field.many else [word]
        for part in parts:
            if codes and part not in codes:
                yield line, f"'{part}' is none of the values of {block.record}.{field.name}. {nearest(part, codes)}"
            elif not codes and not _has_form(field, part):
                yield line, f"'{part}' is no {field.type} as the standard writes it, for {block.record}.{field.name}."


def _writes(recipe: Recipe) -> Iterator[tuple[int, str]]:
    """The words that a recipe itself writes, with their lines; not those of columns, nor parts of joined text."""
    if recipe.empty:
        yield recipe.line, recipe.empty
    if recipe.prefix or recipe.suffix or recipe.kind == "join":
        return
    if recipe.codes:
        yield from ((recipe.codes.line, code) for code in dict.fromkeys(recipe.codes.codes.values()) if code)
        if recipe.codes.otherwise != KEEP:
            yield recipe.codes.line, recipe.codes.otherwise
    elif recipe.kind == "constant" and not recipe.reads and not recipe.yes_no:
        yield recipe.line, recipe.text
    for part in recipe.parts:
        yield from _writes(part)


def _has_form(field: Field, word: str) -> bool:
    if field.type == "boolean":
        return word in ("true", "false")
    if field.type == "integer":
        return word.isdecimal()
    form = PATTERNS.get(field.type)
    return form is None or re.fullmatch(form, word) is not None


def missing_fields(mapping: Mapping) -> list[str]:
    """What the standard requires and the mapping does not give, in sentences: the rules will hold such rows."""
    found = []
    for block in _blocks(mapping):
        record = table_at(mapping.standard, block.record)
        missing = [field.name for field in record.fields if field.required and field.name not in block.fields]
        one_of = [" or ".join(group) for group in record.at_least_one if not set(group) & set(block.fields)]
        if missing or one_of:
            found.append(
                f"{mapping.path.name}, line {block.line}: the mapping makes {block.record} rows without "
                f"{', '.join([*missing, *one_of])}, which the standard requires: the rules will hold them."
            )
    return found


# ---------------------------------------------------------------- against the files


def matched(mapping: Mapping, found: Sequence[Sheet]) -> dict[int, TableMap]:
    """The place of each sheet that the mapping knows to the table that it is.

    Raises:
        FileRefused: a table or column is missing, or a sheet fits two tables.
    """
    fitting = {
        place: [table for table in mapping.tables if any(_fits(name, sheet) for name in table.names)]
        for place, sheet in enumerate(found)
    }
    for place, tables in fitting.items():
        if len(tables) > 1:
            lines = " and ".join(str(table.line) for table in tables)
            raise FileRefused(
                f"{found[place].shown}: two tables of {mapping.path.name} fit its name (lines {lines}). Make the names "
                "under 'from' narrower, so that one fits."
            )
    known = {place: tables[0] for place, tables in fitting.items() if tables}
    _all_tables(mapping, found, list(known.values()))
    for place, table in known.items():
        _all_columns(mapping, found[place], table)
    return known


def _fits(name: str, sheet: Sheet) -> bool:
    file = sheet.source.shown.replace("\\", "/").rsplit("/", 1)[-1].rsplit(": ", 1)[-1].lower()
    names = {sheet.stem.strip(), sheet.name.lower().strip(), file, file.rsplit(".", 1)[0]} - {""}
    return any(fnmatchcase(each, name) for each in names)


def _all_tables(mapping: Mapping, found: Sequence[Sheet], known: Sequence[TableMap]) -> None:
    for table in mapping.tables:
        if table not in known and (not table.optional or not known):
            shown = "; ".join(sheet.shown for sheet in found[:LISTED]) or "none"
            raise FileRefused(
                f"{mapping.path.name}, line {table.line}: no table named '{' or '.join(table.names)}' is in the files. "
                f"There are: {shown}. Give that file too, mend 'from', or write 'optional: true' if it may be missing."
            )


def _all_columns(mapping: Mapping, sheet: Sheet, table: TableMap) -> None:
    there = {column.lower() for column in sheet.columns}
    may_lack = {column.lower() for column in table.may_lack}
    missing = [column for column in table.columns if column.lower() not in there | may_lack]
    if missing:
        near = nearest(missing[0], sheet.columns)
        hint = f" {near}" if near.startswith("Did") else ""
        lacks = " and no ".join(f"'{column}'" for column in missing[:LISTED])
        raise FileRefused(
            f"{sheet.shown}: it has no column {lacks}, which {mapping.path.name} reads "
            f"(the table of line {table.line}).{hint} Columns found: {listed(sheet.columns, LISTED)}. Mend the name in "
            "the mapping, or list it under 'may_lack' if it may be missing."
        )


def unused(sheet: Sheet, table: TableMap) -> list[str]:
    """The columns of a sheet that the mapping does not read."""
    used = {column.lower() for column in table.columns}
    return [column for column in sheet.columns if column.lower() not in used]


def short_years(mapping: Mapping) -> Entries[str, list[str]]:
    """Record and field to the formats in which its years have two signs."""
    found: dict[str, list[str]] = {}
    for block in _blocks(mapping):
        for name, recipe in block.fields.items():
            if formats := [each for each in _formats(recipe) if "Y" in each and "YYYY" not in each]:
                found.setdefault(f"{block.record}.{name}", []).extend(formats)
    return found


def _formats(recipe: Recipe) -> Iterator[str]:
    yield from recipe.formats
    for part in recipe.parts:
        yield from _formats(part)
