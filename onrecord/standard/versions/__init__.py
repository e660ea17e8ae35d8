"""The versions of the standard. Each is a list of changes to the one before, kept as data beside this file.

Only what reads and applies changes is here. The records of a version are made in ``onrecord.standard.records``,
its code lists in ``onrecord.standard.codelists``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from onrecord.standard import VERSIONS
from onrecord.standard.schema import ENGINE_TYPES, Field, Table
from onrecord.standard.yaml_text import typed_yaml

Row = dict[str, str]
ADD_FIELD, MODIFY_FIELD, REMOVE_FIELD = "add field", "modify field", "remove field"
ADD_CODE, END_CODE, ADD_LIST = "add code", "end code", "add list"
# What a change of each kind must say, beside its id, its reason and who asked.
MUST_SAY = {
    ADD_FIELD: {"record", "field", "attributes"},
    MODIFY_FIELD: {"record", "field", "attributes"},
    REMOVE_FIELD: {"record", "field"},
    ADD_CODE: {"list", "row"},
    END_CODE: {"list", "row", "valid_to"},
    ADD_LIST: {"list"},
}
ALWAYS_SAY = {"id", "change", "reason", "asked_by"}
_PLAIN = Field("name", "string", "Description.", source="source")
# What may be said of a field, and what kind of value says it. A name is never changed: that is another field.
ATTRIBUTES: dict[str, type] = {
    name: str if value is None else type(value) for name, value in vars(_PLAIN).items() if name != "name"
}


@dataclass(frozen=True)
class Change:
    """One change to the standard.

    Attributes:
        id: its own, through all versions.
        kind: one of the six kinds.
        reason: why.
        asked_by: who asked for it.
        record, field: what it is about, where it is about a field.
        attributes: what is said of the field from now on.
        code_list: the list, where it is about one.
        row: the row to add; or the columns that name the row to end.
        valid_to: the last day of a code that ends.
    """

    id: str
    kind: str
    reason: str
    asked_by: str
    record: str = ""
    field: str = ""
    attributes: Mapping[str, Any] | None = None
    code_list: str = ""
    row: Mapping[str, str] | None = None
    valid_to: str = ""

    @property
    def about(self) -> str:
        """What it changes, in a few words: a field as ``crime.flags``, a list by its name."""
        return f"{self.record}.{self.field}" if self.field else self.code_list


@dataclass(frozen=True)
class Version:
    """One version of the standard: its number, its day, a sentence, and the changes to the one before."""

    number: str
    day: date
    says: str
    changes: tuple[Change, ...]


# ---------------------------------------------------------------- reading


def version(number: str) -> Version:
    """The version ``number``. Raises KeyError, naming those there are, and ValueError where its file is off."""
    if number not in VERSIONS:
        raise KeyError(f"there is no version {number!r} of the standard; there are: {', '.join(VERSIONS)}")
    return _packaged(number)


def changes(number: str) -> tuple[Change, ...]:
    """The changes that the version ``number`` made to the one before; none for the first."""
    return version(number).changes


def changes_up_to(number: str) -> tuple[Change, ...]:
    """All changes from the first version to the version ``number``, in order."""
    last = VERSIONS.index(version(number).number)
    return tuple(change for each in VERSIONS[: last + 1] for change in version(each).changes)


@cache
def _packaged(number: str) -> Version:
    text = (files("onrecord.standard.versions") / f"{number}.yaml").read_text(encoding="utf-8")
    found = read(text)
    if found.number != number:
        raise ValueError(f"{number}.yaml says that it is version {found.number}")
    return found


def read(text: str) -> Version:
    """Read a version from its YAML.

    Raises:
        ValueError: a change lacks its reason or who asked, is of no known kind, says too much or too little, sets
            an attribute that fields do not have, or has the id of another.
    """
    said = typed_yaml(text)
    found = tuple(_change(item) for item in said["changes"])
    _none_twice([change.id for change in found], "two changes have the id")
    # YAML reads 2026-11-22 as a date by itself.
    return Version(str(said["version"]), said["date"], said["says"], found)


def _change(said: Mapping[str, Any]) -> Change:
    name = said.get("id", "without an id")
    kind = said.get("change")
    if kind not in MUST_SAY:
        raise ValueError(f"change {name}: {kind!r} is no kind of change; there are: {', '.join(MUST_SAY)}")
    for word in sorted(ALWAYS_SAY | MUST_SAY[kind]):
        if not said.get(word):
            raise ValueError(f"change {name}: it does not say its {word}")
    if unknown := set(said) - ALWAYS_SAY - MUST_SAY[kind]:
        raise ValueError(f"change {name}: {kind} has no room for {', '.join(sorted(unknown))}")
    _check_attributes(name, said.get("attributes", {}))
    _check_row(name, said.get("row", {}))
    return Change(
        id=said["id"],
        kind=kind,
        reason=said["reason"],
        asked_by=said["asked_by"],
        record=said.get("record", ""),
        field=said.get("field", ""),
        attributes=said.get("attributes"),
        code_list=said.get("list", ""),
        row=said.get("row"),
        valid_to=str(said.get("valid_to", "")),
    )


def _check_attributes(name: str, attributes: Mapping[str, Any]) -> None:
    for attribute, value in attributes.items():
        if attribute not in ATTRIBUTES:
            raise ValueError(f"change {name}: a field has no attribute {attribute!r}")
        if not isinstance(value, ATTRIBUTES[attribute]):
            raise ValueError(f"change {name}: {attribute} is written as a {ATTRIBUTES[attribute].__name__}")
    if "type" in attributes and attributes["type"] not in ENGINE_TYPES:
        raise ValueError(f"change {name}: there is no type {attributes['type']!r}")


def _check_row(name: str, row: Mapping[str, Any]) -> None:
    """YAML makes a number of 19, a day of 2026-11-22 and a truth of no: codes are texts."""
    if odd := [column for column, value in row.items() if not isinstance(value, str)]:
        raise ValueError(f"change {name}: write {', '.join(odd)} of the row between quotes")


def _none_twice(names: Sequence[str], says: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{says} {name!r}")


# ---------------------------------------------------------------- applying to records


def with_changes(tables: Sequence[Table], made: Iterable[Change]) -> tuple[Table, ...]:
    """The records after the changes, in the same order. A new field is the last of its record.

    Args:
        tables: the records before.
        made: the changes, in order; those to code lists are passed over.

    Raises:
        ValueError: a change is to something that is not there, adds what is there, or takes away what others need.
    """
    after = {table.name: table for table in tables}
    for change in made:
        if change.record:
            if change.record not in after:
                raise ValueError(f"change {change.id}: there is no record {change.record!r}")
            after[change.record] = _TO_A_RECORD[change.kind](after[change.record], change)
    return tuple(after.values())


def _field_added(table: Table, change: Change) -> Table:
    if change.field in table.columns:
        raise ValueError(f"change {change.id}: {change.about} is there already")
    attributes = dict(change.attributes or {})
    missing = [name for name in ("type", "description", "source") if not attributes.get(name)]
    if missing:
        raise ValueError(f"change {change.id}: the new field does not say its {', '.join(missing)}")
    return replace(table, fields=(*table.fields, Field(change.field, **attributes)))


def _field_modified(table: Table, change: Change) -> Table:
    before = _field_there(table, change)
    attributes = change.attributes or {}
    idle = [name for name, value in attributes.items() if getattr(before, name) == value]
    if idle:
        raise ValueError(f"change {change.id}: {', '.join(idle)} of {change.about} is so already")
    after = replace(before, **attributes)
    return replace(table, fields=tuple(after if field is before else field for field in table.fields))


def _field_removed(table: Table, change: Change) -> Table:
    gone = _field_there(table, change)
    needed = {*table.key, *(name for group in table.at_least_one for name in group)}
    needed |= {field.scheme_field for field in table.fields}
    if gone.name in needed:
        raise ValueError(f"change {change.id}: {table.name} cannot do without {gone.name}")
    return replace(table, fields=tuple(field for field in table.fields if field is not gone))


def _field_there(table: Table, change: Change) -> Field:
    try:
        return table.field_named(change.field)
    except KeyError as error:
        raise ValueError(f"change {change.id}: {error.args[0]}") from error


_TO_A_RECORD: dict[str, Callable[[Table, Change], Table]] = {
    ADD_FIELD: _field_added,
    MODIFY_FIELD: _field_modified,
    REMOVE_FIELD: _field_removed,
}


# ---------------------------------------------------------------- applying to code lists


def lists_there(names: Iterable[str], made: Sequence[Change], later: Sequence[Change] = ()) -> tuple[str, ...]:
    """The names of the lists after the changes: all that have a file, but for those that only a later one adds.

    Raises:
        ValueError: a list without a file is added, a list is added twice, or a code is changed in a list that is
            not there.
    """
    there = set(names)
    added = [change.code_list for change in (*made, *later) if change.kind == ADD_LIST]
    _none_twice(added, "two changes add the list")
    if missing := sorted(set(added) - there):
        raise ValueError(f"the list {', '.join(missing)} is added and has no file in lists/")
    found = there - {change.code_list for change in later if change.kind == ADD_LIST}
    for change in made:
        if change.code_list and change.code_list not in found:
            raise ValueError(f"change {change.id}: there is no code list {change.code_list!r}")
    return tuple(sorted(found))


def with_codes(name: str, rows: Sequence[Row], made: Iterable[Change]) -> tuple[Row, ...]:
    """The rows of the list ``name`` after the changes.

    Raises:
        ValueError: a row is added that is there or has other columns, or a code ended that is not there or has
            ended before.
    """
    after = list(rows)
    for change in made:
        if change.code_list == name and change.kind == ADD_CODE:
            after.append(_new_row(after, change))
        if change.code_list == name and change.kind == END_CODE:
            after = _ended(after, change)
    return tuple(after)


def _new_row(rows: Sequence[Row], change: Change) -> Row:
    said = change.row or {}
    if set(said) != set(rows[0]):
        raise ValueError(f"change {change.id}: a row of {change.code_list} has the columns {', '.join(rows[0])}")
    row = {column: said[column] for column in rows[0]}
    names = [column for column in ("scheme", "code", "key", "kind", "alias") if column in row]
    if any(all(row[column] == other[column] for column in names) for other in rows):
        raise ValueError(f"change {change.id}: {', '.join(row[column] for column in names)} is there already")
    return row


def _ended(rows: Sequence[Row], change: Change) -> list[Row]:
    named = dict(change.row or {})
    found = [row for row in rows if all(row.get(column) == value for column, value in named.items())]
    if len(found) != 1:
        raise ValueError(f"change {change.id}: {len(found)} rows of {change.code_list} are so named, not one")
    if "valid_to" not in found[0] or found[0]["valid_to"]:
        raise ValueError(f"change {change.id}: this row of {change.code_list} has ended before, or cannot end")
    date.fromisoformat(change.valid_to)
    return [row | {"valid_to": change.valid_to} if row is found[0] else row for row in rows]
