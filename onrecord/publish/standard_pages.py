"""The standard as pages that open from a folder: records, code lists, rules, versions, and how it changes.

No script and no outside request. The same version gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from onrecord import __version__
from onrecord.look.pages import environment, static_files
from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists, versions
from onrecord.standard.export import LICENCE_FILE, VALIDITY, crossing_in_words, text_file, users_of, values_in_words
from onrecord.standard.records import TABLES, table_at, table_named, tables_at
from onrecord.standard.rules import Example, Rule, all_rules
from onrecord.standard.rules.shape import Rows
from onrecord.standard.schema import NOT_KNOWN, SEPARATOR, Crossing, Field, Table

CONFORMANCE, CHANGING, FORMS_OF_RULES = "conformance", "changing", "forms"
NAV = (
    {"text": "Records", "href": "index.html#records"},
    {"text": "Code lists", "href": "index.html#lists"},
    {"text": "Rules", "href": "rules.html"},
    {"text": "Versions", "href": "index.html#versions"},
    {"text": "Conforming", "href": f"{CONFORMANCE}.html"},
    {"text": "Changing it", "href": f"{CHANGING}.html"},
)
CANNOT = "cannot"
# What the name of a heading, to be linked to, does not hold.
NO_NAME = re.compile("[^a-z0-9_]+")
# A field named in a rule's sentence.
NAMED = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
VALIDITY_COLUMNS = ("valid_from", "valid_to", "verified", "source")


@dataclass(frozen=True)
class Page:
    """One page: its template, its place, the place in the navigation it belongs to, and what it shows."""

    template: str
    href: str
    here: str
    shows: Mapping[str, Any]


def standard_pages(version: str = STANDARD_VERSION, rules: Sequence[Rule] | None = None) -> dict[str, bytes]:
    """All pages of one version of the standard, and the files that lie beside them.

    Args:
        version: the version.
        rules: the rules to show; without them, those that the standard has.

    Returns:
        Path in the folder to content, the front page first.

    Raises:
        KeyError: there is no such version.
    """
    tables = tables_at(version)
    shown_rules = _rules_of(tables, all_rules() if rules is None else rules)
    pages = [
        _front(version, tables, shown_rules),
        *(_record(version, table) for table in tables),
        *(_list(version, name) for name in codelists.names(version)),
        *(_version(version, number) for number in VERSIONS[: VERSIONS.index(version) + 1]),
        _rules(tables, shown_rules),
        *(_text(name) for name in (CONFORMANCE, CHANGING)),
        _text(FORMS_OF_RULES, "rules.html"),
    ]
    made = {page.href: _rendered(page, version) for page in pages}
    return made | static_files() | {LICENCE_FILE: text_file(LICENCE_FILE)}


def _rendered(page: Page, version: str) -> bytes:
    html = (
        _environment()
        .get_template(f"standard/{page.template}.html.jinja")
        .render(
            **page.shows,
            root="../" * page.href.count("/"),
            nav=NAV,
            here=page.here,
            here_is_above=page.here != page.href,
            version=__version__,
            standard_version=version,
        )
    )
    return html.encode()


@cache
def _environment() -> Environment:
    return environment(PackageLoader("onrecord.publish"))


# ---------------------------------------------------------------- front page, records, code lists, versions


def _front(version: str, tables: Sequence[Table], rules: Sequence[Rule]) -> Page:
    shows = {
        "tables": tables,
        "lists": [
            (name, len(codelists.load(name, version)), _use_of(name, version)) for name in codelists.names(version)
        ],
        "versions": [versions.version(number) for number in VERSIONS[: VERSIONS.index(version) + 1]],
        "newest": version == STANDARD_VERSION,
        "newest_version": STANDARD_VERSION,
        "rule_count": len(rules),
        "sources": codelists.load("crosswalk_sources", version),
        "not_known": codelists.load(NOT_KNOWN, version),
        "separator": SEPARATOR,
    }
    return Page("index", "index.html", "", shows)


def _use_of(name: str, version: str) -> str:
    """What a list is for, in words."""
    used = [f"{table.name}.{field.name}" for table, field in users_of(name, version)]
    return ", ".join(used) or codelists.FREE_STANDING.get(name, "")


def _record(version: str, table: Table) -> Page:
    labels = codelists.labels("crosswalk_sources", "code")
    fields = [
        [
            _anchor(field),
            field.description,
            f"{field.type} ({field.unit})" if field.unit else field.type,
            "yes" if field.required else "no",
            _values(field),
            field.source,
        ]
        for field in table.fields
    ]
    crosswalk = [[field.name, *_crossings(table, field)] for field in table.fields]
    shows = {
        "table": table,
        "parts": [other.name for other in tables_at(version) if other.part_of == table.name],
        "fields": fields,
        "crosswalk": crosswalk,
        "sources": [(labels[source], reason) for source, reason in table.cannot.items()],
    }
    return Page("record", f"records/{table.name}.html", "index.html#records", shows)


def _anchor(field: Field) -> Markup:
    return Markup('<span id="field-{0}">{0}</span>').format(field.name)


def _values(field: Field) -> Markup:
    """Where a field's values come from, with the way to the list or the record."""
    words = values_in_words(field)
    if field.code_list:
        rest = words.removeprefix(field.code_list)
        return Markup('<a href="../lists/{0}.html">{0}</a>{1}').format(field.code_list, rest)
    if field.refers_to:
        rest = words.removeprefix(f"key of {field.refers_to}")
        return Markup('key of <a href="{0}.html">{0}</a>{1}').format(field.refers_to, rest)
    return escape(words)


