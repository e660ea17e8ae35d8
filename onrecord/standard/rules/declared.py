"""Rules made from the declaration of the fields, by the forms of ``declared.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from onrecord.standard import codelists
from onrecord.standard.records import RETURN, TABLES, table_named
from onrecord.standard.rules.examples import changed, read_yaml, sound_example
from onrecord.standard.rules.shape import Category, Rule, Severity
from onrecord.standard.schema import NOT_KNOWN, Field, FieldType, Table

STANDARD = "onrecord standard, version 1"
LONGEST_TEXT = 100
# The highest number of a unit that is not taken for a slip, and that of all others.
HIGHEST = {"years": 120, "reports": 10_000_000}
MANY_THINGS = 1000
CODES_SHOWN = 12
# What a type is called in a sentence, a value of it, and one that is not.
TYPES_IN_WORDS: Mapping[FieldType, tuple[str, str, str]] = {
    "integer": ("a whole number", "3", "three"),
    "boolean": ("true or false", "true", "perhaps"),
    "date": ("a day of the calendar written year-month-day", "2024-01-31", "2024-02-30"),
    "time": ("a time of the day", "09:30", "25:61"),
    "month": ("a month", "2024-01", "2024-13"),
    "period": ("a period", "2024-01, 2024 or 2023/24", "the spring"),
}
TWO_LINES = "one line\nand another"
NO_SUCH_CODE, NO_SUCH_ROW = "no such code", "NO-SUCH-ROW"
_WORD = re.compile("«(\\w+)»")


def declared_rules() -> Iterator[Rule]:
    """The rules of every field of every record, in the order of the declaration."""
    forms = read_yaml("declared.yaml")
    for table in TABLES:
        yield from _Declared(table, forms).rules()


class _Declared:
    """The rules that one record's declaration asks for."""

    def __init__(self, table: Table, forms: Mapping[str, Any]) -> None:
        self.table = table
        self.forms = forms

    def rules(self) -> Iterator[Rule]:
        for field in self.table.fields:
            yield from self._of_field(field)
        if self.table is not RETURN:
            yield self._unique()
        for group in self.table.at_least_one:
            yield self._at_least_one(group)

    def _of_field(self, field: Field) -> Iterator[Rule]:
        name = field.name
        if field.required:
            yield self._rule(field, "required", {}, {name: ""})
        if field.type in TYPES_IN_WORDS:
            what, such_as, wrong = TYPES_IN_WORDS[field.type]
            or_empty = "" if field.required else "; leave it empty where it is not known"
            yield self._rule(
                field, "type", {"type": field.type}, {name: wrong}, what=what, such_as=such_as, or_empty=or_empty
            )
        if field.type == "integer":
            yield self._range(field)
        if field.code_list:
            yield from self._of_list(field)
        elif field.pattern:
            words = codelists.codes(NOT_KNOWN) if field.not_known else ()
            form = {"pattern": field.pattern, "or": words}
            in_words = self.forms["forms_in_words"][field.pattern]
            yield self._rule(field, "form", form, {name: "?"}, form_in_words=in_words)
        elif field.type == "string" and not field.refers_to:
            yield self._rule(field, "text", {"longest": LONGEST_TEXT}, {name: TWO_LINES})
        if field.refers_to:
            yield self._refers_to(field)

    def _range(self, field: Field) -> Rule:
        at_most = HIGHEST.get(field.unit, MANY_THINGS)
        limits = {"at_least": 0, "at_most": at_most}
        return self._rule(
            field,
            "not_negative",
            limits,
            {field.name: "-1"},
            form="range",
            at_least=0,
            at_most=at_most,
            unit=field.unit,
        )

    def _of_list(self, field: Field) -> Iterator[Rule]:
        assert field.code_list
        parameters = {
            "code_list": field.code_list,
            "scheme": field.scheme,
            "scheme_field": field.scheme_field,
            "many": field.many,
            "not_known": field.not_known,
        }
        codes = codelists.codes(field.code_list, field.scheme)
        shown = ", ".join(codes[:CODES_SHOWN]) + (", …" if len(codes) > CODES_SHOWN else "")
        form = "listed" if field.open_list else "allowed"
        wrong = {field.name: NO_SUCH_CODE}
        if field.scheme_field:
            first_scheme = codelists.schemes(field.code_list)[0]
            wrong[field.scheme_field] = self._sound().get(field.scheme_field) or first_scheme
        yield self._rule(field, form, parameters, wrong, form="allowed", list=field.code_list, codes=shown)
        if field.scheme_field:
            words = codelists.codes(NOT_KNOWN) if field.not_known else ()
            condition = {
                "if": {field.name: {"given": True, "not": list(words)}},
                "then": {field.scheme_field: {"given": True}},
            }
            yield self._rule(
                field,
                "with_scheme",
                condition,
                {field.scheme_field: ""},
                form="if_then",
                scheme_field=field.scheme_field,
            )
        fact_date = self._fact_date(field)
        if fact_date and _has_validity(field.code_list):
            code = f"{self.table.name}.{field.name}.in_force"
            if code in self.forms["fails"]:
                dated = {**parameters, "date": fact_date}
                yield self._rule(field, "in_force", dated, {}, list=field.code_list, fact_date=fact_date)

    def _fact_date(self, field: Field) -> str:
        dates = self.forms["fact_dates"]
        return str(dates.get(f"{self.table.name}.{field.name}", dates.get(self.table.name, "")))

    def _refers_to(self, field: Field) -> Rule:
        other = table_named(field.refers_to)
        *shared, _ = other.key
        together = f" together with the same {' and '.join(shared)}" if shared else ""
        columns = {"other": other.name, "here": [*shared, field.name], "there": list(other.key)}
        return self._rule(
            field,
            "refers_to",
            columns,
            {field.name: NO_SUCH_ROW},
            category="across records",
            other=other.name,
            together=together,
        )

    def _unique(self) -> Rule:
        field = self.table.field_named(self.table.key[-1])
        again: list[Mapping[str, str]] = [{} for _ in range(len(sound_example().rows[self.table.name]) + 1)]
        return self._rule(
            field,
            "unique",
            {"key": list(self.table.key)},
            {},
            category="across records",
            rows=again,
            key=" and ".join(self.table.key),
        )

    def _at_least_one(self, group: Sequence[str]) -> Rule:
        field = self.table.field_named(group[0])
        parameters = {"fields": list(group)}
        named = ", ".join(group[:-1]) + f" and {group[-1]}"
        wrong = dict.fromkeys(group, "")
        return self._rule(field, "at_least_one", parameters, wrong, category="record", group=named)

    def _sound(self) -> Mapping[str, str]:
        return sound_example().rows[self.table.name][0]

    def _rule(
        self,
        field: Field,
        what: str,
        parameters: Mapping[str, Any],
        wrong: Mapping[str, str],
        /,
        *,
        form: str = "",
        category: Category = "field",
        rows: Sequence[Mapping[str, str]] = (),
        **words: object,
    ) -> Rule:
        """One rule of a field; ``wrong`` is what is changed in the sound example so that it alone fails."""
        text = self.forms[what]
        table = self.table
        known = {"field": field.name, "record": table.name, "description": field.description, **words}
        code = f"{table.name}.{field.name}.{what}"
        own = self.forms["fails"].get(code)
        fails = own or {table.name: list(rows) or [wrong], "without": self._leaning(field)}
        return Rule(
            code=code,
            version=1,
            severity=cast(Severity, text["severity"]),
            category=category,
            record=table.name,
            field=field.name,
            form=form or what,
            parameters=parameters,
            says=_in_words(text["says"], known),
            remedy=_in_words(text["remedy"], known),
            citation=f"{STANDARD}, {table.name}.{field.name}; asked for by: {field.source}",
            moves=tuple(self.forms["moves"][table.name]),
            false_positives=text.get("false_positives", ""),
            passes=changed(self.forms["passes"].get(f"{table.name}.{field.name}", {})),
            fails=changed(fails),
            declared=True,
        )

    def _leaning(self, field: Field) -> list[str]:
        """The records that lean on this one, and their wholes: without its key they would be caught as well."""
        lookers: Mapping[str, Sequence[str]] = self.forms["looked_at_by"]
        if field.name not in self.table.key:
            return list(lookers.get(self.table.name, ()))
        found = [self.table.name]
        for name in found:
            found += [
                table.name
                for table in TABLES
                if table.name not in found and any(other.refers_to == name for other in table.fields)
            ]
        wholes = {table_named(name).part_of for name in found[1:]} - {"", "return", *found}
        looking = {looker for name in found for looker in lookers.get(name, ())} - {*found}
        return [*found[1:], *sorted(wholes | looking)]


def _has_validity(code_list: str) -> bool:
    return any(
        row.get("verified") == "yes" and (row.get("valid_from") or row.get("valid_to"))
        for row in codelists.load(code_list)
    )


def _in_words(template: str, words: Mapping[str, object]) -> str:
    return _WORD.sub(lambda found: str(words[found[1]]), template)
