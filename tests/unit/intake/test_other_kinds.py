"""A file that is of another kind than its name says is refused with what to do."""

from __future__ import annotations

import gzip
import io
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


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("report.csv", workbook(), "let its name end in .xlsx or .zip"),
        ("report.txt", gzip.compress(TEXT), "let its name end in .gz as well"),
        ("report.csv", columns(), "let its name end in .parquet"),
        ("report.xlsx", columns(), "let its name end in .parquet"),
        ("report.csv", OLD, "save it as .xlsx without a password"),
        ("report.xlsx", OLD, "save it as .xlsx without a password"),
        ("report.csv", b"%PDF-1.7\n", "ask for the table"),
        ("report.xlsx", TEXT, "It is plain text: let its name end in .csv"),
        ("report.csv.gz", TEXT, "It is plain text: leave .gz out of its name"),
        ("report.parquet", workbook(), "let its name end in .xlsx or .zip"),
        ("report.xml", workbook(), "let its name end in .xlsx or .zip"),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for given in (path, tmp_path):
        with pytest.raises(FileRefused) as refused:
            are_what_they_say(gather([given]))
        assert f"{path}: this is another kind of file than its name says." in str(refused.value)
        assert says in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.csv", TEXT),
        ("report.csv", b"PAR1,PAR2\n1,2\n"),
        ("report.csv.gz", gzip.compress(TEXT)),
        ("report.xlsx", workbook()),
        ("report.parquet", columns()),
        ("report.xml", b"<returns/>"),
    ],
)
def test_a_file_that_is_what_its_name_says_is_gathered(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    sources = gather([tmp_path / name])
    are_what_they_say(sources)
    assert [source.name for source in sources] == [name]
