"""The forms of rules that look at several rows: rows of one record, of two records, or of two returns.

Each gives where it applies and a table of what fails: ``row`` (null where no row of this return is to blame),
``key`` (what the finding is about, where there is no row) and ``value`` (what was found, where it is not the
field's own value).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from onrecord.intake.check.conditions import rows_that
from onrecord.intake.check.lookups import Conditions, given
from onrecord.intake.check.row_forms import Subject
from onrecord.intake.check.values import ROW, MissingInput, View, not_known_words
from onrecord.standard import codelists
from onrecord.standard.periods import Period, months_between
from onrecord.standard.schema import SEPARATOR

FOUND = ("row", "key", "value")
PERCENT = 100
HIGHEST = 10**15


@dataclass(frozen=True)
class Found:
    """How many rows a rule applies to, and the table of what fails it, with the columns of ``FOUND``."""

    applies: ir.IntegerScalar
    failing: ir.Table


SetForm = Callable[..., Found]


def _of_rows(rows: ir.Table) -> ir.Table:
    """Failing rows that need no more than their number."""
    return rows.select(row=rows[ROW].cast("int64"), key=ibis.null("string"), value=ibis.null("string"))


def _keyed(view: View, fields: Sequence[str], alias: Sequence[str]) -> ir.Table:
    """The number of each row and the texts of some fields, where all are given."""
    texts = {name: view.text(field) for name, field in zip(alias, fields, strict=True)}
    return view.rows.filter(given(view, fields)).select(ROW, **texts)


def _names(fields: Sequence[str]) -> list[str]:
    return [f"key_{place}" for place in range(len(fields))]


def age_agrees(subject: Subject, born: Sequence[str], day: Sequence[str], years: str) -> Found:
    """An age agrees, but for some ``years``, with a month of birth and a day: record, key and field of each."""
    view = subject.view
    # Not as whole numbers: twelve times the highest that can be written is none.
    ages = view.rows.filter(subject.value >= 0).select(
        ROW, age=subject.value.cast("float64"), birth_key=view.text(born[1]), day_key=view.text(day[1])
    )
    births, days = subject.sent.view(born[0]), subject.sent.view(day[0])
    month, when = births.value(born[2]), days.value(day[2])
    births_by = births.rows.select(
        birth_key=births.text(born[1]), months_to=month.substr(0, 4).cast("int64") * 12 + month.substr(5).cast("int64")
    )
    days_by = days.rows.select(day_key=days.text(day[1]), months=when.year().cast("int64") * 12 + when.month())
    all_three = ages.inner_join(births_by, "birth_key").inner_join(days_by, "day_key")
    lived = all_three.mutate(months=all_three.months - all_three.months_to).filter(lambda row: row.months.notnull())
    spare = int(years) * 12
    wrong = (lived.months < lived.age * 12 - spare) | (lived.months > lived.age * 12 + 12 + spare)
    return Found(lived[ROW].nunique(), _of_rows(lived.filter(wrong).select(ROW).distinct()))


def rows_dated_in(
    subject: Subject, other: str, date: str, rows: str, month: str = "", only_if: Conditions | None = None
) -> Found:
    """The period, or each ``month`` of it in which ``only_if`` holds in every row, has rows of another record (``rows:
    some``), or has none."""
    period, view, sent = _period_of(subject), subject.view, subject.sent.view(other)
    said = view.rows
    if month:
        said = said.filter(view.value(month).between(f"{period.first_day:%Y-%m}", f"{period.last_day:%Y-%m}"))
    said = said.select(ROW, when=view.text(month) if month else ibis.literal(""))
    so = said.semi_join(rows_that(view, only_if).rows.select(ROW), ROW)
    claimed = so.anti_join(said.anti_join(so.select(ROW), ROW).select("when"), "when")
    day = sent.value(date)
    dated = sent.rows.filter((day >= period.first_day) & (day <= period.last_day))
    found = dated.select(when=day.cast("string").substr(0, 7 if month else 0))
    wrong = claimed.semi_join(found, "when") if rows == "none" else claimed.anti_join(found, "when")
    return Found(claimed.count(), _of_rows(wrong))


def every_month(subject: Subject, by: str) -> Found:
    """Each ``by`` has every month of the period; one that has none at all is not known here."""
    period = _period_of(subject)
    months = months_between(period.first_day, period.last_day)
    view = subject.view
    rows = view.rows.filter(view.text(by).notnull(), subject.value.notnull())
    there = rows.select(by=view.text(by), month=subject.value).distinct()
    due = there.select("by").distinct().cross_join(ibis.array(months).unnest().name("month").as_table())
    missing = due.anti_join(there, ["by", "month"])
    return Found(due.count(), _about(missing, _joined(missing, ["by", "month"])))


def no_overlap(subject: Subject, by: str, start: str, end: str) -> Found:
    """The spans of one ``by`` do not overlap; a span without an end is still open."""
    view = subject.view
    spans = view.rows.filter(view.text(by).notnull(), view.value(start).notnull()).select(
        ROW, by=view.text(by), begins=view.value(start), ends=ibis.coalesce(view.value(end), date(9999, 12, 31))
    )
    # The latest end of all spans before, for a long one may reach over several.
    before = ibis.window(group_by="by", order_by=["begins", ROW], rows=(None, -1))
    following = spans.mutate(ended=spans.ends.max().over(before))
    return Found(spans.count(), _of_rows(following.filter(following.begins < following.ended)))


def vanished(subject: Subject, key: Sequence[str], date: str) -> Found:
    """What an earlier return held, of days that this return covers too, is in this return."""
    period = _period_of(subject)
    earlier = subject.sent.before(subject.view.record.name)
    names = _names(key)
    day = earlier.value(date)
    held = earlier.of(earlier.rows.filter((day >= period.first_day) & (day <= period.last_day)))
    before, now = _keyed(held, key, names), _keyed(subject.view, key, names)
    gone = before.anti_join(now, names)
    return Found(before.count(), _about(gone, _joined(gone, names)))


def _period_of(subject: Subject) -> Period:
    if subject.sent.period is None:
        raise MissingInput("the period of the return is not known")
    return subject.sent.period


def _about(rows: ir.Table, key: ir.StringValue, value: ir.StringValue | None = None) -> ir.Table:
    """Findings about something that no row of this return holds."""
    return rows.select(row=ibis.null("int64"), key=key, value=ibis.null("string") if value is None else value)


def _joined(rows: ir.Table, names: Sequence[str]) -> ir.StringValue:
    return ibis.literal("/").join([rows[name] for name in names])


def went_backwards(subject: Subject, of: str, field: str, words: Sequence[str], back: Sequence[str]) -> Found:
    """What had one of ``words`` in the earlier return, and is here too, has one still, or a row that takes it back."""
    now, before = subject.view, subject.sent.before(subject.view.record.name)
    whose = ["whose"]
    had = _keyed(before.of(before.rows.filter(before.text(field).isin(list(words)))), [of], whose)
    has = now.rows.filter(now.text(field).isin([*words, *back]))
    still = _keyed(now.of(has), [of], whose)
    sent = subject.sent.view(_record_of(now, of))
    known = _keyed(sent, [sent.record.key[-1]], whose)
    candidates = had.select("whose").distinct().semi_join(known, "whose")
    lost = candidates.anti_join(still, "whose")
    return Found(candidates.count(), _about(lost, lost.whose))


def _record_of(view: View, field: str) -> str:
    return view.record.field_named(field).refers_to


def unchanged(subject: Subject, key: Sequence[str]) -> Found:
    """What an earlier return said in this field, of the same row, this one says as well."""
    names = _names(key)
    before = _keyed(subject.sent.before(subject.view.record.name), [*key, subject.field], [*names, "before"])
    both = _keyed(subject.view, [*key, subject.field], [*names, "now"]).inner_join(before.drop(ROW), names)
    other = both.filter(both.now != both.before).group_by([ROW, "now"]).agg(before=lambda row: row.before.min())
    value = other.before + " → " + other.now
    return Found(both[ROW].nunique(), other.select(row=other[ROW].cast("int64"), key=ibis.null("string"), value=value))


def arrived_late(subject: Subject, key: Sequence[str]) -> Found:
    """What is dated before the period stood in the return before."""
    view, names = subject.view, _names(key)
    rows = _keyed(view.of(view.rows.filter(subject.value < _period_of(subject).first_day)), key, names)
    before = _keyed(subject.sent.before(view.record.name), key, names)
    return Found(rows.count(), _of_rows(rows.anti_join(before, names)))


def changes_by_more_than(subject: Subject, by: str, percent: str, at_least: str, sum_of: str = "") -> Found:
    """The rows a month of each ``by``, or the sum of a count, do not jump from one return to the next."""
    earlier = subject.sent.before(subject.view.record.name)
    months_before = _months(subject.sent.previous_period)
    now, before = _counted(subject.view, by, sum_of), _counted(earlier, by, sum_of)
    both = now.outer_join(before, "by").select(
        by=ibis.coalesce(now.by, before.by), now=now.rows.fill_null(0), before=before.rows.fill_null(0)
    )
    # Two returns of different length are compared by what a month brought.
    expected = both.before * _months(subject.sent.period) / months_before
    change = (both.now - expected).abs()
    jumps = both.mutate(expected=expected).filter(
        (change >= int(at_least)) & (change * PERCENT > expected * int(percent))
    )
    value = jumps.before.cast("string") + " → " + jumps.now.cast("string")
    return Found(both.count(), _about(jumps, jumps.by, value))


def _counted(view: View, by: str, sum_of: str) -> ir.Table:
    return (
        view.rows.select(by=view.text(by), counts=view.value(sum_of) if sum_of else ibis.literal(1, "int64"))
        .filter(lambda row: row.by.notnull())
        .group_by("by")
        .agg(rows=lambda row: _sum(row.counts))
    )


def _sum(counts: ir.IntegerColumn) -> ir.IntegerScalar:
    """A sum that can still be multiplied: what is beyond ``HIGHEST`` counts as that."""
    return counts.sum().clip(-HIGHEST, HIGHEST).fill_null(0).cast("int64")


def _months(period: Period | None) -> int:
    if period is None:
        raise MissingInput("the periods of the two returns are not known")
    first, last = period.first_day, period.last_day
    return (last.year - first.year) * 12 + last.month - first.month + 1


def growing_share(subject: Subject, points: str, at_least: str, total: str = "", words: Sequence[str] = ()) -> Found:
    """A share does not grow by ``points``: of rows in which the field is empty, one of the four not-known words or
    one of ``words``, or of the field, a count, in the count ``total``."""
    earlier = subject.sent.before(subject.view.record.name)
    now, before = (_part(view, subject.field, total, words) for view in (subject.view, earlier))
    both = now.cross_join(before.rename(rows_before="rows", unknown_before="unknown"))
    share, share_before = both.unknown * PERCENT / both.rows, both.unknown_before * PERCENT / both.rows_before
    grew = both.mutate(share=share, share_before=share_before).filter(
        (both.rows >= int(at_least)) & (both.rows_before >= int(at_least)) & (share - share_before > int(points))
    )
    value = _rounded(grew.share_before) + " % → " + _rounded(grew.share) + " %"
    return Found(both.rows.sum().fill_null(0), _about(grew, ibis.literal(subject.field), value))


def _part(view: View, field: str, total: str, words: Sequence[str]) -> ir.Table:
    if total:
        sums = {"rows": view.value(total), "unknown": view.value(field)}
        return view.rows.agg(**{name: _sum(value) for name, value in sums.items()})
    written = view.text(field)
    missing = written.isnull() | written.isin([*not_known_words(), *words])
    return view.rows.agg(rows=view.rows.count(), unknown=missing.sum().fill_null(0))


def _rounded(value: ir.FloatingValue) -> ir.StringValue:
    return value.round(0).cast("int64").cast("string")


def at_most_rows(subject: Subject, rows: str) -> Found:
    """There are no more rows of this record than that."""
    every = subject.view.rows
    further = every.filter(ibis.row_number().over(ibis.window(order_by=ROW)) >= int(rows))
    return Found(every.count(), _of_rows(further))


def tables_sent(subject: Subject) -> Found:
    """Each record that the row names was sent."""
    rows = subject.view.rows.filter(subject.text.notnull())
    absent = [name for name in codelists.codes("records") if name not in subject.sent.records]
    parts = subject.text.split(SEPARATOR).map(lambda part: part.strip())
    missing = parts.filter(lambda part: part.isin(absent))
    found = rows.filter(missing.length() > 0)
    return Found(
        rows.count(),
        found.select(row=found[ROW].cast("int64"), key=ibis.null("string"), value=ibis.literal(", ").join(missing)),
    )


SET_FORMS: Mapping[str, SetForm] = {
    "age_agrees": age_agrees,
    "rows_dated_in": rows_dated_in,
    "every_month": every_month,
    "no_overlap": no_overlap,
    "vanished": vanished,
    "went_backwards": went_backwards,
    "unchanged": unchanged,
    "arrived_late": arrived_late,
    "changes_by_more_than": changes_by_more_than,
    "growing_share": growing_share,
    "at_most_rows": at_most_rows,
    "tables_sent": tables_sent,
}
