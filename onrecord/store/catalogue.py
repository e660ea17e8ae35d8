"""The catalogue of a store: which returns there are, in what state, and who did what when (SQLite).

Beside the returns stand the answers that senders gave to queries, and who is expected to send when. Of these rows
are added and never altered: the last one about a matter holds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from onrecord.errors import StoreRefused

FILE = "catalogue.sqlite"
FORMAT = 2
BUSY_SECONDS = 20
RECEIVED, ACCEPTED = "received", "accepted"


@dataclass(frozen=True)
class Return:
    """What the catalogue knows of one return.

    Attributes:
        id: its name in the store ("R0001").
        number: the order in which returns came.
        state: received or accepted.
        adapter: how it was read.
        sender: who sent it (an agency or publisher).
        period: the period it was sent for.
        received_by, received_at: who took it in, and when (UTC).
        accepted_by, accepted_at: who accepted it, and when; None before.
        unit: what the ledger counts.
        counted_row: what a received row is called.
        as_at, first_day, last_day: ISO days.
        received, accepted, held, out_of_scope, not_reported: rows; not reported are among the accepted.
        standard_version, code_version: what it was read with.
        receipt: the whole receipt, as JSON.
    """

    id: str
    number: int
    state: str
    adapter: str
    sender: str
    period: str
    received_by: str
    received_at: str
    accepted_by: str | None
    accepted_at: str | None
    unit: str
    counted_row: str
    as_at: str
    first_day: str | None
    last_day: str | None
    received: int
    accepted: int
    held: int
    out_of_scope: int
    not_reported: int
    standard_version: str
    code_version: str
    receipt: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Why a query is right as it was sent, in the sender's word.

    Attributes:
        number: the order in which answers came.
        sender, adapter: whose returns, and in which layout, it is about.
        rule, rule_version: the query.
        key: the identifiers of the row, joined by "/"; "" for every finding of the rule.
        reason: a code of ``answer_reasons``.
        by, at: who gave it, and when (UTC).
        return_id: the return it was given for.
    """

    number: int
    sender: str
    adapter: str
    rule: str
    rule_version: int
    key: str
    reason: str
    by: str
    at: str
    return_id: str


@dataclass(frozen=True)
class Expected:
    """That a sender is expected to send, or from now on is not.

    Attributes:
        number: the order in which this was said.
        sender: who.
        every: how long a period is, a key of ``onrecord.store.expected.EVERY``.
        first, last: the first period, and the last or "".
        due_days: days after the end of a period by which the return is due.
        agencies: the agencies it is expected to speak for; none where that is left to the sender.
        ended: whether nothing is expected any more.
        at: when this was said (UTC).
    """

    number: int
    sender: str
    every: str
    first: str
    last: str
    due_days: int
    agencies: tuple[str, ...]
    ended: bool
    at: str


COLUMNS = tuple(field.name for field in fields(Return))
# Table of the catalogue to its columns.
TABLES: dict[str, tuple[str, ...]] = {
    "returns": COLUMNS,
    "answers": tuple(field.name for field in fields(Answer)),
    "expected": tuple(field.name for field in fields(Expected)),
}


def same_name(one: str, other: str) -> bool:
    """Whether two names are one, but for blanks and capitals."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _create(table: str) -> str:
    columns = (f'"{name}" INTEGER PRIMARY KEY' if name == "number" else f'"{name}"' for name in TABLES[table])
    return f'CREATE TABLE IF NOT EXISTS "{table}" ({", ".join(columns)})'


def _insert(table: str) -> str:
    names = [name for name in TABLES[table] if table == "returns" or name != "number"]
    listed, marks = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
    return f'INSERT INTO "{table}" ({listed}) VALUES ({marks})'  # noqa: S608 - names of this file


class Catalogue:
    """Reads and writes the catalogue of the store in ``folder``. Each write is one transaction."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    @contextmanager
    def _transaction(self, writes: bool = True) -> Iterator[sqlite3.Connection]:
        connection = None
        try:
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            self._know_the_format(connection, writes)
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreRefused(
                f"{self._path}: the catalogue cannot be used ({error}). If another command is running, "
                "wait for it to end; if the disk is full or read-only, see to that first."
            ) from None
        finally:
            if connection is not None:
                connection.close()

    def _know_the_format(self, connection: sqlite3.Connection, writes: bool) -> None:
        """A catalogue written by a later version may mean something else by the same words.

        One written by an earlier version is brought up to date by the first command that writes.
        """
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise StoreRefused(
                f"{self._path}: the catalogue is of format {found}; this version of onrecord reads up to {FORMAT}. "
                "Use the version that wrote it."
            )
        if writes and found < FORMAT:
            for table in TABLES:
                connection.execute(_create(table))
            connection.execute(f"PRAGMA user_version = {FORMAT}")

    def create(self) -> None:
        """Make an empty catalogue, or finish one that was only begun."""
        with self._transaction():
            pass

    def next_number(self) -> int:
        """The number after the last return's."""
        with self._transaction() as connection:
            last = connection.execute("SELECT max(number) AS last FROM returns").fetchone()["last"]
        return int(last or 0) + 1

    def add(self, entry: Return) -> None:
        """Enter a new return."""
        row = {**asdict(entry), "receipt": json.dumps(entry.receipt, sort_keys=True)}
        with self._transaction() as connection:
            connection.execute(_insert("returns"), row)

    def all(self) -> list[Return]:
        """Every return, in the order in which they came."""
        with self._transaction(writes=False) as connection:
            rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM returns ORDER BY number").fetchall()  # noqa: S608
        return [Return(**{**dict(row), "receipt": json.loads(row["receipt"])}) for row in rows]

    def mark_accepted(self, return_id: str, by: str, at: str) -> bool:
        """Move a received return to accepted. False when it is no longer waiting."""
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE returns SET state = ?, accepted_by = ?, accepted_at = ? WHERE id = ? AND state = ?",
                (ACCEPTED, by, at, return_id, RECEIVED),
            )
            return changed.rowcount == 1

    def add_answer(self, answer: Answer) -> None:
        """Write down an answer; its number is given here."""
        with self._transaction() as connection:
            connection.execute(_insert("answers"), asdict(answer))

    def answers(self) -> list[Answer]:
        """Every answer, in the order in which they came."""
        return [Answer(**row) for row in self._rows("answers")]

    def add_expected(self, expected: Expected) -> None:
        """Write down who is expected, or is no longer; its number is given here."""
        row = {**asdict(expected), "agencies": json.dumps(expected.agencies), "ended": int(expected.ended)}
        with self._transaction() as connection:
            connection.execute(_insert("expected"), row)

    def expected(self) -> list[Expected]:
        """All that was said of who is expected, in the order in which it was said."""
        return [
            Expected(**{**row, "agencies": tuple(json.loads(row["agencies"])), "ended": bool(row["ended"])})
            for row in self._rows("expected")
        ]

    def _rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table; none in a catalogue of an earlier version, which lacks it."""
        listed = ", ".join(f'"{name}"' for name in TABLES[table])
        with self._transaction(writes=False) as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            if known is None:
                return []
            found = connection.execute(f'SELECT {listed} FROM "{table}" ORDER BY number').fetchall()  # noqa: S608
        return [dict(row) for row in found]
