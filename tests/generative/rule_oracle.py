"""What every form of rule means, in slow plain Python, written from what the forms say of themselves.

Rows are dictionaries of texts; an empty cell is None. A form of one row gives two booleans, whether it applies and
whether the row fails; a form of several rows gives how many it applies to and what it finds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import holidays

from onrecord.errors import WrongWords
from onrecord.standard import codelists
from onrecord.standard.periods import Period, parse_period
from onrecord.standard.schema import Table

Row = Mapping[str, str | None]
# What is found: the number of the row, or what it is about where no row is to blame.
Finding = int | str
Conditions = Mapping[str, Mapping[str, Any]] | None
# Where a sum of counts ends.
HIGHEST = 10**15
BLANKS = " \t\n\r\v\f"
NOT_KNOWN = codelists.codes("not_known")
FREE = holidays.country_holidays("GB", subdiv="ENG", years=range(2010, 2041))


@dataclass(frozen=True)
class World:
    """All that was sent."""

    declared: Mapping[str, Table]
    rows: Mapping[str, Sequence[Row]]
    before: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    period: Period | None = None
    previous_period: Period | None = None


def value(table: Table, name: str, text: str | None) -> Any:
    """A text as a value of its field's type; None where it is none."""
    return None if text is None else READ[table.field_named(name).type](text)


def _matched(pattern: str) -> Callable[[str], str | None]:
    return lambda text: text if re.fullmatch(pattern, text) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch("[+-]?[0-9]+", text) and -(2**63) <= int(text) < 2**63 else None


def _period(text: str) -> str | None:
    try:
        parse_period(text)
    except WrongWords:
        return None
    return text if text.isascii() and text == text.strip() and text.count("..") < 2 else None


READ: Mapping[str, Callable[[str], Any]] = {
    "string": lambda text: text,
    "integer": _whole,
    "boolean": lambda text: {"true": True, "false": False}.get(text.lower()),
    "date": _day,
    "time": _matched("([01][0-9]|2[0-3]):[0-5][0-9]"),
    "month": _matched("[0-9]{4}-(0[1-9]|1[0-2])"),
    "period": _period,
}

# ---------------------------------------------------------------- one row


