"""Excel workbooks: every sheet a table, every cell the text a reader of the sheet would write down."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

import openpyxl
from openpyxl.utils.escape import unescape

from onrecord.engine import LONGEST_LINE, Engine
from onrecord.errors import FileRefused, OnrecordError
from onrecord.intake.read.formulas import without_result
from onrecord.intake.read.gathering import Source
from onrecord.intake.read.held import HeldRows
from onrecord.intake.read.limits import (
    MOST_COLUMNS,
    check_members,
    damaged_is_refused,
    first_bytes,
    seekable,
    windows,
)
from onrecord.settings import Settings

LAST_ROW = 1_048_576
MOST_CELLS = 60_000_000
EXACT_DIGITS = 15
# What a file in the format of before 2007 begins with, and a workbook with a password too.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZEROS = re.compile(r"0{2,}")
ESCAPED = re.compile(r"_x[0-9A-Fa-f]{4}_")
UNICODES = ("ascii", "utf-16-le", "utf-16-be")
DOCTYPES = tuple(sign.encode(code) for sign in ("<!DOCTYPE", "<!ENTITY") for code in UNICODES)
# The number Excel shows, the texts by the place of their column, and whether a number was cut.
Row = tuple[int, dict[int, str], bool]
AS_CSV = "Open it in Excel and save it again as .xlsx, or give the sheet as CSV UTF-8."


@dataclass(frozen=True)
class Grid:
    """One sheet of a workbook, read: its name, its header as it stands, how far its cells reach; and the columns, by
    their place, that hold a formula without its result, each with the first such row."""

    name: str
    header: tuple[str, ...]
    width: int
    notes: tuple[str, ...]
    without_result: tuple[tuple[int, int], ...]


def read_workbook(
    engine: Engine, source: Source, settings: Settings, table_of_sheet: Callable[[str], str]
) -> list[Grid]:
    """Read every sheet that is not empty into a table of the engine.

    Raises:
        FileRefused: it is no workbook, is locked, damaged or unpacks without end.
    """
    if first_bytes(source, len(OLE)) == OLE:
        raise FileRefused(
            f"{source.shown}: the workbook is locked with a password, or is in the old Excel format. "
            "Save it as .xlsx without a password."
        )
    # Openpyxl warns of what it leaves out (pictures, checks of input): none of it is a cell's value.
    with seekable(source, settings) as content, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _check_parts(source, content, settings)
        book = _opened(source, content)
        return [grid for sheet in book.worksheets if (grid := _read_sheet(engine, source, sheet, table_of_sheet))]


def _check_parts(source: Source, content: IO[bytes], settings: Settings) -> None:
    """No part declares a DOCTYPE: Excel writes none, and what it can hide is not worth finding out."""
    archive = check_members(source, content, settings)
    for info in archive.infolist():
        with damaged_is_refused(source):
            found = _has_doctype(archive, info)
        if found:
            raise FileRefused(f"{source.shown}: it declares entities in a DOCTYPE, which Excel never does. {AS_CSV}")
    content.seek(0)


def _has_doctype(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    looked_at = info.filename.lower().endswith((".xml", ".rels", ".vml"))
    with archive.open(info) as part:
        # Other parts are read to their end too: that one is damaged shows there.
        seen = windows(part, max(map(len, DOCTYPES)))
        return any(looked_at and any(sign in piece for sign in DOCTYPES) for piece in seen)


def _opened(source: Source, content: IO[bytes]) -> Any:
    try:
        return openpyxl.load_workbook(content, read_only=True, data_only=True)
    except Exception:  # openpyxl raises whatever its parts raise on a file it does not understand
        raise _not_understood(source) from None


def _not_understood(source: Source) -> FileRefused:
    return FileRefused(f"{source.shown}: the workbook is damaged or not as Excel writes it. {AS_CSV}")


def _read_sheet(engine: Engine, source: Source, sheet: Any, table_of_sheet: Callable[[str], str]) -> Grid | None:
    where = f"{source.shown}, sheet {sheet.title}"
    rows = _guarded(source, _rows(where, sheet))
    first = next(rows, None)
    if first is None:
        return None
    head = first[1]
    without = _without_result(source, sheet)
    held = HeldRows(engine, table_of_sheet(sheet.title))
    cut = 0
    for line, cells, has_cut in rows:
        held.add(line, cells)
        cut = cut or (line if has_cut else 0)
    held.flush()
    width = max(held.width, max(head) + 1)
    notes = (
        (
            f"Row {cut} is the first with a number of more than {EXACT_DIGITS} digits, of which Excel keeps "
            f"{EXACT_DIGITS}: the rest may be lost. Format such columns as text before typing or pasting.",
        )
        if cut
        else ()
    )
    return Grid(sheet.title, tuple(head.get(place, "") for place in range(width)), width, notes, without)


def _without_result(source: Source, sheet: Any) -> tuple[tuple[int, int], ...]:
    """As openpyxl tells results alone, the formulas are looked for in the part that it reads."""
    try:
        return tuple(without_result(sheet._get_source).items())
    except Exception:  # as in _opened
        raise _not_understood(source) from None


def _guarded(source: Source, rows: Iterator[Row]) -> Iterator[Row]:
    """Rows as they come; what openpyxl raises on a damaged sheet becomes a sentence."""
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except OnrecordError:
            raise
        except Exception:  # as in _opened
            raise _not_understood(source) from None
        yield row


def _rows(where: str, sheet: Any) -> Iterator[Row]:
    """Rows that are not empty: the number Excel shows, texts by column, and whether a number was cut."""
    # The size that a sheet states may be wrong, in either direction.
    sheet.reset_dimensions()
    seen = 0
    for line, row in enumerate(sheet.iter_rows(), 1):
        seen += len(row)
        if line > LAST_ROW or seen > MOST_CELLS:
            raise FileRefused(
                f"{where}: it reaches further than {MOST_CELLS:,} cells or row {LAST_ROW:,}, most of them empty. "
                "Delete the empty rows and columns below and beside the table, and save it again."
            )
        cells: dict[int, str] = {}
        has_cut = False
        for place, cell in enumerate(row):
            if cell.value is None:
                continue
            text = text_of_cell(cell)
            if text:
                cells[place] = text
                has_cut = has_cut or _is_cut(cell.value)
        if cells:
            _check_row(f"{where}, row {line}", cells)
            yield line, cells, has_cut


def _check_row(where: str, cells: dict[int, str]) -> None:
    if max(cells) >= MOST_COLUMNS:
        raise FileRefused(f"{where}: it has more than {MOST_COLUMNS:,} columns. Delete what stands beside the table.")
    if sum(map(len, cells.values())) > LONGEST_LINE:
        raise FileRefused(f"{where}: it holds more than {LONGEST_LINE:,} characters. Shorten that cell.")
    if any("\0" in text for text in cells.values()):
        raise FileRefused(f"{where}: a cell holds a NUL character, which is no text. Type the cell again.")


def _is_cut(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) >= 10**EXACT_DIGITS


def text_of_cell(cell: Any) -> str:
    """What stands in a cell, as a reader would write it down.

    Dates are ISO; a day without a time is a date alone; whole numbers have no ``.0`` and keep the zeros in
    front that a format of zeros shows; ``#REF!`` stays as it is.
    """
    value = cell.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value)
    text = str(value)
    return (unescape(text) if ESCAPED.search(text) else text).strip()


def _number(value: float, number_format: str) -> str:
    if isinstance(value, float) and not value.is_integer():
        # Excel shows 15 digits: 0.1 + 0.2 is 0.3 to its reader.
        return f"{Decimal(format(value, f'.{EXACT_DIGITS}g')):f}"
    digits = str(int(value))
    return digits.zfill(len(number_format)) if ZEROS.fullmatch(number_format or "") else digits


def _moment(value: datetime | date | time | timedelta) -> str:
    if isinstance(value, datetime):
        value = _whole_second(value)
        return value.date().isoformat() if value.time() == time() else f"{value.date()} {_clock(value.time())}"
    if isinstance(value, time):
        return _clock(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return value.isoformat()


def _whole_second(value: datetime) -> datetime:
    """Excel keeps a time as a fraction of a day, which is off by some millionths."""
    return (value + timedelta(microseconds=500_000)).replace(microsecond=0)


def _clock(value: time) -> str:
    return value.strftime("%H:%M:%S" if value.second else "%H:%M")
