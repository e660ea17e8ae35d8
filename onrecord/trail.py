"""The trail: who did and saw what. Rows are added and never altered; each is chained to the one before.

Every row carries the SHA-256 of what it says and of the row before it, so that a row edited, taken out or moved is
found. In a sealed store it carries a keyed mark (HMAC-SHA-256) of that as well, which nobody makes without the store's
key. What no chain can show is a trail cut off at its end: for that its head (number and hash) is printed, to be kept
elsewhere and given back to ``faults``.

The trail lies in the database of the catalogue, so that a change and its row are one transaction: neither is ever
there without the other. It names returns, rules and counts; it never holds a value of a record.
(What is to be logged: Data Protection Act 2018, section 62.)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from onrecord.errors import StoreRefused

TABLE = "trail"
COLUMNS = ("number", "at", "who", "what", "which", "purpose", "detail", "previous", "hash", "mark")
FIRST = "0" * 64
# How far a clock may be set back, as clocks are to be right, before nothing is written.
MOST_BACK = timedelta(minutes=5)


@dataclass(frozen=True)
class Act:
    """Something that is done or seen.

    Attributes:
        at: when, in UTC, ISO.
        who: who; declared, not proven.
        what: a key of ``WHAT``.
        which: what it was done to: a return, an agreement, a figure.
        purpose: what for, where records were read: a key of ``PURPOSES``.
        detail: counts, hashes and names of parts; never a value of a record.
    """

    at: str
    who: str
    what: str
    which: str = ""
    purpose: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


MADE = "store made"
# What can stand in the trail, in words: a change that is not here cannot be written.
WHAT: Mapping[str, str] = {
    MADE: "a store was made",
    "received": "a return was taken in, and waits",
    "accepted": "a return was accepted by a second person, and counts",
    "superseded": "a return was replaced by a later one that was accepted",
    "withdrawn": "a return was withdrawn, and counts no longer",
    "erased return": "a return was erased: its keys were destroyed",
    "erased person": "all that a sender sent of one person was erased",
    "answered": "a query was answered",
    "expected": "who is expected to send was changed",
    "agreement": "a sharing agreement was written down or changed",
    "rechecked": "a return was judged again by newer rules",
    "read": "identifiable records were read",
    "counted": "figures were made from records",
    "published": "a site was made",
    "listed": "what waits for action was listed, for those who hold it",
    "referred": "a child who may be in danger was referred, at once",
    "contact": "an agency's designated contact was written down or changed",
    "keys rotated": "the store was moved to another key",
    "repaired": "what a stopped command had left was cleared away",
    "backed up": "a copy of the store was made",
}

# What identifiable records may be read for.
PURPOSES: Mapping[str, str] = {
    "count": "figures are made from them",
    "act": "what waits for action is listed for the agency that holds it",
    "recheck": "they are judged again by newer rules",
    "compare": "a new return is held against the one before",
    "mend": "a fault in them is looked into with their sender",
    "subject access": "a person asks what is held about them",
    "erasure": "a person, or a return, is to be erased",
    "inspection": "an inspector or a court asks for them",
    "legal duty": "another duty in law, or a child in danger",
    "restore": "a backup is tried",
}


def create(connection: sqlite3.Connection) -> None:
    """Make the table, and the triggers that refuse every change of it."""
    columns = ", ".join("number INTEGER PRIMARY KEY" if name == "number" else f'"{name}" TEXT' for name in COLUMNS)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} ({columns})")
    for verb in ("UPDATE", "DELETE"):
        connection.execute(
            f"CREATE TRIGGER IF NOT EXISTS trail_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
            "BEGIN SELECT RAISE(ABORT, 'the trail is never altered'); END"
        )


def append(connection: sqlite3.Connection, act: Act, key: bytes | None) -> int:
    """Write an act down, inside the transaction of the change it stands for; returns its number.

    Args:
        connection: the catalogue's, in a transaction that writes.
        act: what was done.
        key: the store's key for the trail; None where the store is not sealed.

    Raises:
        StoreRefused: the clock stands before the last row: what was known when could no longer be told.
    """
    assert act.what in WHAT, act.what
    last = connection.execute(f"SELECT number, at, hash FROM {TABLE} ORDER BY number DESC LIMIT 1").fetchone()  # noqa: S608
    number, at, previous = (last["number"] + 1, last["at"], last["hash"]) if last else (1, act.at, FIRST)
    _clock_goes_on(at, act.at)
    row = {**asdict(act), "number": number, "previous": previous, "at": max(at, act.at)}
    row["detail"] = json.dumps(row["detail"], sort_keys=True)
    row["hash"] = _hash(row)
    row["mark"] = _mark(row["hash"], key) if key else None
    listed, marks = ", ".join(f'"{name}"' for name in COLUMNS), ", ".join(f":{name}" for name in COLUMNS)
    connection.execute(f"INSERT INTO {TABLE} ({listed}) VALUES ({marks})", row)  # noqa: S608 - names of this file
    return int(number)


def _clock_goes_on(last: str, now: str) -> None:
    if datetime.fromisoformat(now) < datetime.fromisoformat(last) - MOST_BACK:
        raise StoreRefused(
            f"The clock says {now}, but this store was last written at {last}. Nothing was changed: what was known on "
            "which day could no longer be told. Set the clock right and try again."
        )


def _hash(row: Mapping[str, Any]) -> str:
    said = json.dumps([row[name] for name in COLUMNS[:-2]], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _mark(digest: str, key: bytes) -> str:
    return hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Head:
    """The last row of a trail: its number and its hash."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def read(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """The rows, in order."""
    for row in connection.execute(f"SELECT * FROM {TABLE} ORDER BY number"):  # noqa: S608
        yield dict(row)


def faults(rows: Iterator[dict[str, Any]], key: bytes | None, expected: Head | None = None) -> tuple[list[str], Head]:
    """What is wrong with a trail, in sentences; none where it is whole. Beside them, its head.

    Args:
        rows: the rows, in the order of their numbers.
        key: the store's key for the trail, where it is sealed and the key is at hand.
        expected: a head that was noted before, and must still be there.
    """
    found: list[str] = []
    previous, number, kept = FIRST, 0, ""
    marked = False
    for row in rows:
        # A store is sealed, or open, from its making on: before it there was no key.
        marked = marked or row["what"] == MADE
        found += _faults_of(row, number + 1, previous, key if marked or row["mark"] else None)
        number, previous = row["number"], row["hash"]
        kept = previous if expected and number == expected.number else kept
    if key and not marked:
        found.append("The row that says that the store was made is missing: rows were taken out or written anew.")
    if expected and kept != expected.hash:
        found.append(
            f"The head that was noted ({expected.number}) is not in this trail: rows were cut off or written anew."
        )
    return found, Head(number, previous)


def _faults_of(row: Mapping[str, Any], number: int, previous: str, key: bytes | None) -> list[str]:
    """What is wrong with one row, which ought to be this one and to follow that one."""
    found = []
    if row["number"] != number:
        found.append(f"Row {number} is missing: the next one there is {row['number']}. A row was taken out.")
    elif row["previous"] != previous:
        found.append(f"Row {number} does not follow the row before it: one of the two was moved, or put in.")
    if row["hash"] != _hash(row):
        found.append(f"Row {row['number']} was altered after it was written.")
    elif key and not hmac.compare_digest(row["mark"] or "", _mark(row["hash"], key)):
        found.append(f"Row {row['number']} was not written with this store's key.")
    return found
