"""Erasing, by law: what is erased is gone from every file, and what is left still balances and opens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onrecord import actions
from onrecord.actions import Asked
from onrecord.engine import open_engine
from onrecord.errors import NotPermitted, StoreRefused, WrongWords
from onrecord.settings import Settings
from onrecord.store.catalogue import Answer
from onrecord.store.returns import Store
from tests.standard_files import Row, a_return, agreed, event, report
from tests.unit.censuses import assessment, census_xml, child, episode
from tests.unit.factories import SETTINGS

NAME, POSTCODE = "Canaryname", "ZZ99 9ZZ"


def involved(report_id: str, person: str, role: str = "child", **changed: str) -> dict[str, str]:
    return {"report_id": report_id, "person_id": person, "role": role, "age_at_the_time": "14", **changed}


def person(person_id: str) -> dict[str, str]:
    usual = {"sex": "F", "ethnicity": "not asked", "nationality": "not asked", "disability": "not asked"}
    return {"person_id": person_id, "birth_month": "2009-04", **usual}


def identity(person_id: str, name: str) -> dict[str, str]:
    return {"person_id": person_id, "given_names": name, "family_name": name, "birth_date": "2009-04-01"}


def two_children(folder: Path) -> Path:
    """REP-1 is about PER-1 alone, REP-2 about both children, REP-3 about PER-2 alone, REP-4 repeats REP-1."""
    reports = [report(f"REP-{number}", f"2024-01-1{number}", "north") for number in (1, 2, 3)]
    reports.append(report("REP-4", "2024-01-14", "north", duplicate_of="REP-1"))
    involvements = [
        involved("REP-1", "PER-1"),
        involved("REP-2", "PER-1"),
        involved("REP-2", "PER-2"),
        involved("REP-2", "PER-9", "suspect", age_at_the_time="30", relationship="AQ", relationship_to="PER-1"),
        involved("REP-3", "PER-2"),
    ]
    crimes = [
        {"crime_id": f"CRI-{number}", "report_id": of, "offence_code": "71", "offence_scheme": "home-office",
         "recorded_date": "2024-01-15", "child_id": whose}
        for number, of, whose in ((1, "REP-1", "PER-1"), (2, "REP-2", "PER-1"), (3, "REP-2", "PER-2"))
    ]  # fmt: skip
    events: list[Row] = [event(f"REP-{number}", "2024-01-16") for number in (1, 2, 3)]
    events.append({**event("REP-2", "2024-01-17"), "event_id": "EVE-C", "crime_id": "CRI-2"})
    records: dict[str, Sequence[Row]] = {
        "report": reports,
        "involvement": involvements,
        "crime": crimes,
        "event": events,
        "person": [person("PER-1"), person("PER-2"), {**person("PER-9"), "birth_month": "1990-04"}],
        "identity": [identity("PER-1", NAME), identity("PER-2", "Other")],
    }
    return a_return(folder, **records)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    store = agreed(folder / "store", SETTINGS)
    sent = two_children(folder / "sent")
    actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    actions.accept(store, "R0001", "Bob", SETTINGS)
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy for each test: what one does to it, no other sees."""
    return Path(shutil.copytree(made, tmp_path / "store"))


def rows_in(store: Path, table: str) -> list[dict[str, Any]]:
    opened = Store.open(store, SETTINGS)
    with open_engine(SETTINGS) as engine:
        found = opened.read(engine, opened.all(), table)
        return [] if found is None else found.to_pyarrow().to_pylist()


def everything(store: Path) -> str:
    """All that the key opens: rows, files as they were sent, identities."""
    opened = Store.open(store, SETTINGS)
    said: list[object] = []
    with open_engine(SETTINGS) as engine:
        for entry in opened.all():
            if entry.state == "erased":
                continue
            for table in entry.receipt["tables"]:
                rows = opened.read(engine, [entry], table)
                said.append([] if rows is None else rows.to_pyarrow().to_pylist())
            people = opened.identities(engine, entry)
            said.append([] if people is None else people.to_pyarrow().to_pylist())
            said.append([content.decode() for _, content in opened.originals(entry)])
    return repr(said)


