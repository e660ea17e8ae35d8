"""What a receipt says in words, the same in every form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from onrecord import __version__
from onrecord.intake.check import ERRORED, FAILED, NOT_APPLICABLE, PASSED, SKIPPED, STATES
from onrecord.intake.checked import LEANS
from onrecord.intake.findings import NAMED, Touched
from onrecord.intake.written import EMPTY_ROW, NOT_OF_THE_STANDARD
from onrecord.look.pages import longdate
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.records import RETURN
from onrecord.standard.rules import ERROR, Rule, all_rules

if TYPE_CHECKING:
    from onrecord.intake.check import Outcome
    from onrecord.intake.receipt.data import Answered, Moved, Receipt

# What a terminal, a page or a sheet would obey or could not hold: controls, marks that turn the direction of
# writing, halves of characters.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
LEDGER = "ledger"
# What stands between the record and its column where a column was not sent.
WITHOUT = " was sent without "
REPORT = "report"
# The records that a return is sent for: with none of these accepted, its other rows say nothing.
SENT_FOR = (REPORT, "assessment")
# What a return without any of those can be sent for.
BESIDE = ("ledger_return", "operation")
SENDER_ALONE = "For the sender only: it quotes what you sent."
OTHER_REASONS = {
    LEANS: ("the row belongs to another row that is held", "mend that row, and send the whole return again"),
    NOT_OF_THE_STANDARD: (
        "the file or sheet is no record of the standard",
        "name each file or sheet after its record (report, crime, event, …), or give a mapping",
    ),
    EMPTY_ROW: ("nothing stands in the row", ""),
}
# How the five states are told in one line; the order is that of ``STATES``.
STATE_WORDS = {
    PASSED: "passed",
    FAILED: "failed",
    NOT_APPLICABLE: "not applicable",
    SKIPPED: "skipped",
    ERRORED: "errored",
}


def visible(text: str) -> str:
    """Text with every character that would be obeyed, or cannot be shown, written as an escape."""
    return UNSEEN.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 two digits hold no more


def counted(number: int, one: str, many: str = "") -> str:
    """A number and its word: 1 row, 1,234 rows."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def made_by(receipt: Receipt) -> str:
    """By which version, to which standard, when."""
    made = f"Made by onrecord {__version__}, standard {STANDARD_VERSION}"
    return f"{made}, on {moment(receipt.made_at)}." if receipt.made_at else f"{made}."


def moment(written: str) -> str:
    """A moment as a reader says it: 21 November 2026, 14:03 UTC."""
    when = datetime.fromisoformat(written)
    return f"{longdate(when.date())}, {when:%H:%M} UTC"


# ---------------------------------------------------------------- rules and reasons


def title_of(rule: Rule) -> str:
    """The sentence of a rule with dots in place of values."""
    return NAMED.sub("…", rule.says)


def reason_in_words(kind: str, key: str) -> str:
    """Why rows are held or out of scope; a rule is named, and says what it says.

    Args:
        kind: the code list of such reasons.
        key: the reason.
    """
    if key in OTHER_REASONS:
        return OTHER_REASONS[key][0]
    rule = _rules().get(key)
    return f"{key}: {title_of(rule)}" if rule else codelists.labels(kind).get(key, key)


def remedy_of(key: str) -> str:
    """What to do about rows that are held or out of scope; empty where there is nothing to do."""
    if key in OTHER_REASONS:
        return OTHER_REASONS[key][1]
    rule = _rules().get(key)
    return rule.remedy if rule else codelists.labels("held_reasons", "key", "remedy").get(key, "")


@cache
def _rules() -> dict[str, Rule]:
    return {rule.code: rule for rule in all_rules()}


# ---------------------------------------------------------------- the counts


def headline(receipt: Receipt) -> str:
    """The finding of the receipt in one sentence."""
    held, row = sum(receipt.held.values()), receipt.counted_row
    if receipt.errored:
        return "Not judged: a rule could not be run, which is our fault and not yours"
    if receipt.is_zero:
        return "There was nothing in the period, says the sender"
    if not receipt.received:
        return f"No {row} was received"
    if not receipt.accepted:
        return f"No {row} of {receipt.received:,} can be accepted"
    return _with_held(receipt, held) if held else _without_held(receipt)


def _with_held(receipt: Receipt, held: int) -> str:
    if receipt.accepts_nothing:
        own = receipt.by_record.get(RETURN.name)
        what = "its row of return" if own and not own.accepted else "every report, or whatever else it is sent for,"
        return f"Nothing can be accepted while {what} is held{_not_read(receipt)}"
    are = "is" if held == 1 else "are"
    return f"{held:,} of {counted(receipt.received, receipt.counted_row)} {are} held{_not_read(receipt)}"


