"""What a receipt holds, and how it is made of what was judged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from onrecord import __version__
from onrecord.intake.check import ERRORED, FAILED, STATES, Outcome
from onrecord.intake.check.row_forms import SHORTENED
from onrecord.intake.checked import Checked
from onrecord.intake.findings import Touched, findings_of
from onrecord.intake.receipt.text import as_lines, in_short
from onrecord.intake.receipt.words import BESIDE, LEDGER, SENT_FOR
from onrecord.intake.rows import Account, Held, Rows
from onrecord.standard import STANDARD_VERSION
from onrecord.standard.findings import Finding
from onrecord.standard.records import DECLARATION, RETURN
from onrecord.standard.rules import ERROR, QUERY

ACCEPTABLE = "acceptable"
ACCEPTABLE_WITH_HELD = "acceptable, with held rows"
NOTHING_ACCEPTED = "nothing to accept"
NOT_JUDGED = "not judged: a rule could not be run"
ZERO_RETURN = "acceptable, a zero return"
# What each verdict means, for the page that explains them.
VERDICTS = {
    ACCEPTABLE: "every row in scope can be accepted",
    ACCEPTABLE_WITH_HELD: "the good rows can be accepted; held rows wait until they are mended and sent again",
    ZERO_RETURN: "the sender says that there was nothing in the period: a true zero",
    NOTHING_ACCEPTED: "no report or assessment of this return can be accepted",
    NOT_JUDGED: "a rule could not be run; that is a fault in the rule, and nothing can be accepted until it is mended",
}
FINDINGS_A_RULE = 1000
COVERED_SHOWN = 500


@dataclass(frozen=True)
class Moved:
    """By how much the held rows move a figure: what it is without them, and what it would be with them.

    Attributes:
        measure: the measure.
        line: which line of it ("received", a standing).
        without: the count made of the accepted rows.
        with_held: the count if every held row could be accepted as it stands.
    """

    measure: str
    line: str
    without: int
    with_held: int


@dataclass(frozen=True)
class Answered:
    """Queries that the sender answered before: for which rule and row, with which reason, in which return.

    Attributes:
        rule: the rule.
        key: the identifiers of the row; "" for every finding of the rule.
        reason: a code of ``answer_reasons``.
        return_id: the return that it was answered for.
        findings: how many findings of this return it answers.
        promised: whether the sender promised to mend them by now: they stand open again.
        findings_then: of an answer to a whole rule, how many findings of the return it was given for it answered:
            whoever reads it sees whether it answers more than was looked at. None where that is not known.
    """

    rule: str
    key: str
    reason: str
    return_id: str
    findings: int = 1
    promised: bool = False
    findings_then: int | None = None


@dataclass(frozen=True)
class Covered:
    """The months of one agency that a return speaks for in one way.

    Attributes:
        agency: its name, or its identifier where it is in no list.
        state: reported, zero return, not reported or not stated.
        first_month, last_month: YYYY-MM; None where the source does not say.
        months: how many.
    """

    agency: str
    state: str
    first_month: str | None
    last_month: str | None
    months: int


@dataclass(frozen=True)
class Receipt:
    """What a sender is told.

    Attributes:
        verdict: a key of ``VERDICTS``.
        received, accepted: rows.
        held, out_of_scope: reason key to rows; received = accepted + held + out of scope.
        not_reported: body to accepted rows that can have no ledger.
        by_record: record name to its own account.
        records: record name to the standard rows made.
        unit, counted_row: what the ledger will count, and what a row received is called.
        first_day, last_day, as_at, as_at_says: the days covered, ISO, and where the as-at comes from.
        held_rows: where held rows stand, the first thousand.
        outcomes: how every rule went.
        findings: the findings, of each rule the first thousand; the outcomes count them all.
        critical: the failed rules that move a published figure.
        moved: by how much.
        answered: queries that the sender has answered, here or in an earlier return.
        refused: why it would not be received as it is, sentences; none where it would be, or has been.
        notes: what a reader must know.
        told: what the sender alone has to know: it goes with no figure.
        covers: agencies and months, the first five hundred lines.
        files: the files that were read.
        made_at: when the receipt was made, ISO, in UTC.
    """

    verdict: str
    received: int
    accepted: int
    held: Mapping[str, int]
    out_of_scope: Mapping[str, int]
    not_reported: Mapping[str, int]
    by_record: Mapping[str, Account]
    records: Mapping[str, int]
    unit: str
    counted_row: str
    first_day: str | None
    last_day: str | None
    as_at: str
    as_at_says: str
    held_rows: Sequence[Held]
    outcomes: Sequence[Outcome]
    findings: Sequence[Finding]
    critical: Sequence[Touched]
    moved: Sequence[Moved]
    answered: Sequence[Answered] = ()
    refused: Sequence[str] = ()
    notes: Sequence[str] = ()
    told: Sequence[str] = ()
    covers: Sequence[Covered] = ()
    files: Sequence[str] = ()
    made_at: str = ""

    @property
    def states(self) -> dict[str, int]:
        """State to the number of rules in it; together they are all the rules."""
        return {state: sum(outcome.state == state for outcome in self.outcomes) for state in STATES}

    @property
    def failed(self) -> list[Outcome]:
        """The failed rules: errors before queries, then by the number of findings."""
        failed = [outcome for outcome in self.outcomes if outcome.state == FAILED]
        return sorted(failed, key=lambda outcome: (outcome.rule.severity != ERROR, -outcome.fails))

    @property
    def errored(self) -> list[Outcome]:
        """The rules that could not be run."""
        return [outcome for outcome in self.outcomes if outcome.state == ERRORED]

    @property
    def is_zero(self) -> bool:
        """Whether it is a zero return: that nothing came is no fault of it."""
        return self.verdict == ZERO_RETURN

    @property
    def accepts_nothing(self) -> bool:
        """Whether nothing of it can be accepted, though rows by themselves may be sound."""
        return self.verdict == NOTHING_ACCEPTED

    @property
    def would_be_received(self) -> bool:
        """Whether ``receive`` would take the files in as they are."""
        return self.verdict in (ACCEPTABLE, ACCEPTABLE_WITH_HELD, ZERO_RETURN) and not self.refused

    @property
    def all_notes(self) -> list[str]:
        """The notes for the sender: what goes with the figures as well, and what does not."""
        return [*self.notes, *self.told]

    @property
    def asked(self) -> int:
        """The findings that hold nothing back, and wait for an answer."""
        return self.queries["open"]

    @property
    def queries(self) -> dict[str, int]:
        """How many queries stand open, and how many were answered before: together they are all there are."""
        every = sum(outcome.fails for outcome in self.outcomes if outcome.rule.severity == QUERY)
        answered = sum(each.findings for each in self.answered if not each.promised)
        return {"open": every - answered, "answered": answered}

    def findings_by(self, rule: str) -> list[Finding]:
        """The findings of one rule that the receipt lists."""
        return [finding for finding in self.findings if finding.rule == rule]

    def as_json(self) -> dict[str, Any]:
        """The receipt for a machine. ``held`` and ``out_of_scope`` are totals; the reasons stand beside them."""
        return {
            **self.for_the_store(),
            "notes": self.all_notes,
            "covers": [asdict(covered) for covered in self.covers],
            "files": list(self.files),
            "made_at": self.made_at,
            "onrecord_version": __version__,
            "findings": [finding.as_json() for finding in self.findings],
        }

    def for_the_store(self) -> dict[str, Any]:
        """The receipt without a value of any row: what the store may keep in the clear."""
        return {
            "verdict": self.verdict,
            "received": self.received,
            "accepted": self.accepted,
            "held": sum(self.held.values()),
            "out_of_scope": sum(self.out_of_scope.values()),
            "not_reported": sum(self.not_reported.values()),
            "reasons": {
                "held": dict(self.held),
                "out_of_scope": dict(self.out_of_scope),
                "not_reported": dict(self.not_reported),
            },
            "by_record": {name: _account_as_json(account) for name, account in self.by_record.items()},
            "rules": {outcome.rule.code: outcome.state for outcome in self.outcomes},
            "states": self.states,
            "rules_failed": [_outcome_as_json(outcome) for outcome in self.failed],
            "rules_not_run": {outcome.rule.code: outcome.why for outcome in self.outcomes if outcome.why},
            "critical": [{**asdict(touched), "measures": list(touched.measures)} for touched in self.critical],
            "moved": [asdict(moved) for moved in self.moved],
            "queries": self.queries,
            "answered": [asdict(answered) for answered in self.answered],
            "records": dict(self.records),
            "unit": self.unit,
            "counted_row": self.counted_row,
            "first_day": self.first_day,
            "last_day": self.last_day,
            "as_at": self.as_at,
            "as_at_says": self.as_at_says,
            "held_rows": [{"file": held.file, "row": held.row, "reason": held.reason} for held in self.held_rows],
            "notes": list(self.notes),
            "standard_version": STANDARD_VERSION,
        }

    def sentences(self, stored: bool = False) -> list[str]:
        """The receipt for a person, a line each; ``stored`` where the return is in a store already."""
        return as_lines(self, stored)

    def in_short(self) -> list[str]:
        """The verdict, the counts and what to do, for where the whole receipt is in a file."""
        return in_short(self)


def _account_as_json(account: Account) -> dict[str, Any]:
    return {
        "received": account.received,
        "accepted": account.accepted,
        "held": sum(account.held.values()),
        "out_of_scope": sum(account.out_of_scope.values()),
    }


def _outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    rule = outcome.rule
    return {
        "rule": rule.code,
        "severity": rule.severity,
        "category": rule.category,
        "applies": outcome.applies,
        "findings": outcome.fails,
        "remedy": rule.remedy,
        "citation": rule.citation,
        "false_positives": rule.false_positives,
    }


def receipt_of(
    checked: Checked,
    notes: Sequence[str] = (),
    critical: Sequence[Touched] = (),
    moved: Sequence[Moved] = (),
    answered: Sequence[Answered] = (),
    refused: Sequence[str] = (),
    files: Sequence[str] = (),
    made_at: datetime | None = None,
) -> Receipt:
    """The receipt for what was sent.

    Args:
        checked: what was sent, judged.
        notes: further notes.
        critical: the failed rules that move a published figure.
        moved: by how much.
        answered: the queries that the sender has answered.
        refused: why it would not be received as it is.
        files: the files that were read.
        made_at: the moment that stands on the receipt.
    """
    rows = checked.rows
    account = rows.account
    findings = _worst_first(findings_of(checked, FINDINGS_A_RULE), checked.judgement.outcomes)
    return Receipt(
        verdict=_verdict(checked),
        received=account.received,
        accepted=account.accepted,
        held=account.held,
        out_of_scope=account.out_of_scope,
        not_reported=account.not_reported,
        by_record=checked.by_record,
        records={name: _accepted_in(checked, name) for name in rows.tables},
        unit=rows.unit,
        counted_row=rows.counted_row,
        first_day=rows.first_day.isoformat() if rows.first_day else None,
        last_day=rows.last_day.isoformat() if rows.last_day else None,
        as_at=rows.as_at.isoformat(),
        as_at_says=rows.as_at_says,
        held_rows=rows.held,
        outcomes=checked.judgement.outcomes,
        findings=findings,
        critical=critical,
        moved=moved,
        answered=answered,
        refused=refused,
        notes=(*rows.notes, *notes, *_notes_on(findings)),
        told=(*_declared(rows), *(f"It would not be received as it is. {each}" for each in refused)),
        covers=_covers(rows),
        files=files,
        made_at=made_at.isoformat(timespec="seconds") if made_at else "",
    )


def _accepted_in(checked: Checked, record: str) -> int:
    """How many rows of a record can be accepted; what an adapter made is counted here for the first time."""
    if record in checked.by_record:
        return checked.by_record[record].accepted
    return int(checked.rows.tables[record].count().to_pyarrow().as_py())


def _worst_first(findings: Sequence[Finding], outcomes: Sequence[Outcome]) -> list[Finding]:
    """Errors before queries, and the rule with most findings first; those of one rule stay in order."""
    fails = {outcome.rule.code: (-outcome.fails, place) for place, outcome in enumerate(outcomes)}
    return sorted(findings, key=lambda finding: (finding.severity != ERROR, fails[finding.rule]))


def _notes_on(findings: Sequence[Finding]) -> list[str]:
    """What findings have in common, where it tells how the fault came about."""
    if not any(re.fullmatch(SHORTENED, part) for finding in findings for part in finding.key.split("/")):
        return []
    # They are not counted here: a row may have several findings, and a receipt holds the first of each rule alone.
    return [
        "There are identifiers that look like 1.11E+08: a spreadsheet has taken them for numbers and shortened them. "
        "Take the rows from your own records again, with that column formatted as text before it is filled."
    ]


def _declared(rows: Rows) -> list[str]:
    """What becomes of declarations about measures that are not made of returns yet."""
    declared = rows.tables.get(DECLARATION.name)
    if declared is None:
        return []
    measures = declared.filter(declared.measure != LEDGER).select("measure").distinct().to_pyarrow().to_pylist()
    named = [row["measure"] for row in sorted(measures, key=lambda row: str(row["measure"]))]
    return [
        f"What you declare of the measure '{measure}' is kept, and shown beside that measure when it is made."
        for measure in named
    ]


def _covers(rows: Rows) -> list[Covered]:
    names = rows.agencies.select("agency_id", "agency").distinct(on="agency_id")
    spoken = rows.coverage.group_by("agency_id", "state").agg(
        first_month=lambda row: row.month.min(),
        last_month=lambda row: row.month.max(),
        months=lambda row: row.month.nunique(),
    )
    found = spoken.left_join(names, "agency_id").order_by("agency_id", "state").limit(COVERED_SHOWN)
    return [
        Covered(
            row["agency"] or row["agency_id"] or "an agency that is not named",
            row["state"] or "not stated",
            row["first_month"],
            row["last_month"],
            row["months"],
        )
        for row in found.to_pyarrow().to_pylist()
    ]


def _verdict(checked: Checked) -> str:
    account = checked.rows.account
    if checked.judgement.errored:
        return NOT_JUDGED
    if (not account.accepted and (account.received or not checked.zero_return)) or _stands_on_nothing(checked):
        return NOTHING_ACCEPTED
    if checked.zero_return:
        return ZERO_RETURN
    return ACCEPTABLE_WITH_HELD if account.held else ACCEPTABLE


def _stands_on_nothing(checked: Checked) -> bool:
    """Whether nothing that the return is sent for can be accepted, or not even its own row.

    The rest of such a return would say that the months are covered, and so make a zero that is not true.
    """
    own = checked.by_record.get(RETURN.name)
    if own is not None and own.received and not own.accepted:
        return True
    if checked.zero_return or not checked.by_record:
        return False
    sent = [checked.by_record[name] for name in SENT_FOR if name in checked.by_record]
    if any(account.received for account in sent):
        return not any(account.accepted for account in sent)
    return not any(checked.by_record[name].accepted for name in BESIDE if name in checked.by_record)
