"""The receipt: what became of the rows that were sent. Counts first, then why, then where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onrecord.intake.rows import Held, Rows
from onrecord.standard import STANDARD_VERSION, codelists

ACCEPTABLE = "acceptable"
ACCEPTABLE_WITH_HELD = "acceptable, with held rows"
NOTHING_ACCEPTED = "nothing to accept"


@dataclass(frozen=True)
class Receipt:
    """What a sender is told. Names no value of any row.

    Attributes:
        verdict: acceptable; acceptable, with held rows; or nothing to accept.
        received, accepted: rows.
        held, out_of_scope: reason key to rows; received = accepted + held + out of scope.
        not_reported: body to accepted rows that can have no ledger.
        records: record name to the standard rows made.
        unit, counted_row: what the ledger will count, and what a row received is called.
        first_day, last_day, as_at, as_at_says: the days covered, ISO, and where the as-at comes from.
        held_rows: where held rows stand, the first thousand.
        notes: what a reader must know.
    """

    verdict: str
    received: int
    accepted: int
    held: Mapping[str, int]
    out_of_scope: Mapping[str, int]
    not_reported: Mapping[str, int]
    records: Mapping[str, int]
    unit: str
    counted_row: str
    first_day: str | None
    last_day: str | None
    as_at: str
    as_at_says: str
    held_rows: Sequence[Held]
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """The receipt for a machine. ``held`` and ``out_of_scope`` are totals; the reasons stand beside them."""
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

    def sentences(self) -> list[str]:
        """The receipt for a person, a line each."""
        row = self.counted_row
        lines = [
            f"Verdict: {self.verdict}.",
            f"{self.received:,} {row}s received = {self.accepted:,} accepted + {sum(self.held.values()):,} held "
            f"+ {sum(self.out_of_scope.values()):,} out of scope.",
        ]
        lines += [
            f"  out of scope  {count:>9,}  {_label('out_of_scope_reasons', key)}"
            for key, count in self.out_of_scope.items()
        ]
        lines += [
            f"  held          {count:>9,}  {_label('held_reasons', key)}; to do: {_remedy(key)}"
            for key, count in self.held.items()
        ]
        lines += [
            f"  not reported  {count:>9,}  of the accepted are from {body}, which publishes no outcomes: no ledger"
            for body, count in self.not_reported.items()
        ]
        lines += [
            f"  held row      {held.file}, row {held.row}: {_label('held_reasons', held.reason)}"
            for held in self.held_rows[:10]
        ]
        made = ", ".join(f"{count:,} {name} rows" for name, count in self.records.items())
        lines.append(f"Made: {made}. Unit of the ledger: {self.unit}.")
        if self.first_day:
            lines.append(f"Received from {self.first_day} to {self.last_day}; as at {self.as_at} ({self.as_at_says}).")
        return lines + [f"Note: {note}" for note in self.notes]


def _label(name: str, key: str) -> str:
    return codelists.labels(name).get(key, key)


def _remedy(key: str) -> str:
    return codelists.labels("held_reasons", "key", "remedy").get(key, "look at the rows named below")


def receipt_of(rows: Rows, notes: Sequence[str] = ()) -> Receipt:
    """The receipt for rows read by an adapter, with further notes."""
    account = rows.account
    held = bool(account.held)
    verdict = NOTHING_ACCEPTED if not account.accepted else ACCEPTABLE_WITH_HELD if held else ACCEPTABLE
    return Receipt(
        verdict=verdict,
        received=account.received,
        accepted=account.accepted,
        held=account.held,
        out_of_scope=account.out_of_scope,
        not_reported=account.not_reported,
        records={name: int(table.count().to_pyarrow().as_py()) for name, table in rows.tables.items()},
        unit=rows.unit,
        counted_row=rows.counted_row,
        first_day=rows.first_day.isoformat() if rows.first_day else None,
        last_day=rows.last_day.isoformat() if rows.last_day else None,
        as_at=rows.as_at.isoformat(),
        as_at_says=rows.as_at_says,
        held_rows=rows.held,
        notes=(*rows.notes, *notes),
    )
