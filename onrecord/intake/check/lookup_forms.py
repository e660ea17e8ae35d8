"""The forms of rules that look at a row and at the rows that share a key with it.

Each asks its questions (:mod:`onrecord.intake.check.lookups`) and gives two expressions over the asking rows, as the
forms of one row do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date as Day  # noqa: N812 - "date" is a word of the rules' files
from functools import reduce
from operator import and_, or_
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.intake.check.conditions import has_one_of, holds
from onrecord.intake.check.lookups import Asks, Conditions, Question, given
from onrecord.intake.check.row_forms import Judged, RowForm, Subject
from onrecord.intake.check.values import MissingInput
from onrecord.standard import codelists

SIGNS_OF_A_DAY = len("2024-01-31")
ALWAYS, NEVER = Day(1, 1, 1), Day(9999, 12, 31)


def unique(subject: Subject, key: Sequence[str]) -> Judged:
    """No two rows have the same key. All rows that share one are found: which is right, nobody can tell here."""
    here = tuple(key)
    shared = subject.ask(Question(subject.view.record.name, here, here, "shared"))
    return Judged(given(subject.view, here), shared.notnull())


def refers_to(
    subject: Subject, other: str, here: Sequence[str], there: Sequence[str], where: Conditions | None = None
) -> Judged:
    """The row named is among the rows sent; with ``where``, among those in which conditions hold."""
    applies = given(subject.view, here)
    if where is None:
        return Judged(applies, subject.ask(Question(other, tuple(here), tuple(there), "exists")).isnull())
    rows = subject.ask(Question(other, tuple(here), tuple(there), "rows", where=where))
    return Judged(applies, rows.fill_null(0) == 0)


def order_across(
    subject: Subject,
    other: str,
    here: Sequence[str],
    there: Sequence[str],
    date: str,
    order: str,
    only_if: Conditions | None = None,
    where: Conditions | None = None,
) -> Judged:
    """A day does not come before (``order: not before``), or not after, a day of the row of another record.

    Of several such rows the earliest, or the latest, counts; without fields ``here``, of all rows. ``only_if`` and
    ``where`` hold conditions on the rows of this record and of the other.
    """
    asks: Asks = "earliest" if order == "not before" else "latest"
    their_day = subject.ask(Question(other, tuple(here), tuple(there), asks, date, where=where, only_if=only_if))
    day = subject.value
    applies = _only_if(subject, only_if) & day.notnull() & their_day.notnull()
    return Judged(applies, day < their_day if order == "not before" else day > their_day)


def _only_if(subject: Subject, conditions: Conditions | None) -> ir.BooleanValue:
    return holds(subject.view, conditions) if conditions else ibis.literal(True)


def is_named_in(
    subject: Subject, here: Sequence[str], any_of: Sequence[Mapping[str, Any]], only_if: Conditions | None = None
) -> Judged:
    """What rows of other records name at all, one of them names under its conditions ``where``."""
    places = [each for each in any_of if each["other"] in subject.sent.records]
    if not places:
        raise MissingInput(f"no table {' or '.join(each['other'] for each in any_of)} was sent")
    at_all, so = [], []
    for each in places:
        about = (each["other"], tuple(here), tuple(each["there"]))
        where = each.get("where")
        names_itself = about == (subject.view.record.name, about[1], about[1])
        exists = ibis.literal(True) if names_itself else subject.ask(
            Question(*about, "exists", only_if=only_if)
        ).notnull()  # fmt: skip
        at_all.append(exists)
        rows = subject.ask(Question(*about, "rows", where=where, only_if=only_if))
        so.append(rows.fill_null(0) > 0)
    applies = given(subject.view, here) & _only_if(subject, only_if) & reduce(or_, at_all)
    return Judged(applies, ~reduce(or_, so))


def is_not_named_in(
    subject: Subject,
    other: str,
    here: Sequence[str],
    there: Sequence[str],
    where: Conditions | None = None,
    only_if: Conditions | None = None,
) -> Judged:
    """No other row of a record, of those that hold the conditions ``where``, names the same."""
    view = subject.view
    rows = subject.ask(Question(other, tuple(here), tuple(there), "rows", where=where, only_if=only_if)).fill_null(0)
    if other == view.record.name:
        rows = rows - _names_itself(subject, here, there, where).cast("int64")
    return Judged(given(view, here) & _only_if(subject, only_if), rows > 0)


def _names_itself(
    subject: Subject, here: Sequence[str], there: Sequence[str], where: Conditions | None
) -> ir.BooleanValue:
    """The row is among those it would name, and does not count."""
    view = subject.view
    same = [(view.text(one) == view.text(other)).fill_null(False) for one, other in zip(here, there, strict=True)]
    return reduce(and_, same) & _only_if(subject, where)


def agrees_with(
    subject: Subject,
    other: str,
    here: Sequence[str],
    there: Sequence[str],
    field: str,
    signs: str = "100",
    only_if: Conditions | None = None,
) -> Judged:
    """The field says the same as a field of the row that is named, by their first ``signs`` signs."""
    # A day is written in one way: two agree where their texts do, and are cheaper to compare.
    are_days = int(signs) >= SIGNS_OF_A_DAY and _are_days(subject, other, field)
    both: tuple[Asks, Asks] = ("earliest", "latest") if are_days else ("least text", "most text")
    about = (other, tuple(here), tuple(there))
    least, most = (subject.ask(Question(*about, asks, field, int(signs), only_if=only_if)) for asks in both)
    said = subject.value if are_days else subject.text.left(int(signs))
    applies = _only_if(subject, only_if) & given(subject.view, here) & subject.value.notnull() & least.notnull()
    return Judged(applies, (said != least) | (said != most))


def _are_days(subject: Subject, other: str, field: str) -> bool:
    theirs = subject.sent.view(other).record
    return subject.view.record.types[subject.field] == theirs.types[field] == "date"


def in_force(
    subject: Subject,
    code_list: str,
    date: str,
    scheme: str = "",
    scheme_field: str = "",
    many: bool = False,
    not_known: bool = False,
) -> Judged:
    """The code was in force at the date of the fact. Only dates that were verified count."""
    view, day = subject.view, subject.view.value(date)
    named = view.text(scheme_field) if scheme_field else None
    out = ibis.literal(False)
    for (whose, begins, ends), codes in _dated(code_list).items():
        if named is None and whose not in ("", scheme):
            continue
        same = has_one_of(subject.text, codes) if many else subject.text.isin(list(codes))
        same = same & ((day < begins) | (day > ends))
        out = out | (same & (named == whose) if named is not None and whose else same)
    return Judged(subject.text.notnull() & day.notnull(), out)


def _dated(code_list: str) -> dict[tuple[str, Day, Day], list[str]]:
    """The codes that begin or end on a verified day, by scheme and by these days."""
    found: dict[tuple[str, Day, Day], list[str]] = {}
    key = codelists.key_column(code_list)
    for row in codelists.load(code_list):
        if row["verified"] == "yes" and (row["valid_from"] or row["valid_to"]):
            begins = Day.fromisoformat(row["valid_from"]) if row["valid_from"] else ALWAYS
            ends = Day.fromisoformat(row["valid_to"]) if row["valid_to"] else NEVER
            found.setdefault((row.get("scheme", ""), begins, ends), []).append(row[key])
    return found


LOOKUP_FORMS: Mapping[str, RowForm] = {
    "unique": unique,
    "refers_to": refers_to,
    "order_across": order_across,
    "is_named_in": is_named_in,
    "is_not_named_in": is_not_named_in,
    "agrees_with": agrees_with,
    "in_force": in_force,
}