def _without_held(receipt: Receipt) -> str:
    row = receipt.counted_row
    if said := _not_read(receipt):
        return said.removeprefix("; ")
    if receipt.asked:
        return f"Every {row} in scope can be accepted, with {counted(receipt.asked, 'query', 'queries')} to answer"
    return f"Every {row} in scope can be accepted: {receipt.accepted:,} of {receipt.received:,}"


def _not_read(receipt: Receipt) -> str:
    strange, of = receipt.out_of_scope.get(NOT_OF_THE_STANDARD), counted(receipt.received, receipt.counted_row)
    return f"; {strange:,} of {of} were not read: their file is no record of the standard" if strange else ""


def balance(receipt: Receipt) -> str:
    """Received = accepted + held + out of scope."""
    return (
        f"{counted(receipt.received, receipt.counted_row)} received = {receipt.accepted:,} accepted "
        f"+ {sum(receipt.held.values()):,} held + {sum(receipt.out_of_scope.values()):,} out of scope."
    )


def states_in_words(receipt: Receipt) -> str:
    """How many rules ended in which state; together they are all the rules."""
    states = receipt.states
    return " + ".join(f"{states[state]:,} {STATE_WORDS[state]}" for state in STATES)


# ---------------------------------------------------------------- what moves a figure


def touched_in_words(touched: Touched) -> str:
    """A critical rule in a sentence: what was found, what becomes of the rows, how far a figure may be off."""
    about = f", about {counted(touched.reports, touched.unit)}" if touched.reports else ""
    found = f"{touched.rule}: {counted(touched.findings, 'finding')}{about}"
    return f"{found}. {effect_of(touched)} Moves: {', '.join(touched.measures)}."


def effect_of(touched: Touched) -> str:
    """What becomes of the rows of a critical rule, and how far the figures made without them may be off."""
    if touched.severity == ERROR and not touched.holds:
        return (
            "The rows count as they are: this layout is placed by its own rules. Mend it at the source, and send again."
        )
    if touched.severity != ERROR:
        rows = "The rows count as they are"
        return f"{rows}; if they are wrong, {_up_to(touched)}." if touched.reports else f"{rows}."
    if touched.rule.split(".")[0] == REPORT and touched.reports:
        return f"The rows are held: {counted(touched.reports, 'report')} left out of every figure until mended."
    rows = "The rows are held"
    return f"{rows}: once they are mended, {_up_to(touched)}." if touched.reports else f"{rows} until they are mended."


def _up_to(touched: Touched) -> str:
    stands = LEDGER in touched.measures and touched.unit == REPORT
    what = "may stand elsewhere" if stands else "may be counted otherwise"
    return f"up to {counted(touched.reports or 0, touched.unit)} {what}"


def line_in_words(moved: Moved) -> str:
    """A line of a ledger, as its readers know it."""
    return codelists.labels("standings").get(moved.line, moved.line)


def not_followed(receipt: Receipt) -> str:
    """How many held reports are in neither column of the ledger beside; empty where there are none."""
    account = receipt.by_record.get(REPORT)
    held = sum(account.held.values()) if account else 0
    shown = sum(moved.with_held - moved.without for moved in receipt.moved if moved.line == "received")
    if held <= shown:
        return ""
    which = (
        f"{held - shown:,} of the {held:,} held reports"
        if shown
        else f"the {held:,} held reports"
        if held > 1
        else "the held report"
    )
    stands = "it stands" if held - shown == 1 else "they stand"
    return (
        f"{which[0].upper()}{which[1:]} cannot be followed as sent (no day of receipt that can be read, no identifier "
        f"or agency, or one identifier twice), so that no ledger shows where {stands}."
    )


# ---------------------------------------------------------------- what was not run


@dataclass(frozen=True)
class NotRun:
    """Rules that said nothing, for one reason."""

    state: str
    why: str
    codes: tuple[str, ...]


def not_run(receipt: Receipt) -> list[NotRun]:
    """The rules that neither passed nor failed, by reason: errored, then skipped, then not applicable."""
    by_reason: dict[tuple[str, str], list[Outcome]] = {}
    for state in (ERRORED, SKIPPED, NOT_APPLICABLE):
        for outcome in receipt.outcomes:
            if outcome.state == state:
                reason = outcome.why.split(WITHOUT)[0] + WITHOUT if WITHOUT in outcome.why else outcome.why
                by_reason.setdefault((state, reason), []).append(outcome)
    return [
        NotRun(state, _why_together(state, reason, outcomes), tuple(outcome.rule.code for outcome in outcomes))
        for (state, reason), outcomes in by_reason.items()
    ]


