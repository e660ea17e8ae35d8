"""The standard in forms that others read: JSON Schema, a data package, templates, a reference page.

All are made from the one declaration, for any version, and the same version gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.records import table_at, tables_at
from onrecord.standard.schema import NOT_KNOWN, SEPARATOR, Field, FieldType, Table

JSON_SCHEMA, DATA_PACKAGE, CSV, XLSX, MARKDOWN = "jsonschema", "datapackage", "csv", "xlsx", "markdown"
# The pages need templates and a style sheet, which are no business of the standard: onrecord.publish writes them.
HTML = "html"
PLAIN_FORMS = (JSON_SCHEMA, DATA_PACKAGE, CSV, XLSX, MARKDOWN)
FORMS = (*PLAIN_FORMS, HTML)
DIALECT = "https://json-schema.org/draft/2020-12/schema"
PACKAGE_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LICENCE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0",
}
# What carries the licence's own words: what is meant to be filled in and sent back does not.
LICENCE_FILE = "LICENSE-CC-BY-4.0"
LICENSED_FORMS = (JSON_SCHEMA, DATA_PACKAGE, MARKDOWN)
RECEIPT_SCHEMA = "receipt.schema.json"
ONE_PERIOD = "[0-9]{4}(?:-(?:0[1-9]|1[0-2])|/[0-9]{2})?"
# A date that is no day of the calendar passes the pattern: that is a rule's work.
PATTERNS: dict[FieldType, str] = {
    "date": "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
    "time": "(?:[01][0-9]|2[0-3]):[0-5][0-9]",
    "month": "[0-9]{4}-(?:0[1-9]|1[0-2])",
    "period": rf"{ONE_PERIOD}(?:\.\.{ONE_PERIOD})?",
}
VALIDITY = (
    "A code counts where it was in force at the date of the fact: a blank `valid_from` means that no start was found, "
    "a blank `valid_to` that there is no known end. Rows with `no` under `verified` rest on general knowledge, and are "
    "to be checked before they steer anything."
)
TABLE_SCHEMA_TYPES: dict[FieldType, str] = {
    "string": "string",
    "integer": "integer",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "month": "yearmonth",
    "period": "string",
}


def allowed(field: Field, version: str = STANDARD_VERSION) -> tuple[str, ...]:
    """The words a value may be: the codes of its list and, where they may stand for it, the four not-known words.

    Empty where any value of the type and form may stand. A code is never left out because it is no longer in
    force: whether it was at the date of the fact is a rule's question.
    """
    if not field.code_list or field.open_list:
        return ()
    return _with_not_known(field, codelists.codes(field.code_list, field.scheme, version))


def _with_not_known(field: Field, codes: Sequence[str]) -> tuple[str, ...]:
    return (*codes, *codelists.codes(NOT_KNOWN)) if field.not_known else tuple(codes)


def _pattern(field: Field) -> str:
    """The form of the whole value, the four not-known words let through; empty where there is none."""
    form = field.pattern or PATTERNS.get(field.type, "")
    if not form:
        return ""
    words = _with_not_known(field, ())
    return f"^(?:{'|'.join((form, *words))})$"


# ---------------------------------------------------------------- JSON Schema


def as_json_schema(record: Table, version: str = STANDARD_VERSION) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one row of a record.

    A field that is not required may be left out or null. Several codes are an array.

    Args:
        record: the record, or part of one, as it stands in the version.
        version: the version of the standard.

    Returns:
        The schema, as values that ``json`` can write.
    """
    conditions = [
        *(_in_its_scheme(field, version) for field in record.fields if field.scheme_field and not field.open_list),
        *(_at_least_one(record, group, version) for group in record.at_least_one),
    ]
    return {
        "$schema": DIALECT,
        "$id": f"urn:onrecord:standard:{version}:{record.name}",
        "title": record.name,
        "description": record.description,
        "type": "object",
        "properties": {field.name: _property(record, field, version) for field in record.fields},
        "required": [field.name for field in record.fields if field.required],
        "additionalProperties": False,
        **({"allOf": [condition for group in conditions for condition in group]} if conditions else {}),
    }


def _property(record: Table, field: Field, version: str) -> dict[str, Any]:
    value = _array(field, version) if field.many else _value(field, version)
    if not field.required:
        value = _or_null(value)
    about = {"source": field.source, "crosswalk": _crosswalk(record, field)}
    if field.code_list:
        about["code_list"] = field.code_list
    if field.unit:
        about["unit"] = field.unit
    return {"description": field.description, **value, "x-onrecord": about}


def _crosswalk(record: Table, field: Field) -> dict[str, Any]:
    return {crossing.source: {"can": crossing.can, "says": crossing.says} for crossing in record.crossings(field)}


def _array(field: Field, version: str) -> dict[str, Any]:
    return {"type": "array", "items": _value(field, version), "minItems": 1, "uniqueItems": True}


