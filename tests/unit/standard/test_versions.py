"""Versions: each is a list of changes to the one before, and a change that cannot be made is refused."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest
import yaml

from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists, versions
from onrecord.standard.records import FIRST, TABLES, table_at, table_named, tables_at
from onrecord.standard.schema import Table
from tests.unit.standard.plain_schema import faults
from tests.unit.standard.test_export import good_row

NEW_FIELD = {"type": "string", "description": "A made-up field.", "source": "a test"}


def a_version(*changes: dict[str, Any]) -> str:
    """A made-up version with these changes, each with an id, a reason and who asked."""
    full = [
        {"id": f"CH-{place}", "reason": "a reason", "asked_by": "a test"} | said for place, said in enumerate(changes)
    ]
    return yaml.safe_dump({"version": "9.0.0", "date": "2026-11-22", "says": "Made up.", "changes": full})


def made(*changes: dict[str, Any]) -> tuple[versions.Change, ...]:
    return versions.read(a_version(*changes)).changes


def to_a_field(kind: str, record: str, field: str, **attributes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"change": kind, "record": record, "field": field}
    return said | ({"attributes": attributes} if attributes else {})


# ---------------------------------------------------------------- the versions there are


def test_every_version_has_its_file_and_no_file_is_left_over() -> None:
    names = {entry.name for entry in files("onrecord.standard.versions").iterdir() if entry.name.endswith(".yaml")}
    assert names == {f"{number}.yaml" for number in VERSIONS}
    assert [versions.version(number).number for number in VERSIONS] == list(VERSIONS)
    days = [versions.version(number).day for number in VERSIONS]
    assert days == sorted(days)
    assert VERSIONS[-1] == STANDARD_VERSION
    assert versions.changes(VERSIONS[0]) == ()


def test_ids_of_changes_are_never_used_twice() -> None:
    ids = [change.id for change in versions.changes_up_to(STANDARD_VERSION)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("CH-[0-9]{4}", name) for name in ids)


def test_the_newest_version_is_what_the_rest_reads() -> None:
    assert tables_at(STANDARD_VERSION) == TABLES
    assert tables_at("1.0.0") == FIRST
    assert table_at(STANDARD_VERSION, "crime") == table_named("crime")


def test_1_1_0_adds_flags_and_lists() -> None:
    added = {"crime_flags", "records", "measures", "answer_reasons", "clocks", "clock_states", "worklist_reasons"}
    added |= {"who_to_call", "safeguarding_standings", "safeguarding_reasons", "safeguarding_steps"}
    added |= {"merged_safeguarding"}
    assert set(codelists.names()) - set(codelists.names("1.0.0")) == added
    flags = table_named("crime").field_named("flags")
    assert (flags.code_list, flags.many, flags.required) == ("crime_flags", True, False)
    assert "flags" not in table_at("1.0.0", "crime").columns
    assert table_at("1.0.0", "return").field_named("tables").code_list is None
    assert table_named("return").field_named("tables").code_list == "records"
    assert table_named("declaration").field_named("measure").code_list == "measures"
    assert codelists.codes("records") == tuple(table.name for table in TABLES)


@pytest.mark.parametrize("table", tables_at("1.0.0"), ids=lambda table: table.name)
def test_a_row_made_to_an_earlier_minor_version_can_still_be_read(table: Table) -> None:
    now = table_named(table.name)
    assert now.columns[: len(table.columns)] == table.columns
    assert not any(field.required for field in now.fields[len(table.columns) :])
    row = {field.name: value for field, value in zip(now.fields, good_row(now).values(), strict=True)}
    assert faults(now, {name: row[name] for name in table.columns}) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_no_version_leans_on_a_list_that_comes_later(version: str) -> None:
    used = {field.code_list for table in tables_at(version) for field in table.fields if field.code_list}
    assert used <= set(codelists.names(version))


def test_an_unknown_version_is_answered_with_those_there_are() -> None:
    for ask in (versions.version, versions.changes_up_to, tables_at, codelists.names):
        with pytest.raises(KeyError, match=re.escape("1.0.0, 1.1.0")):
            ask("0.9")  # type: ignore[operator]


def test_a_list_is_not_there_before_it_was_added() -> None:
    assert codelists.load("crime_flags")
    with pytest.raises(KeyError, match="crime_flags"):
        codelists.load("crime_flags", "1.0.0")


def test_what_is_not_verified_of_the_flags_is_said() -> None:
    unsure = {row["code"] for row in codelists.load("crime_flags") if row["verified"] == "no"}
    assert unsure == {"DA", "OC", "MS"}


# ---------------------------------------------------------------- what a change does


def test_a_field_is_added_at_the_end_modified_and_removed() -> None:
    after = versions.with_changes(
        FIRST,
        made(
            to_a_field("add field", "crime", "weather", **NEW_FIELD),
            to_a_field("modify field", "crime", "weather", required=True),
            to_a_field("remove field", "crime", "cancelled_date"),
        ),
    )
    crime = next(table for table in after if table.name == "crime")
    assert crime.columns[-1] == "weather"
    assert crime.field_named("weather").required
    assert crime.field_named("weather").description == "A made-up field."
    assert "cancelled_date" not in crime.columns
    assert [table.name for table in after] == [table.name for table in FIRST]
    assert "cancelled_date" in tables_at("1.0.0")[2].columns


def test_a_code_is_added_and_another_ends() -> None:
    rows = codelists.load("roles")
    new = dict(rows[0]) | {"code": "witness", "label": "a witness"}
    changes = made(
        {"change": "add code", "list": "roles", "row": new},
        {"change": "end code", "list": "roles", "row": {"code": "other"}, "valid_to": "2026-12-31"},
    )
    after = {row["code"]: row for row in versions.with_codes("roles", rows, changes)}
    assert list(after) == [*codelists.codes("roles"), "witness"]
    assert after["other"]["valid_to"] == "2026-12-31"
    assert after["child"] == rows[0]
    assert versions.with_codes("units", codelists.load("units"), changes) == codelists.load("units")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (to_a_field("add field", "moon", "name", **NEW_FIELD), "no record 'moon'"),
        (to_a_field("add field", "crime", "child_id", **NEW_FIELD), "there already"),
        (to_a_field("add field", "crime", "weather", type="string"), "description, source"),
        (to_a_field("modify field", "crime", "weather", required=True), "no field 'weather'"),
        (to_a_field("modify field", "crime", "child_id", required=False), "so already"),
        (to_a_field("remove field", "crime", "weather"), "no field 'weather'"),
        (to_a_field("remove field", "crime", "crime_id"), "cannot do without"),
        (to_a_field("remove field", "crime", "offence_scheme"), "cannot do without"),
        (to_a_field("remove field", "person", "age"), "cannot do without"),
    ],
)
def test_a_change_to_a_record_that_cannot_be_made_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        versions.with_changes(FIRST, made(change))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"change": "add code", "list": "roles", "row": {"code": "witness"}}, "has the columns"),
        ({"change": "add code", "list": "roles", "row": dict(codelists.load("roles")[0])}, "child is there already"),
        ({"change": "end code", "list": "roles", "row": {"code": "moon"}, "valid_to": "2026-12-31"}, "0 rows"),
        ({"change": "end code", "list": "roles", "row": {"verified": "yes"}, "valid_to": "2026-12-31"}, "3 rows"),
        ({"change": "end code", "list": "roles", "row": {"code": "other"}, "valid_to": "soon"}, "soon"),
    ],
)
def test_a_change_to_a_list_that_cannot_be_made_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        versions.with_codes("roles", codelists.load("roles"), made(change))


def test_a_code_does_not_end_twice() -> None:
    end = {"change": "end code", "list": "roles", "row": {"code": "other"}, "valid_to": "2026-12-31"}
    with pytest.raises(ValueError, match="ended before"):
        versions.with_codes("roles", codelists.load("roles"), made(end, end))
    no_dates = {"change": "end code", "list": "units", "row": {"key": "row"}, "valid_to": "2026-12-31"}
    with pytest.raises(ValueError, match="cannot end"):
        versions.with_codes("units", codelists.load("units"), made(no_dates))


def test_lists_are_added_once_and_have_their_file() -> None:
    moons = made({"change": "add list", "list": "moons"})
    assert versions.lists_there(["moons", "roles"], moons) == ("moons", "roles")
    assert versions.lists_there(["moons", "roles"], (), moons) == ("roles",)
    with pytest.raises(ValueError, match="no file"):
        versions.lists_there(["roles"], moons)
    with pytest.raises(ValueError, match="two changes add"):
        versions.lists_there(["moons"], moons, made({"change": "add list", "list": "moons"}))
    with pytest.raises(ValueError, match="no code list 'moons'"):
        versions.lists_there(["roles"], made({"change": "add code", "list": "moons", "row": {"code": "1"}}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (to_a_field("modify field", "crime", "child_id", colour="red"), "no attribute 'colour'"),
        (to_a_field("modify field", "crime", "child_id", name="child"), "no attribute 'name'"),
        (to_a_field("modify field", "crime", "child_id", required="yes"), "written as a bool"),
        (to_a_field("modify field", "crime", "child_id", type="colour"), "no type 'colour'"),
        (to_a_field("modify field", "crime", "child_id"), "say its attributes"),
        (to_a_field("remove field", "crime", "child_id") | {"reason": ""}, "say its reason"),
        (to_a_field("remove field", "crime", "child_id") | {"asked_by": None}, "say its asked_by"),
        (to_a_field("remove field", "crime", "child_id") | {"list": "roles"}, "no room for list"),
        ({"change": "add record", "record": "moon"}, "no kind of change"),
        ({"change": "end code", "list": "factors", "row": {"code": 19}, "valid_to": "2026-12-31"}, "between quotes"),
    ],
)
def test_a_change_that_says_too_little_or_too_much_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        made(change)


def test_two_changes_do_not_share_an_id() -> None:
    same = to_a_field("remove field", "crime", "child_id") | {"id": "CH-1"}
    with pytest.raises(ValueError, match="CH-1"):
        made(same, same)


def test_the_file_of_a_version_is_that_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "read", lambda _: versions.Version("8.0.0", None, "", ()))  # type: ignore[arg-type]
    versions._packaged.cache_clear()
    try:
        with pytest.raises(ValueError, match=re.escape("says that it is version 8.0.0")):
            versions.version("1.0.0")
    finally:
        versions._packaged.cache_clear()
