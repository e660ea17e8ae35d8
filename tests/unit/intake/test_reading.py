"""Files of every kind become text whose every cell has an address; what means harm is refused with a sentence."""

from __future__ import annotations

import gzip
import time as clock
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.engine import open_engine
from onrecord.errors import FileRefused
from onrecord.intake.read import csv_files, gather, sheets, text_of
from tests.unit.factories import CANARY, SETTINGS, read_as, street_row, street_text, write, zip_of
from tests.unit.intake.files import cells_of, changed_part, rows_of, sheets_of, workbook

SIMPLE = b"a,b\n1,2\n"
MB = 1_000_000


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, content.encode() if isinstance(content, str) else content)


# ---------------------------------------------------------------- text files


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.tsv", "a.txt", "a.csv.gz", "a.tsv.gz", "a[1].csv", "b*.csv.gz"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_in_any_text_file(tmp_path: Path, name: str, delimiter: str) -> None:
    path = put(tmp_path, name, f'a{delimiter}"b{delimiter}c"\n1{delimiter}"2{delimiter}"""\n')
    assert cells_of(path) == [["1", f'2{delimiter}"']]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252"), ("cp1251", "cp1251")],
)
def test_the_encoding_is_told_and_said(tmp_path: Path, encoding: str, said: str) -> None:
    town = "Привет и до свидания, город на реке" if encoding == "cp1251" else "Café – £20"
    path = put(tmp_path, "a.csv", f'id,town\n1,"{town}"\n'.encode(encoding))
    assert cells_of(path) == [["1", town]]
    (sheet,) = sheets_of(path)
    assert sheet.columns == ("id", "town")
    assert said in " ".join(sheet.notes)
    assert bool(sheet.notes) == bool(said)