def test_one_child_is_erased_from_everything_and_the_other_stays(store: Path) -> None:
    assert "PER-1" in everything(store)
    assert NAME in everything(store)
    done = actions.erase_person(store, "north", "PER-1", "Ann", "Bob", "request 17", SETTINGS)
    left = everything(store)
    for gone in ("PER-1", "REP-1", "REP-4", "CRI-1", "CRI-2", "EVE-C", NAME):
        assert f"'{gone}'" not in left, gone
        assert f'"{gone}"' not in left, gone
    assert [row["report_id"] for row in rows_in(store, "report")] == ["REP-2", "REP-3"]
    assert [(row["person_id"], row["relationship_to"]) for row in rows_in(store, "involvement")] == [
        ("PER-2", None),
        ("PER-9", None),
        ("PER-2", None),
    ]
    assert [row["crime_id"] for row in rows_in(store, "crime")] == ["CRI-3"]
    assert (done.reports, done.rows["report"], done.rows["identity"], done.returns) == (2, 2, 1, {"R0001": 1})
    [row] = actions.ledger(store, settings=SETTINGS).rows()
    assert (row["received"], row.get("duplicates", 0)) == (2, 0)
    assert actions.doctor(store, SETTINGS)[1] == []


def test_the_trail_keeps_both_hashes_and_no_name(store: Path) -> None:
    actions.erase_person(store, "North", "PER-1", "Ann", "Bob", "request 17", SETTINGS)
    row = actions.trail(store, SETTINGS)[-1]
    detail = json.loads(row["detail"])
    assert (row["what"], row["which"], row["who"], detail["second"]) == ("erased person", "E0001", "Ann", "Bob")
    assert detail["manifests_before"]["R0001"] != detail["manifests_after"]["R0001"]
    assert "PER-1" not in json.dumps(actions.trail(store, SETTINGS))
    (erasure,) = Store.open(store, SETTINGS).rows_of("erasures")
    assert len(erasure.person) == 64


def test_what_held_her_opens_with_no_key_any_more(store: Path, tmp_path: Path) -> None:
    """Even a copy of the old files, kept aside, stays shut: the keys that opened it are destroyed."""
    old = {path.relative_to(store): path.read_bytes() for path in (store / "returns").rglob("*.sealed")}
    actions.erase_person(store, "North", "PER-1", "Ann", "Bob", "request 17", SETTINGS)
    assert not (store / "returns" / "R0001" / "1").exists()
    for path, content in old.items():
        (store / path).parent.mkdir(parents=True, exist_ok=True)
        newer = store / "returns" / "R0001" / "2" / Path(*path.parts[3:])
        if newer.exists():
            newer.write_bytes(content)
    with pytest.raises(StoreRefused, match="damaged or was altered"):
        actions.ledger(store, settings=SETTINGS)


def test_figures_made_before_are_said_not_to_be_made_again(store: Path) -> None:
    made = actions.ledger(store, settings=SETTINGS)
    [before] = actions.lineage(store, SETTINGS)
    assert (before["again"], before["digest"]) == ("yes", made.digest)
    assert actions.made_again(store, "M0001", SETTINGS)[0]
    actions.erase_person(store, "North", "PER-1", "Ann", "Bob", "request 17", SETTINGS)
    after = actions.lineage(store, SETTINGS)[0]["again"]
    assert "a person was erased from it by law (E0001, request 17)" in after
    with pytest.raises(StoreRefused, match="cannot be made again"):
        actions.made_again(store, "M0001", SETTINGS)


