"""Cases of the conformance kit that are about reading rather than rules: formats, letters, what is refused."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence

from onrecord.intake.kit import Case, as_xml
from onrecord.standard.records import table_named
from onrecord.standard.rules import sound_example
from onrecord.standard.rules.examples import changed

FEW = ("return", "report", "operation")
STAMP = (1980, 1, 1, 0, 0, 0)
ENTITY = b"""<?xml version="1.0"?>
<!DOCTYPE onrecord [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<onrecord><report><report_id>&b;</report_id></report></onrecord>
"""


def reading_cases() -> Iterator[Case]:
    """The cases, each made of a few records of the sound example."""
    yield from _text_cases()
    yield from _packed_cases()
    yield from _layout_cases()
    yield from _whole_cases()
    yield from _refused_cases()


def csv_text(record: str, rows: Sequence[Mapping[str, str]], delimiter: str = ",", end: str = "\r\n") -> str:
    """A record as delimited text, with the columns of the record."""
    text = io.StringIO()
    writer = csv.DictWriter(text, table_named(record).columns, delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _few(**operation: str) -> dict[str, list[dict[str, str]]]:
    rows = {name: [dict(row) for row in sound_example().rows[name]] for name in FEW}
    rows["operation"][0] |= operation
    return rows


def _csvs(
    rows: Mapping[str, Sequence[Mapping[str, str]]],
    encoding: str = "utf-8",
    ending: str = ".csv",
    delimiter: str = ",",
    end: str = "\r\n",
) -> dict[str, bytes]:
    return {f"{name}{ending}": csv_text(name, each, delimiter, end).encode(encoding) for name, each in rows.items()}


def _text_cases() -> Iterator[Case]:
    accented = _few(name="Exámple")
    yield Case("reading.csv", "Comma-separated UTF-8.", _csvs(_few()))
    yield Case(
        "reading.csv-bom-semicolon", "Semicolons, and a mark of UTF-8.", _csvs(accented, "utf-8-sig", delimiter=";")
    )
    yield Case("reading.csv-windows-1252", "The letters of Windows.", _csvs(accented, "cp1252"))
    yield Case("reading.tsv-utf-16", "Tabs, in UTF-16.", _csvs(accented, "utf-16", ".tsv", "\t"))
    yield Case("reading.csv-pipes", "Vertical bars.", _csvs(_few(), delimiter="|"))
    yield Case("reading.csv-line-feeds", "Lines that end as on Unix.", _csvs(_few(), end="\n"))
    two_lines = _few(name='An "example"\nof two lines')
    yield Case(
        "reading.csv-quoted-line-end", "A quoted cell holds a line end: one row, and a finding.", _csvs(two_lines)
    )
    formula = _few(operation_id="=1+1")
    yield Case("reading.csv-formula", "A cell that looks like a formula is the text it is.", _csvs(formula))
    blanks = _few(name="  Example  ", kind=" investigation ")
    yield Case("reading.csv-blanks", "Blanks around a value are no part of it.", _csvs(blanks))


def _packed_cases() -> Iterator[Case]:
    files = _csvs(_few())
    yield Case("reading.zip", "The files in a zip.", {"return.zip": _zipped(files)})
    yield Case(
        "reading.gzip",
        "The files compressed, one by one.",
        {f"{name}.gz": _gzipped(each) for name, each in files.items()},
    )
    shadow = {**files, "__MACOSX/._report.csv": b"shadow"}
    yield Case(
        "reading.zip-of-a-mac", "A zip with shadow files, which are left aside.", {"return.zip": _zipped(shadow)}
    )
    rows = {name: tuple(each) for name, each in _few().items()}
    yield Case("reading.xml", "The simple XML form.", {"return.xml": as_xml(rows)})


def _layout_cases() -> Iterator[Case]:
    files = _csvs(_few())
    shouting = {name: _shouting(each) for name, each in files.items()}
    yield Case("reading.header-letter-case", "Headers in capital letters are the same headers.", shouting)
    further = {
        **files,
        "operation.csv": files["operation.csv"]
        .replace(b"kind\r\n", b"kind,colour\r\n")
        .replace(b"investigation\r\n", b"investigation,blue\r\n"),
    }
    yield Case("reading.unknown-column", "A column that the standard does not have is named and not read.", further)
    beside = {**files, "colours.csv": b"colour,shade\r\nblue,dark\r\nred,light\r\n"}
    yield Case("reading.unknown-table", "A table that the standard does not have: its rows are out of scope.", beside)
    without = {**files, "operation.csv": _without_column(files["operation.csv"], "kind")}
    yield Case("reading.missing-column", "A required column is not there: its rows are held.", without)
    renamed = {"2024 January.csv": files["operation.csv"], "return.csv": files["return.csv"]}
    yield Case("reading.record-by-its-header", "A file without a telling name is known by its header.", renamed)


def _whole_cases() -> Iterator[Case]:
    nothing = {"state": "zero return"}
    empty = {"alone": "true", "return": [{"zero_return": "true"}], "coverage": [nothing, nothing]}
    yield _changed("whole.zero-return", "The sender says that there was nothing: a true zero.", empty)
    leaning = {"report": [{"received_precision": "no such code"}]}
    yield _changed("whole.leaning-rows", "What leans on a held row is held with it.", leaning)
    two = {"event": [{"kind": "no such code", "event_date": "2024-02-30"}]}
    yield _changed("whole.two-faults-in-one-row", "A row with two faults is held once and found twice.", two)


def _changed(name: str, says: str, changes: Mapping[str, object]) -> Case:
    return Case(name, says, {"return.xml": as_xml(changed(changes).rows)})


def _refused_cases() -> Iterator[Case]:
    files = _csvs(_few())
    yield Case("refused.empty-file", "A file of no bytes.", {"report.csv": b""})
    yield Case("refused.damaged-zip", "A zip that is cut short.", {"return.zip": _zipped(files)[:300]})
    yield Case("refused.entities", "XML that declares entities of its own.", {"return.xml": ENTITY})
    yield Case("refused.cut-xml", "XML that is cut short.", {"return.xml": b"<onrecord><report><report_id>REP-1"})
    yield Case(
        "refused.ragged-row",
        "A row with more cells than the header.",
        {"report.csv": files["report.csv"] + b"a," * 60 + b"\r\n"},
    )
    yield Case("refused.nothing-known", "No table of the standard.", {"colours.csv": b"colour\r\nblue\r\n"})
    yield Case(
        "refused.old-excel", "An old Excel file.", {"report.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)}
    )
    yield Case("refused.nul", "Text with NUL bytes.", {"report.csv": files["report.csv"] + b"\0\0\0\0"})


def _shouting(content: bytes) -> bytes:
    head, end, rest = content.partition(b"\r\n")
    return head.upper() + end + rest


def _without_column(content: bytes, name: str) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    place = rows[0].index(name)
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([row[:place] + row[place + 1 :] for row in rows])
    return text.getvalue().encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, each in files.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), each)
    return content.getvalue()


def _gzipped(content: bytes) -> bytes:
    # Stored, not deflated: compressed bytes differ from one library to the next.
    return gzip.compress(content, compresslevel=0, mtime=0)