class OneRow:
    """The forms that look at one row: each gives whether it applies, and whether the row fails."""

    def __init__(self, world: World, table: Table, name: str, row: Row) -> None:
        self.world, self.table, self.name, self.row = world, table, name, row

    @property
    def text(self) -> str | None:
        return self.row[self.name]

    def value(self, name: str) -> Any:
        return value(self.table, name, self.row[name])

    def required(self) -> tuple[bool, bool]:
        return True, self.text is None

    def type_(self, **_: str) -> tuple[bool, bool]:
        return self.text is not None, self.value(self.name) is None

    def text_(self, longest: str) -> tuple[bool, bool]:
        text = self.text or ""
        strange = any(ord(sign) < 32 or ord(sign) == 127 for sign in text)
        number, *exponent = text.replace("e", "E").split("E+")
        shortened = (
            len(exponent) == 1
            and exponent[0].isascii()
            and exponent[0].isdigit()
            and number.isascii()
            and number[:1].isdigit()
            and (len(number) == 1 or (number[1] == "." and number[2:].isdigit()))
        )
        return self.text is not None, len(text) > int(longest) or strange or shortened or text in SPREADSHEET_ERRORS

    def form(self, pattern: str, **more: Sequence[str]) -> tuple[bool, bool]:
        text = self.text or ""
        return self.text is not None, not re.fullmatch(pattern, text) and text not in more.get("or", ())

    def allowed(
        self,
        code_list: str,
        scheme: str = "",
        scheme_field: str = "",
        many: bool = False,
        not_known: bool = False,
    ) -> tuple[bool, bool]:
        words = NOT_KNOWN if not_known else ()
        if scheme_field:
            named = self.row[scheme_field]
            codes = {row["code"] for row in codelists.load(code_list) if row["scheme"] == named}
            return self.text is not None and named in codelists.schemes(code_list), self.text not in {*codes, *words}
        good = {*codelists.codes(code_list, scheme), *words}
        parts = (self.text or "").split(";") if many else [self.text or ""]
        return self.text is not None, any((part.strip(BLANKS) if many else part) not in good for part in parts)

    def _limit(self, limit: str, found: Any) -> Any:
        return type(found)(limit) if isinstance(found, int | str) else date.fromisoformat(limit)

    def range(self, at_least: str | None = None, at_most: str | None = None) -> tuple[bool, bool]:
        found = self.value(self.name)
        if found is None:
            return False, False
        low = at_least is not None and found < self._limit(at_least, found)
        return True, low or (at_most is not None and found > self._limit(at_most, found))

    def order_of_dates(self, first: str, then: str) -> tuple[bool, bool]:
        begins, ends = self.value(first), self.value(then)
        both = begins is not None and ends is not None
        return both, both and begins > ends

    def within_period(self, ends: str = "both") -> tuple[bool, bool]:
        found, period = self.value(self.name), self.world.period
        assert period
        if found is None:
            return False, False
        first, last = (
            (f"{day:%Y-%m}" if isinstance(found, str) else day) for day in (period.first_day, period.last_day)
        )
        if ends == "whole":
            return True, found < last
        return True, found > last or (ends == "both" and found < first)

    def _given(self, fields: Sequence[str]) -> int:
        return sum(self.row[name] is not None for name in fields)

    def at_least_one(self, fields: Sequence[str]) -> tuple[bool, bool]:
        return True, self._given(fields) == 0

    def exactly_one_of(self, fields: Sequence[str]) -> tuple[bool, bool]:
        return True, self._given(fields) != 1

    def at_most_one_of(self, fields: Sequence[str]) -> tuple[bool, bool]:
        return self._given(fields) > 0, self._given(fields) > 1

    def if_then(self, **parts: Mapping[str, Mapping[str, Any]]) -> tuple[bool, bool]:
        return self.holds(parts["if"]), not self.holds(parts["then"])

    def holds(self, conditions: Mapping[str, Mapping[str, Any]]) -> bool:
        return all(
            self._condition(name, test, limit) for name, each in conditions.items() for test, limit in each.items()
        )

    def _condition(self, name: str, test: str, limit: Any) -> bool:
        text, found = self.row[name], self.value(name)
        if text is not None and self.table.field_named(name).type == "boolean":
            text = text.lower()
        if test == "given":
            return (text is not None) == (str(limit).lower() == "true")
        if test == "is":
            return text in limit
        if test == "not":
            return text not in limit
        if test == "has":
            return any(part.strip(BLANKS) in limit for part in (text or "").split(";"))
        if found is None:
            return False
        if test == "at_least":
            return bool(found >= self._limit(limit, found))
        return bool(found <= self._limit(limit, found))

    def clock_limit(
        self, start: str, stop: str, at_most: str, unit: str = "days", only_if: Conditions = None
    ) -> tuple[bool, bool]:
        begins, ends = self.value(start), self._last_day() if stop == "period" else self.value(stop)
        if only_if and not self.holds(only_if):
            return False, False
        if begins is None or ends is None or begins > ends:
            return False, False
        passed = [begins + timedelta(day) for day in range(1, (ends - begins).days + 1)]
        if unit == "working days":
            passed = [day for day in passed if day.weekday() < 5 and day not in FREE]
        return True, len(passed) > int(at_most)

    def _last_day(self) -> date:
        assert self.world.period
        return self.world.period.last_day

    def checksum(self, of: str) -> tuple[bool, bool]:
        text = self.text or ""
        return (_nhs_number if of == "nhs_number" else _upn)(text)

    def sums_to(self, total: str, parts: Sequence[str]) -> tuple[bool, bool]:
        values = [self.value(name) for name in parts]
        whole = self.value(total)
        if any(each is None or each < 0 for each in [*values, whole]):
            return False, False
        return True, sum(values) != whole


def _nhs_number(text: str) -> tuple[bool, bool]:
    if not re.fullmatch("[0-9]{10}", text):
        return False, False
    check = 11 - sum(int(text[place]) * (10 - place) for place in range(9)) % 11
    return True, check == 10 or check % 11 != int(text[9])


def _upn(text: str) -> tuple[bool, bool]:
    if not re.fullmatch("[A-Z][0-9]{11}[0-9A-Z]", text):
        return False, False
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    total = sum(int(sign) * place for place, sign in enumerate(text[1:12], 2))
    if text[12] not in letters and not text[12].isdigit():
        return True, True  # I, O and S stand in no number
    total += 13 * (int(text[12]) if text[12].isdigit() else letters.index(text[12]))
    return True, letters[total % 23] != text[0]


def of_one_row(
    form: str, world: World, table: Table, name: str, told: Mapping[str, Any], row: Row
) -> tuple[bool, bool]:
    """Whether a rule of a form applies to a row, and whether the row fails it."""
    applies, fails = getattr(OneRow(world, table, name, row), f"{form}_" if form in ("text", "type") else form)(**told)
    return applies, applies and fails


