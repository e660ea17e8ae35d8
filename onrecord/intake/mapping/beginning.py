"""The first draft of a mapping, from the headers of files: what has the standard's name is filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from onrecord.engine import Engine
from onrecord.errors import FileRefused
from onrecord.intake.mapping.reading import LONGEST_NAME, OTHER_LAYOUTS
from onrecord.intake.read import Sheet, Source, sheets
from onrecord.intake.written import BESIDE, record_of
from onrecord.settings import Settings
from onrecord.standard import STANDARD_VERSION
from onrecord.standard.records import TABLES
from onrecord.standard.schema import Field, Table

HEAD = """\
# A first draft. Lines that begin with # are not read: fill in what you know, and take the # away.
# A field is a column (received_date: Date reported) or says more: {{column: Date reported, date: DD/MM/YYYY}},
# {{constant: CSE}}, {{column: Sex, codes: {{Male: M, Female: F}}, empty: not yet recorded}}. See docs/mapping.md.
mapping: {name}
version: 1
standard: {standard}
tables:
"""
USUAL = ("report", "crime", "person", "involvement", "event")


def begin(engine: Engine, sources: Sequence[Source], settings: Settings, name: str) -> str:
    """A mapping to be filled in, with every column of the files and every field of the records.

    Raises:
        FileRefused: the files hold no table.
    """
    found = [sheet for sheet in sheets(engine, sources, settings) if sheet.name.lower() not in BESIDE]
    if not found:
        raise FileRefused("These files hold no table to map. Give the files as they are exported.")
    sound = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:LONGEST_NAME] or "draft"
    lines = [HEAD.format(name=f"{sound}-mapping" if sound in OTHER_LAYOUTS else sound, standard=STANDARD_VERSION)]
    for sheet in found:
        lines += [f"{line}\n" for line in _table(sheet)]
    return "".join(lines)


def _table(sheet: Sheet) -> Iterator[str]:
    yield f"  - from: {_quoted(sheet.stem)}"
    yield f"    # Its columns: {', '.join(map(_quoted, sheet.columns))}"
    yield "    # leave_out: {when: {column: …, is: […]}, reason: left_out_by_mapping}"
    yield "    records:"
    own = record_of(sheet)
    guessed = [own] if own else _fitting(sheet)
    for table in guessed:
        yield from _record(sheet, table, begun=True)
    for table in TABLES:
        if table not in guessed and table.name in USUAL:
            yield from _record(sheet, table, begun=False)


def _fitting(sheet: Sheet) -> list[Table]:
    """The records with a column of their key in the sheet; without any, report."""
    fitting = [table for table in TABLES if table.name in USUAL and all(_column(sheet, key) for key in table.key)]
    return fitting or [table for table in TABLES if table.name == "report"]


def _record(sheet: Sheet, table: Table, begun: bool) -> Iterator[str]:
    yield f"      {'' if begun else '# '}{table.name}:"
    for field in table.fields:
        column = _column(sheet, field.name)
        if begun and (column or field.name in table.key):
            yield f"        {field.name}: {_quoted(column or sheet.columns[0])}{'' if column else '  # a guess'}"
        elif begun or field.required:
            yield f"        # {field.name}: …{_about(field)}"


def _about(field: Field) -> str:
    required = "required; " if field.required else ""
    return f"  ({required}{field.description})"


def _column(sheet: Sheet, name: str) -> str:
    """The column called so, letter case, blanks and strokes aside."""
    return next((column for column in sheet.columns if _plain(column) == _plain(name)), "")


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _quoted(text: str) -> str:
    """A text as YAML reads it back: in quotation marks unless it is a plain word."""
    plain = text.replace(" ", "").replace("_", "").replace("-", "")
    return text if plain.isascii() and plain.isalnum() and text[:1].isalpha() else json.dumps(text)
