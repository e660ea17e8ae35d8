"""How a record is declared: once, as a table of fields that everything else reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

FieldType = Literal["string", "integer", "boolean", "date", "time", "month", "period"]
EngineType = Literal["string", "int64", "boolean", "date"]
# A time, a month and a period are kept as they are written: no engine has a type for all three.
ENGINE_TYPES: dict[FieldType, EngineType] = {
    "string": "string",
    "integer": "int64",
    "boolean": "boolean",
    "date": "date",
    "time": "string",
    "month": "string",
    "period": "string",
}
SEPARATOR = ";"
NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class Field:
    """One field of a record.

    Attributes:
        name: the column's name, in the standard's words.
        type: what a value is.
        description: what it means, in a sentence.
        required: whether a row without it cannot be accepted.
        code_list: the list its values come from, if any.
        source: who asks for it, or what it is needed for.
        crosswalk: source of ``crosswalk_sources.csv`` to the item there that it can be read from.
        cannot: source to the reason why this field cannot be read from it, where the record's own reason
            does not say it.
        unit: what a number counts.
        not_known: whether one of the four words of ``not_known.csv`` may stand in place of a value.
        many: whether several codes may be given, in one cell with ``;`` between them.
        open_list: whether values outside the list are allowed, because it is a part of a longer one.
        scheme: the one scheme of the list that counts here.
        scheme_field: the field of the same row that names the scheme of the code.
        refers_to: the record whose key this is.
        pattern: the form of a text, as a regular expression for the whole of it.
    """

    name: str
    type: FieldType
    description: str
    required: bool = False
    code_list: str | None = None
    _: KW_ONLY
    source: str
    crosswalk: Mapping[str, str] = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    not_known: bool = False
    many: bool = False
    open_list: bool = False
    scheme: str = ""
    scheme_field: str = ""
    refers_to: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class Crossing:
    """What one source has for one field: the item to read, or the reason why there is none."""

    source: str
    can: bool
    says: str


@dataclass(frozen=True)
class Table:
    """One kind of record, or a part of one that can have several rows.

    Attributes:
        name: what a row is.
        description: what it means, in a sentence.
        fields: its fields, in order.
        key: the fields that together name a row.
        cannot: source of ``crosswalk_sources.csv`` to the reason why a field without an item cannot be
            read from it.
        part_of: the record it is a part of, if it is one.
        at_least_one: groups of fields of which a row must give at least one.
        sealed: whether it is kept apart, for linkage alone to read.
    """

    name: str
    description: str
    fields: tuple[Field, ...]
    _: KW_ONLY
    key: tuple[str, ...]
    cannot: Mapping[str, str]
    part_of: str = ""
    at_least_one: tuple[tuple[str, ...], ...] = ()
    sealed: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def types(self) -> dict[str, EngineType]:
        """Column name to type, in order: the schema an engine needs."""
        return {field.name: ENGINE_TYPES[field.type] for field in self.fields}

    def field_named(self, name: str) -> Field:
        """The field called ``name``. Raises KeyError, naming those there are."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(f"{self.name} has no field {name!r}; there are: {', '.join(self.columns)}")

    def crossings(self, of: Field) -> tuple[Crossing, ...]:
        """What each source has for the field ``of``, in the order of the record's sources."""
        return tuple(
            Crossing(source, source in of.crosswalk, of.crosswalk.get(source) or of.cannot.get(source, reason))
            for source, reason in self.cannot.items()
        )