# ---------------------------------------------------------------- several rows


SPREADSHEET_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")


class ManyRows:
    """The forms that look at several rows: each gives how many it applies to, and what it finds."""

    def __init__(self, world: World, table: Table, name: str) -> None:
        self.world, self.table, self.name = world, table, name
        self.rows = world.rows[table.name]
        self.earlier = world.before.get(table.name, [])

    def value(self, row: Row, name: str) -> Any:
        return value(self.table, name, row[name])

    def _keyed(self, rows: Sequence[Row], key: Sequence[str]) -> list[tuple[int, tuple[str | None, ...]]]:
        found = [(number, tuple(row[name] for name in key)) for number, row in enumerate(rows)]
        return [(number, key) for number, key in found if None not in key]

    def unique(self, key: Sequence[str]) -> tuple[int, list[Finding]]:
        keyed = self._keyed(self.rows, key)
        counted = Counter(own for _, own in keyed)
        return len(keyed), [number for number, own in keyed if counted[own] > 1]

    def _those(self, record: str, conditions: Conditions) -> list[tuple[int, Row]]:
        """The rows sent of a record in which conditions hold, and their numbers."""
        table = self.world.declared[record]
        return [
            (number, row)
            for number, row in enumerate(self.world.rows[record])
            if OneRow(self.world, table, "", row).holds(conditions or {})
        ]

    def _other_value(self, record: str, row: Row, name: str) -> Any:
        return value(self.world.declared[record], name, row[name])

    def refers_to(
        self, other: str, here: Sequence[str], there: Sequence[str], where: Conditions = None
    ) -> tuple[int, list[Finding]]:
        keyed = self._keyed(self.rows, here)
        known = {key for _, key in self._keyed([row for _, row in self._those(other, where)], there)}
        return len(keyed), [number for number, key in keyed if key not in known]

    def order_across(
        self,
        other: str,
        here: Sequence[str],
        there: Sequence[str],
        date: str,
        order: str,
        only_if: Conditions = None,
        where: Conditions = None,
    ) -> tuple[int, list[Finding]]:
        applies, found = 0, list[Finding]()
        mates = self._those(other, where)
        for number, row in self._those(self.table.name, only_if):
            day = self.value(row, self.name)
            theirs = [self._other_value(other, mate, date) for _, mate in mates if _same(row, here, mate, there)]
            theirs = [each for each in theirs if each is not None]
            if day is None or not theirs:
                continue
            applies += 1
            if day < min(theirs) if order == "not before" else day > max(theirs):
                found.append(number)
        return applies, found

    def is_named_in(
        self, here: Sequence[str], any_of: Sequence[Mapping[str, Any]], only_if: Conditions = None
    ) -> tuple[int, list[Finding]]:
        applies, found = 0, list[Finding]()
        sent = [place for place in any_of if place["other"] in self.world.rows]
        mates = [
            (place, mate, so)
            for place in sent
            for so in [{number for number, _ in self._those(place["other"], place.get("where"))}]
            for mate in enumerate(self.world.rows[place["other"]])
        ]
        for number, row in self._those(self.table.name, only_if):
            named = [
                mate_number in so for place, (mate_number, mate), so in mates if _same(row, here, mate, place["there"])
            ]
            applies += bool(named)
            if named and not any(named):
                found.append(number)
        return applies, found

    def is_not_named_in(
        self,
        other: str,
        here: Sequence[str],
        there: Sequence[str],
        where: Conditions = None,
        only_if: Conditions = None,
    ) -> tuple[int, list[Finding]]:
        applies, found = 0, list[Finding]()
        mates = self._those(other, where)
        for number, row in self._those(self.table.name, only_if):
            if any(row[name] is None for name in here):
                continue
            applies += 1
            if any(
                _same(row, here, mate, there) and (other, mate_number) != (self.table.name, number)
                for mate_number, mate in mates
            ):
                found.append(number)
        return applies, found

    def agrees_with(
        self,
        other: str,
        here: Sequence[str],
        there: Sequence[str],
        field: str,
        signs: str = "100",
        only_if: Conditions = None,
    ) -> tuple[int, list[Finding]]:
        applies, found = 0, list[Finding]()
        for number, row in self._those(self.table.name, only_if):
            said = row[self.name]
            theirs = [
                str(mate[field])[: int(signs)]
                for mate in self.world.rows[other]
                if _same(row, here, mate, there) and self._other_value(other, mate, field) is not None
            ]
            if said is None or self.value(row, self.name) is None or not theirs:
                continue
            applies += 1
            if {said[: int(signs)]} != set(theirs):
                found.append(number)
        return applies, found

    def age_agrees(self, born: Sequence[str], day: Sequence[str], years: str) -> tuple[int, list[Finding]]:
        applies, found = 0, list[Finding]()
        for number, row in enumerate(self.rows):
            age = self.value(row, self.name)
            births, days = (
                [
                    self._other_value(record, mate, field)
                    for mate in self.world.rows[record]
                    if _same(row, [key], mate, [key])
                ]
                for record, key, field in (born, day)
            )
            lived = [
                (when.year - int(month[:4])) * 12 + when.month - int(month[5:])
                for month in births
                for when in days
                if month is not None and when is not None
            ]
            if age is None or age < 0 or not lived:
                continue
            applies += 1
            # In the month of the birthday nobody can tell whether it has been.
            if any(all(abs(age - old // 12) > int(years) for old in (months, months - 1)) for months in lived):
                found.append(number)
        return applies, found

    def rows_dated_in(
        self, other: str, date: str, rows: str, month: str = "", only_if: Conditions = None
    ) -> tuple[int, list[Finding]]:
        period = self.world.period
        assert period
        so = {number for number, _ in self._those(self.table.name, only_if)}
        days = [self._other_value(other, mate, date) for mate in self.world.rows[other]]
        days = [day for day in days if day is not None and day in period]
        by_month: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows):
            if not month:
                by_month.setdefault("", []).append(number)
            elif self.value(row, month) in _months_of(period):
                by_month.setdefault(str(row[month]), []).append(number)
        claimed = {when: numbers for when, numbers in by_month.items() if so.issuperset(numbers)}
        found: list[Finding] = []
        for when, numbers in claimed.items():
            has_rows = any(str(day).startswith(when) for day in days)
            if has_rows != (rows == "some"):
                found += numbers
        return sum(map(len, claimed.values())), found

    def every_month(self, by: str) -> tuple[int, list[Finding]]:
        assert self.world.period
        there: dict[str, set[str]] = {}
        for row in self.rows:
            whose, month = row[by], self.value(row, self.name)
            if whose is not None and month is not None:
                there.setdefault(whose, set()).add(month)
        due = [(whose, month) for whose in there for month in sorted(_months_of(self.world.period))]
        return len(due), [f"{whose}/{month}" for whose, month in due if month not in there[whose]]

    def in_force(
        self,
        code_list: str,
        date: str,
        scheme: str = "",
        scheme_field: str = "",
        many: bool = False,
        not_known: bool = False,
    ) -> tuple[int, list[Finding]]:
        applies, found = 0, set[Finding]()
        for number, row in enumerate(self.rows):
            text, day = row[self.name], self.value(row, date)
            if text is None or day is None:
                continue
            applies += 1
            for part in [part.strip(BLANKS) for part in text.split(";")] if many else [text]:
                if self._is_out(code_list, part, day, row[scheme_field] if scheme_field else scheme):
                    found.add(number)
        return applies, list(found)

    def _is_out(self, code_list: str, code: str, day: date, scheme: str | None) -> bool:
        key = codelists.key_column(code_list)
        return any(
            (row["valid_from"] and day.isoformat() < row["valid_from"])
            or (row["valid_to"] and day.isoformat() > row["valid_to"])
            for row in codelists.load(code_list)
            if row["verified"] == "yes" and row[key] == code and row.get("scheme", scheme) == scheme
        )

    def no_overlap(self, by: str, start: str, end: str) -> tuple[int, list[Finding]]:
        spans = [
            (row[by], self.value(row, start), number, self.value(row, end) or date.max)
            for number, row in enumerate(self.rows)
            if row[by] is not None and self.value(row, start) is not None
        ]
        found: list[Finding] = []
        for whose, begins, number, _ in spans:
            before = [each for each in spans if each[0] == whose and (each[1], each[2]) < (begins, number)]
            if any(ends > begins for *_, ends in before):
                found.append(number)
        return len(spans), found

    def vanished(self, key: Sequence[str], date: str) -> tuple[int, list[Finding]]:
        period = self.world.period
        assert period
        days = [(row, self.value(row, date)) for row in self.earlier]
        before = [key for _, key in self._keyed([row for row, day in days if day is not None and day in period], key)]
        now = {own for _, own in self._keyed(self.rows, key)}
        return len(before), ["/".join(map(str, own)) for own in before if own not in now]

    def went_backwards(
        self, of: str, field: str, words: Sequence[str], back: Sequence[str]
    ) -> tuple[int, list[Finding]]:
        had = {row[of] for row in self.earlier if row[field] in words and row[of] is not None}
        has = {row[of] for row in self.rows if row[field] in [*words, *back]}
        other = self.world.declared[self.table.field_named(of).refers_to]
        sent = {row[other.key[-1]] for row in self.world.rows[other.name]}
        return len(had & sent), [str(whose) for whose in (had & sent) - has]

    def unchanged(self, key: Sequence[str]) -> tuple[int, list[Finding]]:
        applies, found = 0, list[Finding]()
        for number, row in enumerate(self.rows):
            said = [earlier[self.name] for earlier in self.earlier if _same(row, key, earlier, key)]
            said = [each for each in said if each is not None]
            if row[self.name] is None or not said:
                continue
            applies += 1
            if {row[self.name]} != set(said):
                found.append(number)
        return applies, found

    def arrived_late(self, key: Sequence[str]) -> tuple[int, list[Finding]]:
        period = self.world.period
        assert period
        days = [(number, row, self.value(row, self.name)) for number, row in enumerate(self.rows)]
        old = [(number, row) for number, row, day in days if day is not None and day < period.first_day]
        old = [(number, row) for number, row in old if all(row[name] is not None for name in key)]
        return len(old), [
            number for number, row in old if not any(_same(row, key, earlier, key) for earlier in self.earlier)
        ]

    def changes_by_more_than(self, by: str, percent: str, at_least: str, sum_of: str = "") -> tuple[int, list[Finding]]:
        now, before = Counter[str](), Counter[str]()
        for counted, rows in ((now, self.rows), (before, self.earlier)):
            for row in rows:
                if (whose := row[by]) is not None:
                    counted[whose] += (self.value(row, sum_of) or 0) if sum_of else 1
            counted.update({whose: min(count, HIGHEST) - count for whose, count in counted.items()})
        expected = {
            whose: before[whose] * _months(self.world.period) / _months(self.world.previous_period)
            for whose in {*now, *before}
        }
        change = {whose: abs(now[whose] - count) for whose, count in expected.items()}
        jumps = [
            str(whose)
            for whose, count in expected.items()
            if change[whose] >= int(at_least) and change[whose] * 100 > count * int(percent)
        ]
        return len(expected), list(jumps)

    def growing_share(
        self, points: str, at_least: str, total: str = "", words: Sequence[str] = ()
    ) -> tuple[int, list[Finding]]:
        def part(rows: Sequence[Row]) -> tuple[int, int]:
            if total:
                part, whole = (sum(self.value(row, name) or 0 for row in rows) for name in (self.name, total))
                return min(part, HIGHEST), min(whole, HIGHEST)
            return sum(row[self.name] in [None, *NOT_KNOWN, *words] for row in rows), len(rows)

        (now, of_now), (before, of_before) = part(self.rows), part(self.earlier)
        enough = min(of_now, of_before) >= int(at_least)
        grew = enough and now * 100 / of_now - before * 100 / of_before > int(points)
        return of_now, [self.name] if grew else []

    def tables_sent(self) -> tuple[int, list[Finding]]:
        named = [(number, row[self.name]) for number, row in enumerate(self.rows) if row[self.name] is not None]
        absent = {code for code in codelists.codes("records") if code not in self.world.rows}
        return len(named), [
            number for number, text in named if absent & {part.strip(BLANKS) for part in text.split(";")}
        ]

    def at_most_rows(self, rows: str) -> tuple[int, list[Finding]]:
        return len(self.rows), list(range(int(rows), len(self.rows)))


def _same(row: Row, here: Sequence[str], mate: Row, there: Sequence[str]) -> bool:
    """Whether two rows name the same; an empty cell names nothing."""
    named = [row[name] for name in here]
    return None not in named and named == [mate[name] for name in there]


def _months_of(period: Period) -> set[str]:
    days = (period.last_day - period.first_day).days
    return {f"{period.first_day + timedelta(day):%Y-%m}" for day in range(days + 1)}


def _months(period: Period | None) -> int:
    assert period
    return (period.last_day.year - period.first_day.year) * 12 + period.last_day.month - period.first_day.month + 1


def of_many_rows(
    form: str, world: World, table: Table, name: str, told: Mapping[str, Any]
) -> tuple[int, list[Finding]]:
    """To how many rows a rule of a form applies, and what it finds."""
    applies, found = getattr(ManyRows(world, table, name), form)(**told)
    return applies, found
