"""What a rule asks of other rows: of all that share a key with a row, one answer.

Rules ask in words (:class:`Question`). All questions about one record by one key are answered by one pass over it,
and the answers are laid beside the rows that ask: a rule over several rows is then a rule over one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from onrecord.intake.check.conditions import holds
from onrecord.intake.check.values import Sent, View

Conditions = Mapping[str, Mapping[str, Any]]
Asks = Literal["exists", "shared", "rows", "earliest", "latest", "least text", "most text"]
ANSWER, KEY = "answer_", "key_"


@dataclass(frozen=True)
class Question:
    """One thing to know of the rows of a record that share a key with the row that asks.

    Attributes:
        other: the record.
        here: the fields of the asking row that make the key; none for all rows of the record.
        there: the fields of the other record that make it.
        asks: ``exists``: whether there is any; ``shared``: whether there are several; ``rows``: how many;
            ``earliest``, ``latest``: the day of ``field``; ``least text``, ``most text``: the first ``signs`` signs of
            ``field``, where it can be read.
        field: the field asked about.
        signs: how many signs of its text.
        where: conditions on the other rows.
        only_if: conditions on the asking row: without them its answer is never looked at.
    """

    other: str
    here: tuple[str, ...]
    there: tuple[str, ...]
    asks: Asks
    field: str = ""
    signs: int = 0
    where: Conditions | None = None
    only_if: Conditions | None = None

    @property
    def words(self) -> str:
        """What is asked, so that what several rules ask is answered once."""
        asked = [self.other, self.here, self.there, self.asks, self.field, self.signs, self.where]
        return json.dumps(asked, default=list)


class Lookups:
    """The questions of a record's rules: gathered first, answered together, then read beside the rows.

    Attributes:
        sent: everything that was sent.
        view: the rows that ask.
        asks: how many times anything was asked.
    """

    def __init__(self, sent: Sent, view: View) -> None:
        self.sent = sent
        self.view = view
        self._asked: dict[str, list[Question]] = {}
        self.asks = 0
        self._answered: ir.Table | None = None

    def ask(self, question: Question) -> ir.Value:
        """The answer as an expression over the rows; null while questions are still gathered.

        Raises:
            MissingInput: the table, or a column that the question needs, was not sent.
        """
        self.asks += 1
        if self._answered is not None:
            return self._answered[f"{ANSWER}{list(self._asked).index(question.words)}"]
        # What the question needs and was not sent comes out here, while it can still be left unasked.
        answer = _answer(self.sent.view(question.other), question)
        _key_of(self.view, question.here)
        if question.only_if:
            holds(self.view, question.only_if)
        self._asked.setdefault(question.words, []).append(question)
        return ibis.null(answer.type())

    def answered(self, known: Mapping[str, ir.Value]) -> View:
        """The rows with what is known of each without an answer, and with the answers to all questions gathered.

        Further calls of :meth:`ask` read them.
        """
        rows = self.view.rows.mutate(**known)
        for number, asked in enumerate(self._by_key()):
            rows = self._beside(rows, asked, number)
        self._answered = rows
        return self.view.of(rows)

    def _by_key(self) -> list[dict[int, list[Question]]]:
        """The questions by record and key: number to those who ask it. Shared keys are few, and found apart."""
        found: dict[tuple[Any, ...], dict[int, list[Question]]] = {}
        for number, askers in enumerate(self._asked.values()):
            first = askers[0]
            key = (first.other, first.here, first.there, first.asks == "shared")
            found.setdefault(key, {})[number] = askers
        return list(found.values())

    def _beside(self, rows: ir.Table, asked: Mapping[int, Sequence[Question]], number: int) -> ir.Table:
        """The rows with the answers to questions of one record and key."""
        first = next(iter(asked.values()))[0]
        names = [f"{KEY}{number}_{place}" for place in range(len(first.there))]
        other = self._looked_at(asked, first)
        answers = {f"{ANSWER}{each}": _answer(other, askers[0]) for each, askers in asked.items()}
        if not names:
            return rows.cross_join(other.rows.agg(**answers))
        keyed = other.rows.group_by(**dict(zip(names, _key_of(other, first.there), strict=True)))
        if first.asks == "shared":
            keyed = keyed.having(other.rows.count() > 1)
        found = keyed.agg(**answers)
        here = _key_of(self.view.of(rows), first.here)
        return rows.left_join(found, [key == found[name] for key, name in zip(here, names, strict=True)]).drop(*names)

    def _looked_at(self, asked: Mapping[int, Sequence[Question]], first: Question) -> View:
        """The rows of the other record that can matter to any of the questions."""
        other = self.sent.view(first.other)
        rows = other.rows
        if first.there:
            rows = rows.filter(*[key.notnull() for key in _key_of(other, first.there)])
        every = [question for askers in asked.values() for question in askers]
        wheres = [holds(other, question.where) for question in every if question.where]
        if len(wheres) == len(every):
            rows = rows.filter(reduce(or_, wheres))
        asking = self._asking(every, first)
        if first.here and asking is not None:
            keys = {f"asked_{place}": key for place, key in enumerate(_key_of(asking, first.here))}
            named = asking.rows.select(**keys).distinct()
            theirs = _key_of(other.of(rows), first.there)
            rows = rows.semi_join(named, [key == named[name] for key, name in zip(theirs, keys, strict=True)])
        return other.of(rows)

    def _asking(self, every: Sequence[Question], first: Question) -> View | None:
        """The rows that ask, where they are few: on conditions, or because few rows name another of their own record;
        else None."""
        only_ifs = [holds(self.view, question.only_if) for question in every if question.only_if]
        if len(only_ifs) == len(every):
            return self.view.of(self.view.rows.filter(reduce(or_, only_ifs)))
        names_its_own = first.other == self.view.record.name and first.here != first.there
        return self.view if names_its_own else None


def _key_of(view: View, fields: Sequence[str]) -> list[ir.StringValue]:
    return [view.text(name) for name in fields]


def given(view: View, fields: Sequence[str]) -> ir.BooleanValue:
    """Each of the fields is given."""
    return reduce(and_, [view.text(name).notnull() for name in fields], ibis.literal(True))


def _answer(other: View, question: Question) -> ir.Value:
    """The answer over the rows that share a key."""
    where = holds(other, question.where) if question.where else None
    if question.asks in ("exists", "shared"):
        # There is a row beside the asking one only where there is any.
        return other.rows.count() > 0
    if question.asks == "rows":
        return other.rows.count(where=where)
    value = other.value(question.field)
    if question.asks in ("earliest", "latest"):
        return value.min(where=where) if question.asks == "earliest" else value.max(where=where)
    readable = value.notnull() if where is None else where & value.notnull()
    signs = other.text(question.field).left(question.signs)
    return signs.min(where=readable) if question.asks == "least text" else signs.max(where=readable)
