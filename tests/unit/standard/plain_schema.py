"""A plain reader of the few JSON Schema keywords that the standard uses. It stops at a keyword it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from onrecord.standard.export import as_json_schema
from onrecord.standard.schema import Table

SAYS_NOTHING = {"$schema", "$id", "title", "description", "x-onrecord"}
TYPES: dict[str, Any] = {"string": str, "array": list, "object": dict, "null": type(None), "boolean": bool}


def faults(record: Table, row: Mapping[str, Any]) -> list[str]:
    """What the JSON Schema of a record holds against a row."""
    return list(against(as_json_schema(record), row, record.name))


def against(schema: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    for keyword, wanted in schema.items():
        if keyword in SAYS_NOTHING or keyword == "then":
            continue
        if keyword == "if":
            if not list(against(wanted, value, where)):
                yield from against(schema["then"], value, where)
        else:
            yield from CHECKS[keyword](wanted, value, where, schema)


def _is(kind: str, value: Any) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


def _type(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    if not any(_is(kind, value) for kind in ([wanted] if isinstance(wanted, str) else wanted)):
        yield f"{where}: type"


def _enum(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    if value not in wanted:
        yield f"{where}: enum"


def _const(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    if value != wanted:
        yield f"{where}: const"


def _pattern(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    if isinstance(value, str) and not re.search(wanted, value):
        yield f"{where}: pattern"


def _least(length: Any) -> Any:
    def check(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
        if (found := length(value)) is not None and found < wanted:
            yield f"{where}: least"

    return check


def _unique(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    if wanted and isinstance(value, list) and any(value.count(item) > 1 for item in value):
        yield f"{where}: unique"


def _items(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else ():
        yield from against(wanted, item, where)


def _properties(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    for name in [name for name in wanted if name in value]:
        yield from against(wanted[name], value[name], f"{where}.{name}")


def _required(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    yield from (f"{where}.{name}: required" for name in wanted if name not in value)


def _additional(wanted: Any, value: Any, where: str, schema: Any) -> Iterator[str]:
    assert wanted is False
    yield from (f"{where}.{name}: not declared" for name in value if name not in schema["properties"])


def _all(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    for one in wanted:
        yield from against(one, value, where)


def _any(wanted: Any, value: Any, where: str, _: Any) -> Iterator[str]:
    if all(list(against(one, value, where)) for one in wanted):
        yield f"{where}: none of them"


CHECKS: dict[str, Any] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minLength": _least(lambda value: len(value) if isinstance(value, str) else None),
    "minimum": _least(lambda value: value if isinstance(value, int) else None),
    "minItems": _least(lambda value: len(value) if isinstance(value, list) else None),
    "uniqueItems": _unique,
    "items": _items,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "allOf": _all,
    "anyOf": _any,
}