def _crossings(table: Table, field: Field) -> list[str]:
    """What each source has for a field; the reason that holds for the whole record is said once, over the table."""
    return [
        CANNOT if not crossing.can and crossing.says == table.cannot[crossing.source] else _in_words(crossing)
        for crossing in table.crossings(field)
    ]


def _in_words(crossing: Crossing) -> str:
    return crossing_in_words(crossing.can, crossing.says)


def _list(version: str, name: str) -> Page:
    rows = codelists.load(name, version)
    key = codelists.key_column(name)
    columns = [key, *(column for column in rows[0] if column != key)]
    empty = [column for column in columns if not any(row[column] for row in rows)]
    columns = [column for column in columns if column not in empty]
    shows = {
        "name": name,
        "about": codelists.FREE_STANDING.get(name, ""),
        "users": users_of(name, version),
        "head": [column.replace("_", " ") for column in columns],
        "rows": [[row[column] for column in columns] for row in rows],
        "empty": [column.replace("_", " ") for column in empty],
        "validity": re.sub("`(.+?)`", "“\\1”", VALIDITY) if set(VALIDITY_COLUMNS) <= set(rows[0]) else "",
    }
    return Page("list", f"lists/{name}.html", "index.html#lists", shows)


def _version(version: str, number: str) -> Page:
    found = versions.version(number)
    rows = [
        [change.id, change.kind, _about(version, change), change.reason, change.asked_by] for change in found.changes
    ]
    return Page("version", f"versions/{number}.html", "index.html#versions", {"found": found, "rows": rows})


def _about(version: str, change: versions.Change) -> Markup:
    """What a change is about, with the way there where it is still there."""
    if change.field and change.field in table_at(version, change.record).columns:
        return Markup('<a href="../records/{0}.html#field-{1}">{0}.{1}</a>').format(change.record, change.field)
    if change.code_list:
        return Markup('<a href="../lists/{0}.html">{0}</a>').format(change.code_list)
    return escape(change.about)


# ---------------------------------------------------------------- rules


def _rules_of(tables: Sequence[Table], rules: Iterable[Rule]) -> list[Rule]:
    """The rules about what is there in the version: a rule about a later field has nothing to say of it."""
    columns = {table.name: {"", None, *table.columns} for table in tables}
    return [rule for rule in rules if rule.field in columns.get(rule.record, ())]


def _rules(tables: Sequence[Table], rules: Sequence[Rule]) -> Page:
    groups = [(table.name, [_rule(rule) for rule in rules if rule.record == table.name]) for table in tables]
    return Page("rules", "rules.html", "rules.html", {"groups": [group for group in groups if group[1]]})


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule,
        "form": _form_of(rule),
        "parameters": [(name, _written(value)) for name, value in rule.parameters.items()],
        "examples": [*_example(rule, "passes", rule.passes), *_example(rule, "fails", rule.fails)],
    }


def _form_of(rule: Rule) -> Markup:
    """The form, with the way to what it means."""
    if rule.form not in _forms_described():
        return escape(rule.form)
    return Markup('<a href="{0}.html#{1}">{1}</a>').format(FORMS_OF_RULES, rule.form)


