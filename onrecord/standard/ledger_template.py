"""The ledger return as a sheet to be filled in: CSV, and a workbook that shows whether each row adds up.

The first sheet of the workbook holds the record's columns and nothing else, so that it can be sent back as it
is. The same period gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import datetime

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.periods import months_between, parse_period
from onrecord.standard.records import LEDGER_RETURN

SHEET, CHECK, WORDS = "ledger_return", "check", "what the columns mean"
SPARE_ROWS = 12
# Office files keep when they were made. This one is made anew each time, and is always the same.
MADE = datetime(2026, 1, 1)  # noqa: DTZ001
ZIP_MADE = (2026, 1, 1, 0, 0, 0)
MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
AMISS = PatternFill(bgColor="FFD9B3")
WIDTHS = {"agency_id": 28, "definition_version": 20}
NARROW, WIDE = 13, 90
ADDS_UP = "adds up"


def ledger_template_csv(period: str = "", agency: str = "") -> str:
    """A CSV file with the columns of a ledger return, and a row a month where a period is given.

    Raises:
        WrongWords: the period is not written as one.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(LEDGER_RETURN.columns)
    for month in _months(period):
        begun = {"agency_id": agency, "month": month}
        writer.writerow([begun.get(name, "") for name in LEDGER_RETURN.columns])
    return text.getvalue()


def ledger_template_xlsx(period: str = "", agency: str = "") -> bytes:
    """The same as a workbook: a second sheet says in words whether each row adds up, a third what each column means.

    Raises:
        WrongWords: the period is not written as one.
    """
    months = _months(period)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    last_row = 1 + (len(months) or SPARE_ROWS)
    _fill(sheet, months, agency, last_row)
    _guard(sheet, last_row)
    _check(book.create_sheet(CHECK), last_row)
    _explain(book.create_sheet(WORDS))
    book.properties.creator = f"onrecord standard {STANDARD_VERSION}"
    book.properties.created = MADE
    return _same_bytes(book)


def _months(period: str) -> list[str]:
    if not period:
        return []
    asked = parse_period(period)
    return months_between(asked.first_day, asked.last_day)


def _column(name: str) -> str:
    return get_column_letter(LEDGER_RETURN.columns.index(name) + 1)


def _fill(sheet: Worksheet, months: list[str], agency: str, last_row: int) -> None:
    """The header and the months. Text stays text: a month is no date, and nothing written here is a formula."""
    _head(sheet, LEDGER_RETURN.columns)
    for row in range(2, last_row + 1):
        for column, field in enumerate(LEDGER_RETURN.fields, 1):
            formats = {"integer": "0", "date": "yyyy-mm-dd"}
            sheet.cell(row, column).number_format = formats.get(field.type, "@")
    for row, month in enumerate(months, 2):
        for name, value in (("agency_id", agency), ("month", month)):
            if value:
                cell = sheet[f"{_column(name)}{row}"]
                cell.value = value
                cell.data_type = "s"
    for name in LEDGER_RETURN.columns:
        sheet.column_dimensions[_column(name)].width = WIDTHS.get(name, max(NARROW, len(name) + 2))
    sheet.freeze_panes = "C2"


def _head(sheet: Worksheet, names: tuple[str, ...]) -> None:
    for column, name in enumerate(names, 1):
        cell = sheet.cell(1, column, name)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top")


def _guard(sheet: Worksheet, last_row: int) -> None:
    """Counts are whole numbers from 0 on; a row whose counts are all there and do not add up is coloured."""
    whole = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0", allow_blank=True)
    whole.errorTitle, whole.error = "A count", "Write a whole number. A zero is written as 0; a blank is no zero."
    # The letter offers c for a count that is too small to be shown.
    whole.errorStyle = "warning"
    whole.add(f"{_column('received')}2:{_column('duplicates')}{last_row}")
    sheet.add_data_validation(whole)
    total, first, last = _counts(2)
    differs = f"AND(COUNT(${total},${first}:${last})={_how_many()},SUM(${first}:${last})<>${total})"
    everywhere = f"A2:{_column('duplicates')}{last_row}"
    sheet.conditional_formatting.add(
        everywhere, Rule("expression", dxf=DifferentialStyle(fill=AMISS), formula=[differs])
    )


def _counts(row: int) -> tuple[str, str, str]:
    """The cells of a row that must agree: the total, the first and the last standing."""
    first, *_, last = codelists.standing_keys()
    return f"{_column('received')}{row}", f"{_column(first)}{row}", f"{_column(last)}{row}"


def _how_many() -> int:
    return len(codelists.standing_keys()) + 1


def _check(sheet: Worksheet, last_row: int) -> None:
    """In words, for each row of the first sheet: nothing yet, a count missing, adds up, or by how much it does not."""
    _head(sheet, ("month", "received", "the standings together", "the row"))
    for row in range(2, last_row + 1):
        total, first, last = (f"{SHEET}!{cell}" for cell in _counts(row))
        span = f"{first}:{last.removeprefix(SHEET + '!')}"
        given = f"COUNT({total},{span})"
        words = (
            f'=IF({given}=0,"nothing yet",IF({given}<{_how_many()},"a count is missing: write 0 for none",'
            f'IF(SUM({span})={total},"{ADDS_UP}",IF(SUM({span})>{total},SUM({span})-{total}&" too many in the '
            f'standings",{total}-SUM({span})&" of the reports received stand nowhere"))))'
        )
        month = f"{SHEET}!{_column('month')}{row}"
        sheet.append([f'=IF({month}="","",{month})', f'=IF({total}="","",{total})', f"=SUM({span})", words])
    for letter, width in zip("ABCD", (NARROW, NARROW, 24, 48), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"


def _explain(sheet: Worksheet) -> None:
    _head(sheet, ("column", "what it means"))
    for field in LEDGER_RETURN.fields:
        codes = f" One of: {', '.join(codelists.codes(field.code_list))}; or unknown." if field.code_list else ""
        sheet.append([field.name, field.description + codes])
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["B"].width = WIDE
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _same_bytes(book: Workbook) -> bytes:
    """The workbook without the moment at which it was written."""
    written, same = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(same, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                content = MODIFIED.sub(rb"\g<1>" + MADE.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), content)
            info = zipfile.ZipInfo(name, ZIP_MADE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            after.writestr(info, content)
    return same.getvalue()
