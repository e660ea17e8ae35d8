"""The code lists: readable, unique, and complete where the code steers by them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from onrecord.intake.adapters import nibrs, police_uk
from onrecord.standard import codelists

KEYS = ("key", "code", "alias", "agency_id", "kind", "merged")


@pytest.mark.parametrize("name", codelists.names())
def test_every_list_has_rows_without_a_hole(name: str) -> None:
    rows = codelists.load(name)
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)


@pytest.mark.parametrize("name", codelists.names())
def test_no_key_stands_twice(name: str) -> None:
    rows = codelists.load(name)
    key = next((column for column in KEYS if column in rows[0]), next(iter(rows[0])))
    found = [(row.get("scheme"), row[key]) for row in rows]
    assert len(found) == len(set(found))


def test_an_unknown_list_is_named_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="standings"):
        codelists.load("moons")


def test_the_standings_are_eight_in_the_order_of_their_rank() -> None:
    assert [standing.rank for standing in codelists.standings()] == list(range(1, 9))
    assert codelists.rank_of("prosecuted") == 1
    assert codelists.rank_of("not_a_crime") == 8
    with pytest.raises(KeyError):
        codelists.rank_of("gone")


def test_every_outcome_leads_to_a_standing() -> None:
    rows = codelists.load("outcomes")
    column = next(name for name in rows[0] if name.startswith("standing"))
    assert {row[column] for row in rows} - {""} <= set(codelists.standing_keys())


def test_every_alias_names_an_outcome() -> None:
    outcomes = {(row["scheme"], row["code"]) for row in codelists.load("outcomes")}
    assert {(row["scheme"], row["code"]) for row in codelists.load("outcome_aliases")} <= outcomes


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (nibrs, "held_reasons"),
        (nibrs, "out_of_scope_reasons"),
        (police_uk, "held_reasons"),
        (police_uk, "out_of_scope_reasons"),
    ],
)
def test_every_reason_of_the_lists_is_used_or_known(module: object, name: str) -> None:
    """A reason an adapter writes must have words; a reason nobody writes is a leftover."""
    texts = "".join(Path(str(part.__file__)).read_text(encoding="utf-8") for part in (nibrs, police_uk))
    keys = set(codelists.labels(name))
    assert {key for key in keys if f'"{key}"' not in texts} == set()
    written = set(re.findall(r'"((?:no|unknown|repeated)_\w+)"', Path(str(module.__file__)).read_text()))  # type: ignore[attr-defined]
    known = set(codelists.labels("held_reasons")) | set(codelists.labels("out_of_scope_reasons"))
    assert written <= known


def test_the_bodies_without_outcomes_are_two() -> None:
    silent = {row["agency"] for row in codelists.load("police_forces") if row["carries_outcomes"] == "0"}
    assert silent == {"British Transport Police", "Police Service of Northern Ireland"}
