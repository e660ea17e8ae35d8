"""Tables of made-up text, written as every kind of file, are read back cell by cell; any bytes end in a sentence."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from onrecord.engine import open_engine
from onrecord.errors import FileRefused
from onrecord.intake.read import gather, sheets, text_of
from tests.unit.factories import SETTINGS

QUICK = settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
ODD = st.sampled_from(["", " ", '"', ",", ";", "\t", "|", "a,b", 'say "x"', "1.0", "00042", "\n", "x\ny", "é", "£"])
SIGNS = st.characters(exclude_categories=["Cs", "Cc"])
CELL = st.one_of(ODD, st.text(SIGNS, max_size=8))
XML_SIGNS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
XML_CELL = st.one_of(ODD, st.text(XML_SIGNS, max_size=8))
Table = list[list[str]]


def tables(cell: st.SearchStrategy[str]) -> st.SearchStrategy[Table]:
    return st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=6)
    )


def names(rows: Table) -> list[str]:
    return [f"field {place}" for place in range(len(rows[0]))]


def read(path: Path, width: int) -> tuple[list[list[str | None]], list[int]]:
    with open_engine(SETTINGS) as engine:
        (sheet,) = sheets(engine, gather([path]), SETTINGS)
        wanted = {f"c{place}": name for place, name in enumerate(sheet.columns[:width])}
        found = text_of(engine, "t", [sheet], [wanted], SETTINGS).order_by("row").to_pyarrow().to_pylist()
    assert [row["row"] for row in found] == list(range(len(found)))
    return [[row[name] for name in wanted] for row in found], [row["line"] for row in found]


def expected(rows: Table) -> list[list[str | None]]:
    return [[cell.strip() or None for cell in row] for row in rows]


def as_csv(rows: Table, delimiter: str, line_end: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([names(rows), *rows])
    return text.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@QUICK
@given(
    rows=tables(CELL),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    trailing=st.integers(0, 3),
)
def test_text(delimiter: str, rows: Table, encoding: str, line_end: str, trailing: int) -> None:
    text = as_csv(rows, delimiter, line_end) + line_end * trailing
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes((mark + text).encode(encoding))
        assert read(path, len(rows[0])) == (expected(rows), [number + 2 for number in range(len(rows))])


@QUICK
@given(rows=tables(st.lists(st.sampled_from(["a", "bé", "ô ", "£9", "–", "’s", "\n"]), max_size=6).map("".join)))
def test_text_of_western_europe(rows: Table) -> None:
    rows = [*rows, ["Zoë", *rows[0][1:]]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(as_csv(rows, ";", "\r\n").encode("cp1252"))
        assert read(path, len(rows[0]))[0] == expected(rows)


@QUICK
@given(rows=tables(XML_CELL), gaps=st.lists(st.integers(0, 3), min_size=7, max_size=7))
def test_workbooks(rows: Table, gaps: Sequence[int]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    line, lines = 1 + gaps[-1], []
    for place, name in enumerate(names(rows), 1):
        sheet.cell(line, place, name)
    for row, gap in zip(rows, gaps, strict=False):
        line += 1 + gap
        if any(cell.strip() for cell in row):
            lines.append(line)
        for place, cell in enumerate(row, 1):
            # A text that begins with = is a text here, no formula.
            sheet.cell(line, place, cell).data_type = "s"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        book.save(path)
        found = read(path, len(rows[0]))
    assert found == ([row for row in expected(rows) if any(row)], lines)


@QUICK
@given(rows=tables(CELL))
def test_parquet(rows: Table) -> None:
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names(rows))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        pq.write_table(pa.table(columns), path)
        assert read(path, len(rows[0])) == (expected(rows), [number + 1 for number in range(len(rows))])


@QUICK
@given(rows=tables(XML_CELL))
def test_xml(rows: Table) -> None:
    root = etree.Element("return")
    for row in rows:
        record = etree.SubElement(root, "report")
        for place, cell in enumerate(row):
            etree.SubElement(record, f"f{place}").text = cell
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xml"
        path.write_bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))
        assert read(path, len(rows[0])) == (expected(rows), [number + 1 for number in range(len(rows))])


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", content)
        archive.writestr("[Content_Types].xml", content)
    return packed.getvalue()


BEFORE: dict[str, Sequence[Callable[[bytes], bytes]]] = {
    "a.csv": (lambda content: content, lambda content: b"a,b\n" + content, lambda content: b"\xff\xfe" + content),
    "a.csv.gz": (lambda content: content, lambda content: b"\x1f\x8b\x08" + content),
    "a.txt": (lambda content: content, lambda content: b'"' + content),
    "a.xlsx": (lambda content: content, lambda content: b"PK\x03\x04" + content, zipped),
    "a.parquet": (lambda content: content, lambda content: b"PAR1" + content + b"PAR1"),
    "a.xml": (
        lambda content: content,
        lambda content: b"<r><a><b>" + content,
        lambda content: b"<!DOCTYPE r [" + content,
    ),
    "a.zip": (lambda content: content, lambda content: b"PK\x05\x06" + content),
}


@pytest.mark.parametrize("name", BEFORE)
@QUICK
@given(content=st.binary(min_size=1, max_size=200), which=st.integers(0, 2))
def test_any_bytes_are_read_or_refused_with_a_sentence(name: str, content: bytes, which: int) -> None:
    changes = BEFORE[name]
    with tempfile.TemporaryDirectory() as folder, open_engine(SETTINGS) as engine:
        path = Path(folder) / name
        path.write_bytes(changes[which % len(changes)](content))
        letter = ""
        try:
            found = sheets(engine, gather([path]), SETTINGS)
            text_of(engine, "t", found, [{"c": sheet.columns[0]} for sheet in found], SETTINGS).count().to_pyarrow()
        except FileRefused as refused:
            letter = str(refused)
        assert not letter or (letter.startswith(str(path)) and letter.endswith(".") and "\n" not in letter)