@cache
def _forms_described() -> frozenset[str]:
    return frozenset(re.findall("^### `(.+)`$", text_file(f"{FORMS_OF_RULES}.md").decode(), re.MULTILINE))


def _example(rule: Rule, which: str, example: Example) -> list[dict[str, Any]]:
    """The rows that the rule looks at, one small table a record, whole enough to be read beside the other example."""
    says = f"{rule.code}: {which}"
    before = _shown(rule, f"{says}, the return before", example.previous) if example.previous else []
    return [*_shown(rule, says, example.rows), *before]


def _shown(rule: Rule, says: str, rows: Rows) -> list[dict[str, Any]]:
    tables = []
    for record, columns in _columns_of(rule).items():
        cells = [[_written(row.get(name)) for name in columns] for row in rows.get(record, ())]
        caption = f"{says}, {record}" if cells else f"{says}, {record}: no row"
        tables.append({"caption": caption, "head": columns if cells else [], "rows": cells})
    return tables


def _columns_of(rule: Rule) -> dict[str, list[str]]:
    """Of the rule's own record and of those that its examples change: the key, what is changed, what the rule says."""
    columns = {rule.record: [*table_named(rule.record).key, rule.field]}
    for example in (rule.passes, rule.fails):
        for changes in (example.changes, example.changes.get("previous", {})):
            for record, rows in changes.items():
                if record in _record_names():
                    changed = [name for row in rows for name in row]
                    columns.setdefault(record, [*table_named(record).key]).extend(changed)
    named = [name for name in NAMED.findall(rule.says) if name in table_named(rule.record).columns]
    columns[rule.record] += named
    return {record: list(dict.fromkeys(names)) for record, names in columns.items()}


@cache
def _record_names() -> frozenset[str]:
    """What of an example's changes is about a record, and not about the whole return."""
    return frozenset(table.name for table in TABLES)


def _written(value: Any) -> str:
    """A value as a return would hold it; what is empty is said."""
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return SEPARATOR.join(map(str, value))
    return str(value)


# ---------------------------------------------------------------- texts


def _text(name: str, here: str = "") -> Page:
    source = text_file(f"{name}.md").decode()
    title, body = source.removeprefix("# ").split("\n", 1)
    return Page("text", f"{name}.html", here or f"{name}.html", {"title": title, "body": _from_markdown(body)})


def _from_markdown(source: str) -> Markup:
    """A text of ours as HTML, its tables with caption and scope. Markup inside the text is not let through."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens: list[Token] = []
    heading = ""
    for token in reader.parse(source):
        if tokens and tokens[-1].type == "heading_open":
            heading = token.content
            tokens[-1].attrSet("id", NO_NAME.sub("-", heading.strip("`").lower()))
        tokens += _dressed(token, heading, tokens)
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704 - the text is ours, its HTML is off


CLASSES = {
    "bullet_list_open": "govuk-list govuk-list--bullet",
    "table_open": "govuk-table or-table",
    "thead_open": "govuk-table__head",
    "tbody_open": "govuk-table__body",
    "tr_open": "govuk-table__row",
    "th_open": "govuk-table__header",
    "td_open": "govuk-table__cell",
}


def _dressed(token: Token, heading: str, before: Sequence[Token]) -> list[Token]:
    """A token with the classes of the look; a table in its frame; the first cell of a row as its head."""
    if token.type in CLASSES:
        token.attrSet("class", CLASSES[token.type])
    if token.type == "th_open":
        token.attrSet("scope", "col")
    if token.type == "td_open" and before[-1].type == "tr_open":
        token.tag = "th"
        token.attrSet("class", CLASSES["th_open"])
        token.attrSet("scope", "row")
    if token.type == "td_close" and next(one for one in reversed(before) if one.type == "td_open").tag == "th":
        token.tag = "th"
    if token.type == "table_open":
        label = escape(heading)
        frame = f'<div class="or-scroll" role="region" aria-label="Table: {label}" tabindex="0">\n'
        caption = f'<caption class="govuk-table__caption govuk-visually-hidden">{label}</caption>\n'
        return [_raw(frame), token, _raw(caption)]
    return [token, _raw("</div>\n")] if token.type == "table_close" else [token]


def _raw(html: str) -> Token:
    return Token("html_block", "", 0, content=html)
