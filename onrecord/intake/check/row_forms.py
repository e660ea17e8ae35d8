"""The forms of rules that look at one row: each gives two expressions, whether it applies and whether it fails.

A null is no failure: a missing value is the business of ``required`` alone, so that one fault is one finding.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add, and_, or_
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.intake.check.conditions import BLANK, holds, limit
from onrecord.intake.check.lookups import Lookups, Question
from onrecord.intake.check.values import MissingInput, Sent, View, not_known_words
from onrecord.standard import codelists
from onrecord.standard.schema import SEPARATOR
from onrecord.standard.working_days import WORKING_WEEK, bank_holidays

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
WEEK = 7
YEARS_OF_HOLIDAYS = (2010, 2040)
# An error in place of a value, and a long number that was shortened.
SHORTENED = r"[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+"
LEFT_BY_SPREADSHEETS = rf"^(?:#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)|{SHORTENED})$"
# Either of these signs stands in whatever spreadsheets leave.
ERROR_BEGINS, HAS_EXPONENT = "#", "+"
# One look for both: a look for a pattern is dear, and what it looks for is not.
STRANGE = rf"[\x00-\x1f\x7f]|{LEFT_BY_SPREADSHEETS}"


@dataclass(frozen=True)
class Judged:
    """Two boolean expressions over the rows of a record: whether the rule applies, and whether the row fails it."""

    applies: ir.BooleanValue
    fails: ir.BooleanValue


@dataclass(frozen=True)
class Subject:
    """What a form judges: the rows, the field pointed to, and everything else that was sent."""

    view: View
    field: str
    sent: Sent
    lookups: Lookups

    def ask(self, question: Question) -> ir.Value:
        """What other rows say, as an expression over the rows; the form is called again once all have asked."""
        return self.lookups.ask(question)

    @property
    def text(self) -> ir.StringValue:
        """The field as it was written."""
        return self.view.text(self.field)

    @property
    def value(self) -> ir.Value:
        """The field as a value."""
        return self.view.value(self.field)


RowForm = Callable[..., Judged]


def required(subject: Subject) -> Judged:
    """The field is given."""
    return Judged(ibis.literal(True), subject.text.isnull())


def type_(subject: Subject, type: str) -> Judged:  # noqa: A002 it is the word of the rule's file
    """The field can be read as a value of its type."""
    return Judged(subject.text.notnull(), subject.value.isnull())


def text(subject: Subject, longest: str) -> Judged:
    """A name or number: short, on one line, and not what a spreadsheet leaves in place of one."""
    written = subject.text
    return Judged(written.notnull(), (written.length() > int(longest)) | _is_strange(written, subject.view.plain))


def _is_strange(written: ir.StringValue, plain: bool) -> ir.BooleanValue:
    if not plain:
        return written.re_search(STRANGE)
    may_be = written.startswith(ERROR_BEGINS) | written.contains(HAS_EXPONENT)
    return may_be & written.re_search(LEFT_BY_SPREADSHEETS)


def form(subject: Subject, pattern: str, **otherwise: Sequence[str]) -> Judged:
    """The whole value has the form of a regular expression, or is one of the words under ``or``."""
    written = subject.text
    matches = written.re_search(f"^(?:{pattern})$")
    words = otherwise.get("or", ())
    return Judged(written.notnull(), ~(matches | written.isin(list(words)) if words else matches))


def allowed(
    subject: Subject,
    code_list: str,
    scheme: str = "",
    scheme_field: str = "",
    many: bool = False,
    not_known: bool = False,
) -> Judged:
    """The value is a code of the list, of the scheme that the row names; each part of it, where it may hold several."""
    words = not_known_words() if not_known else ()
    written = subject.text
    if scheme_field:
        return _allowed_in_scheme(subject.view, written, code_list, scheme_field, words)
    codes = [*codelists.codes(code_list, scheme), *words]
    none = written.notin(codes)
    # A look for a pattern is dear; most cells hold one code.
    return Judged(written.notnull(), none & ~written.re_search(_each_of(codes)) if many else none)


def _each_of(codes: Sequence[str]) -> str:
    """The form of a cell in which every part is one of some codes, blanks around it aside."""
    part = f"{BLANK}*(?:{'|'.join(map(re.escape, codes))}){BLANK}*"
    return f"^{part}(?:{SEPARATOR}{part})*$"


def _allowed_in_scheme(
    view: View, written: ir.StringValue, code_list: str, scheme_field: str, words: Sequence[str]
) -> Judged:
    """A scheme that is not in the list of schemes is another rule's finding."""
    named = view.text(scheme_field)
    schemes = codelists.schemes(code_list)
    pairs = [f"{row['scheme']}\n{row['code']}" for row in codelists.load(code_list)]
    applies = written.notnull() & named.isin(list(schemes))
    return Judged(applies, (named + "\n" + written).notin(pairs) & written.notin([*words, ""]))


