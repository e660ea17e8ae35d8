"""Made-up tables and mappings: no row is lost, and every cell is what a plain reading of the mapping makes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine
from onrecord.intake.mapping import mapping_from
from onrecord.intake.read import gather
from tests.unit.factories import SETTINGS
from tests.unit.intake.mappings import Laid

QUICK = settings(
    derandomize=True,
    max_examples=20,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
WORD = st.sampled_from(["", "a", "A", "b;c", ";", "b; ;d", "Phone", "phone", "leave", "é", "x y", "R-1"])
DAY = st.one_of(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)).map(lambda day: f"{day.day:02}/{day.month:02}/{day.year}"),
    st.tuples(st.integers(0, 40), st.integers(0, 14), st.integers(0, 9999)).map(lambda d: f"{d[0]}/{d[1]}/{d[2]:04}"),
    st.sampled_from(["", "soon", "2024-01-31", "1/2/24"]),
)
ROWS = st.lists(st.tuples(WORD, DAY, WORD, WORD), min_size=1, max_size=8)
CODES = st.dictionaries(st.sampled_from(["phone", "a", "é"]), st.sampled_from(["1D", "6", "9"]), max_size=3)
CHOICES = st.fixed_dictionaries(
    {
        "codes": CODES,
        "otherwise": st.sampled_from(["keep", "unknown"]),
        "prefix": st.sampled_from(["", "R-", "é'\""]),
        "constant": st.sampled_from(["CSE", "other CSA"]),
        "distinct": st.booleans(),
        "leave": st.sampled_from(["leave", "a"]),
        "only": st.booleans(),
    }
)


def mapping_of(choices: dict[str, Any]) -> str:
    """The mapping as text: JSON is YAML."""
    report: dict[str, Any] = {
        "report_id": {"column": "Ref", "prefix": choices["prefix"]},
        "received_date": {"column": "Day", "date": "DD/MM/YYYY"},
        "source": {"column": "How", "codes": choices["codes"], "otherwise": choices["otherwise"]},
        "concern": {"constant": choices["constant"]},
    }
    if choices["only"]:
        report["when"] = {"column": "Ref", "given": "true"}
    person = {
        "split": {"column": "People", "by": ";"},
        "person_id": "People",
        "distinct": "true" if choices["distinct"] else "false",
    }
    out = {"when": {"column": "How", "is": choices["leave"]}, "reason": "adult_victims"}
    table = {"from": "sent", "leave_out": out, "records": {"report": report, "person": person}}
    return json.dumps({"mapping": "made-up", "tables": [table]})


# ---------------------------------------------------------------- the plain reading


def plainly(
    choices: dict[str, Any], rows: list[tuple[str, str, str, str]]
) -> tuple[list[Any], list[Any], Counter[str]]:
    reports: list[Any] = []
    people: list[Any] = []
    left: Counter[str] = Counter()
    for line, (ref, day, how, names) in enumerate(rows, 2):
        if how.lower() == choices["leave"]:
            left["adult_victims"] += 1
            continue
        makes = bool(ref) or not choices["only"]
        parts = [part.strip() for part in names.split(";") if part.strip()]
        if makes:
            id_ = choices["prefix"] + ref if ref else None
            reports.append((id_, plain_day(day), plain_code(choices, how), choices["constant"], line))
        people += [(part, line) for part in parts]
        left["makes_no_record"] += not makes and not parts
    if choices["distinct"]:
        first = dict(reversed(people))
        people = [(person, line) for person, line in people if first.pop(person, None) == line]
    return reports, people, +left


def plain_day(text: str) -> str | None:
    parts = text.split("/")
    try:
        if len(parts) == 3 and len(parts[2]) == 4:
            return date(int(parts[2]), int(parts[1]), int(parts[0])).isoformat()
    except ValueError:
        pass
    return text or None


def plain_code(choices: dict[str, Any], how: str) -> str | None:
    if not how:
        return None
    other = how if choices["otherwise"] == "keep" else choices["otherwise"]
    code: str = choices["codes"].get(how.lower(), other)
    return code


# ---------------------------------------------------------------- the test


@pytest.fixture(scope="module")
def engine() -> Iterator[Backend]:
    with open_engine(SETTINGS) as opened:
        yield opened


@QUICK
@given(choices=CHOICES, rows=ROWS)
def test_the_engine_lays_out_what_a_plain_reading_does(
    engine: Backend, tmp_path: Path, choices: dict[str, Any], rows: list[tuple[str, str, str, str]]
) -> None:
    (tmp_path / "m.yaml").write_text(mapping_of(choices), encoding="utf-8")
    lines = ["Ref,Day,How,People,End", *(",".join((*map(quoted, row), "end")) for row in rows)]
    (tmp_path / "sent.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    layout = mapping_from(tmp_path / "m.yaml")
    laid = Laid(layout.lay_out(engine, gather([tmp_path / "sent.csv"]), SETTINGS, "t"))
    reports, people, left = plainly(choices, rows)
    shown = ("report_id", "received_date", "source", "concern", "line")
    assert [tuple(row[name] for name in shown) for row in laid.all["report"]] == reports
    assert [(row["person_id"], row["line"]) for row in laid.all["person"]] == people
    assert laid.left_out == left
    found_again = {row["line"] for record in ("report", "person") for row in laid.all[record]}
    if not choices["distinct"]:
        assert len(found_again) + sum(laid.left_out.values()) == len(rows)


def quoted(cell: str) -> str:
    return f'"{cell}"' if cell else ""