def test_an_accent_far_down_is_seen_before_anything_is_read(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", b"a,b\n" + b"1,2\n" * 500_000 + "x,é\n".encode("cp1252"))
    (sheet,) = sheets_of(path)
    assert "Windows-1252" in sheet.notes[0]
    with open_engine(SETTINGS) as engine:
        table = text_of(engine, "t", [sheet], [{"b": "b"}], SETTINGS)
        assert table.filter(table.b == "é").to_pyarrow().to_pylist() == [
            {"b": "é", "sheet_no": 0, "row": 500_000, "line": 500_002}
        ]


def test_what_was_said_of_the_encoding_reaches_the_receipt(tmp_path: Path) -> None:
    text = street_text([street_row(location="Café")])
    found = read_as("police-uk", put(tmp_path, "a-street.csv", text.encode("cp1252")))
    assert "Windows-1252" in " ".join(found.rows.notes)
    for good in (text.encode("utf-16"), text.replace("\n", "\r").encode(), text.replace(",", ";").encode()):
        assert read_as("police-uk", put(tmp_path, "b-street.csv", good)).account.accepted == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_quoted_line_ends_and_empty_lines_at_the_end(tmp_path: Path, end: str) -> None:
    path = put(tmp_path, "a.csv", end.join(["a,b", '"1', '2",3', "4,5", "", "", ""]))
    assert rows_of(path) == [
        {"a": f"1{end}2", "b": "3", "sheet_no": 0, "line": 2},
        {"a": "4", "b": "5", "sheet_no": 0, "line": 3},
    ]


def test_two_kinds_of_line_ends_in_one_file_are_read(tmp_path: Path) -> None:
    assert cells_of(put(tmp_path, "a.csv", "a,b\n1,2\r\n3,4\n5,6")) == [["1", "2"], ["3", "4"], ["5", "6"]]


def test_one_column(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "a\n1\n\n3\n\n\n")
    assert [(row["a"], row["line"]) for row in rows_of(path)] == [("1", 2), (None, 3), ("3", 4)]


def test_empty_lines_between_rows_are_said(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "a,b\n1,2\n\n3,4\n")
    assert len(rows_of(path)) == 2
    assert "empty lines" in sheets_of(path)[0].notes[0]


def test_names_of_columns(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", " id ,Age,,age,\n1,2,3,4,5\n")
    (sheet,) = sheets_of(path)
    assert sheet.columns == ("id", "Age", "column 3", "age#1", "column 5")
    assert cells_of(path) == [["1", "2", "3", "4", "5"]]


def test_long_cells_with_many_line_ends_are_read(tmp_path: Path) -> None:
    """The engine cannot read these by several threads, and says so."""
    rows = ['"' + "\n".join(["x,"] * 300_000) + '",1\n' for _ in range(60)]
    path = put(tmp_path, "a.csv", "a,b\n" + "".join(rows))
    assert [row["line"] for row in rows_of(path)] == list(range(2, 62))


@pytest.mark.parametrize(
    "text", ['a,b\n1"x,2\n3,4\n', 'a,b\n\n1,"2\n"\n\n3,4\n\n', 'a\n1"\n\n3\n\n', '"a",b\n1,2\n3,4']
)
def test_a_stray_quotation_mark_or_an_empty_line_loses_no_row(tmp_path: Path, text: str) -> None:
    for mark in ("", "\ufeff"):
        found = cells_of(put(tmp_path, "a.csv", mark + text))
        assert [row[0] for row in found if row[0]] in (['1"x', "3"], ["1", "3"], ['1"', "3"])


def test_a_row_that_the_engine_drops_without_a_word_is_seen(tmp_path: Path) -> None:
    for text in (f'a,b\n1,2\n"{CANARY},3\n', f'a,b\n1,2\n"{CANARY},3', f'a,b\n1,2\n3,"{CANARY}\n4,5\n6,7\n'):
        with pytest.raises(FileRefused, match="never closes") as refused:
            rows_of(put(tmp_path, "a.csv", text))
        assert CANARY not in str(refused.value)


# ---------------------------------------------------------------- several sheets


def test_different_layouts_become_one_table(tmp_path: Path) -> None:
    one = put(tmp_path, "one.csv", "Id,Town\n1,Leeds\n2, \n")
    two = workbook(tmp_path / "two.xlsx", {"Report": [["town", "ID "], [], ["York", 3]], "empty": []})
    three = put(tmp_path, "three.xml", "<r><report><id>4</id></report></r>")
    four = zip_of(tmp_path / "four.zip", {"in/four.csv": b"town;id;x\nHull;5;y\n"})
    with open_engine(SETTINGS) as engine:
        found = sheets(engine, gather([one, two, three, four]), SETTINGS)
        assert [sheet.stem for sheet in found] == ["one", "report", "report", "four"]
        assert [sheet.shown for sheet in found] == [
            str(one),
            f"{two}, sheet Report",
            f"{three}, element report",
            f"{four}: in/four.csv",
        ]
        wanted = [
            {"id": " ID", "town": "town"},
            {"id": "id", "town": "Town"},
            {"id": "id", "town": "town"},
            {"id": "id"},
        ]
        table = text_of(engine, "t", found, wanted, SETTINGS)
        assert [list(row.values()) for row in table.order_by("row").to_pyarrow().to_pylist()] == [
            ["1", "Leeds", 0, 0, 2],
            ["2", None, 0, 1, 3],
            ["3", "York", 1, 2, 3],
            ["4", None, 2, 3, 1],
            ["5", None, 3, 4, 2],
        ]
        assert table.columns == ("id", "town", "sheet_no", "row", "line")


def test_lines_of_many_files_of_one_layout(tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path, f"{number}.csv", "a,b\n" + f"{number},x\n" * number)
    assert [(row["a"], row["sheet_no"], row["line"]) for row in rows_of(tmp_path)] == [
        (str(number), number, line + 2) for number in range(5) for line in range(number)
    ]


# ---------------------------------------------------------------- Excel

CELLS: list[tuple[object, str, str | None]] = [
    (datetime(2024, 1, 5), "yyyy-mm-dd", "2024-01-05"),  # noqa: DTZ001 - Excel knows no zones
    (date(2024, 1, 5), "dd/mm/yyyy", "2024-01-05"),
    (datetime(2024, 1, 5, 13, 45), "yyyy-mm-dd hh:mm", "2024-01-05 13:45"),  # noqa: DTZ001
    (datetime(2024, 1, 5, 13, 45, 7), "yyyy-mm-dd hh:mm:ss", "2024-01-05 13:45:07"),  # noqa: DTZ001
    (time(9, 5), "hh:mm", "09:05"),
    (timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
    (120000000000, "General", "120000000000"),
    (1.2e11, "0.0E+00", "120000000000"),
    (42, "00000", "00042"),
    (42.0, "General", "42"),
    (0.1 + 0.2, "General", "0.3"),
    (0.00000012, "General", "0.00000012"),
    (-5, "0", "-5"),
    (True, "General", "true"),
    (False, "General", "false"),
    ("#REF!", "General", "#REF!"),
    ("  x  ", "General", "x"),
    ("0012", "@", "0012"),
    ("a_x000D_b", "General", "a\rb"),
]


@pytest.mark.parametrize(("value", "number_format", "text"), CELLS)
def test_a_cell_is_what_its_reader_would_write_down(
    tmp_path: Path, value: object, number_format: str, text: str | None
) -> None:
    path = workbook(tmp_path / "a.xlsx", {"s": [["a", "b"], [value, "x"]]}, {"A2": number_format})
    assert cells_of(path) == [[text, "x"]]


def test_the_cached_value_of_a_formula_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"s": [["a"], ["=1+1"]]})
    changed_part(path, "xl/worksheets/sheet1.xml", b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
    assert cells_of(path) == [["2"]]


def test_the_cached_result_of_a_formula_may_be_an_empty_text(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"s": [["a", "b"], ['=IF(1=2,"x","")', "y"]]})
    changed_part(path, "xl/worksheets/sheet1.xml", b'<c r="A2">', b'<c r="A2" t="str">')
    assert cells_of(path) == [[None, "y"]]


WITHOUT_RESULT = {
    "s": [["id", "when", "beside"], ["R1", "2024-01-01", None], ["R2", "=TODAY()", "=1+1"], ["R3", "=1", 2]]
}


def test_a_formula_without_its_result_is_refused_where_it_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", WITHOUT_RESULT)
    with pytest.raises(FileRefused, match=r"sheet s, row 3, column when: it holds a formula .* save it"):
        rows_of(path)


def test_a_line_break_in_a_header_does_not_break_the_sentence_on_a_formula(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"s": [["id", "wh\nen"], ["R1", "=TODAY()"]]})
    with pytest.raises(FileRefused, match="column wh\ufffden: it holds a formula") as refused:
        rows_of(path)
    assert str(refused.value).isprintable()