def test_a_return_is_erased_and_its_counts_stay(store: Path) -> None:
    done = actions.erase_return(store, "r0001", "Ann", "Bob", "order 5", SETTINGS)
    (entry,) = actions.returns(store, SETTINGS)
    assert (entry.state, entry.accepted, done.returns, done.reports) == ("erased", 23, {"R0001": 1}, 4)
    assert list((store / "returns").iterdir()) == []
    assert actions.ledger(store, settings=SETTINGS).rows() == []
    opened = Store.open(store, SETTINGS)
    with pytest.raises(StoreRefused, match="keys are gone"):
        opened.originals(entry)
    with pytest.raises(StoreRefused, match="already erased"):
        actions.erase_return(store, "R0001", "Ann", "Bob", "order 5", SETTINGS)
    assert actions.doctor(store, SETTINGS)[1] == []


def test_what_counted_a_return_that_was_erased_cannot_be_asked_for_as_known_then(store: Path) -> None:
    known_at = SETTINGS.now
    actions.erase_return(store, "R0001", "Ann", "Bob", "order 5", later(1))
    with pytest.raises(StoreRefused, match="erased by law"):
        actions.ledger(store, Asked(known_at=known_at), later(2))


def later(days: int) -> Settings:
    return replace(SETTINGS, now=SETTINGS.now + timedelta(days=days))


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ({"second": "ANN "}, NotPermitted, "two people do it"),
        ({"by": " "}, WrongWords, "--by is empty"),
        ({"authority": ""}, WrongWords, "--authority is empty"),
        ({"person": "PER-77"}, WrongWords, "No return of North holds a person"),
        ({"sender": "South"}, WrongWords, "No return of South holds a person"),
    ],
)
def test_what_is_not_said_rightly_erases_nothing(
    store: Path, words: Mapping[str, str], error: type[Exception], says: str
) -> None:
    usual = {"sender": "North", "person": "PER-1", "by": "Ann", "second": "Bob", "authority": "x"}
    before = everything(store)
    with pytest.raises(error, match=says):
        actions.erase_person(store, **{**usual, **words}, settings=SETTINGS)
    assert everything(store) == before


def test_a_child_of_a_census_is_erased_from_its_file_too(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", SETTINGS)
    words, under = ("Council", "Ann", "2023/24"), "EXAMPLE-AGREEMENT-1"
    sent = census_with_assessments(tmp_path)
    actions.receive(store, [sent], "cin-census", *words, settings=SETTINGS, agreement=under)
    people = {row["person_id"] for row in rows_in(store, "person")}
    assert len(people) == 2
    # What the store keeps of an authority's own identifier is a keyed pseudonym.
    assert not any("C1" in each or "C2" in each for each in people)
    identifier = f"{AUTHORITY}/C1"
    actions.erase_person(store, "Council", identifier, "Ann", "Bob", "request 18", SETTINGS)
    assert len(rows_in(store, "person")) == 1
    opened = Store.open(store, SETTINGS)
    ((_, content),) = opened.originals(opened.find("R0001"))
    assert b">C2<" in content
    assert b">C1<" not in content


AUTHORITY = "372"


def census_with_assessments(folder: Path) -> Path:
    return census_xml(folder, *(child(key, episode(assessment("2023-05-02"))) for key in ("C1", "C2")))


def test_an_answer_names_nothing_that_was_erased(store: Path, tmp_path: Path) -> None:
    opened = Store.open(store, SETTINGS)
    for key in ("REP-1/CRI-1", "REP-3/CRI-9"):
        given = Answer(0, "North", "standard", "a.rule.x", 1, key, "correct as sent", "Cat", "2025", "R0001")
        with opened.changing(opened.act("answered", "R0001", "Cat")) as (now, _):
            now.add("answers", given)
    actions.erase_person(store, "North", "PER-1", "Ann", "Bob", "request 17", SETTINGS)
    assert [answer.key for answer in opened.rows_of("answers")] == ["erased", "REP-3/CRI-9"]
    assert b"CRI-1" not in (store / "catalogue.sqlite").read_bytes()
