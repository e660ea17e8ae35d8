"""Builders of small files of every kind that is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from onrecord.engine import open_engine
from onrecord.intake.read import Sheet, gather, sheets, text_of
from onrecord.settings import Settings
from tests.unit.factories import SETTINGS

Rows = Sequence[Sequence[Any]]


def workbook(path: Path, grids: Mapping[str, Rows], formats: Mapping[str, str] | None = None) -> Path:
    """A workbook with these sheets; ``formats`` gives number formats to cells of the first."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in grids.items():
        sheet = book.create_sheet(name)
        for line, row in enumerate(rows, 1):
            for place, value in enumerate(row, 1):
                sheet.cell(line, place, value)
    for cell, number_format in (formats or {}).items():
        book.worksheets[0][cell].number_format = number_format
    book.save(path)
    return path


def changed_part(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """A workbook with something changed inside one of its parts."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new, 1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    path.write_bytes(packed.getvalue())
    return path


def sheets_of(*paths: Path, settings: Settings = SETTINGS) -> tuple[Sheet, ...]:
    """The tables behind paths."""
    with open_engine(settings) as engine:
        return sheets(engine, gather(paths), settings)


def rows_of(*paths: Path, settings: Settings = SETTINGS) -> list[dict[str, Any]]:
    """Every row of every table behind paths, in order, by the names of all their columns."""
    with open_engine(settings) as engine:
        found = sheets(engine, gather(paths), settings)
        wanted = [{column: column for column in sheet.columns} for sheet in found]
        rows = text_of(engine, "t", found, wanted, settings).order_by("row").to_pyarrow().to_pylist()
    assert [row["row"] for row in rows] == list(range(len(rows)))
    return [{name: value for name, value in row.items() if name != "row"} for row in rows]


def cells_of(*paths: Path, settings: Settings = SETTINGS) -> list[list[str | None]]:
    """The texts alone."""
    return [list(row.values())[:-2] for row in rows_of(*paths, settings=settings)]
