"""The receipt as a workbook: five sheets, every value a cell of text that no spreadsheet runs or rewrites."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from onrecord.intake.check import STATES
from onrecord.intake.receipt.data import VERDICTS, Receipt
from onrecord.intake.receipt.words import (
    SENDER_ALONE,
    answer_words,
    balance,
    effect_of,
    headline,
    line_in_words,
    made_by,
    next_steps,
    not_followed,
    reason_in_words,
    remedy_of,
    title_of,
    visible,
    why_not,
)
from onrecord.standard.workbook import fixed_bytes

MOST_ROWS = 1_048_576
MOST_CHARACTERS = 32_767
CUT = "… (cut: a cell holds no more)"
TEXT = "@"
NUMBER = "#,##0"
NARROWEST, WIDEST = 9, 60
SUMMARY_WIDTHS = [80, 12, 12, 12, 14]
# A spreadsheet reads _x0041_ as a letter; written so, it shows what was sent.
ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
FORMULA = re.compile(r"^[=+\-@\t\r\n]")
HEAD = PatternFill("solid", fgColor="0B3C6F")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = str | int | None
Row = Sequence[Value]


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes:
        name: its name.
        head: the heads of its columns; none for the summary, which is read from top to bottom.
        rows: its rows.
        says: what a reader must know of it, after the last row.
        strong: rows in bold, by number from 0.
    """

    name: str
    head: Sequence[str]
    rows: Sequence[Row]
    says: str = ""
    strong: frozenset[int] = frozenset()


def as_workbook(receipt: Receipt) -> bytes:
    """The receipt as the bytes of an xlsx file; the same receipt gives the same bytes."""
    book = Workbook(write_only=True)
    for sheet in (_summary(receipt), _critical(receipt), _findings(receipt), _rules(receipt), _held(receipt)):
        _write(book, _cut(sheet))
    when = datetime.fromisoformat(receipt.made_at) if receipt.made_at else EPOCH
    return fixed_bytes(book, "onrecord receipt", when.astimezone(UTC).replace(tzinfo=None))


# ---------------------------------------------------------------- what stands on each sheet


def _summary(receipt: Receipt) -> Sheet:
    rows: list[Row] = []
    strong: set[int] = set()
    for heading, lines in _parts_of_summary(receipt):
        if lines:
            strong.add(len(rows))
            rows += [(heading,), *lines, ()]
    return Sheet("summary", (), rows, strong=frozenset(strong))


def _parts_of_summary(receipt: Receipt) -> Iterator[tuple[str, list[Row]]]:
    yield f"Verdict: {receipt.verdict}", [(headline(receipt),), (VERDICTS[receipt.verdict],), (balance(receipt),)]
    yield "What to do next", [(step,) for step in next_steps(receipt)]
    yield "Notes", [(note,) for note in receipt.all_notes]
    yield "Rows received", _accounts(receipt)
    yield (
        "Why rows are held or out of scope",
        [
            *[(reason_in_words("held_reasons", key), count, remedy_of(key)) for key, count in receipt.held.items()],
            *[
                (reason_in_words("out_of_scope_reasons", key), count, remedy_of(key))
                for key, count in receipt.out_of_scope.items()
            ],
        ],
    )
    yield (
        "How the rules ended",
        [
            *((state, count, STATES[state]) for state, count in receipt.states.items()),
            ("all rules", len(receipt.outcomes)),
        ],
    )
    yield (
        "Queries that you have answered",
        [
            (", ".join(filter(None, about)), None, reason, of)
            for *about, reason, of in map(answer_words, receipt.answered)
        ],
    )
    yield "What the return covers", _covers(receipt)
    yield "About this receipt", [(SENDER_ALONE,), (made_by(receipt),), *((f"File: {file}",) for file in receipt.files)]


def _accounts(receipt: Receipt) -> list[Row]:
    rows: list[Row] = [("record", "received", "accepted", "held", "out of scope")]
    for name, account in receipt.by_record.items():
        held, beside = sum(account.held.values()), sum(account.out_of_scope.values())
        rows.append((name, account.received, account.accepted, held, beside))
    held, beside = sum(receipt.held.values()), sum(receipt.out_of_scope.values())
    return [*rows, ("all", receipt.received, receipt.accepted, held, beside)]


def _covers(receipt: Receipt) -> list[Row]:
    rows: list[Row] = [("As at", None, f"{receipt.as_at} ({receipt.as_at_says})")]
    if receipt.first_day:
        rows.append(("Received", None, f"{receipt.first_day} to {receipt.last_day}"))
    return rows + [
        (each.agency, each.months, f"{each.state}, {each.first_month or '?'} to {each.last_month or '?'} (months)")
        for each in receipt.covers
    ]


def _critical(receipt: Receipt) -> Sheet:
    head = (
        *("what", "line or rule", "findings", "reports", "without the held rows", "with them as they stand"),
        *("difference", "what it means", "moves"),
    )
    rows: list[Row] = [
        (
            *("the ledger", line_in_words(moved), None, None, moved.without, moved.with_held),
            *(f"{moved.with_held - moved.without:+,}", "by how much the held rows move it", "ledger"),
        )
        for moved in receipt.moved
    ]
    rows += [
        (
            *(touched.severity, touched.rule, touched.findings, touched.reports, None, None, None),
            *(effect_of(touched), ", ".join(touched.measures)),
        )
        for touched in receipt.critical
    ]
    nothing = "" if rows else "Nothing that was found moves a published figure."
    return Sheet("critical", head, rows, not_followed(receipt) or nothing)


