"""The shapes of the made-up nation that were taken from what is published, beside it."""

from __future__ import annotations

import csv
import math
import statistics
from collections import Counter
from pathlib import Path

import pytest

from onrecord.synthetic.scenario import scenario

SMALLEST_FORCE = 100


@pytest.fixture
def offences(shared: Path) -> list[dict[str, str]]:
    """Home Office, police recorded crime by force, 2017/18: twelve offence codes that name a child."""
    file = shared / "data" / "homeoffice-prc-2017-18" / "child-sexual-offence-rows.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def counted(rows: list[dict[str, str]], column: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row[column].strip()] += int(row["Number of Offences"].replace(",", "").strip() or 0)
    return counts


def test_forces_differ_in_size_as_they_do(offences: list[dict[str, str]]) -> None:
    sizes = [count for count in counted(offences, "Force Name").values() if count > SMALLEST_FORCE]
    spread = statistics.pstdev(math.log(count) for count in sizes)
    assert len(sizes) == 42
    assert round(spread, 2) == scenario()["forces"]["spread_of_sizes"]


def test_offences_have_the_weights_of_the_published_counts(offences: list[dict[str, str]]) -> None:
    counts = counted(offences, "Offence Code")
    drawn = {row["code"]: row["weight"] for row in scenario()["crimes"]["offences"] if row["code"] in counts}
    assert drawn == {code: count for code, count in counts.items() if code != "23"}


def test_girls_are_as_many_as_in_the_classes_that_name_the_sex(offences: list[dict[str, str]]) -> None:
    counts = counted(offences, "Offence Code")
    girls, boys = (
        sum(counts[code] for code in ("19D", "19E", "20B")),
        sum(counts[code] for code in ("17B", "19G", "19H")),
    )
    assert round(girls / (girls + boys), 3) == scenario()["people"]["girls"]