def test_a_formula_without_its_result_beside_what_is_read_is_nobodys_business(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", WITHOUT_RESULT)
    with open_engine(SETTINGS) as engine:
        found = sheets(engine, gather([path]), SETTINGS)
        rows = text_of(engine, "t", found, [{"id": "id"}], SETTINGS).order_by("row").to_pyarrow().to_pylist()
    assert [row["id"] for row in rows] == ["R1", "R2", "R3"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="3">', b"<row>"),
        (b'<c r="B3">', b"<c>"),
        (b"<f>TODAY()</f>", b'<f t="shared" si="0"/>'),
        (b"<f>TODAY()</f><v></v>", b"<f>TODAY()</f>"),
        (b"<f>TODAY()</f><v></v>", b"<v></v><f>TODAY()</f>"),
    ],
)
def test_formulas_are_found_however_they_are_written(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = changed_part(workbook(tmp_path / "a.xlsx", WITHOUT_RESULT), "xl/worksheets/sheet1.xml", old, new)
    (sheet,) = sheets_of(path)
    assert sheet.without_result == ((1, 3), (2, 3))


def test_a_sheet_without_formulas_has_none_without_result(tmp_path: Path) -> None:
    (sheet,) = sheets_of(workbook(tmp_path / "a.xlsx", {"s": [["a"], ["<f>"], [1]]}))
    assert sheet.without_result == ()


def test_numbers_that_excel_cut_are_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"s": [["id"], [1], [12345678901234567]]})
    (sheet,) = sheets_of(path)
    assert "Row 3" in sheet.notes[0]
    assert "15" in sheet.notes[0]
    assert "123456789" not in sheet.notes[0]


