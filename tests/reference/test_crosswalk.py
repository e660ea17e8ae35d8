"""The crosswalk names items that the returns have.

Witnesses: ``data/cin_data_items.csv`` and ``data/ssda903_data_items.csv``, the items by the names they have in the
DfE's schema and in an open validator; and the columns of a release that comes with the project.
"""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import pytest

from onrecord.standard.records import TABLES

DATA = Path(__file__).parent / "data"
NAMES = {"cin": r"\b(?:[A-Z]+[a-z0-9]+){2,}[A-Z]*\b|\b[A-Z]{3}[a-z]\w+", "ssda903": r"\b[A-Z][A-Z_]{2,}\b"}
NIBRS_TABLE = re.compile(r"\b((?:nibrs|ref)_[a-z_]+|agencies)(?:\.([a-z_]+))?")
# Words of the sentences, and the item that Sex replaced in 2024.
NO_ITEMS = {"cin": {"REFU", "NOBT", "GenderCurrent"}, "ssda903": set()}


def items(source: str) -> set[str]:
    with (DATA / f"{source}_data_items.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"] for row in csv.DictReader(file)}


def crosswalk(source: str) -> list[str]:
    return [field.crosswalk[source] for table in TABLES for field in table.fields if source in field.crosswalk]


@pytest.mark.parametrize(("source", "fewest"), [("cin", 20), ("ssda903", 6)])
def test_every_item_that_the_crosswalk_names_is_one_of_the_return(source: str, fewest: int) -> None:
    named = {name for says in crosswalk(source) for name in re.findall(NAMES[source], says)} - NO_ITEMS[source]
    assert named - items(source) == set()
    assert len(named) >= fewest


def test_every_item_of_an_assessment_is_read_or_named_as_left_out() -> None:
    said = " ".join(crosswalk("cin"))
    unread = {item for item in items("cin") if not re.search(rf"\b{item}\b", said)}
    assert unread == {
        "ExpectedPersonBirthDate",
        "PersonDeathDate",
        "AssessmentInternalReviewDate",
        "CPPreviewDate",
    }


def test_every_table_and_column_of_nibrs_that_the_crosswalk_names_is_in_a_release(examples: Path) -> None:
    columns: dict[str, set[str]] = {}
    for release in sorted((examples / "nibrs").glob("*.zip")):
        with zipfile.ZipFile(release) as archive:
            for member in (name for name in archive.namelist() if name.lower().endswith(".csv")):
                head = archive.open(member).readline().decode("utf-8-sig").strip().lower().replace('"', "")
                columns.setdefault(Path(member).stem.lower(), set()).update(head.split(","))
    named = [match.groups() for says in crosswalk("nibrs") for match in NIBRS_TABLE.finditer(says)]
    assert len(named) > 20
    assert {table for table, _ in named} <= set(columns)
    assert {(table, column) for table, column in named if column and column not in columns[table]} == set()
