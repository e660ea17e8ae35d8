"""The receipt as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from onrecord.intake.check import ERRORED
from onrecord.intake.checked import LEANS
from onrecord.intake.receipt.words import (
    SENDER_ALONE,
    answered_in_words,
    balance,
    counted,
    headline,
    line_in_words,
    next_steps,
    not_followed,
    not_run,
    numbered,
    reason_in_words,
    remedy_of,
    states_in_words,
    touched_in_words,
    visible,
)

if TYPE_CHECKING:
    from onrecord.intake.check import Outcome
    from onrecord.intake.receipt.data import Receipt

SHOWN = 3
ROWS_SHOWN = 10
WORDS_SHOWN = 5
NUMBER = 9


def as_lines(receipt: Receipt, stored: bool = False) -> list[str]:
    """The receipt, a line each.

    Args:
        receipt: the receipt.
        stored: whether the return is in a store already; then nobody is told to hand it in.
    """
    # What came over the files as a whole is told first: much of what follows may come of it.
    parts = (_counts, _notes, _critical, _failed_rules, _held_rows, _rest, _about)
    lines = [line for part in parts for line in part(receipt)]
    steps = next_steps(receipt, stored)
    return [visible(line) for line in [*lines, *(["", *numbered(steps)] if steps else [])]]


def in_short(receipt: Receipt) -> list[str]:
    """The verdict, the counts and what to do."""
    return [f"Verdict: {receipt.verdict}. {headline(receipt)}.", balance(receipt), *numbered(next_steps(receipt))]


def _counts(receipt: Receipt) -> Iterator[str]:
    yield f"Verdict: {receipt.verdict}. {headline(receipt)}."
    yield balance(receipt)
    if receipt.by_record:
        rows = [
            (name, f"{account.received:,}", f"{account.accepted:,}", f"{sum(account.held.values()):,}")
            for name, account in receipt.by_record.items()
        ]
        yield from _table(("record", "received", "accepted", "held"), rows)
    yield from _reasons("Held", "held_reasons", receipt.held)
    yield from _reasons("Out of scope", "out_of_scope_reasons", receipt.out_of_scope)
    for body, count in receipt.not_reported.items():
        yield f"  {count:>{NUMBER},}  of the accepted are from {body}, which publishes no outcomes: no ledger"


def _reasons(word: str, kind: str, reasons: Mapping[str, int]) -> Iterator[str]:
    if reasons:
        yield f"{word}:"
    for key, count in reasons.items():
        yield f"  {count:>{NUMBER},}  {reason_in_words(kind, key)}"
        # What to do about a rule stands with the rule, further down.
        if "." not in key and (remedy := remedy_of(key)):
            yield f"  {'':>{NUMBER}}  to do: {remedy}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of counts: the first column words, the others right-aligned."""
    first = max(len(row[0]) for row in [head, *rows])
    wide = [max(NUMBER, *(len(row[place]) for row in [head, *rows])) for place in range(1, len(head))]
    for name, *cells in [head, *rows]:
        yield "  ".join([f"  {name:<{first}}", *(f"{cell:>{width}}" for cell, width in zip(cells, wide, strict=True))])


def _notes(receipt: Receipt) -> Iterator[str]:
    if receipt.all_notes:
        yield ""
    for note in receipt.all_notes:
        yield f"Note: {note}"


def _critical(receipt: Receipt) -> Iterator[str]:
    if not receipt.critical:
        return
    yield ""
    yield "Critical: what moves a published figure, and by how much."
    if receipt.moved:
        head = ("the ledger", "without the held rows", "with them as they stand", "difference")
        rows = [
            (
                line_in_words(moved),
                f"{moved.without:,}",
                f"{moved.with_held:,}",
                f"{moved.with_held - moved.without:+,}",
            )
            for moved in receipt.moved
        ]
        yield from _table(head, rows)
    if said := not_followed(receipt):
        yield f"  {said}"
    for touched in receipt.critical:
        yield f"  {touched.severity}: {touched_in_words(touched)}"


def _failed_rules(receipt: Receipt) -> Iterator[str]:
    if not receipt.outcomes:
        return
    yield ""
    yield f"{counted(len(receipt.outcomes), 'rule')} = {states_in_words(receipt)}."
    for outcome in receipt.failed:
        yield from _failed_rule(receipt, outcome)


def _failed_rule(receipt: Receipt, outcome: Outcome) -> Iterator[str]:
    rule, found = outcome.rule, receipt.findings_by(outcome.rule.code)[:SHOWN]
    yield ""
    yield f"{rule.severity}: {rule.code}, {counted(outcome.fails, 'finding')}"
    for finding in found:
        key = f" ({rule.record} {finding.key})" if finding.key.strip("/") else ""
        yield f"    {finding.address}{key}: {finding.sentence}"
    if outcome.fails > len(found):
        yield f"    … and {outcome.fails - len(found):,} more"
    yield f"    To do: {rule.remedy}"
    yield f"    Why it is asked: {rule.citation}"
    if rule.false_positives:
        yield f"    It may be wrong: {rule.false_positives}"


def _held_rows(receipt: Receipt) -> Iterator[str]:
    """Where held rows stand that no rule names, those aside that wait for another row."""
    shown = [held for held in receipt.held_rows if "." not in held.reason and held.reason != LEANS]
    if not shown:
        return
    yield ""
    for held in shown[:ROWS_SHOWN]:
        yield f"  held  {held.file}, row {held.row}: {reason_in_words('held_reasons', held.reason)}"
    more = sum(count for key, count in receipt.held.items() if "." not in key and key != LEANS) - min(
        len(shown), ROWS_SHOWN
    )
    if more > 0:
        yield f"  held  … and {more:,} more"


def _rest(receipt: Receipt) -> Iterator[str]:
    groups = not_run(receipt)
    if groups:
        yield ""
        yield "Not run, or with nothing to look at:"
    for group in groups:
        named = f": {', '.join(group.codes)}" if group.state == ERRORED else ""
        yield f"  {len(group.codes):>{NUMBER},}  {group.state}: {group.why}{named}"


def _about(receipt: Receipt) -> Iterator[str]:
    yield ""
    made = ", ".join(f"{name} {count:,}" for name, count in receipt.records.items())
    yield f"Rows that can be taken in: {made or 'none'}. The ledger counts by {receipt.unit}."
    if receipt.first_day:
        yield f"Received from {receipt.first_day} to {receipt.last_day}."
    yield f"As at {receipt.as_at} ({receipt.as_at_says})."
    for covered in receipt.covers[:WORDS_SHOWN]:
        months = f"{covered.first_month or 'not stated'} to {covered.last_month or 'not stated'}"
        yield f"Covers: {covered.agency}, {months} ({counted(covered.months, 'month')}): {covered.state}."
    if len(receipt.covers) > WORDS_SHOWN:
        yield f"Covers: … and {len(receipt.covers) - WORDS_SHOWN:,} more lines of agency and state."
    if any(receipt.queries.values()):
        yield f"{counted(receipt.queries['open'], 'query', 'queries')} open, {receipt.queries['answered']:,} answered."
    for answered in receipt.answered:
        yield f"  {answered_in_words(answered)}"
    yield SENDER_ALONE