def range_(subject: Subject, at_least: str | None = None, at_most: str | None = None) -> Judged:
    """A number, day or month lies within limits."""
    value = subject.value
    outside = [value < limit(value, at_least)] if at_least is not None else []
    outside += [value > limit(value, at_most)] if at_most is not None else []
    return Judged(value.notnull(), reduce(or_, outside))


def order_of_dates(subject: Subject, first: str, then: str) -> Judged:
    """One day does not come before another; the same day is in order."""
    begins, ends = subject.view.value(first), subject.view.value(then)
    return Judged(begins.notnull() & ends.notnull(), begins > ends)


def within_period(subject: Subject, ends: str = "both") -> Judged:
    """A day or month lies in the period the return is sent for; with ``ends: last``, not after its last day; with
    ``ends: whole``, not before its last day."""
    first, last = _period_ends(subject)
    value = subject.value
    begins, ends_on = (first.isoformat()[:7], last.isoformat()[:7]) if value.type().is_string() else (first, last)
    outside = value < ends_on if ends == "whole" else value > ends_on
    if ends == "both":
        outside = outside | (value < begins)
    return Judged(value.notnull(), outside)


def _period_ends(subject: Subject) -> tuple[date, date]:
    if subject.sent.period is None:
        raise MissingInput("the period of the return is not known")
    return subject.sent.period.first_day, subject.sent.period.last_day


def at_least_one(subject: Subject, fields: Sequence[str]) -> Judged:
    """At least one of the fields is given."""
    given = [subject.view.text(name).notnull() for name in fields if name in subject.view.carried]
    if not given:
        raise MissingInput(f"{subject.view.record.name} was sent without {' and '.join(fields)}")
    return Judged(ibis.literal(True), ~reduce(or_, given))


def exactly_one_of(subject: Subject, fields: Sequence[str]) -> Judged:
    """One of the fields is given, and one alone."""
    return Judged(_readable(subject.view, fields), _given(subject.view, fields) != 1)


def at_most_one_of(subject: Subject, fields: Sequence[str]) -> Judged:
    """Not more than one of the fields is given."""
    given = _given(subject.view, fields)
    return Judged((given > 0) & _readable(subject.view, fields), given > 1)


def _readable(view: View, fields: Sequence[str]) -> ir.BooleanValue:
    """Each field is empty, or a value of its type and list: what cannot be read is another rule's finding."""
    tests = []
    for field in map(view.record.field_named, fields):
        codes = [*codelists.codes(field.code_list), *not_known_words()] if field.code_list else []
        read = view.text(field.name).isin(codes) if codes else view.value(field.name).notnull()
        tests.append(view.text(field.name).isnull() | read)
    return reduce(and_, tests)


def _given(view: View, fields: Sequence[str]) -> ir.IntegerValue:
    return reduce(add, [view.text(name).notnull().cast("int64") for name in fields])


def if_then(subject: Subject, **parts: Mapping[str, Mapping[str, Any]]) -> Judged:
    """Where the conditions under ``if`` hold, those under ``then`` hold as well."""
    return Judged(holds(subject.view, parts["if"]), ~holds(subject.view, parts["then"]))


def clock_limit(
    subject: Subject,
    start: str,
    stop: str,
    at_most: str,
    unit: str = "days",
    only_if: Mapping[str, Mapping[str, Any]] | None = None,
) -> Judged:
    """From one day to another no more than a number of days, or of working days of England and Wales.

    ``stop: period`` is the last day of the period: a clock that still runs. ``only_if`` holds conditions.
    """
    begins = subject.view.value(start)
    ends = ibis.literal(_period_ends(subject)[1]) if stop == "period" else subject.view.value(stop)
    took = working_days(begins, ends) if unit == "working days" else ends.delta(begins, unit="day")
    applies = begins.notnull() & ends.notnull() & (begins <= ends)
    return Judged(applies & holds(subject.view, only_if) if only_if else applies, took > int(at_most))


