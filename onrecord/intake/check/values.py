"""What was sent, as the rules see it: every field as the text that was written, and as the value it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import ibis
import ibis.expr.types as ir

from onrecord.standard import codelists
from onrecord.standard.export import PATTERNS
from onrecord.standard.periods import Period
from onrecord.standard.schema import FieldType, Table

ROW = "row"
# What the columns of values that were read before are called by.
VALUE = "value of "
TRUE, FALSE = "true", "false"
WHOLE = "^[+-]?[0-9]+$"
SPAN = ".."
FINANCIAL_YEAR = "^([0-9]{4})/([0-9]{2})$"
FIRST_YEAR, LAST_YEAR = "0001", "9998"
# The days that Python can hold.
FIRST_DAY, LAST_DAY = date.min, date.max


def _integer(text: ir.StringValue) -> ir.Value:
    """A whole number in digits: engines read 1.5, 1e2, 0x10 and 1_000 as one."""
    return ibis.ifelse(text.re_search(WHOLE), text, None).try_cast("int64")


def _boolean(text: ir.StringValue) -> ir.Value:
    lower = text.lower()
    return ibis.cases((lower == TRUE, True), (lower == FALSE, False))


def _date(text: ir.StringValue) -> ir.Value:
    """A day, where it is written as the standard writes days: engines read far more as one, and write years before
    the first and behind 9999 in ways of their own."""
    day = text.try_cast("date")
    return ibis.ifelse(day.between(FIRST_DAY, LAST_DAY) & (day.cast("string") == text), day, None)


def _formed(kind: FieldType) -> Callable[[ir.StringValue], ir.Value]:
    pattern = f"^(?:{PATTERNS[kind]})$"
    return lambda text: ibis.ifelse(text.re_search(pattern), text, None)


def _period(text: ir.StringValue) -> ir.Value:
    """A period, or a span of two of which the second does not end before the first begins."""
    parts = _formed("period")(text).split(SPAN)
    begin, end = parts[0], ibis.coalesce(parts[1], parts[0])
    is_one = _is_period(begin) & _is_period(end) & (_first_month(begin) <= _last_month(end))
    return ibis.ifelse(is_one, text, None)


def _is_period(text: ir.StringValue) -> ir.BooleanValue:
    """The two years of a financial year follow each other, and every day of it is one that Python can hold."""
    begins = text.re_extract(FINANCIAL_YEAR, 1).try_cast("int64")
    ends = text.re_extract(FINANCIAL_YEAR, 2).try_cast("int64")
    follows = ends.isnull() | ((begins + 1) % 100 == ends)
    return follows & text.substr(0, 4).between(FIRST_YEAR, LAST_YEAR)


def _first_month(text: ir.StringValue) -> ir.StringValue:
    year, rest = text.substr(0, 4), text.substr(4)
    return year + ibis.cases((rest == "", "-01"), (rest.startswith("/"), "-04"), else_=rest)


def _last_month(text: ir.StringValue) -> ir.StringValue:
    year, rest = text.substr(0, 4), text.substr(4)
    next_year = (year.try_cast("int64") + 1).cast("string").lpad(4, "0")
    return ibis.cases((rest == "", year + "-12"), (rest.startswith("/"), next_year + "-03"), else_=year + rest)


VALUES: Mapping[FieldType, Callable[[ir.StringValue], ir.Value]] = {
    "string": lambda text: text,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "time": _formed("time"),
    "month": _formed("month"),
    "period": _period,
}


class MissingInput(Exception):
    """A rule needs something that was not sent; the message says what. The rule is skipped."""


def with_every_column(record: Table, rows: ir.Table) -> ir.Table:
    """The rows with the columns that are not there: a sender who leaves a column out has sent it empty.

    To an error that is so; a query about a column that was not sent is not asked (:attr:`View.carried`).
    """
    absent = [name for name in record.columns if name not in rows.columns]
    return rows.mutate(**{name: ibis.null("string") for name in absent}) if absent else rows


class View:
    """The rows of one record: each field as text, and as the value of its type.

    Attributes:
        record: the declaration of the record.
        rows: a table with the record's columns, as text or typed, and ``row``, the number of each.
        carried: the fields it has; of columns that were not sent, those that have to be.
        plain: whether it is known that no control sign stands in any of its cells.
    """

    def __init__(
        self, record: Table, rows: ir.Table, carried: Iterable[str] | None = None, *, plain: bool = False
    ) -> None:
        self.record = record
        self.rows = rows
        self.carried = frozenset(rows.columns if carried is None else carried) & frozenset(record.columns)
        self.plain = plain

    def of(self, rows: ir.Table) -> View:
        """The same view of other rows."""
        return View(self.record, rows, self.carried, plain=self.plain)

    @property
    def filled(self) -> View:
        """The view in which a column that was left out is one that was sent empty."""
        return View(self.record, self.rows, plain=self.plain)

    def text(self, name: str) -> ir.StringValue:
        """The field as it was written; null where it was left empty.

        Raises:
            KeyError: the record has no such field.
            MissingInput: the column was not sent.
        """
        if name not in self.carried:
            self.record.field_named(name)
            raise MissingInput(f"{self.record.name} was sent without {name}")
        column = self.rows[name]
        return column if column.type().is_string() else column.cast("string")

    def value(self, name: str) -> ir.Value:
        """The field as a value of its type; null where it is empty or cannot be read."""
        text = self.text(name)
        column = self.rows[name]
        if f"{VALUE}{name}" in self.rows.columns:
            return self.rows[f"{VALUE}{name}"]
        return VALUES[self.record.field_named(name).type](text) if column.type().is_string() else column

    @property
    def with_values(self) -> ir.Table:
        """The rows, with the values of days, numbers and yes-or-no fields that were sent as text beside them.

        Many rules look at one day, and no engine notices that it reads it again for each.
        """
        types = self.record.types
        read = [name for name in self.record.columns if name in self.carried and types[name] != "string"]
        read = [name for name in read if self.rows[name].type().is_string()]
        return self.rows.mutate(**{f"{VALUE}{name}": self.value(name).cast(types[name]) for name in read})

    @cached_property
    def typed(self) -> ir.Table:
        """The rows with every field as a value of its type, and ``row``; absent fields are null."""
        types = self.record.types
        return self.rows.select(
            ROW,
            **{
                name: self.value(name).cast(types[name]) if name in self.carried else ibis.null(types[name])
                for name in self.record.columns
            },
        )


@dataclass(frozen=True)
class Sent:
    """What the rules are run on.

    Attributes:
        records: record name to its rows, as text or typed, with ``row``.
        period: the period the return is sent for, if it is known.
        previous: the same of the return before it, or None where there is none to compare with.
        previous_period: the period of that return.
    """

    records: Mapping[str, View]
    period: Period | None = None
    previous: Mapping[str, View] | None = None
    previous_period: Period | None = field(default=None)

    def view(self, record: str) -> View:
        """The rows of a record. Raises MissingInput when it was not sent."""
        if record not in self.records:
            raise MissingInput(f"no table {record} was sent")
        return self.records[record]

    def before(self, record: str) -> View:
        """The rows of a record in the return before. Raises MissingInput when there is none."""
        if self.previous is None:
            raise MissingInput("there is no earlier return to compare with")
        if record not in self.previous:
            raise MissingInput(f"the earlier return had no table {record}")
        return self.previous[record]


def not_known_words() -> tuple[str, ...]:
    """The four words that may stand in place of a value."""
    return codelists.codes("not_known")
