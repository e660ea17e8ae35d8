"""How a record is declared: once, as a table of fields that everything else reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["string", "date", "boolean"]


@dataclass(frozen=True)
class Field:
    """One field of a record.

    Attributes:
        name: the column's name, in the standard's words.
        type: what a value is.
        description: what it means, in a sentence.
        required: whether a row without it cannot be accepted.
        code_list: the list its values come from, if any.
    """

    name: str
    type: FieldType
    description: str
    required: bool = False
    code_list: str | None = None


@dataclass(frozen=True)
class Table:
    """One kind of record."""

    name: str
    description: str
    fields: tuple[Field, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def types(self) -> dict[str, FieldType]:
        """Column name to type, in order: the schema an engine needs."""
        return {field.name: field.type for field in self.fields}