def _findings(receipt: Receipt) -> Sheet:
    head = (
        *("severity", "rule", "record", "key", "file", "sheet", "row", "column", "value"),
        *("what is wrong", "what to do", "when it may be wrong", "measures it moves", "why it is asked"),
    )
    rules = {outcome.rule.code: outcome.rule for outcome in receipt.failed}
    rows = [
        (
            *(found.severity, found.rule, found.record, found.key),
            *(found.address.file, found.address.sheet, found.address.row, found.address.column, found.value),
            *(found.sentence, found.remedy, rules[found.rule].false_positives),
            *(", ".join(found.measures), rules[found.rule].citation),
        )
        for found in receipt.findings
    ]
    more = sum(outcome.fails for outcome in receipt.failed) - len(rows)
    says = f"{more:,} more are in the findings file: onrecord check … --findings findings.csv" if more > 0 else ""
    return Sheet("findings", head, rows, says if rows else "Nothing was found.")


def _rules(receipt: Receipt) -> Sheet:
    head = ("rule", "state", "severity", "record", "looked at", "findings", "what it says", "why it was not run")
    order = {outcome.rule.code: place for place, outcome in enumerate(receipt.failed)}
    first_failed = sorted(receipt.outcomes, key=lambda outcome: order.get(outcome.rule.code, len(order)))
    rows = [
        (
            *(outcome.rule.code, outcome.state, outcome.rule.severity, outcome.rule.record),
            *(outcome.applies, outcome.fails, title_of(outcome.rule)),
            why_not(outcome.state, outcome.why) if outcome.state not in ("passed", "failed") else "",
        )
        for outcome in first_failed
    ]
    return Sheet("rules", head, rows)


def _held(receipt: Receipt) -> Sheet:
    rows = [
        (held.file, held.row, reason_in_words("held_reasons", held.reason), remedy_of(held.reason))
        for held in receipt.held_rows
    ]
    more = sum(receipt.held.values()) - len(rows)
    says = f"{more:,} more held rows are not listed here." if more > 0 else ""
    return Sheet("held rows", ("file and sheet", "row", "why", "what to do"), rows, says if rows else "No row is held.")


# ---------------------------------------------------------------- as cells


def _cut(sheet: Sheet) -> Sheet:
    """No more rows than a sheet can hold; what is left out is said."""
    room = MOST_ROWS - 3
    if len(sheet.rows) <= room:
        return sheet
    says = f"{len(sheet.rows) - room:,} more rows do not fit on a sheet of a spreadsheet. {sheet.says}".strip()
    return Sheet(sheet.name, sheet.head, sheet.rows[:room], says, sheet.strong)


def _write(book: Workbook, sheet: Sheet) -> None:
    made = book.create_sheet(sheet.name)
    for place, width in enumerate(_widths(sheet), 1):
        made.column_dimensions[get_column_letter(place)].width = width
    if sheet.head:
        made.freeze_panes = "A2"
        made.auto_filter.ref = f"A1:{get_column_letter(len(sheet.head))}{len(sheet.rows) + 1}"
        made.append([_head(made, word) for word in sheet.head])
    for number, row in enumerate(sheet.rows):
        cells = [
            _cell(made, value, number in sheet.strong, bool(sheet.head) or not place) for place, value in enumerate(row)
        ]
        made.append(cells)
    if sheet.says:
        made.append([])
        made.append([_cell(made, sheet.says, False, False)])


def _widths(sheet: Sheet) -> list[int]:
    """Widths that fit what stands in the columns. The summary is read down its first, and words run on to the right."""
    if not sheet.head:
        return SUMMARY_WIDTHS
    columns = zip(*[sheet.head, *sheet.rows], strict=True)
    return [min(max(max(len(_shown(value)) for value in column) + 3, NARROWEST), WIDEST) for column in columns]


def _shown(value: Value) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else value


def _head(sheet: WriteOnlyWorksheet, word: str) -> Cell:
    cell = WriteOnlyCell(sheet, word)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Value, strong: bool, wrapped: bool) -> Cell | None:
    if value is None or value == "":
        return None
    cell = WriteOnlyCell(sheet, value if isinstance(value, int) else None)
    if isinstance(value, int):
        cell.number_format = NUMBER
    else:
        _as_text(cell, value)
    cell.alignment = Alignment(wrap_text=wrapped, vertical="top")
    if strong:
        cell.font = Font(bold=True)
    return cell


def _as_text(cell: Cell, value: str) -> None:
    """Text that stays text: no formula, no number, no date, whatever it begins with."""
    text = ESCAPED.sub("_x005F_", visible(value))
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS - len(CUT)] + CUT
    cell.value = text
    cell.data_type = "s"
    cell.number_format = TEXT
    if FORMULA.match(text):
        cell.quotePrefix = True