def _why_together(state: str, reason: str, outcomes: Sequence[Outcome]) -> str:
    """One reason for several rules: the columns that one record lacks are named together."""
    if not reason.endswith(WITHOUT):
        return why_not(state, reason)
    columns = dict.fromkeys(outcome.why.split(WITHOUT, 1)[1] for outcome in outcomes)
    return why_not(state, f"{reason}{', '.join(columns)}")


def why_not(state: str, why: str) -> str:
    """Why a rule said nothing."""
    return f"a fault in the rule, not in what you sent ({why})" if state == ERRORED else why or STATES[state]


# ---------------------------------------------------------------- what to do


def next_steps(receipt: Receipt, stored: bool = False) -> list[str]:
    """What the sender does now, in order.

    Args:
        receipt: the receipt.
        stored: whether the return is in a store already.
    """
    steps = [*_mending(receipt), *_refusing(receipt), *_asking(receipt)]
    if not steps and not stored:
        steps = [_handing_in(receipt)]
    return [f"{step[0].upper()}{step[1:]}" for step in steps]


def _handing_in(receipt: Receipt) -> str:
    """What to do where nothing is to be mended."""
    if receipt.would_be_received:
        return (
            "there is nothing to mend. Hand the files in ('onrecord receive'); somebody other than the receiver "
            "accepts them."
        )
    return (
        f"add what a return is sent for ({', '.join((*SENT_FOR, *BESIDE))}), or say in zero_return that there was "
        "nothing. As they are, these files would not be received."
    )


def _refusing(receipt: Receipt) -> Iterator[str]:
    for refusal in receipt.refused:
        yield f"mend what keeps the files from being received. {refusal}"


def _mending(receipt: Receipt) -> Iterator[str]:
    held = sum(receipt.held.values())
    leaning = receipt.held.get(LEANS, 0)
    if receipt.errored:
        codes = ", ".join(outcome.rule.code for outcome in receipt.errored)
        yield f"tell whoever looks after onrecord that it could not run {codes}. Nothing can be accepted until it can."
    elif not receipt.received and not receipt.is_zero:
        yield "look whether these are the right files. A return with nothing to report says so in zero_return."
    if receipt.out_of_scope.get(NOT_OF_THE_STANDARD):
        yield f"look at the files that were not read: {OTHER_REASONS[NOT_OF_THE_STANDARD][1]}."
    if held:
        waiting = f" ({leaning:,} more are held only because they belong to these)" if leaning else ""
        yield (
            f"mend the {counted(held - leaning, 'held ' + receipt.counted_row)}{waiting} in your own records, then "
            "send the whole return again, not the mended rows alone: a report that a later return leaves out counts "
            "as vanished."
        )


def _asking(receipt: Receipt) -> Iterator[str]:
    if receipt.asked:
        asked = counted(receipt.asked, "query", "queries")
        yield f"look at the {asked}: mend what is wrong; where it is right, say why. A query holds nothing back."


def numbered(steps: Sequence[str]) -> list[str]:
    """Steps as lines that begin with Next."""
    if len(steps) == 1:
        return [f"Next: {steps[0]}"]
    return [f"Next, {place}: {step}" for place, step in enumerate(steps, 1)]


def answered_in_words(answered: Answered) -> str:
    """An answer given before, in a sentence: a promise is said to be one."""
    about = f"{answered.rule}, {answered.key}" if answered.key else answered.rule
    found = _found_now_and_then(answered)
    if answered.promised:
        return f"promised in {answered.return_id} to be mended by now, and open again: {about}: {found}"
    reason = codelists.labels("answer_reasons", "code").get(answered.reason, answered.reason)
    return f"answered in {answered.return_id}: {about}: {found}, {reason}"


def _found_now_and_then(answered: Answered) -> str:
    """How many findings an answer answers and, where it is to a whole rule, how many it did when it was given."""
    now = counted(answered.findings, "finding")
    if answered.findings_then in (None, answered.findings):
        return now
    return f"{now} ({answered.findings_then:,} when it was answered)"


def answer_words(answered: Answered) -> list[str]:
    """The same as cells: rule, with how many findings where it is all of the rule's; row, reason, return."""
    reason = codelists.labels("answer_reasons", "code").get(answered.reason, answered.reason)
    promised = " (it was promised to be mended by now, and is open again)" if answered.promised else ""
    about = answered.rule if answered.key else f"{answered.rule}: {_found_now_and_then(answered)}"
    return [about, answered.key, f"{reason}{promised}", answered.return_id]
