"""A file that is of another kind than its name says is refused with what to do."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.errors import FileRefused
from onrecord.intake.read import gather
from onrecord.intake.read.gathering import are_what_they_say

TEXT = b"report_id,agency_id\nR1,north\n"


def workbook() -> bytes:
    made = openpyxl.Workbook()
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def columns() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"report_id": ["R1"]}), out)
    return out.getvalue()


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What a file can hold, by name: the bytes of some differ by the moment they were made, and so would the names of tests.
HOLDS: dict[str, Callable[[], bytes]] = {
    "a workbook": workbook,
    "a compressed text": lambda: gzip.compress(TEXT),
    "columns": columns,
    "an old workbook": lambda: OLD,
    "a page": lambda: b"%PDF-1.7\n",
    "a text": lambda: TEXT,
    "a text that begins as columns do": lambda: b"PAR1,PAR2\n1,2\n",
    "markup": lambda: b"<returns/>",
}


@pytest.mark.parametrize(
    ("name", "holds", "says"),
    [
        ("report.csv", "a workbook", "let its name end in .xlsx or .zip"),
        ("report.txt", "a compressed text", "let its name end in .gz as well"),
        ("report.csv", "columns", "let its name end in .parquet"),
        ("report.xlsx", "columns", "let its name end in .parquet"),
        ("report.csv", "an old workbook", "save it as .xlsx without a password"),
        ("report.xlsx", "an old workbook", "save it as .xlsx without a password"),
        ("report.csv", "a page", "ask for the table"),
        ("report.xlsx", "a text", "It is plain text: let its name end in .csv"),
        ("report.csv.gz", "a text", "It is plain text: leave .gz out of its name"),
        ("report.parquet", "a workbook", "let its name end in .xlsx or .zip"),
        ("report.xml", "a workbook", "let its name end in .xlsx or .zip"),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(tmp_path: Path, name: str, holds: str, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOLDS[holds]())
    for given in (path, tmp_path):
        with pytest.raises(FileRefused) as refused:
            are_what_they_say(gather([given]))
        assert f"{path}: this is another kind of file than its name says." in str(refused.value)
        assert says in str(refused.value)


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("report.csv", "a text"),
        ("report.csv", "a text that begins as columns do"),
        ("report.csv.gz", "a compressed text"),
        ("report.xlsx", "a workbook"),
        ("report.parquet", "columns"),
        ("report.xml", "markup"),
    ],
)
def test_a_file_that_is_what_its_name_says_is_gathered(tmp_path: Path, name: str, holds: str) -> None:
    (tmp_path / name).write_bytes(HOLDS[holds]())
    sources = gather([tmp_path / name])
    are_what_they_say(sources)
    assert [source.name for source in sources] == [name]
