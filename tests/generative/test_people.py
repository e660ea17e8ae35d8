"""Children and suspects stand once in an area, at the lowest rank of their lines: engine and a plain count agree.

The plain count takes the oracles of both strands, a person at a time: a history is cut down to the person's own lines,
and the oracle says where they stand. Seeds: Hypothesis runs derandomised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from ibis.backends.duckdb import Backend

from onrecord.engine import open_engine
from onrecord.pathways import safeguarding, standings
from onrecord.pathways.subjects import naming_none, places_of_people
from onrecord.settings import Settings
from onrecord.standard import codelists
from tests.generative import safeguarding_oracle, test_safeguarding
from tests.generative.histories import AS_AT, histories, history_in
from tests.generative.oracle import RANK, Plain, stand

WINDOW = 90
SENDER = "one sender"
IDS = ("report_id", "person_id", "event_id", "duplicate_of")


@pytest.fixture(scope="module")
def engine() -> Iterator[Backend]:
    with open_engine(Settings()) as opened:
        yield opened


@pytest.fixture(scope="module")
def towns() -> list[Plain]:
    """Made-up histories of the justice strand, each named apart; every report has a suspect of all, and a child."""
    made: list[Plain] = []

    @hypothesis_settings(test_safeguarding.made_up, max_examples=200)
    @given(histories())
    def collect(plain: Plain) -> None:
        town = f"town {len(made)}, "
        named = {
            name: [{key: town + value if key in IDS and value else value for key, value in row.items()} for row in rows]
            for name, rows in plain.items()
            if name != "covered"
        }
        # A child in every report, and a second whom every second crime names.
        for number, report in enumerate(named["report"]):
            named["involvement"].append({"report_id": report["report_id"], "person_id": f"{town}Ada", "role": "child"})
            if number % 2:
                bea = {"report_id": report["report_id"], "person_id": f"{town}Bea", "role": "child"}
                named["involvement"].append(bea)
        for number, crime in enumerate(named["crime"]):
            crime["child_id"] = [None, f"{town}Ada", f"{town}Bea", f"{town}nobody"][number % 4]
        made.append({**named, "covered": plain["covered"]})

    collect()
    return made


def together(towns: list[Plain]) -> Plain:
    names = ("report", "crime", "involvement", "event")
    return {name: [row for town in towns for row in town[name]] for name in names} | {"covered": towns[0]["covered"]}


def once(places: ir.Table, told_apart: Callable[[ir.Table], ir.Table], area: str | None) -> ir.Table:
    """Each person once in an area, or over all, at the least place: as the measures lay it."""
    by = ["subject", *([area] if area else [])]
    least = places.group_by(by).agg(
        place=places.place.min(), misplaced=places.misplaced.any(), open_lines=places.open_lines.any()
    )
    return told_apart(least)


def in_engine(rows: list[dict[str, Any]], keys: tuple[str, ...], area: str | None = None) -> dict[Any, str]:
    found = {}
    for row in rows:
        assert not row["misplaced"], row
        [standing] = [key for key in keys if row[f"is_{key}"]]
        person = row["subject"].removeprefix(f"{SENDER}/")
        found[(row[area], person) if area else person] = standing
    return found


def of_one_sender(history: standings.History) -> standings.History:
    return replace(history, report=history.report.mutate(sender=ibis.literal(SENDER)))


def plainly(town: Plain, role: str, area: str | None) -> dict[Any, str]:
    """Each person of a role, by the oracle over a history that holds that person's lines alone."""
    found: dict[Any, list[str]] = {}
    for row in _named(town):
        if row["role"] == role:
            for report, standing in stand(_own(town, row, role), WINDOW, AS_AT).items():
                (agency,) = [each["agency_id"] for each in town["report"] if each["report_id"] == report]
                found.setdefault((agency, row["person_id"]) if area else row["person_id"], []).append(standing.standing)
    return {key: min(places, key=RANK.__getitem__) for key, places in found.items()}


def _named(town: Plain) -> list[dict[str, Any]]:
    """Who is what in which report, those among them whom only a crime names as its child."""
    by_crimes = [(row["report_id"], row["child_id"], "child") for row in town["crime"] if row["child_id"]]
    involved = [(row["report_id"], row["person_id"], row["role"]) for row in town["involvement"]]
    return [dict(zip(("report_id", "person_id", "role"), each, strict=True)) for each in {*involved, *by_crimes}]


