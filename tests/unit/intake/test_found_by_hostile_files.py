"""What the hostile files of ``benchmarks.hostile`` found, one by one."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from onrecord.actions import check
from onrecord.engine import BLANKS, Engine, open_engine
from onrecord.errors import FileRefused
from onrecord.intake.read import gather, sheets, text_of
from tests.unit.factories import SETTINGS

HEADER = "report_id,agency_id,received_date\n"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine(SETTINGS) as opened:
        yield opened


def _cells(engine: Engine, path: Path) -> list[list[str | None]]:
    (sheet,) = sheets(engine, gather([path]), SETTINGS)
    wanted = {f"c{place}": name for place, name in enumerate(sheet.columns)}
    rows = text_of(engine, "t", [sheet], [wanted], SETTINGS).order_by("row").to_pyarrow().to_pylist()
    return [[row[name] for name in wanted] for row in rows]


def test_a_mark_of_utf8_before_other_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + b"R1,caf\xe9,2024-01-01\n")
    with pytest.raises(FileRefused, match="near line 2: it is not UTF-8 text"):
        check([path], settings=SETTINGS)


def test_a_prefix_without_a_namespace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<r><report><report:id>R1</report:id><agency_id>A</agency_id></report></r>")
    with pytest.raises(FileRefused, match="it is not well-formed XML"):
        check([path], settings=SETTINGS)


def test_a_line_break_in_a_name_does_not_break_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("report\n.xlsx", "no workbook")
    with pytest.raises(FileRefused) as refused:
        check([path], settings=SETTINGS)
    assert "report\ufffd.xlsx" in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_second_mark_of_utf8_is_no_part_of_the_first_name(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(b"\xef\xbb\xbf" * 2 + b'"report_id","agency_id"\n"R1","A"\n')
    assert _cells(engine, path) == [["R1", "A"]]
    assert sheets(engine, gather([path]), SETTINGS)[0].columns == ("report_id", "agency_id")


def test_a_long_line_that_the_engine_cuts_in_the_middle_of_a_sign_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    # Of the signs of two bytes one is cut, wherever the cut falls.
    for before in ("R1", "R12"):
        path.write_text(f"{HEADER}{before},{'é' * 20_000},2024-01-01,one cell too many\n")
        with pytest.raises(FileRefused, match="near line 2: it has more columns than the 3 of the header"):
            check([path], settings=SETTINGS)


def test_a_stray_sign_in_a_header_does_not_break_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("report\x0b_id,agency_id\nR1,A\n")
    with pytest.raises(FileRefused) as refused:
        check([path], "police-uk", settings=SETTINGS)
    assert str(refused.value).isprintable()


def test_a_required_column_that_was_not_sent_was_sent_empty(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("report_id,received_date\nR1,2024-01-01\n")
    receipt = check([path], settings=SETTINGS)
    assert not receipt.errored
    failed = {outcome.rule.code: outcome.fails for outcome in receipt.failed}
    assert failed["report.agency_id.required"] == 1


def test_rows_that_lean_on_a_record_sent_without_its_key(tmp_path: Path) -> None:
    """Every person is held; which of them an involvement leans on, nobody can tell."""
    (tmp_path / "person.csv").write_text("sex,age\nF,14\n")
    (tmp_path / "involvement.csv").write_text("report_id,person_id,role\nR1,P1,child\n")
    receipt = check([tmp_path], settings=SETTINGS)
    assert (receipt.received, receipt.errored) == (2, [])
    assert receipt.held["person.person_id.required"] == 1


@pytest.mark.parametrize("blank", BLANKS, ids=[f"U+{ord(blank):04X}" for blank in BLANKS])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_blanks_around_a_cell_are_taken_away(tmp_path: Path, engine: Engine, blank: str, end: str) -> None:
    """Wherever they stand, with quotation marks and without: trimming is left out where none is seen."""
    path = tmp_path / "report.csv"
    plain = blank not in "\r\n"
    for cell in (f"{blank}x", f"x{blank}", blank, f"{blank}{blank}x y"):
        rows = [["a", f'"{cell}"', "c"]] + [["a", cell, "c"], [cell, "b", "c"], ["a", "b", cell]] * plain
        for row in rows:
            path.write_bytes((end.join(["f,g,h", "1,2,3", ",".join(row)])).encode())
            found = [text.strip('"').strip() or None for text in row]
            assert _cells(engine, path) == [["1", "2", "3"], found]


CONTROLS = [*map(chr, range(1, 32)), "\x7f"]


@pytest.mark.parametrize("control", CONTROLS, ids=[f"U+{ord(control):04X}" for control in CONTROLS])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_control_sign_in_a_cell_is_seen_and_found(tmp_path: Path, control: str, end: str) -> None:
    """Nobody looks for them cell by cell where the file holds none."""
    path = tmp_path / "report.csv"
    cells = ["R1", f'"R{control}2"', "R3"]
    path.write_bytes(end.join([HEADER.strip(), *[f"{cell},A,2024-01-01" for cell in cells], ""]).encode())
    receipt = check([path], settings=SETTINGS)
    failed = {outcome.rule.code: outcome.fails for outcome in receipt.failed}
    assert failed["report.report_id.text"] == 1


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_file_without_control_signs_is_plain(tmp_path: Path, engine: Engine, end: str) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(end.join([HEADER.strip(), 'R1,"Rape, by a man é",2024-01-01', ""]).encode())
    assert all(sheet.plain for sheet in sheets(engine, gather([path]), SETTINGS))


def test_a_comma_and_a_blank_within_quotation_marks_need_no_trimming(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "report.csv"
    path.write_text(HEADER + 'R1,"Rape, by a man",2024-01-01\n')
    (sheet,) = sheets(engine, gather([path]), SETTINGS)
    assert sheet.layout is not None
    assert not sheet.layout.blanks
    assert _cells(engine, path) == [["R1", "Rape, by a man", "2024-01-01"]]
