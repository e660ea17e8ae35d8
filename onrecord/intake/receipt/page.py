"""The receipt as one page that opens from a folder: its style is inside, and it asks nobody for anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment

from onrecord.intake.check import ERRORED, FAILED, NOT_APPLICABLE, PASSED, SKIPPED, STATES, Outcome
from onrecord.intake.receipt.data import VERDICTS, Receipt
from onrecord.intake.receipt.words import (
    SENDER_ALONE,
    answer_words,
    balance,
    counted,
    effect_of,
    headline,
    line_in_words,
    made_by,
    next_steps,
    not_followed,
    not_run,
    reason_in_words,
    remedy_of,
    title_of,
    visible,
)
from onrecord.look.charts import Part
from onrecord.look.pages import environment, inlined_style, longdate
from onrecord.standard.findings import Finding
from onrecord.standard.rules import CATEGORIES

FIRST = 20
# Looks that tell apart in black and white: dark is done, dots wait for somebody, pale is beside the matter.
LOOK_OF_STATE = {
    PASSED: "prosecuted",
    FAILED: "live",
    NOT_APPLICABLE: "transferred",
    SKIPPED: "not_a_crime",
    ERRORED: "no_result_stated",
}
LOOK_OF_PLACE = {"accepted": "prosecuted", "held": "live", "out of scope": "transferred"}
ADDRESS = (("File", "file"), ("Sheet", "sheet"), ("Row", "row"))


def as_page(receipt: Receipt) -> bytes:
    """The receipt as an HTML file."""
    shows = _shown(
        {
            **_counts(receipt),
            **_critical(receipt),
            **_rules(receipt),
            **_rest(receipt),
            "made_by": made_by(receipt),
            "private": SENDER_ALONE,
        }
    )
    page = _environment().get_template("receipt/receipt.html.jinja").render(**shows, style=inlined_style())
    return page.encode()


@cache
def _environment() -> Environment:
    return environment()


def _shown(value: Any) -> Any:
    """The same values, every text in them made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {key: _shown(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    return value


def _counts(receipt: Receipt) -> dict[str, Any]:
    places = {
        "accepted": receipt.accepted,
        "held": sum(receipt.held.values()),
        "out of scope": sum(receipt.out_of_scope.values()),
    }
    rows: list[list[str | int]] = [
        [name, each.received, each.accepted, sum(each.held.values()), sum(each.out_of_scope.values())]
        for name, each in receipt.by_record.items()
    ]
    elsewhere = receipt.received - sum(each.received for each in receipt.by_record.values())
    if rows and elsewhere:
        rows.append(["no record of the standard", elsewhere, 0, 0, elsewhere])
    return {
        "title": headline(receipt),
        "verdict": receipt.verdict,
        "verdict_says": _sentence(VERDICTS[receipt.verdict]),
        "steps": next_steps(receipt),
        "balance": balance(receipt).rstrip("."),
        "balance_bar": [Part(name, name, count, LOOK_OF_PLACE[name]) for name, count in places.items()]
        if receipt.received
        else [],
        "by_record": {
            "head": ["Record", "Received", "Accepted", "Held", "Out of scope"],
            "rows": rows,
            "foot": [["all", receipt.received, *places.values()]],
        },
        "reasons": [
            *_reasons("held", "held_reasons", receipt.held),
            *_reasons("out of scope", "out_of_scope_reasons", receipt.out_of_scope),
        ],
    }


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _reasons(place: str, kind: str, reasons: Mapping[str, int]) -> list[list[Any]]:
    return [
        [count, place, reason_in_words(kind, key), _sentence(remedy_of(key).rstrip("."))]
        for key, count in reasons.items()
    ]


def _critical(receipt: Receipt) -> dict[str, Any]:
    return {
        "moved": [
            [line_in_words(moved), moved.without, moved.with_held, f"{moved.with_held - moved.without:+,}"]
            for moved in receipt.moved
        ],
        "not_followed": not_followed(receipt),
        "critical": [
            [touched.rule, touched.severity, f"{touched.findings:,}", effect_of(touched), ", ".join(touched.measures)]
            for touched in receipt.critical
        ],
    }


# ---------------------------------------------------------------- the rules


def _rules(receipt: Receipt) -> dict[str, Any]:
    states = receipt.states
    failed = receipt.failed
    title = f"{len(failed):,} of {counted(len(receipt.outcomes), 'rule')} failed" if failed else "No rule failed"
    return {
        "rules_title": title if receipt.outcomes else "No rules were run",
        "rule_count": len(receipt.outcomes),
        "state_bar": [Part(state, state, count, LOOK_OF_STATE[state]) for state, count in states.items()],
        "state_rows": [
            {"cells": [state, count, _sentence(STATES[state])], "part": Part(state, state, count, LOOK_OF_STATE[state])}
            for state, count in states.items()
        ]
        if receipt.outcomes
        else [],
        "rules": [_rule(outcome, receipt.findings_by(outcome.rule.code)) for outcome in failed],
    }


def _rule(outcome: Outcome, found: Sequence[Finding]) -> dict[str, Any]:
    rule = outcome.rule
    head, rows = _listed(found)
    more = outcome.fails - len(found)
    return {
        "code": rule.code,
        "version": rule.version,
        "severity": rule.severity,
        "category": CATEGORIES[rule.category],
        "title": title_of(rule),
        "found": counted(outcome.fails, "finding"),
        "about": [
            ("What to do", rule.remedy),
            ("When it may be wrong", rule.false_positives),
            ("Column", found[0].address.column if found else rule.field),
            ("Looked at", counted(outcome.applies, "row")),
            ("Moves", ", ".join(rule.moves)),
            ("Why it is asked", rule.citation),
        ],
        "head": head,
        "rows": rows[:FIRST],
        "further": rows[FIRST:],
        "more": f"{more:,} more, in the findings file: 'onrecord check … --findings findings.csv' writes all of them."
        if more > 0
        else "",
    }


def _listed(found: Sequence[Finding]) -> tuple[list[str], list[list[str]]]:
    """Findings as a table, without the columns in which none of them has anything."""
    columns: dict[str, list[str]] = {
        "Record": [f"{finding.record} {finding.key}" if finding.key.strip("/") else finding.record for finding in found]
    }
    for word, name in ADDRESS:
        written = [getattr(finding.address, name) for finding in found]
        columns[word] = ["" if each is None else str(each) for each in written]
    columns["Value"] = [finding.value or "" for finding in found]
    columns["What is wrong"] = [finding.sentence for finding in found]
    kept = {word: cells for word, cells in columns.items() if any(cells)}
    return list(kept), [list(row) for row in zip(*kept.values(), strict=True)]


# ---------------------------------------------------------------- the rest


def _rest(receipt: Receipt) -> dict[str, Any]:
    groups = not_run(receipt)
    return {
        "not_run": [[len(group.codes), group.state, group.why] for group in groups],
        "not_run_codes": [(f"{group.state}, {group.why}", ", ".join(group.codes)) for group in groups],
        "held_rows": _held_rows(receipt),
        "notes": receipt.all_notes,
        "answered": [answer_words(each) for each in receipt.answered],
        "covers": [
            ("Files", ", ".join(receipt.files)),
            ("Received", f"{_day(receipt.first_day)} to {_day(receipt.last_day)}" if receipt.first_day else ""),
            ("As at", f"{_day(receipt.as_at)} ({receipt.as_at_says})"),
            ("Rows that can be taken in", ", ".join(f"{name} {count:,}" for name, count in receipt.records.items())),
            ("The ledger counts by", receipt.unit),
        ],
        "coverage": [
            [each.agency, each.state, each.first_month or "not stated", each.last_month or "not stated", each.months]
            for each in receipt.covers
        ],
    }


def _held_rows(receipt: Receipt) -> dict[str, Any]:
    held, listed = sum(receipt.held.values()), len(receipt.held_rows)
    says = f"The {counted(held, 'held row')}" if listed >= held else f"The first {listed:,} of {held:,} held rows"
    rows = [[row.file, row.row, reason_in_words("held_reasons", row.reason)] for row in receipt.held_rows]
    return {"says": says, "rows": rows}


def _day(day: str | None) -> str:
    return longdate(day) if day else "not stated"