def _value(field: Field, version: str) -> dict[str, Any]:
    if field.type == "boolean":
        return {"type": "boolean"}
    if field.type == "integer":
        return {"type": "integer", "minimum": 0}
    if codes := allowed(field, version):
        return {"type": "string", "enum": list(codes)}
    if pattern := _pattern(field):
        return {"type": "string", "pattern": pattern}
    return {"type": "string", "minLength": 1}


def _or_null(value: Mapping[str, Any]) -> dict[str, Any]:
    free = {**value, "type": [value["type"], "null"]}
    if "enum" in value:
        free["enum"] = [*value["enum"], None]
    return free


def _in_its_scheme(field: Field, version: str) -> Iterable[dict[str, Any]]:
    """For each scheme of a field's list: where the row names that scheme, the code is one of its codes."""
    assert field.code_list
    for scheme in codelists.schemes(field.code_list):
        codes = [*_with_not_known(field, codelists.codes(field.code_list, scheme, version)), None]
        yield {
            "if": {"properties": {field.scheme_field: {"const": scheme}}, "required": [field.scheme_field]},
            "then": {"properties": {field.name: {"enum": codes}}},
        }


def _at_least_one(record: Table, group: Sequence[str], version: str) -> Iterable[dict[str, Any]]:
    """The row gives one of these fields, and not as null."""
    given = []
    for name in group:
        kind = _property(record, record.field_named(name), version)["type"][0]
        given.append({"properties": {name: {"type": kind}}, "required": [name]})
    yield {"anyOf": given}


# ---------------------------------------------------------------- data package


def as_data_package(version: str = STANDARD_VERSION) -> dict[str, Any]:
    """The whole standard as a Frictionless Data Package (version 2): a CSV file a record, its Table Schema, its keys.

    Args:
        version: the version of the standard.

    Returns:
        The descriptor, as values that ``json`` can write.
    """
    return {
        "$schema": PACKAGE_PROFILE,
        "name": "onrecord-standard",
        "title": "onrecord: the core data set on reports of child sexual exploitation",
        "version": version,
        "licenses": [LICENCE],
        "resources": [_resource(table, version) for table in tables_at(version)],
    }


def _resource(table: Table, version: str) -> dict[str, Any]:
    return {
        "name": table.name,
        "type": "table",
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "description": table.description,
        "schema": {
            "fields": [_table_schema_field(field, version) for field in table.fields],
            "primaryKey": list(table.key),
            "foreignKeys": [_foreign_key(table, field, version) for field in table.fields if field.refers_to],
            "missingValues": [""],
        },
    }


def _table_schema_field(field: Field, version: str) -> dict[str, Any]:
    described = {"name": field.name, "description": field.description, **_table_schema_type(field)}
    constraints: dict[str, Any] = {"required": True} if field.required else {}
    # Codes of a cell with several, and values of an open list, cannot be named in a Table Schema.
    if not field.many:
        constraints |= _table_schema_form(field, version)
    if constraints:
        described["constraints"] = constraints
    if field.code_list:
        described["onrecord:codeList"] = field.code_list
    return described


def _table_schema_type(field: Field) -> dict[str, Any]:
    if field.many:
        return {"type": "list", "delimiter": SEPARATOR, "itemType": "string"}
    if field.type == "time":
        return {"type": "time", "format": "%H:%M"}
    return {"type": TABLE_SCHEMA_TYPES[field.type]}


def _table_schema_form(field: Field, version: str) -> dict[str, Any]:
    if codes := allowed(field, version):
        return {"enum": list(codes)}
    if field.type == "integer":
        return {"minimum": 0}
    if TABLE_SCHEMA_TYPES[field.type] == "string" and (pattern := _pattern(field)):
        return {"pattern": pattern}
    return {}


def _foreign_key(table: Table, field: Field, version: str) -> dict[str, Any]:
    """The fields that name a row elsewhere: this one for the last part of its key, namesakes for the rest."""
    other = table_at(version, field.refers_to)
    *shared, _ = other.key
    here = "" if other.name == table.name else other.name
    return {"fields": [*shared, field.name], "reference": {"resource": here, "fields": list(other.key)}}


# ---------------------------------------------------------------- CSV and Markdown


