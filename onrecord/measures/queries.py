"""Queries and the answers to them: how many stand open, how many were answered, and by which word.

An answer holds for its return and for the later returns of the same sender in the same layout, as long as the rule
has the same version. A promise to mend holds for its own return alone. Of two answers the one to the very row goes
before the one to the whole rule, and of two to the same the later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.engine import empty_table, table_of
from onrecord.standard.rules import QUERY

PROMISE = "will be mended"
Row = Mapping[str, Any]
ABOUT = ("rule", "rule_version", "record")
OF_AN_ANSWER = ("answer_key", "reason", "return_id", "promised", "findings")
KEYS_SHOWN = 20
NO_ANSWER = {
    "rule": "string",
    "rule_version": "int64",
    "key": "string",
    "reason": "string",
    "return_id": "string",
    "promised": "boolean",
}


def holding(answers: Sequence[Row], return_id: str, earlier: Sequence[str]) -> list[dict[str, Any]]:
    """The answers that hold for a return, with ``promised``: whether one is an earlier promise to mend.

    Args:
        answers: rule, rule_version, key, reason and return_id of the sender's answers, in the order they came.
        return_id: the return.
        earlier: the returns before it.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for answer in answers:
        if answer["return_id"] in (return_id, *earlier):
            carried = answer["return_id"] != return_id
            about = (answer["rule"], answer["rule_version"], answer["key"])
            # What was said of the return itself is not undone by what was said, later, of one before.
            if about not in found or not carried or found[about]["return_id"] != return_id:
                found[about] = {**answer, "promised": carried and answer["reason"] == PROMISE}
    return [{name: answer[name] for name in NO_ANSWER} for answer in found.values()]


def by_answer(findings: ir.Table, answers: Sequence[Row]) -> list[dict[str, Any]]:
    """The queries, counted by rule and by the answer that fits, if one does.

    Args:
        findings: rule, rule_version, severity, record and key of every finding.
        answers: those that hold, from :func:`holding`.

    Returns:
        Rows with rule, rule_version, record, answer_key, reason, return_id, promised and findings; the four of the
        answer are None where nothing was answered.
    """
    fitting = _with_answers(findings, answers).drop("key")
    names = fitting.columns
    counted = fitting.group_by(names).agg(findings=fitting.count())
    return list(counted.order_by(*names).to_pyarrow().to_pylist())


def _with_answers(findings: ir.Table, answers: Sequence[Row]) -> ir.Table:
    """Each query with the answer that fits it: the one to its row, else the one to its rule."""
    queries = findings.filter(findings.severity == QUERY)
    given = table_of(answers).cast(NO_ANSWER) if answers else empty_table(NO_ANSWER)
    own = given.filter(given.key != "").select("rule", "rule_version", "key", **_named("own", given))
    whole = given.filter(given.key == "").select("rule", "rule_version", **_named("whole", given))
    joined = queries.left_join(own, ["rule", "rule_version", "key"])
    joined = joined.drop("rule_right", "rule_version_right", "key_right").left_join(whole, ["rule", "rule_version"])
    return joined.select(
        *ABOUT,
        "key",
        answer_key=ibis.coalesce(joined.own_key, joined.whole_key),
        reason=ibis.coalesce(joined.own_reason, joined.whole_reason),
        return_id=ibis.coalesce(joined.own_return_id, joined.whole_return_id),
        promised=ibis.coalesce(joined.own_promised, joined.whole_promised),
    )


def _named(of: str, given: ir.Table) -> dict[str, ir.Value]:
    return {f"{of}_{name}": given[name] for name in ("key", "reason", "return_id", "promised")}


def is_answered(row: Row) -> bool:
    """Whether a row of :func:`by_answer` was answered; an earlier promise is no answer."""
    return row["reason"] is not None and not row["promised"]


def rate(rows: Sequence[Row]) -> dict[str, Any]:
    """How many queries there are, how many are open, how many were answered, and what share that is."""
    every = sum(row["findings"] for row in rows)
    answered = sum(row["findings"] for row in rows if is_answered(row))
    return {
        "queries": every,
        "open": every - answered,
        "answered": answered,
        "answered_rate": share(answered, every),
    }


def share(answered: int, every: int) -> float | None:
    """What share of the queries was answered; None where there is none."""
    return round(answered / every, 4) if every else None


def by_rule(findings: ir.Table, answers: Sequence[Row]) -> list[dict[str, Any]]:
    """The rules that ask: queries, open and answered of each, the answers, and the first keys that stand open."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in by_answer(findings, answers):
        found.setdefault(tuple(row[name] for name in ABOUT), []).append(row)
    matched = _with_answers(findings, answers)
    return [
        {
            **dict(zip(ABOUT, about, strict=True)),
            **{name: count for name, count in rate(rows).items() if name != "answered_rate"},
            "answers": [{name: row[name] for name in OF_AN_ANSWER} for row in rows if row["reason"] is not None],
            "open_keys": _keys_open(matched, about[0]),
        }
        for about, rows in found.items()
    ]


def _keys_open(matched: ir.Table, rule: str) -> list[str]:
    unanswered = matched.filter(matched.reason.isnull() | matched.promised, matched.rule == rule, matched.key.notnull())
    keys = unanswered.select("key").distinct().order_by("key").limit(KEYS_SHOWN)
    return [row["key"] for row in keys.to_pyarrow().to_pylist()]


def asked(findings: ir.Table, rule: str, key: str = "") -> list[dict[str, Any]]:
    """What a rule found: severity, rule_version and findings, of one row where a key is given."""
    chosen = findings.filter(findings.rule == rule)
    if key:
        chosen = chosen.filter(chosen.key == key)
    counted = chosen.group_by("severity", "rule_version").agg(findings=chosen.count())
    return list(counted.to_pyarrow().to_pylist())
