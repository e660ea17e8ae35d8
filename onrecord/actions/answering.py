"""Queries and their answers: what the rules ask of a return, and why it is right as it was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord.actions.words import must_be_named
from onrecord.engine import Engine, open_engine
from onrecord.errors import StoreRefused, WrongWords
from onrecord.measures import queries as asking
from onrecord.settings import Settings, from_environment
from onrecord.standard import codelists
from onrecord.standard.rules import QUERY
from onrecord.store.catalogue import Answer, Return, same_name
from onrecord.store.returns import Store


@dataclass(frozen=True)
class Queries:
    """The queries of one return, and how many of its sender's were answered.

    Attributes:
        entry: the return.
        rules: a row a rule that asks: rule, rule_version, record, queries, open, answered, answers, open_keys.
        here: queries, open, answered and answered_rate of the return.
        of_sender: the same over every return of the sender whose findings the store keeps.
    """

    entry: Return
    rules: tuple[dict[str, Any], ...]
    here: dict[str, Any]
    of_sender: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The queries for a machine."""
        return {
            "return": self.entry.id,
            "sender": self.entry.sender,
            "period": self.entry.period,
            **self.here,
            "of_sender": self.of_sender,
            "rules": list(self.rules),
        }


def queries(store: Path, return_id: str, settings: Settings | None = None) -> Queries:
    """The queries of a return, rule by rule, open or answered.

    Raises:
        StoreRefused: there is no such store or return, or its findings were not kept.
    """
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    entry = opened.find(return_id)
    own = [each for each in opened.all() if _of_one_hand(each, entry)]
    with open_engine(settings) as engine:
        rules = asking.by_rule(_findings_of(engine, opened, entry), _holding(opened, entry, own))
        counted = [
            row
            for each in own
            if "findings" in each.receipt["tables"]
            for row in asking.by_answer(_findings_of(engine, opened, each), _holding(opened, each, own))
        ]
    return Queries(entry, tuple(rules), _sum_of(rules), asking.rate(counted))


def _sum_of(rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    every, answered = sum(row["queries"] for row in rules), sum(row["answered"] for row in rules)
    return {
        "queries": every,
        "open": every - answered,
        "answered": answered,
        "answered_rate": asking.share(answered, every),
    }


def _of_one_hand(one: Return, other: Return) -> bool:
    """Whether two returns are of one sender, in one layout: what was answered in one may hold in the other."""
    return same_name(one.sender, other.sender) and one.adapter == other.adapter


def _holding(store: Store, entry: Return, own: Sequence[Return]) -> list[dict[str, Any]]:
    earlier = [each.id for each in own if each.number < entry.number]
    return asking.holding([answer.__dict__ for answer in store.rows_of("answers")], entry.id, earlier)


def _findings_of(engine: Engine, store: Store, entry: Return) -> ir.Table:
    found = store.read(engine, [entry], "findings")
    if found is None:
        raise StoreRefused(
            f"{entry.id} was received by an earlier version of onrecord, which did not keep findings. Receive it again."
        )
    return found


def answer(
    store: Path, return_id: str, rule: str, reason: str, by: str, key: str = "", settings: Settings | None = None
) -> tuple[Answer, Queries]:
    """Write down why a query is right as it was sent. The answer is carried to the sender's next returns.

    Args:
        store: the store's folder.
        return_id: the return that the query was found in.
        rule: the code of the rule that asks.
        reason: a code of the list ``answer_reasons``.
        by: who says so; declared, not proven.
        key: the identifiers of one row, joined by "/"; "" answers every finding of the rule.
        settings: the choices of this run.

    Returns:
        The answer, and the queries of the return as they now stand.

    Raises:
        StoreRefused: there is no such store or return.
        WrongWords: the rule asks nothing there, or finds errors, which are mended and not answered; or there is no
            such reason.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    if reason not in codelists.codes("answer_reasons"):
        there = ", ".join(f"'{code}'" for code in codelists.codes("answer_reasons"))
        raise WrongWords(f"There is no reason {reason!r}. There are: {there}.")
    opened = Store.open(store, settings)
    entry = opened.find(return_id)
    with open_engine(settings) as engine:
        found = _query_asked(_findings_of(engine, opened, entry), entry, rule, key)
    given = Answer(
        number=0,
        sender=entry.sender,
        adapter=entry.adapter,
        rule=rule,
        rule_version=found["rule_version"],
        key=key,
        reason=reason,
        by=by.strip(),
        at=settings.now.isoformat(timespec="seconds"),
        return_id=entry.id,
    )
    with opened.changing(opened.act("answered", entry.id, by, rule=rule, reason=reason)) as (now, _):
        now.add("answers", given)
    return given, queries(store, return_id, settings)


def _query_asked(findings: ir.Table, entry: Return, rule: str, key: str) -> dict[str, Any]:
    """What a rule asks of a return; a letter where it asks nothing that can be answered."""
    found = asking.asked(findings, rule)
    where = f"'onrecord answer STORE {entry.id}' lists its queries."
    if not found:
        raise WrongWords(f"{entry.id} has no finding of a rule {rule!r}. {where}")
    if found[0]["severity"] != QUERY:
        raise WrongWords(
            f"{rule} is an error: its rows are held until they are mended and sent again. Only queries are answered."
        )
    if key and not asking.asked(findings, rule, key):
        raise WrongWords(f"{rule} asks nothing of a row with the key given with --key. {where}")
    return found[0]