def test_real_row_numbers_the_header_anywhere_and_cells_beside_it(tmp_path: Path) -> None:
    rows = [[], [], ["id", None, "x"], [], [1, None, None, "beside"], [None], [2, 3]]
    path = workbook(tmp_path / "a.xlsm", {"s": rows})
    assert sheets_of(path)[0].columns == ("id", "column 2", "x", "column 4")
    assert [list(row.values()) for row in rows_of(path)] == [
        ["1", None, None, "beside", 0, 5],
        ["2", "3", None, None, 0, 7],
    ]


def test_a_stated_size_that_is_wrong_is_not_believed(tmp_path: Path) -> None:
    for stated in (b"A1", b"A1:XFD1048576"):
        path = workbook(tmp_path / "a.xlsx", {"s": [["a", "b"], [1, 2], [3, 4]]})
        changed_part(path, "xl/worksheets/sheet1.xml", b'<dimension ref="A1:B3"', b'<dimension ref="' + stated + b'"')
        assert cells_of(path) == [["1", "2"], ["3", "4"]]


def test_many_empty_formatted_rows_are_no_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"s": [["a", "b"], [1, 2]]})
    empty = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (line, line) for line in range(3, 50_000))
    changed_part(path, "xl/worksheets/sheet1.xml", b"</sheetData>", empty + b"</sheetData>")
    assert cells_of(path) == [["1", "2"]]


# ---------------------------------------------------------------- Parquet


def test_typed_columns_of_parquet_become_text(tmp_path: Path) -> None:
    moment = datetime(2024, 7, 5, 12, tzinfo=UTC)
    table = pa.table(
        {
            " day ": pa.array([date(2024, 1, 5), None]),
            "stamp": pa.array([datetime(2024, 1, 5), datetime(2024, 1, 5, 9, 30)]),  # noqa: DTZ001
            "zoned": pa.array([moment, None], pa.timestamp("us", "Europe/London")),
            "number": pa.array([120000000000, None], pa.int64()),
            "real": pa.array([42.0, 0.5]),
            "flag": pa.array([True, False]),
            "exact": pa.array([Decimal("1.50"), None]),
            "raw": pa.array([b"caf\xc3\xa9", b" "], pa.binary()),
        }
    )
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    assert sheets_of(path)[0].columns[0] == "day"
    inside = zip_of(tmp_path / "a.zip", {"a.parquet": path.read_bytes()})
    for given in (path, inside):
        assert [list(row.values()) for row in rows_of(given)] == [
            ["2024-01-05", "2024-01-05", "2024-07-05T12:00:00Z", "120000000000", "42", "true", "1.50", "café", 0, 1],
            [None, "2024-01-05 09:30:00", None, None, "0.5", "false", None, None, 0, 2],
        ]


# ---------------------------------------------------------------- XML


