"""The letter and its sheet: exact, on one page, asking for counts alone, the same bytes each time."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from onrecord.errors import WrongWords
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.ledger_template import CHECK, SHEET, ledger_template_csv, ledger_template_xlsx
from onrecord.standard.letter import WINDOW_DAYS, letter, letter_files
from onrecord.standard.periods import ends, months_between
from onrecord.standard.records import LEDGER_RETURN

BODY, PERIOD = "South Yorkshire Police", "2013/14"
ONE_PAGE, LINE = 60, 96


def reopened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


@pytest.mark.parametrize("period", ["2013", "2013-04", "2013/14", "2018-11..2019-01"])
@pytest.mark.parametrize("body", ["Ham", BODY, "W" * 100])
def test_the_letter_is_one_page(body: str, period: str) -> None:
    lines = letter(body, period).splitlines()
    assert len(lines) <= ONE_PAGE
    assert max(map(len, lines)) <= LINE + len(body)


def test_the_letter_names_who_is_asked_for_which_months_and_under_which_law() -> None:
    text = " ".join(letter(BODY, PERIOD).split())
    for words in (
        f"To: {BODY}",
        "from April 2013 to March 2014",
        "Freedom of Information Act 2000",
        "within 20 working days",
        '"not held" is an answer',
        "counts alone: no names",
        "a blank is no zero",
        f"for {WINDOW_DAYS} days",
        "so small that you think somebody could be identified",
    ):
        assert words in text
    assert "$" not in text


def test_the_letter_says_what_each_standing_means_in_rank_order() -> None:
    text = letter(BODY, PERIOD)
    places = [text.index(f"  {standing.label}  ") for standing in codelists.standings()]
    assert places == sorted(places)
    flat = " ".join(text.split())
    assert all(standing.what_it_means.partition(".")[0] in flat for standing in codelists.standings())


def test_the_window_of_the_letter_is_that_of_the_ledger() -> None:
    assert Settings().window_days == WINDOW_DAYS


@pytest.mark.parametrize("body", ["", " \n", "=HYPERLINK(1)", "@sum", "-", "x" * 101, "a\x00b"])
def test_a_name_that_is_none_is_answered_with_how_names_are_written(body: str) -> None:
    with pytest.raises(WrongWords, match="begins with a letter or a digit"):
        letter_files(body, PERIOD)


def test_a_name_with_a_line_break_is_one_line() -> None:
    assert "To: South Yorkshire Police\n" in letter("South Yorkshire\n  Police", PERIOD)


def test_no_period_and_a_century_are_letters_too() -> None:
    with pytest.raises(WrongWords, match="is not a period"):
        letter(BODY, "the spring")
    with pytest.raises(WrongWords, match="longer than ten years"):
        letter(BODY, "1913..2013")


def test_three_files_are_written_the_same_each_time() -> None:
    files = letter_files(BODY, PERIOD)
    assert list(files) == ["letter.txt", "ledger-return.xlsx", "ledger-return.csv"]
    assert files == letter_files(BODY, PERIOD)
    assert files["letter.txt"].decode() == letter(BODY, PERIOD)


def test_the_first_sheet_has_the_columns_of_the_record_and_no_others() -> None:
    sheet = reopened(ledger_template_xlsx(PERIOD, BODY)).worksheets[0]
    assert sheet.title == SHEET
    assert [cell.value for cell in sheet[1]] == list(LEDGER_RETURN.columns)
    assert sheet.max_column == len(LEDGER_RETURN.columns)


def test_the_months_are_there_as_text_and_every_count_is_still_to_be_written() -> None:
    sheet = reopened(ledger_template_xlsx(PERIOD, BODY)).worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [row[:2] for row in rows] == [[BODY, month] for month in months_between(*ends(PERIOD))]
    assert all(value is None for row in rows for value in row[2:])


def test_the_second_sheet_says_of_every_row_whether_it_adds_up() -> None:
    book = reopened(ledger_template_xlsx(PERIOD, BODY))
    check = book[CHECK]
    assert check.max_row == book[SHEET].max_row
    for row in range(2, check.max_row + 1):
        said = str(check.cell(row, 4).value)
        assert f"SUM({SHEET}!F{row}:M{row})={SHEET}!E{row}" in said
        assert "adds up" in said
    assert LEDGER_RETURN.columns[4] == "received"
    assert LEDGER_RETURN.columns[5:13] == codelists.standing_keys()


def test_a_row_that_does_not_add_up_is_coloured_and_a_count_is_guarded() -> None:
    sheet = reopened(ledger_template_xlsx(PERIOD, BODY)).worksheets[0]
    (rules,) = [rule.rules for rule in sheet.conditional_formatting]
    assert rules[0].formula == ["AND(COUNT($E2,$F2:$M2)=9,SUM($F2:$M2)<>$E2)"]
    (guard,) = sheet.data_validations.dataValidation
    assert (guard.type, guard.formula1, str(guard.sqref)) == ("whole", "0", "E2:N13")


def test_the_third_sheet_explains_every_column() -> None:
    sheet = reopened(ledger_template_xlsx()).worksheets[2]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == list(LEDGER_RETURN.columns)


def test_without_a_period_there_is_room_and_no_month() -> None:
    book = reopened(ledger_template_xlsx())
    assert book[CHECK].max_row == 13
    assert [row for row in book[SHEET].iter_rows(min_row=2, values_only=True) if any(row)] == []


def test_the_csv_holds_the_same_columns_and_months() -> None:
    rows = list(csv.DictReader(io.StringIO(ledger_template_csv(PERIOD, BODY), newline="")))
    assert [row["month"] for row in rows] == months_between(*ends(PERIOD))
    assert ledger_template_csv() == ",".join(LEDGER_RETURN.columns) + "\r\n"


def test_a_workbook_can_be_written_to_disk_and_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger-return.xlsx"
    path.write_bytes(letter_files(BODY, PERIOD)[path.name])
    assert load_workbook(path).sheetnames == [SHEET, CHECK, "what the columns mean"]