def _own(town: Plain, who: dict[str, Any], role: str) -> Plain:
    """One report of a person, with her lines alone; all that fell on other lines falls nowhere.

    A child to whom none of its crimes was done has the lines that the report would have without a crime.
    """
    report = who["report_id"]
    crimes = [row for row in town["crime"] if row["report_id"] == report]
    if role == "child":
        hers = [row for row in crimes if row["child_id"] in (None, who["person_id"])]
        suspects = [row for row in town["involvement"] if row["report_id"] == report and row["role"] == "suspect"]
    else:
        hers, suspects = crimes, [who]
    return {
        **town,
        "report": [row for row in town["report"] if row["report_id"] == report],
        "crime": hers,
        "involvement": suspects,
    }


@pytest.mark.parametrize("area", [None, "agency_id"])
@pytest.mark.parametrize("role", ["child", "suspect"])
def test_people_in_the_justice_strand(engine: Backend, towns: list[Plain], role: str, area: str | None) -> None:
    history = of_one_sender(history_in(engine, together(towns), AS_AT))
    made = once(places_of_people(history, role, WINDOW), standings.told_apart, area)
    found = in_engine(engine.to_pyarrow(made).to_pylist(), codelists.standing_keys(), area)
    expected = {key: place for town in towns for key, place in plainly(town, role, area).items()}
    differ = {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected
        if found.get(key) != expected.get(key)
    }
    assert not differ
    # Else agreement would prove little.
    assert set(expected.values()) >= {"prosecuted", "live", "unaccounted", "transferred"}


def test_reports_without_a_suspect_stand_beside(engine: Backend, towns: list[Plain]) -> None:
    plain = together(towns)
    with_one = {row["report_id"] for row in plain["involvement"] if row["role"] == "suspect"}
    received = {row["report_id"] for row in _received(plain)}
    history = history_in(engine, plain, AS_AT)
    rows = engine.to_pyarrow(naming_none(history, "suspect").select("report_id")).to_pydict()["report_id"]
    assert set(rows) == received - with_one != set()
    assert engine.to_pyarrow(naming_none(history, "child").count()).as_py() == 0


def test_children_in_the_safeguarding_strand(engine: Backend) -> None:
    towns: list[Plain] = []

    @hypothesis_settings(test_safeguarding.made_up, max_examples=200)
    @given(test_safeguarding.histories())
    def collect(plain: Plain) -> None:
        town = f"town {len(towns)}, "
        ids = test_safeguarding.IDS - {"agency_id"}
        towns.append(
            {
                name: [
                    {key: town + value if key in ids and value else value for key, value in row.items()} for row in rows
                ]
                for name, rows in plain.items()
            }
        )

    collect()
    plain = {name: [row for town in towns for row in town[name]] for name in towns[0]}
    places = safeguarding.places_of_children(test_safeguarding.known_in(engine, plain), WINDOW)
    made = once(places, safeguarding.told_apart, "agency_id")
    found = in_engine(engine.to_pyarrow(made).to_pylist(), safeguarding.standing_keys(), "agency_id")
    expected: dict[Any, str] = {}
    for town in towns:
        for report in town["report"]:
            if report["duplicate_of"] is None and report["received_date"] <= test_safeguarding.AS_AT:
                for child in safeguarding_oracle.children(town, report):
                    place, _ = safeguarding_oracle.place(town, report, child, WINDOW, test_safeguarding.AS_AT)
                    key = (report["agency_id"], child)
                    expected[key] = min(expected.get(key, place), place, key=safeguarding_oracle.RANK.__getitem__)
    assert found == {key: place for key, place in expected.items() if key[1] is not None}


def test_a_source_that_names_nobody_has_nobody(engine: Backend, towns: list[Plain]) -> None:
    history = history_in(engine, towns[0], AS_AT)
    bare = of_one_sender(standings.History(history.report, None, None, history.event))
    for role in ("child", "suspect"):
        assert engine.to_pyarrow(places_of_people(bare, role, WINDOW)).num_rows == 0
    known = safeguarding.Help(history.report)
    assert engine.to_pyarrow(safeguarding.places_of_children(known, WINDOW)).num_rows == 0
    counts = [engine.to_pyarrow(naming_none(bare, role).count()).as_py() for role in ("child", "suspect")]
    assert counts == [len({row["report_id"] for row in _received(towns[0])})] * 2


def _received(plain: Plain) -> list[dict[str, Any]]:
    return [row for row in plain["report"] if not row["duplicate_of"] and row["received_date"] <= AS_AT]
