"""Receipts: the same content and order as text, JSON, a page and a workbook."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import jsonschema
import openpyxl
import pytest
from lxml import html

from onrecord import actions
from onrecord.engine import open_engine
from onrecord.errors import WrongWords
from onrecord.intake.check import STATES
from onrecord.intake.findings import Touched, said
from onrecord.intake.receipt import HTML, NOTHING_ACCEPTED, TEXT, VERDICTS, XLSX, Receipt, receipt_as
from onrecord.intake.receipt.sheets import CUT, MOST_CHARACTERS
from onrecord.intake.receipt.words import effect_of, touched_in_words, visible
from onrecord.standard.rules import all_rules
from tests.standard_files import a_return, a_zero_return, about, covered, declares, report
from tests.unit.factories import SETTINGS, street_csv, street_row
from tests.unit.made_up_returns import Rows, as_files, sound_rows

SCHEMA = json.loads((files("onrecord.standard") / "texts" / "receipt.schema.json").read_text(encoding="utf-8"))
SHEETS = ["summary", "critical", "findings", "rules", "held rows"]
FORMULAS = ['=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "#N/A", "0012345678901234567890", "1E5", "_x0041_"]
MARKUP = "<script>alert(1)</script>&amp;</style>"
ESCAPE = "red\x1b[31m\u202ereversed"


def sound(rows: Rows) -> None:
    pass


def wrong_date(rows: Rows) -> None:
    for row in rows["report"][3:20]:
        row["received_date"] = "31/04/2013"


def unknown_code(rows: Rows) -> None:
    for row in rows["report"][2:9]:
        row["concern"] = "CSEX"


def missing_column(rows: Rows) -> None:
    for row in rows["report"]:
        del row["received_date"]


def duplicate_ids(rows: Rows) -> None:
    rows["report"][5]["report_id"] = rows["report"][8]["report_id"] = rows["report"][6]["report_id"]


def dangling(rows: Rows) -> None:
    for row in rows["event"][4:9]:
        row["report_id"] = "NOSUCH"


def code_not_in_force(rows: Rows) -> None:
    for row in rows["event"][4:16]:
        row["event_date"] = "2001-01-01"


def all_held(rows: Rows) -> None:
    for row in rows["report"]:
        row["agency_id"] = ""


def shortened(rows: Rows) -> None:
    for row in rows["report"][3:6]:
        row["report_id"] = "1.11E+08"


def hostile(rows: Rows) -> None:
    for row, value in zip(rows["report"][1:], [*FORMULAS, MARKUP, ESCAPE, "z" * 40_000], strict=False):
        row["concern"] = value


BROKEN: list[Callable[[Rows], None]] = [
    sound, wrong_date, unknown_code, missing_column, duplicate_ids, dangling, code_not_in_force, all_held, shortened,
    hostile,
]  # fmt: skip


@cache
def receipt_for(breaks: Callable[[Rows], None]) -> Receipt:
    rows = sound_rows()
    breaks(rows)
    with TemporaryDirectory() as folder:
        return actions.check(as_files(Path(folder) / "return", rows), settings=SETTINGS)


def text_of(receipt: Receipt) -> str:
    return "\n".join(receipt.sentences())


def book_of(receipt: Receipt) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(receipt_as(receipt, XLSX)))


@pytest.mark.parametrize("breaks", BROKEN)
def test_a_receipt_follows_its_schema_and_adds_up(breaks: Callable[[Rows], None]) -> None:
    receipt = receipt_for(breaks)
    content = json.loads(json.dumps(receipt.as_json()))
    jsonschema.validate(content, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert content["received"] == content["accepted"] + content["held"] + content["out_of_scope"]
    assert sum(content["states"].values()) == len(content["rules"])


def test_the_schema_knows_every_verdict_and_state() -> None:
    assert SCHEMA["properties"]["verdict"]["enum"] == list(VERDICTS)
    assert SCHEMA["properties"]["rules"]["additionalProperties"]["enum"] == list(STATES)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_receipt_of_an_adapter_follows_the_schema_too(tmp_path: Path) -> None:
    rows = [
        street_row("a"),
        street_row("", crime_type="Anti-social behaviour", category=""),
        street_row("b", month="x"),
    ]
    receipt = actions.check([street_csv(tmp_path, *rows)], "police-uk", settings=SETTINGS)
    jsonschema.validate(json.loads(json.dumps(receipt.as_json())), SCHEMA)
    assert "held  " in text_of(receipt)
    assert b"<h1>" in receipt_as(receipt, HTML)
    assert book_of(receipt)["held rows"]["B2"].value == receipt.held_rows[0].row


@pytest.mark.parametrize("breaks", BROKEN)
def test_text_begins_with_the_verdict_and_ends_with_what_to_do(breaks: Callable[[Rows], None]) -> None:
    lines = receipt_for(breaks).sentences()
    assert lines[0].startswith("Verdict: ")
    assert "received = " in lines[1]
    assert lines[-1].startswith("Next")


def test_every_form_has_the_same_order() -> None:
    """Verdict, counts, what moves a figure, failed rules, what was not run, what is covered."""
    receipt = receipt_for(unknown_code)
    text = text_of(receipt)
    rules = f"{len(receipt.outcomes)} rules ="
    marks = ("Verdict", "received =", "Critical", rules, "To do: Use a code", "Not run", "Covers:", "Next:")
    assert [text.index(mark) for mark in marks] == sorted(text.index(mark) for mark in marks)
    page = receipt_as(receipt, HTML).decode()
    ids = ("next", "counts", "critical", "rules", "report.concern.allowed", "not-run", "held", "covers")
    places = [page.index(f'id="{name}"') for name in ids]
    assert places == sorted(places)
    assert book_of(receipt).sheetnames == SHEETS


def test_findings_stand_errors_first_and_the_most_frequent_rule_first() -> None:
    receipt = receipt_for(duplicate_ids)
    rules = list(dict.fromkeys(finding.rule for finding in receipt.findings))
    assert rules == [outcome.rule.code for outcome in receipt.failed]
    assert rules[0] == "report.report_id.unique"


def test_a_required_column_that_was_not_sent_is_missing_in_every_row() -> None:
    receipt = receipt_for(missing_column)
    assert receipt.errored == []
    assert receipt.held["report.received_date.required"] == 41


def test_a_return_of_which_no_report_can_be_accepted_is_no_zero() -> None:
    receipt = receipt_for(all_held)
    assert receipt.verdict == "nothing to accept"
    assert receipt.accepted > 0


def test_nothing_of_such_a_return_is_stored(tmp_path: Path) -> None:
    rows = sound_rows(1)
    all_held(rows)
    with pytest.raises(WrongWords, match="nothing was stored"):
        actions.receive(
            tmp_path / "store", as_files(tmp_path / "r", rows), "standard", "x", "Ann", "2024-01", settings=SETTINGS
        )
    assert not (tmp_path / "store").exists()


def test_held_reports_that_cannot_be_followed_are_said() -> None:
    text = text_of(receipt_for(wrong_date))
    assert "The 17 held reports cannot be followed as sent" in text
    assert "so that no ledger shows where they stand" in text
    assert "2 of the 3 held reports cannot be followed" in text_of(receipt_for(duplicate_ids))
    assert "cannot be followed" not in text_of(receipt_for(unknown_code))


def test_every_row_with_a_wrong_identifier_may_be_about_a_report_of_its_own() -> None:
    (touched,) = [each for each in receipt_for(dangling).critical if each.rule == "event.report_id.refers_to"]
    assert (touched.findings, touched.reports) == (5, 5)
    assert "up to 5 reports may stand elsewhere" in touched_in_words(touched)


@pytest.mark.parametrize(
    ("touched", "words"),
    [
        (Touched("report.a.b", "error", 1, 1, ("ledger",)), "1 report left out of every figure until mended"),
        (Touched("event.a.b", "error", 2, 1, ("ledger",)), "once they are mended, up to 1 report may stand elsewhere"),
        (Touched("person.a.b", "error", 2, None, ("completeness",)), "2 findings. The rows are held until they are"),
        (Touched("event.a.b", "query", 2, 2, ("timeliness",)), "if they are wrong, up to 2 reports may be counted"),
        (Touched("assessment.a.b", "query", 2, 1, ("ledger",), "assessment"), "about 1 assessment. The rows count"),
        (Touched("assessment.a.b", "query", 2, 2, ("ledger",), "assessment"), "up to 2 assessments may be counted"),
        (Touched("person.a.b", "query", 2, 0, ("ledger",)), "The rows count as they are. Moves: ledger."),
    ],
)
def test_what_a_rule_moves_in_words(touched: Touched, words: str) -> None:
    assert words in touched_in_words(touched)


def test_what_to_do_names_the_whole_return_and_not_the_rows_that_only_wait() -> None:
    text = text_of(receipt_for(unknown_code))
    assert "Mend the 7 held rows (21 more are held only because they belong to these)" in text
    assert "send the whole return again" in text


def test_a_file_that_was_not_read_is_the_headline(tmp_path: Path) -> None:
    rows = sound_rows(2)
    for row in rows["event"]:
        row["remark"] = "x"
    receipt = actions.check(as_files(tmp_path / "r", rows, {"event": "contacts.csv"}), settings=SETTINGS)
    assert "4 of 24 rows were not read" in receipt.sentences()[0]
    assert any("name each file or sheet after its record" in said for said in receipt.sentences()[-2:])


def test_shortened_identifiers_are_told() -> None:
    assert any("look like 1.11E+08" in note for note in receipt_for(shortened).notes)
    assert not any("1.11E+08" in note for note in receipt_for(duplicate_ids).notes)


def test_a_receipt_in_a_store_does_not_ask_to_be_handed_in() -> None:
    assert receipt_for(sound).sentences()[-1].startswith("Next: There is nothing to mend.")
    assert not any(line.startswith("Next") for line in receipt_for(sound).sentences(stored=True))


def test_a_rule_that_could_not_be_run_is_our_fault() -> None:
    receipt = receipt_for(sound)
    first, *others = receipt.outcomes
    errored = replace(receipt, outcomes=(replace(first, state="errored", why="ValueError"), *others))
    text = text_of(errored)
    assert "our fault and not yours" in text
    assert f"errored: a fault in the rule, not in what you sent (ValueError): {first.rule.code}" in text


def test_every_rule_s_sentence_can_be_said() -> None:
    """Some hold a form with braces, which no value stands for."""
    for rule in all_rules():
        assert said(rule.says, {"value": "x"})
    assert said("{value} is not [0-9]{10} of {other}", {"value": "7"}) == "'7' is not [0-9]{10} of (empty)"


def test_a_value_that_breaks_a_form_is_told_in_words(tmp_path: Path) -> None:
    rows = sound_rows(0)
    rows["person"][0]["nationality"] = "british"
    receipt = actions.check(as_files(tmp_path / "r", rows), settings=SETTINGS)
    assert "nationality is 'british', which is not three capital letters." in text_of(receipt)


# ---------------------------------------------------------------- hostile values


def test_no_character_that_a_terminal_obeys_is_printed() -> None:
    text = text_of(receipt_for(hostile))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "red\\x1b[31m\\u202ereversed" in receipt_as(receipt_for(hostile), HTML).decode()
    assert visible("a\ud800b\x00") == "a\\ud800b\\x00"


def test_markup_in_a_value_is_text_in_the_page() -> None:
    page = receipt_as(receipt_for(hostile), HTML).decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_stands_alone_and_asks_for_nothing() -> None:
    page = receipt_as(receipt_for(unknown_code), HTML).decode()
    tree = html.fromstring(page)
    assert tree.xpath("//script | //@style | //img | //iframe | //form") == []
    assert tree.xpath("//link/@href") == ["data:,"]
    assert [href for href in tree.xpath("//a/@href") if not href.startswith("#")] == []
    assert len(tree.xpath("//h1")) == 1
    assert set(tree.xpath("//a/@href")) <= {f"#{name}" for name in tree.xpath("//@id")}
    assert "sha256-" in tree.xpath("//meta[@http-equiv]/@content")[0]
    assert not re.search(r"url\((?!#)|@import", page)
    assert "Leave this site" not in page
    assert "For the sender only" in page
    assert "1 June 2025, 12:00 UTC" in page


def test_every_cell_of_the_workbook_is_text_or_a_count() -> None:
    book = book_of(receipt_for(hostile))
    for sheet in book:
        for row in sheet.iter_rows():
            assert {cell.data_type for cell in row if cell.value is not None} <= {"s", "n"}
    values = {row[8].value: row[8] for row in book["findings"].iter_rows(min_row=2) if row[8].value}
    for value in [*FORMULAS[:-1], MARKUP]:
        assert values[value].data_type == "s"
        assert values[value].number_format == "@"
        assert values[value].quotePrefix is (value[0] in "=+-@")
    # What a spreadsheet shows as _x0041_, and not as the letter A.
    assert "_x005F_x0041_" in values


def test_a_value_longer_than_a_cell_is_cut_and_said() -> None:
    receipt = replace(receipt_for(sound), notes=("y" * 50_000,))
    cells = [cell.value for row in book_of(receipt)["summary"].iter_rows() for cell in row]
    (long,) = [value for value in cells if isinstance(value, str) and value.startswith("yyy")]
    assert len(long) == MOST_CHARACTERS
    assert long.endswith(CUT)


def test_more_rows_than_a_sheet_holds_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onrecord.intake.receipt.sheets.MOST_ROWS", 8)
    sheet = book_of(receipt_for(wrong_date))["findings"]
    assert sheet.max_row == 8
    assert sheet["A8"].value.startswith("12 more rows do not fit on a sheet")


def test_the_workbook_is_the_same_each_time_and_easy_to_filter() -> None:
    receipt = receipt_for(wrong_date)
    assert receipt_as(receipt, XLSX) == receipt_as(receipt, XLSX)
    book = book_of(receipt)
    assert book["findings"].freeze_panes == "A2"
    assert book["findings"].auto_filter.ref == "A1:N18"
    assert book["rules"].max_row == len(receipt.outcomes) + 1
    assert book["held rows"].max_row == sum(receipt.held.values()) + 1


def test_the_page_says_how_many_findings_are_not_listed() -> None:
    receipt = receipt_for(wrong_date)
    fewer = replace(receipt, findings=receipt.findings[:5])
    assert "12 more, in the findings file" in receipt_as(fewer, HTML).decode()
    assert "12 more are in the findings file" in str(list(book_of(fewer)["findings"].values))


def test_the_page_lists_what_the_receipt_lists() -> None:
    receipt = receipt_for(all_held)
    tree = html.fromstring(receipt_as(receipt, HTML).decode())
    rows = tree.xpath("//section[@aria-labelledby='report.agency_id.required']//tbody/tr")
    assert len(rows) == 41


# ---------------------------------------------------------------- where it is written


def test_a_receipt_is_written_to_a_file_of_its_form(tmp_path: Path) -> None:
    receipt = receipt_for(sound)
    for name, begins in {"r.txt": b"Verdict", "r.json": b"{", "r.html": b"\n", "r.xlsx": b"PK"}.items():
        actions.write_receipt(receipt, tmp_path / name)
        assert (tmp_path / name).read_bytes().lstrip().startswith(begins.strip() or b"<!doctype html>")


@pytest.mark.parametrize(
    ("out", "form", "says"),
    [
        (None, "xlsx", "A receipt as xlsx is a file. Say where to write it"),
        ("r.csv", None, "ends in .txt or .json or .xlsx or .html or .htm"),
        ("r.html", "xlsx", "ends in .xlsx"),
        ("in.xlsx", None, "this is the file to be checked"),
    ],
)
def test_words_that_do_not_fit_are_told(out: str | None, form: str | None, says: str) -> None:
    with pytest.raises(WrongWords, match=says):
        actions.receipt_form(Path(out) if out else None, form, [Path("in.xlsx")])


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongWords, match="Is it open in another program"):
        actions.write_receipt(receipt_for(sound), tmp_path / "no" / "r.html", HTML)
    with pytest.raises(WrongWords, match="no form 'pdf'"):
        receipt_as(receipt_for(sound), "pdf")
    assert actions.receipt_form(None) == TEXT


def test_what_an_adapter_took_in_is_not_called_held() -> None:
    """An adapter places its rows by their own faults: a rule that finds an error holds none of them."""
    touched = Touched("assessment.end_date.required", "error", 3, None, ("completeness",), holds=False)
    assert "held" not in effect_of(touched)
    assert "held" in effect_of(replace(touched, holds=True))


def test_what_is_declared_of_a_measure_that_is_not_made_is_kept_and_said_to_the_sender_alone(tmp_path: Path) -> None:
    declared = [declares("false", "incomplete", measure) for measure in ("flow", "ledger", "attrition")]
    receipt = actions.check([a_return(tmp_path / "r", declaration=declared)], settings=SETTINGS)
    said = [note for note in receipt.as_json()["notes"] if "declare" in note]
    assert said == [
        f"What you declare of the measure '{measure}' is kept, and shown beside that measure when it is made."
        for measure in ("attrition", "flow")
    ]
    assert all(f"Note: {note}" in receipt.sentences() for note in said)
    assert not set(said) & set(receipt.for_the_store()["notes"])


def test_a_zero_return_has_nothing_to_mend_with_files_and_without(tmp_path: Path) -> None:
    checked = actions.check([a_zero_return(tmp_path / "sent")], settings=SETTINGS).sentences()
    assert checked[0] == "Verdict: acceptable, a zero return. There was nothing in the period, says the sender."
    assert checked[-1].startswith("Next: There is nothing to mend. Hand the files in")
    _, receipt = actions.receive_zero(tmp_path / "s", ["north"], "North", "Ann", "2024-02", settings=SETTINGS)
    assert not any(line.startswith("Next") for line in receipt.sentences(stored=True))


@pytest.mark.parametrize("with_coverage", [True, False])
def test_a_zero_return_that_would_be_refused_is_not_to_be_handed_in(tmp_path: Path, with_coverage: bool) -> None:
    sent = a_zero_return(tmp_path / "sent", coverage=covered(state="reported"))
    if not with_coverage:
        (sent / "coverage.csv").unlink()
    steps = [line for line in actions.check([sent], settings=SETTINGS).sentences() if line.startswith("Next")]
    assert len(steps) == 1
    assert "of which agencies and months there was nothing" in steps[0]
    assert "Hand the files in" not in steps[0]


def test_files_that_speak_for_a_day_before_their_last_report_are_not_to_be_handed_in(tmp_path: Path) -> None:
    sent = a_return(tmp_path / "sent", report=[report(), report("REP-2", "2024-01-30")])
    steps = actions.check([sent], as_at=date(2024, 1, 20), settings=SETTINGS).sentences()
    assert "before the last report in the files" in steps[-1]
    assert not any("Hand the files in" in line for line in steps)


def test_files_with_nothing_that_a_return_is_sent_for_are_not_to_be_handed_in(tmp_path: Path) -> None:
    sent = a_return(tmp_path / "sent", **{"return": [about(tables="return")]})
    (sent / "report.csv").unlink()
    receipt = actions.check([sent], settings=SETTINGS)
    assert (receipt.verdict, receipt.held) == (NOTHING_ACCEPTED, {})
    assert "Add what a return is sent for (report, assessment, ledger_return, operation)" in receipt.sentences()[-1]


def test_the_headline_says_on_what_everything_waits(tmp_path: Path) -> None:
    lacking = as_files(tmp_path / "lacking", sound_rows(2))
    lacking = [path for path in lacking if path.name != "event.csv"]
    assert "Nothing can be accepted while its row of return is held." in _headline(lacking)
    rows = sound_rows(2)
    for row in rows["report"]:
        row["concern"] = "cse"
    held = as_files(tmp_path / "held", rows)
    assert "Nothing can be accepted while every report, or whatever else it is sent for, is held." in _headline(held)


def _headline(sent: list[Path]) -> str:
    return actions.check(sent, settings=SETTINGS).sentences()[0]


def test_a_table_that_was_named_and_not_sent_is_not_to_be_handed_in(tmp_path: Path) -> None:
    sent = a_return(tmp_path / "sent")
    (sent / "report.csv").unlink()
    receipt = actions.check([sent], settings=SETTINGS)
    assert (receipt.verdict, receipt.held) == (NOTHING_ACCEPTED, {"return.tables.not_sent": 1, "leans_on_held": 1})
    assert "No row of 2 can be accepted" in receipt.sentences()[0]
    assert "return.tables.not_sent" in text_of(receipt)
    assert "Mend the 1 held row" in receipt.sentences()[-1]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("breaks", [wrong_date, unknown_code, duplicate_ids, hostile])
def test_the_file_of_findings_has_the_sentences_of_the_receipt(
    breaks: Callable[[Rows], None], ending: str, tmp_path: Path
) -> None:
    rows = sound_rows(30)
    breaks(rows)
    path = tmp_path / f"findings.{ending}"
    receipt = actions.check(as_files(tmp_path / "r", rows), settings=SETTINGS, findings=path)
    with open_engine(SETTINGS) as engine:
        table = engine.read_csv(path, all_varchar=True) if ending == "csv" else engine.read_parquet(path)
        written = table.select("rule", "sentence").to_pyarrow().to_pylist()
    assert sorted((row["rule"], row["sentence"]) for row in written) == sorted(
        (finding.rule, finding.sentence) for finding in receipt.findings
    )
    assert written