def as_csv_template(record: Table) -> str:
    """A CSV file with the record's columns and no row, to be filled in."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(record.columns)
    return text.getvalue()


def as_markdown(version: str = STANDARD_VERSION) -> str:
    """The reference page: every record and field with its crosswalk, and every code list."""
    records = [_record_page(table) for table in tables_at(version)]
    lists = [_list_page(name, version) for name in codelists.names(version)]
    parts = [_opening(version), *records, "## Code lists", VALIDITY, *lists]
    return "\n\n".join(parts) + "\n"


def _opening(version: str) -> str:
    not_known = "\n".join(f"- **{row['label']}**: {row['description']}" for row in codelists.load(NOT_KNOWN))
    sources = "\n".join(f"- **{row['label']}**: {row['description']}" for row in codelists.load("crosswalk_sources"))
    return (
        f"# The onrecord standard, version {version}\n\n"
        "The text and the lists may be used under CC BY 4.0. This page is made from the declaration that the "
        "software itself reads.\n\n"
        f"Where several codes may be given, a cell holds them with `{SEPARATOR}` between them. "
        f'Four words may stand for a value that is missing, where the table says "or not known":\n\n{not_known}\n\n'
        f"Each field is set beside four returns of today: what can be read from them, and what cannot.\n\n{sources}"
    )


def _record_page(table: Table) -> str:
    head = [f"## Record: {table.name}", table.description, f"Key: {_names(table.key)}."]
    if table.part_of:
        head.append(f"A part of `{table.part_of}` that can have several rows.")
    if table.sealed:
        head.append("Sealed apart: read by linkage alone.")
    head += [f"At least one of {_names(group)} is given." for group in table.at_least_one]
    fields = [_field_row(field) for field in table.fields]
    labels = codelists.labels("crosswalk_sources", "code")
    crosswalk = [[f"`{field.name}`", *_crossing_cells(table, field)] for field in table.fields]
    return "\n\n".join(
        [
            *head,
            _grid(["field", "type", "required", "values", "what it means", "who asks for it"], fields),
            f"**Where {table.name} can be read from today**",
            _grid(["field", *(labels[source] for source in table.cannot)], crosswalk),
        ]
    )


def _names(fields: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in fields)


def _field_row(field: Field) -> list[str]:
    kind = f"{field.type} ({field.unit})" if field.unit else field.type
    return [
        f"`{field.name}`",
        kind,
        "yes" if field.required else "no",
        values_in_words(field),
        field.description,
        field.source,
    ]


def values_in_words(field: Field) -> str:
    """Where a field's values come from, for a reader: the list, how many, and what may stand in their place."""
    words = []
    if field.code_list:
        which = f"{field.code_list}, scheme {field.scheme}" if field.scheme else field.code_list
        words.append(f"{which} (open list)" if field.open_list else which)
    if field.scheme_field:
        words.append(f"of the scheme in {field.scheme_field}")
    if field.pattern:
        words.append(f"form {field.pattern}")
    if field.refers_to:
        words.append(f"key of {field.refers_to}")
    if field.many:
        words.append("several")
    if field.not_known:
        words.append("or not known")
    return ", ".join(words)


def _crossing_cells(table: Table, field: Field) -> list[str]:
    return [crossing_in_words(crossing.can, crossing.says) for crossing in table.crossings(field)]


def crossing_in_words(can: bool, says: str) -> str:
    """What a source has for a field, so that an item and a refusal cannot be mixed up."""
    return says if can else f"cannot: {says}"


def users_of(name: str, version: str = STANDARD_VERSION) -> tuple[tuple[Table, Field], ...]:
    """The fields of a version that take their values from the list ``name``, each with its record."""
    every = ((table, field) for table in tables_at(version) for field in table.fields)
    return tuple((table, field) for table, field in every if field.code_list == name)


def _list_page(name: str, version: str) -> str:
    rows = codelists.load(name, version)
    used = [f"`{table.name}.{field.name}`" for table, field in users_of(name, version)]
    use = f"Used by {', '.join(used)}." if used else codelists.FREE_STANDING.get(name, "")
    return "\n\n".join([f"### {name}", use, _grid(list(rows[0]), [list(row.values()) for row in rows])])


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)


def _cell(value: str) -> str:
    return value.replace("|", "\\|").replace("\n", " ")


# ---------------------------------------------------------------- all files of a form


def exported(form: str, version: str = STANDARD_VERSION) -> dict[str, bytes]:
    """The files of one form: name to bytes, in the order of the declaration.

    Args:
        form: one of ``PLAIN_FORMS``.
        version: the version of the standard.

    Raises:
        KeyError: there is no such form, or no such version.
    """
    licence = {LICENCE_FILE: text_file(LICENCE_FILE)} if form in LICENSED_FORMS else {}
    return _exported(form, version) | licence


def text_file(name: str) -> bytes:
    """A text that comes with the standard as it stands: the receipt's schema, the licence, a page."""
    return (files("onrecord.standard") / "texts" / name).read_bytes()


def _exported(form: str, version: str) -> dict[str, bytes]:
    tables = tables_at(version)
    if form == XLSX:
        # Only this form needs a library that is slow to load.
        from onrecord.standard.workbook import as_workbook

        return {f"onrecord-{version}.xlsx": as_workbook(version)}
    if form == JSON_SCHEMA:
        schemas = {f"{table.name}.schema.json": _as_text(as_json_schema(table, version)) for table in tables}
        return schemas | {RECEIPT_SCHEMA: text_file(RECEIPT_SCHEMA)}
    if form == DATA_PACKAGE:
        return {"datapackage.json": _as_text(as_data_package(version))}
    if form == CSV:
        return {f"{table.name}.csv": as_csv_template(table).encode() for table in tables}
    if form == MARKDOWN:
        return {"standard.md": as_markdown(version).encode()}
    raise KeyError(f"there is no form {form!r}; there are: {', '.join(PLAIN_FORMS)}")


def _as_text(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