def test_xml_has_a_table_for_each_kind_of_record(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?><!DOCTYPE return>
    <return xmlns="https://example.org/x"><!-- none -->
      <report><id> 1 </id><factor>a</factor><factor>b</factor><empty/></report>
      <event kind="x"><id>9</id></event>
      <report><id><![CDATA[<2>]]>3<!-- in between -->4</id></report>
      <report/>
    </return>"""
    path = put(tmp_path, "a.xml", text)
    report, event = sheets_of(path)
    assert (report.columns, event.columns) == (("id", "factor", "empty"), ("id",))
    assert report.notes == ()
    assert "Attributes" in event.notes[0]
    assert [list(row.values()) for row in rows_of(path)] == [
        ["1", "a;b", None, 0, 1],
        ["<2>34", None, None, 0, 2],
        [None, None, None, 0, 3],
        ["9", None, None, 1, 1],
    ]


def test_xml_in_utf16_and_in_a_zip(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><r><report><id>é</id></report></r>'
    assert cells_of(zip_of(tmp_path / "a.zip", {"a.xml": text.encode("utf-16")})) == [["é"]]


# ---------------------------------------------------------------- what lies beside


def test_what_is_no_table_is_left_aside(tmp_path: Path) -> None:
    names = ["__MACOSX/._a.csv", ".hidden.csv", ".git/b.csv", "~$a.xlsx", "readme.pdf"]
    for name in names:
        put(tmp_path / "folder", name, b"\0")
    put(tmp_path / "folder", "deep/er/a.csv", SIMPLE)
    packed = zip_of(tmp_path / "a.zip", {"deep/a.csv": SIMPLE, **dict.fromkeys(names, b"\0")})
    assert [source.name for source in gather([tmp_path / "folder"])] == ["a.csv"]
    assert [source.shown for source in gather([packed])] == [f"{packed}: deep/a.csv"]


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = put(tmp_path, "elsewhere/secret.csv", SIMPLE)
    put(tmp_path, "folder/a.csv", SIMPLE)
    (tmp_path / "folder" / "link.csv").symlink_to(secret)
    (tmp_path / "folder" / "linked").symlink_to(secret.parent)
    assert [source.name for source in gather([tmp_path / "folder"])] == ["a.csv"]


def test_publishers_files_are_chosen_from_among_others(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv.gz", "c.txt", "d.xml"):
        put(tmp_path, name, SIMPLE)
    assert [source.name for source in csv_files(gather([tmp_path]))] == ["a.csv", "b.csv.gz"]


# ---------------------------------------------------------------- harm


def entity_bomb() -> bytes:
    grown = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 9))
    return f'<!DOCTYPE r [<!ENTITY e0 "{CANARY}">{grown}]><r><report><id>&e8;</id></report></r>'.encode()


def bad_book(old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        return changed_part(workbook(folder / "a.xlsx", {"s": [["a", "b"], [1, CANARY]]}), part, old, new)

    return make


def as_file(name: str, content: str | bytes) -> Callable[[Path], Path]:
    return lambda folder: put(folder, name, content)


def members(**content: bytes) -> Callable[[Path], Path]:
    return lambda folder: zip_of(folder / "a.zip", {name.replace("_", "."): held for name, held in content.items()})


HARM: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "old Excel": (".xlsx", as_file("a.xls", b"x")),
    "binary Excel": (".xlsx", as_file("a.xlsb", b"x")),
    "old or locked Excel with a new name": ("password", as_file("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9)),
    "no workbook": ("let its name end in .csv", as_file("a.xlsx", SIMPLE)),
    "a zip that is no workbook": ("not as Excel", lambda folder: zip_of(folder / "a.xlsx", {"a.csv": SIMPLE})),
    "an empty workbook": ("no row", lambda folder: workbook(folder / "a.xlsx", {"s": []})),
    "a workbook with an entity bomb": ("DOCTYPE", bad_book(b"<worksheet", entity_bomb()[:-40] + b"<worksheet")),
    "a workbook with a row far out": ("sheet s: it reaches", bad_book(b'<row r="2"', b'<row r="900000000"')),
    "a workbook with a column far out": ("sheet s, row 2", bad_book(b'r="B2"', b'r="XFD2"')),
    "a workbook that breaks off": ("not as Excel", bad_book(b"</sheetData>", b"")),
    "a workbook cell of 10 MB": ("row 2", bad_book(CANARY.encode(), b"x" * 10 * MB)),
    "a nested zip": ("not opened", members(a_zip=b"PK", b_csv=SIMPLE)),
    "no Parquet": ("not a Parquet", as_file("a.parquet", SIMPLE)),
    "broken Parquet": ("damaged", as_file("a.parquet", b"PAR1" + b"x" * 99 + b"PAR1")),
    "an entity bomb": ("DOCTYPE", as_file("a.xml", entity_bomb())),
    "an external entity": (
        "DOCTYPE",
        as_file("a.xml", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><a><b>&x;</b></a></r>'),
    ),
    "deep XML": ("further elements", as_file("a.xml", "<a>" * 100_000)),
    "XML that is nested": ("near line 2: a field", as_file("a.xml", f"<r><a><b>\n<c>{CANARY}</c></b></a></r>")),
    "XML with text outside": ("outside its fields", as_file("a.xml", f"<r><a>{CANARY}</a></r>")),
    "XML that breaks off": ("well-formed", as_file("a.xml", f"<r><a><b>{CANARY}")),
    "XML with a field of 5 MB": ("longer than", as_file("a.xml", b"<r><a><b>" + b"x" * 5 * MB + b"</b></a></r>")),
    "XML with a field of 20 MB": ("too large", as_file("a.xml", b"<r><a><b>" + b"x" * 20 * MB + b"</b></a></r>")),
    "XML with many names": (
        "more than 2,000 fields",
        as_file("a.xml", "<r><a>" + "".join(f"<f{n}/>" for n in range(2100)) + "</a></r>"),
    ),
    "XML with many kinds": ("kinds of records", as_file("a.xml", f"<r>{''.join(f'<a{n}/>' for n in range(300))}</r>")),
    "XML without records": ("no row", as_file("a.xml", "<r/>")),
    "a NUL in a text": ("near line 3: this is not a text", as_file("a.csv", b"a,b\n1,2\n3,\0\n")),
    "a cell of 3 MB": ("near line 3: a line is longer", as_file("a.csv", b"a,b\n1,2\n" + b"x" * 3 * MB + b",2\n")),
    "a cell of 100 MB": ("near line 3", as_file("a.csv", b"a,b\n1,2\n" + b"x" * 100 * MB + b",2\n")),
    "a cell of 10 MB with line ends": ("a.csv", as_file("a.csv", b'a,b\n1,2\n"' + b"x\n" * 5 * MB + b'",2\n')),
    "a quoted cell of 100 MB with line ends": ("a.csv", as_file("a.csv", b'a,b\n"' + b"x\n" * 50 * MB + b'",2\n')),
    "a header that never ends": ("a column name", as_file("a.csv", '"a,b\n' + f"{CANARY},2\n" * 1000)),
    "many columns": ("more than 2,000 columns", as_file("a.csv", ",".join(map(str, range(2100))) + "\n")),
    "an empty first line": ("first line is empty", as_file("a.csv", "\na,b\n1,2\n")),
    "an encoding nobody knows": ("encoding", as_file("a.csv", b"a,b\n1,\x81\x01\n")),
}


@pytest.mark.parametrize("harm", HARM)
def test_harm_is_refused_with_a_sentence(tmp_path: Path, harm: str) -> None:
    words, make = HARM[harm]
    path = make(tmp_path)
    started = clock.monotonic()
    with pytest.raises(FileRefused) as refused:
        rows_of(path)
    letter = str(refused.value)
    assert words in letter
    assert letter.startswith(str(path))
    assert letter.endswith(".")
    assert "\n" not in letter
    assert CANARY not in letter
    assert clock.monotonic() - started < 10


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_what_unpacks_without_end_is_refused(tmp_path: Path, name: str) -> None:
    content = SIMPLE + b"1,2\n" * 100_000
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(content))
    else:
        zip_of(path, {"a.csv": content})
    assert len(rows_of(path, settings=replace(SETTINGS, largest_member=len(content)))) == 100_001
    with pytest.raises(FileRefused, match="unpacks to more"):
        rows_of(path, settings=replace(SETTINGS, largest_member=len(content) - 1))


def test_members_that_are_too_large_together_are_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {f"{number}.csv": SIMPLE for number in range(9)})
    with pytest.raises(FileRefused, match="together"):
        rows_of(path, settings=replace(SETTINGS, largest_member=len(SIMPLE)))


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"s": [["a"], *[[1]] * 5000]})
    with pytest.raises(FileRefused, match="the workbook unpacks"):
        rows_of(path, settings=replace(SETTINGS, largest_member=20_000))


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(20_001):
            archive.writestr(f"{number}.csv", "")
    with pytest.raises(FileRefused, match="20,001 files"):
        gather([tmp_path / "a.zip"])


def test_an_accent_in_half_a_file_of_utf8_names_its_line(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "a,b\né,1\n".encode() + "ü,2\n".encode("cp1252"))
    with pytest.raises(FileRefused, match="near line 3: it is not UTF-8 text, although"):
        sheets_of(path)
