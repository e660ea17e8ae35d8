"""The catalogue of a store: which returns there are, in what state, and who did what when (SQLite)."""

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
FORMAT = 1
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


COLUMNS = tuple(field.name for field in fields(Return))
_CREATE = f"""
CREATE TABLE IF NOT EXISTS returns (
    {", ".join(f"{name} INTEGER PRIMARY KEY" if name == "number" else name for name in COLUMNS)}
)
"""


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
            self._know_the_format(connection)
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

    def _know_the_format(self, connection: sqlite3.Connection) -> None:
        """A catalogue written by a later version may mean something else by the same words."""
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise StoreRefused(
                f"{self._path}: the catalogue is of format {found}; this version of onrecord reads up to {FORMAT}. "
                "Use the version that wrote it."
            )

    def create(self) -> None:
        """Make an empty catalogue."""
        with self._transaction() as connection:
            connection.execute(_CREATE)
            connection.execute(f"PRAGMA user_version = {FORMAT}")

    def next_number(self) -> int:
        """The number after the last return's."""
        with self._transaction() as connection:
            last = connection.execute("SELECT max(number) AS last FROM returns").fetchone()["last"]
        return int(last or 0) + 1

    def add(self, entry: Return) -> None:
        """Enter a new return."""
        row = {**asdict(entry), "receipt": json.dumps(entry.receipt, sort_keys=True)}
        marks = ", ".join(f":{name}" for name in COLUMNS)
        with self._transaction() as connection:
            connection.execute(f"INSERT INTO returns ({', '.join(COLUMNS)}) VALUES ({marks})", row)  # noqa: S608

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
