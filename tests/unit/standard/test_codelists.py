"""The code lists: readable, unique, and complete where the code steers by them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from onrecord.intake import written
from onrecord.intake.adapters import cin_census, nibrs, police_uk
from onrecord.intake.mapping import declared
from onrecord.standard import codelists
from onrecord.standard.records import TABLES

# Two lists are relations: one code stands in several of their rows.
BESIDE_THE_KEY = {"outcome_groupings": ("grouping", "version", "scheme"), "asked_for": ("record", "field")}
# What writes reasons.
WRITERS = (nibrs, police_uk, cin_census, written, declared)
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
    beside = BESIDE_THE_KEY.get(name, ("scheme",))
    found = [(row[key], *(row.get(column) for column in beside)) for row in rows]
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
        (cin_census, "held_reasons"),
        (cin_census, "out_of_scope_reasons"),
    ],
)
def test_every_reason_of_the_lists_is_used_or_known(module: object, name: str) -> None:
    """A reason an adapter writes must have words; a reason nobody writes is a leftover."""
    texts = "".join(Path(str(part.__file__)).read_text(encoding="utf-8") for part in WRITERS)
    keys = set(codelists.labels(name))
    assert {key for key in keys if f'"{key}"' not in texts} == set()
    named = set(re.findall(r'"((?:no|unknown|repeated)_\w+)"', Path(str(module.__file__)).read_text()))  # type: ignore[attr-defined]
    known = set(codelists.labels("held_reasons")) | set(codelists.labels("out_of_scope_reasons"))
    assert named <= known


def test_the_authorities_of_a_census_stand_once_by_code_and_by_area() -> None:
    rows = codelists.load("local_authorities")
    assert len({row["dfe_code"] for row in rows}) == len({row["area_code"] for row in rows}) == len(rows) == 155
    assert all(re.fullmatch(r"\d{3}", row["dfe_code"]) for row in rows)
    assert all(re.fullmatch(r"E(06|08|09|10)\d{6}", row["area_code"]) for row in rows)
    assert not {row["agency_id"] for row in rows} & {row["agency_id"] for row in codelists.load("police_forces")}


def test_the_bodies_without_outcomes_are_two() -> None:
    silent = {row["agency"] for row in codelists.load("police_forces") if row["carries_outcomes"] == "0"}
    assert silent == {"British Transport Police", "Police Service of Northern Ireland"}


@pytest.mark.parametrize("name", codelists.names())
def test_every_list_is_used_by_a_field_or_named_as_free_standing(name: str) -> None:
    used = {field.code_list for table in TABLES for field in table.fields}
    assert (name in used) != (name in codelists.FREE_STANDING)


def test_what_is_named_as_free_standing_is_there() -> None:
    assert set(codelists.FREE_STANDING) <= set(codelists.names())
    assert all(use.endswith(".") for use in codelists.FREE_STANDING.values())


@pytest.mark.parametrize("name", [name for name in codelists.names() if name not in codelists.FREE_STANDING])
def test_a_list_that_a_field_takes_its_values_from_says_since_when_and_whence(name: str) -> None:
    assert {"valid_from", "valid_to", "verified", "source"} <= set(codelists.load(name)[0])


DATED = [name for name in codelists.names() if "valid_from" in codelists.load(name)[0]]


@pytest.mark.parametrize("name", DATED)
def test_dates_of_validity_are_dates_in_order_and_rows_say_whether_they_are_verified(name: str) -> None:
    for row in codelists.load(name):
        dates = [date.fromisoformat(row[column]) for column in ("valid_from", "valid_to") if row[column]]
        assert dates == sorted(dates)
        assert row["verified"] in ("yes", "no")
        assert row["source"]


@pytest.mark.parametrize("name", [name for name in codelists.names() if "verified" in codelists.load(name)[0]])
def test_a_row_from_general_knowledge_is_never_called_verified(name: str) -> None:
    for row in codelists.load(name):
        if "general knowledge" in row["source"] or "unverified" in row["source"]:
            assert row["verified"] == "no", row


@pytest.mark.parametrize(
    ("name", "code", "day", "in_force"),
    [
        ("factors", "19A", date(2020, 3, 31), True),
        ("factors", "19A", date(2020, 4, 1), False),
        ("factors", "19C", date(2020, 3, 31), False),
        ("factors", "19C", date(2020, 4, 1), True),
        ("factors", "11A", date(1999, 1, 1), True),
        ("offences", "72", date(2015, 4, 1), False),
        ("offences", "106", date(2015, 4, 1), True),
        ("outcomes", "22", date(2019, 3, 31), False),
        ("outcomes", "22", date(2019, 4, 1), True),
        ("standings", "live", date(1999, 1, 1), True),
    ],
)
def test_a_code_is_judged_by_the_date_of_the_fact(name: str, code: str, day: date, in_force: bool) -> None:
    key = codelists.key_column(name)
    assert (code in {row[key] for row in codelists.valid_on(name, day)}) is in_force


def test_the_four_words_for_what_is_not_known() -> None:
    assert codelists.codes("not_known") == ("unknown", "refused", "not asked", "not yet recorded")


@pytest.mark.parametrize("name", ["factors", "ethnicities", "sexes", "disabilities"])
def test_no_list_has_a_fifth_word_for_not_known(name: str) -> None:
    """Codes such as REFU or NS are read as one of the four words, so that a rate of unknowns can be counted."""
    labels = {row["label"].casefold() for row in codelists.load(name)}
    assert not labels & {"unknown", "refused", "not stated", "not recorded", "information not yet obtained"}


def test_what_sources_write_for_not_known_is_read_as_one_of_the_four() -> None:
    assert {row["not_known"] for row in codelists.load("not_known_in_sources")} <= set(codelists.codes("not_known"))


@pytest.mark.parametrize(("schemes", "of"), [("outcome_schemes", "outcomes"), ("ethnicity_schemes", "ethnicities")])
def test_every_scheme_is_listed(schemes: str, of: str) -> None:
    assert set(codelists.codes(schemes)) == set(codelists.schemes(of))


def test_a_grouping_is_a_named_and_versioned_set_of_outcomes() -> None:
    outcomes = {(row["scheme"], row["code"]) for row in codelists.load("outcomes")}
    grouped = {(row["scheme"], row["code"]) for row in codelists.load("outcome_groupings")}
    assert grouped <= outcomes
    positive = codelists.grouping("positive outcome", "oocd-dashboard 2026")
    assert positive == {("home-office", code) for code in ["1", "2", "3", "6", "7", "8", "22"]}
    with pytest.raises(KeyError, match="sanction detection"):
        codelists.grouping("positive outcome", "1066")