def working_days(begins: ir.DateValue, ends: ir.DateValue) -> ir.IntegerValue:
    """The working days after ``begins`` up to and with ``ends``: Monday to Friday but for bank holidays.

    Counted from a Monday: whole weeks of five days, and the days of the week begun.
    """
    free = ibis.array([ibis.literal(day) for day in bank_holidays(*YEARS_OF_HOLIDAYS)])
    holidays = free.filter(lambda day: (day > begins) & (day <= ends)).length()
    return _week_days_until(ends) - _week_days_until(begins) - holidays


def _week_days_until(day: ir.DateValue) -> ir.IntegerValue:
    monday = ibis.literal(date(1900, 1, 1))
    passed = day.delta(monday, unit="day") + 1
    in_week = passed % WEEK
    return (passed // WEEK).cast("int64") * WORKING_WEEK + ibis.least(in_week, WORKING_WEEK)


def checksum(subject: Subject, of: str) -> Judged:
    """The check digit or letter of an NHS number or a unique pupil number is right."""
    return {"nhs_number": _nhs_number, "upn": _upn}[of](subject.text)


def _nhs_number(written: ir.StringValue) -> Judged:
    """Digits 1 to 9 times 10 to 2; 11 less the rest by 11 is the tenth digit, 11 standing for 0 and 10 for none."""
    weighted = [_digit(written, place) * (10 - place) for place in range(9)]
    check = (11 - reduce(add, weighted) % 11) % 11
    return Judged(written.re_search("^[0-9]{10}$"), check != _digit(written, 9))


def _upn(written: ir.StringValue) -> Judged:
    """Digits 2 to 13 times their place, the rest by 23 says the letter. A temporary number ends in a letter."""
    weighted = [_digit(written, place) * (place + 1) for place in range(1, 12)]
    last = written.substr(12, 1)
    # A temporary number's last letter counts as its place in the letters.
    by_letter = ibis.ifelse(last.re_search("[0-9]"), last.try_cast("int64"), ibis.literal(UPN_LETTERS).find(last))
    rest = (reduce(add, weighted) + by_letter * 13) % len(UPN_LETTERS)
    letter = ibis.literal(UPN_LETTERS).substr(rest, 1)
    has_strange_letter = ~last.re_search(f"[0-9{UPN_LETTERS}]")
    wrong = has_strange_letter | (letter != written.substr(0, 1))
    return Judged(written.re_search("^[A-Z][0-9]{11}[0-9A-Z]$"), wrong)


def _digit(written: ir.StringValue, place: int) -> ir.IntegerValue:
    return written.substr(place, 1).try_cast("int64")


def sums_to(subject: Subject, total: str, parts: Sequence[str]) -> Judged:
    """The parts add up to the total, where all are given. A count below 0 is the business of ``range``."""
    values = [subject.view.value(name) for name in parts]
    whole = subject.view.value(total)
    given = reduce(and_, [(value >= 0).fill_null(False) for value in (*values, whole)])
    # Counts that no engine can add up as whole numbers are added as wide decimals.
    return Judged(given, reduce(add, [value.cast("decimal(38, 0)") for value in values]) != whole)


def expression(subject: Subject, fails: str, applies: str = "True") -> Judged:
    """The escape: two Ibis expressions over ``row``, the typed row, and ``text``, the row as it was written."""
    return Judged(_evaluated(subject, applies), _evaluated(subject, fails))


class _Named:
    """The fields of a row by their names, as expressions."""

    def __init__(self, column: Callable[[str], ir.Value]) -> None:
        self._column = column

    def __getattr__(self, name: str) -> ir.Value:
        return self._column(name)


def _evaluated(subject: Subject, written: str) -> ir.BooleanValue:
    """Rules come with the package and are reviewed like code; nothing that a sender wrote ever comes here."""
    tree = ast.parse(written.strip(), mode="eval")
    names = {"row": _Named(subject.view.value), "text": _Named(subject.view.text), "ibis": ibis, "__builtins__": {}}
    found = eval(compile(tree, "<rule>", "eval"), names)  # noqa: S307
    return ibis.literal(found) if isinstance(found, bool) else found


ROW_FORMS: Mapping[str, RowForm] = {
    "required": required,
    "type": type_,
    "text": text,
    "form": form,
    "allowed": allowed,
    "range": range_,
    "order_of_dates": order_of_dates,
    "within_period": within_period,
    "at_least_one": at_least_one,
    "exactly_one_of": exactly_one_of,
    "at_most_one_of": at_most_one_of,
    "if_then": if_then,
    "clock_limit": clock_limit,
    "checksum": checksum,
    "sums_to": sums_to,
    "expression": expression,
}
