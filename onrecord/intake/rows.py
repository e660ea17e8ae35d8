"""What an adapter makes of files: standard rows, and an account in which every row received is found again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir

from onrecord.engine import Engine
from onrecord.errors import DoesNotBalance
from onrecord.intake.read import Source
from onrecord.settings import Settings


@dataclass(frozen=True)
class Account:
    """Where every row of a return went: received = accepted + held + out of scope.

    Attributes:
        received: rows received, of the adapter's counted row (incident, crime row).
        accepted: rows accepted; ``not_reported`` of them come from bodies that publish no outcomes.
        held: reason to rows kept but not accepted.
        out_of_scope: reason to rows that the standard does not count.
        not_reported: body to accepted rows that can have no ledger, because it publishes no outcomes.
    """

    received: int
    accepted: int
    held: Mapping[str, int] = field(default_factory=dict)
    out_of_scope: Mapping[str, int] = field(default_factory=dict)
    not_reported: Mapping[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Raise DoesNotBalance unless every row received stands in exactly one place."""
        placed = self.accepted + sum(self.held.values()) + sum(self.out_of_scope.values())
        if placed != self.received:
            raise DoesNotBalance(
                f"{self.received:,} rows were received, but {placed:,} are accounted for. "
                "This is a fault in the adapter: nothing was stored."
            )


@dataclass(frozen=True)
class Held:
    """A row kept but not accepted, by its address. Its values stay in the original file."""

    file: str
    row: int
    reason: str


@dataclass(frozen=True)
class Rows:
    """The standard rows of one return, and what they cover.

    Attributes:
        tables: record name to a table of the engine with the columns of that record.
        agencies: a table with one row an agency: agency_id, agency, area_code, area, nation, level,
            carries_outcomes.
        coverage: a table agency_id, month (YYYY-MM), state (reported, zero return, not reported, not stated).
        account: where every row went.
        held: addresses of the held rows, the first thousand.
        unit: what one row of the ledger counts, a key of ``units.csv``.
        counted_row: what a received row is called ("incident").
        first_day, last_day: the receipt days covered; None where no row was accepted.
        as_at: the day the return speaks for.
        as_at_says: where that day was taken from, in words.
        notes: what a reader must know, in sentences.
        addresses: record name to a table of its key, and the ``file`` and ``line`` that each row was read from;
            empty where the adapter cannot say.
        not_accepted: a table file, line, place, reason of every row that is held or out of scope; None where the
            rows themselves are kept by record.
    """

    tables: Mapping[str, ir.Table]
    agencies: ir.Table
    coverage: ir.Table
    account: Account
    held: Sequence[Held]
    unit: str
    counted_row: str
    first_day: date | None
    last_day: date | None
    as_at: date
    as_at_says: str
    notes: Sequence[str] = ()
    addresses: Mapping[str, ir.Table] = field(default_factory=dict)
    not_accepted: ir.Table | None = None


@dataclass(frozen=True)
class Adapter:
    """A layout that onrecord can read.

    Attributes:
        name: what the user writes after ``--as``.
        title: what it is, in a line.
        read: files to standard rows; the date is the as-at the sender declared, if any.
        published: whether such files are published data, which anybody may have: a store may hold them unsealed.
        names_people: whether its rows carry the agency's own identifiers of people: a store makes pseudonyms of them.
    """

    name: str
    title: str
    read: Callable[[Engine, Sequence[Source], date | None, Settings], Rows]
    published: bool = False
    names_people: bool = False
